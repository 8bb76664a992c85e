/** Whether correlations hold: how they move from window to window, and how far from their average. */
import { type AssetReturns, correlationOf, requireAssets, sampleCovariance } from "./Covariance.ts"
import type { Matrix } from "./Matrix.ts"
import { correlation, isFlat, mean, variance } from "./Moments.ts"
import { type Numbers, refuse, requireFinite, requireSameLength, requireWhole } from "./Series.ts"

/** Pearson's coefficient of the last `window` returns of two assets; NaN until there are so many and where one does not vary. */
export const rollingCorrelation = (a: Numbers, b: Numbers, window: number): Float64Array => {
  requireFinite("a", a)
  requireFinite("b", b)
  requireSameLength("b", b, "a", a.length)
  requireWhole("window", window, 2)
  const [left, right] = [Float64Array.from(a), Float64Array.from(b)]
  return left.map((_, at) =>
    at + 1 < window
      ? Number.NaN
      : (correlation(left.subarray(at + 1 - window, at + 1), right.subarray(at + 1 - window, at + 1)) ?? Number.NaN)
  )
}

export interface PairStability {
  readonly first: number
  readonly second: number
  /** Over the windows. */
  readonly mean: number
  readonly deviation: number
  readonly least: number
  readonly most: number
  /** Mean size of the change from one window to the next. */
  readonly change: number
}

export interface CorrelationStability {
  readonly windows: number
  /** The change of all pairs, averaged: 0 for correlations that never move. */
  readonly change: number
  readonly pairs: ReadonlyArray<PairStability>
}

/**
 * Windows of `window` periods, each `step` after the one before (`window` unless given: none overlap), the last ending with
 * the data. At least two windows; each asset must vary in each.
 */
export const correlationStability = (returns: AssetReturns, window: number, step = window): CorrelationStability => {
  const periods = requireAssets(returns)
  requireWhole("window", window, 3)
  requireWhole("step", step, 1)
  if (periods < window + step)
    refuse("returns", `has ${periods} periods, which make no two windows`, `Give at least ${window + step}`)
  if (returns.length < 2) refuse("returns", "has one asset, which correlates with no other", "Give at least two")
  const windows: Array<Matrix> = []
  for (let end = periods; end >= window; end -= step)
    windows.unshift(correlationOf(sampleCovariance(returns.map((series) => part(series, end - window, end)))))
  const pairs: Array<PairStability> = []
  for (let first = 0; first < returns.length; first++)
    for (let second = first + 1; second < returns.length; second++)
      pairs.push(
        stabilityOf(
          first,
          second,
          windows.map(({ columns, values }) => values[first * columns + second]!)
        )
      )
  return { windows: windows.length, change: mean(pairs.map(({ change }) => change)), pairs }
}

const part = (series: Numbers, from: number, to: number): Float64Array =>
  Float64Array.from({ length: to - from }, (_, at) => series[from + at]!)

const stabilityOf = (first: number, second: number, values: ReadonlyArray<number>): PairStability => {
  const deviation = Math.sqrt(variance(values))
  return {
    first,
    second,
    mean: mean(values),
    deviation: isFlat(deviation, 1) ? 0 : deviation,
    least: Math.min(...values),
    most: Math.max(...values),
    change: mean(values.slice(1).map((value, at) => Math.abs(value - values[at]!)))
  }
}
