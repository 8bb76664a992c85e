/** A quadratic program in quadprog's words: counted from 1, constraints as columns that are at least their bounds. */
import { solveQP } from "quadprog"
import type { LinearRow, QuadraticProgram } from "../src/ConvexProblem.ts"
import { rowsOf } from "../src/Matrix.ts"

const fromOne = <A>(values: ReadonlyArray<A>, pad: A): Array<A> => [pad, ...values]

/** The solution counted from 0; throws with quadprog's message where there is none. */
export const solveByDualMethod = ({ equalities, inequalities, linear, quadratic }: QuadraticProgram) => {
  const size = linear.length
  // Scaled, so that its own tolerances fit covariances of daily returns.
  const scale = 1 / Math.max(...quadratic.values)
  const dense = ({ indices, values }: LinearRow, sign: 1 | -1): ReadonlyArray<number> => {
    const column = Array.from({ length: size }, () => 0)
    for (const [at, index] of indices.entries()) column[index]! += sign * values[at]!
    return column
  }
  const columns = [...equalities.map((row) => dense(row, 1)), ...inequalities.map((row) => dense(row, -1))]
  const bounds = [...equalities.map(({ bound }) => bound), ...inequalities.map(({ bound }) => -bound)]
  const { message, solution } = solveQP(
    fromOne(
      rowsOf(quadratic).map((row) =>
        fromOne(
          row.map((value) => value * scale),
          0
        )
      ),
      []
    ),
    fromOne(
      Array.from(linear, (value) => -value * scale),
      0
    ),
    fromOne(
      Array.from({ length: size }, (_, at) =>
        fromOne(
          columns.map((column) => column[at]!),
          0
        )
      ),
      []
    ),
    fromOne(bounds, 0),
    equalities.length
  )
  if (message !== "") throw new Error(message)
  return solution.slice(1)
}
