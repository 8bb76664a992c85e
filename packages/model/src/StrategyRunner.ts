/**
 * Runs one strategy: keeps the quotes, books, positions and open orders it may look at, calls its handlers and gathers
 * its intents in a reused buffer. Pure but for the state it owns: the live actor and the back-tester both drive it.
 *
 * It never sends anything. Whoever drives it takes the intents after each call and reports fills and ends back.
 */
import type { FeedDeclaration, OpenOrder, OrderChange, OrderRequest, SidedRequest } from "./Strategy.ts"
import type { StrategyContext, StrategyDefinition, StrategyFill, StrategyOrderEnd } from "./Strategy.ts"
import type { Instrument } from "./Instrument.ts"
import { type MarketEvent, opposite, type Quote, type Side, signOf } from "./MarketData.ts"
import { OrderBook } from "./OrderBook.ts"
import type { OrderTerms } from "./Order.ts"
import { exitRequest, InvalidOrderRequest, lotsIn, type RequestReader, termsOf, ticksIn } from "./OrderRequestTerms.ts"
import type { RunnerIntent } from "./RunnerIntent.ts"
import type { RunnerOptions, RunnerSnapshot, SignalCount } from "./RunnerState.ts"
import { SeededRandom } from "./SeededRandom.ts"
import { Timers } from "./Timers.ts"

export type { RunnerIntent } from "./RunnerIntent.ts"
export type { RunnerOptions, RunnerSnapshot, SignalCount } from "./RunnerState.ts"

type MutableOpenOrder = { -readonly [K in keyof OpenOrder]: OpenOrder[K] } & {
  /** What the orders before it had filled, where it takes their place. */
  replacedLots?: number
}

export class StrategyRunner<P, S> {
  readonly feeds: ReadonlyArray<FeedDeclaration>
  /** Events handled, by kind. */
  readonly events = new Map<string, number>()
  readonly signals = new Map<string, SignalCount>()
  warmingUp = false
  private readonly definition: StrategyDefinition<P, S>
  private readonly context: StrategyContext<P, S> & { now: number; warmingUp: boolean }
  private readonly declared = new Map<string, FeedDeclaration>()
  private readonly instruments = new Map<string, Instrument>()
  private readonly quotes = new Map<string, Quote>()
  private readonly books = new Map<string, OrderBook>()
  private readonly wholeBooks = new Set<string>()
  private readonly positions = new Map<string, number>()
  private readonly orders = new Map<number, MutableOpenOrder>()
  private readonly timers = new Timers()
  private readonly random: SeededRandom
  private readonly buffer: Array<RunnerIntent> = []
  private readonly intentsMax: number
  private intentSeq = 0

  constructor(definition: StrategyDefinition<P, S>, parameters: P, options: RunnerOptions) {
    this.definition = definition
    this.feeds = definition.feeds(parameters)
    this.random = new SeededRandom(options.seed)
    this.intentsMax = options.intentsMax ?? Infinity
    for (const instrument of options.instruments) this.instruments.set(instrument.id, instrument)
    for (const feed of this.feeds) {
      this.declared.set(feed.instrument, feed)
      if (feed.book === true) this.books.set(feed.instrument, new OrderBook())
    }
    this.context = {
      parameters,
      state: definition.initial(parameters),
      now: 0,
      warmingUp: false,
      instrument: (id) => this.instrumentOf(id),
      quote: (id) => this.quotes.get(id),
      book: (id) => (this.wholeBooks.has(id) ? this.books.get(id) : undefined),
      position: (id) => this.positions.get(id) ?? 0,
      openOrders: (id) => Array.from(this.orders.values()).filter((order) => order.instrument === id),
      buy: (id, order) => this.place(id, "buy", order),
      sell: (id, order) => this.place(id, "sell", order),
      oco: (id, orders) => this.oco(id, orders),
      modify: (orderSeq, change) => this.modify(orderSeq, change),
      cancel: (orderSeq) => this.cancel(orderSeq),
      cancelAll: (id) => {
        for (const order of this.orders.values()) if (order.instrument === id) this.cancel(order.orderSeq)
      },
      signal: (name, value) => {
        if (this.warmingUp) return
        const known = this.signals.get(name)
        if (known === undefined) this.signals.set(name, { count: 1, last: value })
        else {
          known.count += 1
          known.last = value
        }
      },
      random: () => this.random.fraction(),
      timer: (name, delayMs) => {
        this.timers.set(name, this.context.now + Math.round(delayMs * 1000))
      }
    }
  }

