/**
 * The public book of a replay: recorded lots that nobody took, and accounts' resting orders among them. Tells what an
 * order would trade, by the rules of `NaiveBook`; changes nothing itself.
 */
import { opposite, type Side, signOf } from "@outcry/model/MarketData"
import type { MarketTop } from "./MarketListener.ts"
import { type Depth, maxOrdersDefault, type NewOrder, type RefusalReason } from "./MatchingEngine.ts"
import { aheadOf, type QueuedOrder, type QueuedOrders } from "./QueuedOrders.ts"
import type { RecordedBook } from "./RecordedBook.ts"

/** A part of what a taker would get: recorded lots, or one of the accounts' resting orders. */
export interface Part {
  readonly priceTicks: number
  readonly lots: number
  readonly maker: QueuedOrder | undefined
  /** Not traded: the taker's self-trade prevention ends the maker, itself or both instead. */
  readonly prevented: boolean
}

export interface Plan {
  readonly parts: ReadonlyArray<Part>
  /** Whether the parts complete the order. */
  readonly complete: boolean
  /** Self-trade prevention ends the taker with the last part. */
  readonly ended: boolean
}

export const isByQuote = (order: NewOrder): boolean => order.type === "market" && order.quoteTickLots > 0

export class ReplayBook {
  private readonly recorded: RecordedBook
  private readonly orders: QueuedOrders

  constructor(recorded: RecordedBook, orders: QueuedOrders) {
    this.recorded = recorded
    this.orders = orders
  }

  best(side: Side): number | undefined {
    const recorded = this.recorded.best(side)
    const ours = this.orders.best(side)
    if (recorded === undefined || ours === undefined) return recorded ?? ours
    return side === "buy" ? Math.max(recorded, ours) : Math.min(recorded, ours)
  }

  lotsAt(side: Side, priceTicks: number): number {
    return this.recorded.availableAt(side, priceTicks) + this.orders.lotsAt(side, priceTicks)
  }

  top(): MarketTop {
    const bidTicks = this.best("buy") ?? 0
    const askTicks = this.best("sell") ?? 0
    return { bidTicks, bidLots: this.lotsAt("buy", bidTicks), askTicks, askLots: this.lotsAt("sell", askTicks) }
  }

  depth(levels: number): Depth {
    return { bids: this.levels("buy", levels), asks: this.levels("sell", levels) }
  }

  refusal(order: NewOrder): RefusalReason | undefined {
    const best = this.best(opposite(order.side))
    const limit = order.type === "limit"
    if (limit && order.postOnly && best !== undefined && reaches(order, best)) return "PostOnlyWouldTrade"
    if (!limit && best === undefined) return "NoLiquidity"
    if (order.timeInForce === "FOK" && !this.plan(order).complete) return "FillOrKillUnfilled"
    return limit && order.timeInForce === "GTC" && this.orders.size() >= maxOrdersDefault ? "BookFull" : undefined
  }

  plan(order: NewOrder): Plan {
    const byQuote = isByQuote(order)
    const parts: Array<Part> = []
    let lots = order.lots
    let budget = order.quoteTickLots
    for (const part of this.parts(opposite(order.side))) {
      if (!reaches(order, part.priceTicks)) break
      const wanted = byQuote ? Math.floor(budget / part.priceTicks) : lots
      if (wanted === 0) return { parts, complete: parts.some((each) => !each.prevented), ended: false }
      if (order.selfTrade !== "NONE" && part.maker?.ownerId === order.ownerId) {
        parts.push({ ...part, prevented: true })
        if (order.selfTrade !== "EXPIRE_MAKER") return { parts, complete: false, ended: true }
        continue
      }
      const taken = Math.min(wanted, part.lots)
      parts.push({ ...part, lots: taken })
      lots -= taken
      budget -= taken * part.priceTicks
      if (taken < part.lots) return { parts, complete: true, ended: false }
    }
    return { parts, complete: byQuote ? budget === 0 : lots === 0, ended: false }
  }

  /** Everything a taker could get from that side, in order of priority. */
  private *parts(side: Side): Generator<Part, void> {
    for (const priceTicks of this.prices(side)) {
      const available = this.recorded.availableAt(side, priceTicks)
      let passed = 0
      for (const maker of this.orders.at(side, priceTicks)) {
        const ahead = Math.min(available, aheadOf(maker)) - passed
        if (ahead > 0) yield { priceTicks, lots: ahead, maker: undefined, prevented: false }
        passed += Math.max(0, ahead)
        yield { priceTicks, lots: maker.lots, maker, prevented: false }
      }
      if (available > passed) yield { priceTicks, lots: available - passed, maker: undefined, prevented: false }
    }
  }

  private levels(side: Side, levels: number): ReadonlyArray<number> {
    const flat: Array<number> = []
    for (const priceTicks of this.prices(side)) {
      if (flat.length >= levels * 2) break
      flat.push(priceTicks, this.lotsAt(side, priceTicks))
    }
    return flat
  }

  /** Prices with lots, best first: the recorded ones and the accounts'. */
  private *prices(side: Side): Generator<number, void> {
    const ours = this.orders.prices(side)
    let index = 0
    for (const priceTicks of this.recorded.prices(side)) {
      for (; index < ours.length && signOf(side) * (ours[index]! - priceTicks) >= 0; index++) {
        if (ours[index] !== priceTicks) yield ours[index]!
      }
      yield priceTicks
    }
    yield* ours.slice(index)
  }
}

const reaches = (order: NewOrder, priceTicks: number): boolean =>
  order.type === "market" || signOf(order.side) * (order.priceTicks - priceTicks) >= 0
