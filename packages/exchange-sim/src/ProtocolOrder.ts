/**
 * Orders, executions and accounts as Binance writes them: REST replies and the events of the user data stream.
 *
 * Source: developers.binance.com, spot "Trading endpoints", "Account endpoints", "User Data Streams" (2026-11).
 */
import * as Amount from "@outcry/model/Amount"
import * as Instrument from "@outcry/model/Instrument"
import type { Account } from "./Account.ts"
import { type Execution, type ExchangeOrder, isOpen, shownLots } from "./ExchangeOrder.ts"
import type { OrderChange } from "./OrderWork.ts"

const places = 8

/** Binance writes every amount with eight places. */
export const amountText = (amount: Amount.Amount): string => Amount.format(amount, places)

const zero = amountText(0n)

const priceText = (order: ExchangeOrder, ticks: number): string => amountText(BigInt(ticks) * order.instrument.tick)

const lotsText = (order: ExchangeOrder, lots: number): string =>
  amountText(Instrument.baseAmount(order.instrument, lots))

const sideText = (order: ExchangeOrder): string => order.side.toUpperCase()

const state = (order: ExchangeOrder) => ({
  price: priceText(order, order.priceTicks),
  origQty: lotsText(order, shownLots(order)),
  executedQty: lotsText(order, order.executedLots),
  origQuoteOrderQty: amountText(order.quoteOrderQty),
  cummulativeQuoteQty: amountText(order.executedQuote),
  status: order.status,
  timeInForce: order.timeInForce,
  type: order.type,
  side: sideText(order)
})

/** Only where the order has it, as Binance's conditional fields. */
const conditional = (order: ExchangeOrder) => ({
  ...(order.stopTicks > 0 && { stopPrice: priceText(order, order.stopTicks) }),
  ...(order.trailingDelta > 0 && { trailingDelta: order.trailingDelta, trailingTime: order.workingTimeMs }),
  ...(order.displayLots > 0 && { icebergQty: lotsText(order, order.displayLots) }),
  ...(order.preventedLots > 0 && { preventedQuantity: lotsText(order, order.preventedLots) })
})

/** The reply to a query, and a row of the lists. */
export const queried = (order: ExchangeOrder): Record<string, unknown> => ({
  symbol: order.symbol,
  orderId: order.venueOrderId,
  orderListId: order.orderListId,
  clientOrderId: order.clientOrderId,
  ...state(order),
  stopPrice: zero,
  icebergQty: zero,
  ...conditional(order),
  time: order.timeMs,
  updateTime: order.updateTimeMs,
  isWorking: isOpen(order) && order.workingTimeMs >= 0,
  workingTime: order.workingTimeMs,
  selfTradePreventionMode: order.selfTrade
})

export const responseTypes = ["ACK", "RESULT", "FULL"] as const
export type ResponseType = (typeof responseTypes)[number]

/** The reply to a new order. */
export const placed = (
  order: ExchangeOrder,
  executions: ReadonlyArray<Execution>,
  type: ResponseType
): Record<string, unknown> => ({
  symbol: order.symbol,
  orderId: order.venueOrderId,
  orderListId: order.orderListId,
  clientOrderId: order.clientOrderId,
  transactTime: order.timeMs,
  ...(type !== "ACK" && {
    ...state(order),
    ...conditional(order),
    workingTime: order.workingTimeMs,
    selfTradePreventionMode: order.selfTrade
  }),
  ...(type === "FULL" && {
    fills: executions.map((execution) => ({
      price: priceText(order, execution.priceTicks),
      qty: lotsText(order, execution.lots),
      commission: amountText(execution.commission),
      commissionAsset: execution.commissionAsset,
      tradeId: execution.venueTradeId
    }))
  })
})

/** The reply to a cancel: `clientOrderId` is the cancel's own. */
export const canceled = (order: ExchangeOrder, cancelId: string): Record<string, unknown> => ({
  symbol: order.symbol,
  origClientOrderId: order.clientOrderId,
  orderId: order.venueOrderId,
  orderListId: order.orderListId,
  clientOrderId: cancelId,
  transactTime: order.updateTimeMs,
  ...state(order),
  ...conditional(order),
  selfTradePreventionMode: order.selfTrade
})

/** A row of `myTrades`. */
export const myTrade = (execution: Execution): Record<string, unknown> => ({
  symbol: execution.order.symbol,
  id: execution.venueTradeId,
  orderId: execution.order.venueOrderId,
  orderListId: execution.order.orderListId,
  price: priceText(execution.order, execution.priceTicks),
  qty: lotsText(execution.order, execution.lots),
  quoteQty: amountText(execution.quote),
  commission: amountText(execution.commission),
  commissionAsset: execution.commissionAsset,
  time: execution.timeMs,
  isBuyer: execution.order.side === "buy",
  isMaker: execution.maker,
  isBestMatch: true
})

