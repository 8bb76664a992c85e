/**
 * Walk-forward: on each window the search chooses on what came before, and the choice is tried on what comes next. The tests
 * joined are the only part of a search's result that it could have had.
 *
 * Efficiency: mean annual return of the tests over that of the choices on their own windows. Source: R. Pardo, The
 * Evaluation and Optimization of Trading Strategies, 2008: below one half, the search fits noise.
 */
import type { BarColumns } from "@outcry/signals/BarColumns"
import type { SignalDefinition } from "@outcry/signals/Signal"
import type { RunSummary, RunWarning } from "../BacktestResult.ts"
import { metricsRecord, RunMetrics } from "../RunMetrics.ts"
import { IndicatorColumns } from "../vector/IndicatorColumns.ts"
import { runGrid } from "../vector/Grid.ts"
import { type TermsGiven, termsOf } from "../vector/RunTerms.ts"
import type { RowRange } from "../vector/SignalRunner.ts"
import { runSignal } from "../vector/VectorRun.ts"
import { checkedGoal, type Goal, rankedRuns } from "./Goal.ts"
import type { Point } from "./ParameterSpace.ts"
import { type WalkGiven, type WalkWindow, walkWindows } from "./SampleSplit.ts"

/** How runs are made over a range of rows: vectorised, event-driven or by a cluster's study. */
export interface WalkRuns {
  readonly search: (range: RowRange) => ReadonlyArray<RunSummary>
  /** A run of one point with its equity at every row's close, from `equityStart` on. */
  readonly test: (
    point: Point,
    range: RowRange
  ) => {
    readonly summary: RunSummary
    readonly timeUs: ReadonlyArray<number>
    readonly equity: ReadonlyArray<number>
    readonly equityStart: number
    readonly rowsHeld: number
  }
}

export interface WalkStep extends WalkWindow {
  /** The choice on the training rows; undefined where no run kept the limits: then nothing is traded. */
  readonly chosen: RunSummary | undefined
  readonly tested: RunSummary | undefined
}

export interface WalkForward {
  readonly steps: ReadonlyArray<WalkStep>
  /** Equity of the tests, each carried on with what the one before left. */
  readonly timeUs: ReadonlyArray<number>
  readonly equity: ReadonlyArray<number>
  /** Of the joined tests; win rate and profit factor stand in the tests alone. */
  readonly metrics: Readonly<Record<string, number>>
  /** Undefined where the choices earned nothing on their own windows. */
  readonly efficiency: number | undefined
  /** How many tests made money, as a share of those that traded. */
  readonly winning: number | undefined
  readonly warnings: ReadonlyArray<RunWarning>
}

const mean = (values: ReadonlyArray<number>): number | undefined =>
  values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length

/** Chooses by `goal`, among runs that keep all its limits. */
const chosenOf = (summaries: ReadonlyArray<RunSummary>, goal: Goal): RunSummary | undefined => {
  const best = rankedRuns(summaries, goal)[0]
  const [objective] = goal.objectives
  if (best === undefined || best.violation > 0) return undefined
  return best.summary.metrics[objective!.metric] === undefined ? undefined : best.summary
}

class Joined {
  readonly timeUs: Array<number> = []
  readonly equity: Array<number> = []
  rowsHeld = 0
  trades = 0
  private level: number

  constructor(start: number) {
    this.level = start
  }

  add(test: ReturnType<WalkRuns["test"]>): void {
    const { equity, equityStart, rowsHeld, summary, timeUs } = test
    const factor = this.level / equityStart
    timeUs.forEach((time, at) => {
      this.timeUs.push(time)
      this.equity.push(equity[at]! * factor)
    })
    this.level = this.equity.at(-1)!
    this.rowsHeld += rowsHeld
    this.trades += summary.trades
  }

  /** A window in which nothing could be chosen: the money waits. */
  wait(times: ReadonlyArray<number>): void {
    for (const time of times) {
      this.timeUs.push(time)
      this.equity.push(this.level)
    }
  }
}

const figures = (joined: Joined, start: number, periodsPerYear: number): Readonly<Record<string, number>> => {
  const metrics = new RunMetrics()
  metrics.begin(start, joined.equity[0]!)
  for (const value of joined.equity) metrics.take(value)
  metrics.finish(joined.equity.length, joined.rowsHeld, periodsPerYear, {
    trades: joined.trades,
    wins: Number.NaN,
    gains: Number.NaN,
    losses: Number.NaN
  })
  return metricsRecord(metrics.values)
}

/** Walks over `rows` rows whose closes are at `timeClose`. Throws RunRefused. */
export const walkForwardBy = (
  runs: WalkRuns,
  timeClose: ReadonlyArray<number>,
  goal: Goal,
  given: WalkGiven & { readonly cash: number; readonly periodsPerYear: number }
): WalkForward => {
  checkedGoal(goal)
  const joined = new Joined(given.cash)
  const steps = walkWindows(timeClose.length, given).map((window): WalkStep => {
    const chosen = chosenOf(runs.search(window.train), goal)
    if (chosen === undefined) {
      joined.wait(timeClose.slice(window.test.from, window.test.to))
      return { ...window, chosen, tested: undefined }
    }
    const test = runs.test(chosen.parameters, window.test)
    joined.add(test)
    return { ...window, chosen, tested: test.summary }
  })
  const annual = (run: RunSummary | undefined) => run?.metrics["annualReturn"] ?? 0
  const tested = steps.filter((step) => step.tested !== undefined)
  const inside = mean(tested.map(({ chosen }) => annual(chosen))) ?? 0
  const outside = mean(tested.map((step) => annual(step.tested)))
  const idle = steps.length - tested.length
  return {
    steps,
    timeUs: joined.timeUs,
    equity: joined.equity,
    metrics: figures(joined, given.cash, given.periodsPerYear),
    efficiency: outside === undefined || inside <= 0 ? undefined : outside / inside,
    winning: mean(tested.map((step) => ((step.tested?.metrics["totalReturn"] ?? 0) > 0 ? 1 : 0))),
    warnings:
      idle === 0
        ? []
        : [
            {
              code: "nothingChosen",
              detail: `In ${idle} of ${steps.length} windows no run kept the limits: nothing was traded there`,
              count: idle
            }
          ]
  }
}

/** Of a signal over bars, each window searched over all `points`. Throws RunRefused and what the rule throws. */
export const walkForward = <P>(
  definition: SignalDefinition<P>,
  points: ReadonlyArray<Point>,
  bars: BarColumns,
  goal: Goal,
  given: WalkGiven & { readonly terms?: TermsGiven }
): WalkForward => {
  const terms = termsOf(given.terms)
  const store = new IndicatorColumns(bars)
  return walkForwardBy(
    {
      search: (range) => runGrid(definition, points, bars, { terms, range, store }).summaries(),
      test: (point, range) => {
        const { result, summary } = runSignal(definition, point, bars, { terms, range, store })
        const { equity, exposure, timeUs } = result.curve
        const rowsHeld = exposure.filter((value) => value > 0).length
        return { summary, timeUs, equity, equityStart: terms.cash, rowsHeld }
      }
    },
    Array.from(bars.timeOpen, (time) => time + bars.intervalUs),
    goal,
    { ...given, cash: terms.cash, periodsPerYear: terms.periodsPerYear }
  )
}
