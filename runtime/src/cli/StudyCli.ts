/** `outcry optimise` and `outcry study …` as the command line accepts and explains them; what they do is imported when they run. */
import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { asJson, dataFolder } from "./Flags.ts"

const text = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description), Flag.optional)

const number = (name: string, description: string) =>
  Flag.Finite(name).pipe(Flag.withMetavar("X"), Flag.withDescription(description), Flag.optional)

const whole = (name: string, description: string) =>
  Flag.Int(name).pipe(
    Flag.withMetavar("N"),
    Flag.withDescription(description),
    Flag.filter(
      (n) => n >= 0,
      () => "a whole number of 0 or more"
    ),
    Flag.optional
  )

const nodes = whole("nodes", "Node processes that share the work, 1 to 16 (default: the threads of this process)")
const threads = whole("threads", "Threads, of each node where there are nodes (default: one a core)")
const report = text("report", "FILE", "Write all runs, ranked, to this file as JSON")
const rows = whole("rows", "Rows of the table (default 20)")

export const optimise = Command.make(
  "optimise",
  {
    strategy: Argument.String("strategy").pipe(
      Argument.withDescription("A module that exports a signal or a strategy, or a declaration in YAML or JSON")
    ),
    on: Flag.String("on").pipe(
      Flag.withMetavar("DATA"),
      Flag.withDescription(
        "A .zip of daily bars, a .csv of bars, or a data set's name; several for an event-driven study"
      ),
      Flag.atLeast(1)
    ),
    space: Flag.String("space").pipe(
      Flag.withMetavar("SPACE"),
      Flag.withDescription("What to vary: name=min:max[:step] or name=a|b|c, by commas; may be repeated"),
      Flag.atLeast(1)
    ),
    param: Flag.String("param").pipe(
      Flag.withMetavar("KEY=VALUE"),
      Flag.withDescription("A parameter that stays as it is; may be repeated"),
      Flag.atLeast(0)
    ),
    kind: Flag.Literals("kind", ["vectorised", "event"]).pipe(
      Flag.withDescription("vectorised (of signals, the default where there is one) or event by event"),
      Flag.optional
    ),
    method: Flag.Literals("method", ["grid", "random", "tpe"]).pipe(
      Flag.withDescription("grid (every point, the default), random, or tpe (Bayesian)"),
      Flag.withDefault("grid" as const)
    ),
    trials: whole("trials", "Runs of a random or tpe search (default 200)"),
    metric: Flag.String("metric").pipe(
      Flag.withMetavar("NAME"),
      Flag.withDescription(
        "What to maximise, or with a - before it to minimise; several make a front (default sharpe)"
      ),
      Flag.atLeast(0)
    ),
    limit: Flag.String("limit").pipe(
      Flag.withMetavar("LIMIT"),
      Flag.withDescription("A limit on a figure: trades>=30 or maxDrawdown<=0.3; may be repeated"),
      Flag.atLeast(0)
    ),
    from: text("from", "DATE", "First day, such as 2005-01-01"),
    to: text("to", "DATE", "Day after the last"),
    cash: number("cash", "At the start (default 100,000)"),
    feeBps: number("fee-bps", "Fee of each fill in basis points (default 0)"),
    slippageBps: number("slippage-bps", "Slippage of each fill in basis points (default 0)"),
    seed: whole("seed", "Of random and tpe searches, and of each run (default 1)"),
    name: text("name", "NAME", "What to call the study (default: the strategy's name)"),
    nodes,
    threads,
    rows,
    report,
    noKeep: Flag.Boolean("no-keep").pipe(
      Flag.withDescription("Do not keep the result in the database"),
      Flag.withDefault(false)
    ),
    data: dataFolder,
    json: asJson
  },
  (options) => Effect.promise(() => import("./OptimiseCommand.ts")).pipe(Effect.flatMap(({ run }) => run(options)))
).pipe(
  Command.withDescription(
    "Search a strategy's parameters: grid, random or Bayesian, on all cores or over several nodes"
  ),
  Command.withExamples([
    {
      command: "outcry optimise cross.ts --on spy.zip --space fast=5:104,slow=105:204",
      description: "10,000 pairs of averages over all days of a share"
    },
    {
      command: "outcry optimise cross.ts --on spy.zip --space fast=5:104,slow=105:204 --nodes 4",
      description: "The same over four nodes; a node that dies costs only what it had not finished"
    },
    {
      command: "outcry optimise rsi.ts --on spy.zip --space period=2:60,oversold=10:45 --method tpe --trials 300",
      description: "300 runs chosen by what the ones before came to"
    },
    {
      command: "outcry optimise rsi.ts --on spy.zip --space period=2:60 --metric sharpe --limit 'trades>=30'",
      description: "Only runs that traded often enough to mean anything"
    }
  ])
)

const studyName = Argument.String("study").pipe(Argument.withDescription("Its id, as `outcry study list` shows it"))

const runStudy = Command.make(
  "run",
  {
    file: Argument.String("file").pipe(
      Argument.withDescription("What is asked for, in JSON or YAML (see docs/studies.md)")
    ),
    nodes: whole("nodes", "Node processes that share the work, 1 to 16 (default 2)"),
    threads,
    rows,
    report,
    data: dataFolder,
    json: asJson
  },
  (options) => Effect.promise(() => import("./StudyCommand.ts")).pipe(Effect.flatMap(({ run }) => run(options)))
).pipe(
  Command.withDescription("Work a study over a cluster of nodes; one that was begun goes on where it stopped"),
  Command.withExamples([{ command: "outcry study run study.yaml --nodes 4" }])
)

const list = Command.make("list", { data: dataFolder, json: asJson }, (options) =>
  Effect.promise(() => import("./StudyCommand.ts")).pipe(Effect.flatMap(({ list }) => list(options)))
).pipe(
  Command.withDescription("Studies and what became of them"),
  Command.withExamples([{ command: "outcry study list" }])
)

const show = Command.make("show", { study: studyName, rows, report, data: dataFolder, json: asJson }, (options) =>
  Effect.promise(() => import("./StudyCommand.ts")).pipe(Effect.flatMap(({ show }) => show(options)))
).pipe(
  Command.withDescription("How far a study is, or its runs where it has ended"),
  Command.withExamples([{ command: "outcry study show cross-0123456789" }])
)

const control = (action: "pause" | "resume" | "cancel", description: string) =>
  Command.make(action, { study: studyName, data: dataFolder, json: asJson }, (options) =>
    Effect.promise(() => import("./StudyCommand.ts")).pipe(
      Effect.flatMap(({ control }) => control({ ...options, action }))
    )
  ).pipe(
    Command.withDescription(description),
    Command.withExamples([{ command: `outcry study ${action} cross-0123456789` }])
  )

export const study = Command.make("study").pipe(
  Command.withDescription("Many back-tests of one strategy over a cluster of nodes"),
  Command.withSubcommands([
    runStudy,
    list,
    show,
    control("pause", "Hand out nothing more until it is resumed"),
    control("resume", "Go on with a paused study"),
    control("cancel", "End it for good; what is done stays")
  ])
)
