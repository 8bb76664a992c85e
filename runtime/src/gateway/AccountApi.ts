/**
 * Orders and accounts over HTTP: what there is, and what an operator may do about it. Lists show at least what the
 * account had journalled when it was asked; changes are answered when they are journalled.
 */
import { Account, type AccountStatus } from "@outcry/actor-account/Protocol"
import {
  AdjustRequest,
  CancelRequest,
  CloseRequest,
  type OrderFilter,
  orderFilters,
  type OrderList,
  ResolveRequest,
  TradingStateRequest
} from "@outcry/client/Api"
import type { OrderRow } from "@outcry/client/Wire"
import * as Amount from "@outcry/model/Amount"
import { isSleeping, type Order } from "@outcry/model/Order"
import { Cause, Effect, Option, Result } from "effect"
import type { IncomingMessage } from "node:http"
import { reasonOf } from "../cli/UserError.ts"
import type { FloorConfig } from "../FloorConfig.ts"
import { orderRow } from "./AccountRows.ts"
import { type Answer, answerJson, Refusal } from "./Answer.ts"
import type { Channels } from "./Channels.ts"
import { bodyOf } from "./RequestBody.ts"
import { askTimeoutMs } from "./FloorStatus.ts"
import { parameterOf } from "./Token.ts"

/** A change waits for its commit, and for the account where it moves between nodes. */
const changeTimeoutMs = 5_000
const catchUpMs = 5_000
const pollMs = 10
/** What the beginning of an id must have at least to name an order that is to be changed. */
const prefixMin = 4

type Missing = OrderList["missing"][number]
type Target = Pick<OrderRow, "account" | "clientOrderId" | "status">

const isWanted = (order: Order, filter: OrderFilter): boolean =>
  filter === "unknown" ? order.status === "unknown" : filter === "held" ? isSleeping(order.status) : true

const errorsOfAccount = (error: unknown): Refusal => {
  if (error instanceof Refusal) return error
  const message = reasonOf(error)
  if (!(error instanceof Error) || !("_tag" in error)) return Refusal.of(500, message)
  switch (error._tag) {
    case "Refused":
      return "field" in error && "reason" in error
        ? Refusal.of(422, message, [{ field: String(error.field), message: String(error.reason) }])
        : Refusal.of(422, message)
    case "TimeoutError":
      return Refusal.of(504, "The account did not answer in time. Whether it was done, its orders and balances show.")
    default:
      return Refusal.of(503, message)
  }
}

