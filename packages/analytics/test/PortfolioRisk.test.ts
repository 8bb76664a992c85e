/** Ex-ante and ex-post risk, and what its parts sum to. */
import { describe, expect, it } from "vitest"
import { backtestOverfitting } from "../src/BacktestOverfitting.ts"
import { sampleCovariance } from "../src/Covariance.ts"
import { matrixOf, zeros } from "../src/Matrix.ts"
import { exAnteRisk, simulatedRisk } from "../src/PortfolioRisk.ts"
import { portfolioReturns, riskTable } from "../src/RiskTable.ts"
import { parametricRisk } from "../src/ValueAtRisk.ts"
import { benchmarkReturns, normalReturns, sampleReturns } from "./SampleReturns.ts"

const deviations = [0.16, 0.203, 0.248, 0.271]
const correlations = [
  [1, 0.488, 0.478, 0.515],
  [0.488, 1, 0.664, 0.655],
  [0.478, 0.664, 1, 0.861],
  [0.515, 0.655, 0.861, 1]
]
const covariance = matrixOf(
  "covariance",
  correlations.map((row, i) => row.map((value, j) => value * deviations[i]! * deviations[j]!))
)
const weights = [0.2, 0.3, 0.35, 0.15]
const means = [0.06, 0.09, 0.07, 0.11]
const input = { weights, covariance, means, confidence: 0.99 }

describe("ex-ante risk", () => {
  it("equals scipy's for the whole, and its parts sum to it", () => {
    // numpy, scipy: m = w @ e, s = sqrt(w @ S @ w), z = norm.ppf(.99): z * s - m, s * norm.pdf(z) / .01 - m
    const risk = exAnteRisk(input)
    expect(risk.valueAtRisk).toBeCloseTo(0.3623465536025513, 12)
    expect(risk.conditional).toBeCloseTo(0.4267807519838633, 12)
    const sum = (of: (component: (typeof risk.components)[number]) => number) =>
      risk.components.reduce((total, component) => total + of(component), 0)
    expect(sum(({ component }) => component)).toBeCloseTo(risk.deviation, 14)
    expect(sum(({ share }) => share)).toBeCloseTo(1, 14)
    expect(sum(({ valueAtRisk }) => valueAtRisk)).toBeCloseTo(risk.valueAtRisk, 14)
    expect(sum(({ conditional }) => conditional)).toBeCloseTo(risk.conditional, 14)
  })

  it("grows by the marginal risk of what is added", () => {
    const { components, deviation } = exAnteRisk(input)
    for (const [at, { marginal }] of components.entries()) {
      const more = exAnteRisk({ ...input, weights: weights.with(at, weights[at]! + 1e-6) }).deviation
      expect((more - deviation) / 1e-6).toBeCloseTo(marginal, 6)
    }
  })

  it("of one asset is not diversified, and of its own benchmark has a beta of 1", () => {
    const alone = exAnteRisk({ ...input, weights: [0, 1, 0, 0], benchmark: [0, 1, 0, 0] })
    expect([alone.diversification, alone.effectiveAssets, alone.beta, alone.trackingError]).toEqual([
      expect.closeTo(1, 12),
      expect.closeTo(1, 12),
      expect.closeTo(1, 12),
      0
    ])
    const even = exAnteRisk({
      ...input,
      covariance: matrixOf(
        "m",
        [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => (i === j ? 1 : 0)))
      ),
      weights: [1, 1, 1, 1]
    })
    expect([even.effectiveAssets, even.diversification]).toEqual([expect.closeTo(4, 12), expect.closeTo(2, 12)])
  })

  it("simulated comes near, and again exactly from its seed", () => {
    const daily = {
      ...input,
      covariance: { ...covariance, values: covariance.values.map((value) => value / 252) },
      means: [0, 0, 0, 0]
    }
    const simulated = simulatedRisk(daily, { seed: 4, paths: 60_000 })
    const exact = exAnteRisk(daily)
    expect(Math.abs(simulated.valueAtRisk / exact.valueAtRisk - 1)).toBeLessThan(0.02)
    expect(Math.abs(simulated.conditional / exact.conditional - 1)).toBeLessThan(0.02)
    expect(simulatedRisk(daily, { seed: 4, paths: 60_000 })).toEqual(simulated)
    const longer = simulatedRisk(daily, { seed: 4, paths: 20_000, horizon: 4 })
    expect(Math.abs(longer.valueAtRisk / exact.valueAtRisk / 2 - 1)).toBeLessThan(0.05)
  })

  it("refuses bad input by name", () => {
    expect(() => exAnteRisk({ ...input, weights: [1] })).toThrow("covariance is 4 × 4")
    expect(() => exAnteRisk({ ...input, means: [1] })).toThrow("means has 1 values where weights has 4")
    expect(() => exAnteRisk({ ...input, weights: [0, 0, 0, 0] })).toThrow("Give weights that are not all 0")
    expect(() => exAnteRisk({ ...input, confidence: 99 })).toThrow("confidence is 99")
    expect(() => simulatedRisk({ ...input, covariance: zeros(4, 4) }, { seed: 1 })).toThrow("ledoitWolf")
  })
})

describe("ex-post risk", () => {
  it("is that of the present weights held all along", () => {
    const assets = [sampleReturns, benchmarkReturns]
    const held = portfolioReturns(assets, [0.7, 0.3])
    const { deviation } = exAnteRisk({ weights: [0.7, 0.3], covariance: sampleCovariance(assets), confidence: 0.95 })
    const table = riskTable(held, [0.95, 0.99], 7)
    expect(table).toHaveLength(8)
    expect(table[1]!.risk).toEqual(parametricRisk(held, 0.95))
    // The sample's covariance and the sample of the portfolio say the same of its deviation.
    expect(parametricRisk(held, 0.95).valueAtRisk + held.reduce((a, b) => a + b, 0) / 20).toBeCloseTo(
      deviation * 1.6448536269514722,
      12
    )
    expect(portfolioReturns(assets, [0.5, 0.3], 0.001)[0]).toBeCloseTo(0.5 * 0.012 + 0.3 * 0.01 + 0.2 * 0.001, 15)
    expect(() => portfolioReturns(assets, [1])).toThrow("weights has 1 values where returns has 2")
  })
})

describe("overfitting", () => {
  it("is likely for the best of noise, and not for one with skill", () => {
    const noise = (batch: number) => Array.from({ length: 20 }, (_, at) => normalReturns(batch * 100 + at, 200))
    const batches = Array.from({ length: 30 }, (_, batch) => backtestOverfitting(noise(batch + 1), 8))
    // Choice among noise is a coin's; one batch has a deviation of some 0.25.
    const average = batches.reduce((sum, { probability }) => sum + probability, 0) / 30
    expect(Math.abs(average - 0.5)).toBeLessThan(0.15)
    const luck = batches[0]!
    expect(luck.splits).toBe(70)
    const skilled = backtestOverfitting([...noise(1), normalReturns(99, 200, 0.006)], 8)
    expect(skilled).toMatchObject({ probability: 0, probabilityOfLoss: 0 })
    expect(skilled.logitMedian).toBeGreaterThan(luck.logitMedian)
  })

  it("refuses bad input by name", () => {
    expect(() => backtestOverfitting([sampleReturns], 4)).toThrow("Give all that were tried")
    expect(() => backtestOverfitting([sampleReturns, sampleReturns], 5)).toThrow("even number")
    expect(() => backtestOverfitting([sampleReturns, sampleReturns], 12)).toThrow("at least two for each of 12 blocks")
  })
})
