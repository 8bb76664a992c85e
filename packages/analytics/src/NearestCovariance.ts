/**
 * The repair of a covariance that has eigenvalues below 0 (pairs estimated over different periods, entries edited by hand) or none
 * above it: variances stay, the correlations become the nearest ones that are possible. Source: Higham, "Computing the Nearest
 * Correlation Matrix", IMA Journal of Numerical Analysis 22, 2002.
 */
import { NotSolved } from "./AnalyticsError.ts"
import { correlationOf } from "./Covariance.ts"
import { eigenOf } from "./Eigen.ts"
import { diagonalOf, type Matrix, zeros } from "./Matrix.ts"
import { requireWithin } from "./Series.ts"

export interface Repaired {
  readonly covariance: Matrix
  /** Root of the summed squares by which correlations changed; 0 where nothing had to. */
  readonly change: number
}

/** With eigenvalues of at least `least`. */
const raised = (matrix: Matrix, least: number): Matrix => {
  const { values, vectors } = eigenOf(matrix)
  const size = matrix.rows
  const result = zeros(size, size)
  for (let k = 0; k < size; k++) {
    const value = Math.max(values[k]!, least)
    for (let row = 0; row < size; row++) {
      const factor = value * vectors.values[k * size + row]!
      for (let column = 0; column < size; column++)
        result.values[row * size + column]! += factor * vectors.values[k * size + column]!
    }
  }
  return result
}

const roundsMax = 2000

/** `least`: the smallest eigenvalue that the correlations may have, from 0 (semidefinite) to 0.1. */
export const nearestCovariance = (covariance: Matrix, least = 1e-8): Repaired => {
  requireWithin("least", least, 0, 0.1)
  const original = correlationOf(covariance)
  const size = original.rows
  if (eigenOf(original).values.at(-1)! >= least) return { covariance, change: 0 }
  let current = original.values.slice()
  const correction = new Float64Array(size * size)
  for (let round = 0; ; round++) {
    const shifted = current.map((value, at) => value - correction[at]!)
    const projected = raised({ ...original, values: shifted }, least).values
    let moved = 0
    const next = projected.slice()
    for (let at = 0; at < size; at++) next[at * size + at] = 1
    for (let at = 0; at < next.length; at++) {
      correction[at] = projected[at]! - shifted[at]!
      moved = Math.max(moved, Math.abs(next[at]! - current[at]!))
    }
    current = next
    if (moved < 1e-12) break
    if (round === roundsMax)
      throw new NotSolved({
        problem: "The nearest correlation matrix",
        iterations: round,
        residual: moved,
        remedy: "Shrink the covariance instead (ledoitWolf)"
      })
  }
  // The unit diagonal, set last, moves eigenvalues by rounding: one more lift, scaled back to it.
  const lifted = correlationOf(symmetric(raised({ ...original, values: current }, least), size))
  const deviations = diagonalOf(covariance).map(Math.sqrt)
  const result = zeros(size, size)
  let change = 0
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const at = row * size + column
      result.values[at] = lifted.values[at]! * deviations[row]! * deviations[column]!
      change += (lifted.values[at]! - original.values[at]!) ** 2
    }
  return { covariance: result, change: Math.sqrt(change) }
}

const symmetric = ({ values }: Matrix, size: number): Matrix => {
  const result = zeros(size, size)
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++)
      result.values[row * size + column] = (values[row * size + column]! + values[column * size + row]!) / 2
  return result
}
