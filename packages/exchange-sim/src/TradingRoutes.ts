/**
 * The signed calls: orders, executions, the account.
 */
import type { Account } from "./Account.ts"
import * as ApiError from "./ApiError.ts"
import { type Route, type SignedRoute, symbolOf, type Venue } from "./Api.ts"
import { type ExchangeOrder, orderTypes } from "./ExchangeOrder.ts"
import type { OrderRequest } from "./Filters.ts"
import type { Params } from "./Params.ts"
import * as Protocol from "./ProtocolOrder.ts"
import { rateLimits } from "./ProtocolMarket.ts"
import { timesInForce } from "@outcry/matching/MatchingEngine"

const idPattern = /^[a-zA-Z0-9-_.:/]{1,36}$/
const sideTexts = ["BUY", "SELL"] as const
/** Order types of Binance's that this exchange's instruments do not list. */
const unlistedTypes = ["STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"]

let generatedIds = 0

/** An id such as Binance makes up for who sends none: 22 characters. */
const generatedId = (venue: Venue): string =>
  `sim${venue.nowMs().toString(36)}${(++generatedIds).toString(36).padStart(11, "0")}`.slice(0, 22)

const readNames = (params: Params): void => {
  for (const name of ["recvWindow", "timestamp", "signature", "apiKey"]) params.text(name)
}

const orderRequest = (venue: Venue, params: Params): OrderRequest => {
  const symbol = symbolOf(params)
  venue.exchange.market(symbol)
  const side = params.oneOf("side", sideTexts, ApiError.invalidSide)
  if (side === undefined) throw ApiError.missingParameter("side")
  const typeText = params.requiredText("type")
  if (unlistedTypes.includes(typeText)) throw ApiError.filterFailure("ORDER_TYPE")
  const type = orderTypes.find((each) => each === typeText)
  if (type === undefined) throw ApiError.invalidOrderType()
  const timeInForce = params.oneOf("timeInForce", timesInForce, ApiError.invalidTimeInForce)
  const price = params.text("price")
  const quantity = params.text("quantity")
  const quoteOrderQty = params.text("quoteOrderQty")
  const clientOrderId = params.matching("newClientOrderId", idPattern) ?? generatedId(venue)
  params.oneOf("selfTradePreventionMode", ["NONE"], () => ApiError.invalidData("selfTradePreventionMode"))
  if (type === "MARKET") {
    if (timeInForce !== undefined) throw ApiError.notRequired("timeInForce")
    if (price !== undefined) throw ApiError.notRequired("price")
    if (quantity === undefined && quoteOrderQty === undefined) throw ApiError.missingOneOf("quantity", "quoteOrderQty")
    if (quantity !== undefined && quoteOrderQty !== undefined) throw ApiError.notRequired("quoteOrderQty")
  } else {
    if (type === "LIMIT" && timeInForce === undefined) throw ApiError.missingParameter("timeInForce")
    if (type === "LIMIT_MAKER" && timeInForce !== undefined) throw ApiError.notRequired("timeInForce")
    if (quantity === undefined) throw ApiError.missingParameter("quantity")
    if (price === undefined) throw ApiError.missingParameter("price")
    if (quoteOrderQty !== undefined) throw ApiError.notRequired("quoteOrderQty")
  }
  return {
    symbol,
    side: side === "BUY" ? "buy" : "sell",
    type,
    timeInForce: timeInForce ?? "GTC",
    price,
    quantity,
    quoteOrderQty,
    clientOrderId
  }
}

const placeOrder: SignedRoute["handle"] = (venue, params, account) => {
  const request = orderRequest(venue, params)
  const type = params.oneOf("newOrderRespType", Protocol.responseTypes, () => ApiError.invalidData("newOrderRespType"))
  readNames(params)
  params.requireAllRead()
  const order = venue.exchange.place(account, request)
  const executions = venue.exchange.history(account).executionsOf(order)
  return Protocol.placed(order, executions, type ?? "FULL")
}

const testOrder: SignedRoute["handle"] = (venue, params, account) => {
  const request = orderRequest(venue, params)
  params.text("newOrderRespType")
  params.text("computeCommissionRates")
  readNames(params)
  params.requireAllRead()
  venue.exchange.test(account, request)
  return {}
}

const namedOrder = (venue: Venue, params: Params, account: Account): ExchangeOrder | undefined => {
  const symbol = symbolOf(params)
  venue.exchange.market(symbol)
  const orderId = params.integer("orderId")
  const clientOrderId = params.matching("origClientOrderId", idPattern)
  if (orderId === undefined && clientOrderId === undefined) throw ApiError.missingOneOf("origClientOrderId", "orderId")
  return venue.exchange.history(account).find(symbol, orderId, clientOrderId)
}

const cancelOrder: SignedRoute["handle"] = (venue, params, account) => {
  const order = namedOrder(venue, params, account)
  const cancelId = params.matching("newClientOrderId", idPattern) ?? generatedId(venue)
  const restriction = params.oneOf("cancelRestrictions", ["ONLY_NEW", "ONLY_PARTIALLY_FILLED"], () =>
    ApiError.invalidData("cancelRestrictions")
  )
  readNames(params)
  params.requireAllRead()
  if (restriction !== undefined && order?.status !== restriction.slice("ONLY_".length)) throw ApiError.unknownOrder()
  return Protocol.canceled(venue.exchange.cancel(account, order, cancelId), cancelId)
}

