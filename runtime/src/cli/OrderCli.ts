/** How the commands about orders are written: `orders`, `order cancel`, `order resolve`, `why`. */
import { orderFilters, resolutions } from "@outcry/client/Api"
import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { asJson, by, database, dataFolder, reason, yes } from "./Flags.ts"

const account = Flag.String("account").pipe(Flag.withMetavar("ACCOUNT"), Flag.optional)

export const orders = Command.make(
  "orders",
  {
    status: Flag.Literals("status", orderFilters).pipe(
      Flag.withDescription(`Which: ${orderFilters.join(", ")} (default open: whatever has not ended)`),
      Flag.withDefault("open" as const)
    ),
    account: account.pipe(Flag.withDescription("Of this account only")),
    strategy: Flag.String("strategy").pipe(
      Flag.withMetavar("STRATEGY"),
      Flag.withDescription("Of this strategy only"),
      Flag.optional
    ),
    data: dataFolder,
    json: asJson
  },
  (options) => Effect.promise(() => import("./OrdersCommand.ts")).pipe(Effect.flatMap(({ run }) => run(options)))
).pipe(
  Command.withDescription("List the orders of the running floor"),
  Command.withExamples([
    { command: "outcry orders" },
    { command: "outcry orders --status unknown", description: "Those whose fate the venue has not told" },
    { command: "outcry orders --status all --account paper-1 --json" }
  ])
)

const cancel = Command.make(
  "cancel",
  {
    orders: Argument.String("order").pipe(
      Argument.withDescription("Client order id, its beginning, or the venue's id"),
      Argument.variadic()
    ),
    all: Flag.Boolean("all").pipe(Flag.withDescription("Every open order"), Flag.withDefault(false)),
    account: account.pipe(Flag.withDescription("With --all: of this account only")),
    by,
    reason,
    data: dataFolder,
    json: asJson
  },
  (options) => Effect.promise(() => import("./OrderCommand.ts")).pipe(Effect.flatMap(({ cancel: run }) => run(options)))
).pipe(
  Command.withDescription("Cancel orders of the running floor"),
  Command.withExamples([
    { command: 'outcry order cancel ocm6w3kq2vb7dhz5ta --reason "stale quote"' },
    { command: 'outcry order cancel --all --account paper-1 --reason "end of the test"' }
  ])
)

const resolve = Command.make(
  "resolve",
  {
    order: Argument.String("order").pipe(Argument.withDescription("Client order id, its beginning, or the venue's id")),
    as: Flag.Literals("as", resolutions).pipe(Flag.withDescription(`What became of it: ${resolutions.join(", ")}`)),
    price: Flag.String("price").pipe(
      Flag.withMetavar("P"),
      Flag.withDescription("With --as filled: what the rest was filled at"),
      Flag.optional
    ),
    by,
    reason,
    yes,
    data: dataFolder,
    json: asJson
  },
  (options) =>
    Effect.promise(() => import("./OrderCommand.ts")).pipe(Effect.flatMap(({ resolve: run }) => run(options)))
).pipe(
  Command.withDescription("Settle an order whose fate the venue does not tell; kept in the journal for good"),
  Command.withExamples([
    {
      command: 'outcry order resolve ocm6w3 --as notPlaced --reason "support ticket 4711: never received"',
      description: "The venue never had it"
    },
    { command: 'outcry order resolve ocm6w3 --as filled --price 60000.00 --reason "seen in the venue\'s export"' }
  ])
)

export const order = Command.make("order").pipe(
  Command.withDescription("Cancel an order, or settle one whose fate is unknown"),
  Command.withExamples([
    { command: "outcry order cancel ORDER --reason TEXT" },
    { command: "outcry order resolve ORDER --as notPlaced --reason TEXT" }
  ]),
  Command.withSubcommands([cancel, resolve])
)

export const why = Command.make(
  "why",
  {
    order: Argument.String("order").pipe(
      Argument.withDescription("Client order id, its beginning, the venue's id, or STRATEGY/N of an intent")
    ),
    data: dataFolder,
    database,
    json: asJson
  },
  (options) => Effect.promise(() => import("./WhyCommand.ts")).pipe(Effect.flatMap(({ run }) => run(options)))
).pipe(
  Command.withDescription(
    "Show an order's dossier: what it was decided on, each check, the decision made again, and its life at the venue"
  ),
  Command.withExamples([
    { command: "outcry why ocm6w3kq2vb7dhz5ta" },
    { command: "outcry why market-maker/17", description: "Intent 17 of a strategy, also one that was refused" }
  ])
)

export const verify = Command.make(
  "verify",
  {
    accounts: Argument.String("account").pipe(Argument.withDescription("Only these accounts"), Argument.variadic()),
    data: dataFolder,
    database,
    json: asJson
  },
  (options) => Effect.promise(() => import("./VerifyCommand.ts")).pipe(Effect.flatMap(({ run }) => run(options)))
).pipe(
  Command.withDescription(
    "Replay every account's journal and compare it with the live account and the snapshot; exit 1 on any damage"
  ),
  Command.withExamples([
    { command: "outcry verify", description: "The floor of this folder, running or stopped" },
    { command: "outcry verify paper-1 --json" }
  ])
)