  /** Calls `onStart`; positions and open orders must have been given before. */
  start(now: number): void {
    this.context.now = now
    this.definition.onStart?.(this.context)
  }

  /** Replays past bars: handlers run, intents and signals are dropped. */
  warmUp(bars: ReadonlyArray<MarketEvent>): void {
    this.setWarmingUp(true)
    for (const bar of bars) {
      this.handle(bar)
      this.buffer.length = 0
    }
    this.setWarmingUp(false)
  }

  /** Delivers one market event if the strategy declared it. Throws what the handler throws. */
  handle(event: MarketEvent): void {
    const feed = this.declared.get(event.instrument)
    if (feed === undefined) return
    this.context.now = event.timeReceived
    switch (event.type) {
      case "quote":
        this.quotes.set(event.instrument, event)
        if (feed.quotes !== true || this.definition.onQuote === undefined) return
        this.count("quote")
        this.definition.onQuote(event, this.context)
        return
      case "trade":
        if (feed.trades !== true || this.definition.onTrade === undefined) return
        this.count("trade")
        this.definition.onTrade(event, this.context)
        return
      case "delta": {
        const book = this.books.get(event.instrument)
        if (book === undefined) return
        if (event.snapshot) this.wholeBooks.add(event.instrument)
        else if (!this.wholeBooks.has(event.instrument)) return
        book.apply(event)
        if (this.definition.onBook === undefined) return
        this.count("book")
        this.definition.onBook(event, this.context)
        return
      }
      case "bar":
        if (feed.barSeconds === undefined || event.intervalUs !== feed.barSeconds * 1_000_000) return
        this.count("bar")
        this.definition.onBar?.(event, this.context)
        return
      case "gap":
        // Nothing may be decided on prices from before the break.
        if (!event.resumed) {
          this.wholeBooks.delete(event.instrument)
          this.quotes.delete(event.instrument)
        }
        this.count("gap")
        this.definition.onGap?.(event, this.context)
        return
    }
  }

  /** A fill of this strategy; the position moves first, then the handler runs. */
  fill(fill: StrategyFill, now: number): void {
    this.context.now = now
    this.positions.set(fill.instrument, (this.positions.get(fill.instrument) ?? 0) + signOf(fill.side) * fill.lots)
    const order = this.orders.get(fill.orderSeq)
    if (order !== undefined) {
      order.filledLots += fill.lots
      if (order.filledLots >= order.lots) this.orders.delete(fill.orderSeq)
    }
    // What an order still fills is taken from the one that waits for its place.
    for (const next of this.orders.values())
      if (next.replaces === fill.orderSeq) {
        next.lots -= fill.lots
        next.replacedLots = (next.replacedLots ?? 0) + fill.lots
      }
    this.definition.onFill?.(fill, this.context)
  }

  /** An order ended without being filled to the last lot, or its intent was refused. */
  orderEnded(end: StrategyOrderEnd, now: number): void {
    this.context.now = now
    const order = this.orders.get(end.orderSeq)
    if (order === undefined) return
    this.orders.delete(end.orderSeq)
    // What was to be replaced stays as it is.
    if (end.status === "refused" && order.replaces !== undefined) this.cancelRefused(order.replaces)
    this.definition.onOrder?.(end, this.context)
  }

  /** What the account says of an order that is open: released, triggered, trailing, smaller than asked for. */
  orderMoved(orderSeq: number, now: Partial<Pick<OpenOrder, "status" | "triggerTicks" | "lots">>): void {
    const order = this.orders.get(orderSeq)
    if (order !== undefined) Object.assign(order, now)
  }

