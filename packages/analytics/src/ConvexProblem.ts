/** A convex quadratic program as it is stated, and its solution: the least ½xᵀPx + qᵀx within linear constraints. */
import type { Matrix } from "./Matrix.ts"
import type { Numbers } from "./Series.ts"

/** Σ values[k] × x[indices[k]], compared with `bound`. */
export interface LinearRow {
  /** What a refusal calls it; rows of one name stand or fall together there. */
  readonly name: string
  readonly indices: ReadonlyArray<number>
  readonly values: ReadonlyArray<number>
  readonly bound: number
}

export interface QuadraticProgram {
  /** P: symmetric, without eigenvalues below 0. All zeros for a linear program. */
  readonly quadratic: Matrix
  readonly linear: Numbers
  /** row · x = bound. */
  readonly equalities: ReadonlyArray<LinearRow>
  /** row · x ≤ bound. */
  readonly inequalities: ReadonlyArray<LinearRow>
}

export interface QuadraticSolution {
  readonly x: Float64Array
  /** Multipliers of the equations. */
  readonly y: Float64Array
  /** Multipliers of the inequalities: 0 where one is not active. */
  readonly z: Float64Array
  readonly iterations: number
  /** Largest violation of the optimality conditions, the objective scaled to entries of at most 1. */
  readonly residual: number
}

/** Row · x. */
export const applied = ({ indices, values }: LinearRow, x: Numbers): number => {
  let sum = 0
  for (let at = 0; at < indices.length; at++) sum += values[at]! * x[indices[at]!]!
  return sum
}