export const makeAccountApi = Effect.fnUntraced(function* (floor: FloorConfig, channels: Channels["Service"]) {
  const client = yield* Account.client
  const names = floor.accounts.map(({ name }) => name)

  const asked = <A, E, R>(effect: Effect.Effect<A, E, R>, withinMs = changeTimeoutMs): Effect.Effect<A, Refusal, R> =>
    effect.pipe(
      Effect.timeout(withinMs),
      Effect.catchCause((cause) => Effect.fail(errorsOfAccount(Cause.squash(cause))))
    )

  const known = (name: string): Effect.Effect<string, Refusal> =>
    names.includes(name)
      ? Effect.succeed(name)
      : Effect.fail(
          Refusal.of(404, `There is no account ${name}. There are ${names.join(", ")}.`, [
            { field: "account", message: "is not known" }
          ])
        )

  const status = (name: string): Effect.Effect<AccountStatus, Refusal> => asked(client(name).Status({}), askTimeoutMs)

  /** This node's copy of an account, at least as far as the account was when it was asked. */
  const upToDate = Effect.fnUntraced(function* (name: string) {
    const { condition, reason, seq } = yield* status(name)
    if (condition === "frozen") return yield* Refusal.of(503, reason ?? "it is frozen")
    const opening = channels.account(name)
    if (opening === undefined) return yield* Refusal.of(404, `There is no account ${name}.`)
    const { state } = yield* opening
    for (let waitedMs = 0; state.seq < seq; waitedMs += pollMs) {
      if (waitedMs >= catchUpMs)
        return yield* Refusal.of(503, `this node has read ${state.seq} of ${seq} rows of its journal`)
      yield* Effect.sleep(pollMs)
    }
    return state
  })

  /** The same of several; those that cannot be read are named. */
  const readAll = <A>(wanted: ReadonlyArray<string>, read: (state: Effect.Success<ReturnType<typeof upToDate>>) => A) =>
    Effect.map(
      Effect.forEach(wanted, (name) => Effect.result(Effect.map(upToDate(name), read)), { concurrency: 8 }),
      (results) => {
        const found = results.flatMap((result) => (Result.isSuccess(result) ? [result.success] : []))
        const missing = results.flatMap((result, index): ReadonlyArray<Missing> =>
          Result.isFailure(result) ? [{ account: wanted[index]!, reason: detailOf(result.failure) }] : []
        )
        return { found, missing }
      }
    )

  const list = Effect.fnUntraced(function* (request: IncomingMessage) {
    const account = parameterOf(request, "account")
    const strategy = parameterOf(request, "strategy")
    const text = parameterOf(request, "status")
    const filter = text === "" ? "open" : orderFilters.find((each) => each === text)
    if (filter === undefined)
      return yield* Refusal.of(
        422,
        `status: there is no list of ${text} orders. Use one of ${orderFilters.join(", ")}.`,
        [{ field: "status", message: `is none of ${orderFilters.join(", ")}` }]
      )
    const wanted = account === "" ? names : [yield* known(account)]
    const { found, missing } = yield* readAll(wanted, (state) =>
      [...(filter === "all" ? state.closed.values() : []), ...state.orders.values()]
        .filter((order) => isWanted(order, filter) && (strategy === "" || order.strategy === strategy))
        .map((order) => orderRow(state, order))
    )
    const orders = found.flat().toSorted((a, b) => a.timeIntent - b.timeIntent)
    return answerJson(200, { orders, missing } satisfies OrderList)
  })

  /** By client order id, venue order id, or the beginning of a client order id that no other shares. */
  const find = Effect.fnUntraced(function* (id: string, shortest = 1) {
    yield* requireNamed(id)
    const { found, missing } = yield* readAll(names, (state) =>
      [...state.orders.values(), ...state.closed.values()]
        .filter(({ clientOrderId, venueOrderId }) => clientOrderId.startsWith(id) || venueOrderId === id)
        .map((order) => orderRow(state, order))
    )
    const matches = found.flat()
    const exact = matches.filter(({ clientOrderId, venueOrderId }) => clientOrderId === id || venueOrderId === id)
    const [order, ...others] = exact.length > 0 ? exact : matches
    const field = [{ field: "order", message: order === undefined ? "is not known" : "is ambiguous" }]
    if (order === undefined) {
      const unread = missing.map(({ account, reason }) => ` ${account} could not be asked: ${reason}.`).join("")
      return yield* Refusal.of(missing.length > 0 ? 503 : 404, `There is no order ${id}.${unread}`, field)
    }
    if (exact.length === 0 && id.length < shortest)
      return yield* Refusal.of(422, `order: ${id} is too short to change an order by. Give more of its id.`, [
        { field: "order", message: `has fewer than ${shortest} characters` }
      ])
    if (others.length > 0) {
      const candidates = [order, ...others]
        .slice(0, 5)
        .map(({ account, clientOrderId }) => `${clientOrderId} (${account})`)
      return yield* Refusal.of(409, `${id} may be ${candidates.join(", ")}. Give more of its id.`, field)
    }
    return order
  })

  /** What the accounts that answer hold open. */
  const openOrders = Effect.map(
    Effect.forEach(names, (name) => Effect.option(status(name)), { concurrency: 8 }),
    (statuses) =>
      statuses
        .flatMap(Option.toArray)
        .flatMap(({ account, openOrders: orders }) => orders.map((order) => ({ ...order, account })))
  )

  /**
   * An order to change. One that an account holds open is known by its whole id from the account itself: it must not wait
   * until this node has read a long journal.
   */
  const toChange = (id: string, open: Effect.Success<typeof openOrders>): Effect.Effect<Target, Refusal> => {
    const [order, ...others] = open.filter(({ clientOrderId }) => clientOrderId === id)
    return order !== undefined && others.length === 0 ? Effect.succeed(order) : find(id, prefixMin)
  }

  const cancelIn = (account: string, orders: "all" | ReadonlyArray<string>, by: string, reason: string) =>
    Effect.map(asked(client(account).Cancel({ clientOrderIds: orders, by, reason })), (canceled) => ({
      account,
      canceled
    }))

  const cancel = Effect.fnUntraced(function* (request: IncomingMessage) {
    const { account, by, orders, reason } = yield* bodyOf(request, CancelRequest)
    const wanted = new Map<string, "all" | Array<string>>()
    if (orders === "all")
      for (const name of account === undefined ? names : [yield* known(account)]) wanted.set(name, "all")
    else {
      const open = yield* openOrders
      for (const row of yield* Effect.forEach(orders, (id) => toChange(id, open))) {
        const ids = wanted.get(row.account)
        if (Array.isArray(ids)) ids.push(row.clientOrderId)
        else wanted.set(row.account, [row.clientOrderId])
      }
    }
    const results = yield* Effect.forEach(wanted, ([name, ids]) => Effect.result(cancelIn(name, ids, by, reason)), {
      concurrency: 8
    })
    const failed = [...wanted.keys()].flatMap((name, index): ReadonlyArray<Missing> => {
      const result = results[index]!
      return Result.isFailure(result) ? [{ account: name, reason: detailOf(result.failure) }] : []
    })
    const accounts = results.flatMap((result) => (Result.isSuccess(result) ? [result.success] : []))
    // What could be done is done, and said; nothing done at all is an error.
    const [first] = results
    if (accounts.length === 0 && first !== undefined && Result.isFailure(first)) return yield* first.failure
    return answerJson(200, { accounts, missing: failed })
  })

  const resolve = Effect.fnUntraced(function* (request: IncomingMessage, id: string) {
    const body = yield* bodyOf(request, ResolveRequest)
    const order = yield* toChange(id, yield* openOrders)
    const { account, clientOrderId } = order
    if (order.status !== "unknown")
      return yield* Refusal.of(
        409,
        `Order ${clientOrderId} is ${order.status}: only an order whose fate is unknown can be resolved.`,
        [{ field: "order", message: `is ${order.status}, not unknown` }]
      )
    const { filledQuantity, status: now } = yield* asked(client(account).Resolve({ clientOrderId, ...body }))
    return answerJson(200, { account, clientOrderId, status: now, filled: filledQuantity })
  })

  const accounts = Effect.gen(function* () {
    const results = yield* Effect.forEach(names, (name) => Effect.result(status(name)), { concurrency: 8 })
    const missing = names.flatMap((name, index): ReadonlyArray<Missing> => {
      const result = results[index]!
      return Result.isFailure(result) ? [{ account: name, reason: detailOf(result.failure) }] : []
    })
    return answerJson(200, {
      accounts: results.flatMap((result) => (Result.isSuccess(result) ? [result.success] : [])),
      missing
    })
  })

  const change = Effect.fnUntraced(function* (request: IncomingMessage, account: string, what: string) {
    yield* known(account)
    switch (what) {
      case "close": {
        const body = yield* bodyOf(request, CloseRequest)
        return answerJson(200, yield* asked(client(account).ClosePositions(body)))
      }
      case "trading-state": {
        const body = yield* bodyOf(request, TradingStateRequest)
        yield* asked(client(account).SetTradingState(body))
        return answerJson(200, { state: body.state })
      }
      case "adjust": {
        const body = yield* bodyOf(request, AdjustRequest)
        yield* requireCovered(yield* status(account), body)
        const { total } = yield* asked(client(account).AdjustBalance(body))
        return answerJson(200, { asset: body.asset, total })
      }
      default:
        return yield* Refusal.of(404, "An account can be asked to close, adjust or change its trading-state.")
    }
  })

  /** The answer to a path below `/api/v1/orders` or `/api/v1/accounts`; undefined where it is neither. */
  const route = (request: IncomingMessage, path: string): Effect.Effect<Answer, Refusal> | undefined => {
    const [, version, kind, name, verb, ...rest] = partsOf(path)
    if (version !== "v1" || (kind !== "orders" && kind !== "accounts") || rest.length > 0) return undefined
    const isPost = request.method === "POST"
    if (kind === "orders") {
      if (name === "cancel" && verb === undefined) return isPost ? cancel(request) : notThisMethod("POST")
      if (name !== undefined && verb === "resolve") return isPost ? resolve(request, name) : notThisMethod("POST")
      if (verb !== undefined) return undefined
      if (isPost) return notThisMethod("GET")
      return name === undefined ? list(request) : Effect.map(find(name), (order) => answerJson(200, order))
    }
    if (name !== undefined && verb !== undefined) return isPost ? change(request, name, verb) : notThisMethod("POST")
    if (isPost) return notThisMethod("GET")
    return name === undefined
      ? accounts
      : Effect.map(Effect.flatMap(known(name), status), (found) => answerJson(200, found))
  }
  return { route }
})

