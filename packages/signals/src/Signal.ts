/**
 * The contract of a signal strategy: columns made of indicators over one instrument's bars, and a rule that names the
 * position to hold after each bar. A rule is deterministic and sees its row and the ones before it, never a later one.
 *
 * The same definition runs over history at once (vectorised) and live, bar by bar (LiveSignal).
 */
import type { Schema } from "effect"

/** A bar's field or the output of another column. */
export type SourceName = string

/** One column: an indicator of the registry over bar fields, unless `of` names other columns. */
export interface ColumnSpec {
  /** Name in the registry of `@outcry/indicators`. */
  readonly indicator: string
  /** The indicator's parameters; what is left out has its default. */
  readonly given?: Readonly<Record<string, number | string>>
  /** Which output, where there are several; default the first. */
  readonly output?: string
  /** Bar fields (`open`, `high`, `low`, `close`, `volume`) or columns that do not need this one, in the indicator's order. */
  readonly of?: ReadonlyArray<SourceName>
}

/** A row as a rule sees it. `ago` counts rows back, 0 or more: a negative one throws. Missing values are NaN. */
export interface SignalRow {
  /** Value of a column by its place in `columns`, or of a bar field after them: see `place`. NaN before the first row. */
  readonly value: (place: number, ago?: number) => number
  /** The target the rule gave for the row before; 0 at first. */
  readonly held: number
  /** Rows since that target last changed: 1 on the row after the change. Where it never has, rows since the first. */
  readonly heldRows: number
  /** When the bar closed, epoch µs. */
  readonly now: number
  /** What the rule keeps from row to row: `memory` numbers, all 0 at first. Whoever runs the rule keeps them for it. */
  readonly memory?: Float64Array
}

/**
 * Exits that the live form also places as orders, in per cent of the close that was decided on (the trailing one: of the
 * best price since). The rule must honour them at closes itself, and give targets of −1, 0 and 1 only. At most one of
 * `stopLoss` and `trailing`.
 */
export interface Protection {
  readonly stopLoss?: number
  readonly takeProfit?: number
  readonly trailing?: number
}

export interface SignalDefinition<P> {
  readonly name: string
  readonly version: number
  /** Must hold `instrument` (an instrument id) and `barSeconds` where the signal is to run live. */
  readonly parameters: Schema.Codec<P, unknown>
  readonly columns: (parameters: P) => Readonly<Record<string, ColumnSpec>>
  /** How far back the rule looks at most, in rows: from 0 to 1,000; without it 10. Live, only so many rows are kept. */
  readonly reach?: (parameters: P) => number
  /** Numbers that `SignalRow.memory` holds; none without it. */
  readonly memory?: number
  readonly protection?: (parameters: P) => Protection
  /**
   * Called once per run with the place of each column and bar field; returns the rule. The rule's answer is the target
   * position in units of the run's size: 1 long, −1 short, 0 flat, anything between; NaN keeps what is held.
   */
  readonly rule: (place: (name: SourceName) => number, parameters: P) => (row: SignalRow) => number
}

/** Declares a signal; infers the type of its parameters from their schema. */
export const defineSignal = <P>(definition: SignalDefinition<P>): SignalDefinition<P> => definition
