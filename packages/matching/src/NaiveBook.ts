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

type Emit = (event: BookEvent) => void

interface Resting extends NewOrder {
  arrival: number
  shown: number
  hidden: number
}

/** How far an order got: `whole` it wants no more, `partly` nobody is left to trade with, `prevented` it was ended. */
type Ending = "whole" | "partly" | "prevented"

export class NaiveBook implements MatchingEngine {
  private resting: Array<Resting> = []
  private arrivals = 0
  private nextTradeId: number
  private readonly maxOrders: number

  constructor(options: MatchingOptions = {}) {
    this.nextTradeId = options.firstTradeId ?? 1
    this.maxOrders = options.maxOrders ?? maxOrdersDefault
  }

  submit(order: NewOrder, emit: Emit): void {
    requireSensible(order)
    if (this.resting.some((maker) => maker.orderId === order.orderId)) {
      throw new RangeError(`Order ${order.orderId} already rests in the book`)
    }
    const reason = this.refusal(order)
    if (reason !== undefined) return emit({ type: "refused", orderId: order.orderId, reason })
    this.work(order, emit)
  }

  cancel(orderId: number, emit: Emit): boolean {
    const found = this.resting.find((order) => order.orderId === orderId)
    if (found === undefined) return false
    this.resting = this.resting.filter((order) => order !== found)
    emit({ type: "removed", orderId, lots: found.shown + found.hidden, reason: "canceled" })
    return true
  }

  reduce(orderId: number, lots: number, emit: Emit): boolean {
    const found = this.resting.find((order) => order.orderId === orderId)
    if (found === undefined || !Number.isSafeInteger(lots) || lots < 1) return false
    if (lots >= found.shown + found.hidden) return false
    found.shown = Math.min(found.shown, lots)
    found.hidden = lots - found.shown
    emit({ type: "reduced", orderId, lots })
    return true
  }

  move(orderId: number, priceTicks: number, lots: number, emit: Emit): boolean {
    const found = this.resting.find((order) => order.orderId === orderId)
    if (found === undefined || ![priceTicks, lots].every((each) => Number.isSafeInteger(each) && each > 0)) return false
    const rest = found.shown + found.hidden
    if (priceTicks === found.priceTicks && lots < rest) return this.reduce(orderId, lots, emit)
    if (priceTicks === found.priceTicks && lots === rest) return true
    this.resting = this.resting.filter((order) => order !== found)
    this.work({ ...found, priceTicks, lots }, emit)
    return true
  }

  depth(levels: number): Depth {
    return { bids: this.levels("buy").slice(0, levels).flat(), asks: this.levels("sell").slice(0, levels).flat() }
  }

  bestBidTicks(): number | undefined {
    return inPriority(this.resting, "buy")[0]?.priceTicks
  }

  bestAskTicks(): number | undefined {
    return inPriority(this.resting, "sell")[0]?.priceTicks
  }

  hash(): string {
    const hash = new BookHash()
    for (const side of ["buy", "sell"] as const) {
      hash.add(side === "buy" ? 1 : -1)
      let priceTicks = 0
      for (const order of inPriority(this.resting, side)) {
        if (order.priceTicks !== priceTicks) hash.add(order.priceTicks)
        priceTicks = order.priceTicks
        hash.add(order.orderId)
        hash.add(order.ownerId)
        hash.add(order.shown)
        if (order.hidden > 0) hash.add(-order.hidden)
      }
    }
    return hash.text()
  }

  private refusal(order: NewOrder) {
    const opposite = inPriority(this.resting, opposing(order))
    const takeable = opposite.filter((maker) => reaches(order, maker.priceTicks))
    if (order.type === "limit" && order.postOnly && takeable.length > 0) return "PostOnlyWouldTrade"
    if (order.type === "market" && opposite.length === 0) return "NoLiquidity"
    if (order.timeInForce === "FOK" && this.rehearse(order) !== "whole") return "FillOrKillUnfilled"
    const mayRest = order.type === "limit" && order.timeInForce === "GTC"
    return mayRest && this.resting.length >= this.maxOrders ? "BookFull" : undefined
  }

  private rehearse(order: NewOrder): Ending {
    const [resting, nextTradeId, arrivals] = [this.resting, this.nextTradeId, this.arrivals]
    this.resting = resting.map((each) => ({ ...each }))
    const { ending } = this.take(order, () => undefined)
    this.resting = resting
    this.nextTradeId = nextTradeId
    this.arrivals = arrivals
    return ending
  }

