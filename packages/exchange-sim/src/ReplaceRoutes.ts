/**
 * The signed calls that change an order: cancel and send another, and lower one in its place.
 *
 * Source: developers.binance.com, spot "Cancel an Existing Order and Send a New Order" and "Order Amend Keep Priority"
 * (2026-11).
 */
import type { Account } from "./Account.ts"
import * as ApiError from "./ApiError.ts"
import { type SignedRoute, signedRoute, symbolOf, type Venue } from "./Api.ts"
import type { ExchangeOrder } from "./ExchangeOrder.ts"
import { generatedId, idPattern, orderRequest, requireNothingElse, responseType } from "./OrderParams.ts"
import type { Params } from "./Params.ts"
import * as Protocol from "./ProtocolOrder.ts"

const restrictions = ["ONLY_NEW", "ONLY_PARTIALLY_FILLED"] as const

export const restrictionOf = (params: Params): (typeof restrictions)[number] | undefined =>
  params.oneOf("cancelRestrictions", restrictions, () => ApiError.invalidData("cancelRestrictions"))

/** Cancels an order unless the restriction forbids it. */
export const cancelUnder = (
  venue: Venue,
  account: Account,
  order: ExchangeOrder | undefined,
  restriction: (typeof restrictions)[number] | undefined,
  cancelId: string
): Record<string, unknown> => {
  if (restriction !== undefined && order !== undefined && order.status !== restriction.slice("ONLY_".length))
    throw ApiError.restricted()
  return Protocol.canceled(venue.exchange.cancel(account, order, cancelId), cancelId)
}

interface Tried {
  readonly result: "SUCCESS" | "FAILURE" | "NOT_ATTEMPTED"
  readonly response: unknown
}

const tried = (attempt: () => unknown): Tried => {
  try {
    return { result: "SUCCESS", response: attempt() }
  } catch (error) {
    if (!(error instanceof ApiError.ApiError)) throw error
    return { result: "FAILURE", response: { code: error.code, msg: error.msg } }
  }
}

const cancelReplace: SignedRoute["handle"] = (venue, params, account) => {
  const request = orderRequest(venue, params)
  const mode = params.oneOf("cancelReplaceMode", ["STOP_ON_FAILURE", "ALLOW_FAILURE"], () =>
    ApiError.invalidData("cancelReplaceMode")
  )
  if (mode === undefined) throw ApiError.missingParameter("cancelReplaceMode")
  const orderId = params.integer("cancelOrderId")
  const clientOrderId = params.matching("cancelOrigClientOrderId", idPattern)
  if (orderId === undefined && clientOrderId === undefined)
    throw ApiError.missingOneOf("cancelOrigClientOrderId", "cancelOrderId")
  const cancelId = params.matching("cancelNewClientOrderId", idPattern) ?? generatedId(venue)
  const restriction = restrictionOf(params)
  const type = responseType(params, request.type === "LIMIT" || request.type === "MARKET" ? "FULL" : "ACK")
  requireNothingElse(params)
  // Filters are looked at before anything is canceled.
  venue.exchange.size(request)
  const order = venue.exchange.history(account).find(request.symbol, orderId, clientOrderId)
  const canceled = tried(() => cancelUnder(venue, account, order, restriction, cancelId))
  const attempted = canceled.result === "SUCCESS" || mode === "ALLOW_FAILURE"
  const placed: Tried = attempted
    ? tried(() => {
        const fresh = venue.exchange.place(account, request)
        return Protocol.placed(fresh, venue.exchange.history(account).executionsOf(fresh), type)
      })
    : { result: "NOT_ATTEMPTED", response: null }
  const data = {
    cancelResult: canceled.result,
    newOrderResult: placed.result,
    cancelResponse: canceled.response,
    newOrderResponse: placed.response
  }
  if (canceled.result === "SUCCESS" && placed.result === "SUCCESS") return data
  if (canceled.result === "SUCCESS" || placed.result === "SUCCESS") throw ApiError.replacePartlyFailed(data)
  throw ApiError.replaceFailed(data)
}

const amend: SignedRoute["handle"] = (venue, params, account) => {
  const symbol = symbolOf(params)
  venue.exchange.market(symbol)
  const orderId = params.integer("orderId")
  const clientOrderId = params.matching("origClientOrderId", idPattern)
  if (orderId === undefined && clientOrderId === undefined) throw ApiError.missingOneOf("origClientOrderId", "orderId")
  const newClientOrderId = params.matching("newClientOrderId", idPattern) ?? generatedId(venue)
  const quantity = params.requiredText("newQty")
  requireNothingElse(params)
  const order = venue.exchange.history(account).find(symbol, orderId, clientOrderId)
  const former = order?.clientOrderId
  const amended = venue.exchange.amend(account, order, quantity, newClientOrderId)
  const { clientOrderId: _, ...shown } = Protocol.queried(amended)
  return {
    transactTime: amended.updateTimeMs,
    executionId: amended.venueOrderId,
    amendedOrder: { ...shown, origClientOrderId: former, clientOrderId: amended.clientOrderId }
  }
}

export const replaceRoutes: ReadonlyArray<SignedRoute> = [
  signedRoute("POST", "order/cancelReplace", "order.cancelReplace", 1, cancelReplace, 1),
  signedRoute("PUT", "order/amend/keepPriority", "order.amend.keepPriority", 4, amend)
]
