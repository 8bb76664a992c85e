/**
 * The fast book: two ladders of price levels and a table of orders, all nodes pooled, events told through objects that
 * are used again: work on a warm book allocates nothing. Price-time priority; never crossed; bounded by `maxOrders`.
 *
 * Same events and hash as `NaiveBook`, which says the rules plainly.
 */
import type { Side } from "@outcry/model/MarketData"
import { BookHash } from "./BookHash.ts"
import { BookVoice } from "./BookVoice.ts"
import {
  type BookEvent,
  type Depth,
  type MatchingEngine,
  type MatchingOptions,
  maxOrdersDefault,
  type NewOrder,
  type Rehearsal,
  requireSensible
} from "./MatchingEngine.ts"
import { Ladder, type Level, newLevel, type Resting } from "./PriceLevel.ts"

/** What rests under an id; lots with the hidden ones. */
export interface RestingOrder {
  readonly orderId: number
  readonly ownerId: number
  readonly side: Side
  readonly priceTicks: number
  readonly lots: number
}

type Emit = (event: BookEvent) => void

/** Returned in place of a rest where self-trade prevention has ended the taker. */
const prevented = -1

export class OrderBook implements MatchingEngine {
  private readonly bids = new Ladder("buy")
  private readonly asks = new Ladder("sell")
  private readonly orders = new Map<number, Resting>()
  private readonly maxOrders: number
  private readonly voice = new BookVoice()
  private nextTradeId: number
  /** Spent nodes, linked by `next`; never more than once rested. */
  private spare: Resting | undefined
  /** An order that is moved meets the book as this one. */
  private readonly moving = {
    orderId: 0,
    ownerId: 0,
    side: "buy" as Side,
    type: "limit" as const,
    priceTicks: 0,
    lots: 0,
    quoteTickLots: 0,
    timeInForce: "GTC" as const,
    postOnly: false,
    displayLots: 0,
    selfTrade: "NONE" as NewOrder["selfTrade"]
  }

  constructor(options: MatchingOptions = {}) {
    this.maxOrders = options.maxOrders ?? maxOrdersDefault
    this.nextTradeId = options.firstTradeId ?? 1
  }

  submit(order: NewOrder, emit: Emit): void {
    requireSensible(order)
    const { orderId } = order
    if (this.orders.has(orderId)) throw new RangeError(`Order ${orderId} already rests in the book`)
    const opposite = order.side === "buy" ? this.asks : this.bids
    const limit = order.type === "limit"
    const crosses = reaches(order, opposite)
    if (limit && order.postOnly && crosses) return this.voice.refused(orderId, "PostOnlyWouldTrade", emit)
    if (!limit && !crosses) return this.voice.refused(orderId, "NoLiquidity", emit)
    if (order.timeInForce === "FOK" && !this.canFill(order, opposite)) {
      return this.voice.refused(orderId, "FillOrKillUnfilled", emit)
    }
    if (limit && order.timeInForce === "GTC" && this.orders.size >= this.maxOrders) {
      return this.voice.refused(orderId, "BookFull", emit)
    }
    if (!limit && order.quoteTickLots > 0) return this.takeByQuote(order, opposite, emit)
    const rest = crosses ? this.take(order, opposite, emit) : order.lots
    if (rest === 0 || rest === prevented) return
    if (limit && order.timeInForce === "GTC") this.rest(order, rest, emit)
    else this.voice.removed(orderId, rest, "expired", emit)
  }

  cancel(orderId: number, emit: Emit): boolean {
    const resting = this.orders.get(orderId)
    if (resting === undefined) return false
    const lots = resting.lots + resting.hidden
    resting.ladder.remove(resting)
    this.forget(resting)
    this.voice.removed(orderId, lots, "canceled", emit)
    return true
  }

  reduce(orderId: number, lots: number, emit: Emit): boolean {
    const resting = this.orders.get(orderId)
    if (resting === undefined || !Number.isSafeInteger(lots) || lots <= 0) return false
    if (lots >= resting.lots + resting.hidden) return false
    this.lower(resting, lots, emit)
    return true
  }

  move(orderId: number, priceTicks: number, lots: number, emit: Emit): boolean {
    const resting = this.orders.get(orderId)
    if (resting === undefined || !Number.isSafeInteger(priceTicks) || !Number.isSafeInteger(lots)) return false
    if (priceTicks <= 0 || lots <= 0) return false
    const { display, ladder, level } = resting
    const left = resting.lots + resting.hidden
    if (priceTicks === level.priceTicks) {
      if (lots < left) this.lower(resting, lots, emit)
      if (lots <= left) return true
    }
    ladder.remove(resting)
    const opposite = ladder === this.bids ? this.asks : this.bids
    const best = opposite.best()
    let rest = lots
    if (best !== undefined && opposite.sign * (best.priceTicks - priceTicks) >= 0) {
      rest = this.take(this.taker(resting, priceTicks, lots), opposite, emit)
      if (rest === 0 || rest === prevented) {
        this.forget(resting)
        return true
      }
    }
    resting.lots = display > 0 && display < rest ? display : rest
    resting.hidden = rest - resting.lots
    ladder.append(resting, priceTicks)
    this.voice.rested(orderId, ladder.side, priceTicks, rest, emit)
    return true
  }

