/**
 * A walk-forward from a signal and data to its windows, the joined tests as a result, and whether the search as a whole
 * found more than luck: what `outcry walk-forward` does.
 */
import type { BacktestFill, BacktestResult, RoundTrip, RunSummary, RunWarning } from "@outcry/backtest/BacktestResult"
import { resultHash } from "@outcry/backtest/ResultHash"
import { metricNames } from "@outcry/backtest/RunMetrics"
import { type Goal, rankedRuns } from "@outcry/backtest/search/Goal"
import { type OverfitCheck, overfitCheck } from "@outcry/backtest/search/OverfitCheck"
import { type WalkForward, walkForwardBy } from "@outcry/backtest/search/WalkForward"
import type { Point } from "@outcry/backtest/search/ParameterSpace"
import type { Metric } from "@outcry/backtest/report/Figure"
import { barsBetween } from "@outcry/backtest/vector/BarSlice"
import { IndicatorColumns } from "@outcry/backtest/vector/IndicatorColumns"
import { runGrid } from "@outcry/backtest/vector/Grid"
import { type RunTerms, termsOf } from "@outcry/backtest/vector/RunTerms"
import { runSignal } from "@outcry/backtest/vector/VectorRun"
import { momentsOf } from "@outcry/analytics/Moments"
import { simpleReturns, untilRuin } from "@outcry/analytics/Returns"
import { deflatedSharpeAmong } from "@outcry/analytics/SharpeInference"
import type { BarColumns } from "@outcry/signals/BarColumns"
import type { SignalDefinition } from "@outcry/signals/Signal"
import { Effect } from "effect"
import { type UserError, userError } from "../cli/UserError.ts"
import {
  type BacktestTerms,
  checkRange,
  holdingOf,
  intervalOf,
  type Progress,
  rowsWithin,
  signalBars,
  signalOf,
  toldOf,
  vectorTermsOf
} from "./BacktestJob.ts"
import type { ResearchStrategy } from "./ResearchStrategy.ts"
import type { RunData } from "./RunData.ts"
import { figuresOf } from "./RunFigures.ts"
import { barsOfText, pointsOf, spaceOf } from "./SpaceText.ts"
import { guarded } from "./StallGuard.ts"
import { boundParameters } from "./StrategyParameters.ts"

export interface WalkTerms extends BacktestTerms {
  /** As typed. */
  readonly space: string
  readonly train: string
  readonly test: string
  readonly anchored: boolean
  /** Name of a figure of the vectorised run. */
  readonly metric: string
}

export interface WalkDone {
  readonly walk: WalkForward
  /** Parameters that were searched. */
  readonly searched: ReadonlyArray<string>
  /** Closes of the bars, epoch µs: windows are rows of them. */
  readonly timeClose: ReadonlyArray<number>
  /** The joined tests. */
  readonly result: BacktestResult
  readonly metrics: ReadonlyArray<Metric>
  /** The best of all points over the whole range: what a search without walk-forward would have found. */
  readonly best: RunSummary
  readonly overfit: OverfitCheck
  readonly trials: number
}

const lowerIsBetter: ReadonlyArray<string> = ["volatility", "maxDrawdown"]

const goalOf = (metric: string): Goal => {
  if (!metricNames.some((name) => name === metric))
    throw userError("Usage", `There is no figure "${metric}" to choose by.`, `Choose from ${metricNames.join(", ")}.`)
  return { objectives: [{ metric, direction: lowerIsBetter.includes(metric) ? "minimise" : "maximise" }] }
}

/** The tests one after another, each in the money that the ones before it left. */
class JoinedTests {
  readonly fills: Array<BacktestFill> = []
  readonly trades: Array<RoundTrip> = []
  readonly orders: Array<BacktestResult["orders"][number]> = []
  readonly exposure = new Map<number, number>()
  readonly warnings = new Map<string, RunWarning>()
  private level = 1
  private fees = 0
  private funding = 0
  private signals = 0

  add(result: BacktestResult): void {
    const { level } = this
    this.orders.push(...result.orders)
    for (const fill of result.fills)
      this.fills.push({ ...fill, quantity: fill.quantity * level, fee: fill.fee * level })
    for (const trip of result.trades)
      this.trades.push({
        ...trip,
        quantity: trip.quantity * level,
        profit: trip.profit * level,
        fees: trip.fees * level
      })
    result.curve.timeUs.forEach((time, at) => this.exposure.set(time, result.curve.exposure[at]! * level))
    for (const warning of result.warnings) {
      const known = this.warnings.get(warning.code)
      // Those of the data come with every window.
      if (known === undefined || warning.count > known.count) this.warnings.set(warning.code, warning)
    }
    this.fees += result.costs.fees * level
    this.funding += result.costs.funding * level
    this.signals += result.funnel.signals
    this.level *= result.equityEnd / result.equityStart
  }

  result(base: BacktestResult, walk: WalkForward, terms: RunTerms, about: object): BacktestResult {
    const { equity, timeUs } = walk
    const curve = { timeUs, equity, exposure: timeUs.map((time) => this.exposure.get(time) ?? 0) }
    const { fills, orders, trades } = this
    return {
      ...base,
      from: timeUs[0]!,
      to: timeUs.at(-1)!,
      equityStart: terms.cash,
      equityEnd: equity.at(-1)!,
      curve,
      orders,
      fills,
      trades,
      funnel: {
        events: timeUs.length,
        signals: this.signals,
        intents: orders.length,
        refusals: {},
        orders: orders.length,
        fills: fills.length
      },
      costs: { fees: this.fees, funding: this.funding, dividends: 0 },
      assumptions: { ...base.assumptions, walkForward: about },
      warnings: [...this.warnings.values(), ...walk.warnings],
      hash: resultHash({ curve, fills, orders })
    }
  }
}

