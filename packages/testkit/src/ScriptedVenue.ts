/**
 * A venue in memory behind the execution port, for orderings that a real one cannot be made to show: what a request is
 * answered with, and when, is set by the test. By default it accepts every order, finds what it has and cancels it.
 */
import {
  Execution,
  type CancelOrder,
  type CancelOutcome,
  type ExecutionEvent,
  type ExecutionSession,
  type LookupOrder,
  type LookupOutcome,
  type PlaceOrder,
  type PlaceOutcome,
  type Read,
  type VenueFill,
  type VenueOrder
} from "@outcry/venue/Execution"
import * as Amount from "@outcry/model/Amount"
import { baseAmount, type Instrument, notional } from "@outcry/model/Instrument"
import type { OrderTerms } from "@outcry/model/Order"
import { Effect, Layer, Queue, Stream } from "effect"
import { btcUsdt, ethUsdt } from "./Instruments.ts"

type Open = { -readonly [K in keyof VenueOrder]: VenueOrder[K] }

export class ScriptedVenue {
  /** Every request in the order it reached the venue, as `place <id>`, `cancel <id>`, `lookup <id>`. */
  readonly log: Array<string> = []
  readonly placed: Array<PlaceOrder> = []
  readonly orders = new Map<string, Open>()
  readonly fills: Array<VenueFill> = []
  /** Replace these to answer otherwise; `accept`, `found` and `canceled` are the defaults. */
  onPlace: (request: PlaceOrder) => Effect.Effect<PlaceOutcome> = (request) => Effect.sync(() => this.accept(request))
  onCancel: (request: CancelOrder) => Effect.Effect<CancelOutcome> = (request) =>
    Effect.sync(() => this.canceled(request))
  onLookup: (request: LookupOrder) => Effect.Effect<LookupOutcome> = (request) => Effect.sync(() => this.found(request))
  /** Terms that this venue works by itself; by default what has no trigger. */
  native: (terms: OrderTerms) => boolean = ({ type }) => type === "limit" || type === "market"
  /** Executions that it counts and does not list, by trade id. */
  readonly unlisted = new Set<string>()
  /** False: reads say that the venue cannot be reached. */
  isReachable = true
  clock = { offsetUs: 0, errorUs: 0 }
  private readonly readers = new Set<Queue.Queue<ExecutionEvent>>()
  private trades = 0

  /** Takes an order in as a venue would. */
  accept(request: PlaceOrder): PlaceOutcome {
    const { clientOrderId, instrument, terms } = request
    const order: Open = {
      clientOrderId,
      venueOrderId: `v${this.orders.size + 1}`,
      instrument: instrument.id,
      side: terms.side,
      status: "open",
      type: terms.type,
      priceTicks: terms.priceTicks,
      triggerTicks: terms.triggerTicks ?? 0,
      lots: terms.lots,
      filledLots: 0,
      averageTicks: 0,
      timeVenue: request.timeIntent
    }
    this.orders.set(clientOrderId, order)
    return { _tag: "Accepted", order: { ...order }, fills: [] }
  }

  canceled({ clientOrderId }: CancelOrder): CancelOutcome {
    const order = this.orders.get(clientOrderId)
    if (order?.status !== "open") return { _tag: "NotOpen", code: "-2011" }
    order.status = "canceled"
    return { _tag: "Canceled", order: { ...order } }
  }

  found({ clientOrderId }: LookupOrder): LookupOutcome {
    const order = this.orders.get(clientOrderId)
    if (order === undefined) return { _tag: "Absent" }
    const fills = this.listed.filter((fill) => fill.venueOrderId === order.venueOrderId)
    return { _tag: "Found", order: { ...order }, fills }
  }

  private get listed(): ReadonlyArray<VenueFill> {
    return this.fills.filter((fill) => !this.unlisted.has(fill.venueTradeId))
  }

  /** Executes lots of an order; who is told of it is up to the test. A market order needs a price. */
  fill(clientOrderId: string, lots: number, priceTicks?: number): VenueFill {
    const order = this.orders.get(clientOrderId)
    if (order === undefined) throw new Error(`the venue has no order ${clientOrderId}`)
    order.filledLots += lots
    if (order.filledLots >= order.lots) order.status = "filled"
    const fill: VenueFill = {
      venueTradeId: String(++this.trades),
      venueOrderId: order.venueOrderId,
      clientOrderId: "",
      instrument: order.instrument,
      side: order.side,
      priceTicks: priceTicks ?? order.priceTicks,
      lots,
      fee: "0",
      feeAsset: "USDT",
      liquidity: "maker",
      timeVenue: order.timeVenue
    }
    this.fills.push(fill)
    order.averageTicks = fill.priceTicks
    return fill
  }

