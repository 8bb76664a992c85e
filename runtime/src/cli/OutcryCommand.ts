/**
 * The `outcry` command line: what it accepts and how it is explained. What a command does is imported when it runs, so
 * that help and mistakes are answered at once.
 */
import { Config, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { accountGroup, accounts } from "./AccountCli.ts"
import { backtest } from "./BacktestCli.ts"
import { chaos } from "./ChaosCli.ts"
import { data } from "./DataCli.ts"
import { asJson, dataFolder } from "./Flags.ts"
import { indicators } from "./IndicatorCli.ts"
import { order, orders, verify, why } from "./OrderCli.ts"
import { optimise, study } from "./StudyCli.ts"
import { report } from "./ReportCli.ts"
import { parseDuration } from "./TimeText.ts"
import { walkForward } from "./WalkForwardCli.ts"

const start = Command.make(
  "start",
  {
    nodes: Flag.Int("nodes").pipe(
      Flag.withMetavar("N"),
      Flag.withDescription("Nodes of the cluster, 1 to 16 (OUTCRY_NODES; default 3, with --lockstep 1)"),
      Flag.withFallbackConfig(Config.Int("OUTCRY_NODES")),
      Flag.filter(
        (n) => n >= 1 && n <= 16,
        () => "a number of nodes from 1 to 16"
      ),
      Flag.optional
    ),
    for: Flag.String("for").pipe(
      Flag.withMetavar("TIME"),
      Flag.withDescription("Stop by itself after this time, such as 60s, 5m or 1h (default: runs until Ctrl-C)"),
      Flag.mapTryCatch(parseDuration, () => "a duration such as 60s, 5m or 1h"),
      Flag.optional
    ),
    report: Flag.String("report").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("Write the report of the run to this file, as JSON"),
      Flag.optional
    ),
    seed: Flag.Int("seed").pipe(
      Flag.withMetavar("N"),
      Flag.withDescription("Seed of the simulated market (OUTCRY_SEED; default 1)"),
      Flag.withFallbackConfig(Config.Int("OUTCRY_SEED")),
      Flag.filter(
        (n) => n >= 0,
        () => "a whole number that is not negative"
      ),
      Flag.withDefault(1)
    ),
    replay: Flag.String("replay").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription(
        "Replay recorded Binance frames (.gz) instead of the agents; repeat it, or separate by commas"
      ),
      Flag.atLeast(0)
    ),
    live: Flag.String("live").pipe(
      Flag.withMetavar("SOURCE"),
      Flag.withDescription(
        "Drive the market from a live venue's public data, accounts stay on paper: binance, or REST_URL,WS_URL"
      ),
      Flag.optional
    ),
    data: dataFolder,
    port: Flag.Int("port").pipe(
      Flag.withMetavar("PORT"),
      Flag.withDescription(
        "Gateway port of the first node, the others follow; 0 takes free ones (OUTCRY_PORT; default 4000)"
      ),
      Flag.withFallbackConfig(Config.Int("OUTCRY_PORT")),
      Flag.filter(
        (n) => n >= 0 && n <= 65_519,
        () => "a port from 0 to 65519"
      ),
      Flag.withDefault(4000)
    ),
    strategy: Flag.String("strategy").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription(
        "Run this strategy module too, on account paper-1, or algorithm:NAME?key=value&… (twap, vwap, pov, iceberg); FILE:{JSON} sets its parameters; may be repeated"
      ),
      Flag.atLeast(0)
    ),
    param: Flag.String("param").pipe(
      Flag.withMetavar("KEY=VALUE"),
      Flag.withDescription(
        "A parameter of the --strategy, or STRATEGY.KEY=VALUE of the one of that name; may be repeated"
      ),
      Flag.atLeast(0)
    ),
    only: Flag.Boolean("only").pipe(
      Flag.withDescription("Run only what --strategy names, without the examples"),
      Flag.withDefault(false)
    ),
    lockstep: Flag.Boolean("lockstep").pipe(
      Flag.withDescription(
        "With --replay: market time goes on only when the floor has handled it, so that two runs and a back-test are equal; ends with the recordings"
      ),
      Flag.withDefault(false)
    ),
    json: asJson,
    recordings: Argument.String("recording").pipe(
      Argument.withDescription("Further recordings of --replay"),
      Argument.variadic()
    )
  },
  (options) => Effect.promise(() => import("./StartCommand.ts")).pipe(Effect.flatMap(({ run }) => run(options)))
).pipe(
  Command.withDescription(
    "Start a whole trading floor: database, exchange, nodes, strategies; Ctrl-C stops it in order"
  ),
  Command.withExamples([
    { command: "outcry start", description: "Three nodes, three strategies, a simulated exchange" },
    {
      command: "outcry start --for 60s --report r.json",
      description: "A minute, then a report; exit 1 if anything is wrong"
    },
    {
      command: "outcry start --replay btcusdt_20240808.gz,ethusdt_20240808.gz",
      description: "Against recorded markets"
    },
    { command: "outcry start --only --strategy my.ts --param quantity=0.01", description: "A strategy of your own" },
    {
      command: "outcry start --strategy 'algorithm:twap?instrument=sim:BTC/USDT&side=buy&quantity=0.5&durationSec=60'",
      description: "Buy half a bitcoin over a minute"
    }
  ])
)

