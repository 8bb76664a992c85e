import { SeededRandom } from "@outcry/model/SeededRandom"
import { describe, expect, it } from "vitest"
import {
  asOf,
  calendarReturns,
  drawdownsOf,
  histogramOf,
  periodOf,
  pictured,
  returnsOf,
  rollingFigures,
  sampled,
  worstDrawdowns
} from "../../src/report/CurveFigures.ts"

const dayUs = 86_400e6
const at = (...date: [number, number, number]): number => Date.UTC(...date) * 1000

describe("a curve", () => {
  it("keeps the first value and the last of each period", () => {
    const times = [0, 0.2, 0.9, 1.1, 1.8, 4].map((days) => days * dayUs)
    expect(sampled(times, [1, 2, 3, 4, 5, 6], dayUs)).toEqual({
      timeUs: [0, 0.9, 1.8, 4].map((days) => days * dayUs),
      value: [1, 3, 5, 6]
    })
  })

  it("is looked at by the longest period of which it has thirty", () => {
    expect(periodOf(0, 400 * dayUs).name).toBe("day")
    expect(periodOf(0, 2 * dayUs).name).toBe("hour")
    expect(periodOf(0, 3_600e6).name).toBe("minute")
    expect(periodOf(0, 5e6).name).toBe("second")
  })

  it("has no return from nothing", () => {
    expect(returnsOf([100, 110, 99, 0, 5])).toEqual([0.10000000000000009, -0.09999999999999998, -1, Number.NaN])
  })

  it("tells its drawdowns, deepest first, and which had not recovered", () => {
    const times = [0, 1, 2, 3, 4, 5, 6]
    const values = [100, 90, 100, 120, 60, 90, 110]
    expect(drawdownsOf(values).map((depth) => Number(depth.toFixed(4)))).toEqual([0, -0.1, 0, 0, -0.5, -0.25, -0.0833])
    expect(worstDrawdowns(times, values, 5)).toEqual([
      { from: 3, lowest: 4, until: undefined, depth: -0.5 },
      { from: 0, lowest: 1, until: 2, depth: 90 / 100 - 1 }
    ])
    expect(worstDrawdowns(times, values, 1)).toHaveLength(1)
    expect(worstDrawdowns([], [], 5)).toEqual([])
  })

  it("has returns by month and year that multiply to the whole", () => {
    const times = [at(2023, 10, 15), at(2023, 10, 30), at(2023, 11, 31), at(2024, 0, 31), at(2024, 2, 1)]
    const years = calendarReturns(times, [100, 110, 121, 60.5, 121])
    expect(years.map(({ year }) => year)).toEqual([2023, 2024])
    expect(years[0]!.months[10]).toBeCloseTo(0.1, 12)
    expect(years[0]!.months[11]).toBeCloseTo(0.1, 12)
    expect(years[0]!.total).toBeCloseTo(0.21, 12)
    expect(years[1]!.months.slice(0, 3)).toEqual([-0.5, undefined, 1])
    expect(years[1]!.total).toBeCloseTo(0, 12)
  })

  it("has rolling figures that say so where returns do not vary", () => {
    const of = { timeUs: [0, 1, 2, 3, 4, 5], value: [1, 2, 4, 8, 4, 8] }
    const rolling = rollingFigures(of, 3, 4)
    expect(rolling.timeUs).toEqual([3, 4, 5])
    expect(rolling.sharpe[0]).toBeNaN()
    expect(rolling.volatility[0]).toBe(0)
    // Returns 1, 1, −0.5: mean 0.5, squares 0.25 + 0.25 + 1.
    expect(rolling.volatility[1]).toBeCloseTo(Math.sqrt(1.5 / 2) * 2, 12)
    expect(rolling.sharpe[1]).toBeCloseTo((0.5 / Math.sqrt(0.75)) * 2, 12)
  })

  it("is followed as of other times", () => {
    expect(asOf([0, 1, 2, 3, 9], [1, 3], [10, 30])).toEqual([Number.NaN, 10, 10, 30, 30])
  })
})

describe("a histogram", () => {
  it("counts every value once, in bins of a round width", () => {
    const random = new SeededRandom(3)
    const values = Array.from({ length: 5000 }, () => random.normal() * 0.01)
    const found = histogramOf([...values, Number.NaN], 40)!
    expect(found.counts.reduce((sum, count) => sum + count, 0)).toBe(5000)
    expect(Number(found.width.toPrecision(1))).toBeCloseTo(found.width, 12)
    expect(found.counts.length).toBeGreaterThan(15)
    expect(found.counts.length).toBeLessThan(60)
  })

  it("is absent where nothing varies", () => {
    expect(histogramOf([], 10)).toBeUndefined()
    expect(histogramOf([1, 1, 1], 10)).toBeUndefined()
  })
})

it("draws from few points the extremes of many", () => {
  const random = new SeededRandom(8)
  const values = Array.from({ length: 40_000 }, () => random.normal())
  const times = values.map((_, place) => place * 1000)
  const kept = pictured(times, [values], 200)
  expect(kept.length).toBeLessThanOrEqual(800)
  expect(kept[0]).toBe(0)
  expect(kept.at(-1)).toBe(39_999)
  expect(kept.every((place, index) => index === 0 || place > kept[index - 1]!)).toBe(true)
  for (let bucket = 0; bucket < 200; bucket++) {
    const own = values.slice(bucket * 200, bucket * 200 + 200)
    const drawn = kept.filter((place) => Math.floor(place / 200) === bucket).map((place) => values[place]!)
    expect(Math.abs(Math.max(...drawn) - Math.max(...own))).toBeLessThan(1.5)
  }
  expect(Math.max(...kept.map((place) => values[place]!))).toBe(Math.max(...values))
  expect(Math.min(...kept.map((place) => values[place]!))).toBe(Math.min(...values))
})
