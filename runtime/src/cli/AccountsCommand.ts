/** `outcry accounts`: every account of the running floor, what it holds, and what keeps it from trading. */
import { AccountStatus } from "@outcry/actor-account/Protocol"
import { Effect, type Option, Schema } from "effect"
import { floorApi } from "../floor/FloorApi.ts"
import { data, json, message, onStderr, onStdout, table } from "./Output.ts"

/** The answer of `/accounts`. */
export const Accounts = Schema.Struct({
  accounts: Schema.Array(Schema.toCodecJson(AccountStatus)),
  missing: Schema.Array(Schema.Struct({ account: Schema.String, reason: Schema.String }))
})

const stateText = ({ tradingState }: AccountStatus): string =>
  tradingState === "active" ? tradingState : onStdout.yellow(tradingState)

const conditionText = ({ condition }: AccountStatus): string =>
  condition === "ready" ? condition : onStdout.yellow(condition)

const overview = (accounts: ReadonlyArray<AccountStatus>): string =>
  table(
    ["account", "venue", "node", "condition", "trading", "open", "unknown", "differences"],
    accounts.map((each) => [
      each.account,
      each.venue,
      each.node,
      conditionText(each),
      stateText(each),
      String(each.openOrders.length),
      String(each.unknownOrders),
      String(each.differences)
    ]),
    [5, 6, 7]
  )

const balances = (accounts: ReadonlyArray<AccountStatus>): string =>
  table(
    ["account", "asset", "total", "held back"],
    accounts.flatMap((each) => each.balances.map((row) => [each.account, row.asset, row.total, row.reserved])),
    [2, 3]
  )

const positions = (accounts: ReadonlyArray<AccountStatus>): string =>
  table(
    ["account", "strategy", "instrument", "quantity", "average", "mark", "realised", "unrealised", "fills"],
    accounts.flatMap((each) =>
      each.positions.map((row) => [
        each.account,
        row.strategy === "" ? "(net)" : row.strategy,
        row.instrument,
        row.quantity,
        row.averagePrice,
        row.mark,
        row.realised,
        row.unrealised,
        String(row.fills)
      ])
    ),
    [3, 4, 5, 6, 7, 8]
  )

/** What keeps an account, or an instrument of it, from trading, each with what to do. */
export const troubles = (account: AccountStatus): ReadonlyArray<string> => [
  ...(account.condition === "ready" || account.reason === undefined
    ? []
    : [`${account.account} is ${account.condition}: ${account.reason}. ${account.remedy ?? ""}`.trimEnd()]),
  ...account.openOrders.flatMap(({ clientOrderId, instrument, unknown }) =>
    unknown === undefined
      ? []
      : [
          `${account.account}: the fate of ${clientOrderId} is unknown (${unknown.reason}), ${instrument} waits for it. ${unknown.remedy}`
        ]
  )
]

export const run = Effect.fnUntraced(function* (options: {
  readonly data: Option.Option<string>
  readonly json: boolean
}) {
  const api = yield* floorApi(options.data)
  const { accounts, missing } = yield* api.get("/accounts", Accounts)
  if (options.json) return yield* json({ accounts, missing })
  const held = accounts.some(({ positions: rows }) => rows.length > 0)
  yield* data([overview(accounts), balances(accounts), ...(held ? [positions(accounts)] : [])].join("\n\n"))
  for (const text of accounts.flatMap(troubles)) yield* message(onStderr.yellow(text))
  for (const { account, reason } of missing) yield* message(onStderr.yellow(`${account} does not answer: ${reason}`))
  yield* message(onStderr.dim("\nNext: orders, account halt ACCOUNT, account close ACCOUNT, account statement ACCOUNT"))
})
