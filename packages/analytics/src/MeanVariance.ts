/**
 * Portfolios of least variance for their return, within constraints. Returns, covariance and the risk-free rate are of one
 * and the same period. Cash, the part of equity that is not in assets, earns the risk-free rate and has no risk.
 * Source: Markowitz, "Portfolio Selection", Journal of Finance 7, 1952.
 */
import { NotSolved } from "./AnalyticsError.ts"
import type { LinearRow, QuadraticSolution } from "./ConvexProblem.ts"
import { requireInvertible } from "./Covariance.ts"
import { diagonalOf, dot, type Matrix, quadratic, requireSymmetric, zeros } from "./Matrix.ts"
import type { PortfolioConstraints } from "./PortfolioConstraints.ts"
import { solveQuadratic } from "./QuadraticProgram.ts"
import { type Numbers, refuse, requireFinite, requireSameLength, requireWhole, requireWithin } from "./Series.ts"
import { type Asset, type WeightSpace, weightSpace } from "./WeightSpace.ts"

export interface Universe {
  readonly assets: ReadonlyArray<Asset>
  /** Of the assets, in their order; positive definite. */
  readonly covariance: Matrix
  /** Expected returns; needed by all but the least variance. */
  readonly expected?: Numbers
  readonly constraints: PortfolioConstraints
  /** Current weights; needed where turnover is bounded. */
  readonly current?: Numbers
  /** 0 unless given. */
  readonly riskFree?: number
}

export interface Portfolio {
  /** Of the assets, in their order. */
  readonly weights: Float64Array
  /** With what cash earns; undefined without expected returns. */
  readonly expectedReturn: number | undefined
  readonly deviation: number
  /** Expected return above the risk-free ÷ deviation; undefined without expected returns or without risk. */
  readonly sharpe: number | undefined
  /** Constraints that hold the portfolio back, by name. */
  readonly binding: ReadonlyArray<string>
}

export interface Prepared {
  readonly universe: Universe
  readonly space: WeightSpace
}

/** Checks the universe once for several optimisations. Throws InvalidInput or SingularCovariance. */
export const prepare = (universe: Universe): Prepared => {
  const { assets, constraints, covariance, current, expected, riskFree = 0 } = universe
  const space = weightSpace(assets, constraints, current)
  requireSymmetric("covariance", covariance, assets.length)
  requireInvertible("covariance", covariance)
  requireFinite("riskFree", [riskFree])
  if (expected !== undefined) {
    requireFinite("expected", expected)
    requireSameLength("expected", expected, "assets", assets.length)
  }
  return { universe, space }
}

/** Expected returns above the risk-free. */
export const excessOf = ({ expected, riskFree = 0 }: Universe): Float64Array =>
  expected === undefined
    ? refuse("expected", "is missing", "Give an expected return for each asset")
    : Float64Array.from(expected, (value) => value - riskFree)

/** What a portfolio of those weights promises. */
export const portfolioOf = (universe: Universe, weights: Float64Array, binding: ReadonlyArray<string>): Portfolio => {
  const deviation = Math.sqrt(Math.max(quadratic(universe.covariance, weights), 0))
  const excess = universe.expected === undefined ? undefined : dot(excessOf(universe), weights)
  return {
    weights,
    expectedReturn: excess === undefined ? undefined : excess + (universe.riskFree ?? 0),
    deviation,
    sharpe: excess === undefined || deviation === 0 ? undefined : excess / deviation,
    binding
  }
}

/** The covariance with rows and columns of zeros for the unknowns that are no weights. */
export const widened = (covariance: Matrix, size: number): Matrix => {
  const wide = zeros(size, size)
  for (let row = 0; row < covariance.rows; row++)
    wide.values.set(covariance.values.subarray(row * covariance.rows, (row + 1) * covariance.rows), row * size)
  return wide
}

/** Names of the inequalities that would give a better portfolio if they were looser. */
export const bindingOf = (rows: ReadonlyArray<LinearRow>, { z }: QuadraticSolution): ReadonlyArray<string> => [
  ...new Set(rows.flatMap(({ name }, k) => (z[k]! > 1e-9 ? [name] : [])))
]

