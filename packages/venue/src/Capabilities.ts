/**
 * What each venue's spot API can do, as far as orders depend on it; `docs/venues.md` shows the same table. A type counts as
 * native only where it is found by the same look-up as any other order: what lives behind another endpoint with ids of its
 * own is emulated instead. Only venues with an adapter can be traded; the rest is what their adapters will rest on.
 *
 * Sources: ccxt 4.5.84 (features, and what it was seen to send) and the venues' API pages, 2026-11.
 */
import type { OrderTerms, OrderType } from "@outcry/model/Order"

export interface VenueCapabilities {
  readonly venue: string
  /** Whether this release trades there. */
  readonly adapter: boolean
  readonly types: ReadonlyArray<OrderType>
  /** Of a trailing stop: by percent, from and to so many basis points. */
  readonly trailBps: readonly [least: number, most: number] | undefined
  readonly trailTicks: boolean
  readonly timesInForce: ReadonlyArray<OrderTerms["timeInForce"]>
  readonly iceberg: boolean
  /** Field that carries our id, its greatest length, and how an order is found by it. */
  readonly clientId: { readonly field: string; readonly lengthMost: number; readonly lookup: string }
  /** By what a request can be made to expire at the venue itself; empty: by nothing, so a frozen sender is not fenced. */
  readonly expiry: string
  /** Raw codes of a client id that is in use; empty: not published. */
  readonly duplicateCodes: ReadonlyArray<string>
  /** Whether the venue cancels all by itself when it does not hear from us. */
  readonly deadManSwitch: boolean
}

const plain: ReadonlyArray<OrderType> = ["limit", "market"]
const stops: ReadonlyArray<OrderType> = ["stop", "stopLimit", "takeProfit", "takeProfitLimit"]
const common: ReadonlyArray<OrderTerms["timeInForce"]> = ["GTC", "IOC", "FOK"]

const none = { trailBps: undefined, trailTicks: false, adapter: false } as const

export const capabilities: ReadonlyArray<VenueCapabilities> = [
  {
    venue: "binance",
    adapter: true,
    types: [...plain, ...stops, "trailingStop"],
    trailBps: [10, 2_000],
    trailTicks: false,
    timesInForce: common,
    iceberg: true,
    clientId: { field: "newClientOrderId", lengthMost: 36, lookup: "origClientOrderId" },
    expiry: "timestamp + recvWindow",
    duplicateCodes: ["-2010 (by its words)", "-4116"],
    deadManSwitch: false
  },
  {
    ...none,
    venue: "coinbase",
    types: [...plain, "stopLimit"],
    timesInForce: [...common, "GTD"],
    iceberg: false,
    clientId: { field: "client_order_id (raw)", lengthMost: 36, lookup: "list and match" },
    expiry: "",
    duplicateCodes: [],
    deadManSwitch: false
  },
  {
    ...none,
    venue: "kraken",
    types: [...plain, ...stops, "trailingStop"],
    trailBps: [1, 9_999],
    trailTicks: true,
    timesInForce: ["GTC", "IOC", "GTD"],
    iceberg: true,
    clientId: { field: "cl_ord_id", lengthMost: 18, lookup: "open and closed orders, match cl_ord_id" },
    expiry: "deadline",
    duplicateCodes: [],
    deadManSwitch: true
  },
  {
    ...none,
    venue: "okx",
    types: plain,
    timesInForce: common,
    iceberg: false,
    clientId: { field: "clOrdId", lengthMost: 32, lookup: "clOrdId" },
    expiry: "expTime header",
    duplicateCodes: ["51016"],
    deadManSwitch: true
  },
  {
    ...none,
    venue: "bybit",
    types: plain,
    timesInForce: common,
    iceberg: false,
    clientId: { field: "orderLinkId", lengthMost: 36, lookup: "raw, orderLinkId" },
    expiry: "timestamp + recv_window",
    duplicateCodes: ["110072", "170141"],
    deadManSwitch: true
  },
  {
    ...none,
    venue: "kucoin",
    types: plain,
    timesInForce: common,
    iceberg: true,
    clientId: { field: "clientOid", lengthMost: 40, lookup: "clientOid" },
    expiry: "timestamp, 5 s fixed",
    duplicateCodes: ["126044"],
    deadManSwitch: false
  },
  {
    ...none,
    venue: "bitget",
    types: plain,
    timesInForce: common,
    iceberg: false,
    clientId: { field: "clientOid", lengthMost: 50, lookup: "clientOid" },
    expiry: "requestTime + receiveWindow",
    duplicateCodes: [],
    deadManSwitch: false
  },
  {
    ...none,
    venue: "gate",
    types: plain,
    timesInForce: common,
    iceberg: true,
    clientId: { field: "text = t-…", lengthMost: 28, lookup: "text, for a while after the end" },
    expiry: "x-gate-exptime header",
    duplicateCodes: [],
    deadManSwitch: false
  }
]

/** Undefined for a venue that is not in the table. */
export const capabilitiesOf = (venue: string): VenueCapabilities | undefined =>
  capabilities.find((each) => each.venue === venue)

const isTriggered = (type: OrderType): boolean => type !== "limit" && type !== "market"

/**
 * Whether an order of these terms can be left to the venue as it is.
 *
 * Reduce-only has no meaning at a spot venue. Without a trigger the account clips the order as it sends it, and nothing is
 * left to the venue; with one, the position may have shrunk by the time it fires, so the trigger is watched here.
 */
export const isNative = (venue: VenueCapabilities, terms: OrderTerms): boolean => {
  const { displayLots, postOnly, reduceOnly, timeInForce, trailBps, trailTicks, triggerTicks, type } = terms
  if (!venue.types.includes(type) || !venue.timesInForce.includes(timeInForce)) return false
  // An iceberg rests by its nature, and shows a part of a limit order.
  if (displayLots !== undefined && !(venue.iceberg && type === "limit" && timeInForce === "GTC")) return false
  if (!isTriggered(type)) return true
  if (reduceOnly === true || postOnly) return false
  if (type !== "trailingStop") return triggerTicks !== undefined
  if (trailTicks !== undefined) return venue.trailTicks
  const range = venue.trailBps
  return range !== undefined && trailBps !== undefined && trailBps >= range[0] && trailBps <= range[1]
}
