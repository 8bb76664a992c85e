/**
 * The fast book: a map from price to level, levels sorted with the best last (so that work at the touch moves nothing),
 * orders in a linked queue within a level, nodes pooled. Price-time priority; never crossed; bounded by `maxOrders`.
 *
 * Same events and hash as `NaiveBook`, which says the rules plainly.
 */
import type { Side } from "@outcry/model/MarketData"
import { BookHash } from "./BookHash.ts"
import {
  type BookEvent,
  type Depth,
  type MatchingEngine,
  type MatchingOptions,
  maxOrdersDefault,
  type NewOrder,
  requireSensible
} from "./MatchingEngine.ts"

interface Level {
  readonly priceTicks: number
  lots: number
  head: Resting | undefined
  tail: Resting | undefined
}

interface Resting {
  orderId: number
  ownerId: number
  lots: number
  ladder: Ladder
  level: Level
  previous: Resting | undefined
  next: Resting | undefined
}

/** What rests under an id. */
export interface RestingOrder {
  readonly orderId: number
  readonly ownerId: number
  readonly side: Side
  readonly priceTicks: number
  readonly lots: number
}

/** One side's levels. `sign` is +1 for bids and −1 for asks, so that sign × price rises towards the best. */
class Ladder {
  readonly side: Side
  readonly sign: number
  readonly levels = new Map<number, Level>()
  readonly sorted: Array<Level> = []

  constructor(side: Side) {
    this.side = side
    this.sign = side === "buy" ? 1 : -1
  }

  best(): Level | undefined {
    return this.sorted[this.sorted.length - 1]
  }

  levelAt(priceTicks: number): Level {
    const found = this.levels.get(priceTicks)
    if (found !== undefined) return found
    const level: Level = { priceTicks, lots: 0, head: undefined, tail: undefined }
    this.levels.set(priceTicks, level)
    this.sorted.splice(this.indexOf(priceTicks), 0, level)
    return level
  }

  drop(level: Level): void {
    this.levels.delete(level.priceTicks)
    if (this.best() === level) this.sorted.pop()
    else this.sorted.splice(this.indexOf(level.priceTicks), 1)
  }

  /** Where that price stands or belongs in `sorted`. */
  private indexOf(priceTicks: number): number {
    const key = this.sign * priceTicks
    let low = 0
    let high = this.sorted.length
    // Most work is at the touch: try the end before halving.
    if (high > 0 && this.sign * this.sorted[high - 1]!.priceTicks < key) return high
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.sign * this.sorted[middle]!.priceTicks < key) low = middle + 1
      else high = middle
    }
    return low
  }
}

export class OrderBook implements MatchingEngine {
  private readonly bids = new Ladder("buy")
  private readonly asks = new Ladder("sell")
  private readonly orders = new Map<number, Resting>()
  private readonly maxOrders: number
  private nextTradeId: number
  /** Spent nodes, linked by `next`; never more than once rested. */
  private spare: Resting | undefined

  constructor(options: MatchingOptions = {}) {
    this.maxOrders = options.maxOrders ?? maxOrdersDefault
    this.nextTradeId = options.firstTradeId ?? 1
  }

  submit(order: NewOrder, emit: (event: BookEvent) => void): void {
    requireSensible(order)
    if (this.orders.has(order.orderId)) throw new RangeError(`Order ${order.orderId} already rests in the book`)
    const { orderId } = order
    const opposite = order.side === "buy" ? this.asks : this.bids
    const limit = order.type === "limit"
    const best = opposite.best()
    const crosses = best !== undefined && (!limit || opposite.sign * (best.priceTicks - order.priceTicks) >= 0)
    if (limit && order.postOnly && crosses) return emit({ type: "refused", orderId, reason: "PostOnlyWouldTrade" })
    if (!limit && best === undefined) return emit({ type: "refused", orderId, reason: "NoLiquidity" })
    if (order.timeInForce === "FOK" && !this.canFill(order, opposite)) {
      return emit({ type: "refused", orderId, reason: "FillOrKillUnfilled" })
    }
    if (limit && order.timeInForce === "GTC" && this.orders.size >= this.maxOrders) {
      return emit({ type: "refused", orderId, reason: "BookFull" })
    }
    if (!limit && order.quoteTickLots > 0) return this.takeByQuote(order, opposite, emit)
    const rest = crosses ? this.take(order, opposite, emit) : order.lots
    if (rest === 0) return
    if (limit && order.timeInForce === "GTC") this.rest(order, rest, emit)
    else emit({ type: "removed", orderId, lots: rest, reason: "expired" })
  }

  cancel(orderId: number, emit: (event: BookEvent) => void): boolean {
    const resting = this.orders.get(orderId)
    if (resting === undefined) return false
    const lots = resting.lots
    resting.level.lots -= lots
    this.unlink(resting)
    emit({ type: "removed", orderId, lots, reason: "canceled" })
    return true
  }

