/**
 * Runs of one signal over one instrument's bars, one after another with other parameters or rows: the columns are shared,
 * the memory is reused, and a run allocates nothing per bar. What it leaves is read before the next run.
 */
import { Schema } from "effect"
import type { SignalDefinition } from "@outcry/signals/Signal"
import type { RunWarning } from "../BacktestResult.ts"
import { RunMetrics } from "../RunMetrics.ts"
import { refuse } from "../RunRefused.ts"
import { checkedBars, dateOf } from "./BarCheck.ts"
import { type ColumnPlan, planColumns } from "./ColumnPlan.ts"
import type { IndicatorColumns } from "./IndicatorColumns.ts"
import { Holding, Purse } from "./Holding.ts"
import { RuleRow } from "./RuleRow.ts"
import type { RunTerms } from "./RunTerms.ts"
import { type CurveColumns, Simulation } from "./Simulation.ts"
import { TargetChanges } from "./TargetChanges.ts"

/** Rows `from` up to, not including, `to`. Columns know the history before; the account starts flat. */
export interface RowRange {
  readonly from: number
  readonly to: number
}

/** Rows back that a rule may look where its signal does not say. */
const reachByDefault = 10

/** What the terms themselves make doubtful. */
export const termsWarnings = (terms: RunTerms): ReadonlyArray<RunWarning> =>
  terms.fillAt === "close"
    ? [
        {
          code: "filledAtDecisionClose",
          detail:
            "Targets trade at the very close they were decided on, which flatters: trust it only where such an order can be placed",
          count: 1
        }
      ]
    : []

/** The parameters as the signal's schema knows them; throws RunRefused. */
export const decodedBy = <P>(definition: SignalDefinition<P>): ((given: unknown) => P) => {
  const decode = Schema.decodeUnknownSync(definition.parameters)
  return (given) => {
    try {
      return decode(given)
    } catch (error) {
      return refuse(
        `parameters of ${definition.name}`,
        `are refused: ${error instanceof Error ? error.message : String(error)}`,
        "Correct them or leave them out for their defaults."
      )
    }
  }
}

export class SignalRunner<P> {
  readonly definition: SignalDefinition<P>
  readonly store: IndicatorColumns
  readonly terms: RunTerms
  readonly metrics = new RunMetrics()
  readonly purse = new Purse()
  readonly holding: Holding
  readonly simulation: Simulation
  readonly changes: TargetChanges
  /** Of the bars and the terms: they hold for every run. */
  readonly warnings: ReadonlyArray<RunWarning>
  readonly barWarnings: ReadonlyArray<RunWarning>
  private readonly row: RuleRow
  private readonly decode: (given: unknown) => P

  /** Checks the bars; throws RunRefused. `curve`: where value and position at every close are to be kept. */
  constructor(definition: SignalDefinition<P>, store: IndicatorColumns, terms: RunTerms, curve?: CurveColumns) {
    this.definition = definition
    this.store = store
    this.terms = terms
    this.barWarnings = checkedBars(store.bars)
    this.warnings = [...this.barWarnings, ...termsWarnings(terms)]
    this.holding = new Holding(0, this.purse, terms)
    this.simulation = new Simulation({
      bars: store.bars,
      history: store.history(),
      terms,
      purse: this.purse,
      holding: this.holding,
      metrics: this.metrics,
      curve
    })
    this.changes = new TargetChanges(store.rows)
    this.row = new RuleRow(store.bars)
    this.decode = decodedBy(definition)
  }

  /**
   * Runs with parameters as given; answers what is doubtful about this run alone. The figures are in `metrics`. Throws
   * RunRefused and what the rule throws.
   */
  run(given: unknown, range: RowRange = { from: 0, to: this.store.rows }): ReadonlyArray<RunWarning> {
    const doubts = this.decide(given, range)
    this.simulation.run(this.changes, range.from, range.to)
    const { purse } = this
    return purse.cut === 0 && purse.ruinedAt < 0 ? doubts : [...doubts, ...this.misfortunes(range)]
  }

  /** Only the rule: its targets are in `changes`. Answers and throws as `run`. */
  decide(given: unknown, { from, to }: RowRange): ReadonlyArray<RunWarning> {
    const { changes, definition } = this
    if (!(from >= 0 && to <= this.store.rows && to - from >= 2))
      refuse("range", `has the rows ${from} to ${to} of ${this.store.rows}`, "Give a range of at least two bars.")
    const parameters = this.decode(given)
    const plan = planColumns(definition.columns(parameters), this.store)
    this.row.begin(plan.columns, from, definition.reach?.(parameters) ?? reachByDefault, definition.memory ?? 0)
    changes.collect(definition.rule(plan.place, parameters), this.row, from, to)
    return this.doubts(plan, to)
  }

  private doubts({ warmUp }: ColumnPlan, to: number): ReadonlyArray<RunWarning> {
    const { changes, store } = this
    const early = changes.count > 0 && changes.rows[0]! < warmUp
    if (warmUp < to - 1 && !early) return noWarnings
    const warnings: Array<RunWarning> = []
    if (warmUp >= to - 1)
      warnings.push({
        code: "tooFewBars",
        detail: `The columns need ${warmUp} bars before their first value and there are ${to}: give more history or shorter windows`,
        count: 1
      })
    if (early)
      warnings.push({
        code: "tradedInWarmUp",
        detail: `The rule named a target at ${dateOf(store.bars.timeOpen[changes.rows[0]!]!)}, before its columns had values: let it answer 0 or NaN while they are NaN`,
        count: changes.rows.subarray(0, changes.count).filter((row) => row < warmUp).length
      })
    return warnings
  }

  private misfortunes({ from, to }: RowRange): ReadonlyArray<RunWarning> {
    const { purse, store, terms } = this
    const warnings: Array<RunWarning> = []
    if (purse.cut > 0)
      warnings.push({
        code: "sizeCut",
        detail: `Positions were cut to ${terms.grossMax} × equity: lower the size or raise grossMax`,
        count: purse.cut
      })
    if (purse.ruinedAt >= 0)
      warnings.push({
        code: "ruined",
        detail: `Equity was gone at ${dateOf(store.bars.timeOpen[purse.ruinedAt]!)} in rows ${from} to ${to}: nothing is traded after`,
        count: 1
      })
    return warnings
  }
}

const noWarnings: ReadonlyArray<RunWarning> = []
