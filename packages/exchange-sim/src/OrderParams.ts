/**
 * Reads new orders and order lists out of a request's parameters, and refuses combinations that Binance refuses.
 *
 * Source: developers.binance.com, spot "Trading endpoints" (2026-11): which type needs and forbids which parameter.
 */
import { selfTradePreventions, timesInForce } from "@outcry/matching/MatchingEngine"
import type { Side } from "@outcry/model/MarketData"
import * as ApiError from "./ApiError.ts"
import { symbolOf, type Venue } from "./Api.ts"
import { isConditional, isMarket, type OrderType, orderTypes } from "./ExchangeOrder.ts"
import type { OrderRequest } from "./Filters.ts"
import type { ListRequest } from "./OrderLists.ts"
import type { Params } from "./Params.ts"
import * as Protocol from "./ProtocolOrder.ts"

export const idPattern = /^[a-zA-Z0-9-_.:/]{1,36}$/
const sideTexts = ["BUY", "SELL"] as const

let generatedIds = 0

/** An id such as Binance makes up for who sends none: 22 characters. */
export const generatedId = (venue: Venue): string =>
  `sim${venue.nowMs().toString(36)}${(++generatedIds).toString(36).padStart(11, "0")}`.slice(0, 22)

/** To be called last, before anything is done. */
export const requireNothingElse = (params: Params): void => {
  for (const name of ["recvWindow", "timestamp", "signature", "apiKey"]) params.text(name)
  params.requireAllRead()
}

const sideOf = (params: Params, name: string): Side => {
  const side = params.oneOf(name, sideTexts, ApiError.invalidSide)
  if (side === undefined) throw ApiError.missingParameter(name)
  return side === "BUY" ? "buy" : "sell"
}

const typeOf = (params: Params, name: string): OrderType => {
  const text = params.requiredText(name)
  const type = orderTypes.find((each) => each === text)
  if (type === undefined) throw ApiError.invalidOrderType()
  return type
}

const selfTradeOf = (params: Params) =>
  params.oneOf("selfTradePreventionMode", selfTradePreventions, () => ApiError.invalidData("selfTradePreventionMode"))

interface Terms {
  readonly side: Side
  readonly quantity: string | undefined
  readonly quoteOrderQty: string | undefined
  readonly selfTradePreventionMode: OrderRequest["selfTradePreventionMode"]
}

/** The parameters of one order; `named` gives the name that each has in this request. */
const read = (
  venue: Venue,
  params: Params,
  type: OrderType,
  named: (name: string) => string,
  idName: string,
  terms: Terms
): OrderRequest => {
  const timeInForce = params.oneOf(named("timeInForce"), timesInForce, ApiError.invalidTimeInForce)
  const price = params.text(named("price"))
  const stopPrice = params.text(named("stopPrice"))
  const trailingDelta = params.integer(named("trailingDelta"))
  const icebergQty = params.text(named("icebergQty"))
  const clientOrderId = params.matching(idName, idPattern) ?? generatedId(venue)
  const request: OrderRequest = {
    ...terms,
    symbol: symbolOf(params),
    type,
    timeInForce: timeInForce ?? "GTC",
    price,
    clientOrderId,
    stopPrice,
    trailingDelta,
    icebergQty
  }
  requireCombination(request, timeInForce !== undefined, named)
  return request
}

const requireCombination = (request: OrderRequest, timed: boolean, named: (name: string) => string): void => {
  const { icebergQty, price, quantity, quoteOrderQty, stopPrice, timeInForce, trailingDelta, type } = request
  if (isMarket(type)) {
    if (timed) throw ApiError.notRequired(named("timeInForce"))
    if (price !== undefined) throw ApiError.notRequired(named("price"))
    if (icebergQty !== undefined) throw ApiError.notRequired(named("icebergQty"))
    if (type === "MARKET" && quantity === undefined && quoteOrderQty === undefined)
      throw ApiError.missingOneOf("quantity", "quoteOrderQty")
    if (quantity !== undefined && quoteOrderQty !== undefined) throw ApiError.notRequired("quoteOrderQty")
  } else {
    if (type !== "LIMIT_MAKER" && !timed) throw ApiError.missingParameter(named("timeInForce"))
    if (type === "LIMIT_MAKER" && timed) throw ApiError.notRequired(named("timeInForce"))
    if (quantity === undefined) throw ApiError.missingParameter("quantity")
    if (price === undefined) throw ApiError.missingParameter(named("price"))
    if (icebergQty !== undefined && timeInForce !== "GTC") throw ApiError.unsupportedCombination()
  }
  if (type !== "MARKET" && quoteOrderQty !== undefined) throw ApiError.notRequired("quoteOrderQty")
  if (isConditional(type)) {
    if (quantity === undefined) throw ApiError.missingParameter("quantity")
    if (stopPrice === undefined && trailingDelta === undefined)
      throw ApiError.missingOneOf(named("stopPrice"), named("trailingDelta"))
  } else {
    if (stopPrice !== undefined) throw ApiError.notRequired(named("stopPrice"))
    if (trailingDelta !== undefined) throw ApiError.notRequired(named("trailingDelta"))
  }
}