  /** A cancel was refused: the order is open still and may be cancelled again. */
  cancelRefused(orderSeq: number): void {
    const order = this.orders.get(orderSeq)
    if (order !== undefined) order.cancelRequested = false
  }

  /** When the next timer is due, epoch µs. */
  nextTimerUs(): number | undefined {
    return this.timers.nextUs()
  }

  /** Where the next timer to fire is an earlier run's: when it was due by the clock it was set by. */
  nextRestoredUs(now: number): number | undefined {
    return this.timers.restoredUs(now)
  }

  /** Moves every timer: the clock they were set by was itself moved. */
  moveTimers(byUs: number): void {
    this.timers.move(byUs)
  }

  /** Calls `onTimer` for every timer due by `now`, earliest first; for one of an earlier run alone. */
  fireTimers(now: number): void {
    for (const name of this.timers.firing(now)) {
      this.timers.end(name)
      this.context.now = now
      this.count("timer")
      this.definition.onTimer?.(name, this.context)
    }
  }

  /** The intents since the last call; the array is reused by the next handler. */
  intents(): ReadonlyArray<RunnerIntent> {
    return this.buffer
  }

  clearIntents(): void {
    this.buffer.length = 0
  }

  /** Sequence of the last intent it asked for, or was told of. */
  get lastIntentSeq(): number {
    return this.intentSeq
  }

  /** What the account knows of this strategy: before `start`, and for what it learns of an earlier run afterwards. */
  adopt(known: {
    readonly intentSeq: number
    readonly positions: ReadonlyArray<{ readonly instrument: string; readonly lots: number }>
    readonly openOrders: ReadonlyArray<OpenOrder>
  }): void {
    this.intentSeq = Math.max(this.intentSeq, known.intentSeq)
    for (const { instrument, lots } of known.positions) this.positions.set(instrument, lots)
    for (const order of known.openOrders) this.orders.set(order.orderSeq, { ...order })
  }

  snapshot(): RunnerSnapshot<S> {
    return { state: this.context.state, random: this.random.snapshot(), timers: this.timers.entries() }
  }

  restore(snapshot: RunnerSnapshot<S>): void {
    this.context.state = snapshot.state
    this.random.restore(snapshot.random)
    this.timers.restore(snapshot.timers)
  }

  private setWarmingUp(value: boolean): void {
    this.warmingUp = value
    this.context.warmingUp = value
  }

  private count(kind: string): void {
    this.events.set(kind, (this.events.get(kind) ?? 0) + 1)
  }

  private instrumentOf(id: string): Instrument {
    const instrument = this.instruments.get(id)
    if (instrument === undefined)
      throw new InvalidOrderRequest(
        `${id} is not among the feeds this strategy declares (${[...this.declared.keys()].join(", ")})`
      )
    return instrument
  }

  private reader(what: string, id: string): RequestReader {
    return { what, instrument: this.instrumentOf(id), now: this.context.now }
  }

  /** An order, and after it the exits it was asked for with. */
  private place(id: string, side: Side, request: OrderRequest, group?: string): number {
    const terms = termsOf(this.reader(`${side} ${id}`, id), side, request)
    const { parent, resubmitForMs, stopLoss, takeProfit } = request
    if (resubmitForMs !== undefined && !(Number.isFinite(resubmitForMs) && resubmitForMs >= 0))
      throw new InvalidOrderRequest(`${side} ${id}: resubmitForMs ${resubmitForMs} is no number of milliseconds`)
    const exits = [
      ...(takeProfit === undefined ? [] : [exitRequest(takeProfit, terms.lots, "takeProfit")]),
      ...(stopLoss === undefined ? [] : [exitRequest(stopLoss, terms.lots, "stopLoss")])
    ].map((exit) => ({
      exit,
      terms: termsOf(this.reader(`exit of ${side} ${id}`, id), opposite(side), exit)
    }))
    const intentSeq = this.push(id, terms, resubmitForMs, { parent, group })
    const shared = exits.length > 1 ? `o${intentSeq}` : undefined
    for (const exit of exits) this.push(id, exit.terms, undefined, { parent: intentSeq, group: shared })
    return intentSeq
  }

