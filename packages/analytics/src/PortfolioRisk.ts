/**
 * Risk that a portfolio has from now on (ex ante), from weights and a covariance, with what each asset adds to it. Figures are of the
 * period of the covariance. Losses are above 0. Sources: Litterman, "Hot Spots and Hedges", Goldman Sachs Risk Management Series, 1996;
 * Garman, "Improving on VaR", Risk 9(5), 1996 (components sum to the whole).
 */
import { SeededRandom } from "@outcry/model/SeededRandom"
import { SingularCovariance } from "./AnalyticsError.ts"
import { normalDensity, normalQuantile } from "./Distribution.ts"
import { cholesky } from "./LinearSolve.ts"
import { diagonalOf, dot, type Matrix, quadratic, requireSymmetric, times } from "./Matrix.ts"
import { type Numbers, requireFinite, requireProbability, requireSameLength, requireWhole } from "./Series.ts"
import { historicalSorted, normalRisk, type Simulation, type TailRisk } from "./ValueAtRisk.ts"

export interface RiskComponent {
  /** Change of the deviation a unit of weight: (Σw)ᵢ ÷ σ. */
  readonly marginal: number
  /** Weight × marginal: components sum to the deviation. */
  readonly component: number
  /** Of the variance; shares sum to 1. */
  readonly share: number
  /** Components sum to the value at risk; below 0 for an asset that lowers it. */
  readonly valueAtRisk: number
  /** The same of the conditional value at risk. */
  readonly conditional: number
}

export interface ExAnteRisk extends TailRisk {
  readonly mean: number
  readonly deviation: number
  readonly components: ReadonlyArray<RiskComponent>
  /** Σ|wᵢ|σᵢ ÷ σ: 1 where nothing diversifies. Source: Choueifaty and Coignard, "Toward Maximum Diversification", 2008. */
  readonly diversification: number
  /** 1 ÷ Σ shares²: how many assets of equal share would carry the risk. Source: Meucci, "Managing Diversification", 2009, of assets. */
  readonly effectiveAssets: number
  /** Against the benchmark's weights; undefined without one, or where it has no risk. */
  readonly beta: number | undefined
  readonly trackingError: number | undefined
}

export interface ExAnteInput {
  readonly weights: Numbers
  readonly covariance: Matrix
  /** Expected returns; 0 unless given. */
  readonly means?: Numbers
  readonly benchmark?: Numbers
  readonly confidence: number
}

const requireInput = ({ benchmark, confidence, covariance, means, weights }: ExAnteInput): void => {
  requireFinite("weights", weights)
  requireSymmetric("covariance", covariance, weights.length)
  for (const [field, values] of [
    ["means", means],
    ["benchmark", benchmark]
  ] as const)
    if (values !== undefined) {
      requireFinite(field, values)
      requireSameLength(field, values, "weights", weights.length)
    }
  requireProbability("confidence", confidence)
}

/** Returns taken as normal. Throws SingularCovariance where the portfolio has no risk at all, of which there is nothing to share. */
export const exAnteRisk = (input: ExAnteInput): ExAnteRisk => {
  requireInput(input)
  const { benchmark, confidence, covariance, means = new Float64Array(input.weights.length), weights } = input
  const along = times(covariance, weights)
  const variance = dot(weights, along)
  if (!(variance > 0))
    throw new SingularCovariance({
      field: "covariance",
      eigenvalueMin: variance,
      eigenvalueMax: Math.max(...diagonalOf(covariance)),
      remedy: "Give weights that are not all 0, or repair the covariance (nearestCovariance)"
    })
  const deviation = Math.sqrt(variance)
  const mean = dot(weights, means)
  const far = -normalQuantile(1 - confidence)
  const farther = normalDensity(far) / (1 - confidence)
  const components = Array.from(along, (value, at) => {
    const marginal = value / deviation
    const component = weights[at]! * marginal
    const gain = weights[at]! * means[at]!
    return {
      marginal,
      component,
      share: component / deviation,
      valueAtRisk: component * far - gain,
      conditional: component * farther - gain
    }
  })
  const own = diagonalOf(covariance)
  const spread = benchmark === undefined ? 0 : quadratic(covariance, benchmark)
  return {
    ...normalRisk(mean, deviation, confidence),
    mean,
    deviation,
    components,
    diversification: own.reduce((sum, value, at) => sum + Math.abs(weights[at]!) * Math.sqrt(value), 0) / deviation,
    effectiveAssets: 1 / components.reduce((sum, { share }) => sum + share * share, 0),
    beta: benchmark === undefined || !(spread > 0) ? undefined : dot(benchmark, along) / spread,
    trackingError:
      benchmark === undefined
        ? undefined
        : Math.sqrt(
            Math.max(
              0,
              quadratic(
                covariance,
                Float64Array.from(benchmark, (other, at) => weights[at]! - other)
              )
            )
          )
  }
}

/**
 * Tail risk of drawn futures in which assets move together as the covariance says. The same seed gives the same answer. Throws
 * SingularCovariance for a covariance that is not positive definite. Source: Glasserman, Monte Carlo Methods in Financial Engineering, 2003, 2.3.3.
 */
export const simulatedRisk = (
  input: ExAnteInput,
  { horizon = 1, paths = 10_000, seed }: Omit<Simulation, "confidence" | "draws">
): TailRisk => {
  requireInput(input)
  requireWhole("horizon", horizon, 1)
  requireWhole("paths", paths, 10, 10_000_000)
  const { confidence, covariance, means, weights } = input
  const lower = cholesky(covariance, 1e-12)
  if (lower === undefined)
    throw new SingularCovariance({
      field: "covariance",
      eigenvalueMin: 0,
      eigenvalueMax: Math.max(...diagonalOf(covariance)),
      remedy: "Shrink it (ledoitWolf) or repair it (nearestCovariance)"
    })
  const size = weights.length
  const random = new SeededRandom(seed)
  const draws = new Float64Array(size)
  const levels = new Float64Array(size)
  const outcomes = new Float64Array(paths)
  for (let path = 0; path < paths; path++) {
    levels.fill(1)
    for (let period = 0; period < horizon; period++) {
      for (let at = 0; at < size; at++) draws[at] = random.normal()
      for (let row = 0; row < size; row++) {
        let moved = means?.[row] ?? 0
        for (let inner = 0; inner <= row; inner++) moved += lower.values[row * size + inner]! * draws[inner]!
        levels[row]! *= Math.max(1 + moved, 0)
      }
    }
    let outcome = 0
    for (let at = 0; at < size; at++) outcome += weights[at]! * (levels[at]! - 1)
    outcomes[path] = outcome
  }
  return historicalSorted(outcomes.toSorted(), confidence)
}
