/**
 * Value at risk and the mean loss beyond it, of returns of one series. Both are losses as fractions, above 0 for a loss:
 * 0.02 at a confidence of 0.95 says that 95 % of periods lose no more than 2 %. Sign: QuantConnect's Lean gives the
 * negative of the parametric one.
 */
import { SeededRandom } from "@outcry/model/SeededRandom"
import { normalDensity, normalProbability, normalQuantile } from "./Distribution.ts"
import { momentsOf, quantileSorted, sorted } from "./Moments.ts"
import { type Numbers, requireFinite, requireProbability, requireWhole, requireWithin } from "./Series.ts"

export interface TailRisk {
  readonly valueAtRisk: number
  /** Mean loss in the cases that lose at least the value at risk (expected shortfall); never below it. */
  readonly conditional: number
}

/**
 * Of returns in rising order. The quantile lies between the two nearest returns (type 7 of Hyndman and Fan); the mean is
 * of those at or below it. Source: Jorion, Value at Risk; Rockafellar and Uryasev, "Optimization of Conditional Value-at-Risk", 2000.
 */
export const historicalSorted = (rising: Numbers, confidence: number): TailRisk => {
  const limit = quantileSorted(rising, 1 - confidence)
  let sum = 0
  let count = 0
  while (count < rising.length && rising[count]! <= limit) sum += rising[count++]!
  return { valueAtRisk: -limit, conditional: Math.max(-limit, -sum / count) }
}

export const historicalRisk = (returns: Numbers, confidence: number): TailRisk => {
  requireFinite("returns", returns)
  requireProbability("confidence", confidence)
  return historicalSorted(sorted(returns), confidence)
}

/**
 * Of normal returns with that mean and deviation a period, over `horizon` periods: −(hμ + √h σ z), and −hμ + √h σ φ(z) ÷ (1 − c).
 * Source: J.P. Morgan, RiskMetrics Technical Document, 1996; McNeil, Frey and Embrechts, Quantitative Risk Management, 2005.
 */
export const normalRisk = (mean: number, deviation: number, confidence: number, horizon = 1): TailRisk => {
  requireProbability("confidence", confidence)
  requireWithin("deviation", deviation, 0)
  requireWithin("horizon", horizon, Number.MIN_VALUE)
  const z = normalQuantile(1 - confidence)
  const spread = deviation * Math.sqrt(horizon)
  return {
    valueAtRisk: -(mean * horizon + z * spread),
    conditional: -mean * horizon + (spread * normalDensity(z)) / (1 - confidence)
  }
}

/** `normalRisk` of the series' own mean and sample deviation (n − 1). */
export const parametricRisk = (returns: Numbers, confidence: number, horizon = 1): TailRisk => {
  requireFinite("returns", returns, 2)
  const { deviation, mean } = momentsOf(returns)
  return normalRisk(mean, deviation, confidence, horizon)
}

/** The parametric value at risk of the last `window` returns at each return; NaN until there are `least` of them (`window` unless given). */
export const rollingValueAtRisk = (
  returns: Numbers,
  window: number,
  confidence: number,
  least = window
): Float64Array => {
  requireFinite("returns", returns)
  requireWhole("window", window, 2)
  requireWhole("least", least, 2, window)
  const values = Float64Array.from(returns)
  return values.map((_, at) =>
    at + 1 < least
      ? Number.NaN
      : parametricRisk(values.subarray(Math.max(0, at + 1 - window), at + 1), confidence).valueAtRisk
  )
}

/**
 * The normal quantile corrected for skewness and excess kurtosis: z + (z² − 1)S/6 + (z³ − 3z)K/24 − (2z³ − 5z)S²/36. Source:
 * Favre and Galeano, "Mean-Modified Value-at-Risk Optimization with Hedge Funds", 2002. The conditional value is the mean of that
 * quantile over the tail, in closed form. Undefined where returns do not vary, or where the corrected quantile does not rise with
 * probability over all of the tail but its last hundredth, so that it is none (on its domain: Maillard, "A User's Guide to the
 * Cornish Fisher Expansion", 2012): use historicalRisk.
 */
