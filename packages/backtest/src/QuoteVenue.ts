/**
 * A venue of quotes and trades. A taker meets the first quote that came after its decision: it takes what the touch
 * shows and no more than once, then one tick further for each further touch's worth of lots, up to `levelsMax` levels; the
 * slippage model worsens that. What rests waits for prints by the queue model, and for quotes that cross it.
 *
 * Where the data hold no quotes, each print stands for both sides of one.
 */
import type { QueueModel } from "@outcry/matching/models/QueueModel"
import type { SlippageModel } from "@outcry/matching/models/SlippageModel"
import { type MarketTape, tapeCodes } from "./MarketTape.ts"
import { RestingOrders } from "./RestingOrders.ts"
import { reaches, type SimulatedVenue, type VenueListener, type VenueOrder } from "./SimulatedVenue.ts"

/** Depth that is assumed behind the touch. */
export const levelsMaxDefault = 10

export interface QuoteVenueOptions {
  readonly queue: QueueModel
  readonly slippage: SlippageModel
  readonly listener: VenueListener
  readonly levelsMax: number
  /** The data have no quotes: prints stand for them. */
  readonly printsOnly: boolean
}

/** One side of the quote, and what of it is taken already. */
interface Touch {
  ticks: number
  lots: number
  taken: number
}

export class QuoteVenue implements SimulatedVenue {
  stamp = 0
  readonly walking = false
  private readonly options: QuoteVenueOptions
  private readonly resting: RestingOrders
  /** Takers and new orders that no price has met yet. */
  private inbox: Array<VenueOrder> = []
  private readonly bid: Touch = { ticks: 0, lots: 0, taken: 0 }
  private readonly ask: Touch = { ticks: 0, lots: 0, taken: 0 }

  constructor(options: QuoteVenueOptions) {
    this.options = options
    this.resting = new RestingOrders(options.queue, options.listener)
  }

  get idle(): boolean {
    return this.inbox.length === 0 && this.resting.size === 0
  }

  submit(order: VenueOrder, timeUs: number): void {
    if (order.stamp < this.stamp) this.work(order, timeUs)
    else this.inbox.push(order)
  }

  cancel(orderId: number, timeUs: number): boolean {
    const at = this.inbox.findIndex((order) => order.orderId === orderId)
    const order = at < 0 ? this.resting.remove(orderId) : this.inbox.splice(at, 1)[0]
    if (order === undefined) return false
    this.options.listener.ended(order, "canceled", timeUs)
    return true
  }

  split(): void {
    this.forget()
  }

  advance(tape: MarketTape, row: number): void {
    const time = tape.time[row]!
    switch (tape.code[row]) {
      case tapeCodes.quote:
        return this.quoted(tape.a[row]!, tape.b[row]!, tape.c[row]!, tape.d[row]!, time)
      case tapeCodes.trade: {
        const [ticks, lots] = [tape.a[row]!, tape.b[row]!]
        if (this.resting.size > 0) this.resting.traded(ticks, lots, tape.c[row] === 1 ? "buy" : "sell", time)
        if (this.options.printsOnly) this.quoted(ticks, lots, ticks, lots, time)
        return
      }
      case tapeCodes.gap:
        if (tape.b[row] !== 1) this.forget()
        return
      default:
    }
  }

  private quoted(bidTicks: number, bidLots: number, askTicks: number, askLots: number, timeUs: number): void {
    const { ask, bid, resting } = this
    this.stamp += 1
    bid.ticks = bidTicks
    bid.lots = bidLots
    bid.taken = 0
    ask.ticks = askTicks
    ask.lots = askLots
    ask.taken = 0
    if (resting.size > 0) {
      if (askTicks > 0) ask.taken = askLots - resting.crossed("buy", askTicks, askLots, timeUs)
      if (bidTicks > 0) bid.taken = bidLots - resting.crossed("sell", bidTicks, bidLots, timeUs)
      if (bidTicks > 0) resting.shown("buy", bidTicks, bidLots)
      if (askTicks > 0) resting.shown("sell", askTicks, askLots)
    }
    if (this.inbox.length === 0) return
    const due = this.inbox
    this.inbox = []
    for (const order of due) this.submit(order, timeUs)
  }

  private forget(): void {
    this.bid.ticks = 0
    this.ask.ticks = 0
  }

  private work(order: VenueOrder, timeUs: number): void {
    const { listener } = this.options
    const far = order.side === "buy" ? this.ask : this.bid
    const takes = reaches(order, far.ticks)
    if (order.postOnly && takes) return listener.rejected(order, "postOnly would take", timeUs)
    const isFilled = takes && order.timeInForce === "FOK" ? this.within(order, far) >= order.restLots : takes
    listener.accepted(order, timeUs)
    if (isFilled) this.take(order, far, timeUs)
    if (order.restLots === 0) return
    if (order.type === "market" || order.timeInForce === "IOC" || order.timeInForce === "FOK")
      return listener.ended(order, "expired", timeUs)
    // The rest of a taker is alone at its price; who comes to the touch stands behind it.
    const near = order.side === "buy" ? this.bid : this.ask
    const better =
      near.ticks === 0 || (order.side === "buy" ? order.priceTicks > near.ticks : order.priceTicks < near.ticks)
    order.aheadLots = isFilled || better ? 0 : order.priceTicks === near.ticks ? near.lots : Number.NaN
    this.resting.add(order)
  }

  /** Levels of the assumed book up to the order's price. */
  private levels(order: VenueOrder, far: Touch): number {
    const { levelsMax } = this.options
    return order.type === "market" ? levelsMax : Math.min(levelsMax, Math.abs(order.priceTicks - far.ticks) + 1)
  }

  private within(order: VenueOrder, far: Touch): number {
    return this.levels(order, far) * far.lots - far.taken
  }

  private take(order: VenueOrder, far: Touch, timeUs: number): void {
    const { listener, slippage } = this.options
    const sign = order.side === "buy" ? 1 : -1
    const levels = this.levels(order, far)
    const slip = slippage.ticksOf({
      side: order.side,
      priceTicks: far.ticks,
      lots: order.restLots,
      volumeLots: far.lots
    })
    while (order.restLots > 0 && far.lots > 0) {
      const level = Math.floor(far.taken / far.lots)
      if (level >= levels) return
      const price = Math.max(1, far.ticks + sign * (level + slip))
      const worst = order.type === "market" ? price : order.priceTicks
      const lots = Math.min(order.restLots, (level + 1) * far.lots - far.taken)
      far.taken += lots
      order.restLots -= lots
      listener.filled(order, sign > 0 ? Math.min(price, worst) : Math.max(price, worst), lots, "taker", timeUs)
    }
  }
}
