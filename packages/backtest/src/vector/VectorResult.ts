/** The full result of a vectorised run. */
import type { BarColumns } from "@outcry/signals/BarColumns"
import type { BacktestResult, RunWarning } from "../BacktestResult.ts"
import { resultHash } from "../ResultHash.ts"
import type { FillRecord } from "./FillRecord.ts"
import type { Purse } from "./Holding.ts"
import type { RunTerms } from "./RunTerms.ts"

export interface VectorOutcome {
  readonly signal: { readonly name: string; readonly version: number }
  readonly parameters: unknown
  readonly bars: ReadonlyArray<BarColumns>
  readonly terms: RunTerms
  readonly record: FillRecord
  readonly purse: Purse
  readonly curve: BacktestResult["curve"]
  readonly from: number
  readonly to: number
  readonly rows: number
  /** Targets that differed from the one before. */
  readonly decisions: number
  readonly warnings: ReadonlyArray<RunWarning>
}

export const vectorResult = (outcome: VectorOutcome): BacktestResult => {
  const { bars, curve, decisions, purse, record, rows, signal, terms } = outcome
  return {
    version: 1,
    kind: "vectorised",
    strategies: [{ id: signal.name, name: signal.name, version: signal.version, parameters: outcome.parameters }],
    instruments: bars.map(({ instrument }) => instrument),
    from: outcome.from,
    to: outcome.to,
    seed: 0,
    asset: bars[0]!.instrument.split("/")[1] ?? "quote",
    equityStart: terms.cash,
    equityEnd: curve.equity.at(-1)!,
    curve,
    orders: record.orders,
    fills: record.fills,
    trades: record.trades,
    funnel: {
      events: rows,
      signals: decisions,
      intents: record.orders.length,
      refusals: {},
      orders: record.orders.length,
      fills: record.fills.length
    },
    costs: { fees: 0 - purse.fees, funding: 0 - purse.financing, dividends: 0 },
    assumptions: {
      ...terms,
      amounts: "floats on the prices given, which count as adjusted; ticks and lots are 0"
    },
    warnings: outcome.warnings,
    hash: resultHash({ orders: record.orders, fills: record.fills, curve })
  }
}
