/**
 * The last digits of a quadratic program: the constraints that interior points left no slack in are taken for equations and the
 * resulting linear system is solved, so that weights at a bound are at the bound. Source: Stellato et al., "OSQP", Mathematical Programming
 * Computation 12, 2020, section 4 (there too with a small addition to the diagonal, refined away).
 */
import { residualOf } from "./InteriorPoint.ts"
import { elimination } from "./LinearSolve.ts"
import { times, zeros } from "./Matrix.ts"
import { applied, type LinearRow, type QuadraticProgram, type QuadraticSolution } from "./ConvexProblem.ts"

const addition = 1e-11
/** Beyond this the elimination costs more than its digits are worth. */
const sizeMax = 900

const refinements = 4

/** The solution refined, or the one given where that is no better. */
export const polish = (problem: QuadraticProgram, found: QuadraticSolution): QuadraticSolution => {
  const size = problem.linear.length
  const active = problem.inequalities.flatMap((row, k) => (found.z[k]! > row.bound - applied(row, found.x) ? [k] : []))
  const rows: ReadonlyArray<LinearRow> = [...problem.equalities, ...active.map((k) => problem.inequalities[k]!)]
  const whole = size + rows.length
  if (whole > sizeMax || !Number.isFinite(found.residual)) return found
  const system = zeros(whole, whole)
  for (let at = 0; at < size; at++) {
    system.values.set(problem.quadratic.values.subarray(at * size, (at + 1) * size), at * whole)
    system.values[at * whole + at]! += addition
  }
  for (const [k, { indices, values }] of rows.entries()) {
    for (let at = 0; at < indices.length; at++) {
      system.values[(size + k) * whole + indices[at]!]! += values[at]!
      system.values[indices[at]! * whole + size + k]! += values[at]!
    }
    system.values[(size + k) * whole + size + k] = -addition
  }
  const solve = elimination(system)
  if (solve === undefined) return found
  const x = found.x.slice()
  const multipliers = new Float64Array(rows.length)
  for (let round = 0; round < refinements; round++) {
    const right = new Float64Array(whole)
    const gradient = times(problem.quadratic, x)
    for (let at = 0; at < size; at++) right[at] = -gradient[at]! - problem.linear[at]!
    for (const [k, row] of rows.entries()) {
      for (let at = 0; at < row.indices.length; at++) right[row.indices[at]!]! -= row.values[at]! * multipliers[k]!
      right[size + k] = row.bound - applied(row, x)
    }
    const change = solve(right)
    for (let at = 0; at < size; at++) x[at]! += change[at]!
    for (let k = 0; k < rows.length; k++) multipliers[k]! += change[size + k]!
  }
  const z = new Float64Array(problem.inequalities.length)
  for (const [at, k] of active.entries()) z[k] = multipliers[problem.equalities.length + at]!
  const y = multipliers.slice(0, problem.equalities.length)
  const residual = residualOf(problem, x, y, z)
  return residual <= found.residual ? { x, y, z, iterations: found.iterations, residual } : found
}
