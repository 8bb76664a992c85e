/**
 * Covariance shrunk towards a simple target by as much as the sample itself suggests, so that it is invertible and less driven by noise.
 * Sources: Ledoit and Wolf, "A Well-Conditioned Estimator for Large-Dimensional Covariance Matrices", Journal of Multivariate
 * Analysis 88, 2004 (`identity`); the same, "Honey, I Shrunk the Sample Covariance Matrix", Journal of Portfolio Management 30(4),
 * 2004 (`constantCorrelation`). Both take the sample's moments over n.
 */
import { type AssetReturns, centred } from "./Covariance.ts"
import { type Matrix, product, transposed, zeros } from "./Matrix.ts"
import { refuse } from "./Series.ts"

export interface Shrunk {
  readonly covariance: Matrix
  /** How much of the target is in it, from 0 to 1. */
  readonly intensity: number
}

const mixed = (sample: Matrix, target: Matrix, intensity: number): Shrunk => ({
  covariance: {
    ...sample,
    values: sample.values.map((value, at) => intensity * target.values[at]! + (1 - intensity) * value)
  },
  intensity
})

/** Asymptotic variances of the sample's entries, × n²: Σₜ(xᵢxⱼ)² ÷ n − s²ᵢⱼ. */
const entryVariances = (distances: Matrix, sample: Matrix): Float64Array => {
  const squares = { ...distances, values: distances.values.map((value) => value * value) }
  const fourth = product(squares, transposed(squares)).values
  return fourth.map((sum, at) => sum / distances.columns - sample.values[at]! ** 2)
}

const identityTarget = (sample: Matrix): Matrix => {
  const size = sample.rows
  const target = zeros(size, size)
  let trace = 0
  for (let at = 0; at < size; at++) trace += sample.values[at * size + at]!
  for (let at = 0; at < size; at++) target.values[at * size + at] = trace / size
  return target
}

const towardsIdentity = (distances: Matrix, sample: Matrix): Shrunk => {
  const target = identityTarget(sample)
  const variances = entryVariances(distances, sample)
  let noise = 0
  let distance = 0
  for (let at = 0; at < sample.values.length; at++) {
    noise += variances[at]! / distances.columns
    distance += (sample.values[at]! - target.values[at]!) ** 2
  }
  return mixed(sample, target, distance === 0 ? 1 : Math.max(0, Math.min(noise / distance, 1)))
}

const towardsConstantCorrelation = (distances: Matrix, sample: Matrix): Shrunk => {
  const size = sample.rows
  const periods = distances.columns
  const s = sample.values
  const deviations = Array.from({ length: size }, (_, at) => Math.sqrt(s[at * size + at]!))
  let correlations = 0
  for (let i = 0; i < size; i++)
    for (let j = 0; j < i; j++) correlations += s[i * size + j]! / (deviations[i]! * deviations[j]!)
  const average = (2 * correlations) / (size * (size - 1))
  const target = zeros(size, size)
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++)
      target.values[i * size + j] = i === j ? s[i * size + i]! : average * deviations[i]! * deviations[j]!
  // Σₜ x³ᵢ xⱼ: what the variance of entry (i, i) has in common with that of (i, j).
  const cubes = { ...distances, values: distances.values.map((value) => value ** 3) }
  const third = product(cubes, transposed(distances)).values
  const variances = entryVariances(distances, sample)
  let noise = 0
  let common = 0
  let distance = 0
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      const at = i * size + j
      noise += variances[at]!
      distance += (target.values[at]! - s[at]!) ** 2
      if (i === j) common += variances[at]!
      // The two halves of the sum over (i, j) and (j, i) are one another's mirror image.
      else common += average * (deviations[j]! / deviations[i]!) * (third[at]! / periods - s[i * size + i]! * s[at]!)
    }
  return mixed(sample, target, distance === 0 ? 1 : Math.max(0, Math.min((noise - common) / distance / periods, 1)))
}

export type ShrinkageTarget = "identity" | "constantCorrelation"

/** Each asset must vary; constant correlation needs two assets. */
export const ledoitWolf = (returns: AssetReturns, target: ShrinkageTarget = "constantCorrelation"): Shrunk => {
  const distances = centred(returns)
  const raw = product(distances, transposed(distances))
  const sample = { ...raw, values: raw.values.map((value) => value / distances.columns) }
  for (let asset = 0; asset < sample.rows; asset++)
    if (!(sample.values[asset * sample.rows + asset]! > 0))
      refuse(`returns[${asset}]`, "does not vary", "Leave the asset out")
  if (target === "identity") return towardsIdentity(distances, sample)
  if (sample.rows < 2) refuse("returns", "has one asset, which correlates with no other", "Take the target identity")
  return towardsConstantCorrelation(distances, sample)
}
