/**
 * Expected returns that start from what the market's weights imply and move towards views by as much as they are trusted. Sources:
 * Black and Litterman, "Global Portfolio Optimization", Financial Analysts Journal 48(5), 1992; He and Litterman, "The Intuition
 * Behind Black-Litterman Model Portfolios", 1999; Idzorek, "A Step-by-Step Guide to the Black-Litterman Model", 2005, in the closed form
 * of Walters, "The Black-Litterman Model in Detail", 2014 (confidence).
 */
import { SingularCovariance } from "./AnalyticsError.ts"
import { cholesky, choleskySolve } from "./LinearSolve.ts"
import { dot, type Matrix, quadratic, requireSymmetric, times, zeros } from "./Matrix.ts"
import { type Numbers, requireFinite, requireSameLength, requireWithin } from "./Series.ts"

/** That the portfolio of those weights returns so much. Weights that sum to 0 say that some assets beat others. */
export interface View {
  /** Of all assets, in their order. */
  readonly weights: Numbers
  readonly return: number
  /**
   * From above 0 to 1: 1 takes the view for certain, 0.5 gives it the variance τ × that of its portfolio, which is also what a view without a
   * confidence has.
   */
  readonly confidence?: number
}

export interface Posterior {
  readonly expected: Float64Array
  /** Of returns: that given plus what is uncertain about the means. */
  readonly covariance: Matrix
}

/** The excess returns for which those weights are the best of an investor of that risk aversion: δ Σ w. */
export const impliedReturns = (covariance: Matrix, marketWeights: Numbers, riskAversion: number): Float64Array => {
  requireSymmetric("covariance", covariance, marketWeights.length)
  requireFinite("marketWeights", marketWeights)
  requireWithin("riskAversion", riskAversion, Number.MIN_VALUE)
  return times(covariance, marketWeights).map((value) => value * riskAversion)
}

/** `tau`: how uncertain the prior means are, as a part of the covariance; 0.05 unless given. Returns are excess returns throughout. */
export const blackLitterman = (
  covariance: Matrix,
  prior: Numbers,
  views: ReadonlyArray<View>,
  tau = 0.05
): Posterior => {
  const size = prior.length
  requireSymmetric("covariance", covariance, size)
  requireFinite("prior", prior)
  requireWithin("tau", tau, Number.MIN_VALUE, 10)
  for (const [at, { confidence = 0.5, return: expected, weights }] of views.entries()) {
    requireFinite(`views[${at}].weights`, weights)
    requireSameLength(`views[${at}].weights`, weights, "prior", size)
    requireFinite(`views[${at}].return`, [expected])
    requireWithin(`views[${at}].confidence`, confidence, 1e-9, 1)
  }
  const count = views.length
  // τΣp of each view, and P τΣ Pᵀ + Ω.
  const spread = views.map(({ weights }) => times(covariance, weights).map((value) => value * tau))
  const inner = zeros(count, count)
  for (const [i, { weights }] of views.entries())
    for (const [j, column] of spread.entries()) inner.values[i * count + j] = dot(weights, column)
  for (const [at, { confidence = 0.5, weights }] of views.entries())
    inner.values[at * count + at]! += (tau * quadratic(covariance, weights) * (1 - confidence)) / confidence
  const lower = cholesky(inner, 1e-12)
  if (lower === undefined)
    throw new SingularCovariance({
      field: "views",
      eigenvalueMin: 0,
      eigenvalueMax: Math.max(...inner.values),
      remedy: "Leave out views that are empty or that others already say, or give them less than full confidence"
    })
  const surprise = Float64Array.from(views, ({ return: expected, weights }) => expected - dot(weights, prior))
  const pull = choleskySolve(lower, surprise)
  const expected = Float64Array.from(prior)
  for (const [at, column] of spread.entries())
    for (let row = 0; row < size; row++) expected[row]! += column[row]! * pull[at]!
  const posterior = { ...covariance, values: covariance.values.map((value) => value * (1 + tau)) }
  for (let row = 0; row < size; row++) {
    const solved = choleskySolve(
      lower,
      Float64Array.from(spread, (column) => column[row]!)
    )
    for (let other = 0; other < size; other++)
      for (const [at, column] of spread.entries()) posterior.values[row * size + other]! -= column[other]! * solved[at]!
  }
  return { expected, covariance: posterior }
}
