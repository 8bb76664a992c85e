/**
 * The exchange's calls, the same for REST and the WebSocket API: which there are, what they weigh, who may make them.
 *
 * Checks in Binance's order: weight, key, parameters, signature, time. Throws ApiError. Knows no sockets.
 */
import type { Account } from "./Account.ts"
import * as ApiError from "./ApiError.ts"
import type { Exchange } from "./Exchange.ts"
import type { Faults } from "./Faults.ts"
import type { MarketTape } from "./MarketTape.ts"
import type { Params } from "./Params.ts"
import type { RateLimits } from "./RateLimits.ts"
import { requireFresh, requireSignature } from "./Signature.ts"

export interface Venue {
  readonly exchange: Exchange
  readonly tapes: ReadonlyMap<string, MarketTape>
  readonly limits: RateLimits
  /** Undefined where none can be asked for. */
  readonly faults: Faults | undefined
  /**
   * The venue's clock, epoch milliseconds, the real one unless it was set off: of `/time`, signatures, receive windows and
   * the event time `E` of frames.
   */
  readonly nowMs: () => number
}

export type Method = "GET" | "POST" | "PUT" | "DELETE"

interface RouteOf<Handle> {
  readonly method: Method
  readonly path: string
  /** The method of the WebSocket API that does the same. */
  readonly wsMethod?: string
  readonly weight: number | ((params: Params) => number)
  readonly handle: Handle
}

export interface PublicRoute extends RouteOf<(venue: Venue, params: Params) => unknown> {
  readonly access: "public"
}

export interface SignedRoute extends RouteOf<(venue: Venue, params: Params, account: Account) => unknown> {
  readonly access: "signed"
  /** Counts as so many new orders; 0 where it is none. */
  readonly newOrders: number
}

export type Route = PublicRoute | SignedRoute

export const signedRoute = (
  method: Method,
  path: string,
  wsMethod: string,
  weight: SignedRoute["weight"],
  handle: SignedRoute["handle"],
  newOrders = 0
): SignedRoute => ({ method, path: `/api/v3/${path}`, wsMethod, weight, access: "signed", handle, newOrders })

export interface Credentials {
  readonly apiKey: string | undefined
  readonly signature: string | undefined
  /** The text that was signed. */
  readonly payload: string
}

export interface CallCounts {
  weight: number
  orders: { readonly tenSeconds: number; readonly day: number } | undefined
}

const keyPattern = /^[A-Za-z0-9_-]{8,128}$/

/** The account whose key, signature and time are right; throws what is not. */
export const authenticate = (venue: Venue, params: Params, credentials: Credentials): Account => {
  const { apiKey, payload, signature } = credentials
  if (apiKey === undefined || !keyPattern.test(apiKey)) throw ApiError.badKeyFormat()
  const account = venue.exchange.accountOf(apiKey)
  if (account === undefined) throw ApiError.rejectedKey()
  if (signature === undefined) throw ApiError.missingParameter("signature")
  requireSignature(payload, account.secret, signature)
  requireFresh(params, venue.nowMs())
  return account
}

/** Makes one call for an address; `counts` is filled as far as the call got, for the headers of the reply. */
export const call = (
  venue: Venue,
  route: Route,
  params: Params,
  credentials: Credentials,
  address: string,
  counts: CallCounts
): unknown => {
  const nowMs = venue.nowMs()
  const weight = typeof route.weight === "number" ? route.weight : route.weight(params)
  venue.limits.requireNotBanned(address, nowMs)
  counts.weight = venue.limits.addWeight(address, weight, nowMs)
  venue.limits.requireWeight(address, counts.weight, nowMs)
  if (route.access === "public") return route.handle(venue, params)
  if (venue.faults?.active("maintenance") === true) throw ApiError.maintenance()
  const account = authenticate(venue, params, credentials)
  if (route.newOrders > 0) counts.orders = venue.limits.addOrders(account.name, route.newOrders, nowMs)
  return route.handle(venue, params, account)
}

/** Throws -1121. */
export const tapeOf = (venue: Venue, params: Params): MarketTape => {
  const tape = venue.tapes.get(symbolOf(params))
  if (tape === undefined) throw ApiError.invalidSymbol()
  return tape
}

const symbolPattern = /^[A-Z0-9\-_.]{1,20}$/

export const symbolOf = (params: Params): string => {
  const symbol = params.matching("symbol", symbolPattern)
  if (symbol === undefined) throw ApiError.missingParameter("symbol")
  return symbol
}
