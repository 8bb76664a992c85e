/**
 * An order of an account and its executions as the exchange keeps them, in Binance's words for types and statuses.
 * The record changes in place as the market works it; only `Exchange` writes to it.
 */
import type * as Amount from "@outcry/model/Amount"
import type { Instrument } from "@outcry/model/Instrument"
import type { Side } from "@outcry/model/MarketData"
import type { TimeInForce } from "@outcry/matching/MatchingEngine"

export const orderTypes = ["LIMIT", "LIMIT_MAKER", "MARKET"] as const
export type OrderType = (typeof orderTypes)[number]

export type OrderStatus = "NEW" | "PARTIALLY_FILLED" | "FILLED" | "CANCELED" | "EXPIRED"

export interface ExchangeOrder {
  /** The id on the wire: rises over restarts, never repeats. */
  readonly venueOrderId: number
  /** The id in the market. */
  readonly marketOrderId: number
  readonly accountId: number
  /** Wire symbol, `BTCUSDT`. */
  readonly symbol: string
  readonly instrument: Instrument
  readonly clientOrderId: string
  readonly side: Side
  readonly type: OrderType
  readonly timeInForce: TimeInForce
  /** 0 for market orders. */
  readonly priceTicks: number
  /** 0 for market orders by quote amount. */
  readonly lots: number
  /** Market orders by quote amount; else 0. */
  readonly quoteOrderQty: Amount.Amount
  readonly timeMs: number
  readonly reserveAsset: string
  /** What is still locked for it. */
  reserved: Amount.Amount
  status: OrderStatus
  executedLots: number
  /** Quote amount traded so far. */
  executedQuote: Amount.Amount
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
  readonly timeMs: number
  /** The order's executed lots and quote after this execution. */
  readonly executedLots: number
  readonly executedQuote: Amount.Amount
  readonly status: OrderStatus
}

export const isOpen = (order: ExchangeOrder): boolean => order.status === "NEW" || order.status === "PARTIALLY_FILLED"

/** What `origQty` shows: an order by quote amount has the quantity that it executed. */
export const shownLots = (order: ExchangeOrder): number => (order.lots === 0 ? order.executedLots : order.lots)
