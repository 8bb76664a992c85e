/** What a portfolio is to be best at, as data, so that it can be stored, edited and run again: one door to all optimisers. */
import { Result, Schema, SchemaIssue } from "effect"
import { InfeasibleConstraints, InvalidInput } from "./AnalyticsError.ts"
import { applied, type LinearRow } from "./ConvexProblem.ts"
import { maximumSharpe } from "./MaximumSharpe.ts"
import {
  maximumReturn,
  maximumUtility,
  minimumVariance,
  type Portfolio,
  portfolioOf,
  prepare,
  type Prepared,
  targetReturn,
  targetRisk,
  type Universe
} from "./MeanVariance.ts"
import { riskParity } from "./RiskParity.ts"
import type { Numbers } from "./Series.ts"

const Positive = Schema.Finite.check(Schema.isGreaterThan(0))

/** Returns and deviations are of the covariance's period. */
export const Goal = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("minimumVariance") }),
  Schema.Struct({ kind: Schema.Literal("maximumSharpe") }),
  Schema.Struct({ kind: Schema.Literal("maximumReturn") }),
  Schema.Struct({ kind: Schema.Literal("targetReturn"), return: Schema.Finite }),
  Schema.Struct({ kind: Schema.Literal("targetRisk"), deviation: Positive }),
  /** Return − riskAversion ÷ 2 × variance. */
  Schema.Struct({ kind: Schema.Literal("maximumUtility"), riskAversion: Positive }),
  /** `budgets`: shares of the risk by asset; all alike unless given. Constraints do not shape the answer: it meets them or is refused. */
  Schema.Struct({
    kind: Schema.Literal("riskParity"),
    budgets: Schema.optionalKey(Schema.Record(Schema.String, Positive))
  })
])
export type Goal = typeof Goal.Type

const decode = Schema.decodeUnknownResult(Goal, { onExcessProperty: "error" })
const explain = SchemaIssue.makeFormatterStandardSchemaV1()
const kinds = "minimumVariance, maximumSharpe, maximumReturn, targetReturn, targetRisk, maximumUtility, riskParity"

/** A goal as it comes from a file, a form or a request; throws InvalidInput, which names the field. */
export const parseGoal = (input: unknown): Goal => {
  const decoded = decode(input)
  if (Result.isSuccess(decoded)) return decoded.success
  const [first] = explain(decoded.failure.issue).issues
  const path = (first?.path ?? []).map((part) => String(typeof part === "object" ? part.key : part))
  throw new InvalidInput({
    field: ["goal", ...path].join("."),
    reason: `is not valid: ${first?.message}`,
    remedy: `Give a kind (${kinds}) with its fields`
  })
}

/** What a row may be missed by. */
const tolerance = 1e-9

const missed = (row: LinearRow, weights: Numbers, equation: boolean): number => {
  const off = applied(row, weights) - row.bound
  return equation ? Math.abs(off) : off
}

/** Risk parity has one answer, whatever the constraints: it is refused where it does not meet them. */
const withinConstraints = ({ space, universe }: Prepared, weights: Float64Array): Portfolio => {
  // The sizes that turnover and gross exposure are counted with: the least that their rows allow.
  const unknowns = new Float64Array(space.size)
  unknowns.set(weights)
  for (const { bound, indices, values } of space.inequalities)
    if (indices.length === 2 && indices[0]! < space.assets && indices[1]! >= space.assets)
      unknowns[indices[1]!] = Math.max(unknowns[indices[1]!]!, values[0]! * weights[indices[0]!]! - bound)
  const broken = [
    ...space.equalities.map((row) => ({ name: row.name, by: missed(row, unknowns, true) })),
    ...space.inequalities.map((row) => ({ name: row.name, by: missed(row, unknowns, false) }))
  ].filter(({ by }) => by > tolerance)
  if (broken.length > 0)
    throw new InfeasibleConstraints({
      conflicting: ["risk parity", ...new Set(broken.map(({ name }) => name))],
      violation: broken.reduce((sum, { by }) => sum + by, 0)
    })
  return portfolioOf(universe, weights, [])
}

const budgetsOf = ({ assets }: Universe, budgets: Readonly<Record<string, number>>): ReadonlyArray<number> =>
  assets.map(({ id }) => {
    const budget = budgets[id]
    if (budget !== undefined) return budget
    throw new InvalidInput({
      field: `goal.budgets.${id}`,
      reason: "is missing",
      remedy: "Give each asset a share of the risk"
    })
  })

/**
 * The portfolio that is best at the goal. Throws InvalidInput, SingularCovariance, InfeasibleConstraints or NotSolved, each saying
 * which field or constraint it is about.
 */
export const optimise = (universe: Universe, goal: Goal): Portfolio => {
  const prepared = prepare(universe)
  switch (goal.kind) {
    case "minimumVariance":
      return minimumVariance(prepared)
    case "maximumSharpe":
      return maximumSharpe(prepared)
    case "maximumReturn":
      return maximumReturn(prepared)
    case "targetReturn":
      return targetReturn(prepared, goal.return)
    case "targetRisk":
      return targetRisk(prepared, goal.deviation)
    case "maximumUtility":
      return maximumUtility(prepared, goal.riskAversion)
    case "riskParity":
      return withinConstraints(
        prepared,
        riskParity(universe.covariance, goal.budgets === undefined ? undefined : budgetsOf(universe, goal.budgets))
      )
  }
}
