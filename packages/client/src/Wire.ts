/**
 * The WebSocket API of a node, as schemas: what a client may send and what it receives. Gateway and client share this
 * file, so they cannot drift apart.
 *
 * Numbers that are prices, quantities or amounts are decimal strings. `ts` is epoch microseconds.
 */
import { Schema } from "effect"

/** Version of this protocol; in the reply to `auth`. */
export const protocolVersion = 1

export const limits = {
  /** Largest frame a client may send, in bytes. */
  frameBytesMax: 16_384,
  /** Deepest nesting of a request. */
  depthMax: 8,
  subscriptionsMax: 64,
  /** Time to authenticate after connecting, ms. */
  authTimeoutMs: 5_000,
  /** Between two heartbeats, ms; a connection that answers none of two is closed. */
  heartbeatMs: 15_000
} as const

/** Close codes beside those of RFC 6455. */
export const closeCodes = {
  shutdown: 1001,
  tooLarge: 1009,
  /** No valid token within the time to authenticate, or a wrong one. */
  unauthorized: 4401,
  /** Frames without end that are no requests. */
  protocol: 4400,
  /** The client reads too slowly for what must not be dropped; resume with `afterSeq`. */
  slow: 4408
} as const

const Id = Schema.Union([Schema.String.check(Schema.isMaxLength(128)), Schema.Int])
export type Id = typeof Id.Type

const Channel = Schema.String.check(Schema.isMaxLength(200))

/** `afterSeq` resumes after that message; where it is too old a snapshot comes instead. */
export const Subscribe = Schema.Struct({
  id: Schema.optionalKey(Id),
  method: Schema.Literal("subscribe"),
  params: Schema.Struct({
    channel: Channel,
    afterSeq: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)))
  })
})

export const Unsubscribe = Schema.Struct({
  id: Schema.optionalKey(Id),
  method: Schema.Literal("unsubscribe"),
  params: Schema.Struct({ channel: Channel })
})

export const Auth = Schema.Struct({
  id: Schema.optionalKey(Id),
  method: Schema.Literal("auth"),
  params: Schema.Struct({ token: Schema.String.check(Schema.isMaxLength(512)) })
})

export const Ping = Schema.Struct({ id: Schema.optionalKey(Id), method: Schema.Literal("ping") })

/** Asks for the channels there are. */
export const List = Schema.Struct({ id: Schema.optionalKey(Id), method: Schema.Literal("list") })

export const Request = Schema.Union([Subscribe, Unsubscribe, Auth, Ping, List])
export type Request = typeof Request.Type

export const methods = ["subscribe", "unsubscribe", "auth", "ping", "list"] as const

export const errorCodes = [
  "bad_json",
  "bad_request",
  "unknown_method",
  "unknown_channel",
  "unauthorized",
  "too_deep",
  "too_many_subscriptions",
  "not_subscribed",
  "unavailable"
] as const

/** The reply to a request that succeeded. */
export const Ack = Schema.Struct({ id: Schema.NullOr(Id), result: Schema.Json })

/** The reply to one that did not, or to a frame that was no request. */
export const Failure = Schema.Struct({
  id: Schema.NullOr(Id),
  error: Schema.Struct({ code: Schema.Literals(errorCodes), message: Schema.String })
})
export type Failure = typeof Failure.Type

export const messageTypes = ["snapshot", "delta", "gap", "notice"] as const

/** Everything a subscription brings. After a `gap` what was known is void; a snapshot follows. */
export const Envelope = Schema.Struct({
  channel: Schema.String,
  type: Schema.Literals(messageTypes),
  seq: Schema.Int,
  ts: Schema.Number,
  data: Schema.Json
})
export type Envelope = typeof Envelope.Type

export const ServerFrame = Schema.Union([Envelope, Ack, Failure])
export type ServerFrame = typeof ServerFrame.Type

/** Data of `prices.<venue>.<symbol>`; fields without a value yet are empty. `seq` is the feed's. */
export const Price = Schema.Struct({
  instrument: Schema.String,
  feedEpoch: Schema.Int,
  bid: Schema.String,
  bidQuantity: Schema.String,
  ask: Schema.String,
  askQuantity: Schema.String,
  last: Schema.String,
  timeVenue: Schema.Number
})
export type Price = typeof Price.Type

