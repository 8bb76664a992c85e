/**
 * The five figures that a search looks at, in one pass over an equity curve and without allocation: for thousands of runs
 * of a study. Each is defined as in MetricDefinitions, and equal to what `performanceOf` gives.
 *
 * A curve that reaches 0 or less is ruined there: that period's return is −1 and what follows does not count.
 */
import { isFlat } from "./Moments.ts"
import { ratePerPeriod } from "./Returns.ts"
import { type Numbers, requireFinite, requireWithin } from "./Series.ts"

export const objectives = ["totalReturn", "sharpe", "sortino", "maxDrawdown", "calmar"] as const
export type Objective = (typeof objectives)[number]

/** Writes the five, in the order of `objectives`, to `out`; NaN where one is undefined. The curve must begin above 0. */
export const objectivesInto = (
  out: Float64Array,
  equity: Numbers,
  periodsPerYear: number,
  riskFree: number
): Float64Array => {
  const free = ratePerPeriod(riskFree, periodsPerYear)
  const start = equity[0]!
  let previous = start
  let peak = start
  let deepest = 0
  let mean = 0
  let squares = 0
  let downside = 0
  let count = 0
  for (let index = 1; index < equity.length && previous > 0; index++) {
    const value = Math.max(equity[index]!, 0)
    const excess = value / previous - 1 - free
    count++
    const distance = excess - mean
    mean += distance / count
    squares += distance * (excess - mean)
    if (excess < 0) downside += excess * excess
    if (value > peak) peak = value
    else if (value / peak - 1 < deepest) deepest = value / peak - 1
    previous = value
  }
  const total = previous / start - 1
  const deviation = count > 1 ? Math.sqrt(squares / (count - 1)) : 0
  const yearly = Math.sqrt(periodsPerYear)
  out[0] = total
  out[1] = isFlat(deviation, 1) ? Number.NaN : (mean / deviation) * yearly
  out[2] = downside === 0 ? Number.NaN : (mean / Math.sqrt(downside / count)) * yearly
  out[3] = deepest
  out[4] = deepest === 0 ? Number.NaN : ((1 + total) ** (periodsPerYear / count) - 1) / -deepest
  return out
}

export type Objectives = { readonly [K in Objective]: number | undefined }

/** The five as a record; throws InvalidInput for a curve with a missing value, of fewer than two, or that begins at 0 or below. */
export const objectivesOf = (equity: Numbers, periodsPerYear: number, riskFree = 0): Objectives => {
  requireFinite("equity", equity, 2)
  requireWithin("equity[0]", equity[0]!, Number.MIN_VALUE)
  const out = objectivesInto(new Float64Array(objectives.length), equity, periodsPerYear, riskFree)
  const defined = (at: number): number | undefined => (Number.isNaN(out[at]) ? undefined : out[at])
  return {
    totalReturn: defined(0),
    sharpe: defined(1),
    sortino: defined(2),
    maxDrawdown: defined(3),
    calmar: defined(4)
  }
}
