/**
 * The WebSocket API at `/ws-api/v3`: every call that REST has, and the user data stream, subscribed by signature.
 * Events of an account go to each of its subscriptions in order, wrapped as `{"subscriptionId":…,"event":…}`.
 *
 * Listen keys are not served: Binance has closed that way for spot. Sessions need Ed25519 keys, which there are none of.
 */
import { Schema } from "effect"
import type { WebSocket } from "ws"
import type { Account } from "./Account.ts"
import * as ApiError from "./ApiError.ts"
import { authenticate, type CallCounts, call, type Credentials, type Venue } from "./Api.ts"
import { ClientSocket, type SocketLimits } from "./ClientSocket.ts"
import type { Execution, ExchangeOrder } from "./ExchangeOrder.ts"
import type { Faults } from "./Faults.ts"
import type { Output } from "./HeldOutput.ts"
import { Params } from "./Params.ts"
import { rateLimits } from "./ProtocolMarket.ts"
import type { OrderList } from "./OrderLists.ts"
import type { ExchangeListener, OrderChange } from "./OrderWork.ts"
import * as ProtocolList from "./ProtocolList.ts"
import * as Protocol from "./ProtocolOrder.ts"
import { routes } from "./Rest.ts"

const Value = Schema.Union([Schema.String, Schema.Finite, Schema.Boolean])
const Request = Schema.Struct({
  id: Schema.Union([Schema.String, Schema.Finite, Schema.Null]),
  method: Schema.String,
  params: Schema.optionalKey(Schema.Record(Schema.String, Value))
})
const decodeRequest = Schema.decodeUnknownSync(Request)

const byMethod = new Map(routes.flatMap((route) => (route.wsMethod === undefined ? [] : [[route.wsMethod, route]])))
const delayMsDefault = 1_000
const freezeMsDefault = 10_000
const subscriptionsMost = 100

interface Client {
  readonly socket: ClientSocket
  readonly address: string
  /** Account ids by subscription id. */
  readonly subscriptions: Map<number, number>
}

export interface UserStreamOptions {
  readonly venue: () => Venue
  readonly limits: SocketLimits
  readonly faults: Faults | undefined
  readonly onDefect: (error: unknown) => void
  /** The event time `E`, epoch milliseconds; default: the venue's clock. */
  readonly nowMs?: (() => number) | undefined
  /** In lock-step: keeps an event until it is let out. */
  readonly hold?: ((output: Output) => void) | undefined
}

/** What the signature covers: all parameters but itself, by name, as `name=value` joined by `&`. */
const credentialsOf = (params: Readonly<Record<string, string | number | boolean>>): Credentials => {
  const names = Object.keys(params)
    .filter((name) => name !== "signature")
    .toSorted()
  const text = (name: string): string | undefined => (params[name] === undefined ? undefined : String(params[name]))
  return {
    apiKey: text("apiKey"),
    signature: text("signature"),
    payload: names.map((name) => `${name}=${params[name]}`).join("&")
  }
}

export class UserStream implements ExchangeListener {
  readonly #options: UserStreamOptions
  readonly #clients = new Set<Client>()
  readonly #reordered = new Map<number, Record<string, unknown>>()
  readonly #frozenUntilMs = new Map<number, number>()
  #nextSubscription = 0

  constructor(options: UserStreamOptions) {
    this.#options = options
  }

