/** Moments, quantiles and correlations of a series. Callers check lengths; a moment that does not exist is undefined. */
import { type Numbers, requireFinite, requireProbability, requireSameLength } from "./Series.ts"

export const mean = (values: Numbers): number => {
  let sum = 0
  for (let index = 0; index < values.length; index++) sum += values[index]!
  return sum / values.length
}

/** Mean squared distance from the mean over n − `less`: 1 the sample's, 0 the population's. */
export const variance = (values: Numbers, less: 0 | 1 = 1): number => {
  const centre = mean(values)
  let squares = 0
  for (let index = 0; index < values.length; index++) squares += (values[index]! - centre) ** 2
  return squares / (values.length - less)
}

/** Whether a spread is but the rounding of equal values of this size. */
export const isFlat = (deviation: number, size: number): boolean => deviation <= 1e-14 * Math.abs(size)

export interface Moments {
  readonly count: number
  readonly mean: number
  /** Over n − 1, 0 for a single value. */
  readonly deviation: number
  /** m₃ ÷ m₂^1.5, moments over n; undefined where all values are equal. */
  readonly skewness: number | undefined
  /** m₄ ÷ m₂² − 3, moments over n: 0 for the normal distribution; undefined where all values are equal. */
  readonly kurtosis: number | undefined
}

/** Source of skewness and excess kurtosis: Joanes and Gill, "Comparing measures of sample skewness and kurtosis", 1998 (g₁, g₂). */
export const momentsOf = (values: Numbers): Moments => {
  const count = values.length
  const centre = mean(values)
  let second = 0
  let third = 0
  let fourth = 0
  for (let index = 0; index < count; index++) {
    const distance = values[index]! - centre
    const square = distance * distance
    second += square
    third += square * distance
    fourth += square * square
  }
  const deviation = count > 1 ? Math.sqrt(second / (count - 1)) : 0
  const flat = isFlat(deviation, centre)
  return {
    count,
    mean: centre,
    deviation: flat ? 0 : deviation,
    skewness: flat ? undefined : third / count / (second / count) ** 1.5,
    kurtosis: flat ? undefined : fourth / count / (second / count) ** 2 - 3
  }
}

/** A copy in rising order. */
export const sorted = (values: Numbers): Float64Array => Float64Array.from(values).toSorted()

/**
 * The quantile of values in rising order, between the two nearest (Hyndman and Fan, 1996, type 7; numpy's and R's default). A place
 * that misses one of the values by rounding only, as 1 − 0.9 does, is that value.
 */
export const quantileSorted = (rising: Numbers, probability: number): number => {
  const place = (rising.length - 1) * probability
  const nearest = Math.round(place)
  if (Math.abs(place - nearest) <= 1e-15 * rising.length) return rising[nearest]!
  const below = Math.floor(place)
  const low = rising[below]!
  return below + 1 < rising.length ? low + (place - below) * (rising[below + 1]! - low) : low
}

export const quantile = (values: Numbers, probability: number): number => {
  requireFinite("values", values)
  requireProbability("probability", probability)
  return quantileSorted(sorted(values), probability)
}

export const median = (values: Numbers): number => quantile(values, 0.5)

/** Σ(a − ā)(b − b̄) ÷ (n − 1). */
export const covarianceOf = (a: Numbers, b: Numbers): number => {
  const meanA = mean(a)
  const meanB = mean(b)
  let products = 0
  for (let index = 0; index < a.length; index++) products += (a[index]! - meanA) * (b[index]! - meanB)
  return products / (a.length - 1)
}

const requirePair = (a: Numbers, b: Numbers): void => {
  requireFinite("a", a, 2)
  requireFinite("b", b, 2)
  requireSameLength("b", b, "a", a.length)
}

/** Pearson's coefficient, from −1 to 1; undefined where one of the two does not vary. */
export const correlation = (a: Numbers, b: Numbers): number | undefined => {
  requirePair(a, b)
  const deviationA = Math.sqrt(variance(a))
  const deviationB = Math.sqrt(variance(b))
  if (isFlat(deviationA, mean(a)) || isFlat(deviationB, mean(b))) return undefined
  return Math.max(-1, Math.min(1, covarianceOf(a, b) / (deviationA * deviationB)))
}

/** Ranks from 1, equal values sharing the mean of theirs. */
const ranks = (values: Numbers): Float64Array => {
  const order = Array.from({ length: values.length }, (_, index) => index).toSorted((a, b) => values[a]! - values[b]!)
  const ranked = new Float64Array(values.length)
  for (let from = 0; from < order.length;) {
    let to = from + 1
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++
    for (let at = from; at < to; at++) ranked[order[at]!] = (from + to + 1) / 2
    from = to
  }
  return ranked
}

/** Spearman's coefficient (1904): Pearson's of the ranks; undefined where one of the two does not vary. */
export const rankCorrelation = (a: Numbers, b: Numbers): number | undefined => {
  requirePair(a, b)
  return correlation(ranks(a), ranks(b))
}
