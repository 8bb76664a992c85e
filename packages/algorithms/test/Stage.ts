/**
 * A parent order on a simulated market: a real book with liquidity that comes and goes, an account that knows every
 * order and fill, and a runner that hears of them late. The run may crash at any event and be taken up from an earlier
 * snapshot, with the account's knowledge of now, as the strategy actor does it.
 */
import type { NewOrder } from "@outcry/matching/MatchingEngine"
import { OrderBook } from "@outcry/matching/OrderBook"
import type { MarketEvent, Quote, Side } from "@outcry/model/MarketData"
import { SeededRandom } from "@outcry/model/SeededRandom"
import type { OpenOrder, StrategyDefinition, StrategyFill } from "@outcry/model/Strategy"
import { type RunnerSnapshot, StrategyRunner } from "@outcry/model/StrategyRunner"
import type { ParentState } from "../src/ParentOrder.ts"
import { btcUsdt } from "@outcry/testkit/Instruments"
import { Schema } from "effect"

export const second = 1_000_000
export const startUs = 1_750_000_000 * second
const tickUs = 100_000
const owner = 1

interface Placed extends OpenOrder {
  readonly orderId: number
  open: boolean
  filledLots: number
  lots: number
  cancelRequested: boolean
}

type Fact =
  | { readonly kind: "placed"; readonly order: OpenOrder }
  | { readonly kind: "fill"; readonly fill: StrategyFill }
  | { readonly kind: "end"; readonly orderSeq: number; readonly filledLots: number; readonly refused: boolean }

interface Saved {
  readonly facts: number
  readonly text: string
}

export interface StageOptions {
  readonly seed: number
  /** Lots at each price of the book. */
  readonly depth?: number
  /** Chance, per tenth of a second of the first five minutes, that the run dies. */
  readonly crashes?: number
  /** Chance that the venue refuses an order. */
  readonly refusals?: number
  /** Middle of the market over time, in ticks. */
  readonly middle?: (elapsedUs: number) => number
}

export class Stage<P> {
  readonly fills: Array<StrategyFill> = []
  readonly market: Array<MarketEvent> = []
  /** Terms of everything that reached the account, in words. */
  readonly asked: Array<string> = []
  /** The largest number of lots in the book at a time. */
  shownMax = 0
  crashes = 0
  now = startUs
  runner: StrategyRunner<P, ParentState>
  private readonly definition: StrategyDefinition<P, ParentState>
  private readonly parameters: P
  private readonly options: StageOptions
  private readonly random: SeededRandom
  private readonly book = new OrderBook()
  private readonly orders = new Map<number, Placed>()
  private readonly byBookId = new Map<number, Placed>()
  private readonly facts: Array<Fact> = []
  private readonly levels: Array<number> = []
  private saved: Array<Saved> = []
  /** Facts that the runner has heard. */
  private heard = 0
  private intentSeq = 0
  private bookIds = 0
  private seq = 0

  constructor(definition: StrategyDefinition<P, ParentState>, parameters: unknown, options: StageOptions) {
    this.definition = definition
    this.parameters = Schema.decodeUnknownSync(definition.parameters)(parameters)
    this.options = options
    this.random = new SeededRandom(options.seed)
    this.runner = this.make()
    this.makeMarket()
    this.runner.start(this.now)
    this.take()
  }

  get state(): ParentState {
    return this.runner.snapshot().state
  }

  get position(): number {
    return this.fills.reduce((sum, { lots, side }) => sum + (side === "buy" ? lots : -lots), 0)
  }

  get open(): ReadonlyArray<OpenOrder> {
    return Array.from(this.orders.values()).filter(({ open }) => open)
  }

  /** Lets time pass; `check` after each tenth of a second. */
  run(seconds: number, check: () => void = () => undefined): void {
    for (const until = this.now + seconds * second; this.now < until;) {
      this.step()
      check()
    }
  }

  /** Until the order is done, at most so long. */
  runToEnd(secondsMax: number, check: () => void = () => undefined): void {
    for (const until = this.now + secondsMax * second; this.now < until && this.state.done === "";) {
      this.step()
      check()
    }
  }

