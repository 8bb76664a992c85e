/**
 * How much a Sharpe ratio proves, given how long the record is, how its returns are distributed and how many others were tried.
 * Ratios here are per period, not annualised. Sources: Bailey and López de Prado, "The Sharpe Ratio Efficient Frontier",
 * Journal of Risk 15(2), 2012; the same, "The Deflated Sharpe Ratio", Journal of Portfolio Management 40(5), 2014.
 */
import { normalProbability, normalQuantile } from "./Distribution.ts"
import { isFlat, momentsOf, variance } from "./Moments.ts"
import { type Numbers, requireFinite, requireProbability, requireWhole, requireWithin } from "./Series.ts"

const eulerMascheroni = 0.5772156649015329

export interface SharpeEvidence {
  /** Per period. */
  readonly sharpe: number
  readonly periods: number
  readonly skewness: number
  /** Above the normal distribution's. */
  readonly kurtosisExcess: number
}

/** The evidence of a record of returns; undefined where they do not vary. */
export const evidenceOf = (returns: Numbers, free = 0): SharpeEvidence | undefined => {
  requireFinite("returns", returns, 2)
  const { count, deviation, kurtosis, mean, skewness } = momentsOf(returns)
  if (skewness === undefined || kurtosis === undefined || isFlat(deviation, 1)) return undefined
  return { sharpe: (mean - free) / deviation, periods: count, skewness, kurtosisExcess: kurtosis }
}

/** Of the estimate of the ratio, × (n − 1): 1 − γ₃SR + (γ₄ − 1)/4 SR², γ₄ not in excess. */
const spread = ({ kurtosisExcess, sharpe, skewness }: SharpeEvidence): number =>
  1 - skewness * sharpe + ((kurtosisExcess + 2) / 4) * sharpe * sharpe

/** The probability that the true ratio exceeds `benchmark` (per period). */
export const probabilisticSharpe = (evidence: SharpeEvidence, benchmark = 0): number => {
  requireWhole("periods", evidence.periods, 2)
  const deviation = Math.sqrt(Math.max(spread(evidence), Number.MIN_VALUE))
  return normalProbability(((evidence.sharpe - benchmark) * Math.sqrt(evidence.periods - 1)) / deviation)
}

/** How many periods it takes to say at that confidence that the ratio exceeds `benchmark`; undefined where it does not. */
export const minimumTrackRecord = (evidence: SharpeEvidence, benchmark = 0, confidence = 0.95): number | undefined => {
  requireProbability("confidence", confidence)
  if (evidence.sharpe <= benchmark) return undefined
  return 1 + spread(evidence) * (normalQuantile(confidence) / (evidence.sharpe - benchmark)) ** 2
}

/**
 * The ratio per period that the best of so many trials without skill is expected to reach, where their ratios have that
 * variance. Source: the 2014 paper, by the extreme value of normal draws.
 */
export const expectedMaximumSharpe = (trials: number, varianceOfTrials: number): number => {
  requireWhole("trials", trials, 1)
  requireWithin("varianceOfTrials", varianceOfTrials, 0)
  if (trials === 1) return 0
  return (
    Math.sqrt(varianceOfTrials) *
    ((1 - eulerMascheroni) * normalQuantile(1 - 1 / trials) +
      eulerMascheroni * normalQuantile(1 - 1 / (trials * Math.E)))
  )
}

/**
 * The probability that the true ratio is above 0 once it is known that it is the best of several trials. `trials` counts
 * the independent ones where it is known; else all, which is the stricter.
 */
export const deflatedSharpe = (evidence: SharpeEvidence, trials: number, varianceOfTrials: number): number =>
  probabilisticSharpe(evidence, expectedMaximumSharpe(trials, varianceOfTrials))

/** The same from the ratios (per period) of all trials of a study. */
export const deflatedSharpeAmong = (evidence: SharpeEvidence, sharpes: Numbers): number => {
  requireFinite("sharpes", sharpes, 1)
  return deflatedSharpe(evidence, sharpes.length, sharpes.length > 1 ? variance(sharpes) : 0)
}
