/**
 * One signal over one instrument's bars at once, with everything a result holds. What a grid gives for the same parameters
 * is the same run without the record.
 */
import type { BarColumns } from "@outcry/signals/BarColumns"
import type { SignalDefinition } from "@outcry/signals/Signal"
import type { BacktestResult, RunSummary } from "../BacktestResult.ts"
import { metricsRecord } from "../RunMetrics.ts"
import { IndicatorColumns } from "./IndicatorColumns.ts"
import { FillRecord } from "./FillRecord.ts"
import { type TermsGiven, termsOf } from "./RunTerms.ts"
import { type RowRange, SignalRunner } from "./SignalRunner.ts"
import { vectorResult } from "./VectorResult.ts"

export interface VectorGiven {
  readonly terms?: TermsGiven
  readonly range?: RowRange
  /** Over the same bars, so that columns are shared with other runs. */
  readonly store?: IndicatorColumns
}

/** Throws RunRefused for bars, terms, columns or parameters that cannot run, and what the rule throws. */
export const runSignal = <P>(
  definition: SignalDefinition<P>,
  parameters: unknown,
  bars: BarColumns,
  given: VectorGiven = {}
): { readonly result: BacktestResult; readonly summary: RunSummary } => {
  const terms = termsOf(given.terms)
  const store = given.store ?? new IndicatorColumns(bars)
  const range = given.range ?? { from: 0, to: store.rows }
  const curve = { equity: new Float64Array(store.rows), quantity: new Float64Array(store.rows) }
  const runner = new SignalRunner(definition, store, terms, curve)
  const record = new FillRecord(definition.name, [bars], terms)
  runner.holding.listener = record
  const own = runner.run(parameters, range)
  const { changes, holding, metrics, purse } = runner
  const { from, to } = range
  if (holding.quantity !== 0) record.leftOpen(0, to - 1, holding.profit(bars.close[to - 1]!))
  const last = changes.count - 1
  if (terms.fillAt === "nextOpen" && last >= 0 && changes.rows[last] === to - 1)
    record.undone(0, to - 1, changes.targets[last]! > (last > 0 ? changes.targets[last - 1]! : 0))
  const close = (row: number): number => bars.timeOpen[row]! + bars.intervalUs
  const rows = Array.from({ length: to - from }, (_, at) => from + at)
  const warnings = [...runner.warnings, ...own]
  const values = metrics.values.slice()
  return {
    result: vectorResult({
      signal: definition,
      parameters,
      bars: [bars],
      terms,
      record,
      purse,
      curve: {
        timeUs: rows.map(close),
        equity: Array.from(curve.equity.subarray(from, to)),
        exposure: rows.map((row) => Math.abs(curve.quantity[row]!) * bars.close[row]!)
      },
      from: close(from),
      to: close(to - 1),
      rows: to - from,
      decisions: changes.count,
      warnings
    }),
    summary: {
      index: 0,
      parameters: parameters as RunSummary["parameters"],
      metrics: metricsRecord(values),
      trades: purse.trades,
      warnings
    }
  }
}
