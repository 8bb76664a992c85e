/**
 * Rules that are one comparison: a target while one source is above another, and one while it is not. The commonest rule of
 * all, declared, so that an engine may run it over whole columns; called row by row it answers the same.
 */
import type { SignalDefinition, SignalRow, SourceName } from "./Signal.ts"

export interface Comparison {
  readonly over: SourceName
  readonly under: SourceName
  /** Target while `over` > `under`. */
  readonly above: number
  /** Target while `over` ≤ `under`. While either is missing, what is held stays. */
  readonly otherwise: number
}

/** A comparison by the places of its sources. */
export interface PlacedComparison {
  readonly over: number
  readonly under: number
  readonly above: number
  readonly otherwise: number
}

export interface ComparisonRule {
  (row: SignalRow): number
  readonly comparison: PlacedComparison
}

/** The rule of a signal that only compares; the comparison may depend on the parameters. */
export const comparing =
  <P>(declared: Comparison | ((parameters: P) => Comparison)): SignalDefinition<P>["rule"] =>
  (place, parameters) => {
    const { above, otherwise, ...sources } = typeof declared === "function" ? declared(parameters) : declared
    const over = place(sources.over)
    const under = place(sources.under)
    const rule = (row: SignalRow): number => {
      const [a, b] = [row.value(over), row.value(under)]
      return a > b ? above : a <= b ? otherwise : Number.NaN
    }
    return Object.assign(rule, { comparison: { over, under, above, otherwise } }) satisfies ComparisonRule
  }

/** What a rule compares, when that is all it does. */
export const comparisonOf = (rule: (row: SignalRow) => number): PlacedComparison | undefined =>
  (rule as Partial<ComparisonRule>).comparison
