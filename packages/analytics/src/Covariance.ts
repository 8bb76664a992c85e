/**
 * Covariance of returns of assets: the sample's, weighted towards the recent, shrunk; and correlation. What comes out may be
 * singular (fewer periods than assets, two assets alike): `conditionOf` tells, `requireInvertible` refuses, and
 * `nearestCovariance` repairs. Nothing here repairs by itself.
 */
import { SingularCovariance } from "./AnalyticsError.ts"
import { eigenOf } from "./Eigen.ts"
import { cholesky } from "./LinearSolve.ts"
import { diagonalOf, type Matrix, product, requireSymmetric, transposed, zeros } from "./Matrix.ts"
import { mean } from "./Moments.ts"
import { type Numbers, refuse, requireFinite, requireSameLength, requireWithin } from "./Series.ts"

/** One series of returns for each asset, over the same periods. */
export type AssetReturns = ReadonlyArray<Numbers>

/** The number of periods; throws InvalidInput for series of different lengths, too short or with gaps. */
export const requireAssets = (returns: AssetReturns, least = 2): number => {
  if (returns.length === 0) refuse("returns", "has no assets", "Give at least one series")
  const periods = returns[0]!.length
  for (const [asset, series] of returns.entries()) {
    requireFinite(`returns[${asset}]`, series, least)
    requireSameLength(`returns[${asset}]`, series, "returns[0]", periods)
  }
  return periods
}

/** A row for each asset of returns less their mean. */
export const centred = (returns: AssetReturns): Matrix => {
  const periods = requireAssets(returns)
  const matrix = zeros(returns.length, periods)
  for (const [asset, series] of returns.entries()) {
    const centre = mean(series)
    for (let at = 0; at < periods; at++) matrix.values[asset * periods + at] = series[at]! - centre
  }
  return matrix
}

const scaled = (matrix: Matrix, by: number): Matrix => ({ ...matrix, values: matrix.values.map((value) => value * by) })

/** Σ(a − ā)(b − b̄) ÷ (n − 1) of each pair. */
export const sampleCovariance = (returns: AssetReturns): Matrix => {
  const distances = centred(returns)
  return scaled(product(distances, transposed(distances)), 1 / (distances.columns - 1))
}

/**
 * Products of returns, each period's weight λ times the next one's, the weights summing to 1; means are taken as 0.
 * Source: J.P. Morgan, RiskMetrics Technical Document, 1996 (λ of 0.94 for days, 0.97 for months).
 */
export const ewmaCovariance = (returns: AssetReturns, lambda = 0.94): Matrix => {
  const periods = requireAssets(returns, 1)
  requireWithin("lambda", lambda, Number.MIN_VALUE, 1)
  const size = returns.length
  const matrix = zeros(size, size)
  let whole = 0
  for (let at = 0; at < periods; at++) {
    const weight = lambda ** (periods - 1 - at)
    whole += weight
    for (let row = 0; row < size; row++)
      for (let column = 0; column <= row; column++)
        matrix.values[row * size + column]! += weight * returns[row]![at]! * returns[column]![at]!
  }
  for (let row = 0; row < size; row++)
    for (let column = 0; column <= row; column++) {
      const value = matrix.values[row * size + column]! / whole
      matrix.values[row * size + column] = matrix.values[column * size + row] = value
    }
  return matrix
}

/** Correlations of a covariance; throws SingularCovariance where an asset does not vary. */
export const correlationOf = (covariance: Matrix): Matrix => {
  requireSymmetric("covariance", covariance)
  const size = covariance.rows
  const deviations = diagonalOf(covariance).map(Math.sqrt)
  const still = deviations.findIndex((deviation) => !(deviation > 0))
  if (still >= 0)
    throw new SingularCovariance({
      field: `covariance[${still}][${still}]`,
      eigenvalueMin: 0,
      eigenvalueMax: Math.max(...deviations) ** 2,
      remedy: "Leave out the asset that does not vary"
    })
  const result = zeros(size, size)
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const value = covariance.values[row * size + column]! / (deviations[row]! * deviations[column]!)
      result.values[row * size + column] = row === column ? 1 : Math.max(-1, Math.min(1, value))
    }
  return result
}

export interface Condition {
  readonly eigenvalueMin: number
  readonly eigenvalueMax: number
  /** Eigenvalues above rounding: 10⁻¹² of the largest. */
  readonly rank: number
  readonly definite: boolean
}

/** Below this part of the largest eigenvalue one is rounding. */
const rounding = 1e-12

export const conditionOf = (covariance: Matrix): Condition => {
  const { values } = eigenOf(covariance)
  const eigenvalueMax = values[0]!
  const rank = values.filter((value) => value > rounding * eigenvalueMax).length
  return { eigenvalueMin: values.at(-1)!, eigenvalueMax, rank, definite: rank === values.length }
}

/** Throws SingularCovariance for a matrix that is not positive definite. */
export const requireInvertible = (field: string, covariance: Matrix): void => {
  // Elimination answers in a fraction of the time that eigenvalues take; they are for the message.
  if (cholesky(covariance, rounding) !== undefined) return
  const { definite, eigenvalueMax, eigenvalueMin } = conditionOf(covariance)
  if (!definite)
    throw new SingularCovariance({
      field,
      eigenvalueMin,
      eigenvalueMax,
      remedy: "Give more periods than assets, shrink it (ledoitWolf), or repair it (nearestCovariance)"
    })
}