  /** The run dies; another goes on from one of the snapshots, or from none. */
  crash(): void {
    this.crashes += 1
    // What it had asked for and not sent is lost, or arrives just before.
    if (this.random.chance(0.5)) this.submit()
    const kept = this.random.chance(0.2) ? undefined : this.saved.at(-this.random.between(1, this.saved.length))
    this.saved = kept === undefined ? [] : [kept]
    this.runner = this.make()
    if (kept !== undefined) this.runner.restore(this.decode(kept.text))
    // Either everything since the snapshot is told again, or the account's summary has to do.
    const tells = kept !== undefined && this.random.chance(0.7)
    const from = tells ? kept.facts : this.facts.length
    this.adopt(from)
    // Whatever a handler asks for meanwhile goes out.
    const told = this.facts.slice(from)
    this.heard = this.facts.length
    for (const fact of told) {
      this.tell(fact)
      this.take()
    }
    this.adopt(this.facts.length)
    this.gap()
    this.quote()
    this.runner.start(this.now)
    this.take()
  }

  /** The stream of prices breaks; the runner knows none until the next quote. */
  gap(): void {
    this.runner.handle({ type: "gap", ...this.stamp(), reason: "moved", resumed: false })
    this.take()
  }

  private make(): StrategyRunner<P, ParentState> {
    const { seed } = this.options
    return new StrategyRunner(this.definition, this.parameters, { instruments: [btcUsdt], seed })
  }

  private step(): void {
    this.now += tickUs
    this.moveMarket()
    this.hear()
    const due = this.runner.nextTimerUs()
    if (due !== undefined && due <= this.now) {
      this.runner.fireTimers(this.now)
      this.take()
    }
    if (this.random.chance(0.05) && this.heard === this.facts.length) this.save()
    if (this.now < startUs + 300 * second && this.random.chance(this.options.crashes ?? 0)) this.crash()
    const shown = this.open.reduce((sum, { filledLots, lots }) => sum + lots - filledLots, 0)
    this.shownMax = Math.max(this.shownMax, shown)
  }

  private save(): void {
    const snapshot = this.runner.snapshot()
    const state = Schema.encodeUnknownSync(this.definition.state)(snapshot.state)
    this.saved.push({ facts: this.facts.length, text: JSON.stringify({ ...snapshot, state }) })
  }

  private decode(text: string): RunnerSnapshot<ParentState> {
    const snapshot = JSON.parse(text) as RunnerSnapshot<unknown>
    return { ...snapshot, state: Schema.decodeUnknownSync(this.definition.state)(snapshot.state) }
  }

  /** What the account knew after so many facts. */
  private adopt(count: number): void {
    let lots = 0
    const open = new Map<number, OpenOrder>()
    for (const fact of this.facts.slice(0, count)) {
      if (fact.kind === "placed") open.set(fact.order.orderSeq, fact.order)
      else if (fact.kind === "end") open.delete(fact.orderSeq)
      else {
        const { fill } = fact
        lots += fill.side === "buy" ? fill.lots : -fill.lots
        const order = open.get(fill.orderSeq)
        if (order === undefined) continue
        const filledLots = order.filledLots + fill.lots
        if (filledLots >= order.lots) open.delete(fill.orderSeq)
        else open.set(fill.orderSeq, { ...order, filledLots })
      }
    }
    const positions = [{ instrument: btcUsdt.id, lots }]
    this.runner.adopt({ intentSeq: this.intentSeq, positions, openOrders: [...open.values()] })
  }

  private tell(fact: Fact): void {
    if (fact.kind === "placed")
      this.runner.adopt({ intentSeq: fact.order.orderSeq, positions: [], openOrders: [fact.order] })
    else if (fact.kind === "fill") this.runner.fill(fact.fill, this.now)
    else {
      const { filledLots, orderSeq, refused } = fact
      const status = refused ? "rejected" : "canceled"
      this.runner.orderEnded({ instrument: btcUsdt.id, orderSeq, status, filledLots, reason: "" }, this.now)
    }
  }

  /** Facts arrive late, in order. */
  private hear(): void {
    while (this.heard < this.facts.length && this.random.chance(0.7)) {
      const fact = this.facts[this.heard++]!
      if (fact.kind !== "placed") this.tell(fact)
      this.take()
    }
  }

  private take(): void {
    if (this.runner.intents().length > 0) this.submit()
  }

  /** The account takes the intents: orders go to the book. */
  private submit(): void {
    for (const intent of this.runner.intents()) {
      if (intent.intentSeq <= this.intentSeq) continue
      this.intentSeq = intent.intentSeq
      if (intent.kind === "cancel") this.cancel(intent.orderSeq)
      if (intent.kind !== "place") continue
      const { lots, priceTicks, side, timeInForce } = intent.terms
      this.asked.push(`${side} ${lots} @ ${priceTicks} ${timeInForce}`)
      const orderId = ++this.bookIds
      const order: Placed = {
        orderId,
        orderSeq: intent.intentSeq,
        instrument: intent.instrument,
        side,
        priceTicks,
        lots,
        filledLots: 0,
        cancelRequested: false,
        open: true
      }
      this.orders.set(order.orderSeq, order)
      this.byBookId.set(orderId, order)
      this.facts.push({ kind: "placed", order: { ...order } })
      if (this.random.chance(this.options.refusals ?? 0)) this.end(order, true)
      else
        this.put({
          ...this.plain(orderId, side, priceTicks, lots),
          ownerId: owner,
          timeInForce: timeInForce === "IOC" ? "IOC" : "GTC",
          postOnly: intent.terms.postOnly
        })
    }
    this.runner.clearIntents()
  }

