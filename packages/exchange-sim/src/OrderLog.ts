/**
 * The accept log's lines for orders and executions, in decimals.
 */
import * as Amount from "@outcry/model/Amount"
import * as Instrument from "@outcry/model/Instrument"
import type { Account } from "./Account.ts"
import type { LogEntry } from "./AcceptLog.ts"
import type { Execution, ExchangeOrder } from "./ExchangeOrder.ts"

const named = (account: Account, order: ExchangeOrder) => ({
  account: account.name,
  symbol: order.symbol,
  clientOrderId: order.acceptedAs,
  venueOrderId: String(order.venueOrderId),
  side: order.side
})

export const ordered = (account: Account, order: ExchangeOrder): LogEntry => ({
  type: "order",
  timeMs: order.timeMs,
  ...named(account, order),
  price: Instrument.priceText(order.instrument, order.priceTicks),
  quantity: Instrument.quantityText(order.instrument, order.lots),
  cumulative: "0",
  orderType: order.type,
  timeInForce: order.timeInForce,
  ...(order.quoteOrderQty > 0n && { quoteOrderQty: Amount.format(order.quoteOrderQty) }),
  ...(order.stopTicks > 0 && { stopPrice: Instrument.priceText(order.instrument, order.stopTicks) }),
  ...(order.trailingDelta > 0 && { trailingDelta: order.trailingDelta }),
  ...(order.displayLots > 0 && { icebergQty: Instrument.quantityText(order.instrument, order.displayLots) }),
  ...(order.orderListId >= 0 && { orderListId: order.orderListId })
})

/** The order now is for `quantity` in all. */
export const amended = (account: Account, order: ExchangeOrder): LogEntry => ({
  type: "amend",
  timeMs: order.updateTimeMs,
  ...named(account, order),
  price: Instrument.priceText(order.instrument, order.priceTicks),
  quantity: Instrument.quantityText(order.instrument, order.lots),
  cumulative: Instrument.quantityText(order.instrument, order.executedLots)
})

/** `cumulative` is what the order has executed without it. */
export const busted = (account: Account, execution: Execution, timeMs: number): LogEntry => ({
  ...filled(account, execution),
  type: "bust",
  timeMs,
  cumulative: Instrument.quantityText(execution.order.instrument, execution.order.executedLots)
})

export const filled = (account: Account, execution: Execution): Extract<LogEntry, { tradeId: string }> => ({
  type: "fill",
  timeMs: execution.timeMs,
  ...named(account, execution.order),
  price: Instrument.priceText(execution.order.instrument, execution.priceTicks),
  quantity: Instrument.quantityText(execution.order.instrument, execution.lots),
  cumulative: Instrument.quantityText(execution.order.instrument, execution.executedLots),
  tradeId: String(execution.venueTradeId),
  fee: Amount.format(execution.commission),
  feeAsset: execution.commissionAsset,
  maker: execution.maker
})

export const ended = (account: Account, order: ExchangeOrder, type: "cancel" | "expire"): LogEntry => ({
  type,
  timeMs: order.updateTimeMs,
  ...named(account, order),
  price: Instrument.priceText(order.instrument, order.priceTicks),
  quantity: Instrument.quantityText(order.instrument, Math.max(0, order.lots - order.executedLots)),
  cumulative: Instrument.quantityText(order.instrument, order.executedLots)
})