/** The parts of `/api/…`; none where the path is not well-formed. */
const partsOf = (path: string): ReadonlyArray<string> => {
  try {
    return path.split("/").slice(1).map(decodeURIComponent)
  } catch {
    return []
  }
}

/** An order that the venue has not named has an empty id there: no text would name it by accident. */
const requireNamed = (id: string): Effect.Effect<void, Refusal> =>
  id === ""
    ? Effect.fail(Refusal.of(422, "order: is empty. Give an order's id.", [{ field: "order", message: "is empty" }]))
    : Effect.void

/** A balance that would be negative is a slip of whoever types, not a fact. */
const requireCovered = (
  { balances }: AccountStatus,
  adjust: typeof AdjustRequest.Type
): Effect.Effect<void, Refusal> => {
  const held = balances.find(({ asset }) => asset === adjust.asset)?.total ?? "0"
  const after = (Amount.parse(held) ?? 0n) + (Amount.parse(adjust.amount) ?? 0n)
  if (after >= 0n) return Effect.void
  return Effect.fail(
    Refusal.of(422, `amount: ${adjust.asset} would stand at ${Amount.format(after)}; it is ${held} now.`, [
      { field: "amount", message: `leaves ${Amount.format(after)}` }
    ])
  )
}

const notThisMethod = (method: string): Effect.Effect<never, Refusal> =>
  Effect.fail(Refusal.of(405, `Only ${method} is understood here.`))

/** The words of a refusal, for a list that goes on without it. */
const detailOf = ({ answer }: Refusal): string => {
  const body: unknown = JSON.parse(answer.body)
  return typeof body === "object" && body !== null && "detail" in body
    ? String(body.detail).replace(/\.$/, "")
    : answer.body
}
