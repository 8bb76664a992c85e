/**
 * Why constraints cannot be met: the least total by which they must be missed, and rows that exclude each other, none of which
 * could be left out. Source: Chinneck, Feasibility and Infeasibility in Optimization, 2008 (elastic rows, deletion filter).
 */
import { interiorPoint } from "./InteriorPoint.ts"
import { zeros } from "./Matrix.ts"
import type { LinearRow, QuadraticProgram } from "./ConvexProblem.ts"

export interface Conflict {
  readonly conflicting: ReadonlyArray<string>
  readonly violation: number
}

type Rows = Pick<QuadraticProgram, "equalities" | "inequalities">

/** What is missed by less than this is met. */
const feasible = 1e-7
/** A row whose price is below this has no part in the conflict. */
const priced = 1e-5
/** So many names are tried one by one; of more, all that have a price are reported. */
const triedMax = 80

/** Lets each row be missed at a price of 1 a unit; unknowns cost next to nothing, which keeps those that are free in place. */
const elastic = ({ equalities, inequalities }: Rows, size: number) => {
  const misses = 2 * equalities.length + inequalities.length
  const quadratic = zeros(size + misses, size + misses)
  for (let at = 0; at < size; at++) quadratic.values[at * (size + misses) + at] = 1e-7
  const linear = new Float64Array(size + misses).fill(1, size)
  const missed = (row: LinearRow, at: ReadonlyArray<number>, by: ReadonlyArray<number>): LinearRow => ({
    ...row,
    indices: [...row.indices, ...at],
    values: [...row.values, ...by]
  })
  const solution = interiorPoint({
    quadratic,
    linear,
    equalities: equalities.map((row, k) => missed(row, [size + 2 * k, size + 2 * k + 1], [1, -1])),
    inequalities: [
      ...inequalities.map((row, k) => missed(row, [size + 2 * equalities.length + k], [-1])),
      ...Array.from({ length: misses }, (_, k) => ({ name: "miss", indices: [size + k], values: [-1], bound: 0 }))
    ]
  })
  let violation = 0
  for (let at = size; at < solution.x.length; at++) violation += Math.max(solution.x[at]!, 0)
  const names = new Set<string>()
  for (const [k, { name }] of equalities.entries()) if (Math.abs(solution.y[k]!) > priced) names.add(name)
  for (const [k, { name }] of inequalities.entries()) if (solution.z[k]! > priced) names.add(name)
  return { violation, names }
}

const named = ({ equalities, inequalities }: Rows, names: ReadonlySet<string>): Rows => ({
  equalities: equalities.filter(({ name }) => names.has(name)),
  inequalities: inequalities.filter(({ name }) => names.has(name))
})

/** Undefined where the rows can be met together. */
export const conflictOf = (problem: QuadraticProgram): Conflict | undefined => {
  const size = problem.linear.length
  const { names, violation } = elastic(problem, size)
  if (violation <= feasible) return undefined
  const kept = new Set(names)
  if (kept.size <= triedMax)
    for (const name of names) {
      const without = new Set(kept)
      without.delete(name)
      if (elastic(named(problem, without), size).violation > feasible) kept.delete(name)
    }
  return { conflicting: [...kept], violation }
}