/** The least ½ w'Σw × variance − return × gain, with rows besides the constraints. */
const least = (
  { space, universe }: Prepared,
  variance: number,
  gain: number,
  more: ReadonlyArray<LinearRow>
): Portfolio => {
  const wide = widened(universe.covariance, space.size)
  const linear = new Float64Array(space.size)
  if (gain !== 0) for (const [at, value] of excessOf(universe).entries()) linear[at] = -gain * value
  const inequalities = [...space.inequalities, ...more]
  const solution = solveQuadratic({
    quadratic: variance === 1 ? wide : { ...wide, values: wide.values.map((value) => value * variance) },
    linear,
    equalities: space.equalities,
    inequalities
  })
  return portfolioOf(universe, solution.x.slice(0, space.assets), bindingOf(inequalities, solution))
}

export const minimumVariance = (prepared: Prepared): Portfolio => least(prepared, 1, 0, [])

/** The most expected return − riskAversion ÷ 2 × variance. */
export const maximumUtility = (prepared: Prepared, riskAversion: number): Portfolio => {
  requireWithin("riskAversion", riskAversion, 1e-9)
  return least(prepared, riskAversion, 1, [])
}

/** The least variance with at least that expected return (with what cash earns). */
export const targetReturn = (prepared: Prepared, target: number): Portfolio => {
  requireFinite("target", [target])
  const { riskFree = 0 } = prepared.universe
  const excess = excessOf(prepared.universe)
  // Scaled to entries of at most 1, as the other rows are.
  const scale = Math.max(...excess.map(Math.abs)) || 1
  return least(prepared, 1, 0, [
    {
      name: `expected return ≥ ${target}`,
      indices: Array.from(excess.keys()),
      values: Array.from(excess, (value) => -value / scale),
      bound: (riskFree - target) / scale
    }
  ])
}

/** How much variance counts beside return where only return is asked for: enough to choose among portfolios of the same. */
const tieBreak = 1e-7

/** The most expected return; of several portfolios with the same, the one of least variance. */
export const maximumReturn = (prepared: Prepared): Portfolio => {
  const size = Math.max(...excessOf(prepared.universe).map(Math.abs))
  const variance = Math.max(...diagonalOf(prepared.universe.covariance))
  return size === 0 ? minimumVariance(prepared) : least(prepared, (tieBreak * size) / variance, 1, [])
}

const roundsMax = 80

/** The most expected return with at most that standard deviation; throws InvalidInput where no portfolio has so little. */
export const targetRisk = (prepared: Prepared, deviation: number): Portfolio => {
  requireWithin("deviation", deviation, 0)
  const safest = minimumVariance(prepared)
  if (deviation < safest.deviation * (1 - 1e-9))
    refuse("deviation", `is ${deviation}`, `Give at least ${safest.deviation}, the least that the constraints allow`)
  const boldest = maximumReturn(prepared)
  if (boldest.deviation <= deviation) return boldest
  if (safest.deviation >= deviation * (1 - 1e-9)) return safest
  // Deviation rises with the return along the frontier: the false position method of Illinois (Dowell and Jarratt, 1971).
  let low = { at: safest.expectedReturn!, off: safest.deviation - deviation }
  let high = { at: boldest.expectedReturn!, off: boldest.deviation - deviation }
  let side = 0
  for (let round = 0; round < roundsMax; round++) {
    const at = (low.at * high.off - high.at * low.off) / (high.off - low.off)
    const portfolio = targetReturn(prepared, at)
    const off = portfolio.deviation - deviation
    if (Math.abs(off) <= 1e-10 * deviation || high.at - low.at <= 1e-13 * Math.abs(high.at)) return portfolio
    if (off < 0) {
      low = { at, off }
      if (side === -1) high.off /= 2
      side = -1
    } else {
      high = { at, off }
      if (side === 1) low.off /= 2
      side = 1
    }
  }
  throw new NotSolved({
    problem: "The portfolio of that deviation",
    iterations: roundsMax,
    residual: high.off,
    remedy: "Give a deviation that is further from the least or the most possible"
  })
}

/** So many portfolios from the least variance to the most return, evenly apart in return. Deviation rises along them. */
export const efficientFrontier = (prepared: Prepared, points: number): ReadonlyArray<Portfolio> => {
  requireWhole("points", points, 2, 1000)
  const safest = minimumVariance(prepared)
  const boldest = maximumReturn(prepared)
  const step = (boldest.expectedReturn! - safest.expectedReturn!) / (points - 1)
  const between = Array.from({ length: points - 2 }, (_, at) =>
    targetReturn(prepared, safest.expectedReturn! + step * (at + 1))
  )
  return [safest, ...between, boldest]
}
