/**
 * Rate limits of Binance's spot API: those it publishes in `exchangeInfo`, and the weight of each call we make.
 * Source: developers.binance.com, spot "LIMITS" and the weights on each endpoint's page, 2026-11.
 */
import { Option, Schema } from "effect"
import type { RateLimit } from "../RateLimit.ts"

const secondUs = 1_000_000

/** Until the venue has published its own. */
export const spotLimits: ReadonlyArray<RateLimit> = [
  { counts: "weight", windowUs: 60 * secondUs, limit: 6_000 },
  { counts: "orders", windowUs: 10 * secondUs, limit: 100 },
  { counts: "orders", windowUs: 86_400 * secondUs, limit: 200_000 },
  { counts: "requests", windowUs: 300 * secondUs, limit: 61_000 }
]

const Published = Schema.Struct({
  rateLimits: Schema.Array(
    Schema.Struct({
      rateLimitType: Schema.String,
      interval: Schema.String,
      intervalNum: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
      limit: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))
    })
  )
})
const decode = Schema.decodeUnknownOption(Published)

const counted: Readonly<Record<string, RateLimit["counts"]>> = {
  REQUEST_WEIGHT: "weight",
  RAW_REQUESTS: "requests",
  ORDERS: "orders"
}

const unitSeconds: Readonly<Record<string, number>> = { SECOND: 1, MINUTE: 60, HOUR: 3_600, DAY: 86_400 }

/** The limits in a reply of `exchangeInfo`; undefined where it names none. Kinds we do not know are left out. */
export const limitsOf = (exchangeInfo: unknown): ReadonlyArray<RateLimit> | undefined => {
  const decoded = decode(exchangeInfo)
  if (Option.isNone(decoded)) return undefined
  const limits = decoded.value.rateLimits.flatMap(
    ({ interval, intervalNum, limit, rateLimitType }): ReadonlyArray<RateLimit> => {
      const counts = counted[rateLimitType]
      const seconds = unitSeconds[interval]
      if (counts === undefined || seconds === undefined) return []
      return [{ counts, windowUs: intervalNum * seconds * secondUs, limit }]
    }
  )
  return limits.length === 0 ? undefined : limits
}

/** Request weight of each call. */
export const weights = {
  placeOrder: 1,
  cancelOrder: 1,
  order: 4,
  openOrders: 6,
  openOrdersOfAll: 80,
  allOrders: 20,
  myTrades: 20,
  myTradesOfOrder: 5,
  account: 20,
  exchangeInfo: 20,
  time: 1,
  subscribe: 2
} as const

/** Of the order book, by the levels asked for. */
export const depthWeight = (levels: number): number => {
  if (levels <= 100) return 5
  if (levels <= 500) return 25
  return levels <= 1_000 ? 50 : 250
}
