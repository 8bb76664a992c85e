/**
 * Equal to published reference values, row by row (QuantConnect's Lean, Apache-2.0). Its value at risk is the negative of
 * our parametric one, and begins with two returns; its Sortino ratio is per period; Spearman's is of 252 closes.
 */
import { GoldenFile, goldensMissing, goldensName } from "@outcry/testkit/GoldenFile"
import { describe, expect, it } from "vitest"
import { rankCorrelation } from "../src/Moments.ts"
import { simpleReturns } from "../src/Returns.ts"
import { rollingSharpe, rollingSortino } from "../src/RiskAdjusted.ts"
import { rollingValueAtRisk } from "../src/ValueAtRisk.ts"

/** How many rows have a reference value, all of them within the distance. */
const compared = (mine: ArrayLike<number>, reference: Float64Array, within: number): number => {
  let values = 0
  for (const [row, expected] of reference.entries()) {
    if (Number.isNaN(expected)) continue
    values++
    expect(Math.abs(mine[row]! - expected) <= within, `row ${row}: ${mine[row]} for ${expected}`).toBe(true)
  }
  return values
}

describe.skipIf(goldensMissing)(goldensName, () => {
  it.each([0.99, 0.95, 0.9])("the value at risk at %f equals spy_valueatrisk.csv", (confidence) => {
    const file = new GoldenFile("spy_valueatrisk.csv")
    const forecasts = rollingValueAtRisk(simpleReturns(file.column("close")), 252, confidence, 2)
    const mine = [Number.NaN, ...forecasts].map((loss) => -loss)
    expect(compared(mine, file.column(`VaR_${confidence * 100}`), 1e-12)).toBe(5847)
  })

  it.each(["0", "0.01"])("the Sortino ratio with a target of %s equals spy_sortino.csv", (target) => {
    const file = new GoldenFile("spy_sortino.csv")
    const returns = file.column("returns").slice(1)
    const mine = [Number.NaN, ...rollingSortino(returns, 15, Number(target))]
    // The file prints ten digits.
    expect(compared(mine, file.column(`sortino_rf_${target}_period_15`), 1e-9)).toBe(62)
    const fromCloses = [Number.NaN, ...rollingSortino(simpleReturns(file.column("close")), 15, Number(target))]
    expect(compared(fromCloses, file.column(`sortino_rf_${target}_period_15`), 1e-7)).toBe(62)
  })

  it("the rank correlation equals spy_qqq_corr.csv", () => {
    const closes = (symbol: string) => new GoldenFile("spy_qqq_corr.csv", ([name]) => name === symbol)
    const spy = closes("SPY").column("Close")
    const file = closes("QQQ")
    const qqq = file.column("Close")
    const mine = spy.map((_, end) =>
      end < 251 ? 0 : (rankCorrelation(spy.subarray(end - 251, end + 1), qqq.subarray(end - 251, end + 1)) ?? 0)
    )
    expect(compared(mine, file.column("Correlation_Spearman"), 1e-12)).toBe(3964)
  })
})

describe("rolling ratios", () => {
  it("of a full window are the ratio of its returns", () => {
    const rolled = rollingSharpe([0.01, 0.02, -0.01, 0.03], 3)
    expect(rolled.slice(0, 2)).toEqual(Float64Array.of(Number.NaN, Number.NaN))
    // Mean 0.02 ÷ 3, squared distances that sum to 0.0014 ÷ 3.
    expect(rolled[2]).toBeCloseTo(0.02 / 3 / Math.sqrt(0.0014 / 3 / 2), 12)
  })
})
