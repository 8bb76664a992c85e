/**
 * Mehrotra's predictor and corrector on the conditions Px + q + Aᵀy + Gᵀz = 0, Ax = b, Gx + s = h, s, z ≥ 0, sz = 0. Each step solves
 * one positive definite system and its Schur complement in the equations.
 * Sources: Mehrotra, "On the Implementation of a Primal-Dual Interior Point Method", SIAM J. Optimization 2, 1992; Nocedal and Wright,
 * Numerical Optimization, 16.6; Vandenberghe, "The CVXOPT linear and quadratic cone program solvers", 2010, 5.3 (the start).
 */
import { cholesky, choleskySolve } from "./LinearSolve.ts"
import { type Matrix, times, zeros } from "./Matrix.ts"
import { applied, type LinearRow, type QuadraticProgram, type QuadraticSolution } from "./ConvexProblem.ts"

const iterationsMax = 120
const goal = 1e-12
/** After so many steps without a better point there will be none. */
const patience = 12

const addTransposed = (into: Float64Array, rows: ReadonlyArray<LinearRow>, by: ArrayLike<number>): void => {
  for (const [k, { indices, values }] of rows.entries())
    for (let at = 0; at < indices.length; at++) into[indices[at]!]! += values[at]! * by[k]!
}

const sizeOf = (values: Float64Array): number => {
  let largest = 0
  for (const value of values) {
    const size = Math.abs(value)
    // NaN counts as worst: a comparison with it would pass it over.
    if (!(size <= largest)) largest = size
  }
  return largest
}

/** Px + q + Aᵀy + Gᵀz. */
const dualResidual = (problem: QuadraticProgram, x: Float64Array, y: Float64Array, z: Float64Array): Float64Array => {
  const residual = times(problem.quadratic, x)
  for (let at = 0; at < residual.length; at++) residual[at]! += problem.linear[at]!
  addTransposed(residual, problem.equalities, y)
  addTransposed(residual, problem.inequalities, z)
  return residual
}

/** The largest violation of the conditions by x, y and z, with s = h − Gx. */
export const residualOf = (problem: QuadraticProgram, x: Float64Array, y: Float64Array, z: Float64Array): number => {
  let worst = sizeOf(dualResidual(problem, x, y, z))
  for (const row of problem.equalities) worst = Math.max(worst, Math.abs(applied(row, x) - row.bound))
  for (const [k, row] of problem.inequalities.entries()) {
    const slack = row.bound - applied(row, x)
    worst = Math.max(worst, -slack, -z[k]!, Math.abs(slack * z[k]!))
  }
  return worst
}

/** Solves [H Aᵀ; A 0][dx; dy] = [r; t] with H = P + Σ weight × row rowᵀ. Throws nothing: undefined where H is not definite. */
const factored = (problem: QuadraticProgram, weights: Float64Array) => {
  const { equalities, inequalities, linear, quadratic } = problem
  const size = linear.length
  const hessian: Matrix = { ...quadratic, values: quadratic.values.slice() }
  for (const [k, { indices, values }] of inequalities.entries())
    for (let i = 0; i < indices.length; i++) {
      const factor = weights[k]! * values[i]!
      for (let j = 0; j < indices.length; j++) hessian.values[indices[i]! * size + indices[j]!]! += factor * values[j]!
    }
  const regular: Matrix = { ...hessian, values: hessian.values.slice() }
  for (let at = 0; at < size; at++)
    regular.values[at * size + at]! += 1e-13 * Math.max(1, hessian.values[at * size + at]!)
  const lower = cholesky(regular)
  if (lower === undefined) return undefined
  const columns = equalities.map((row) => {
    const column = new Float64Array(size)
    addTransposed(column, [row], [1])
    return choleskySolve(lower, column)
  })
  const schur = zeros(equalities.length, equalities.length)
  for (const [i, row] of equalities.entries())
    for (const [j, column] of columns.entries()) schur.values[i * equalities.length + j] = applied(row, column)
  for (let at = 0; at < equalities.length; at++) schur.values[at * equalities.length + at]! *= 1 + 1e-13
  const small = cholesky(schur)
  if (small === undefined) return undefined
  const once = (r: Float64Array, t: Float64Array) => {
    const dx = choleskySolve(lower, r.slice())
    const dy = choleskySolve(
      small,
      Float64Array.from(equalities, (row, k) => applied(row, dx) - t[k]!)
    )
    for (const [k, column] of columns.entries()) for (let at = 0; at < size; at++) dx[at]! -= column[at]! * dy[k]!
    return { dx, dy }
  }
  return (r: Float64Array, t: Float64Array) => {
    const { dx, dy } = once(r, t)
    // One round of refinement takes back what the small additions to the diagonals did.
    const left = times(hessian, dx)
    addTransposed(left, equalities, dy)
    const again = once(
      r.map((value, at) => value - left[at]!),
      t.map((value, k) => value - applied(equalities[k]!, dx))
    )
    return {
      dx: dx.map((value, at) => value + again.dx[at]!),
      dy: dy.map((value, k) => value + again.dy[k]!)
    }
  }
}