interface Searched {
  readonly signal: SignalDefinition<unknown>
  readonly bars: BarColumns
  readonly points: ReadonlyArray<Point>
  readonly goal: Goal
  readonly terms: RunTerms
}

const walked = (
  { bars, goal, points, signal, terms }: Searched,
  given: { readonly train: number; readonly test: number; readonly mode: "rolling" | "anchored" },
  progress: (windows: number) => void
) => {
  const store = new IndicatorColumns(bars)
  const joined = new JoinedTests()
  const timeClose = Array.from(bars.timeOpen, (time) => time + bars.intervalUs)
  let windows = 0
  const walk = walkForwardBy(
    {
      search: (range) => {
        progress((windows += 1))
        return runGrid(signal, points, bars, { terms, range, store }).summaries()
      },
      test: (point, range) => {
        const { result, summary } = runSignal(signal, point, bars, { terms, range, store })
        joined.add(result)
        const { equity, exposure, timeUs } = result.curve
        const rowsHeld = exposure.filter((value) => value > 0).length
        return { summary, timeUs, equity, equityStart: terms.cash, rowsHeld }
      }
    },
    timeClose,
    goal,
    { ...given, cash: terms.cash, periodsPerYear: terms.periodsPerYear }
  )
  return { walk, joined, timeClose, store }
}

/** The best of all points over all rows, and whether it is more than the luckiest of them. */
const judged = ({ bars, goal, points, signal, terms }: Searched, store: IndicatorColumns, walk: WalkForward) => {
  const trials = runGrid(signal, points, bars, { terms, store }).summaries()
  const best = rankedRuns(trials, goal)[0]?.summary
  if (best?.metrics["sharpe"] === undefined)
    throw userError(
      "RunRefused",
      "No point of the space traded, so there is nothing to choose.",
      "Give another range, or more bars."
    )
  const base = runSignal(signal, best.parameters, bars, { terms, store }).result
  const returns = simpleReturns(untilRuin(base.curve.equity))
  const { kurtosis = 0, skewness = 0 } = momentsOf(returns)
  const overfit = overfitCheck({
    trials,
    best: best.index,
    periodsPerYear: terms.periodsPerYear,
    observations: returns.length,
    skewness,
    kurtosis: kurtosis + 3,
    efficiency: walk.efficiency,
    deflatedSharpe: (given) =>
      deflatedSharpeAmong(
        {
          sharpe: given.sharpe,
          periods: given.observations,
          skewness: given.skewness,
          kurtosisExcess: given.kurtosis - 3
        },
        given.trialSharpes
      )
  })
  return { best, base, overfit, trials: trials.length }
}

/** What the overfit check flags, as warnings of the result. */
const flagged = ({ flags }: OverfitCheck): ReadonlyArray<RunWarning> =>
  flags.map(({ detail, flag }) => ({ code: flag, detail, count: 1 }))

/** Fails with a UserError. */
export const runWalkForward = Effect.fn("WalkForwardJob.run")(function* (
  strategy: ResearchStrategy,
  data: RunData,
  terms: WalkTerms,
  progress: Progress = () => undefined
) {
  const told = toldOf(strategy.name)
  const tried = <A>(work: () => A): Effect.Effect<A, UserError> => Effect.try({ try: work, catch: told })
  const signal = yield* signalOf(strategy)
  const points = yield* tried(() => pointsOf(spaceOf(terms.space)))
  const goal = yield* tried(() => goalOf(terms.metric))
  const searched = Object.keys(points[0]!)
  // A name that the strategy does not know is refused here, by the value it would first have.
  const firsts = searched.map((name) => `${name}=${String(points[0]![name])}`)
  const bound = yield* boundParameters(strategy, {
    typed: [...terms.parameters, ...firsts],
    instruments: data.instruments,
    intervalSec: intervalOf(data)
  })
  const all = yield* signalBars(strategy.name, bound, data)
  yield* checkRange(
    all.timeOpen.map((time) => time + all.intervalUs),
    data.names,
    terms
  )
  const rows = rowsWithin(all, terms.from, terms.to)
  const bars = barsBetween(all, rows.from, rows.to)
  const fixed = Object.fromEntries(
    Object.entries(bound.encoded).filter(
      (entry): entry is [string, string | number | boolean] =>
        !searched.includes(entry[0]) && typeof entry[1] !== "object"
    )
  )
  return yield* tried((): WalkDone => {
    const runTerms = termsOf(vectorTermsOf(terms, bars))
    const perYear = runTerms.periodsPerYear
    const given = {
      train: barsOfText("train", terms.train, perYear),
      test: barsOfText("test", terms.test, perYear),
      mode: terms.anchored ? ("anchored" as const) : ("rolling" as const)
    }
    const windows = Math.max(1, Math.floor((bars.timeOpen.length - given.train) / given.test))
    const search = { signal, bars, goal, terms: runTerms, points: points.map((point) => ({ ...fixed, ...point })) }
    return guarded(strategy.name, Math.max(terms.stallSec, 600), () => {
      const { joined, store, timeClose, walk } = walked(search, given, (window) => progress(window, windows))
      const { base, best, overfit, trials } = judged(search, store, walk)
      const about = { ...given, space: terms.space, metric: terms.metric, windows: walk.steps.length }
      const made = joined.result(base, walk, runTerms, about)
      const result = {
        ...made,
        seed: terms.seed,
        strategies: made.strategies.map((each) => ({ ...each, parameters: fixed })),
        warnings: [...flagged(overfit), ...made.warnings]
      }
      const metrics = figuresOf(result, holdingOf(data))
      return { walk, searched, timeClose, result, metrics, best, overfit, trials }
    })
  })
})
