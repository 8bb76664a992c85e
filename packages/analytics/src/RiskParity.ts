/**
 * Long portfolios whose assets contribute to the risk as they are told to: all alike unless budgets say otherwise. Sources:
 * Maillard, Roncalli and Teïletche, "The Properties of Equally Weighted Risk Contribution Portfolios", 2010; Griveau-Billion,
 * Richard and Roncalli, "A Fast Algorithm for Computing High-Dimensional Risk Parity Portfolios", 2013 (one asset at a time).
 */
import { NotSolved } from "./AnalyticsError.ts"
import { requireInvertible } from "./Covariance.ts"
import { type Matrix, requireSymmetric, times } from "./Matrix.ts"
import { type Numbers, requireFinite, requireSameLength, requireWithin } from "./Series.ts"

/** Each asset's share of the variance, wᵢ(Σw)ᵢ ÷ w'Σw; they sum to 1. */
export const riskShares = (covariance: Matrix, weights: Numbers): Float64Array => {
  const marginal = times(covariance, weights)
  let whole = 0
  for (let at = 0; at < marginal.length; at++) whole += weights[at]! * marginal[at]!
  return marginal.map((value, at) => (weights[at]! * value) / whole)
}

const roundsMax = 10_000
const tolerance = 1e-12

/**
 * Weights above 0 that sum to 1. `budgets`: each asset's share of the risk, above 0, taken as parts of their sum. Bounds on weights
 * are not heeded: the answer is unique without them. Throws SingularCovariance or InvalidInput.
 */
export const riskParity = (covariance: Matrix, budgets?: Numbers): Float64Array => {
  requireSymmetric("covariance", covariance)
  requireInvertible("covariance", covariance)
  const size = covariance.rows
  const parts = Float64Array.from(budgets ?? new Float64Array(size).fill(1))
  requireFinite("budgets", parts)
  requireSameLength("budgets", parts, "covariance", size)
  for (const [at, part] of parts.entries()) requireWithin(`budgets[${at}]`, part, Number.MIN_VALUE)
  const sum = parts.reduce((total, part) => total + part, 0)
  const shares = parts.map((part) => part / sum)
  const { values } = covariance
  const x = Float64Array.from({ length: size }, (_, at) => Math.sqrt(shares[at]! / values[at * size + at]!))
  const marginal = times(covariance, x)
  let worst = Infinity
  for (let round = 0; round < roundsMax; round++) {
    for (let at = 0; at < size; at++) {
      const own = values[at * size + at]!
      const others = marginal[at]! - own * x[at]!
      const next = (Math.sqrt(others * others + 4 * own * shares[at]!) - others) / (2 * own)
      const change = next - x[at]!
      x[at] = next
      for (let row = 0; row < size; row++) marginal[row]! += values[row * size + at]! * change
    }
    worst = 0
    for (let at = 0; at < size; at++) worst = Math.max(worst, Math.abs(x[at]! * marginal[at]! - shares[at]!))
    if (worst <= tolerance) {
      const whole = x.reduce((total, value) => total + value, 0)
      return x.map((value) => value / whole)
    }
  }
  throw new NotSolved({
    problem: "The risk parity portfolio",
    iterations: roundsMax,
    residual: worst,
    remedy: "Shrink the covariance (ledoitWolf)"
  })
}