/** Of `POST order`, and the new order of a cancel-replace. */
export const orderRequest = (venue: Venue, params: Params): OrderRequest => {
  venue.exchange.market(symbolOf(params))
  const terms = {
    side: sideOf(params, "side"),
    quantity: params.text("quantity"),
    quoteOrderQty: params.text("quoteOrderQty"),
    selfTradePreventionMode: selfTradeOf(params)
  }
  return read(venue, params, typeOf(params, "type"), (name) => name, "newClientOrderId", terms)
}

export const responseType = (params: Params, byDefault: Protocol.ResponseType): Protocol.ResponseType =>
  params.oneOf("newOrderRespType", Protocol.responseTypes, () => ApiError.invalidData("newOrderRespType")) ?? byDefault

/** Parameters of an order within a list begin with its part: `aboveType`, `pendingBelowStopPrice`. */
const part = (venue: Venue, params: Params, prefix: string, side: Side, quantity: string): OrderRequest => {
  const named = (name: string): string => `${prefix}${name.slice(0, 1).toUpperCase()}${name.slice(1)}`
  const terms = { side, quantity, quoteOrderQty: undefined, selfTradePreventionMode: selfTradeOf(params) }
  return read(venue, params, typeOf(params, named("type")), named, named("clientOrderId"), terms)
}

/** The pair's prices stand on either side of the last one; which leg may be which type follows from the side. */
const requirePair = (above: OrderRequest, below: OrderRequest): void => {
  for (const { type } of [above, below]) {
    if (type !== "LIMIT_MAKER" && !isConditional(type)) throw ApiError.listTypeRejected()
  }
  if (!isConditional(above.type) && !isConditional(below.type)) throw ApiError.listNeedsContingent()
  const [stop, profit] = above.side === "buy" ? [above, below] : [below, above]
  if (!stop.type.startsWith("STOP_LOSS") || profit.type.startsWith("STOP_LOSS")) throw ApiError.pricesUnrelated()
}

const listIdOf = (venue: Venue, params: Params): string =>
  params.matching("listClientOrderId", idPattern) ?? generatedId(venue)

export const ocoRequest = (venue: Venue, params: Params): ListRequest => {
  venue.exchange.market(symbolOf(params))
  const side = sideOf(params, "side")
  const quantity = params.requiredText("quantity")
  const above = part(venue, params, "above", side, quantity)
  const below = part(venue, params, "below", side, quantity)
  requirePair(above, below)
  const listClientOrderId = listIdOf(venue, params)
  return { listClientOrderId, contingencyType: "OCO", working: undefined, legs: [above, below] }
}

const workingOf = (venue: Venue, params: Params): OrderRequest => {
  const working = part(venue, params, "working", sideOf(params, "workingSide"), params.requiredText("workingQuantity"))
  if (working.type !== "LIMIT" && working.type !== "LIMIT_MAKER") throw ApiError.invalidOrderType()
  return working
}

export const otoRequest = (venue: Venue, params: Params): ListRequest => {
  venue.exchange.market(symbolOf(params))
  const working = workingOf(venue, params)
  const side = sideOf(params, "pendingSide")
  const pending = part(venue, params, "pending", side, params.requiredText("pendingQuantity"))
  return { listClientOrderId: listIdOf(venue, params), contingencyType: "OTO", working, legs: [pending] }
}

export const otocoRequest = (venue: Venue, params: Params): ListRequest => {
  venue.exchange.market(symbolOf(params))
  const working = workingOf(venue, params)
  const side = sideOf(params, "pendingSide")
  const quantity = params.requiredText("pendingQuantity")
  const above = part(venue, params, "pendingAbove", side, quantity)
  const below = part(venue, params, "pendingBelow", side, quantity)
  requirePair(above, below)
  return { listClientOrderId: listIdOf(venue, params), contingencyType: "OTO", working, legs: [above, below] }
}
