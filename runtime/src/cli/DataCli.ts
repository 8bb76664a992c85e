/** `outcry data …` as the command line accepts and explains it; what it does is imported when it runs. */
import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { asJson, dataFolder } from "./Flags.ts"
import { text } from "./ResearchFlags.ts"

const module = Effect.promise(() => import("./DataCommand.ts"))

const name = Argument.String("name").pipe(Argument.withDescription("Name of the data set"))

const files = Argument.String("file").pipe(
  Argument.withDescription("Bars as .csv (also .gz, .zip), daily bars in LEAN's format, Binance klines"),
  Argument.variadic({ min: 1 })
)

const format = Flag.Literals("format", ["auto", "csv", "lean", "klines"]).pipe(
  Flag.withDescription(
    "How the files are written (default: LEAN's for a .zip of daily bars, else CSV with or without a header)"
  ),
  Flag.withDefault("auto" as const)
)

const policy = Flag.Literals("policy", ["refuse", "warn", "repair"]).pipe(
  Flag.withDescription(
    "What is done about errors: refuse them, take them with a warning, or repair what can be (default refuse)"
  ),
  Flag.withDefault("refuse" as const)
)

const instrument = text("instrument", "ID", "What they are of, such as us:SPY/USD (default: by the first file's name)")

const importFiles = Command.make(
  "import",
  {
    files,
    as: Flag.String("as").pipe(
      Flag.withMetavar("NAME"),
      Flag.withDescription("Name of the data set to make or replace")
    ),
    instrument,
    format,
    policy,
    data: dataFolder,
    json: asJson
  },
  (options) => Effect.flatMap(module, ({ importFiles: run }) => run(options))
).pipe(
  Command.withDescription("Take files into a data set, checked"),
  Command.withExamples([
    { command: "outcry data import spy.csv --as spy --instrument us:SPY/USD" },
    {
      command: "outcry data import BTCUSDT-1m-2024-0*.zip --format klines --as btc-1m --instrument binance:BTC/USDT",
      description: "Months of klines as one series"
    },
    {
      command: "outcry data import odd.csv --as odd --policy repair",
      description: "Sort, drop, fill; every change is told"
    }
  ])
)

const list = Command.make("list", { data: dataFolder, json: asJson }, (options) =>
  Effect.flatMap(module, ({ list: run }) => run(options))
).pipe(Command.withDescription("List the data sets"), Command.withExamples([{ command: "outcry data list" }]))

const check = Command.make("check", { sources: files, instrument, data: dataFolder, json: asJson }, (options) =>
  Effect.flatMap(module, ({ check: run }) => run(options))
).pipe(
  Command.withDescription(
    "Look for gaps, duplicates, outliers and bars that contradict themselves; exit 1 on an error"
  ),
  Command.withExamples([
    { command: "outcry data check spy.csv", description: "A file, before it is taken" },
    { command: "outcry data check btc-1m", description: "A data set" }
  ])
)

const verify = Command.make("verify", { name, data: dataFolder, json: asJson }, (options) =>
  Effect.flatMap(module, ({ verify: run }) => run(options))
).pipe(
  Command.withDescription("Read every byte of a data set again and compare it with its hashes"),
  Command.withExamples([{ command: "outcry data verify btc-1m" }])
)

const remove = Command.make("remove", { name, data: dataFolder }, (options) =>
  Effect.flatMap(module, ({ remove: run }) => run(options))
).pipe(Command.withDescription("Remove a data set"), Command.withExamples([{ command: "outcry data remove btc-1m" }]))

export const data = Command.make("data").pipe(
  Command.withDescription("Market data for research: taken from files, checked, kept in columns"),
  Command.withExamples([
    { command: "outcry data import spy.csv --as spy --instrument us:SPY/USD" },
    { command: "outcry backtest my.ts --on spy", description: "Run on it" }
  ]),
  Command.withSubcommands([importFiles, list, check, verify, remove])
)
