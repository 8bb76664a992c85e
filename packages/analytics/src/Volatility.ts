/**
 * How much returns or prices move, per period or, with `periodsPerYear`, a year (× its root). Each measure answers at every
 * row and is NaN until its window is full.
 */
import { isFlat, variance } from "./Moments.ts"
import { type Numbers, refuse, requireFinite, requireSameLength, requireWhole, requireWithin } from "./Series.ts"

/** Standard deviation (n − 1) of the last `window` returns. */
export const rollingVolatility = (returns: Numbers, window: number, periodsPerYear = 1): Float64Array => {
  requireFinite("returns", returns)
  requireWhole("window", window, 2)
  const values = Float64Array.from(returns)
  const yearly = Math.sqrt(periodsPerYear)
  return values.map((_, at) => {
    if (at + 1 < window) return Number.NaN
    const deviation = Math.sqrt(variance(values.subarray(at + 1 - window, at + 1)))
    return isFlat(deviation, 1) ? 0 : deviation * yearly
  })
}

/**
 * √(λσ²ₜ₋₁ + (1 − λ)r²ₜ), begun with the first squared return; λ is 0.94 for days. Means are taken as 0.
 * Source: J.P. Morgan, RiskMetrics Technical Document, 4th edition, 1996.
 */
export const ewmaVolatility = (returns: Numbers, lambda = 0.94, periodsPerYear = 1): Float64Array => {
  requireFinite("returns", returns)
  requireWithin("lambda", lambda, 0, 1)
  const yearly = Math.sqrt(periodsPerYear)
  let square = returns[0]! ** 2
  return Float64Array.from(returns, (value, at) => {
    if (at > 0) square = lambda * square + (1 - lambda) * value * value
    return Math.sqrt(square) * yearly
  })
}

/** Bars by column, each price above 0, low ≤ open, close ≤ high. */
export interface BarColumns {
  readonly open: Numbers
  readonly high: Numbers
  readonly low: Numbers
  readonly close: Numbers
}

const requireBars = ({ close, high, low, open }: BarColumns, window: number): void => {
  requireWhole("window", window, 1)
  for (const [field, values] of Object.entries({ open, high, low, close })) {
    requireFinite(field, values)
    requireSameLength(field, values, "high", high.length)
  }
  for (let at = 0; at < high.length; at++) {
    if (!(low[at]! > 0)) refuse("low", `is ${low[at]} at index ${at}`, "Give prices above 0")
    if (high[at]! < Math.max(open[at]!, close[at]!) || low[at]! > Math.min(open[at]!, close[at]!))
      refuse("high, low", `do not enclose open and close at index ${at}`, "Correct or drop the bar")
  }
}

const rootOfMean = (terms: Float64Array, window: number, periodsPerYear: number): Float64Array =>
  terms.map((_, at) => {
    if (at + 1 < window) return Number.NaN
    let sum = 0
    for (let index = at + 1 - window; index <= at; index++) sum += terms[index]!
    return Math.sqrt(Math.max((sum / window) * periodsPerYear, 0))
  })

/** √(mean of ln(high ÷ low)² ÷ 4 ln 2). Source: Parkinson, "The Extreme Value Method for Estimating the Variance of the Rate of Return", 1980. */
export const parkinsonVolatility = (bars: BarColumns, window: number, periodsPerYear = 1): Float64Array => {
  requireBars(bars, window)
  const terms = Float64Array.from(bars.high, (high, at) => Math.log(high / bars.low[at]!) ** 2 / (4 * Math.LN2))
  return rootOfMean(terms, window, periodsPerYear)
}

/**
 * √(mean of ½ ln(high ÷ low)² − (2 ln 2 − 1) ln(close ÷ open)²), without the gap between bars. Source: Garman and Klass, "On the
 * Estimation of Security Price Volatilities from Historical Data", 1980.
 */
export const garmanKlassVolatility = (bars: BarColumns, window: number, periodsPerYear = 1): Float64Array => {
  requireBars(bars, window)
  const terms = Float64Array.from(
    bars.high,
    (high, at) =>
      0.5 * Math.log(high / bars.low[at]!) ** 2 - (2 * Math.LN2 - 1) * Math.log(bars.close[at]! / bars.open[at]!) ** 2
  )
  return rootOfMean(terms, window, periodsPerYear)
}