/** The longest step, at most 1, that keeps values + step × change at or above 0. */
const longest = (values: Float64Array, changes: Float64Array): number => {
  let step = 1
  for (let k = 0; k < values.length; k++) if (changes[k]! < 0) step = Math.min(step, -values[k]! / changes[k]!)
  return step
}

/** Moved up, where one is not above 0, until all are at least 1. */
const lifted = (values: Float64Array): Float64Array => {
  let least = Infinity
  for (const value of values) least = Math.min(least, value)
  return least > 1e-3 ? values : values.map((value) => value + 1 - least)
}

interface Point {
  readonly x: Float64Array
  readonly y: Float64Array
  readonly s: Float64Array
  readonly z: Float64Array
}

/** Where the conditions hold but for sz = 0, the slacks then lifted above 0. */
const startOf = (problem: QuadraticProgram): Point => {
  const { equalities, inequalities, linear } = problem
  const right = Float64Array.from(linear, (value) => -value)
  addTransposed(
    right,
    inequalities,
    inequalities.map(({ bound }) => bound)
  )
  const solve = factored(problem, new Float64Array(inequalities.length).fill(1))
  const start = solve?.(
    right,
    Float64Array.from(equalities, ({ bound }) => bound)
  )
  const x = start?.dx ?? new Float64Array(linear.length)
  const slack = Float64Array.from(inequalities, (row) => row.bound - applied(row, x))
  return {
    x,
    y: start?.dy ?? new Float64Array(equalities.length),
    s: lifted(slack),
    z: lifted(slack.map((value) => -value))
  }
}

/**
 * Newton's steps from a point, towards sz = target, `crossed` being the product of the changes that the prediction made. Undefined
 * where rounding has left no system to solve.
 */
const stepsFrom = (problem: QuadraticProgram, { s, x, y, z }: Point) => {
  const { equalities, inequalities } = problem
  const dual = dualResidual(problem, x, y, z)
  const primal = Float64Array.from(equalities, (row) => row.bound - applied(row, x))
  const outside = Float64Array.from(inequalities, (row, k) => applied(row, x) + s[k]! - row.bound)
  const solve = factored(
    problem,
    z.map((value, k) => value / s[k]!)
  )
  if (solve === undefined) return undefined
  return (target: number, crossed: (k: number) => number): Point => {
    const pull = z.map((value, k) => (value * outside[k]! - (s[k]! * value + crossed(k) - target)) / s[k]!)
    const right = dual.map((value) => -value)
    addTransposed(
      right,
      inequalities,
      pull.map((value) => -value)
    )
    const { dx, dy } = solve(right, primal)
    const turned = Float64Array.from(inequalities, (row) => applied(row, dx))
    return {
      x: dx,
      y: dy,
      s: turned.map((value, k) => -outside[k]! - value),
      z: turned.map((value, k) => (z[k]! / s[k]!) * value + pull[k]!)
    }
  }
}

/** Mean of sz after a step of that length. */
const gapAfter = ({ s, z }: Point, change: Point, length: number): number => {
  let sum = 0
  for (let k = 0; k < s.length; k++) sum += (s[k]! + length * change.s[k]!) * (z[k]! + length * change.z[k]!)
  return sum / s.length
}

/** The step to take: predicted, then corrected towards a gap that the prediction shows to be within reach. */
const changeFrom = (problem: QuadraticProgram, point: Point): Point | undefined => {
  const step = stepsFrom(problem, point)
  const predicted = step?.(0, () => 0)
  if (step === undefined || predicted === undefined || point.s.length === 0) return predicted
  const reach = Math.min(longest(point.s, predicted.s), longest(point.z, predicted.z))
  const gap = gapAfter(point, predicted, 0)
  return step(gap * (gapAfter(point, predicted, reach) / gap) ** 3, (k) => predicted.s[k]! * predicted.z[k]!)
}

/** The best point that was reached, with its residual; never throws. */
export const interiorPoint = (problem: QuadraticProgram): QuadraticSolution => {
  const point = startOf(problem)
  const { s, x, y, z } = point
  let best: QuadraticSolution = { x: x.slice(), y: y.slice(), z: z.slice(), iterations: 0, residual: Infinity }
  for (let iteration = 1; iteration <= iterationsMax; iteration++) {
    const residual = residualOf(problem, x, y, z)
    if (residual < best.residual) best = { x: x.slice(), y: y.slice(), z: z.slice(), iterations: iteration, residual }
    if (residual <= goal || iteration - best.iterations > patience || Number.isNaN(residual)) break
    const change = changeFrom(problem, point)
    if (change === undefined) break
    const length = s.length === 0 ? 1 : Math.min(1, 0.995 * Math.min(longest(s, change.s), longest(z, change.z)))
    for (let at = 0; at < x.length; at++) x[at]! += length * change.x[at]!
    for (let k = 0; k < y.length; k++) y[k]! += length * change.y[k]!
    for (let k = 0; k < s.length; k++) {
      s[k] = Math.max(s[k]! + length * change.s[k]!, 1e-300)
      z[k] = Math.max(z[k]! + length * change.z[k]!, 1e-300)
    }
  }
  return best
}
