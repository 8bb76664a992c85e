/**
 * Runs the tasks of one study: pure functions of its order and of their own parameters and seed. What is the same for all
 * of them (checked data, indicator columns, the tape) is made once and used by each.
 */
import { addCorporateActions } from "@outcry/backtest/data/CorporateActions"
import { runBacktest } from "@outcry/backtest/Backtest"
import { strategySpec } from "@outcry/backtest/BacktestSpec"
import type { BacktestResult, RunSummary } from "@outcry/backtest/BacktestResult"
import type { MarketTape } from "@outcry/backtest/MarketTape"
import { metricsRecord, RunMetrics } from "@outcry/backtest/RunMetrics"
import type { StudySpec } from "@outcry/backtest/search/StudySpec"
import { TapeBuilder } from "@outcry/backtest/TapeBuilder"
import { IndicatorColumns } from "@outcry/backtest/vector/IndicatorColumns"
import { runGrid } from "@outcry/backtest/vector/Grid"
import { type RunTerms, termsOf } from "@outcry/backtest/vector/RunTerms"
import type { RowRange } from "@outcry/backtest/vector/SignalRunner"
import type { BarColumns } from "@outcry/signals/BarColumns"
import { reasonOf } from "../cli/UserError.ts"
import { loanOf } from "./BacktestJob.ts"
import type { ResearchData } from "./ResearchData.ts"
import type { ResearchStrategy } from "./ResearchStrategy.ts"

/** A task as it is handed out. */
export interface TaskAsked {
  readonly index: number
  readonly parameters: RunSummary["parameters"]
  readonly seed: number
}

export type TaskOutcome =
  | { readonly summary: RunSummary }
  | { readonly failed: { readonly index: number; readonly reason: string } }

export interface TaskRunner {
  /** In the order of the tasks. */
  readonly run: (tasks: ReadonlyArray<TaskAsked>) => ReadonlyArray<TaskOutcome>
}

/** A task whose parameters are refused has ended as much as any other: it is not tried again. */
const refused = (task: TaskAsked, reason: string): TaskOutcome => ({
  summary: {
    index: task.index,
    parameters: task.parameters,
    metrics: {},
    trades: 0,
    warnings: [{ code: "parametersRefused", detail: reason, count: 1 }]
  }
})

/** What the data decide unless the task says otherwise: a strategy without such a parameter pays no heed to it. */
const fittedTo = ({ bars, instrument }: ResearchData): Readonly<Record<string, string | number>> => ({
  instrument: instrument.id,
  barSeconds: bars.intervalUs / 1_000_000
})

/** Rows whose bars begin within the range; at least one bar apart. */
const rowsWithin = ({ timeOpen }: BarColumns, { from, to }: StudySpec["range"]): RowRange => {
  let first = 0
  while (first < timeOpen.length && timeOpen[first]! < from) first++
  let last = first
  while (last < timeOpen.length && timeOpen[last]! < to) last++
  return { from: first, to: last }
}

const vectorised = (spec: StudySpec, strategy: ResearchStrategy, data: ResearchData): TaskRunner => {
  const { signal } = strategy
  if (signal === undefined)
    throw new RangeError(
      `${strategy.path} exports no signal: write it with defineSignal and export it as \`signal\`, or ask for an event-driven study.`
    )
  const store = new IndicatorColumns(data.bars)
  const range = rowsWithin(data.bars, spec.range)
  const run = (tasks: ReadonlyArray<TaskAsked>): ReadonlyArray<TaskOutcome> => {
    const points = tasks.map(({ parameters }) => ({ ...fittedTo(data), ...parameters }))
    const grid = runGrid(signal, points, data.bars, { ...(spec.terms && { terms: spec.terms }), range, store })
    const reasons = new Map(grid.refused.map(({ index, reason }) => [index, reason]))
    return tasks.map((task, at) => {
      const summary = grid.summary(at)
      if (summary === undefined) return refused(task, reasons.get(at) ?? "its parameters are refused")
      return { summary: { ...summary, index: task.index, parameters: task.parameters } }
    })
  }
  return { run }
}

const tapeOf = (data: ReadonlyArray<ResearchData>): MarketTape => {
  const builder = new TapeBuilder(data.map(({ instrument }) => instrument.id))
  for (const { actions, instrument, raw } of data) {
    builder.addBars(raw, instrument, { rounding: "nearest" })
    addCorporateActions(builder, instrument.id, actions)
  }
  return builder.build()
}

/** The figures of a vectorised run, from an event-driven one's curve and round trips. */
const figuresOf = (result: BacktestResult, periodsPerYear: number): Readonly<Record<string, number>> => {
  const { equity, exposure } = result.curve
  if (equity.length < 2) return {}
  const metrics = new RunMetrics()
  metrics.begin(result.equityStart, equity[0]!)
  for (let at = 1; at < equity.length; at++) metrics.take(equity[at]!)
  const profits = result.trades.map(({ profit }) => profit)
  metrics.finish(equity.length, exposure.filter((value) => value > 0).length, periodsPerYear, {
    trades: profits.length,
    wins: profits.filter((profit) => profit > 0).length,
    gains: profits.reduce((sum, profit) => sum + Math.max(0, profit), 0),
    losses: profits.reduce((sum, profit) => sum - Math.min(0, profit), 0)
  })
  return metricsRecord(metrics.values)
}

const eventDriven = (spec: StudySpec, strategy: ResearchStrategy, data: ReadonlyArray<ResearchData>): TaskRunner => {
  const tape = tapeOf(data)
  const terms: RunTerms = termsOf(spec.terms)
  const [{ instrument }] = data as [ResearchData, ...Array<ResearchData>]
  const loans = Object.fromEntries(data.map((each) => loanOf(each.instrument, terms.cash, each.raw.close[0] ?? 0)))
  const one = (task: TaskAsked): TaskOutcome => {
    try {
      const result = runBacktest({
        tape,
        instruments: data.map((each) => each.instrument),
        strategies: [strategySpec(strategy.live, { parameters: { ...fittedTo(data[0]!), ...task.parameters } })],
        accounts: [{ balances: { [instrument.quote]: String(terms.cash) }, loans }],
        seed: task.seed,
        from: spec.range.from,
        to: spec.range.to,
        fees: { kind: "basisPoints", makerBps: terms.feeBps, takerBps: terms.feeBps },
        slippage: { kind: "basisPoints", bps: terms.slippageBps }
      })
      return {
        summary: {
          index: task.index,
          parameters: task.parameters,
          metrics: figuresOf(result, terms.periodsPerYear),
          trades: result.trades.length,
          warnings: result.warnings
        }
      }
    } catch (error) {
      return { failed: { index: task.index, reason: reasonOf(error) } }
    }
  }
  return { run: (tasks) => tasks.map(one) }
}

/** Throws RangeError or the packages' own errors where the order cannot be carried out with this strategy and data. */
export const taskRunner = (
  spec: StudySpec,
  strategy: ResearchStrategy,
  data: ReadonlyArray<ResearchData>
): TaskRunner => {
  if (strategy.hash !== spec.strategy.hash)
    throw new RangeError(
      `${strategy.path} is another file than the study was asked for with. Put it back, or begin a new study.`
    )
  spec.data.forEach(({ hash, id }, at) => {
    if (data[at]?.hash !== hash)
      throw new RangeError(`The data ${id} are others than the study was asked for with. Put them back, or begin anew.`)
  })
  return spec.kind === "vectorised" ? vectorised(spec, strategy, data[0]!) : eventDriven(spec, strategy, data)
}
