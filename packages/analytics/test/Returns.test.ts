/** Returns, calendars, drawdowns: by hand and by round trips. */
import { describe, expect, it } from "vitest"
import { dateOf, monthlyTable, periodIndex, periodLabel, returnsByPeriod, weekdayOf } from "../src/Calendar.ts"
import { drawdownSeries, drawdownsOf, topDrawdowns } from "../src/Drawdown.ts"
import {
  annualise,
  compound,
  cumulativeReturns,
  curveOf,
  logReturns,
  periodsPerYearOf,
  simpleReturns
} from "../src/Returns.ts"
import { dayUs, days, firstDayUs, normalReturns, sampleReturns } from "./SampleReturns.ts"

const us = (date: string): number => Date.parse(`${date}Z`) * 1000

describe("returns", () => {
  it("come back from the curve that they make", () => {
    const curve = curveOf(sampleReturns, 7)
    for (const [index, value] of simpleReturns(curve).entries()) expect(value).toBeCloseTo(sampleReturns[index]!, 14)
    for (const [index, value] of logReturns(curve).entries())
      expect(value).toBeCloseTo(Math.log1p(sampleReturns[index]!), 14)
    expect(compound(sampleReturns)).toBeCloseTo(curve.at(-1)! / 7 - 1, 14)
    expect(cumulativeReturns(sampleReturns).at(-1)).toBe(compound(sampleReturns))
  })

  it("annualise by compounding", () => {
    expect(annualise(0.21, 2, 1)).toBeCloseTo(0.1, 14)
    expect(annualise(0.01, 1, 12)).toBeCloseTo(1.01 ** 12 - 1, 14)
  })

  it("know a year of trading days, of days, of hours and of odd periods", () => {
    const weekdays = days(1000).filter((time) => weekdayOf(time) <= 5)
    // Weekdays without holidays: 261 a year, which is taken for 252.
    expect(periodsPerYearOf(weekdays)).toBe(252)
    expect(periodsPerYearOf(days(30))).toBe(365)
    expect(periodsPerYearOf(days(100).map((time) => firstDayUs + (time - firstDayUs) / 24))).toBe(8760)
    expect(periodsPerYearOf(days(100).map((time) => firstDayUs + (time - firstDayUs) * 3))).toBeCloseTo(121.7475, 9)
  })

  it("refuse what has none", () => {
    expect(() => simpleReturns([1])).toThrow("at least 2 are needed")
    expect(() => simpleReturns([1, 0, 2])).toThrow("there is no return on nothing")
    expect(() => logReturns([1, 0])).toThrow("Use simple returns")
    expect(Array.from(simpleReturns([4, 0]))).toEqual([-1])
    expect(() => annualise(-2, 1, 1)).toThrow("total is -2")
  })
})

describe("the calendar", () => {
  it("agrees with the platform's dates over eight centuries", () => {
    for (let day = -150_000; day < 150_000; day += 37) {
      const date = new Date(day * 86_400_000 + 5)
      const time = day * dayUs + 5000
      expect(dateOf(time)).toEqual({
        year: date.getUTCFullYear(),
        month: date.getUTCMonth() + 1,
        day: date.getUTCDate()
      })
      expect(weekdayOf(time)).toBe(date.getUTCDay() === 0 ? 7 : date.getUTCDay())
    }
  })

  it("labels periods", () => {
    const time = us("2024-02-29T23:59:59.999")
    const label = (period: Parameters<typeof periodIndex>[1]) => periodLabel(periodIndex(time, period), period)
    expect(["day", "week", "month", "quarter", "year"].map((period) => label(period as "day"))).toEqual([
      "2024-02-29",
      "2024-02-26",
      "2024-02",
      "2024-Q1",
      "2024"
    ])
  })

  it("begins weeks on Monday", () => {
    const week = (date: string) => periodLabel(periodIndex(us(`${date}T12:00`), "week"), "week")
    expect(["2024-02-25", "2024-02-26", "2024-03-03", "2024-03-04"].map(week)).toEqual([
      "2024-02-19",
      "2024-02-26",
      "2024-02-26",
      "2024-03-04"
    ])
  })

  it("adds returns up so that they compound to the whole", () => {
    const equity = curveOf(normalReturns(3, 800), 500)
    for (const period of ["day", "week", "month", "quarter", "year"] as const) {
      const rows = returnsByPeriod(days(801), equity, period)
      expect(compound(rows.map((row) => row.return))).toBeCloseTo(equity.at(-1)! / 500 - 1, 12)
      expect(new Set(rows.map(({ label }) => label)).size).toBe(rows.length)
    }
  })

  it("makes the table of months", () => {
    const times = ["2023-11-30", "2023-12-31", "2024-01-31", "2024-03-31"].map((date) => us(`${date}T00:00`))
    const [first, second] = monthlyTable(times, [100, 110, 99, 198])
    expect(first!.months.slice(9)).toEqual([undefined, 0, expect.closeTo(0.1, 12)])
    expect(second!.months.slice(0, 4)).toEqual([expect.closeTo(-0.1, 12), undefined, expect.closeTo(1, 12), undefined])
    expect([first!.total, second!.total]).toEqual([expect.closeTo(0.1, 12), expect.closeTo(0.8, 12)])
  })
})

describe("drawdowns", () => {
  const equity = [100, 120, 90, 110, 120, 60, 130, 117]

  it("are every fall, with its dates", () => {
    expect(drawdownsOf(days(8), equity)).toEqual([
      { depth: -0.25, timeStart: days(8)[1], timeTrough: days(8)[2], timeRecovery: days(8)[4], duration: 3 * dayUs },
      { depth: -0.5, timeStart: days(8)[4], timeTrough: days(8)[5], timeRecovery: days(8)[6], duration: 2 * dayUs },
      {
        depth: expect.closeTo(-0.1, 12),
        timeStart: days(8)[6],
        timeTrough: days(8)[7],
        timeRecovery: undefined,
        duration: dayUs
      }
    ])
    expect(topDrawdowns(days(8), equity, 2).map(({ depth }) => depth)).toEqual([-0.5, -0.25])
  })

  it("are never above 0, and equal to the slow definition", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const curve = curveOf(normalReturns(seed, 100, 0, 0.04))
      for (const [index, depth] of drawdownSeries(curve).entries()) {
        expect(depth).toBeLessThanOrEqual(0)
        expect(depth).toBeCloseTo(curve[index]! / Math.max(...curve.slice(0, index + 1)) - 1, 14)
      }
    }
  })
})
