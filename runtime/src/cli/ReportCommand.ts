/** `outcry report`: results from files or the database, one as a tear sheet, several compared. */
import { compareRuns } from "@outcry/backtest/report/Comparison"
import { comparisonPage } from "@outcry/backtest/report/ComparisonPage"
import { figureText, timeText } from "@outcry/backtest/report/Figure"
import { parseResult } from "@outcry/backtest/report/Json"
import { tearSheet } from "@outcry/backtest/report/TearSheet"
import { comparisonText, resultText } from "@outcry/backtest/report/TextReport"
import { findRun, listRuns } from "@outcry/store/ResearchRuns"
import { Effect, Option, Result } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { basename } from "node:path"
import { openKept } from "../research/KeptResult.ts"
import { figureRecord, figuresOf } from "../research/RunFigures.ts"
import { shownMetrics } from "./BacktestCommand.ts"
import { data, json, message, table, terminalStyle } from "./Output.ts"
import { claimFiles, writeText } from "./ReportFile.ts"
import { reasonOf, userError } from "./UserError.ts"

export interface ReportFlags {
  readonly runs: ReadonlyArray<string>
  readonly list: boolean
  readonly name: Option.Option<string>
  readonly report: Option.Option<string>
  readonly data: Option.Option<string>
  readonly json: boolean
}

const listedMost = 100

const list = Effect.fnUntraced(function* (flags: ReportFlags) {
  const database = yield* openKept(Option.getOrUndefined(flags.data))
  const name = Option.match(flags.name, { onNone: () => ({}), onSome: (value) => ({ name: value }) })
  const runs = yield* Effect.provideContext(listRuns({ ...name, limit: listedMost }), database)
  if (flags.json) return yield* json(runs)
  if (runs.length === 0)
    return yield* message("No run is kept yet: outcry backtest STRATEGY --on DATA --keep keeps one.")
  const figure = figureText({ money: 2, price: 4, quantity: 4 })
  const rows = runs.map(({ createdMs, from, instruments, kind, metrics, name: of, runId, to }) => [
    runId.slice(0, 12),
    timeText(Math.floor(createdMs / 1000) * 1e6),
    kind,
    of,
    instruments.join(" "),
    `${figure(from, "date")} to ${figure(to, "date")}`,
    figure(metrics["totalReturn"], "change"),
    figure(metrics["sharpe"], "ratio"),
    figure(metrics["maxDrawdown"], "percent"),
    figure(metrics["trades"], "count")
  ])
  const head = ["run", "kept", "kind", "name", "instruments", "range", "return", "Sharpe", "max drawdown", "trips"]
  yield* data(table(head, rows, [6, 7, 8, 9]))
})

const parsed = (source: string, text: string) =>
  Result.match(parseResult(text), {
    onSuccess: (result) => Effect.succeed(result),
    onFailure: ({ field, reason }) =>
      Effect.fail(
        userError(
          "ResultUnusable",
          `${source} is not the result of a back-test: ${field}: ${reason.replace(/\.$/, "")}.`,
          "Give a file that `outcry backtest --save FILE` wrote."
        )
      )
  })

/** What looks like a path is one, also where there is no such file. */
const isPath = (given: string): boolean => existsSync(given) || /[/\\.]/.test(given)

const load = Effect.fnUntraced(function* (given: string, flags: ReportFlags) {
  if (isPath(given)) {
    const text = yield* Effect.try({
      try: () => readFileSync(given, "utf8"),
      catch: (cause) =>
        userError("ResultUnusable", `${given} cannot be read: ${reasonOf(cause)}.`, "Name a file that --save wrote.")
    })
    return { name: basename(given).replace(/\.json$/, ""), result: yield* parsed(given, text) }
  }
  const database = yield* openKept(Option.getOrUndefined(flags.data))
  const { record, run: kept } = yield* Effect.provideContext(findRun(given), database)
  return { name: kept.runId.slice(0, 12), result: yield* parsed(given, JSON.stringify(record)) }
})

export const run = Effect.fnUntraced(function* (flags: ReportFlags) {
  if (flags.list) return yield* Effect.scoped(list(flags))
  if (flags.runs.length === 0)
    return yield* userError("Usage", "There is nothing to report.", "Name a saved result or a kept run, or use --list.")
  yield* claimFiles([flags.report])
  const loaded = yield* Effect.scoped(Effect.forEach(flags.runs, (given) => load(given, flags)))
  const runs = loaded.map(({ name, result }) => ({ name, result, metrics: figuresOf(result) }))
  const [first] = runs
  if (runs.length === 1) {
    const { metrics, result } = first!
    yield* writeText(flags.report, "tear sheet", () => tearSheet({ result, metrics }))
    return yield* flags.json
      ? json({ ...result, metrics: figureRecord(metrics) })
      : data(resultText(result, shownMetrics(metrics), terminalStyle()).trimEnd())
  }
  const metricsShown = runs.map((each) => ({ ...each, metrics: shownMetrics(each.metrics) }))
  yield* writeText(flags.report, "comparison", () => comparisonPage(metricsShown))
  const comparison = compareRuns(metricsShown)
  yield* flags.json ? json(comparison) : data(comparisonText(comparison, terminalStyle()).trimEnd())
})
