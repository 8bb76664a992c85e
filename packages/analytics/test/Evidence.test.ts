/** What a record proves: Sharpe ratios after selection, calendar effects, round trips drawn anew, stress tests. */
import { describe, expect, it } from "vitest"
import { calendarEffects, calendarEffectsOf } from "../src/CalendarEffects.ts"
import { curveOf } from "../src/Returns.ts"
import {
  deflatedSharpe,
  deflatedSharpeAmong,
  evidenceOf,
  expectedMaximumSharpe,
  minimumTrackRecord,
  probabilisticSharpe
} from "../src/SharpeInference.ts"
import { historicalScenario, indexScenarios, marketScenario, stressTest } from "../src/StressTest.ts"
import { resampleTrips } from "../src/TripResampling.ts"
import { dayUs, days, firstDayUs, normalReturns, sampleReturns } from "./SampleReturns.ts"

describe("a Sharpe ratio", () => {
  it("deflates as in the paper's example", () => {
    // Bailey and López de Prado (2014): 2.5 a year over 1,250 days, best of 100 trials of variance 0.5, skewness −3, kurtosis 10.
    const evidence = { sharpe: 2.5 / Math.sqrt(250), periods: 1250, skewness: -3, kurtosisExcess: 7 }
    expect(expectedMaximumSharpe(100, 0.5 / 250)).toBeCloseTo(0.1132, 4)
    expect(deflatedSharpe(evidence, 100, 0.5 / 250)).toBeCloseTo(0.9004, 4)
    expect(deflatedSharpe(evidence, 100, 0.5 / 250)).toBeCloseTo(0.9003968344493903, 10)
    expect(deflatedSharpe(evidence, 1, 0.5 / 250)).toBe(probabilisticSharpe(evidence))
  })

  it("needs a record as long as scipy says", () => {
    const evidence = evidenceOf(sampleReturns, 1.03 ** (1 / 252) - 1)!
    expect(minimumTrackRecord(evidence)).toBeCloseTo(385.7457717031136, 8)
    expect(minimumTrackRecord(evidence, 1)).toBeUndefined()
    // With a record of exactly that length the probability is the confidence.
    expect(probabilisticSharpe({ ...evidence, periods: 386 })).toBeCloseTo(0.95, 3)
  })

  it("of the best of many without skill is not believed", () => {
    const trials = Array.from({ length: 200 }, (_, seed) => evidenceOf(normalReturns(seed + 1, 250))!)
    const sharpes = trials.map(({ sharpe }) => sharpe)
    const best = trials.reduce((a, b) => (b.sharpe > a.sharpe ? b : a))
    expect(probabilisticSharpe(best)).toBeGreaterThan(0.99)
    expect(deflatedSharpeAmong(best, sharpes)).toBeLessThan(0.8)
    expect(Math.max(...sharpes) / expectedMaximumSharpe(200, 1 / 249)).toBeGreaterThan(0.8)
    expect(evidenceOf([0.1, 0.1])).toBeUndefined()
  })
})

describe("calendar effects", () => {
  it("test each bucket against the rest as scipy does", () => {
    // stats.ttest_ind(r[::3], the others, equal_var=False), the buckets being Monday, Tuesday, Wednesday, Monday ...
    const week = 7 * dayUs
    const times = sampleReturns.map((_, at) => firstDayUs + Math.floor(at / 3) * week + (at % 3) * dayUs)
    const [monday, tuesday, wednesday] = calendarEffects(times, sampleReturns, "weekday")
    expect(monday).toMatchObject({
      bucket: 1,
      count: 7,
      tStatistic: expect.closeTo(1.0834297898464358, 12),
      probability: expect.closeTo(0.30317146287643154, 10)
    })
    expect([tuesday!.bucket, wednesday!.bucket]).toEqual([2, 3])
  })

  it("find what is planted in a curve", () => {
    const returns = normalReturns(4, 2000, 0, 0.005).map((value, at) => value + ((at + 1) % 7 === 4 ? 0.01 : 0))
    const weekdays = calendarEffectsOf(days(2001), curveOf(returns), "weekday")
    expect(weekdays).toHaveLength(7)
    // Day 0 is a Monday, so that day 4 of each week is a Friday.
    for (const { bucket, tStatistic } of weekdays)
      expect(bucket === 5 ? tStatistic! > 10 : tStatistic! < 0, String(bucket)).toBe(true)
    const months = calendarEffectsOf(days(2001), curveOf(returns), "month")
    expect(months.map(({ bucket }) => bucket)).toEqual(Array.from({ length: 12 }, (_, month) => month + 1))
    expect(months.reduce((sum, { count }) => sum + count, 0)).toBe(65)
  })
})