  private push(
    id: string,
    terms: OrderTerms,
    resubmitForMs: number | undefined,
    link: { readonly parent: number | undefined; readonly group: string | undefined }
  ): number {
    const intentSeq = this.nextIntent()
    if (this.warmingUp) return intentSeq
    const linked = {
      ...(link.parent === undefined ? {} : { parent: link.parent }),
      ...(link.group === undefined ? {} : { group: link.group })
    }
    this.buffer.push({
      kind: "place",
      intentSeq,
      instrument: id,
      terms,
      ...(link.parent === undefined && link.group === undefined ? {} : { contingency: linked }),
      ...(resubmitForMs === undefined ? {} : { resubmitUntilUs: this.context.now + Math.round(resubmitForMs * 1000) })
    })
    this.orders.set(intentSeq, {
      orderSeq: intentSeq,
      instrument: id,
      side: terms.side,
      priceTicks: terms.priceTicks,
      lots: terms.lots,
      filledLots: 0,
      cancelRequested: false,
      type: terms.type,
      ...(terms.triggerTicks === undefined ? {} : { triggerTicks: terms.triggerTicks }),
      ...(terms.reduceOnly === undefined ? {} : { reduceOnly: terms.reduceOnly }),
      ...linked
    })
    return intentSeq
  }

  private oco(id: string, orders: ReadonlyArray<SidedRequest>): ReadonlyArray<number> {
    if (orders.length < 2) throw new InvalidOrderRequest(`oco ${id}: give two orders or more`)
    const group = `o${this.intentSeq + 1}`
    return orders.map((order) => this.place(id, order.side, order, group))
  }

  private modify(orderSeq: number, change: OrderChange): number {
    const order = this.orders.get(orderSeq)
    if (order === undefined || order.cancelRequested || this.warmingUp) return 0
    const { instrument } = order
    const reader = this.reader(`modify ${orderSeq} ${instrument}`, instrument)
    const priceTicks = change.price === undefined ? undefined : ticksIn(reader, "price", change.price)
    const triggerTicks = change.stop === undefined ? undefined : ticksIn(reader, "stop", change.stop)
    const quantity = change.quantity === undefined ? undefined : lotsIn(reader, "quantity", change.quantity)
    // One that has not been sent itself hands on what was filled before it.
    const sleeps = order.status === "held" || order.status === "triggered"
    const before = sleeps ? (order.replacedLots ?? 0) : order.filledLots
    const intentSeq = this.nextIntent()
    order.cancelRequested = true
    this.buffer.push({
      kind: "modify",
      intentSeq,
      orderSeq,
      instrument,
      ...(priceTicks === undefined ? {} : { priceTicks }),
      ...(triggerTicks === undefined ? {} : { triggerTicks }),
      ...(quantity === undefined ? {} : { lots: sleeps ? quantity + before : quantity })
    })
    this.orders.set(intentSeq, {
      ...order,
      orderSeq: intentSeq,
      priceTicks: priceTicks ?? order.priceTicks,
      ...(triggerTicks === undefined ? {} : { triggerTicks }),
      lots: sleeps ? (quantity ?? order.lots) : (quantity ?? order.lots) - before,
      filledLots: 0,
      cancelRequested: false,
      replaces: sleeps && order.replaces !== undefined ? order.replaces : orderSeq,
      replacedLots: before
    })
    return intentSeq
  }

  private cancel(orderSeq: number): void {
    const order = this.orders.get(orderSeq)
    if (order === undefined || order.cancelRequested || this.warmingUp) return
    order.cancelRequested = true
    this.buffer.push({ kind: "cancel", intentSeq: this.nextIntent(), orderSeq })
  }

  private nextIntent(): number {
    if (this.warmingUp) return 0
    if (this.buffer.length >= this.intentsMax)
      throw new InvalidOrderRequest(`it asks for more than ${this.intentsMax} orders and cancels on one event`)
    this.intentSeq += 1
    return this.intentSeq
  }
}
