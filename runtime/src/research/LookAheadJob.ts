/**
 * Whether a strategy knows the future, and how much history its indicators need. A signal is evaluated over bars that are
 * cut off or changed after many points; any other strategy is run on them event by event, and its orders are compared.
 */
import type { RunWarning } from "@outcry/backtest/BacktestResult"
import { runBacktest } from "@outcry/backtest/Backtest"
import {
  checkLookAhead,
  checkSignalLookAhead,
  type LookAheadReport,
  type TimedDecision
} from "@outcry/backtest/LookAhead"
import { type ColumnRecursion, signalRecursion } from "@outcry/backtest/Recursive"
import { planSignal } from "@outcry/signals/SignalPlan"
import type { BarColumns } from "@outcry/signals/BarColumns"
import { Effect } from "effect"
import { userError } from "../cli/UserError.ts"
import { type BacktestTerms, signalBars, toldOf } from "./BacktestJob.ts"
import type { ResearchStrategy } from "./ResearchStrategy.ts"
import { type RunData, tapeOfBars } from "./RunData.ts"
import { guarded } from "./StallGuard.ts"
import type { BoundParameters } from "./StrategyParameters.ts"

export interface CheckReport {
  /** Nothing was decided on what was not known yet. */
  readonly passed: boolean
  readonly checks: number
  readonly decisions: number
  readonly warnings: ReadonlyArray<RunWarning>
  /** Of a signal: its warm-up, and by column how many bars its value needs to be the whole history's. */
  readonly warmupBars: number | undefined
  readonly recursion: ReadonlyArray<ColumnRecursion>
}

/** Orders as a run over these bars would ask for them; what it lends and costs stays the same. */
const ordersOf =
  (strategy: ResearchStrategy, data: RunData, terms: BacktestTerms, bound: BoundParameters) =>
  (bars: BarColumns): ReadonlyArray<TimedDecision> => {
    const { instrument } = data.series[0]!
    const spans = bound.feeds.flatMap(({ barSeconds }) => (barSeconds === undefined ? [] : [barSeconds * 1_000_000]))
    const { orders } = runBacktest({
      tape: tapeOfBars([{ bars, instrument, actions: [] }], spans),
      instruments: [instrument],
      strategies: [{ definition: strategy.live, parameters: bound.encoded }],
      accounts: [{ balances: { [instrument.quote]: "1000000000000" }, loans: { [instrument.base]: "1000000000" } }],
      seed: terms.seed
    })
    return orders.map(({ lots, side, timeIntent }) => ({ timeUs: timeIntent, value: side === "buy" ? lots : -lots }))
  }

const minimal = (report: LookAheadReport): CheckReport => ({
  passed: report.passed,
  checks: report.checks,
  decisions: report.decisions,
  warnings: report.warnings,
  warmupBars: undefined,
  recursion: []
})

/** Fails with a UserError where there are no bars to change, or several instruments. */
export const lookAheadOf = Effect.fn("LookAheadJob.of")(function* (
  strategy: ResearchStrategy,
  data: RunData,
  terms: BacktestTerms,
  bound: BoundParameters
) {
  const { name, signal } = strategy
  const told = toldOf(name)
  const checked = <A>(work: () => A) => Effect.try({ try: () => guarded(name, terms.stallSec, work), catch: told })
  if (signal === undefined) {
    const [series, other] = data.series
    if (series === undefined || other !== undefined)
      return yield* userError(
        "Usage",
        `--check changes the bars of one instrument, and ${data.names.join(", ")} are no such bars.`,
        "Leave --check out: an event-driven run gives nothing before its time."
      )
    const orders = ordersOf(strategy, data, terms, bound)
    return minimal(yield* checked(() => checkLookAhead(orders, series.raw, { seed: terms.seed, points: 8 })))
  }
  const bars = yield* signalBars(name, bound, data)
  return yield* checked((): CheckReport => {
    const report = checkSignalLookAhead(signal, bound.encoded, bars, { seed: terms.seed })
    const { warmupBars } = planSignal(signal, bound.decoded)
    const columns = Object.keys(signal.columns(bound.decoded)).length
    const recursion = columns === 0 || bars.timeOpen.length < 60 ? [] : signalRecursion(signal, bound.encoded, bars)
    return { ...minimal(report), warmupBars, recursion }
  })
})
