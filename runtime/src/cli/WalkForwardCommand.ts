/** `outcry walk-forward`: the windows, the joined tests, and the verdict on the search. */
import type { ReportTable } from "@outcry/backtest/report/FigureTables"
import { figureText } from "@outcry/backtest/report/Figure"
import { resultJson } from "@outcry/backtest/report/Json"
import { tearSheet } from "@outcry/backtest/report/TearSheet"
import { resultText } from "@outcry/backtest/report/TextReport"
import { Effect, type Option } from "effect"
import { holdingOf } from "../research/BacktestJob.ts"
import { loadResearchStrategy } from "../research/ResearchStrategy.ts"
import { figureRecord } from "../research/RunFigures.ts"
import { runWalkForward, type WalkDone } from "../research/WalkForwardJob.ts"
import { factsOf, keepGiven, loadGiven, namesOf, shownMetrics, termsGiven } from "./BacktestCommand.ts"
import { data, json, message, onStdout, table, terminalStyle } from "./Output.ts"
import { claimFiles, writeText } from "./ReportFile.ts"
import type { DataGiven, RunGiven } from "./ResearchFlags.ts"
import { runProgress } from "./RunProgress.ts"

export interface WalkForwardFlags extends DataGiven, RunGiven {
  readonly strategy: string
  readonly space: string
  readonly train: string
  readonly test: string
  readonly anchored: boolean
  readonly metric: string
  readonly report: Option.Option<string>
  readonly save: Option.Option<string>
  readonly keep: boolean
  readonly json: boolean
}

const figure = figureText({ money: 2, price: 4, quantity: 4 })

const head = (metric: string) => [
  "learned from",
  "tested from",
  "to",
  "chosen",
  `${metric} learned`,
  `${metric} tested`,
  "return tested",
  "trades"
]

const rowsOf = ({ searched, timeClose, walk }: WalkDone, metric: string): ReadonlyArray<ReadonlyArray<string>> =>
  walk.steps.map(({ chosen, test, tested, train }) => [
    figure(timeClose[train.from], "date"),
    figure(timeClose[test.from], "date"),
    figure(timeClose[test.to - 1], "date"),
    chosen === undefined ? "nothing" : searched.map((name) => `${name}=${chosen.parameters[name]}`).join(" "),
    figure(chosen?.metrics[metric], "ratio"),
    figure(tested?.metrics[metric], "ratio"),
    figure(tested?.metrics["totalReturn"], "change"),
    figure(tested?.trades, "count")
  ])

const verdictOf = ({ best, overfit, searched, trials, walk }: WalkDone): ReadonlyArray<readonly [string, string]> => [
  ["Verdict on the search", overfit.verdict],
  [
    "Efficiency",
    walk.efficiency === undefined
      ? "— (the choices earned nothing on their own windows)"
      : `${figure(walk.efficiency, "percent")} of the yearly return learned was left in the tests`
  ],
  ["Tests that made money", figure(walk.winning, "percent")],
  [
    "Best over the whole range",
    `${searched.map((name) => `${name}=${best.parameters[name]}`).join(" ")}, Sharpe ratio ${figure(best.metrics["sharpe"], "ratio")} among ${figure(trials, "count")} trials`
  ],
  ["Deflated Sharpe ratio", `${figure(overfit.probability, "percent")}: the probability that it is more than luck`],
  ["Its neighbours' Sharpe ratio", figure(overfit.neighbours, "ratio")]
]

const tables = (done: WalkDone, metric: string): ReadonlyArray<ReportTable> => [
  {
    title: `The search: ${done.overfit.verdict}`,
    note: "Each window searched all points on what came before, and traded its choice on what came next; only that is in the figures and curves above.",
    columns: [{ title: "" }, { title: "" }],
    rows: verdictOf(done)
  },
  { title: "Windows", columns: head(metric).map((title) => ({ title })), rows: rowsOf(done, metric) }
]

const text = (done: WalkDone, metric: string): string => {
  const paint = { sound: onStdout.green, doubtful: onStdout.yellow, overfit: onStdout.red }[done.overfit.verdict]
  const verdict = verdictOf(done).map(([name, value], at) => [
    onStdout.dim(name.padEnd(28)),
    at === 0 ? paint(value) : value
  ])
  return [
    table(head(metric), rowsOf(done, metric), [4, 5, 6, 7]),
    "",
    resultText(done.result, shownMetrics(done.metrics), terminalStyle()),
    ...verdict.map((line) => line.join("  "))
  ].join("\n")
}

export const run = Effect.fnUntraced(function* (flags: WalkForwardFlags) {
  const progress = runProgress("windows")
  const cleared = Effect.sync(progress.clear)
  progress.say("reading")
  yield* claimFiles([flags.report, flags.save])
  const strategy = yield* loadResearchStrategy(flags.strategy).pipe(Effect.onError(() => cleared))
  const found = yield* loadGiven(flags, namesOf(flags.on)).pipe(Effect.ensuring(cleared))
  const { anchored, metric, space, test, train } = flags
  const terms = { ...termsGiven(flags), kind: "vectorised" as const, anchored, metric, space, test, train }
  const done = yield* runWalkForward(strategy, found, terms, progress.at).pipe(Effect.ensuring(cleared))
  const { metrics, overfit, result, walk } = done
  const benchmark = holdingOf(found)
  yield* writeText(flags.report, "report", () =>
    tearSheet({
      result,
      metrics,
      tables: tables(done, metric),
      facts: factsOf(found),
      ...(benchmark === undefined ? {} : { benchmark })
    })
  )
  yield* writeText(flags.save, "result", () => resultJson(result))
  yield* keepGiven(flags, strategy, result, metrics, "walkForward")
  for (const note of found.notes) yield* message(note)
  if (flags.json)
    yield* json({
      ...result,
      metrics: figureRecord(metrics),
      walkForward: { ...walk, searched: done.searched, timeClose: undefined },
      best: done.best,
      trials: done.trials,
      overfit
    })
  else yield* data(text(done, metric))
  if (flags.feeBps === 0 && flags.slippageBps === 0)
    yield* message("No fees and no slippage were assumed: state them with --fee-bps and --slippage-bps.")
})