  /** What an order would trade if it came now; changes nothing. */
  rehearse(order: NewOrder): Rehearsal {
    const opposite = order.side === "buy" ? this.asks : this.bids
    const byQuote = order.type === "market" && order.quoteTickLots > 0
    let left = order.lots
    let [lots, tickLots] = [0, 0]
    for (let level = opposite.best(); level !== undefined; level = opposite.after(level)) {
      if (order.type === "limit" && opposite.sign * (level.priceTicks - order.priceTicks) < 0) break
      const found = available(order, level)
      const wanted = byQuote ? Math.floor((order.quoteTickLots - tickLots) / level.priceTicks) : left
      const taken = Math.min(wanted, found < 0 ? -found - 1 : found)
      lots += taken
      left -= taken
      tickLots += taken * level.priceTicks
      if (found < 0 || taken === wanted) break
    }
    return { lots, tickLots }
  }

  depth(levels: number): Depth {
    return { bids: flat(this.bids, levels), asks: flat(this.asks, levels) }
  }

  bestBidTicks(): number | undefined {
    return this.bids.best()?.priceTicks
  }

  bestAskTicks(): number | undefined {
    return this.asks.best()?.priceTicks
  }

  /** Lots shown at a price; 0 where nothing rests. */
  lotsAt(side: Side, priceTicks: number): number {
    return (side === "buy" ? this.bids : this.asks).at(priceTicks)?.lots ?? 0
  }

  /** The resting order of that id. */
  find(orderId: number): RestingOrder | undefined {
    const resting = this.orders.get(orderId)
    if (resting === undefined) return undefined
    const { hidden, ladder, level, lots, ownerId } = resting
    return { orderId, ownerId, side: ladder.side, priceTicks: level.priceTicks, lots: lots + hidden }
  }

  /** Number of resting orders. */
  size(): number {
    return this.orders.size
  }

  hash(): string {
    const hash = new BookHash()
    for (const ladder of [this.bids, this.asks]) {
      hash.add(ladder.sign)
      for (let level = ladder.best(); level !== undefined; level = ladder.after(level)) {
        hash.add(level.priceTicks)
        for (let resting = level.head; resting !== undefined; resting = resting.next) {
          hash.add(resting.orderId)
          hash.add(resting.ownerId)
          hash.add(resting.lots)
          if (resting.hidden > 0) hash.add(-resting.hidden)
        }
      }
    }
    return hash.text()
  }

  /** Whether an all-or-nothing order finds enough at its limit before it meets an order of its owner that ends it. */
  private canFill(order: NewOrder, opposite: Ladder): boolean {
    const byQuote = order.type === "market" && order.quoteTickLots > 0
    let lots = order.lots
    let budget = order.quoteTickLots
    for (let level = opposite.best(); level !== undefined; level = opposite.after(level)) {
      if (order.type === "limit" && opposite.sign * (level.priceTicks - order.priceTicks) < 0) return false
      const found = available(order, level)
      const ends = found < 0
      const most = ends ? -found - 1 : found
      if (byQuote) {
        const affordable = Math.floor(budget / level.priceTicks)
        if (affordable === 0) return budget < order.quoteTickLots
        if (affordable < most || (ends && affordable === most)) return true
        budget -= most * level.priceTicks
      } else {
        lots -= most
        if (lots <= 0) return true
      }
      if (ends) return false
    }
    return byQuote && budget === 0
  }

  /** Takes what the limit allows; returns the lots left, or `prevented`. */
  private take(order: NewOrder, opposite: Ladder, emit: Emit): number {
    const guarded = order.selfTrade !== "NONE" && order.ownerId !== 0
    const limit = order.type === "limit"
    let rest = order.lots
    for (let level = opposite.best(); level !== undefined && rest > 0; level = opposite.best()) {
      if (limit && opposite.sign * (level.priceTicks - order.priceTicks) < 0) return rest
      const maker = level.head!
      if (guarded && maker.ownerId === order.ownerId) {
        if (this.prevent(order, maker, rest, emit)) return prevented
        continue
      }
      const lots = rest < maker.lots ? rest : maker.lots
      rest -= lots
      this.match(order, maker, lots, rest, emit)
    }
    return rest
  }

  private takeByQuote(order: NewOrder, opposite: Ladder, emit: Emit): void {
    const guarded = order.selfTrade !== "NONE" && order.ownerId !== 0
    let budget = order.quoteTickLots
    for (let level = opposite.best(); budget > 0; level = opposite.best()) {
      const affordable = level === undefined ? 0 : Math.floor(budget / level.priceTicks)
      if (level === undefined || (affordable === 0 && budget === order.quoteTickLots)) {
        return this.voice.removed(order.orderId, 0, "expired", emit)
      }
      if (affordable === 0) return
      const maker = level.head!
      if (guarded && maker.ownerId === order.ownerId) {
        if (this.prevent(order, maker, 0, emit)) return
        continue
      }
      const lots = Math.min(affordable, maker.lots)
      budget -= lots * level.priceTicks
      this.match(order, maker, lots, 0, emit)
    }
  }

