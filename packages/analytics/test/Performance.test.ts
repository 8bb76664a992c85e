/** Every metric against numpy and scipy, its edges, and the invariants that hold for any curve. */
import { describe, expect, it } from "vitest"
import { metricDefinitions } from "../src/MetricDefinitions.ts"
import { objectives, objectivesInto, objectivesOf } from "../src/Objective.ts"
import { performanceOf } from "../src/Performance.ts"
import { curveOf, untilRuin } from "../src/Returns.ts"
import type { RoundTrip } from "../src/RoundTrip.ts"
import { benchmarkLevels, dayUs, days, firstDayUs, normalReturns, sampleEquity } from "./SampleReturns.ts"

/**
 * numpy 2 and scipy, from the returns of SampleReturns as r and b, rf = 1.03 ** (1 / 252) - 1, e = cumprod, dd = e /
 * maximum.accumulate(e) - 1: r.std(ddof=1), stats.skew(r), stats.kurtosis(r), percentile(r, 5), stats.linregress(b - rf, r - rf),
 * stats.gmean(1 + r[b > 0]) - 1, stats.norm.cdf.
 */
const reference = {
  totalReturn: 0.027054388653203088,
  cagr: 0.39983670805408056,
  volatility: 0.24573663694460013,
  downsideDeviation: 0.17470565253071665,
  sharpe: 1.366664199076718,
  sortino: 1.9223159597234618,
  calmar: 10.326418601086695,
  omega: 1.2360040403571306,
  martin: 23.931858211261577,
  probabilisticSharpe: 0.6426402393907684,
  skewness: -0.5949978993008653,
  kurtosis: -0.4996767079019371,
  tailRatio: 0.7775735294117578,
  valueAtRisk: 0.0272,
  conditionalValueAtRisk: 0.031,
  maxDrawdown: -0.038719785,
  ulcerIndex: 0.015453739730082766,
  benchmarkReturn: 0.018984673664542928,
  alpha: 0.03196453517191728,
  beta: 1.3661016949152622,
  correlation: 0.9835412773949939,
  trackingError: 0.07852837234501928,
  informationRatio: 1.4440640575327215,
  treynor: 0.24583782112541036,
  upCapture: 1.3687102644987508,
  downCapture: 1.3519030470817446,
  periods: 20,
  bestPeriod: 0.024,
  worstPeriod: -0.031,
  periodsPositive: 0.6,
  averageDrawdown: (-0.008 - 0.038719785 - 0.031) / 3
} as const

const trip = (day: number, held: number, profit: number, more: Partial<RoundTrip> = {}): RoundTrip => ({
  instrument: "sim:BTC/USDT",
  side: "long",
  timeEntry: firstDayUs + day * dayUs,
  timeExit: firstDayUs + (day + held) * dayUs,
  quantity: 2,
  priceEntry: 100,
  priceExit: 100 + profit / 2,
  profit,
  fees: 1,
  ...more
})

const whole = { times: days(21), equity: sampleEquity, benchmark: benchmarkLevels, periodsPerYear: 252, riskFree: 0.03 }

