/**
 * Inequalities that can only hold as equations: gross exposure of at most 1 beside a net of 1, or caps that add up to just what is
 * needed. They leave interior points no interior; taken for equations, and equations that others imply left out, they do.
 * Source: Borwein and Wolkowicz, "Facial reduction for a cone-convex programming problem", 1981, here for linear rows.
 */
import type { LinearRow, QuadraticProgram } from "./ConvexProblem.ts"
import { interiorPoint } from "./InteriorPoint.ts"
import { dot, zeros } from "./Matrix.ts"

/** More slack than this, in every row at once, is room enough. */
const roomy = 1e-6
/** Prices of the rows sum to 1; one above this is always at its bound. */
const priced = 1e-7
/** What is left of a row after the others, as a part of it, below which it is one of them. */
const dependent = 1e-9

/** Which inequalities have no slack in any solution of all: found by making the least slack as large as it can be. */
const tightRows = ({ equalities, inequalities, linear }: QuadraticProgram): ReadonlySet<number> => {
  const size = linear.length
  const quadratic = zeros(size + 1, size + 1)
  for (let at = 0; at < size; at++) quadratic.values[at * (size + 1) + at] = 1e-9
  const gain = new Float64Array(size + 1)
  gain[size] = -1
  const { x, z } = interiorPoint({
    quadratic,
    linear: gain,
    equalities,
    inequalities: [
      ...inequalities.map((row) => ({ ...row, indices: [...row.indices, size], values: [...row.values, 1] })),
      { name: "room", indices: [size], values: [1], bound: 1 }
    ]
  })
  if (x[size]! > roomy) return new Set()
  return new Set(inequalities.flatMap((_, k) => (z[k]! > priced ? [k] : [])))
}

/** Those that no others imply, in order, by Gram and Schmidt's method. */
const independent = (rows: ReadonlyArray<LinearRow>, size: number): ReadonlyArray<number> => {
  const basis: Array<Float64Array> = []
  return rows.flatMap(({ indices, values }, k) => {
    const rest = new Float64Array(size)
    for (let at = 0; at < indices.length; at++) rest[indices[at]!]! += values[at]!
    const length = Math.sqrt(dot(rest, rest))
    // Twice is enough (Kahan): the second pass takes back the rounding of the first.
    for (let pass = 0; pass < 2; pass++)
      for (const known of basis) {
        const part = dot(known, rest)
        for (let at = 0; at < size; at++) rest[at]! -= part * known[at]!
      }
    const left = Math.sqrt(dot(rest, rest))
    if (left <= dependent * length) return []
    basis.push(rest.map((value) => value / left))
    return [k]
  })
}

export interface Reduced {
  readonly problem: QuadraticProgram
  /** For each equation of it: its place among the equations of the original, or, from their number on, among its inequalities. */
  readonly equations: ReadonlyArray<number>
  /** For each inequality of it, its place among the original's. */
  readonly kept: ReadonlyArray<number>
}

/** The same program with an interior. The original must have a solution. */
export const withoutImplied = (problem: QuadraticProgram): Reduced => {
  const { equalities, inequalities, linear } = problem
  let equations: ReadonlyArray<number> = independent(equalities, linear.length)
  let kept: ReadonlyArray<number> = Array.from(inequalities.keys())
  const rowAt = (place: number): LinearRow =>
    place < equalities.length ? equalities[place]! : inequalities[place - equalities.length]!
  for (;;) {
    const reduced = { ...problem, equalities: equations.map(rowAt), inequalities: kept.map((k) => inequalities[k]!) }
    const tight = tightRows(reduced)
    if (tight.size === 0) return { problem: reduced, equations, kept }
    const places = [...equations, ...kept.filter((_, at) => tight.has(at)).map((k) => equalities.length + k)]
    equations = independent(places.map(rowAt), linear.length).map((at) => places[at]!)
    kept = kept.filter((_, at) => !tight.has(at))
  }
}
