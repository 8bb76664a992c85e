/** Runs of a study as a person reads them: ranked, with the figures that were asked for first; and how far it is. */
import { type Goal, rankedRuns } from "@outcry/backtest/search/Goal"
import type { RunSummary } from "@outcry/backtest/BacktestResult"
import { studyText } from "@outcry/backtest/report/TextReport"
import type { StudySpec } from "@outcry/backtest/search/StudySpec"
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { data, json, message, onStderr, terminalStyle } from "./Output.ts"
import { reasonOf, userError } from "./UserError.ts"

const known = {
  totalReturn: { title: "return", unit: "percent" },
  annualReturn: { title: "a year", unit: "percent" },
  sharpe: { title: "Sharpe", unit: "ratio" },
  sortino: { title: "Sortino", unit: "ratio" },
  calmar: { title: "Calmar", unit: "ratio" },
  maxDrawdown: { title: "drawdown", unit: "percent" },
  volatility: { title: "volatility", unit: "percent" },
  exposure: { title: "exposure", unit: "percent" },
  winRate: { title: "wins", unit: "percent" },
  profitFactor: { title: "profit factor", unit: "ratio" },
  trades: { title: "trades", unit: "count" }
} as const

const shown = ["totalReturn", "annualReturn", "sharpe", "sortino", "maxDrawdown"] as const

const columnsOf = ({ objectives }: Goal) =>
  [...new Set([...objectives.map(({ metric }) => metric), ...shown])].map((key) => {
    const metric = Object.hasOwn(known, key) ? known[key as keyof typeof known] : undefined
    return { key, title: metric?.title ?? key, unit: metric?.unit ?? ("ratio" as const) }
  })

export interface StudyOutcome {
  readonly study: string
  readonly spec: StudySpec
  readonly runs: ReadonlyArray<RunSummary>
  readonly failed: ReadonlyArray<readonly [number, string]>
}

/** Prints and writes what was asked for: the table, or everything as JSON. */
export const presentStudy = Effect.fnUntraced(function* (
  { failed, runs, spec, study }: StudyOutcome,
  options: { readonly json: boolean; readonly rows: number; readonly report: string | undefined }
) {
  const ranked = rankedRuns(runs, spec.goal).map(({ summary }) => summary)
  const whole = { study, spec, runs: ranked, failed: failed.map(([index, reason]) => ({ index, reason })) }
  const { report } = options
  if (report !== undefined)
    yield* Effect.try({
      try: () => writeFileSync(report, `${JSON.stringify(whole)}\n`),
      catch: (cause) =>
        userError(
          "ReportNotWritable",
          `The runs cannot be written to ${report}: ${reasonOf(cause)}.`,
          "Name another file."
        )
    })
  if (options.json) return yield* json(whole)
  yield* data(studyText(ranked, { metrics: columnsOf(spec.goal), most: options.rows, ...terminalStyle() }).trimEnd())
  const refused = ranked.flatMap(({ warnings }) => warnings.filter(({ code }) => code === "parametersRefused"))
  if (refused[0] !== undefined)
    yield* message(onStderr.yellow(`${refused.length} runs were refused their parameters: ${refused[0].detail}`))
  const [first] = failed
  if (first !== undefined) yield* message(onStderr.yellow(`${failed.length} runs failed; run ${first[0]}: ${first[1]}`))
})

/** One line that is rewritten on a terminal, and nothing elsewhere. */
export const progressLine = (done: number, total: number, startedMs: number, nowMs: number): Effect.Effect<void> =>
  Effect.sync(() => {
    if (!process.stderr.isTTY) return
    const seconds = (nowMs - startedMs) / 1000
    const left = done === 0 ? "" : `, ${Math.ceil((seconds / done) * (total - done))} s left`
    const rate = done === 0 || seconds === 0 ? "" : ` (${Math.round(done / seconds).toLocaleString("en")}/s${left})`
    const filled = Math.round((done / Math.max(total, 1)) * 24)
    const bar = `${"█".repeat(filled)}${"░".repeat(24 - filled)}`
    process.stderr.write(`\r\u001b[K  ${bar} ${done.toLocaleString("en")} of ${total.toLocaleString("en")} runs${rate}`)
  })

export const endProgress: Effect.Effect<void> = Effect.sync(() => {
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K")
})
