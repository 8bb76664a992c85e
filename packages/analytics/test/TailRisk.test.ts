/** Value at risk, volatility and distributions against scipy, and what must hold between the measures. */
import { describe, expect, it } from "vitest"
import { normalProbability, normalQuantile, studentTwoSided } from "../src/Distribution.ts"
import { correlation, quantile, rankCorrelation } from "../src/Moments.ts"
import {
  backtestValueAtRisk,
  cornishFisherRisk,
  historicalRisk,
  monteCarloRisk,
  normalRisk,
  parametricRisk,
  rollingValueAtRisk
} from "../src/ValueAtRisk.ts"
import { ewmaVolatility, garmanKlassVolatility, parkinsonVolatility, rollingVolatility } from "../src/Volatility.ts"
import { benchmarkReturns, normalReturns, sampleReturns } from "./SampleReturns.ts"

describe("distributions", () => {
  // scipy: stats.norm.cdf(x), stats.norm.ppf(p), 2 * stats.t.sf(abs(t), d)
  it.each([
    [-8, 6.22096057427174e-16],
    [-4.2, 1.334574901590631e-5],
    [-2.5, 0.006209665325776132],
    [-1, 0.15865525393145707],
    [0.3, 0.6179114221889526],
    [2.9, 0.998134186699616],
    [3.1, 0.9990323967867817]
  ])("P(Z ≤ %f)", (z, expected) => expect(Math.abs(normalProbability(z) / expected - 1)).toBeLessThan(1e-12))

  it.each([
    [1e-10, -6.361340902404056],
    [0.0001, -3.7190164854556804],
    [0.02, -2.053748910631823],
    [0.3, -0.5244005127080409],
    [0.975, 1.959963984540054]
  ])("the normal quantile of %f", (p, expected) => expect(Math.abs(normalQuantile(p) - expected)).toBeLessThan(1e-12))

  it.each([
    [2.1, 7.3, 0.0722467134248534],
    [0.5, 1, 0.7048327646991335],
    [12, 30, 5.580185415199261e-13],
    [-1.7, 250.5, 0.09037213930833264]
  ])("Student's t of %f with %f degrees", (t, degrees, expected) =>
    expect(Math.abs(studentTwoSided(t, degrees) / expected - 1)).toBeLessThan(1e-10)
  )

  it("the quantile is the probability's inverse", () => {
    for (let p = 0.001; p < 1; p += 0.001) expect(normalProbability(normalQuantile(p))).toBeCloseTo(p, 14)
  })
})

describe("value at risk", () => {
  it("equals numpy's and scipy's", () => {
    // -percentile(r, 5); -(m + z * s); m, s of r with ddof=1; the conditional of Cornish-Fisher by integrate.quad over the tail
    expect(historicalRisk(sampleReturns, 0.95)).toEqual({
      valueAtRisk: expect.closeTo(0.0272, 14),
      conditional: expect.closeTo(0.031, 14)
    })
    expect(parametricRisk(sampleReturns, 0.95)).toEqual({
      valueAtRisk: expect.closeTo(0.024012256969177175, 14),
      conditional: expect.closeTo(0.03048069747835771, 14)
    })
    expect(cornishFisherRisk(sampleReturns, 0.95)).toEqual({
      valueAtRisk: expect.closeTo(0.02668358304211462, 14),
      conditional: expect.closeTo(0.03317010676673634, 14)
    })
  })

  it("of normal returns grows with the root of the horizon", () => {
    const day = normalRisk(0, 0.02, 0.95)
    const four = normalRisk(0, 0.02, 0.95, 4)
    expect(four.valueAtRisk).toBeCloseTo(2 * day.valueAtRisk, 14)
    expect(four.conditional).toBeCloseTo(2 * day.conditional, 14)
    expect(normalRisk(0.001, 0.02, 0.95, 4).valueAtRisk).toBeCloseTo(2 * day.valueAtRisk - 0.004, 14)
  })

  it("grows with confidence, and the conditional is never below it", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const returns = normalReturns(seed, 20 + seed * 5, 0, 0.02).map(
        (value) => value - Math.abs(value) ** 1.5 * seed * 0.02
      )
      let before = -Infinity
      for (const confidence of [0.6, 0.9, 0.95, 0.99]) {
        const historical = historicalRisk(returns, confidence)
        for (const risk of [
          historical,
          parametricRisk(returns, confidence),
          cornishFisherRisk(returns, confidence),
          monteCarloRisk(returns, { confidence, seed, paths: 200, draws: "history" })
        ])
          if (risk !== undefined) expect(risk.conditional).toBeGreaterThanOrEqual(risk.valueAtRisk)
        expect(historical.valueAtRisk).toBeGreaterThanOrEqual(before)
        before = historical.valueAtRisk
      }
    }
  })

  it("the simulated comes near what it simulates, and again exactly from its seed", () => {
    const normal = { confidence: 0.95, seed: 11, paths: 100_000 }
    const simulated = monteCarloRisk(sampleReturns, normal)
    const exact = parametricRisk(sampleReturns, 0.95)
    expect(Math.abs(simulated.valueAtRisk / exact.valueAtRisk - 1)).toBeLessThan(0.015)
    expect(Math.abs(simulated.conditional / exact.conditional - 1)).toBeLessThan(0.015)
    expect(monteCarloRisk(sampleReturns, normal)).toEqual(simulated)
    const drawn = monteCarloRisk(sampleReturns, { ...normal, draws: "history", horizon: 5 })
    expect(drawn.valueAtRisk).toBeGreaterThan(simulated.valueAtRisk)
  })

  it("is undefined by Cornish-Fisher outside its domain", () => {
    const crash = [...sampleReturns, -0.6]
    expect(cornishFisherRisk(crash, 0.99)).toBeUndefined()
    expect(historicalRisk(crash, 0.99).conditional).toBe(0.6)
    expect(cornishFisherRisk([0.01, 0.01, 0.01], 0.95)).toBeUndefined()
  })

  it("is tested by how often it is exceeded", () => {
    // scipy: chi2.sf of -2 * (6 ln .05 + 94 ln .95 - 6 ln .06 - 94 ln .94), one degree
    const returns = Float64Array.from({ length: 100 }, (_, at) => (at < 6 ? -0.03 : 0.01))
    const test = backtestValueAtRisk(returns, new Float64Array(100).fill(0.02), 0.95)
    expect(test).toEqual({
      periods: 100,
      exceeded: 6,
      likelihoodRatio: expect.closeTo(0.19842212738650922, 10),
      probability: expect.closeTo(0.6559974850549266, 10)
    })
  })

  it("refuses bad input by name", () => {
    expect(() => historicalRisk([], 0.95)).toThrow("returns has 0 values")
    expect(() => historicalRisk([0.1], 1)).toThrow("confidence is 1")
    expect(() => parametricRisk([0.1], 0.95)).toThrow("at least 2")
    expect(() => rollingValueAtRisk(sampleReturns, 5, 0.95, 6)).toThrow("least is 6")
    expect(() => monteCarloRisk(sampleReturns, { confidence: 0.95, seed: 1, paths: 1.5 })).toThrow("paths is 1.5")
  })
})