export const cornishFisherRisk = (returns: Numbers, confidence: number): TailRisk | undefined => {
  requireFinite("returns", returns, 2)
  requireProbability("confidence", confidence)
  const { deviation, kurtosis: k, mean, skewness: s } = momentsOf(returns)
  const z = normalQuantile(1 - confidence)
  const far = normalQuantile((1 - confidence) / 100)
  if (s === undefined || k === undefined || !rises(far, z, s, k)) return undefined
  const corrected = (first: number, second: number, third: number): number =>
    first + ((second - 1) * s) / 6 + ((third - 3 * first) * k) / 24 - ((2 * third - 5 * first) * s * s) / 36
  // Means of z, z² and z³ over the tail below z.
  const density = normalDensity(z) / (1 - confidence)
  return {
    valueAtRisk: -(mean + deviation * corrected(z, z * z, z ** 3)),
    conditional: -(mean + deviation * corrected(-density, 1 - z * density, -(z * z + 2) * density))
  }
}

/** Whether the corrected quantile's slope a + bx + cx² is above 0 from `low` to `high`. */
const rises = (low: number, high: number, s: number, k: number): boolean => {
  const a = 1 - k / 8 + (5 * s * s) / 36
  const b = s / 3
  const c = k / 8 - (s * s) / 6
  const slope = (x: number): number => a + b * x + c * x * x
  const turn = c > 0 ? Math.min(Math.max(-b / (2 * c), low), high) : low
  return slope(low) > 0 && slope(high) > 0 && slope(turn) > 0
}

export interface Simulation {
  readonly confidence: number
  readonly seed: number
  /** Futures that are drawn; 10,000 unless given. */
  readonly paths?: number
  /** Periods of each; 1 unless given. Returns compound over them. */
  readonly horizon?: number
  /** `normal`: of the series' mean and deviation. `history`: the series' own returns, drawn with replacement. `normal` unless given. */
  readonly draws?: "normal" | "history"
}

/** The historical measure of simulated futures. The same seed gives the same answer. Source: Glasserman, Monte Carlo Methods in Financial Engineering, 2003. */
export const monteCarloRisk = (returns: Numbers, simulation: Simulation): TailRisk => {
  const { confidence, draws = "normal", horizon = 1, paths = 10_000, seed } = simulation
  requireFinite("returns", returns, 2)
  requireProbability("confidence", confidence)
  requireWhole("horizon", horizon, 1)
  requireWhole("paths", paths, 10, 10_000_000)
  const random = new SeededRandom(seed)
  const { deviation, mean } = momentsOf(returns)
  const outcomes = new Float64Array(paths)
  for (let path = 0; path < paths; path++) {
    let level = 1
    for (let period = 0; period < horizon; period++) {
      const drawn =
        draws === "normal" ? mean + deviation * random.normal() : returns[random.between(0, returns.length - 1)]!
      level *= Math.max(1 + drawn, 0)
    }
    outcomes[path] = level - 1
  }
  return historicalSorted(outcomes.toSorted(), confidence)
}

export interface Backtest {
  readonly periods: number
  readonly exceeded: number
  /** Kupiec's likelihood ratio and the probability of one as large by chance: small says that the measure is wrong. */
  readonly likelihoodRatio: number
  readonly probability: number
}

/**
 * How often losses exceeded what was forecast for them (`forecasts[t]` for `returns[t]`), tested against what the confidence
 * promises. Source: Kupiec, "Techniques for Verifying the Accuracy of Risk Measurement Models", 1995.
 */
export const backtestValueAtRisk = (returns: Numbers, forecasts: Numbers, confidence: number): Backtest => {
  requireFinite("returns", returns)
  requireFinite("forecasts", forecasts, returns.length)
  requireProbability("confidence", confidence)
  const periods = returns.length
  let exceeded = 0
  for (let at = 0; at < periods; at++) if (returns[at]! < -forecasts[at]!) exceeded++
  const likelihood = (rate: number): number =>
    (exceeded === 0 ? 0 : exceeded * Math.log(rate)) +
    (exceeded === periods ? 0 : (periods - exceeded) * Math.log(1 - rate))
  const likelihoodRatio = Math.max(0, 2 * (likelihood(exceeded / periods) - likelihood(1 - confidence)))
  // A χ² of one degree is the square of a normal draw.
  return { periods, exceeded, likelihoodRatio, probability: 2 * normalProbability(-Math.sqrt(likelihoodRatio)) }
}
