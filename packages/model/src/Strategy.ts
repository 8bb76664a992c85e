/**
 * The contract of a strategy: typed parameters, state owned by the engine, handlers that are synchronous and
 * deterministic. A handler knows no clock, chance or I/O but what its context gives; what it asks for are intents.
 *
 * The same definition runs in a back-test, on paper and live.
 */
import type { Schema } from "effect"
import type { Instrument, InstrumentId } from "./Instrument.ts"
import type { Bar, Gap, OrderBookDelta, Quote, Side, Trade } from "./MarketData.ts"
import type { OrderBook } from "./OrderBook.ts"
import type { OrderStatus, OrderType, TimeInForce } from "./Order.ts"

export interface FeedDeclaration {
  readonly instrument: InstrumentId
  /** What to deliver; a quote stream is always kept for `ctx.quote`. */
  readonly quotes?: boolean
  readonly trades?: boolean
  readonly book?: boolean
  /** Bar interval, in seconds. */
  readonly barSeconds?: number
  /** Past bars replayed through `onBar` before trading starts; intents are ignored meanwhile. */
  readonly warmupBars?: number
}

/** Our own execution, as its strategy sees it. */
export interface StrategyFill {
  readonly instrument: InstrumentId
  /** The number `buy` or `sell` returned for the order. */
  readonly orderSeq: number
  readonly side: Side
  readonly priceTicks: number
  readonly lots: number
  readonly liquidity: "maker" | "taker"
  readonly timeVenue: number
}

/** An order of this strategy came to its end, or its intent was refused (`reason` is the check's code). */
export interface StrategyOrderEnd {
  readonly instrument: InstrumentId
  readonly orderSeq: number
  readonly status: OrderStatus | "refused"
  readonly filledLots: number
  readonly reason: string
}

/** Decimal text in the asset it is counted in, or a number of ticks or lots. */
export type Price = string | number
export type Quantity = string | number

/**
 * How an order waits for its price. At most one of `stop`, `touch`, `trailBy` and `trailPercent`; with `price` it becomes
 * a limit order then, without it a market order.
 */
export interface Trigger {
  /** Fires when the market moves against the order's side this far: a sell at or below, a buy at or above. */
  readonly stop?: Price
  /** Fires when the market comes this far: a sell at or above, a buy at or below. Takes a profit, or enters lower. */
  readonly touch?: Price
  /** A stop that keeps this distance from the best price since. */
  readonly trailBy?: Price
  /** The same in per cent of the price, in steps of a hundredth of one. */
  readonly trailPercent?: number
  readonly price?: Price
}

/** Where to get out: a price alone is a limit order for a profit and a stop for a loss. */
export type Exit = Price | Trigger

export interface OrderRequest extends Trigger {
  readonly quantity: Quantity
  /** Without it, and without a trigger, the order is a market order. */
  readonly price?: Price
  readonly timeInForce?: TimeInForce
  readonly postOnly?: boolean
  /** Only ever brings the account's position nearer to zero; clipped to what is held. */
  readonly reduceOnly?: boolean
  /** How much of a limit order the book shows at a time. */
  readonly display?: Quantity
  /** Good until then, epoch µs; the rest is canceled. */
  readonly expiresAt?: number
  /** Good for so long from now. */
  readonly goodForMs?: number
  /** When the venue is found never to have had it: sent again, for so long from now. */
  readonly resubmitForMs?: number
  /** Sleeps until this order has ended with a fill; for at most what that one filled. Without a fill it ends, too. */
  readonly parent?: number
  /**
   * Exits of what this order opens: they sleep until it has ended with a fill, only ever reduce, and share one fate: what
   * one fills is taken from the other, and one that is filled or canceled ends the other.
   */
  readonly takeProfit?: Exit
  readonly stopLoss?: Exit
}

/** An order of a group, with its side. */
export interface SidedRequest extends OrderRequest {
  readonly side: Side
}

/** What to change; what is left out stays. */
export interface OrderChange {
  readonly price?: Price
  /** In all, what was filled already included. */
  readonly quantity?: Quantity
  /** The trigger of a stop or a touch. */
  readonly stop?: Price
}