  private work(order: NewOrder, emit: Emit): void {
    const { ending, rest } = this.take(order, emit)
    if (ending !== "partly") return
    const { orderId, priceTicks, side } = order
    if (order.type === "limit" && order.timeInForce === "GTC") {
      const shown = order.displayLots > 0 ? Math.min(order.displayLots, rest) : rest
      this.resting.push({ ...order, shown, hidden: rest - shown, arrival: this.arrivals++ })
      emit({ type: "rested", orderId, side, priceTicks, lots: rest })
    } else {
      emit({ type: "removed", orderId, lots: byQuote(order) ? 0 : rest, reason: "expired" })
    }
  }

  /** Trades with one maker after the other. */
  private take(order: NewOrder, emit: Emit): { readonly ending: Ending; readonly rest: number } {
    let rest = order.lots
    let budget = order.quoteTickLots
    let trades = 0
    for (;;) {
      if (byQuote(order) ? budget === 0 : rest === 0) return { ending: "whole", rest }
      const maker = inPriority(this.resting, opposing(order))[0]
      if (maker === undefined || !reaches(order, maker.priceTicks)) return { ending: "partly", rest }
      const wanted = byQuote(order) ? Math.floor(budget / maker.priceTicks) : rest
      if (wanted === 0) return { ending: trades > 0 ? "whole" : "partly", rest }
      if (order.selfTrade !== "NONE" && order.ownerId !== 0 && maker.ownerId === order.ownerId) {
        if (this.prevent(order, maker, rest, emit)) return { ending: "prevented", rest }
        continue
      }
      const lots = Math.min(wanted, maker.shown)
      rest -= lots
      budget -= lots * maker.priceTicks
      trades += 1
      this.trade(order, maker, lots, byQuote(order) ? 0 : rest, emit)
    }
  }

  private trade(order: NewOrder, maker: Resting, lots: number, takerRemainingLots: number, emit: Emit): void {
    maker.shown -= lots
    if (maker.shown === 0 && maker.hidden > 0) {
      maker.shown = Math.min(maker.displayLots, maker.hidden)
      maker.hidden -= maker.shown
      maker.arrival = this.arrivals++
    }
    this.resting = this.resting.filter((each) => each.shown > 0)
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
      makerRemainingLots: maker.shown + maker.hidden,
      takerRemainingLots
    })
  }

  /** Ends maker, taker or both instead of a trade between them; true where the taker is ended. */
  private prevent(order: NewOrder, maker: Resting, rest: number, emit: Emit): boolean {
    const { priceTicks } = maker
    if (order.selfTrade !== "EXPIRE_TAKER") {
      this.resting = this.resting.filter((each) => each !== maker)
      const lots = maker.shown + maker.hidden
      emit({ type: "prevented", orderId: maker.orderId, counterOrderId: order.orderId, priceTicks, lots })
    }
    if (order.selfTrade === "EXPIRE_MAKER") return false
    const lots = byQuote(order) ? 0 : rest
    emit({ type: "prevented", orderId: order.orderId, counterOrderId: maker.orderId, priceTicks, lots })
    return true
  }

  private levels(side: Side): Array<[number, number]> {
    const levels: Array<[number, number]> = []
    for (const order of inPriority(this.resting, side)) {
      const last = levels[levels.length - 1]
      if (last !== undefined && last[0] === order.priceTicks) last[1] += order.shown
      else levels.push([order.priceTicks, order.shown])
    }
    return levels
  }
}

/** A side's orders, best price first, then the earliest. */
const inPriority = (resting: ReadonlyArray<Resting>, side: Side): Array<Resting> => {
  const better = side === "buy" ? -1 : 1
  return resting
    .filter((order) => order.side === side)
    .toSorted((a, b) => better * (a.priceTicks - b.priceTicks) || a.arrival - b.arrival)
}

const opposing = (order: NewOrder): Side => (order.side === "buy" ? "sell" : "buy")

const byQuote = (order: NewOrder): boolean => order.type === "market" && order.quoteTickLots > 0

/** Whether an order may trade with the other side's orders at that price. */
const reaches = (order: NewOrder, priceTicks: number): boolean =>
  order.type === "market" || (order.side === "buy" ? priceTicks <= order.priceTicks : priceTicks >= order.priceTicks)
