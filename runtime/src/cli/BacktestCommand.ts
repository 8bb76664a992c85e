/**
 * `outcry backtest`: a strategy over history, event by event or vectorised. Figures go to stdout, what was chosen for the
 * user and where files went to stderr. Exit code 1 where `--check` finds that it knows the future.
 */
import type { BacktestResult } from "@outcry/backtest/BacktestResult"
import { curveCsv, fillsCsv, ordersCsv, tradesCsv } from "@outcry/backtest/report/Csv"
import type { Metric } from "@outcry/backtest/report/Figure"
import type { ReportTable } from "@outcry/backtest/report/FigureTables"
import { resultJson } from "@outcry/backtest/report/Json"
import { tearSheet } from "@outcry/backtest/report/TearSheet"
import { resultText } from "@outcry/backtest/report/TextReport"
import type { ResearchKind } from "@outcry/store/ResearchRuns"
import { Effect, Option } from "effect"
import { join } from "node:path"
import { dataFolderAt } from "../floor/DataFolder.ts"
import { holdingOf, runBacktestJob, termsByDefault, toldOf } from "../research/BacktestJob.ts"
import { isDatabaseGiven, keepResult, openKept } from "../research/KeptResult.ts"
import { lookAheadOf, type CheckReport } from "../research/LookAheadJob.ts"
import { loadResearchStrategy, type ResearchStrategy } from "../research/ResearchStrategy.ts"
import { loadRunData, type RunData } from "../research/RunData.ts"
import { figureRecord } from "../research/RunFigures.ts"
import { checkTable, checkText } from "./CheckText.ts"
import { resampledTrips, tripsTable, tripsText } from "./MonteCarloText.ts"
import { data, json, message, onStdout, terminalStyle } from "./Output.ts"
import { claimFiles, writeFolder, writeText } from "./ReportFile.ts"
import type { DataGiven, RunGiven } from "./ResearchFlags.ts"
import { runProgress } from "./RunProgress.ts"
import { exitCodes } from "./UserError.ts"

export interface BacktestFlags extends DataGiven, RunGiven {
  readonly strategy: string
  readonly kind: "event" | "vectorised"
  readonly latencyMs: number
  readonly longOnly: boolean
  readonly benchmark: Option.Option<string>
  readonly check: boolean
  readonly monteCarlo: Option.Option<number>
  readonly report: Option.Option<string>
  readonly csv: Option.Option<string>
  readonly save: Option.Option<string>
  readonly keep: boolean
  readonly json: boolean
}

/** `a,b` and repeated flags alike. */
export const namesOf = (on: ReadonlyArray<string>): ReadonlyArray<string> =>
  on.flatMap((each) => each.split(",")).filter((each) => each !== "")

/** The data that flags name. */
export const loadGiven = (given: DataGiven, names: ReadonlyArray<string>) =>
  Effect.tryPromise({
    try: () =>
      loadRunData(names, {
        store: join(dataFolderAt(Option.getOrUndefined(given.data)).root, "datasets"),
        ...Option.match(given.instrument, { onNone: () => ({}), onSome: (instrument) => ({ instrument }) }),
        ...Option.match(given.tick, { onNone: () => ({}), onSome: (tick) => ({ tick }) }),
        ...Option.match(given.lot, { onNone: () => ({}), onSome: (lot) => ({ lot }) })
      }),
    catch: toldOf("the data")
  })

/** What flags say of a run, with the engine's names. */
export const termsGiven = (flags: RunGiven) => ({
  ...termsByDefault,
  parameters: flags.param,
  from: Option.getOrUndefined(flags.from),
  to: Option.getOrUndefined(flags.to),
  cash: flags.cash,
  feeBps: flags.feeBps,
  slippageBps: flags.slippageBps,
  fillAt: flags.fillAt,
  size: Option.getOrUndefined(flags.size),
  seed: flags.seed,
  stallSec: flags.stallSec
})

export const factsOf = (found: RunData): ReadonlyArray<readonly [string, string]> => [
  ["Data", found.names.join(", ")],
  ...found.series.map(({ hash, instrument }) => [`Data hash, ${instrument.id}`, hash] as const)
]

const files = (result: BacktestResult): Readonly<Record<string, string>> => ({
  "orders.csv": ordersCsv(result),
  "fills.csv": fillsCsv(result),
  "trades.csv": tradesCsv(result),
  "curve.csv": curveCsv(result)
})

