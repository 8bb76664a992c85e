/**
 * The vocabulary of matching: what goes in, what comes out. Prices are ticks, quantities lots, ids and times numbers;
 * the engine knows neither accounts' money nor clocks, nor any venue's wire format.
 *
 * `OrderBook` (fast) and `NaiveBook` (obvious) both implement `MatchingEngine` and must produce the same events.
 */
import type { Side } from "@outcry/model/MarketData"

export const timesInForce = ["GTC", "IOC", "FOK"] as const
export type TimeInForce = (typeof timesInForce)[number]

/**
 * What happens where an order would trade with another of its owner: nothing special, or the rest of the taker, of the
 * maker or of both leaves the book instead. The taker's mode alone counts, as at Binance ("STP FAQ", 2026-11).
 */
export const selfTradePreventions = ["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"] as const
export type SelfTradePrevention = (typeof selfTradePreventions)[number]

/** An order as it reaches the book. `orderId` is unique for the life of the engine. */
export interface NewOrder {
  readonly orderId: number
  /** Whose order it is; only for self-trade checks and reports. */
  readonly ownerId: number
  readonly side: Side
  readonly type: "limit" | "market"
  /** Ignored for market orders. */
  readonly priceTicks: number
  /** Lots to trade; for a market order by quote amount see `quoteTickLots`. */
  readonly lots: number
  /** Market orders only: spend at most this many tick·lots instead of a number of lots; 0 = by lots. */
  readonly quoteTickLots: number
  readonly timeInForce: TimeInForce
  readonly postOnly: boolean
  /** Lots shown at a time once it rests (iceberg); 0 shows all. Each refill goes to the end of its queue. */
  readonly displayLots: number
  /** Owner 0 may trade with itself whatever it says. */
  readonly selfTrade: SelfTradePrevention
}

/** `BookFull`: the book holds as many resting orders as it was made for, and this one might rest. */
export type RefusalReason = "PostOnlyWouldTrade" | "FillOrKillUnfilled" | "NoLiquidity" | "BookFull"

/**
 * One match. The maker's price is the trade's price. `takerRemainingLots` is 0 for a market order by quote amount, which
 * has no number of lots.
 */
export interface Match {
  readonly type: "match"
  readonly tradeId: number
  readonly makerOrderId: number
  readonly takerOrderId: number
  readonly makerOwnerId: number
  readonly takerOwnerId: number
  readonly takerSide: Side
  readonly priceTicks: number
  readonly lots: number
  readonly makerRemainingLots: number
  readonly takerRemainingLots: number
}

export type BookEvent =
  /** Of an order that rests already: it stands here now, at the end of the queue (see `move`). Lots with the hidden ones. */
  | {
      readonly type: "rested"
      readonly orderId: number
      readonly side: Side
      readonly priceTicks: number
      readonly lots: number
    }
  | { readonly type: "refused"; readonly orderId: number; readonly reason: RefusalReason }
  /**
   * The rest of an order left the book without trading (cancel, or an IOC/market rest). For a market order by quote
   * amount, `lots` is 0 and the event says that the book ran out before the amount; a remainder too small for one more
   * lot is no rest: such an order is simply done when `submit` returns.
   */
  | {
      readonly type: "removed"
      readonly orderId: number
      readonly lots: number
      readonly reason: "canceled" | "expired"
    }
  /** The order keeps its place with this many lots. */
  | { readonly type: "reduced"; readonly orderId: number; readonly lots: number }
  /** The rest of an order left, or never entered, the book because it would have traded with its owner's other order. */
  | {
      readonly type: "prevented"
      readonly orderId: number
      readonly counterOrderId: number
      readonly priceTicks: number
      readonly lots: number
    }
  | Match

/** Lots that are shown. */
export interface Depth {
  /** Flat `[ticks, lots, …]`, best first. */
  readonly bids: ReadonlyArray<number>
  readonly asks: ReadonlyArray<number>
}

/** Events may be one object used over and over: who keeps one copies it. `emit` must not call the engine. */
export interface MatchingEngine {
  /**
   * Works an order; emits events in the order they happened. A market order never rests and takes its time in force as IOC
   * unless FOK. Throws a RangeError where the order itself makes no sense (see `requireSensible`).
   */
  readonly submit: (order: NewOrder, emit: (event: BookEvent) => void) => void
  /** Removes a resting order; false where it does not rest here. */
  readonly cancel: (orderId: number, emit: (event: BookEvent) => void) => boolean
  /**
   * Lowers a resting order to `lots` (its new rest) in place, keeping its priority; false where it does not rest here or
   * `lots` is not a positive number below its present rest.
   */
  readonly reduce: (orderId: number, lots: number, emit: (event: BookEvent) => void) => boolean
  /**
   * Changes price or quantity of a resting order to `lots` left. Fewer lots at the same price keep the priority, which is
   * `reduce`; anything else gives it up: the order meets the book anew under its id, as a GTC taker, and then rests at the
   * end of the queue. False where it does not rest here or a number makes no sense.
   */
  readonly move: (orderId: number, priceTicks: number, lots: number, emit: (event: BookEvent) => void) => boolean
  readonly depth: (levels: number) => Depth
  readonly bestBidTicks: () => number | undefined
  readonly bestAskTicks: () => number | undefined
  /** Order-independent of implementation: equal books hash equally. */
  readonly hash: () => string
}

/** What an order would trade if it came now: lots, and the sum of lots times price. */
export interface Rehearsal {
  readonly lots: number
  readonly tickLots: number
}

export interface MatchingOptions {
  /** Trade ids count up from here; default 1. */
  readonly firstTradeId?: number
  /** Bound of the book; default 1,000,000. */
  readonly maxOrders?: number
}

export const maxOrdersDefault = 1_000_000

/** Refuses orders no caller may send: these are mistakes of the program, not of a client. */
export const requireSensible = (order: NewOrder): void => {
  const { displayLots, lots, orderId, priceTicks, quoteTickLots } = order
  const byQuote = order.type === "market" && quoteTickLots > 0
  const refuse = (what: string): never => {
    throw new RangeError(`Order ${orderId}: ${what}`)
  }
  if (!Number.isSafeInteger(orderId) || orderId === 0) refuse("its id must be a whole number other than 0")
  if (!byQuote && (!Number.isSafeInteger(lots) || lots <= 0))
    refuse(`lots must be a positive whole number, not ${lots}`)
  if (byQuote && !Number.isSafeInteger(quoteTickLots)) refuse(`quoteTickLots must be whole, not ${quoteTickLots}`)
  if (order.type === "limit" && (!Number.isSafeInteger(priceTicks) || priceTicks <= 0)) {
    refuse(`priceTicks must be a positive whole number, not ${priceTicks}`)
  }
  if (!Number.isSafeInteger(displayLots) || displayLots < 0) {
    refuse(`displayLots must be 0 or a positive whole number, not ${displayLots}`)
  }
}
