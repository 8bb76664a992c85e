/**
 * Order lists as Binance writes them: REST replies and the `listStatus` event.
 *
 * Source: developers.binance.com, spot "Trading endpoints" and "User Data Streams" (2026-11).
 */
import type { ExchangeOrder } from "./ExchangeOrder.ts"
import { type OrderList, ordersOf } from "./OrderLists.ts"

const statusOf = (list: OrderList): string => (list.done ? "ALL_DONE" : "EXEC_STARTED")

/** The reply to a query, and a row of the lists. */
export const queried = (list: OrderList): Record<string, unknown> => ({
  orderListId: list.orderListId,
  contingencyType: list.contingencyType,
  listStatusType: statusOf(list),
  listOrderStatus: list.done ? "ALL_DONE" : "EXECUTING",
  listClientOrderId: list.listClientOrderId,
  transactionTime: list.transactionTimeMs,
  symbol: list.symbol,
  orders: ordersOf(list).map(({ clientOrderId, symbol, venueOrderId }) => ({
    symbol,
    orderId: venueOrderId,
    clientOrderId
  }))
})

/** The reply to a new list and to its cancel: with what is to be said of each order. */
export const reported = (list: OrderList, report: (order: ExchangeOrder) => unknown): Record<string, unknown> => ({
  ...queried(list),
  orderReports: ordersOf(list).map(report)
})

/** `listStatus` of the user stream. */
export const listStatus = (list: OrderList, eventMs: number): Record<string, unknown> => ({
  e: "listStatus",
  E: eventMs,
  s: list.symbol,
  g: list.orderListId,
  c: list.contingencyType,
  l: statusOf(list),
  L: list.done ? "ALL_DONE" : "EXECUTING",
  r: "NONE",
  C: list.listClientOrderId,
  T: list.transactionTimeMs,
  O: ordersOf(list).map(({ clientOrderId, symbol, venueOrderId }) => ({ s: symbol, i: venueOrderId, c: clientOrderId }))
})
