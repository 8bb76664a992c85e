/**
 * The signed calls for order lists: OCO, OTO and OTOCO.
 *
 * Source: developers.binance.com, spot "Trading endpoints", order lists (2026-11).
 */
import type { Account } from "./Account.ts"
import * as ApiError from "./ApiError.ts"
import { type SignedRoute, signedRoute, symbolOf, type Venue } from "./Api.ts"
import {
  generatedId,
  idPattern,
  ocoRequest,
  otocoRequest,
  otoRequest,
  requireNothingElse,
  responseType
} from "./OrderParams.ts"
import type { ListRequest, OrderList } from "./OrderLists.ts"
import type { Params } from "./Params.ts"
import * as ProtocolList from "./ProtocolList.ts"
import * as Protocol from "./ProtocolOrder.ts"

const placing =
  (read: (venue: Venue, params: Params) => ListRequest): SignedRoute["handle"] =>
  (venue, params, account) => {
    const request = read(venue, params)
    const type = responseType(params, "RESULT")
    requireNothingElse(params)
    const list = venue.exchange.placeList(account, request)
    const history = venue.exchange.history(account)
    return ProtocolList.reported(list, (order) => Protocol.placed(order, history.executionsOf(order), type))
  }

const named = (venue: Venue, params: Params, account: Account, idName: string): OrderList | undefined => {
  const orderListId = params.integer("orderListId")
  const listClientOrderId = params.matching(idName, idPattern)
  if (orderListId === undefined && listClientOrderId === undefined) throw ApiError.missingOneOf("orderListId", idName)
  return venue.exchange.findList(account, orderListId, listClientOrderId)
}

const cancelList: SignedRoute["handle"] = (venue, params, account) => {
  const symbol = symbolOf(params)
  venue.exchange.market(symbol)
  const list = named(venue, params, account, "listClientOrderId")
  const cancelId = params.matching("newClientOrderId", idPattern) ?? generatedId(venue)
  requireNothingElse(params)
  if (list !== undefined && list.symbol !== symbol) throw ApiError.unknownOrder()
  const canceled = venue.exchange.cancelList(account, list, cancelId)
  return ProtocolList.reported(canceled, (order) => Protocol.canceled(order, cancelId))
}

const queryList: SignedRoute["handle"] = (venue, params, account) => {
  const list = named(venue, params, account, "origClientOrderId")
  requireNothingElse(params)
  if (list === undefined) throw ApiError.orderListDoesNotExist()
  return ProtocolList.queried(list)
}

const openLists: SignedRoute["handle"] = (venue, _, account) =>
  venue.exchange
    .lists(account)
    .filter((list) => !list.done)
    .map(ProtocolList.queried)

const allLists: SignedRoute["handle"] = (venue, params, account) =>
  venue.exchange
    .lists(account)
    .slice(-params.limit("limit", 500, 1_000))
    .map(ProtocolList.queried)

export const listRoutes: ReadonlyArray<SignedRoute> = [
  signedRoute("POST", "orderList/oco", "orderList.place.oco", 1, placing(ocoRequest), 2),
  signedRoute("POST", "orderList/oto", "orderList.place.oto", 1, placing(otoRequest), 2),
  signedRoute("POST", "orderList/otoco", "orderList.place.otoco", 1, placing(otocoRequest), 3),
  signedRoute("DELETE", "orderList", "orderList.cancel", 1, cancelList),
  signedRoute("GET", "orderList", "orderList.status", 4, queryList),
  signedRoute("GET", "openOrderList", "openOrderLists.status", 6, openLists),
  signedRoute("GET", "allOrderList", "allOrderLists", 20, allLists)
]