  reduce(orderId: number, lots: number, emit: (event: BookEvent) => void): boolean {
    const resting = this.orders.get(orderId)
    if (resting === undefined || !Number.isSafeInteger(lots) || lots <= 0 || lots >= resting.lots) return false
    resting.level.lots -= resting.lots - lots
    resting.lots = lots
    emit({ type: "reduced", orderId, lots })
    return true
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

  /** Lots resting at a price; 0 where nothing does. */
  lotsAt(side: Side, priceTicks: number): number {
    return (side === "buy" ? this.bids : this.asks).levels.get(priceTicks)?.lots ?? 0
  }

  /** The resting order of that id. */
  find(orderId: number): RestingOrder | undefined {
    const resting = this.orders.get(orderId)
    if (resting === undefined) return undefined
    const { ownerId, lots, ladder, level } = resting
    return { orderId, ownerId, side: ladder.side, priceTicks: level.priceTicks, lots }
  }

  /** Number of resting orders. */
  size(): number {
    return this.orders.size
  }

  hash(): string {
    const hash = new BookHash()
    for (const ladder of [this.bids, this.asks]) {
      hash.add(ladder.sign)
      for (let index = ladder.sorted.length - 1; index >= 0; index--) {
        const level = ladder.sorted[index]!
        hash.add(level.priceTicks)
        for (let resting = level.head; resting !== undefined; resting = resting.next) {
          hash.add(resting.orderId)
          hash.add(resting.ownerId)
          hash.add(resting.lots)
        }
      }
    }
    return hash.text()
  }

  /** Whether an all-or-nothing order finds enough at its limit. */
  private canFill(order: NewOrder, opposite: Ladder): boolean {
    const byQuote = order.type === "market" && order.quoteTickLots > 0
    let lots = order.lots
    let budget = order.quoteTickLots
    for (let index = opposite.sorted.length - 1; index >= 0; index--) {
      const level = opposite.sorted[index]!
      if (order.type === "limit" && opposite.sign * (level.priceTicks - order.priceTicks) < 0) return false
      if (byQuote) {
        const affordable = Math.floor(budget / level.priceTicks)
        if (affordable < level.lots) return affordable > 0 || budget < order.quoteTickLots
        budget -= level.lots * level.priceTicks
      } else {
        lots -= level.lots
        if (lots <= 0) return true
      }
    }
    return byQuote && budget === 0
  }

  /** Takes what the limit allows; returns the lots left. */
  private take(order: NewOrder, opposite: Ladder, emit: (event: BookEvent) => void): number {
    let rest = order.lots
    for (let level = opposite.best(); level !== undefined && rest > 0; level = opposite.best()) {
      if (order.type === "limit" && opposite.sign * (level.priceTicks - order.priceTicks) < 0) return rest
      const maker = level.head!
      const lots = Math.min(rest, maker.lots)
      rest -= lots
      this.match(order, maker, lots, rest, emit)
    }
    return rest
  }

  private takeByQuote(order: NewOrder, opposite: Ladder, emit: (event: BookEvent) => void): void {
    let budget = order.quoteTickLots
    for (let level = opposite.best(); budget > 0; level = opposite.best()) {
      const affordable = level === undefined ? 0 : Math.floor(budget / level.priceTicks)
      if (level === undefined || (affordable === 0 && budget === order.quoteTickLots)) {
        return emit({ type: "removed", orderId: order.orderId, lots: 0, reason: "expired" })
      }
      if (affordable === 0) return
      const maker = level.head!
      const lots = Math.min(affordable, maker.lots)
      budget -= lots * level.priceTicks
      this.match(order, maker, lots, 0, emit)
    }
  }

  private match(order: NewOrder, maker: Resting, lots: number, rest: number, emit: (event: BookEvent) => void): void {
    const { level, orderId, ownerId } = maker
    maker.lots -= lots
    level.lots -= lots
    const makerRemainingLots = maker.lots
    if (makerRemainingLots === 0) this.unlink(maker)
    emit({
      type: "match",
      tradeId: this.nextTradeId++,
      makerOrderId: orderId,
      takerOrderId: order.orderId,
      makerOwnerId: ownerId,
      takerOwnerId: order.ownerId,
      takerSide: order.side,
      priceTicks: level.priceTicks,
      lots,
      makerRemainingLots,
      takerRemainingLots: rest
    })
  }

  private rest(order: NewOrder, lots: number, emit: (event: BookEvent) => void): void {
    const { orderId, ownerId, side, priceTicks } = order
    const ladder = side === "buy" ? this.bids : this.asks
    const level = ladder.levelAt(priceTicks)
    const resting = this.node(orderId, ownerId, lots, ladder, level)
    if (level.tail === undefined) level.head = resting
    else level.tail.next = resting
    level.tail = resting
    level.lots += lots
    this.orders.set(orderId, resting)
    emit({ type: "rested", orderId, side, priceTicks, lots })
  }

  private node(orderId: number, ownerId: number, lots: number, ladder: Ladder, level: Level): Resting {
    const node = this.spare
    if (node === undefined) {
      return { orderId, ownerId, lots, ladder, level, previous: level.tail, next: undefined }
    }
    this.spare = node.next
    node.orderId = orderId
    node.ownerId = ownerId
    node.lots = lots
    node.ladder = ladder
    node.level = level
    node.previous = level.tail
    node.next = undefined
    return node
  }

  /** Takes an order out of its queue; the level's lots are the caller's to keep right. */
  private unlink(resting: Resting): void {
    const { level, previous, next } = resting
    if (previous === undefined) level.head = next
    else previous.next = next
    if (next === undefined) level.tail = previous
    else next.previous = previous
    if (level.head === undefined) resting.ladder.drop(level)
    this.orders.delete(resting.orderId)
    resting.previous = undefined
    resting.next = this.spare
    this.spare = resting
  }
}

const flat = (ladder: Ladder, levels: number): ReadonlyArray<number> => {
  const result: Array<number> = []
  const last = Math.max(0, ladder.sorted.length - levels)
  for (let index = ladder.sorted.length - 1; index >= last; index--) {
    const level = ladder.sorted[index]!
    result.push(level.priceTicks, level.lots)
  }
  return result
}
