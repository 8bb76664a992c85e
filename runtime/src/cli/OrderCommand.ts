/** `outcry order cancel` and `outcry order resolve`: what an operator does about single orders; each is journalled with who and why. */
import { Canceled, type Resolution, Resolved } from "@outcry/client/Api"
import { OrderRow } from "@outcry/client/Wire"
import * as Amount from "@outcry/model/Amount"
import { Effect, Option } from "effect"
import { type FloorApi, floorApi } from "../floor/FloorApi.ts"
import { Accounts } from "./AccountsCommand.ts"
import { confirm } from "./Confirm.ts"
import { data, json, message, onStderr } from "./Output.ts"
import { exitCodes, type UserError, userError } from "./UserError.ts"

interface Common {
  readonly by: string
  readonly reason: string
  readonly data: Option.Option<string>
  readonly json: boolean
}

interface CancelOptions extends Common {
  readonly orders: ReadonlyArray<string>
  readonly all: boolean
  readonly account: Option.Option<string>
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`

export const cancel = Effect.fnUntraced(function* (options: CancelOptions) {
  const { all, by, orders, reason } = options
  if (all === orders.length > 0)
    return yield* userError(
      "Usage",
      "Orders are to be named, or --all.",
      "Write `outcry order cancel ORDER…` or `outcry order cancel --all`."
    )
  if (Option.isSome(options.account) && !all)
    return yield* userError("Usage", "--account goes with --all: an order's id says whose it is.", "Leave it out.")
  const api = yield* floorApi(options.data)
  const account = Option.match(options.account, { onNone: () => ({}), onSome: (name) => ({ account: name }) })
  const body = { orders: all ? "all" : orders, ...account, by, reason }
  const { accounts, missing } = yield* api.post("/orders/cancel", body, Canceled)
  if (options.json) yield* json({ accounts, missing })
  else
    for (const { account: name, canceled } of accounts)
      yield* data(
        canceled === 0
          ? `${name}: nothing to cancel, or asked for already`
          : `${name}: ${counted(canceled, "cancel")} asked for`
      )
  for (const { account: name, reason: why } of missing)
    yield* message(onStderr.yellow(`${name} could not be asked: ${why}.`))
  if (missing.length > 0) process.exitCode = exitCodes.failed
  if (!options.json) yield* message(onStderr.dim("\nNext: orders shows what is still open"))
})

interface ResolveOptions extends Common {
  readonly order: string
  readonly as: Resolution
  readonly price: Option.Option<string>
  readonly yes: boolean
}

type ToResolve = Pick<OrderRow, "account" | "clientOrderId" | "filled" | "instrument" | "quantity" | "side" | "status">

/** The order as its account holds it open, by its whole id; undefined where none does. */
const heldOpen = (accounts: (typeof Accounts.Type)["accounts"], id: string): ToResolve | undefined => {
  for (const { account, openOrders } of accounts)
    for (const { clientOrderId, filledLots, instrument, quantity, status, terms } of openOrders)
      if (clientOrderId === id) {
        const filled = Amount.mulDiv(Amount.from(quantity), BigInt(filledLots), BigInt(terms.lots))
        return { account, clientOrderId, filled: Amount.format(filled), instrument, quantity, side: terms.side, status }
      }
  return undefined
}

/** From the node's copy of the accounts; where that is still reading their journals, from the accounts themselves. */
const orderAt = (api: FloorApi, path: string, id: string): Effect.Effect<ToResolve, UserError> =>
  api.get(path, OrderRow).pipe(
    Effect.catch((error): Effect.Effect<ToResolve, UserError> => {
      if (error.kind !== "GatewayUnreachable") return Effect.fail(error)
      return Effect.flatMap(api.get("/accounts", Accounts), ({ accounts }) => {
        const order = heldOpen(accounts, id)
        return order === undefined ? Effect.fail(error) : Effect.succeed(order)
      })
    })
  )

const whatHappens = (order: ToResolve, { as, price }: ResolveOptions): string => {
  const name = `Order ${order.clientOrderId} of ${order.account} (${order.side} ${order.quantity} ${order.instrument}, ${order.filled} filled)`
  const free = "what it held back is free again, and the instrument may be traded."
  if (as === "filled")
    return `${name} is booked as filled at ${Option.getOrElse(price, () => "?")}: position and cash move by the rest, ${free}`
  return `${name} is taken as ${as}: nothing more is booked for it, ${free} If the venue reports it later all the same, its report wins and is flagged.`
}

export const resolve = Effect.fnUntraced(function* (options: ResolveOptions) {
  const { as, by, price, reason } = options
  if (Option.isSome(price) !== (as === "filled"))
    return yield* userError(
      "Usage",
      as === "filled"
        ? "--as filled needs the price that the rest was filled at."
        : `--price does not go with --as ${as}.`,
      as === "filled" ? "Add --price P." : "Leave --price out."
    )
  const api = yield* floorApi(options.data)
  const path = `/orders/${encodeURIComponent(options.order)}`
  const order = yield* orderAt(api, path, options.order)
  if (order.status !== "unknown")
    return yield* userError(
      "RequestRefused",
      `Order ${order.clientOrderId} is ${order.status}: only an order whose fate is unknown can be resolved.`,
      "`outcry orders --status unknown` lists those; an open one is ended with `outcry order cancel`."
    )
  yield* confirm(whatHappens(order, options), options.yes)
  const body = { as, ...Option.match(price, { onNone: () => ({}), onSome: (at) => ({ price: at }) }), by, reason }
  const resolved = yield* api.post(`${path}/resolve`, body, Resolved)
  if (options.json) return yield* json(resolved)
  yield* data(`${resolved.clientOrderId} of ${resolved.account} is ${resolved.status}, ${resolved.filled} filled`)
  yield* message(onStderr.dim(`\nNext: why ${resolved.clientOrderId}, verify ${resolved.account}`))
})
