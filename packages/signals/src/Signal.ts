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
  readonly given?: Readonly<Record<string, number>>
  /** Which output, where there are several; default the first. */
  readonly output?: string
  /** Bar fields (`open`, `high`, `low`, `close`, `volume`) or columns declared before this one, in the indicator's order. */
  readonly of?: ReadonlyArray<SourceName>
}

/** A row as a rule sees it. `ago` counts rows back, 0 or more: a negative one throws. Missing values are NaN. */
export interface SignalRow {
  /** Value of a column by its place in `columns`, or of a bar field after them: see `place`. */
  readonly value: (place: number, ago?: number) => number
  /** The target the rule gave for the row before; 0 at first. */
  readonly held: number
  /** Rows since that target last changed. */
  readonly heldRows: number
  /** When the bar closed, epoch µs. */
  readonly now: number
}

export interface SignalDefinition<P> {
  readonly name: string
  readonly version: number
  /** Must hold `instrument` (an instrument id) and `barSeconds` where the signal is to run live. */
  readonly parameters: Schema.Codec<P, unknown>
  readonly columns: (parameters: P) => Readonly<Record<string, ColumnSpec>>
  /**
   * Called once per run with the place of each column and bar field; returns the rule. The rule's answer is the target
   * position in units of the run's size: 1 long, −1 short, 0 flat, anything between; NaN keeps what is held.
   */
  readonly rule: (place: (name: SourceName) => number, parameters: P) => (row: SignalRow) => number
}

/** Declares a signal; infers the type of its parameters from their schema. */
export const defineSignal = <P>(definition: SignalDefinition<P>): SignalDefinition<P> => definition