  private match(order: NewOrder, maker: Resting, lots: number, rest: number, emit: Emit): void {
    const { level, orderId, ownerId } = maker
    const { priceTicks } = level
    const remaining = maker.lots + maker.hidden - lots
    if (lots < maker.lots) {
      maker.lots -= lots
      level.lots -= lots
    } else if (remaining > 0) {
      level.lots -= lots
      maker.ladder.refill(maker)
    } else {
      maker.ladder.remove(maker)
      this.forget(maker)
    }
    this.voice.matched(order, this.nextTradeId++, orderId, ownerId, priceTicks, lots, remaining, rest, emit)
  }

  /** Ends maker, taker or both instead of a trade between them; true where the taker is ended. */
  private prevent(order: NewOrder, maker: Resting, rest: number, emit: Emit): boolean {
    const { orderId: makerId } = maker
    const { priceTicks } = maker.level
    if (order.selfTrade !== "EXPIRE_TAKER") {
      const lots = maker.lots + maker.hidden
      maker.ladder.remove(maker)
      this.forget(maker)
      this.voice.prevented(makerId, order.orderId, priceTicks, lots, emit)
    }
    if (order.selfTrade === "EXPIRE_MAKER") return false
    this.voice.prevented(order.orderId, makerId, priceTicks, rest, emit)
    return true
  }

  private rest(order: NewOrder, lots: number, emit: Emit): void {
    const { displayLots, orderId, ownerId, priceTicks, selfTrade, side } = order
    const ladder = side === "buy" ? this.bids : this.asks
    const shown = displayLots > 0 && displayLots < lots ? displayLots : lots
    let resting = this.spare
    if (resting === undefined) resting = newNode(ladder)
    else this.spare = resting.next
    resting.orderId = orderId
    resting.ownerId = ownerId
    resting.lots = shown
    resting.hidden = lots - shown
    resting.display = displayLots
    resting.selfTrade = selfTrade
    ladder.append(resting, priceTicks)
    this.orders.set(orderId, resting)
    this.voice.rested(orderId, side, priceTicks, lots, emit)
  }

  /** To fewer lots in place; what an iceberg shows changes last. */
  private lower(resting: Resting, lots: number, emit: Emit): void {
    const { level } = resting
    const shown = resting.lots < lots ? resting.lots : lots
    level.lots += shown - resting.lots
    level.hidden += lots - shown - resting.hidden
    resting.lots = shown
    resting.hidden = lots - shown
    this.voice.reduced(resting.orderId, lots, emit)
  }

  private taker(resting: Resting, priceTicks: number, lots: number): NewOrder {
    const { moving } = this
    moving.orderId = resting.orderId
    moving.ownerId = resting.ownerId
    moving.side = resting.ladder.side
    moving.priceTicks = priceTicks
    moving.lots = lots
    moving.displayLots = resting.display
    moving.selfTrade = resting.selfTrade
    return moving
  }

  /** Gives the node of an order that no longer rests back to the pool. */
  private forget(resting: Resting): void {
    this.orders.delete(resting.orderId)
    resting.previous = undefined
    resting.next = this.spare
    this.spare = resting
  }
}

const reaches = (order: NewOrder, opposite: Ladder): boolean => {
  const best = opposite.best()
  if (best === undefined) return false
  return order.type === "market" || opposite.sign * (best.priceTicks - order.priceTicks) >= 0
}

/**
 * Lots of a level that an order can have. Where an order of the same owner would end it there, −1 − the lots before that
 * one: hidden lots come behind it.
 */
const available = (order: NewOrder, level: Level): number => {
  const all = level.lots + level.hidden
  if (order.selfTrade === "NONE" || order.ownerId === 0) return all
  let own = 0
  let before = 0
  for (let resting = level.head; resting !== undefined; resting = resting.next) {
    if (resting.ownerId === order.ownerId) {
      if (order.selfTrade !== "EXPIRE_MAKER") return -1 - before
      own += resting.lots + resting.hidden
    }
    before += resting.lots
  }
  return all - own
}

const newNode = (ladder: Ladder): Resting => ({
  orderId: 0,
  ownerId: 0,
  lots: 0,
  hidden: 0,
  display: 0,
  selfTrade: "NONE",
  ladder,
  level: newLevel(),
  previous: undefined,
  next: undefined
})

const flat = (ladder: Ladder, levels: number): ReadonlyArray<number> => {
  const result: Array<number> = []
  for (let level = ladder.best(); level !== undefined && result.length < 2 * levels; level = ladder.after(level)) {
    result.push(level.priceTicks, level.lots)
  }
  return result
}