/** A commission rate given in basis points, as a fraction. */
export const rateText = (bps: number): string => Amount.format((BigInt(bps) * Amount.from("1")) / 10_000n, places)

/** The reply of `GET /api/v3/account`. */
export const account = (
  account: Account,
  fees: { readonly makerFeeBps: number; readonly takerFeeBps: number },
  omitZeroBalances: boolean
): Record<string, unknown> => ({
  makerCommission: fees.makerFeeBps,
  takerCommission: fees.takerFeeBps,
  buyerCommission: 0,
  sellerCommission: 0,
  commissionRates: {
    maker: rateText(fees.makerFeeBps),
    taker: rateText(fees.takerFeeBps),
    buyer: zero,
    seller: zero
  },
  canTrade: true,
  canWithdraw: false,
  canDeposit: false,
  brokered: false,
  requireSelfTradePrevention: false,
  preventSor: false,
  updateTime: account.updateTimeMs,
  accountType: "SPOT",
  balances: account
    .assets()
    .map((asset) => ({ asset, ...account.balance(asset) }))
    .filter(({ free, locked }) => !omitZeroBalances || free > 0n || locked > 0n)
    .map(({ asset, free, locked }) => ({ asset, free: amountText(free), locked: amountText(locked) })),
  permissions: ["SPOT"],
  uid: account.id
})

const report = (order: ExchangeOrder, eventMs: number) => ({
  e: "executionReport",
  E: eventMs,
  s: order.symbol,
  c: order.clientOrderId,
  S: sideText(order),
  o: order.type,
  f: order.timeInForce,
  q: lotsText(order, shownLots(order)),
  p: priceText(order, order.priceTicks),
  P: order.stopTicks > 0 ? priceText(order, order.stopTicks) : zero,
  ...(order.trailingDelta > 0 && { d: order.trailingDelta }),
  F: lotsText(order, order.displayLots),
  g: order.orderListId,
  C: "",
  r: "NONE",
  i: order.venueOrderId,
  O: order.timeMs,
  ...(order.workingTimeMs >= 0 && { W: order.workingTimeMs }),
  V: order.selfTrade,
  Q: amountText(order.quoteOrderQty),
  I: order.venueOrderId,
  M: false
})

const executionTypes: Readonly<Record<OrderChange, string>> = {
  NEW: "NEW",
  CANCELED: "CANCELED",
  EXPIRED: "EXPIRED",
  EXPIRED_IN_MATCH: "TRADE_PREVENTION",
  REPLACED: "REPLACED"
}

/**
 * `executionReport` of an order that was accepted or amended, or has ended. One whose trigger fires is reported as new
 * once more, and as working. `otherId`: of a cancel its own client id, of an amendment the one that the order had.
 */
export const orderReport = (
  order: ExchangeOrder,
  change: OrderChange,
  eventMs: number,
  otherId?: string
): Record<string, unknown> => ({
  ...report(order, eventMs),
  // A cancel has an id of its own; the order's stands in `C`.
  ...(change === "CANCELED" && otherId !== undefined && { c: otherId, C: order.clientOrderId }),
  ...(change === "REPLACED" && otherId !== undefined && { C: otherId }),
  ...(order.preventedLots > 0 && { A: lotsText(order, order.preventedLots), B: lotsText(order, order.preventedLots) }),
  x: executionTypes[change],
  X: order.status,
  l: zero,
  z: lotsText(order, order.executedLots),
  L: zero,
  n: "0",
  N: null,
  T: order.updateTimeMs,
  t: -1,
  w: isOpen(order) && order.workingTimeMs >= 0,
  m: false,
  Z: amountText(order.executedQuote),
  Y: zero
})

/** `executionReport` of one execution. */
export const executionReport = (execution: Execution, eventMs: number): Record<string, unknown> => ({
  ...report(execution.order, eventMs),
  x: "TRADE",
  X: execution.status,
  l: lotsText(execution.order, execution.lots),
  z: lotsText(execution.order, execution.executedLots),
  L: priceText(execution.order, execution.priceTicks),
  n: amountText(execution.commission),
  N: execution.commissionAsset,
  T: execution.timeMs,
  t: execution.venueTradeId,
  w: execution.maker && execution.status !== "FILLED",
  m: execution.maker,
  M: true,
  Z: amountText(execution.executedQuote),
  Y: amountText(execution.quote)
})

/** `outboundAccountPosition` of the named assets. */
export const accountPosition = (
  account: Account,
  assets: ReadonlyArray<string>,
  eventMs: number
): Record<string, unknown> => ({
  e: "outboundAccountPosition",
  E: eventMs,
  u: account.updateTimeMs,
  B: assets.map((asset) => {
    const { free, locked } = account.balance(asset)
    return { a: asset, f: amountText(free), l: amountText(locked) }
  })
})
