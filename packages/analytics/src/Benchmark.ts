/** A series of returns against another's: the market's, an index's, a rival's. Both over the same periods. */
import { covarianceOf, isFlat, mean, variance } from "./Moments.ts"
import { type Numbers, requireFinite, requireSameLength } from "./Series.ts"

/** Yearly figures. Undefined: beta and all that needs it where the benchmark does not vary, the ratio where both move as one. */
export interface Comparison {
  /** Covariance with the benchmark ÷ its variance. */
  readonly beta: number | undefined
  /** Jensen's, "The Performance of Mutual Funds", 1968: mean excess − beta × the benchmark's mean excess, × periods a year. */
  readonly alpha: number | undefined
  readonly correlation: number | undefined
  /** Standard deviation of the differences, × √periods a year. */
  readonly trackingError: number
  /** Mean difference × periods a year ÷ tracking error. Source: Goodwin, "The Information Ratio", 1998. */
  readonly informationRatio: number | undefined
  /** Mean excess × periods a year ÷ beta. Source: Treynor, "How to Rate Management of Investment Funds", 1965. */
  readonly treynor: number | undefined
  /** Geometric mean return ÷ the benchmark's over the periods in which the benchmark rose; undefined without such. */
  readonly upCapture: number | undefined
  /** The same where it fell: below 1 loses less than the benchmark. */
  readonly downCapture: number | undefined
}

const capture = (returns: Numbers, benchmark: Numbers, sign: 1 | -1): number | undefined => {
  let own = 1
  let other = 1
  let count = 0
  for (let index = 0; index < returns.length; index++) {
    if (benchmark[index]! * sign <= 0) continue
    own *= 1 + returns[index]!
    other *= 1 + benchmark[index]!
    count++
  }
  return count === 0 ? undefined : (own ** (1 / count) - 1) / (other ** (1 / count) - 1)
}

/** `free`: the risk-free rate a period. */
export const compareWith = (returns: Numbers, benchmark: Numbers, periodsPerYear: number, free = 0): Comparison => {
  requireFinite("returns", returns, 2)
  requireFinite("benchmark", benchmark, 2)
  requireSameLength("benchmark", benchmark, "returns", returns.length)
  const spread = Math.sqrt(variance(benchmark))
  const own = Math.sqrt(variance(returns))
  const fixed = isFlat(spread, 1)
  const beta = fixed ? undefined : covarianceOf(returns, benchmark) / (spread * spread)
  const differences = Float64Array.from(benchmark, (other, index) => returns[index]! - other)
  const deviation = Math.sqrt(variance(differences))
  const trackingError = isFlat(deviation, 1) ? 0 : deviation * Math.sqrt(periodsPerYear)
  const excess = mean(returns) - free
  return {
    beta,
    alpha: beta === undefined ? undefined : (excess - beta * (mean(benchmark) - free)) * periodsPerYear,
    correlation:
      fixed || isFlat(own, 1)
        ? undefined
        : Math.max(-1, Math.min(1, covarianceOf(returns, benchmark) / (own * spread))),
    trackingError,
    informationRatio: trackingError === 0 ? undefined : (mean(differences) * periodsPerYear) / trackingError,
    treynor: beta === undefined || Math.abs(beta) < 1e-12 ? undefined : (excess * periodsPerYear) / beta,
    upCapture: capture(returns, benchmark, 1),
    downCapture: capture(returns, benchmark, -1)
  }
}
