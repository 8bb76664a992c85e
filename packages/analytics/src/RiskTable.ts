/**
 * Risk that a portfolio had (ex post): its returns had its present weights been held all along, and every measure of the tail beside
 * the others.
 */
import { type AssetReturns, requireAssets } from "./Covariance.ts"
import { type Numbers, requireFinite, requireSameLength } from "./Series.ts"
import { cornishFisherRisk, historicalRisk, monteCarloRisk, parametricRisk, type TailRisk } from "./ValueAtRisk.ts"

/** Returns of the portfolio in each period, brought back to these weights after each. What is missing to 1 earns `free`. */
export const portfolioReturns = (returns: AssetReturns, weights: Numbers, free = 0): Float64Array => {
  const periods = requireAssets(returns, 1)
  requireFinite("weights", weights)
  requireSameLength("weights", weights, "returns", returns.length)
  let cash = 1
  for (let asset = 0; asset < weights.length; asset++) cash -= weights[asset]!
  // Weights that sum to 1 but for rounding hold no cash.
  const earned = Math.abs(cash) < 1e-12 ? 0 : cash * free
  return Float64Array.from({ length: periods }, (_, at) => {
    let sum = earned
    for (let asset = 0; asset < weights.length; asset++) sum += weights[asset]! * returns[asset]![at]!
    return sum
  })
}

export type RiskMethod = "historical" | "parametric" | "cornishFisher" | "monteCarlo"

export interface RiskRow {
  readonly method: RiskMethod
  readonly confidence: number
  /** Undefined for Cornish and Fisher's outside its domain. */
  readonly risk: TailRisk | undefined
}

/** Each method at each confidence, for one period. `seed` is of the simulation, which draws from the series itself. */
export const riskTable = (returns: Numbers, confidences: ReadonlyArray<number>, seed: number): ReadonlyArray<RiskRow> =>
  confidences.flatMap((confidence): ReadonlyArray<RiskRow> => [
    { method: "historical", confidence, risk: historicalRisk(returns, confidence) },
    { method: "parametric", confidence, risk: parametricRisk(returns, confidence) },
    { method: "cornishFisher", confidence, risk: cornishFisherRisk(returns, confidence) },
    { method: "monteCarlo", confidence, risk: monteCarloRisk(returns, { confidence, seed, draws: "history" }) }
  ])
