/**
 * The signed calls: orders, executions, the account.
 */
import type { Account } from "./Account.ts"
import * as ApiError from "./ApiError.ts"
import { type SignedRoute, signedRoute, symbolOf, type Venue } from "./Api.ts"
import { type ExchangeOrder, isConditional, isOpen } from "./ExchangeOrder.ts"
import { generatedId, idPattern, orderRequest, requireNothingElse, responseType } from "./OrderParams.ts"
import type { Params } from "./Params.ts"
import * as Protocol from "./ProtocolOrder.ts"
import { rateLimits } from "./ProtocolMarket.ts"
import { cancelUnder, restrictionOf } from "./ReplaceRoutes.ts"

const tradesLagMsDefault = 1_000

const placeOrder: SignedRoute["handle"] = (venue, params, account) => {
  const request = orderRequest(venue, params)
  const type = responseType(params, isConditional(request.type) || request.type === "LIMIT_MAKER" ? "ACK" : "FULL")
  requireNothingElse(params)
  const order = venue.exchange.place(account, request)
  const executions = venue.exchange.history(account).executionsOf(order)
  return Protocol.placed(order, executions, type)
}

const testOrder: SignedRoute["handle"] = (venue, params, account) => {
  const request = orderRequest(venue, params)
  params.text("newOrderRespType")
  params.text("computeCommissionRates")
  requireNothingElse(params)
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
  const restriction = restrictionOf(params)
  requireNothingElse(params)
  return cancelUnder(venue, account, order, restriction, cancelId)
}

const queryOrder: SignedRoute["handle"] = (venue, params, account) => {
  const order = namedOrder(venue, params, account)
  requireNothingElse(params)
  if (order === undefined) throw ApiError.orderDoesNotExist()
  const fault = venue.faults?.strike(["lookupAbsent", "lookupWrongOrder"], { symbol: order.symbol })
  if (fault?.kind === "lookupAbsent") throw ApiError.orderDoesNotExist()
  // Some venues answer with the first of a list that the filter did not narrow.
  const first = venue.exchange.history(account).orders(order.symbol)[0]
  return Protocol.queried(fault === undefined ? order : (first ?? order))
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
    // One of a list may have gone with another of it.
    return Protocol.canceled(isOpen(order) ? venue.exchange.cancel(account, order, cancelId) : order, cancelId)
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
  const lag = venue.faults?.strike(["tradesLag"], { symbol })
  const untilMs = lag === undefined ? Infinity : venue.nowMs() - (lag.delayMs ?? tradesLagMsDefault)
  const executions = venue.exchange
    .history(account)
    .executions(symbol)
    .filter((execution) => orderId === undefined || execution.order.venueOrderId === orderId)
    .filter((execution) => execution.timeMs <= untilMs)
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

export const tradingRoutes: ReadonlyArray<SignedRoute> = [
  signedRoute("POST", "order", "order.place", 1, placeOrder, 1),
  signedRoute("POST", "order/test", "order.test", 1, testOrder),
  signedRoute("GET", "order", "order.status", 4, queryOrder),
  signedRoute("DELETE", "order", "order.cancel", 1, cancelOrder),
  signedRoute("GET", "openOrders", "openOrders.status", (params) => (params.has("symbol") ? 6 : 80), openOrders),
  signedRoute("DELETE", "openOrders", "openOrders.cancelAll", 1, cancelOpenOrders),
  signedRoute("GET", "allOrders", "allOrders", 20, allOrders),
  signedRoute("GET", "myTrades", "myTrades", (params) => (params.has("orderId") ? 5 : 20), myTrades),
  signedRoute("GET", "account", "account.status", 20, accountStatus),
  signedRoute("GET", "account/commission", "account.commission", 20, commission),
  signedRoute("GET", "rateLimit/order", "account.rateLimits.orders", 40, orderRate)
]