/** Costs that were left at nothing are the first thing to doubt. */
const hints = (flags: BacktestFlags): ReadonlyArray<string> => [
  ...(flags.feeBps === 0 && flags.slippageBps === 0
    ? ["No fees and no slippage were assumed: state them with --fee-bps and --slippage-bps."]
    : []),
  ...(Option.isNone(flags.report) && !flags.json ? ["See it whole with --report run.html; check it with --check."] : [])
]

/** The shown figures: everything at a glance, in the order of the definitions. */
const glance = [
  "totalReturn",
  "cagr",
  "volatility",
  "sharpe",
  "sortino",
  "calmar",
  "maxDrawdown",
  "longestDrawdown",
  "exposure",
  "turnover",
  "trades",
  "winRate",
  "profitFactor",
  "expectancy",
  "averageHolding",
  "valueAtRisk",
  "benchmarkReturn",
  "alpha",
  "beta"
]

export const shownMetrics = (metrics: ReadonlyArray<Metric>): ReadonlyArray<Metric> =>
  metrics.filter(({ key }) => glance.includes(key))

/** Keeps a result where it was asked for, or a database is at hand. */
export const keepGiven = Effect.fnUntraced(function* (
  flags: { readonly keep: boolean; readonly data: Option.Option<string> },
  strategy: ResearchStrategy,
  result: BacktestResult,
  metrics: ReadonlyArray<Metric>,
  kind: ResearchKind
) {
  if (!flags.keep && !isDatabaseGiven()) return
  const isNew = yield* Effect.gen(function* () {
    const database = yield* openKept(Option.getOrUndefined(flags.data))
    return yield* Effect.provideContext(keepResult(strategy, result, metrics, kind), database)
  }).pipe(Effect.scoped)
  const id = result.hash.slice(0, 12)
  yield* message(`${isNew ? "kept" : "kept already"} as ${id}: outcry report ${id}`)
})

export const run = Effect.fnUntraced(function* (flags: BacktestFlags) {
  const progress = runProgress("events")
  progress.say("reading")
  yield* claimFiles([flags.report, flags.save])
  const strategy = yield* loadResearchStrategy(flags.strategy)
  const found = yield* loadGiven(flags, namesOf(flags.on)).pipe(Effect.ensuring(Effect.sync(progress.clear)))
  const other = yield* Option.match(flags.benchmark, {
    onNone: () => Effect.succeed(found),
    onSome: (name) => loadGiven({ ...flags, instrument: Option.none() }, [name])
  })
  const benchmark = holdingOf(other)
  const terms = { ...termsGiven(flags), kind: flags.kind, latencyMs: flags.latencyMs, short: !flags.longOnly }
  const done = yield* runBacktestJob(strategy, found, terms, { benchmark, progress: progress.at }).pipe(
    Effect.ensuring(Effect.sync(progress.clear))
  )
  if (flags.check) progress.say("looking whether it knows the future")
  const check: CheckReport | undefined = flags.check
    ? yield* lookAheadOf(strategy, found, terms, done.bound)
    : undefined
  progress.clear()
  const result: BacktestResult =
    check === undefined ? done.result : { ...done.result, warnings: [...check.warnings, ...done.result.warnings] }
  const trips = Option.map(flags.monteCarlo, (runs) => resampledTrips(result, runs, flags.seed))
  const tables: ReadonlyArray<ReportTable> = [
    ...(check === undefined ? [] : checkTable(check)),
    ...Option.match(trips, { onNone: () => [], onSome: (each) => tripsTable(each) })
  ]
  const { metrics } = done
  yield* writeText(flags.report, "tear sheet", () =>
    tearSheet({ result, metrics, tables, facts: factsOf(found), ...(benchmark === undefined ? {} : { benchmark }) })
  )
  yield* writeText(flags.save, "result", () => resultJson(result))
  yield* writeFolder(flags.csv, "orders, fills, round trips and curve", () => files(result))
  yield* keepGiven(flags, strategy, result, metrics, "backtest")
  for (const note of done.notes) yield* message(note)
  if (flags.json)
    yield* json({ ...result, metrics: figureRecord(metrics), check, monteCarlo: Option.getOrUndefined(trips) })
  else {
    const parts = [
      resultText(result, shownMetrics(metrics), terminalStyle()),
      ...(check === undefined ? [] : [checkText(check, onStdout)]),
      ...Option.match(trips, { onNone: () => [], onSome: (each) => [tripsText(each)] })
    ]
    yield* data(parts.join("\n").trimEnd())
  }
  for (const hint of hints(flags)) yield* message(hint)
  if (check?.passed === false) process.exitCode = exitCodes.failed
})
