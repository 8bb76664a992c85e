/**
 * The portfolio of the highest expected return above the risk-free per unit of risk, within constraints. Solved as one quadratic
 * program by scaling: the least variance of z = κw with a fixed excess return, every bound multiplied by κ.
 * Source: Cornuejols and Tütüncü, Optimization Methods in Finance, 2006, 8.2 (after Charnes and Cooper, 1962).
 */
import type { LinearRow } from "./ConvexProblem.ts"
import {
  bindingOf,
  excessOf,
  maximumReturn,
  type Portfolio,
  portfolioOf,
  type Prepared,
  widened
} from "./MeanVariance.ts"
import { solveQuadratic } from "./QuadraticProgram.ts"
import { refuse } from "./Series.ts"

/** The scale is held below this: where any multiple of a portfolio is as good, one of a sensible size is taken. */
const scaleMax = 1e4

/** Throws InvalidInput where no portfolio within the constraints is expected to earn more than the risk-free. */
export const maximumSharpe = (prepared: Prepared): Portfolio => {
  const { space, universe } = prepared
  const { riskFree = 0 } = universe
  const excess = excessOf(universe)
  const unit = Math.max(...excess.map(Math.abs))
  const best = maximumReturn(prepared).expectedReturn! - riskFree
  if (!(best > 1e-12 * unit))
    refuse(
      "expected",
      `allows at most ${best} above the risk-free`,
      "Give an asset that is expected to earn more, or a lower riskFree"
    )
  const scale = space.size
  const homogeneous = ({ bound, indices, name, values }: LinearRow): LinearRow =>
    bound === 0
      ? { bound, indices, name, values }
      : { name, indices: [...indices, scale], values: [...values, -bound], bound: 0 }
  const inequalities = [
    ...space.inequalities.map(homogeneous),
    { name: "scale", indices: [scale], values: [-1], bound: 0 },
    { name: "scale", indices: [scale], values: [1], bound: scaleMax }
  ]
  const solution = solveQuadratic({
    quadratic: widened(universe.covariance, scale + 1),
    linear: new Float64Array(scale + 1),
    equalities: [
      ...space.equalities.map(homogeneous),
      {
        name: "excess return",
        indices: Array.from(excess.keys()),
        values: Array.from(excess, (value) => value / unit),
        bound: best / unit
      }
    ],
    inequalities
  })
  const weights = solution.x.slice(0, space.assets).map((value) => value / solution.x[scale]!)
  return portfolioOf(universe, weights, bindingOf(inequalities, solution))
}
