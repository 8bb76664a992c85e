/**
 * The public market streams: `/ws/<name>/…` sends bare payloads, `/stream?streams=<name>/…` wraps them with their
 * stream's name; both take SUBSCRIBE, UNSUBSCRIBE and LIST_SUBSCRIPTIONS.
 *
 * Depth, candles and tickers go out at steps of market time, so that a faster replay is faster for its readers too.
 */
import type { MarketTop } from "@outcry/matching/MarketListener"
import { Schema } from "effect"
import type { WebSocket } from "ws"
import { ClientSocket, type SocketLimits } from "./ClientSocket.ts"
import type { Faults } from "./Faults.ts"
import type { Output } from "./HeldOutput.ts"
import { type Candle, type Interval, intervals, isInterval, type Print } from "./Klines.ts"
import type { AggregatePrint, DepthFrame, MarketTape, TapeListener } from "./MarketTape.ts"
import * as Protocol from "./ProtocolMarket.ts"

const streamsMost = 1_024
const namePattern = /^[a-z0-9!_]{1,30}(@[A-Za-z0-9_+:-]{1,30}){0,3}$/
const freezeMsDefault = 5_000

const Id = Schema.Union([Schema.Finite, Schema.String, Schema.Null])
const Request = Schema.Struct({
  method: Schema.Literals(["SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS"]),
  params: Schema.optionalKey(Schema.Array(Schema.String)),
  id: Schema.optionalKey(Id)
})
const decodeRequest = Schema.decodeUnknownSync(Request)

interface Client {
  readonly socket: ClientSocket
  readonly combined: boolean
  readonly names: Set<string>
}

export interface StreamsOptions {
  readonly limits: SocketLimits
  readonly faults: Faults | undefined
  /** The real clock, epoch milliseconds, in lock-step market time: the event time `E` of frames. */
  readonly nowMs: () => number
  /** In lock-step: keeps a frame until it is let out. */
  readonly hold?: ((output: Output) => void) | undefined
}

export class Streams implements TapeListener {
  readonly #options: StreamsOptions
  readonly #clients = new Set<Client>()
  readonly #subscribers = new Map<string, Set<Client>>()
  readonly #sentCandles = new Map<string, string>()

  constructor(options: StreamsOptions) {
    this.#options = options
  }

  get clientCount(): number {
    return this.#clients.size
  }

  /** Takes over a connection to `/ws…` or `/stream…`; names that do not exist stay silent, as at Binance. */
  accept(webSocket: WebSocket, url: URL): void {
    const combined = url.pathname.startsWith("/stream")
    const names = combined ? (url.searchParams.get("streams") ?? "").split("/") : url.pathname.split("/").slice(2)
    const socket = new ClientSocket(
      webSocket,
      this.#options.limits,
      (text) => this.#request(client, text),
      () => {
        for (const name of client.names) this.#unsubscribe(client, name)
        this.#clients.delete(client)
      }
    )
    const client: Client = { socket, combined, names: new Set() }
    this.#clients.add(client)
    for (const name of names)
      if (namePattern.test(name) && client.names.size < streamsMost) this.#subscribe(client, name)
  }

