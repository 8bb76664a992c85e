/** How the commands about accounts are written: `accounts`, `account halt`, `account close` and the others. */
import { adjustments } from "@outcry/client/Api"
import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { asJson, by, database, dataFolder, reason, yes } from "./Flags.ts"

const account = Argument.String("account").pipe(Argument.withDescription("Name of the account"))

const common = { account, by, reason, data: dataFolder, json: asJson }

const module = Effect.promise(() => import("./AccountCommand.ts"))

export const accounts = Command.make("accounts", { data: dataFolder, json: asJson }, (options) =>
  Effect.promise(() => import("./AccountsCommand.ts")).pipe(Effect.flatMap(({ run }) => run(options)))
).pipe(
  Command.withDescription("List the accounts of the running floor: state, balances, positions"),
  Command.withExamples([{ command: "outcry accounts" }, { command: "outcry accounts --json" }])
)

const states = [
  ["halt", "halted", "Accept no order that opens or enlarges a position; holds over restarts", "losing too fast"],
  ["reduce", "reducing", "Accept only orders that bring a position nearer to zero", "winding down"],
  ["resume", "active", "Trade again without restriction", "the venue is back"]
] as const

const setters = states.map(([verb, state, description, example]) =>
  Command.make(verb, common, (options) =>
    Effect.flatMap(module, ({ setState }) => setState({ ...options, state }))
  ).pipe(
    Command.withDescription(description),
    Command.withExamples([{ command: `outcry account ${verb} paper-1 --reason "${example}"` }])
  )
)

const close = Command.make(
  "close",
  {
    ...common,
    instruments: Flag.String("instrument").pipe(
      Flag.withMetavar("ID"),
      Flag.withDescription("Only this instrument, such as sim:BTC/USDT; may be repeated (default: all)"),
      Flag.atLeast(0)
    ),
    yes
  },
  (options) => Effect.flatMap(module, ({ close: run }) => run(options))
).pipe(
  Command.withDescription("Cancel its open orders and bring its positions to zero at the market"),
  Command.withExamples([
    { command: 'outcry account close paper-1 --reason "end of the day"' },
    { command: 'outcry account close paper-1 --instrument sim:BTC/USDT --reason "delisted" --yes' }
  ])
)

const adjust = Command.make(
  "adjust",
  {
    ...common,
    asset: Flag.String("asset").pipe(Flag.withMetavar("ASSET"), Flag.withDescription("Which balance, such as USDT")),
    amount: Flag.String("amount").pipe(
      Flag.withMetavar("AMOUNT"),
      Flag.withDescription("By how much, signed decimal: --amount=-12.5 takes away")
    ),
    as: Flag.Literals("as", adjustments).pipe(
      Flag.withDescription(`What it was: ${adjustments.join(", ")} (default operator)`),
      Flag.withDefault("operator" as const)
    ),
    yes
  },
  (options) => Effect.flatMap(module, ({ adjust: run }) => run(options))
).pipe(
  Command.withDescription("Take over a difference to the venue's balance that no order explains"),
  Command.withExamples([
    { command: 'outcry account adjust paper-1 --asset USDT --amount 1000 --as deposit --reason "wire of 3 March"' }
  ])
)

const books = Effect.promise(() => import("./StatementCommand.ts"))

const statement = Command.make(
  "statement",
  {
    account,
    date: Flag.String("date").pipe(
      Flag.withMetavar("DAY"),
      Flag.withDescription("Day in UTC, such as 2026-03-31 (default: today so far)"),
      Flag.optional
    ),
    csv: Flag.Boolean("csv").pipe(Flag.withDescription("Print CSV instead of a table"), Flag.withDefault(false)),
    data: dataFolder,
    database,
    json: asJson
  },
  (options) => Effect.flatMap(books, ({ statement: run }) => run(options))
).pipe(
  Command.withDescription("Show a day's statement: opening balance, what moved it, closing balance of each asset"),
  Command.withExamples([
    { command: "outcry account statement paper-1" },
    { command: "outcry account statement paper-1 --date 2026-03-31 --csv > statement.csv" }
  ])
)

const taxLots = Command.make(
  "tax-lots",
  {
    account,
    strategy: Flag.String("strategy").pipe(
      Flag.withMetavar("STRATEGY"),
      Flag.withDescription("Of this strategy's share (default: of the whole account)"),
      Flag.optional
    ),
    year: Flag.Int("year").pipe(
      Flag.withMetavar("YEAR"),
      Flag.withDescription("Disposals of this calendar year in UTC (default: all)"),
      Flag.optional
    ),
    csv: Flag.Boolean("csv").pipe(Flag.withDescription("The only form there is"), Flag.withDefault(true)),
    data: dataFolder,
    database
  },
  (options) => Effect.flatMap(books, ({ taxLots: run }) => run(options))
).pipe(
  Command.withDescription("Print every disposal with its acquisition, first in first out, as CSV"),
  Command.withExamples([{ command: "outcry account tax-lots paper-1 --year 2026 > lots.csv" }])
)

export const accountGroup = Command.make("account").pipe(
  Command.withDescription("Halt, close or adjust an account, and read its books"),
  Command.withExamples([
    { command: "outcry account halt paper-1 --reason TEXT" },
    { command: "outcry account close paper-1 --reason TEXT" },
    { command: "outcry account statement paper-1" }
  ]),
  Command.withSubcommands([...setters, close, adjust, statement, taxLots])
)
