/**
 * An order of an account and its executions as the exchange keeps them, in Binance's words for types and statuses.
 * The record changes in place as the market works it; only `Exchange` and its parts write to it.
 */
import type { SelfTradePrevention, TimeInForce } from "@outcry/matching/MatchingEngine"
import type { Trigger } from "@outcry/matching/TriggerBook"
import type * as Amount from "@outcry/model/Amount"
import type { Instrument } from "@outcry/model/Instrument"
import type { Side } from "@outcry/model/MarketData"

/** Those that wait for a print before they reach the book. */
export const conditionalTypes = ["STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"] as const
export const orderTypes = ["LIMIT", "LIMIT_MAKER", "MARKET", ...conditionalTypes] as const
export type OrderType = (typeof orderTypes)[number]

/** `PENDING_NEW`: waits for another order of its list to be filled. */
export type OrderStatus =
  | "PENDING_NEW"
  | "NEW"
  | "PARTIALLY_FILLED"
  | "FILLED"
  | "CANCELED"
  | "EXPIRED"
  | "EXPIRED_IN_MATCH"

export interface ExchangeOrder {
  /** The id on the wire: rises over restarts, never repeats. */
  readonly venueOrderId: number
  /** The id in the market. */
  readonly marketOrderId: number
  readonly accountId: number
  /** Wire symbol, `BTCUSDT`. */
  readonly symbol: string
  readonly instrument: Instrument
  /** An amendment may give it another. */
  clientOrderId: string
  /** What it was accepted as, and what the log knows it by. */
  readonly acceptedAs: string
  readonly side: Side
  readonly type: OrderType
  readonly timeInForce: TimeInForce
  /** 0 for market orders. */
  readonly priceTicks: number
  /** 0 for market orders by quote amount. An amendment lowers it. */
  lots: number
  /** Market orders by quote amount; else 0. */
  readonly quoteOrderQty: Amount.Amount
  /** 0 where there is none. */
  readonly stopTicks: number
  /** Basis points; 0 where it does not trail. */
  readonly trailingDelta: number
  /** Iceberg: lots shown at a time; 0 shows all. */
  readonly displayLots: number
  readonly selfTrade: SelfTradePrevention
  /** −1 where it belongs to none. */
  readonly orderListId: number
  readonly timeMs: number
  readonly reserveAsset: string
  /** What is still locked for it. */
  reserved: Amount.Amount
  status: OrderStatus
  /** Waits for its trigger. */
  waits: boolean
  /** When it reached the book; −1 before. */
  workingTimeMs: number
  executedLots: number
  /** Quote amount traded so far. */
  executedQuote: Amount.Amount
  /** Lots that were not traded because they would have been with its owner. */
  preventedLots: number
  updateTimeMs: number
}

/** One execution of one account's order. */
export interface Execution {
  readonly venueTradeId: number
  readonly order: ExchangeOrder
  readonly priceTicks: number
  readonly lots: number
  readonly quote: Amount.Amount
  readonly commission: Amount.Amount
  readonly commissionAsset: string
  readonly maker: boolean
  /** The other party is an account of this exchange too. */
  readonly withAccount: boolean
  readonly timeMs: number
  /** The order's executed lots and quote after this execution. */
  readonly executedLots: number
  readonly executedQuote: Amount.Amount
  readonly status: OrderStatus
}

export const isOpen = (order: ExchangeOrder): boolean =>
  order.status === "NEW" || order.status === "PARTIALLY_FILLED" || order.status === "PENDING_NEW"

export const isConditional = (type: OrderType): boolean => conditionalTypes.some((each) => each === type)

/** Trades at any price once it reaches the book. */
export const isMarket = (type: OrderType): boolean =>
  type === "MARKET" || type === "STOP_LOSS" || type === "TAKE_PROFIT"

/** What `origQty` shows: an order by quote amount has the quantity that it executed. */
export const shownLots = (order: ExchangeOrder): number => (order.lots === 0 ? order.executedLots : order.lots)

/** What a conditional order waits for: a stop-loss buy for a rise, a take-profit buy for a fall; sells the reverse. */
export const triggerOf = (order: {
  readonly marketOrderId: number
  readonly side: Side
  readonly type: OrderType
  readonly stopTicks: number
  readonly trailingDelta: number
}): Trigger => ({
  orderId: order.marketOrderId,
  side: order.side,
  waitsFor: order.type.startsWith("STOP_LOSS") === (order.side === "buy") ? "rise" : "fall",
  priceTicks: order.stopTicks,
  trailBps: order.trailingDelta
})