describe("a performance record", () => {
  const record = performanceOf(whole)

  it.each(Object.entries(reference))("%s is what numpy and scipy say", (key, expected) => {
    const value = record[key as keyof typeof reference]
    expect(Math.abs(value! - expected), `${value} for ${expected}`).toBeLessThanOrEqual(1e-10 * Math.max(1, expected))
  })

  it("dates the deepest fall", () => {
    expect([record.maxDrawdownStart, record.maxDrawdownTrough, record.maxDrawdownRecovery]).toEqual(
      [4, 7, 16].map((day) => firstDayUs + day * dayUs)
    )
    expect(record.maxDrawdownDuration).toBe(12 * dayUs)
    expect(record.longestDrawdown).toBe(12 * dayUs)
  })

  it("has exactly the metrics that are defined", () => {
    expect(Object.keys(record).toSorted()).toEqual(metricDefinitions.map(({ key }) => key).toSorted())
    for (const { definition, source, title, undefinedWhen } of metricDefinitions)
      for (const text of [definition, source, title, undefinedWhen]) expect(text.length).toBeGreaterThan(2)
  })

  it("counts round trips net of fees", () => {
    const trades = [
      trip(1, 2, 21, { bars: 2 }),
      trip(2, 3, -9),
      trip(10, 1, 11, { side: "short", bars: 1 }),
      trip(12, 1, 1)
    ]
    expect(performanceOf({ ...whole, trades })).toMatchObject({
      trades: 4,
      tradesLong: 3,
      tradesShort: 1,
      winRate: 0.5,
      netProfit: 20,
      fees: 4,
      profitFactor: 3,
      expectancy: 5,
      averageWin: 15,
      averageLoss: -10,
      payoff: 1.5,
      bestTrade: 20,
      worstTrade: -10,
      averageHolding: 1.75 * dayUs,
      averageBars: 1.5,
      winsInRow: 1,
      lossesInRow: 1,
      // Days 1 to 5 (overlapping), 10 to 11 and 12 to 13 of 20.
      exposure: 0.3
    })
    const { turnover } = performanceOf({ ...whole, trades })
    const equityMean = sampleEquity.reduce((sum, value) => sum + value, 0) / 21
    expect(turnover).toBeCloseTo((2 * (200 * 4 + 12)) / 2 / equityMean / (20 / 252), 10)
  })

  it("counts what came in a row by time of exit, a draw ending the row", () => {
    const results = [5, 7, 1, 4, -3, -2, 9, -6, -1, -8]
    const trades = results.map((profit, day) => trip(day, 1, profit)).toReversed()
    // After a fee of 1 the third is a draw.
    expect(performanceOf({ ...whole, trades })).toMatchObject({ winsInRow: 2, lossesInRow: 3 })
  })

  it("is undefined, not NaN, where there is nothing to divide by", () => {
    const flat = performanceOf({ times: days(3), equity: [100, 100, 100], periodsPerYear: 365, trades: [] })
    const missing = (Object.keys(flat) as ReadonlyArray<keyof typeof flat>).filter((key) => flat[key] === undefined)
    expect(missing).toEqual(
      expect.arrayContaining([
        "sharpe",
        "sortino",
        "calmar",
        "omega",
        "skewness",
        "maxDrawdownStart",
        "winRate",
        "alpha"
      ])
    )
    expect(flat).toMatchObject({ totalReturn: 0, maxDrawdown: 0, volatility: 0, trades: 0, exposure: 0 })
  })

  it("never holds NaN or an infinity, whatever the curve", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const returns = normalReturns(seed, 1 + (seed % 40), 0, seed % 5 === 0 ? 0 : 0.05)
      const equity = curveOf(returns, 1e6)
      const record = performanceOf({ times: days(equity.length), equity, benchmark: equity, periodsPerYear: 365 })
      for (const [key, value] of Object.entries(record))
        expect(value === undefined || Number.isFinite(value), `seed ${seed}: ${key} is ${value}`).toBe(true)
      expect(record.maxDrawdown).toBeLessThanOrEqual(0)
      expect(record.conditionalValueAtRisk).toBeGreaterThanOrEqual(record.valueAtRisk!)
    }
  })

  it.each([
    ["equity", { ...whole, equity: [1, 2] }, "equity has 2 values where times has 21"],
    ["equity", { ...whole, equity: sampleEquity.with(3, Number.NaN) }, "equity has NaN at index 3"],
    ["equity", { ...whole, equity: sampleEquity.with(3, -1) }, "untilRuin"],
    ["times", { ...whole, times: days(21).toReversed() }, "times does not rise at index 1"],
    ["times", { times: [1], equity: [1], periodsPerYear: 365 }, "at least 2 are needed"],
    ["benchmark", { ...whole, benchmark: [1] }, "Align the two"],
    ["periodsPerYear", { ...whole, periodsPerYear: 0 }, "Give a number"],
    ["confidence", { ...whole, confidence: 95 }, "such as 0.95"],
    ["trades[0].fees", { ...whole, trades: [trip(1, 1, 1, { fees: Number.NaN })] }, "finite"],
    ["trades[0].timeExit", { ...whole, trades: [trip(1, -1, 1)] }, "before its timeEntry"]
  ])("refuses bad input by name: %s", (field, input, says) => {
    expect(() => performanceOf(input)).toThrow(expect.objectContaining({ _tag: "InvalidInput", field }))
    expect(() => performanceOf(input)).toThrow(says)
  })
})

describe("objectives", () => {
  it("equal the record's for any curve", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const equity = curveOf(normalReturns(seed, 2 + (seed % 60), 0.001, 0.03), 1000)
      const record = performanceOf({ times: days(equity.length), equity, periodsPerYear: 365, riskFree: 0.02 })
      const cheap = objectivesOf(equity, 365, 0.02)
      for (const key of objectives) {
        const expected = record[key]
        if (expected === undefined || cheap[key] === undefined)
          expect(cheap[key], `seed ${seed}: ${key}`).toBe(expected)
        else
          expect(Math.abs(cheap[key] / expected - 1) < 1e-9 || cheap[key] === expected, `seed ${seed}: ${key}`).toBe(
            true
          )
      }
    }
  })

  it("take a ruined curve as far as its ruin", () => {
    const ruined = [100, 120, 60, -5, 30]
    expect(Array.from(untilRuin(ruined))).toEqual([100, 120, 60, 0])
    expect(objectivesOf(ruined, 365)).toEqual(objectivesOf(untilRuin(ruined), 365))
    expect(objectivesOf(ruined, 365)).toMatchObject({ totalReturn: -1, maxDrawdown: -1, calmar: -1 })
  })

  it("are written to the array given, and refuse a missing value", () => {
    const out = new Float64Array(5)
    expect(objectivesInto(out, sampleEquity, 252, 0.03)).toBe(out)
    expect(out[1]).toBeCloseTo(reference.sharpe, 10)
    expect(() => objectivesOf([0, 1], 252)).toThrow("equity[0] is 0")
    expect(() => objectivesOf([1, Number.NaN], 252)).toThrow("equity has NaN at index 1")
  })
})