export interface OpenOrder {
  readonly orderSeq: number
  readonly instrument: InstrumentId
  readonly side: Side
  /** 0 where there is no limit. */
  readonly priceTicks: number
  readonly lots: number
  readonly filledLots: number
  readonly cancelRequested: boolean
  readonly type?: OrderType
  /** As far as is known; absent while its account has not spoken. `held` and `triggered` are not at the venue. */
  readonly status?: OrderStatus
  /** Of an order that waits for a price; of a trailing stop where it stands now. */
  readonly triggerTicks?: number
  readonly reduceOnly?: boolean
  /** The order it sleeps for. */
  readonly parent?: number
  /** Its group, where it has one. */
  readonly group?: string
  /** The order whose place it takes. */
  readonly replaces?: number
}

export interface StrategyContext<P, S> {
  readonly parameters: P
  /** Mutable in place; kept by the engine, snapshot with the definition's `state` schema. */
  state: S
  /** When the event being handled reached us, epoch µs. */
  readonly now: number
  readonly warmingUp: boolean
  readonly instrument: (id: InstrumentId) => Instrument
  readonly quote: (id: InstrumentId) => Quote | undefined
  /** Declared with `book: true`; undefined while it is not whole. */
  readonly book: (id: InstrumentId) => OrderBook | undefined
  /** This strategy's net position, in lots. */
  readonly position: (id: InstrumentId) => number
  readonly openOrders: (id: InstrumentId) => ReadonlyArray<OpenOrder>
  /** Asks for an order; the number names it in `cancel`, `onFill` and `onOrder`. */
  readonly buy: (id: InstrumentId, order: OrderRequest) => number
  readonly sell: (id: InstrumentId, order: OrderRequest) => number
  /**
   * Asks for orders that share one fate (one cancels the other): what one fills is taken from the others, the trigger of
   * one cancels the others first, and one that is filled or canceled ends them. Returns their numbers in turn.
   */
  readonly oco: (id: InstrumentId, orders: ReadonlyArray<SidedRequest>) => ReadonlyArray<number>
  /**
   * Replaces an open order: it is canceled, and what is left of it goes out with the new terms under the number returned.
   * 0 where there is no such order, or a cancel is on its way.
   */
  readonly modify: (orderSeq: number, change: OrderChange) => number
  readonly cancel: (orderSeq: number) => void
  readonly cancelAll: (id: InstrumentId) => void
  /** Says that the strategy saw what it looks for, whether or not it trades on it: the top of `outcry explain`. */
  readonly signal: (name: string, value: number) => void
  /** Uniform in [0, 1), from a generator that is part of the snapshot. */
  readonly random: () => number
  /** Calls `onTimer(name)` once, `delayMs` after `now`; a name has one timer. */
  readonly timer: (name: string, delayMs: number) => void
}

export interface StrategyDefinition<P, S> {
  readonly name: string
  readonly version: number
  readonly parameters: Schema.Codec<P, unknown>
  /** Snapshot form of the state. */
  readonly state: Schema.Codec<S, unknown>
  readonly feeds: (parameters: P) => ReadonlyArray<FeedDeclaration>
  readonly initial: (parameters: P) => S
  readonly onStart?: (ctx: StrategyContext<P, S>) => void
  /** An event is good while its handler runs: copy what is to be kept, since a back-test fills the same object anew. */
  readonly onQuote?: (quote: Quote, ctx: StrategyContext<P, S>) => void
  readonly onTrade?: (trade: Trade, ctx: StrategyContext<P, S>) => void
  readonly onBar?: (bar: Bar, ctx: StrategyContext<P, S>) => void
  readonly onBook?: (delta: OrderBookDelta, ctx: StrategyContext<P, S>) => void
  readonly onFill?: (fill: StrategyFill, ctx: StrategyContext<P, S>) => void
  readonly onOrder?: (end: StrategyOrderEnd, ctx: StrategyContext<P, S>) => void
  readonly onTimer?: (name: string, ctx: StrategyContext<P, S>) => void
  /** The stream broke here; what was lost does not come. Bars are refilled. */
  readonly onGap?: (gap: Gap, ctx: StrategyContext<P, S>) => void
}

/** Declares a strategy; infers the types of parameters and state from their schemas. */
export const defineStrategy = <P, S>(definition: StrategyDefinition<P, S>): StrategyDefinition<P, S> => definition