  private cancel(orderSeq: number): void {
    const order = this.orders.get(orderSeq)
    if (order?.open === true) this.book.cancel(order.orderId, () => this.end(order, false))
  }

  private end(order: Placed, refused: boolean): void {
    order.open = false
    this.facts.push({ kind: "end", orderSeq: order.orderSeq, filledLots: order.filledLots, refused })
  }

  private plain(orderId: number, side: Side, priceTicks: number, lots: number): NewOrder {
    return {
      orderId,
      ownerId: 0,
      side,
      type: "limit",
      priceTicks,
      lots,
      quoteTickLots: 0,
      timeInForce: "GTC",
      postOnly: false,
      displayLots: 0,
      selfTrade: "NONE"
    }
  }

  private put(order: NewOrder): void {
    this.book.submit(order, (event) => {
      if (event.type === "match") {
        const { lots, makerOrderId, priceTicks, takerOrderId, takerSide, tradeId } = event
        const stamp = this.stamp()
        const trade: MarketEvent = {
          type: "trade",
          ...stamp,
          priceTicks,
          lots,
          aggressor: takerSide,
          venueTradeId: tradeId
        }
        this.market.push(trade)
        this.pending.push(trade)
        for (const [orderId, liquidity] of [
          [makerOrderId, "maker"],
          [takerOrderId, "taker"]
        ] as const) {
          const ours = this.byBookId.get(orderId)
          if (ours === undefined) continue
          ours.filledLots += lots
          if (ours.filledLots === ours.lots) ours.open = false
          const { instrument, orderSeq, side } = ours
          const fill = { instrument, orderSeq, side, priceTicks, lots, liquidity, timeVenue: this.now }
          this.fills.push(fill)
          this.facts.push({ kind: "fill", fill })
        }
      } else if (event.type === "refused" || event.type === "removed") {
        const ours = this.byBookId.get(event.orderId)
        if (ours !== undefined) this.end(ours, event.type === "refused")
      }
    })
  }

  private readonly pending: Array<MarketEvent> = []

  private makeMarket(): void {
    this.relay()
    this.quote()
  }

  /** Takes the market's own orders back and lays them around the middle anew; some of them trade. */
  private moveMarket(): void {
    const { random } = this
    if (random.chance(0.3)) this.relay()
    if (random.chance(0.5)) {
      const side = random.chance(0.5) ? ("buy" as const) : ("sell" as const)
      const best = side === "buy" ? this.book.bestAskTicks() : this.book.bestBidTicks()
      if (best !== undefined) {
        const lots = random.between(1, this.options.depth ?? 400)
        this.put({ ...this.plain(++this.bookIds, side, best, lots), timeInForce: "IOC" })
      }
    }
    for (const trade of this.pending.splice(0)) this.runner.handle(trade)
    this.quote()
    this.take()
  }

  private relay(): void {
    for (const orderId of this.levels.splice(0)) this.book.cancel(orderId, () => undefined)
    const middle = this.options.middle?.(this.now - startUs) ?? 6_000_000 + this.random.between(-50, 50)
    for (let level = 1; level <= 3; level++)
      for (const side of ["buy", "sell"] as const) {
        const orderId = ++this.bookIds
        const price = side === "buy" ? middle - level * 10 : middle + level * 10
        this.put({
          ...this.plain(orderId, side, price, this.random.between(1, this.options.depth ?? 400)),
          postOnly: true
        })
        this.levels.push(orderId)
      }
  }

  private quote(): void {
    const quote: Quote = {
      type: "quote",
      ...this.stamp(),
      bidTicks: this.book.bestBidTicks() ?? 0,
      bidLots: 1,
      askTicks: this.book.bestAskTicks() ?? 0,
      askLots: 1
    }
    this.market.push(quote)
    this.runner.handle(quote)
  }

  private stamp() {
    this.seq += 1
    return { instrument: btcUsdt.id, feedEpoch: 1, seq: this.seq, timeVenue: this.now, timeReceived: this.now }
  }
}