const queryOrder: SignedRoute["handle"] = (venue, params, account) => {
  const order = namedOrder(venue, params, account)
  readNames(params)
  params.requireAllRead()
  if (order === undefined) throw ApiError.orderDoesNotExist()
  return Protocol.queried(order)
}

const openOrders: SignedRoute["handle"] = (venue, params, account) => {
  const symbol = params.has("symbol") ? symbolOf(params) : undefined
  if (symbol !== undefined) venue.exchange.market(symbol)
  return venue.exchange.history(account).open(symbol).map(Protocol.queried)
}

const cancelOpenOrders: SignedRoute["handle"] = (venue, params, account) => {
  const symbol = symbolOf(params)
  venue.exchange.market(symbol)
  const orders = venue.exchange.history(account).open(symbol)
  if (orders.length === 0) throw ApiError.unknownOrder()
  return orders.map((order) => {
    const cancelId = generatedId(venue)
    return Protocol.canceled(venue.exchange.cancel(account, order, cancelId), cancelId)
  })
}

/** The rows of a history: from an id or a time on the first ones, else the last. */
const page = <A>(
  params: Params,
  rows: ReadonlyArray<A>,
  idName: string,
  idOf: (row: A) => number,
  timeOf: (row: A) => number
): ReadonlyArray<A> => {
  const limit = params.limit("limit", 500, 1_000)
  const fromId = params.integer(idName)
  const startMs = params.integer("startTime")
  const endMs = params.integer("endTime")
  const within = rows.filter(
    (row) =>
      (fromId === undefined || idOf(row) >= fromId) &&
      (startMs === undefined || timeOf(row) >= startMs) &&
      (endMs === undefined || timeOf(row) <= endMs)
  )
  return fromId === undefined && startMs === undefined ? within.slice(-limit) : within.slice(0, limit)
}

const allOrders: SignedRoute["handle"] = (venue, params, account) => {
  const symbol = symbolOf(params)
  venue.exchange.market(symbol)
  const orders = venue.exchange.history(account).orders(symbol)
  const rows = page(
    params,
    orders,
    "orderId",
    (order) => order.venueOrderId,
    (order) => order.timeMs
  )
  return rows.map(Protocol.queried)
}

const myTrades: SignedRoute["handle"] = (venue, params, account) => {
  const symbol = symbolOf(params)
  venue.exchange.market(symbol)
  const orderId = params.integer("orderId")
  const executions = venue.exchange
    .history(account)
    .executions(symbol)
    .filter((execution) => orderId === undefined || execution.order.venueOrderId === orderId)
  const rows = page(
    params,
    executions,
    "fromId",
    (execution) => execution.venueTradeId,
    (execution) => execution.timeMs
  )
  return rows.map(Protocol.myTrade)
}

const accountStatus: SignedRoute["handle"] = (venue, params, account) =>
  Protocol.account(account, venue.exchange.options, params.text("omitZeroBalances") === "true")

const commission: SignedRoute["handle"] = (venue, params) => {
  const symbol = symbolOf(params)
  venue.exchange.market(symbol)
  const { makerFeeBps, takerFeeBps } = venue.exchange.options
  const none = { maker: "0.00000000", taker: "0.00000000", buyer: "0.00000000", seller: "0.00000000" }
  return {
    symbol,
    standardCommission: { ...none, maker: Protocol.rateText(makerFeeBps), taker: Protocol.rateText(takerFeeBps) },
    specialCommission: none,
    taxCommission: none,
    discount: { enabledForAccount: false, enabledForSymbol: false, discountAsset: "BNB", discount: "0.00000000" }
  }
}

const orderRate: SignedRoute["handle"] = (venue, _, account) => {
  const counts = venue.limits.orderCounts(account.name, venue.nowMs())
  return rateLimits(venue.limits.settings, { weight: 0, ...counts }).filter((limit) => limit.rateLimitType === "ORDERS")
}

const signed = (
  method: Route["method"],
  path: string,
  wsMethod: string,
  weight: SignedRoute["weight"],
  handle: SignedRoute["handle"],
  newOrder = false
): SignedRoute => ({ method, path: `/api/v3/${path}`, wsMethod, weight, access: "signed", handle, newOrder })

export const tradingRoutes: ReadonlyArray<SignedRoute> = [
  signed("POST", "order", "order.place", 1, placeOrder, true),
  signed("POST", "order/test", "order.test", 1, testOrder),
  signed("GET", "order", "order.status", 4, queryOrder),
  signed("DELETE", "order", "order.cancel", 1, cancelOrder),
  signed("GET", "openOrders", "openOrders.status", (params) => (params.has("symbol") ? 6 : 80), openOrders),
  signed("DELETE", "openOrders", "openOrders.cancelAll", 1, cancelOpenOrders),
  signed("GET", "allOrders", "allOrders", 20, allOrders),
  signed("GET", "myTrades", "myTrades", (params) => (params.has("orderId") ? 5 : 20), myTrades),
  signed("GET", "account", "account.status", 20, accountStatus),
  signed("GET", "account/commission", "account.commission", 20, commission),
  signed("GET", "rateLimit/order", "account.rateLimits.orders", 40, orderRate)
]
