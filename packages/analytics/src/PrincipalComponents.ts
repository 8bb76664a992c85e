/**
 * The independent movements behind the returns of many assets, largest first. Source: Jolliffe, Principal Component Analysis,
 * 2nd edition, 2002. The sign of a component is Eigen's: its entry of largest size is above 0.
 */
import { type AssetReturns, centred, correlationOf, sampleCovariance } from "./Covariance.ts"
import { eigenOf } from "./Eigen.ts"
import { diagonalOf, type Matrix, product, zeros } from "./Matrix.ts"

export interface PrincipalComponents {
  /** Variance of each component, falling; never below 0. */
  readonly variances: Float64Array
  /** Share of all variance, falling, summing to 1. */
  readonly explained: Float64Array
  readonly explainedCumulative: Float64Array
  /** Row k: the weights of component k in the assets, of length 1. */
  readonly weights: Matrix
  /** Row k: weights × the component's deviation; of the correlation matrix, the correlations of assets with the component. */
  readonly loadings: Matrix
  /** Row k: the component in each period, the returns less their means (of `correlation`: ÷ their deviations) times the weights. */
  readonly scores: Matrix
}

/** Of `covariance` assets that move much decide; of `correlation` each counts alike, and each must vary. */
export const principalComponents = (
  returns: AssetReturns,
  of: "covariance" | "correlation" = "correlation"
): PrincipalComponents => {
  const covariance = sampleCovariance(returns)
  const { values, vectors } = eigenOf(of === "covariance" ? covariance : correlationOf(covariance))
  const variances = values.map((value) => Math.max(value, 0))
  const whole = variances.reduce((sum, value) => sum + value, 0)
  const explained = variances.map((value) => (whole === 0 ? 0 : value / whole))
  const distances = centred(returns)
  if (of === "correlation")
    for (const [asset, variance] of diagonalOf(covariance).entries())
      for (let at = 0; at < distances.columns; at++)
        distances.values[asset * distances.columns + at]! /= Math.sqrt(variance)
  const loadings = zeros(vectors.rows, vectors.columns)
  let reached = 0
  for (let k = 0; k < vectors.rows; k++)
    for (let asset = 0; asset < vectors.columns; asset++)
      loadings.values[k * vectors.columns + asset] =
        vectors.values[k * vectors.columns + asset]! * Math.sqrt(variances[k]!)
  return {
    variances,
    explained,
    explainedCumulative: explained.map((share) => (reached += share)),
    weights: vectors,
    loadings,
    scores: product(vectors, distances)
  }
}
