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
import type { OrderStatus, TimeInForce } from "./Order.ts"

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

export interface OrderRequest {
  /** Decimal text in base asset, or a number of lots. */
  readonly quantity: string | number
  /** Decimal text in quote asset, or a number of ticks; without it the order is a market order. */
  readonly price?: string | number
  readonly timeInForce?: TimeInForce
  readonly postOnly?: boolean
}

export interface OpenOrder {
  readonly orderSeq: number
  readonly instrument: InstrumentId
  readonly side: Side
  /** 0 for a market order. */
  readonly priceTicks: number
  readonly lots: number
  readonly filledLots: number
  readonly cancelRequested: boolean
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