describe("round trips drawn anew", () => {
  const results = [50, -20, 30, -60, 80, -10, 5, -25]
  const options = { seed: 9, equityStart: 1000, runs: 400 }

  it("permuted keep their sum and vary their falls", () => {
    const { equityEnd, maxDrawdown, profitable } = resampleTrips(results, { ...options, method: "permute" })
    expect([equityEnd.p5, equityEnd.mean, equityEnd.p95]).toEqual([1050, 1050, 1050])
    expect(maxDrawdown.p5).toBeLessThan(maxDrawdown.p95)
    expect(maxDrawdown.p95).toBeLessThanOrEqual(0)
    expect(profitable).toBe(1)
  })

  it("bootstrapped spread around it, the same from the same seed", () => {
    const drawn = resampleTrips(results, { ...options, runs: 20_000, method: "bootstrap" })
    // Eight draws of variance mean(x²) − mean²: the standard deviation of the sum is that × √8, of the mean of 20,000 a 141st.
    const deviation = Math.sqrt(8) * Math.sqrt((2500 + 400 + 900 + 3600 + 6400 + 100 + 25 + 625) / 8 - 6.25 ** 2)
    expect(Math.abs(drawn.equityEnd.mean - 1050)).toBeLessThan((4 * deviation) / Math.sqrt(20_000))
    expect(Math.abs((drawn.equityEnd.p95 - drawn.equityEnd.p5) / (2 * 1.645 * deviation) - 1)).toBeLessThan(0.05)
    expect(resampleTrips(results, { ...options, runs: 20_000, method: "bootstrap" })).toEqual(drawn)
  })

  it("permuted come in any order", () => {
    const drawdowns = Array.from({ length: 100 }, (_, seed) =>
      resampleTrips([-100, -20, 150], { seed, equityStart: 1000, runs: 1, method: "permute" }).maxDrawdown.p50.toFixed(
        6
      )
    )
    // Six orders, in two of which both losses come first and in two both last; the other two part them.
    expect(new Set(drawdowns).size).toBe(4)
  })

  it("count ruin", () => {
    const { maxDrawdown, ruined } = resampleTrips([-600, -600, 100], { ...options, method: "permute" })
    expect(ruined).toBe(1)
    expect(maxDrawdown.p5).toBe(-1)
    expect(() => resampleTrips(results, { ...options, method: "permute", ruinAt: 1 })).toThrow("ruinAt is 1")
  })
})

describe("a stress test", () => {
  const holdings = [
    { instrument: "BTC", value: 600, group: "crypto", beta: 2 },
    { instrument: "ETH", value: -200, group: "crypto" },
    { instrument: "SPY", value: 400, beta: 1 },
    { instrument: "GOLD", value: 100 }
  ]

  it("shocks by name, then group, then beta, and lists what it does not reach", () => {
    const [named] = stressTest(holdings, 1000, [
      { name: "winter", source: "made up", instruments: { BTC: -0.5 }, groups: { crypto: -0.6 }, market: -0.1 }
    ])
    expect(named!.lines.map(({ profit }) => profit)).toEqual([-300, 120, -40, undefined])
    expect(named).toMatchObject({ profit: -220, return: -0.22, untouched: ["GOLD"] })
  })

  it("knows the past and round figures", () => {
    const results = stressTest(holdings, 1000, [...indexScenarios, marketScenario(-0.1)])
    expect(results.map(({ scenario }) => scenario)).toContain("Market -10 %")
    expect(results.at(-1)!.profit).toBeCloseTo(-0.2 * 600 - 40, 10)
    // A beta of 2 would take more than everything.
    expect(results[2]!.lines[0]!.shock).toBe(-1)
  })

  it("replays prices of its own", () => {
    const prices = { BTC: [100, 50, 40], SPY: [10, 9, 12] }
    const scenario = historicalScenario("week", days(3), prices, days(3)[0]! + 5, days(3)[1]! + 5)
    expect(scenario.instruments).toEqual({ BTC: -0.5, SPY: expect.closeTo(-0.1, 12) })
    expect(historicalScenario("day", days(3), prices, days(3)[0]!, days(3)[2]!).instruments).toMatchObject({
      BTC: -0.6
    })
    expect(() => historicalScenario("x", days(3), prices, 0, 1)).toThrow("before the first time")
    expect(() => historicalScenario("x", days(3), prices, 2, 1)).toThrow("Give the start first")
    expect(() => stressTest(holdings, 1000, [{ name: "x", source: "", market: -2 }])).toThrow('scenario "x", market')
    expect(() => stressTest([{ instrument: "A", value: Number.NaN }], 1, [])).toThrow("holdings.A.value")
  })
})