const node = Command.make(
  "node",
  {
    config: Flag.String("config").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("The floor's configuration, as `outcry start` writes it (floor.json)")
    ),
    name: Flag.String("name").pipe(
      Flag.withMetavar("NAME"),
      Flag.withDescription("Which of its nodes this is, such as node-1")
    ),
    lifeline: Flag.Boolean("lifeline").pipe(
      Flag.withDescription("Stop when standard input closes: whoever started this node is gone"),
      Flag.withDefault(false)
    )
  },
  (options) => Effect.promise(() => import("./NodeCommand.ts")).pipe(Effect.flatMap(({ run }) => run(options)))
).pipe(
  Command.withDescription("Run one node of a floor, for set-ups that start their nodes themselves"),
  Command.withExamples([{ command: "outcry node --config .outcry/floor.json --name node-2" }])
)

const status = Command.make("status", { data: dataFolder, json: asJson }, (options) =>
  Effect.promise(() => import("./StatusCommand.ts")).pipe(Effect.flatMap(({ run }) => run(options)))
).pipe(
  Command.withDescription("Show every actor of the running floor, its node and its condition"),
  Command.withExamples([{ command: "outcry status" }, { command: "outcry status --json | jq .accounts" }])
)

const trace = Command.make(
  "trace",
  {
    order: Argument.String("order").pipe(Argument.withDescription("Client order id"), Argument.optional),
    lastFilled: Flag.Boolean("last-filled").pipe(
      Flag.withDescription("Take the order that was filled last"),
      Flag.withDefault(false)
    ),
    data: dataFolder,
    json: asJson
  },
  (options) => Effect.promise(() => import("./TraceCommand.ts")).pipe(Effect.flatMap(({ run }) => run(options)))
).pipe(
  Command.withDescription("Show what happened to an order, from the tick to the fill, with times and nodes"),
  Command.withExamples([{ command: "outcry trace ocm6w3kq2vb7dhz5ta" }, { command: "outcry trace --last-filled" }])
)

const explain = Command.make(
  "explain",
  {
    strategy: Argument.String("strategy").pipe(Argument.withDescription("Name of the strategy instance")),
    data: dataFolder,
    json: asJson
  },
  (options) => Effect.promise(() => import("./ExplainCommand.ts")).pipe(Effect.flatMap(({ run }) => run(options)))
).pipe(
  Command.withDescription(
    "Show why a strategy trades or does not: which stage and which check stopped how many intents"
  ),
  Command.withExamples([{ command: "outcry explain pairs-spread" }])
)

export const outcry = Command.make("outcry").pipe(
  Command.withDescription("Actors that trade: feeds, strategies and accounts on a cluster, with durable orders"),
  Command.withExamples([
    { command: "outcry start", description: "A whole trading floor, from nothing" },
    { command: "outcry status", description: "What runs where" },
    { command: "outcry explain STRATEGY", description: "Why it trades or does not" },
    { command: "outcry why ORDER", description: "What an order was decided on, and what became of it" },
    { command: "outcry verify", description: "Whether every journal leads to what is live" },
    { command: "outcry backtest STRATEGY --on DATA", description: "What it would have earned" }
  ]),
  Command.withSubcommands([
    start,
    node,
    status,
    trace,
    explain,
    orders,
    order,
    why,
    accounts,
    accountGroup,
    verify,
    chaos,
    backtest,
    optimise,
    walkForward,
    study,
    report,
    data,
    indicators
  ])
)
