/**
 * Convex quadratic programs: the least ½xᵀPx + qᵀx among the x that meet linear equations and inequalities. Dense in P, sparse
 * in the rows; for up to a thousand or so unknowns. Solved by interior points, then exactly on the constraints found active.
 * Checked against Goldfarb and Idnani's dual method in the tests.
 */
import { InfeasibleConstraints, NotSolved } from "./AnalyticsError.ts"
import { polish } from "./ActiveSet.ts"
import { conflictOf } from "./Conflict.ts"
import { withoutImplied } from "./ImpliedEquations.ts"
import { interiorPoint } from "./InteriorPoint.ts"
import type { LinearRow, QuadraticProgram, QuadraticSolution } from "./ConvexProblem.ts"
import { requireSymmetric } from "./Matrix.ts"
import { refuse, requireFinite, requireSameLength } from "./Series.ts"

/** What a solution may violate at most. */
const tolerance = 1e-8
/** Rows that miss each other by less may do so by rounding only, where they leave each other no room. */
const surelyMissed = 1e-5

const requireRows = (field: string, rows: ReadonlyArray<LinearRow>, size: number): void => {
  for (const { bound, indices, name, values } of rows) {
    requireFinite(`${field} "${name}"`, [bound, ...values])
    requireSameLength(`${field} "${name}" values`, values, "indices", indices.length)
    if (indices.some((index) => !Number.isInteger(index) || index < 0 || index >= size))
      refuse(`${field} "${name}" indices`, "name an unknown that there is not", `Give numbers from 0 to ${size - 1}`)
  }
}

/** The objective divided by its largest entry, so that tolerances mean the same for any unit. */
const scaledObjective = (problem: QuadraticProgram): QuadraticProgram => {
  let largest = 0
  for (const value of problem.quadratic.values) largest = Math.max(largest, Math.abs(value))
  for (let at = 0; at < problem.linear.length; at++) largest = Math.max(largest, Math.abs(problem.linear[at]!))
  if (largest === 0) return problem
  return {
    ...problem,
    quadratic: { ...problem.quadratic, values: problem.quadratic.values.map((value) => value / largest) },
    linear: Float64Array.from(problem.linear, (value) => value / largest)
  }
}

/** For programs whose rows leave no interior. A row that can only hold as an equation has a multiplier of either sign there; here of its size. */
const throughReduction = (problem: QuadraticProgram): QuadraticSolution => {
  const { equations, kept, problem: reduced } = withoutImplied(problem)
  const solution = polish(reduced, interiorPoint(reduced))
  const y = new Float64Array(problem.equalities.length)
  const z = new Float64Array(problem.inequalities.length)
  for (const [at, k] of kept.entries()) z[k] = solution.z[at]!
  for (const [at, place] of equations.entries())
    if (place < y.length) y[place] = solution.y[at]!
    else z[place - y.length] = Math.abs(solution.y[at]!)
  return { ...solution, y, z }
}

/**
 * Throws InfeasibleConstraints, naming rows that exclude each other, where no x meets them all; NotSolved where the least value is
 * not bounded or was not found; InvalidInput for shapes that do not fit.
 */
export const solveQuadratic = (problem: QuadraticProgram): QuadraticSolution => {
  const size = problem.linear.length
  requireSymmetric("quadratic", problem.quadratic, size)
  requireFinite("linear", problem.linear)
  requireRows("equality", problem.equalities, size)
  requireRows("inequality", problem.inequalities, size)
  const scaled = scaledObjective(problem)
  const found = interiorPoint(scaled)
  const first = polish(scaled, found)
  if (first.residual <= tolerance) return first
  const conflict = conflictOf(scaled)
  if (conflict !== undefined && conflict.violation > surelyMissed) throw new InfeasibleConstraints(conflict)
  const exact = throughReduction(scaled)
  if (exact.residual <= tolerance) return exact
  if (conflict !== undefined) throw new InfeasibleConstraints(conflict)
  throw new NotSolved({
    problem: "The quadratic program",
    iterations: exact.iterations,
    residual: exact.residual,
    remedy: "Bound every unknown, and see that the covariance has no eigenvalue below 0 (nearestCovariance)"
  })
}