/** Types of orders; a stop is a market order at its trigger, a stopLimit a limit order, likewise what takes a profit. */
export const orderTypes = [
  "limit",
  "market",
  "stop",
  "stopLimit",
  "takeProfit",
  "takeProfitLimit",
  "trailingStop"
] as const

export const OrderRow = Schema.Struct({
  clientOrderId: Schema.String,
  /** Empty while the venue has not named it, and for one that is held. */
  venueOrderId: Schema.String,
  account: Schema.String,
  strategy: Schema.String,
  /** Number of the intent within its strategy; 0 for an order that is not ours. */
  intentSeq: Schema.Int,
  /** From 1; above it, the order before it never reached the venue. */
  attempt: Schema.Int,
  instrument: Schema.String,
  side: Schema.Literals(["buy", "sell"]),
  type: Schema.Literals(orderTypes),
  /** Empty where there is no limit. */
  price: Schema.String,
  /** Price whose touch makes it live, where it stands now; empty where there is none. */
  trigger: Schema.String,
  /** What a trailing stop keeps from the best price: a price distance, or a share such as `0.5%`; empty elsewhere. */
  trail: Schema.String,
  quantity: Schema.String,
  /** Shown in the book at a time; empty where all of it is. */
  displayQuantity: Schema.String,
  filled: Schema.String,
  /** Filled by the venue's count, with the executions still missing. */
  inferred: Schema.String,
  timeInForce: Schema.Literals(["GTC", "IOC", "FOK", "GTD"]),
  /** Of GTD: epoch µs; 0 elsewhere. */
  expires: Schema.Number,
  postOnly: Schema.Boolean,
  reduceOnly: Schema.Boolean,
  /** `held` and `triggered`: durable here and not at the venue. `unknown`: its fate is being established. */
  status: Schema.String,
  /** Its trigger is watched here and not at the venue. */
  emulated: Schema.Boolean,
  cancelRequested: Schema.Boolean,
  /** Client order ids of what it waits for; empty where there is nothing. */
  parent: Schema.String,
  group: Schema.String,
  after: Schema.Array(Schema.String),
  /** Why it ended as it did, or why its fate is unknown. */
  reason: Schema.String,
  timeIntent: Schema.Number
})
export type OrderRow = typeof OrderRow.Type

/**
 * Data of `orders.<account>`: a snapshot holds the open orders, held ones included, a delta the order after `event`.
 * `seq` is the journal's.
 */
export const OrdersSnapshot = Schema.Struct({ orders: Schema.Array(OrderRow) })
export const OrderDelta = Schema.Struct({ event: Schema.String, order: OrderRow })

export const FillRow = Schema.Struct({
  seq: Schema.Int,
  /** When it was journalled, epoch µs. */
  time: Schema.Number,
  account: Schema.String,
  strategy: Schema.String,
  clientOrderId: Schema.String,
  venueTradeId: Schema.String,
  instrument: Schema.String,
  side: Schema.Literals(["buy", "sell"]),
  price: Schema.String,
  quantity: Schema.String,
  fee: Schema.String,
  feeAsset: Schema.String,
  liquidity: Schema.Literals(["maker", "taker"]),
  /** By the venue's clock. */
  timeVenue: Schema.Number
})
export type FillRow = typeof FillRow.Type

/** Data of `fills.<account>`: a snapshot holds the latest, oldest first. `seq` is the journal's. */
export const FillsSnapshot = Schema.Struct({ fills: Schema.Array(FillRow) })

export const PositionRow = Schema.Struct({
  account: Schema.String,
  instrument: Schema.String,
  quantity: Schema.String,
  averagePrice: Schema.String,
  /** Middle of the latest quote; empty where there is none. */
  mark: Schema.String,
  realised: Schema.String,
  unrealised: Schema.String,
  fills: Schema.Int
})
export type PositionRow = typeof PositionRow.Type

/** Data of `positions.<account>`: a snapshot holds all, a delta those that changed. `seq` is the journal's. */
export const Positions = Schema.Struct({ positions: Schema.Array(PositionRow) })

/** The channels of one floor, for the reply to `list`. */
export const ChannelList = Schema.Struct({ channels: Schema.Array(Schema.String) })
