/** `outcry orders`: the orders of a running floor, as its accounts have them in their journals. */
import { type OrderFilter, OrderList } from "@outcry/client/Api"
import type { OrderRow } from "@outcry/client/Wire"
import { Effect, Option } from "effect"
import { floorApi } from "../floor/FloorApi.ts"
import { data, json, message, onStderr, onStdout, table } from "./Output.ts"
import { durationText } from "./TimeText.ts"

interface OrdersOptions {
  readonly status: OrderFilter
  readonly account: Option.Option<string>
  readonly strategy: Option.Option<string>
  readonly data: Option.Option<string>
  readonly json: boolean
}

const priceText = ({ price, trail, trigger }: OrderRow): string =>
  [
    price === "" ? "market" : price,
    ...(trigger === "" ? [] : [`at ${trigger}`]),
    ...(trail === "" ? [] : [`trailing ${trail}`])
  ].join(" ")

/** What is particular about an order. */
const remarks = (row: OrderRow): string =>
  [
    ...(row.timeInForce === "GTC" ? [] : [row.timeInForce]),
    ...(row.postOnly ? ["post-only"] : []),
    ...(row.reduceOnly ? ["reduce-only"] : []),
    ...(row.emulated ? ["emulated"] : []),
    ...(row.cancelRequested ? ["cancel asked for"] : []),
    ...(row.parent === "" ? [] : [`after ${row.parent}`]),
    ...(row.group === "" ? [] : [`one of ${row.group}`]),
    ...(row.after.length === 0 ? [] : [`waits for ${row.after.join(", ")}`]),
    ...(row.attempt > 1 ? [`attempt ${row.attempt}`] : []),
    ...(row.reason === "" ? [] : [row.reason])
  ].join(", ")

const colourOf = (status: string): string => (status === "unknown" ? onStdout.yellow(status) : status)

export const ordersText = (rows: ReadonlyArray<OrderRow>, nowMs: number): string =>
  table(
    ["order", "account", "strategy", "instrument", "side", "type", "price", "quantity", "filled", "age", "status", ""],
    rows.map((row) => [
      row.clientOrderId === "" ? row.venueOrderId : row.clientOrderId,
      row.account,
      row.strategy === "" ? "(external)" : row.strategy,
      row.instrument,
      row.side,
      row.type,
      priceText(row),
      row.quantity,
      row.filled,
      durationText(Math.max(0, nowMs - row.timeIntent / 1_000)),
      colourOf(row.status),
      remarks(row)
    ]),
    [7, 8, 9]
  )

const queryOf = ({ account, status, strategy }: OrdersOptions): string => {
  const query = new URLSearchParams({ status })
  if (Option.isSome(account)) query.set("account", account.value)
  if (Option.isSome(strategy)) query.set("strategy", strategy.value)
  return query.toString()
}

const hintOf = (rows: ReadonlyArray<OrderRow>): string =>
  rows.some(({ status }) => status === "unknown")
    ? "why ORDER for what is known; the account keeps looking. If the venue can never say: order resolve ORDER --as …"
    : "why ORDER, order cancel ORDER, trace ORDER"

export const run = Effect.fnUntraced(function* (options: OrdersOptions) {
  const api = yield* floorApi(options.data)
  const { missing, orders } = yield* api.get(`/orders?${queryOf(options)}`, OrderList)
  if (options.json) yield* json({ orders, missing })
  else if (orders.length > 0) yield* data(ordersText(orders, performance.timeOrigin + performance.now()))
  for (const { account, reason } of missing)
    yield* message(onStderr.yellow(`The orders of ${account} are not shown: ${reason}.`))
  if (options.json) return
  if (orders.length === 0) return yield* message(`No ${options.status === "all" ? "" : `${options.status} `}orders.`)
  yield* message(onStderr.dim(`\nNext: ${hintOf(orders)}`))
})
