/**
 * Return for risk, from returns of periods and a target a period. Ratios are per period unless `periodsPerYear` is given,
 * by whose root they then grow. Undefined where the risk that they divide by is 0.
 */
import { isFlat, mean, quantileSorted, variance } from "./Moments.ts"
import { type Numbers, requireFinite, requireWithin } from "./Series.ts"

/** Mean excess over the target ÷ its standard deviation (n − 1). Source: Sharpe, "The Sharpe Ratio", 1994. */
export const sharpeRatio = (returns: Numbers, target = 0, periodsPerYear = 1): number | undefined => {
  requireFinite("returns", returns)
  requireWithin("periodsPerYear", periodsPerYear, Number.MIN_VALUE)
  const deviation = returns.length > 1 ? Math.sqrt(variance(returns)) : 0
  return isFlat(deviation, 1) ? undefined : ((mean(returns) - target) / deviation) * Math.sqrt(periodsPerYear)
}

/** √(Σ min(r − target, 0)² ÷ n), n counting all periods. Source: Sortino and Price, "Performance Measurement in a Downside Risk Framework", 1994. */
export const downsideDeviation = (returns: Numbers, target = 0): number => {
  let squares = 0
  for (let index = 0; index < returns.length; index++) squares += Math.min(returns[index]! - target, 0) ** 2
  return Math.sqrt(squares / returns.length)
}

/** Mean excess over the target ÷ downside deviation. Source: Sortino and Price, 1994. */
export const sortinoRatio = (returns: Numbers, target = 0, periodsPerYear = 1): number | undefined => {
  requireFinite("returns", returns)
  requireWithin("periodsPerYear", periodsPerYear, Number.MIN_VALUE)
  const downside = downsideDeviation(returns, target)
  return downside === 0 ? undefined : ((mean(returns) - target) / downside) * Math.sqrt(periodsPerYear)
}

/** Σ max(r − target, 0) ÷ Σ max(target − r, 0). Source: Keating and Shadwick, "A Universal Performance Measure", 2002. */
export const omegaRatio = (returns: Numbers, target = 0): number | undefined => {
  let gains = 0
  let losses = 0
  for (let index = 0; index < returns.length; index++) {
    const excess = returns[index]! - target
    if (excess > 0) gains += excess
    else losses -= excess
  }
  return losses === 0 ? undefined : gains / losses
}

/** Size of the 95th percentile ÷ size of the 5th, of returns in rising order: above 1 the good tail is the longer. */
export const tailRatio = (rising: Numbers): number | undefined => {
  const low = Math.abs(quantileSorted(rising, 0.05))
  return low === 0 ? undefined : Math.abs(quantileSorted(rising, 0.95)) / low
}

/** The Sharpe ratio of the last `window` returns at each return; NaN until there are so many and where it is undefined. */
export const rollingSharpe = (returns: Numbers, window: number, target = 0, periodsPerYear = 1): Float64Array =>
  rolling(returns, window, (part) => sharpeRatio(part, target, periodsPerYear))

/**
 * The Sortino ratio of the last `window` returns at each return; NaN until there are so many and where it is undefined.
 * QuantConnect's Lean computes the same, per period.
 */
export const rollingSortino = (returns: Numbers, window: number, target = 0, periodsPerYear = 1): Float64Array =>
  rolling(returns, window, (part) => sortinoRatio(part, target, periodsPerYear))

const rolling = (returns: Numbers, window: number, ratio: (part: Float64Array) => number | undefined): Float64Array => {
  requireFinite("returns", returns)
  requireWithin("window", window, 1)
  const values = Float64Array.from(returns)
  const ratios = new Float64Array(values.length).fill(Number.NaN)
  for (let end = window; end <= values.length; end++)
    ratios[end - 1] = ratio(values.subarray(end - window, end)) ?? Number.NaN
  return ratios
}