  /** Takes an execution back, as a venue does with an erroneous trade. */
  bust(venueTradeId: string): void {
    const at = this.fills.findIndex((fill) => fill.venueTradeId === venueTradeId)
    const [fill] = this.fills.splice(at, 1)
    if (fill === undefined) throw new Error(`the venue has no execution ${venueTradeId}`)
    for (const order of this.orders.values()) {
      if (order.venueOrderId !== fill.venueOrderId) continue
      order.filledLots -= fill.lots
      if (order.status === "filled") order.status = "canceled"
    }
  }

  private total(asset: string, initial: string): string {
    let total = Amount.from(initial)
    for (const { fills, instrument } of [btcUsdt, ethUsdt].map((each) => ({ instrument: each, fills: this.of(each) })))
      for (const fill of fills) {
        const sign = fill.side === "buy" ? 1n : -1n
        if (instrument.base === asset) total += sign * baseAmount(instrument, fill.lots)
        if (instrument.quote === asset) total -= sign * notional(instrument, fill.priceTicks, fill.lots)
      }
    return Amount.format(total)
  }

  private of(instrument: Instrument): ReadonlyArray<VenueFill> {
    return this.fills.filter((fill) => fill.instrument === instrument.id)
  }

  /** Tells every reader of the user stream. */
  push(event: ExecutionEvent): void {
    for (const reader of this.readers) Queue.offerUnsafe(reader, event)
  }

  pushOrder(clientOrderId: string): void {
    this.push({ _tag: "OrderChanged", order: { ...this.orders.get(clientOrderId)! } })
  }

  private read<A>(value: () => A): Effect.Effect<Read<A>> {
    return Effect.sync(() =>
      this.isReachable ? { _tag: "Ok", value: value() } : { _tag: "Unreachable", reason: "down by script" }
    )
  }

  /** As the only venue of a node, for whatever account. */
  get layer(): Layer.Layer<Execution> {
    return Layer.succeed(Execution, Execution.of({ session: () => Effect.succeed(this.session) }))
  }

  get session(): ExecutionSession {
    return {
      native: (_instrument, terms) => this.native(terms),
      place: (request) =>
        Effect.suspend(() => {
          this.log.push(`place ${request.clientOrderId}`)
          this.placed.push(request)
          return this.onPlace(request)
        }),
      cancel: (request) =>
        Effect.suspend(() => {
          this.log.push(`cancel ${request.clientOrderId}`)
          return this.onCancel(request)
        }),
      lookup: (request) =>
        Effect.suspend(() => {
          this.log.push(`lookup ${request.clientOrderId}`)
          return this.onLookup(request)
        }),
      openOrders: () => this.read(() => Array.from(this.orders.values()).filter((order) => order.status === "open")),
      fillsSince: ({ afterTradeId, instrument }) =>
        this.read(() =>
          this.listed.filter(
            (fill) => fill.instrument === instrument.id && Number(fill.venueTradeId) > Number(afterTradeId)
          )
        ),
      balances: this.read(() => [
        { asset: "USDT", free: this.total("USDT", "1000000"), locked: "0" },
        { asset: "BTC", free: this.total("BTC", "10"), locked: "0" },
        { asset: "ETH", free: this.total("ETH", "100"), locked: "0" }
      ]),
      instruments: this.read(() => [btcUsdt, ethUsdt]),
      events: Stream.unwrap(
        Effect.acquireRelease(
          Effect.gen({ self: this }, function* () {
            const reader = yield* Queue.unbounded<ExecutionEvent>()
            Queue.offerUnsafe(reader, { _tag: "Connected" })
            this.readers.add(reader)
            return reader
          }),
          (reader) => Effect.sync(() => this.readers.delete(reader))
        ).pipe(Effect.map((reader) => Stream.fromEffect(Queue.take(reader)).pipe(Stream.forever)))
      ),
      clockOffset: Effect.sync(() => this.clock)
    }
  }
}