  close(): void {
    for (const client of this.#clients) client.socket.terminate()
  }

  onTrade(tape: MarketTape, print: Print): void {
    this.#publish(`${stem(tape)}@trade`, () => Protocol.tradeUpdate(tape, print, this.#options.nowMs()))
  }

  onAggregate(tape: MarketTape, print: AggregatePrint): void {
    this.#publish(`${stem(tape)}@aggTrade`, () => Protocol.aggregateUpdate(tape, print, this.#options.nowMs()))
  }

  onTop(tape: MarketTape, top: MarketTop, updateId: number): void {
    this.#publish(`${stem(tape)}@bookTicker`, () => Protocol.topUpdate(tape, top, updateId))
  }

  onCandleClosed(tape: MarketTape, interval: Interval, candle: Candle): void {
    this.#publishCandle(tape, interval, candle, true)
  }

  /** Every 100 ms of market time. */
  flushFast(tape: MarketTape): void {
    this.#strikeConnections(tape)
    const frame = tape.takeDepth("fast")
    if (frame !== undefined) {
      this.#publishDepth(tape, `${stem(tape)}@depth@100ms`, frame)
      this.#publishLevels(tape, "@100ms")
    }
    for (const interval of Object.keys(intervals)) {
      const candle = isInterval(interval) ? tape.klines.last(interval) : undefined
      if (candle !== undefined && isInterval(interval)) this.#publishCandle(tape, interval, candle, false)
    }
  }

  /** Every second of market time. */
  flushSlow(tapes: ReadonlyArray<MarketTape>): void {
    const now = this.#options.nowMs()
    for (const tape of tapes) {
      const frame = tape.takeDepth("slow")
      if (frame !== undefined) {
        this.#publishDepth(tape, `${stem(tape)}@depth`, frame)
        this.#publishDepth(tape, `${stem(tape)}@depth@1000ms`, frame)
        this.#publishLevels(tape, "")
        this.#publishLevels(tape, "@1000ms")
      }
      this.#publish(`${stem(tape)}@ticker`, () => Protocol.tickerUpdate(tape, now))
      this.#publish(`${stem(tape)}@miniTicker`, () => Protocol.miniTickerUpdate(tape, now))
    }
    this.#publish("!ticker@arr", () => tapes.map((tape) => Protocol.tickerUpdate(tape, now)))
    this.#publish("!miniTicker@arr", () => tapes.map((tape) => Protocol.miniTickerUpdate(tape, now)))
  }

  #publishDepth(tape: MarketTape, name: string, frame: DepthFrame): void {
    if (!this.#subscribers.has(name)) return
    const fault = this.#options.faults?.strike(["depthDrop", "depthGap", "depthBack", "depthCrossed"], {
      symbol: tape.symbol
    })
    if (fault?.kind === "depthDrop") return
    this.#publish(name, () => {
      const payload = Protocol.depthUpdate(tape, frame, this.#options.nowMs())
      const { firstUpdateId: first, lastUpdateId: last } = frame
      if (fault?.kind === "depthGap") return { ...payload, U: first + 7, u: last + 7 }
      if (fault?.kind === "depthBack") return { ...payload, U: first - 1_000, u: last - 1_000 }
      if (fault?.kind !== "depthCrossed") return payload
      const crossing = Math.ceil(tape.market.top().askTicks * 1.01)
      return { ...payload, b: [...levels(payload["b"]), [Protocol.priceText(tape.instrument, crossing), "1.00000000"]] }
    })
  }

  #publishLevels(tape: MarketTape, suffix: string): void {
    for (const count of [5, 10, 20]) {
      this.#publish(`${stem(tape)}@depth${count}${suffix}`, () => Protocol.depth(tape, count))
    }
  }

  #publishCandle(tape: MarketTape, interval: Interval, candle: Candle, closed: boolean): void {
    const name = `${stem(tape)}@kline_${interval}`
    if (!this.#subscribers.has(name)) return
    const state = `${candle.openMs} ${candle.trades} ${closed}`
    if (this.#sentCandles.get(name) === state) return
    this.#sentCandles.set(name, state)
    this.#publish(name, () => Protocol.klineUpdate(tape, interval, candle, closed, this.#options.nowMs()))
  }

  #strikeConnections(tape: MarketTape): void {
    if (this.#clients.size === 0) return
    const fault = this.#options.faults?.strike(["streamFreeze", "streamDisconnect"], { symbol: tape.symbol })
    if (fault === undefined) return
    for (const { socket } of this.#clients) {
      if (fault.kind === "streamFreeze") socket.freeze(fault.delayMs ?? freezeMsDefault)
      else socket.terminate()
    }
  }

  #publish(name: string, payload: () => unknown): void {
    const clients = this.#subscribers.get(name)
    if (clients === undefined) return
    const bare = JSON.stringify(payload())
    const wrapped = `{"stream":${JSON.stringify(name)},"data":${bare}}`
    const { hold } = this.#options
    if (hold === undefined) return sendAll(clients, wrapped, bare)
    const mark = (event: string): void => {
      const marker = JSON.stringify({ stream: "sim@step", data: { e: event } })
      sendAll(clients, marker, marker)
    }
    hold({ stream: "public", isSilent: false, send: () => sendAll(clients, wrapped, bare), mark })
  }

  #subscribe(client: Client, name: string): void {
    client.names.add(name)
    const clients = this.#subscribers.get(name)
    if (clients === undefined) this.#subscribers.set(name, new Set([client]))
    else clients.add(client)
  }

  #unsubscribe(client: Client, name: string): void {
    client.names.delete(name)
    const clients = this.#subscribers.get(name)
    clients?.delete(client)
    if (clients?.size === 0) this.#subscribers.delete(name)
  }

  #request(client: Client, text: string): void {
    const refuse = (code: number, msg: string, id: unknown = null): void =>
      client.socket.send(JSON.stringify({ error: { code, msg }, id }))
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      return refuse(3, "Invalid JSON: the message is not JSON")
    }
    let request: typeof Request.Type
    try {
      request = decodeRequest(json)
    } catch {
      return refuse(
        2,
        "Invalid request: method must be SUBSCRIBE, UNSUBSCRIBE or LIST_SUBSCRIPTIONS, params a list of streams, id a number or text"
      )
    }
    const id = request.id ?? null
    const names = request.params ?? []
    if (request.method === "LIST_SUBSCRIPTIONS") {
      client.socket.send(JSON.stringify({ result: [...client.names], id }))
      return
    }
    if (names.length === 0) return refuse(2, "Invalid request: params must name at least one stream", id)
    const wrong = names.find((name) => !namePattern.test(name))
    if (wrong !== undefined) return refuse(2, "Invalid request: invalid stream", id)
    if (request.method === "SUBSCRIBE" && client.names.size + names.length > streamsMost) {
      return refuse(2, `Invalid request: more than ${streamsMost} streams on one connection`, id)
    }
    for (const name of names) {
      if (request.method === "SUBSCRIBE") this.#subscribe(client, name)
      else this.#unsubscribe(client, name)
    }
    client.socket.send(JSON.stringify({ result: null, id }))
  }
}

const sendAll = (clients: ReadonlySet<Client>, wrapped: string, bare: string): void => {
  for (const client of clients) client.socket.send(client.combined ? wrapped : bare)
}

const stem = (tape: MarketTape): string => tape.symbol.toLowerCase()

const levels = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])
