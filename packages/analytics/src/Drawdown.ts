/**
 * Falls of a curve from its highest value so far. Depths are fractions of that value and never above 0: −0.2 is a fall by
 * a fifth. Source: Magdon-Ismail and Atiya, "Maximum Drawdown", Risk 17(10), 2004.
 */
import { type Numbers, requireCurve, requireSameLength, requireTimes, requireWhole } from "./Series.ts"

/** How far below its highest value so far each value is, as a fraction: 0 at a new high, −1 in ruin. */
export const drawdownSeries = (equity: Numbers): Float64Array => {
  requireCurve("equity", equity, 1)
  const depths = new Float64Array(equity.length)
  let peak = equity[0]!
  for (let index = 0; index < equity.length; index++) {
    const value = equity[index]!
    if (value > peak) peak = value
    depths[index] = value / peak - 1
  }
  return depths
}

/** A fall and its recovery. Times are epoch µs. */
export interface Drawdown {
  /** The lowest point, as a fraction below the peak: below 0. */
  readonly depth: number
  /** When the peak was last reached before the fall. */
  readonly timeStart: number
  readonly timeTrough: number
  /** When the peak was reached again; undefined while it has not been. */
  readonly timeRecovery: number | undefined
  /** From the peak to the recovery, or to the end of the curve, in µs. */
  readonly duration: number
}

/** Every fall of the curve, in order of time. */
export const drawdownsOf = (times: Numbers, equity: Numbers): ReadonlyArray<Drawdown> => {
  requireTimes("times", times)
  requireSameLength("equity", equity, "times", times.length)
  const depths = drawdownSeries(equity)
  const found: Array<Drawdown> = []
  let start = 0
  let trough = 0
  const close = (end: number, recovered: boolean): void => {
    if (depths[trough]! < 0)
      found.push({
        depth: depths[trough]!,
        timeStart: times[start]!,
        timeTrough: times[trough]!,
        timeRecovery: recovered ? times[end]! : undefined,
        duration: times[end]! - times[start]!
      })
  }
  for (let index = 1; index < depths.length; index++) {
    if (depths[index] === 0) {
      close(index, true)
      start = trough = index
    } else if (depths[index]! < depths[trough]!) trough = index
  }
  close(depths.length - 1, false)
  return found
}

/** The deepest falls, deepest first; of equal ones the earlier first. */
export const topDrawdowns = (times: Numbers, equity: Numbers, count: number): ReadonlyArray<Drawdown> => {
  requireWhole("count", count, 1)
  return drawdownsOf(times, equity)
    .toSorted((a, b) => a.depth - b.depth)
    .slice(0, count)
}

/** Root of the mean squared depth over all values of the curve. Source: Martin and McCann, The Investor's Guide to Fidelity Funds, 1989. */
export const ulcerIndex = (depths: Numbers): number => {
  let squares = 0
  for (let index = 0; index < depths.length; index++) squares += depths[index]! * depths[index]!
  return Math.sqrt(squares / depths.length)
}
