/**
 * The reference book: one list of orders, sorted anew whenever priority matters. Slow, and obvious enough to read as the
 * specification of `OrderBook`. For tests; shares no code with the fast book but the vocabulary and the hash.
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

interface Resting {
  readonly orderId: number
  readonly ownerId: number
  readonly side: Side
  readonly priceTicks: number
  readonly arrival: number
  lots: number
}

export class NaiveBook implements MatchingEngine {
  private resting: Array<Resting> = []
  private arrivals = 0
  private nextTradeId: number
  private readonly maxOrders: number

  constructor(options: MatchingOptions = {}) {
    this.nextTradeId = options.firstTradeId ?? 1
    this.maxOrders = options.maxOrders ?? maxOrdersDefault
  }

  submit(order: NewOrder, emit: (event: BookEvent) => void): void {
    requireSensible(order)
    if (this.resting.some((maker) => maker.orderId === order.orderId)) {
      throw new RangeError(`Order ${order.orderId} already rests in the book`)
    }
    const reason = this.refusal(order)
    if (reason !== undefined) return emit({ type: "refused", orderId: order.orderId, reason })
    const plan = this.plan(order)
    let rest = order.lots
    for (const { maker, lots } of plan.fills) {
      rest -= lots
      maker.lots -= lots
      emit({
        type: "match",
        tradeId: this.nextTradeId++,
        makerOrderId: maker.orderId,
        takerOrderId: order.orderId,
        makerOwnerId: maker.ownerId,
        takerOwnerId: order.ownerId,
        takerSide: order.side,
        priceTicks: maker.priceTicks,
        lots,
        makerRemainingLots: maker.lots,
        takerRemainingLots: byQuote(order) ? 0 : rest
      })
    }
    this.resting = this.resting.filter((maker) => maker.lots > 0)
    if (plan.complete) return
    const { orderId, ownerId, side, priceTicks } = order
    if (order.type === "limit" && order.timeInForce === "GTC") {
      this.resting.push({ orderId, ownerId, side, priceTicks, lots: rest, arrival: this.arrivals++ })
      emit({ type: "rested", orderId, side, priceTicks, lots: rest })
    } else {
      emit({ type: "removed", orderId, lots: byQuote(order) ? 0 : rest, reason: "expired" })
    }
  }

  cancel(orderId: number, emit: (event: BookEvent) => void): boolean {
    const found = this.resting.find((order) => order.orderId === orderId)
    if (found === undefined) return false
    this.resting = this.resting.filter((order) => order !== found)
    emit({ type: "removed", orderId, lots: found.lots, reason: "canceled" })
    return true
  }

  reduce(orderId: number, lots: number, emit: (event: BookEvent) => void): boolean {
    const found = this.resting.find((order) => order.orderId === orderId)
    if (found === undefined || !Number.isSafeInteger(lots) || lots < 1 || lots >= found.lots) return false
    found.lots = lots
    emit({ type: "reduced", orderId, lots })
    return true
  }

  depth(levels: number): Depth {
    return { bids: this.levels("buy").slice(0, levels).flat(), asks: this.levels("sell").slice(0, levels).flat() }
  }

  bestBidTicks(): number | undefined {
    return this.inPriority("buy")[0]?.priceTicks
  }

  bestAskTicks(): number | undefined {
    return this.inPriority("sell")[0]?.priceTicks
  }

  hash(): string {
    const hash = new BookHash()
    for (const side of ["buy", "sell"] as const) {
      hash.add(side === "buy" ? 1 : -1)
      let priceTicks = 0
      for (const order of this.inPriority(side)) {
        if (order.priceTicks !== priceTicks) hash.add(order.priceTicks)
        priceTicks = order.priceTicks
        hash.add(order.orderId)
        hash.add(order.ownerId)
        hash.add(order.lots)
      }
    }
    return hash.text()
  }

  private refusal(order: NewOrder) {
    const opposite = this.inPriority(order.side === "buy" ? "sell" : "buy")
    const takeable = opposite.filter((maker) => reaches(order, maker.priceTicks))
    if (order.type === "limit" && order.postOnly && takeable.length > 0) return "PostOnlyWouldTrade"
    if (order.type === "market" && opposite.length === 0) return "NoLiquidity"
    if (order.timeInForce === "FOK" && !this.plan(order).complete) return "FillOrKillUnfilled"
    const mayRest = order.type === "limit" && order.timeInForce === "GTC"
    return mayRest && this.resting.length >= this.maxOrders ? "BookFull" : undefined
  }

  /** What an order would trade, and whether that completes it. */
  private plan(order: NewOrder): { fills: Array<{ maker: Resting; lots: number }>; complete: boolean } {
    const fills: Array<{ maker: Resting; lots: number }> = []
    let lots = order.lots
    let budget = order.quoteTickLots
    for (const maker of this.inPriority(order.side === "buy" ? "sell" : "buy")) {
      if (!reaches(order, maker.priceTicks)) break
      const wanted = byQuote(order) ? Math.floor(budget / maker.priceTicks) : lots
      if (wanted === 0) return { fills, complete: fills.length > 0 }
      const taken = Math.min(wanted, maker.lots)
      fills.push({ maker, lots: taken })
      lots -= taken
      budget -= taken * maker.priceTicks
      if (taken < maker.lots) return { fills, complete: true }
    }
    return { fills, complete: byQuote(order) ? budget === 0 : lots === 0 }
  }

  /** A side's orders, best price first, then the earliest. */
  private inPriority(side: Side): Array<Resting> {
    const better = side === "buy" ? -1 : 1
    return this.resting
      .filter((order) => order.side === side)
      .toSorted((a, b) => better * (a.priceTicks - b.priceTicks) || a.arrival - b.arrival)
  }

  private levels(side: Side): Array<[number, number]> {
    const levels: Array<[number, number]> = []
    for (const order of this.inPriority(side)) {
      const last = levels[levels.length - 1]
      if (last !== undefined && last[0] === order.priceTicks) last[1] += order.lots
      else levels.push([order.priceTicks, order.lots])
    }
    return levels
  }
}

const byQuote = (order: NewOrder): boolean => order.type === "market" && order.quoteTickLots > 0

/** Whether an order may trade with the other side's orders at that price. */
const reaches = (order: NewOrder, priceTicks: number): boolean =>
  order.type === "market" || (order.side === "buy" ? priceTicks <= order.priceTicks : priceTicks >= order.priceTicks)
