/** `outcry indicators` as the command line accepts and explains it; what it does is imported when it runs. */
import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { asJson } from "./Flags.ts"

const module = Effect.promise(() => import("./IndicatorCommand.ts"))

const name = Argument.String("name").pipe(Argument.withDescription("The indicator, such as rsi"))

const show = Command.make("show", { name, json: asJson }, (options) =>
  Effect.flatMap(module, ({ show: run }) => run(options))
).pipe(
  Command.withDescription("Show an indicator: parameters with their ranges, formula, source, warm-up, unit"),
  Command.withExamples([
    { command: "outcry indicators show macd" },
    { command: "outcry indicators show bbands --json | jq .parameters" }
  ])
)

const column = (flag: string, description: string) =>
  Flag.String(flag).pipe(Flag.withMetavar("COLUMN"), Flag.withDescription(description), Flag.optional)

const compute = Command.make(
  "compute",
  {
    name,
    file: Flag.String("file").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("Bars as CSV, oldest first: a header with time,open,high,low,close,volume, then a row a bar")
    ),
    param: Flag.String("param").pipe(
      Flag.withMetavar("KEY=VALUE"),
      Flag.withDescription("A parameter, such as period=20; may be repeated (default: the indicator's own)"),
      Flag.atLeast(0)
    ),
    value: column("value", "Column that indicators of one series read (default: close)"),
    other: column("other", "Column of the second series, for correl and beta"),
    last: Flag.Int("last").pipe(
      Flag.withMetavar("N"),
      Flag.withDescription("Show only the last N bars; all are computed (default: 20 as a table, all as CSV or JSON)"),
      Flag.filter(
        (n) => n >= 1,
        () => "a whole number from 1"
      ),
      Flag.optional
    ),
    csv: Flag.Boolean("csv").pipe(Flag.withDescription("Print CSV instead of a table"), Flag.withDefault(false)),
    json: asJson
  },
  (options) => Effect.flatMap(module, ({ compute: run }) => run(options))
).pipe(
  Command.withDescription("Compute an indicator over a file of bars"),
  Command.withExamples([
    { command: "outcry indicators compute rsi --file bars.csv", description: "The last twenty bars" },
    {
      command: "outcry indicators compute bbands --file bars.csv --param period=20 --param deviations=2.5 --csv",
      description: "Every bar, as CSV"
    },
    { command: "outcry indicators compute correl --file bars.csv --other qqq", description: "Against another column" }
  ])
)

export const indicators = Command.make(
  "indicators",
  {
    filter: Flag.String("filter").pipe(
      Flag.withMetavar("TEXT"),
      Flag.withDescription("Only those with this in their name, title or source"),
      Flag.optional
    ),
    json: asJson
  },
  (options) => Effect.flatMap(module, ({ list }) => list(options))
).pipe(
  Command.withDescription("List the indicators there are; show one, or compute it over a file of bars"),
  Command.withExamples([
    { command: "outcry indicators", description: "All of them" },
    { command: "outcry indicators --filter average" },
    { command: "outcry indicators show macd", description: "Its parameters, formula and source" },
    { command: "outcry indicators compute rsi --file bars.csv --param period=14" }
  ]),
  Command.withSubcommands([show, compute])
)