describe("volatility", () => {
  it("equals pandas' and the recurrence", () => {
    // pandas: Series(r).rolling(5).std().iloc[-1]; functools.reduce(lambda a, x: .94 * a + .06 * x * x, r[1:], r[0] ** 2)
    expect(rollingVolatility(sampleReturns, 5).at(-1)).toBeCloseTo(0.01914418971907664, 14)
    expect(rollingVolatility(sampleReturns, 5).findIndex((value) => !Number.isNaN(value))).toBe(4)
    expect(ewmaVolatility(sampleReturns).at(-1)).toBeCloseTo(0.014456904728691235, 14)
    expect(ewmaVolatility(sampleReturns, 0.94, 4).at(-1)).toBeCloseTo(2 * 0.014456904728691235, 14)
  })

  it("of ranges is that of the walk inside the bars", () => {
    // 200 bars of 2,000 steps each of a driftless walk: both estimate 1 % a bar, a discrete walk's range a little less.
    const steps = normalReturns(5, 400_000, 0, 0.01 / Math.sqrt(2000))
    const bars = { open: [1], high: [1], low: [1], close: [1] }
    for (const list of Object.values(bars)) list.length = 0
    for (let bar = 0; bar < 200; bar++) {
      let price = 100
      let [high, low] = [price, price]
      for (let step = 0; step < 2000; step++) {
        price *= Math.exp(steps[bar * 2000 + step]!)
        high = Math.max(high, price)
        low = Math.min(low, price)
      }
      bars.open.push(100)
      bars.high.push(high)
      bars.low.push(low)
      bars.close.push(price)
    }
    expect(Math.abs(parkinsonVolatility(bars, 200).at(-1)! / 0.01 - 1)).toBeLessThan(0.06)
    expect(Math.abs(garmanKlassVolatility(bars, 200).at(-1)! / 0.01 - 1)).toBeLessThan(0.06)
    expect(() => parkinsonVolatility({ ...bars, high: bars.low }, 5)).toThrow("do not enclose")
    expect(() => parkinsonVolatility({ ...bars, low: bars.low.map(() => 0) }, 5)).toThrow("prices above 0")
  })
})

describe("correlation and quantiles", () => {
  it("equal scipy's", () => {
    // stats.linregress(b, r).rvalue, stats.spearmanr(r, b)
    expect(correlation(sampleReturns, benchmarkReturns)).toBeCloseTo(0.9835412773949939, 12)
    expect(rankCorrelation(sampleReturns, benchmarkReturns)).toBeCloseTo(0.9729323308270676, 12)
    expect(rankCorrelation([1, 2, 2, 3], [1, 1, 1, 1])).toBeUndefined()
    expect(quantile([3, 1, 2, 4], 0.25)).toBe(1.75)
    // Place 10 of 101, though 1 − 0.9 is below a tenth: the mean of the tail counts it.
    const hundred = Array.from({ length: 101 }, (_, at) => at - 60)
    expect(historicalRisk(hundred, 0.9)).toEqual({ valueAtRisk: 50, conditional: 55 })
  })
})