  get subscriptionCount(): number {
    let count = 0
    for (const client of this.#clients) count += client.subscriptions.size
    return count
  }

  accept(webSocket: WebSocket, address: string): void {
    const socket = new ClientSocket(
      webSocket,
      this.#options.limits,
      (text) => this.#request(client, text),
      () => this.#clients.delete(client)
    )
    const client: Client = { socket, address, subscriptions: new Map() }
    this.#clients.add(client)
  }

  close(): void {
    for (const client of this.#clients) client.socket.terminate()
  }

  onOrder(account: Account, order: ExchangeOrder, change: OrderChange, otherId?: string): void {
    this.#emit(account, order.symbol, Protocol.orderReport(order, change, this.#nowMs(), otherId))
  }

  onExecution(account: Account, execution: Execution): void {
    this.#emit(account, execution.order.symbol, Protocol.executionReport(execution, this.#nowMs()))
  }

  onList(account: Account, list: OrderList): void {
    this.#emit(account, undefined, ProtocolList.listStatus(list, this.#nowMs()))
  }

  onBalances(account: Account, assets: ReadonlyArray<string>): void {
    this.#emit(account, undefined, Protocol.accountPosition(account, assets, this.#nowMs()))
  }

  #nowMs(): number {
    return this.#options.nowMs?.() ?? this.#options.venue().nowMs()
  }

  #emit(account: Account, symbol: string | undefined, event: Record<string, unknown>): void {
    const nowMs = this.#nowMs()
    if ((this.#frozenUntilMs.get(account.id) ?? 0) > nowMs) return
    const fault = this.#options.faults?.strike(
      // Balances have no symbol; only what is about an order is tampered with.
      symbol === undefined
        ? []
        : ["userDrop", "userDuplicate", "userDelay", "userReorder", "userDisconnect", "userFreeze"],
      symbol === undefined ? {} : { symbol }
    )
    if (fault?.kind === "userDrop") return
    if (fault?.kind === "userFreeze") {
      this.#frozenUntilMs.set(account.id, nowMs + (fault.delayMs ?? freezeMsDefault))
      return
    }
    if (fault?.kind === "userDelay") {
      setTimeout(() => this.#deliver(account.id, event), fault.delayMs ?? delayMsDefault).unref()
      return
    }
    if (fault?.kind === "userReorder" && !this.#reordered.has(account.id)) {
      this.#reordered.set(account.id, event)
      return
    }
    if (fault?.kind === "userDisconnect") {
      for (const client of this.#clients) {
        if ([...client.subscriptions.values()].includes(account.id)) client.socket.terminate()
      }
      return
    }
    this.#deliver(account.id, event)
    if (fault?.kind === "userDuplicate") this.#deliver(account.id, event)
    const held = symbol === undefined ? undefined : this.#reordered.get(account.id)
    if (held === undefined) return
    this.#reordered.delete(account.id)
    this.#deliver(account.id, held)
  }

  #deliver(accountId: number, event: Record<string, unknown>): void {
    const { hold } = this.#options
    if (hold === undefined) return this.#send(accountId, event)
    const isHeard = [...this.#clients].some(({ subscriptions }) => [...subscriptions.values()].includes(accountId))
    if (!isHeard) return
    hold({
      stream: "user",
      isSilent: event["e"] === "outboundAccountPosition",
      send: () => this.#send(accountId, event),
      mark: (name) => this.#send(accountId, { e: name })
    })
  }

  #send(accountId: number, event: Record<string, unknown>): void {
    for (const { socket, subscriptions } of this.#clients) {
      for (const [subscriptionId, subscribed] of subscriptions) {
        if (subscribed === accountId) socket.send(JSON.stringify({ subscriptionId, event }))
      }
    }
  }

  #request(client: Client, text: string): void {
    let request: typeof Request.Type
    try {
      request = decodeRequest(JSON.parse(text))
    } catch {
      const error = { code: -1135, msg: "The request is not JSON with id, method and params of plain values." }
      client.socket.send(JSON.stringify({ id: null, status: 400, error }))
      return
    }
    const { id } = request
    const venue = this.#options.venue()
    const counts: CallCounts = { weight: 0, orders: undefined }
    const limits = () => {
      const shown = { weight: counts.weight, tenSeconds: counts.orders?.tenSeconds ?? 0, day: counts.orders?.day ?? 0 }
      const all = rateLimits(venue.limits.settings, shown)
      return counts.orders === undefined ? all.slice(0, 1) : all
    }
    try {
      const result = this.#answer(client, request, counts)
      client.socket.send(JSON.stringify({ id, status: 200, result, rateLimits: limits() }))
    } catch (error) {
      if (!(error instanceof ApiError.ApiError)) this.#options.onDefect(error)
      const { code, data, msg, status } = error instanceof ApiError.ApiError ? error : ApiError.unknownFailure()
      const told = data === undefined ? { code, msg } : { code, msg, data }
      client.socket.send(JSON.stringify({ id, status, error: told, rateLimits: limits() }))
    }
  }

  #answer(client: Client, request: typeof Request.Type, counts: CallCounts): unknown {
    const values = request.params ?? {}
    const credentials = credentialsOf(values)
    const params = new Params(
      Object.entries(values)
        .filter(([name]) => name !== "signature" && name !== "apiKey")
        .map(([name, value]) => [name, String(value)] as const)
    )
    const venue = this.#options.venue()
    if (request.method === "userDataStream.subscribe.signature") {
      venue.limits.requireNotBanned(client.address, venue.nowMs())
      counts.weight = venue.limits.addWeight(client.address, 2, venue.nowMs())
      venue.limits.requireWeight(client.address, counts.weight, venue.nowMs())
      const account = authenticate(venue, params, credentials)
      params.requireAllRead()
      if (client.subscriptions.size >= subscriptionsMost) throw ApiError.invalidData("subscriptionId")
      const subscriptionId = this.#nextSubscription++
      client.subscriptions.set(subscriptionId, account.id)
      return { subscriptionId }
    }
    if (request.method === "userDataStream.unsubscribe") {
      const subscriptionId = params.integer("subscriptionId")
      const ended = subscriptionId === undefined ? [...client.subscriptions.keys()] : [subscriptionId]
      for (const each of ended) {
        if (!client.subscriptions.delete(each)) continue
        const event = { e: "eventStreamTerminated", E: venue.nowMs() }
        client.socket.send(JSON.stringify({ subscriptionId: each, event }))
      }
      return {}
    }
    if (request.method === "session.subscriptions") {
      return [...client.subscriptions.keys()].map((subscriptionId) => ({ subscriptionId }))
    }
    if (request.method === "session.status") {
      return {
        apiKey: null,
        authorizedSince: null,
        connectedSince: null,
        returnRateLimits: true,
        serverTime: venue.nowMs(),
        userDataStream: client.subscriptions.size > 0
      }
    }
    const route = byMethod.get(request.method)
    if (route === undefined)
      throw new ApiError.ApiError({ status: 400, code: -1020, msg: "This operation is not supported." })
    return call(venue, route, params, credentials, client.address, counts)
  }
}

/** Passes an exchange's events on to a stream that is made after it. */
export const forward = (target: () => ExchangeListener): ExchangeListener => ({
  onOrder: (...event) => target().onOrder(...event),
  onExecution: (...event) => target().onExecution(...event),
  onBalances: (...event) => target().onBalances(...event),
  onList: (...event) => target().onList(...event)
})
