/**
 * Owns the names and the values of span attributes: our own under `outcry.`, and the OpenTelemetry semantic
 * conventions (messaging) for sends between actors.
 * Values are as in FIX: sides are the names of the enumeration of tag 54 in capitals (`BUY`, `SELL`), not its codes
 * ("1", "2"), since a person reads traces. An order's id belongs on spans and logs, never on a metric.
 * It does not record anything.
 */

/** The client order id (ours, the idempotency key). Its presence makes a trace an order's trace. */
export const ORDER_ID = "outcry.order.id"
/** `BUY` or `SELL`, see `side`. */
export const ORDER_SIDE = "outcry.order.side"
/** The instrument's symbol, e.g. `BTCUSDT`. */
export const INSTRUMENT = "outcry.instrument"
/** The venue, e.g. `binance`. */
export const VENUE = "outcry.venue"
/** The account's id. */
export const ACCOUNT = "outcry.account"
/** The strategy's id. */
export const STRATEGY = "outcry.strategy"
/** One run of the floor, or one back-test. */
export const RUN_ID = "outcry.run.id"
/** The node (process) that recorded the span; on the resource, not on each span. */
export const NODE = "outcry.node"
/** The feed's epoch and the tick's position in it: together with the feed they are the cause of an order. */
export const FEED_EPOCH = "outcry.feed.epoch"
export const FEED_SEQ = "outcry.feed.seq"
/** Why something was refused: a reason code, never free text. */
export const REASON = "outcry.reason"

/** OpenTelemetry messaging conventions (semantic-conventions 1.45, messaging spans). */
const MESSAGING_SYSTEM = "messaging.system"
export const MESSAGING_DESTINATION_NAME = "messaging.destination.name"
const MESSAGING_OPERATION_NAME = "messaging.operation.name"
const MESSAGING_OPERATION_TYPE = "messaging.operation.type"
const MESSAGING_MESSAGE_ID = "messaging.message.id"

/** What an attribute may hold here. */
export type AttributeValue = string | number | boolean | ReadonlyArray<string>

/** Attributes of one span. */
export type SpanAttributes = { readonly [key: string]: AttributeValue }

/** The FIX name of a side, from our own `buy`/`sell` in either case. */
export const side = (value: "buy" | "sell" | "BUY" | "SELL"): "BUY" | "SELL" =>
  value === "buy" || value === "BUY" ? "BUY" : "SELL"

/** What is known of an order at some point of its way; whatever is absent yields no attribute. */
export interface OrderFacts {
  readonly orderId?: string
  readonly side?: "buy" | "sell" | "BUY" | "SELL"
  readonly instrument?: string
  readonly venue?: string
  readonly account?: string
  readonly strategy?: string
  readonly runId?: string
}

/** The attributes of a span that concerns an order. */
export const order = (facts: OrderFacts): SpanAttributes => {
  const attributes: Record<string, AttributeValue> = {}
  if (facts.orderId !== undefined) attributes[ORDER_ID] = facts.orderId
  if (facts.side !== undefined) attributes[ORDER_SIDE] = side(facts.side)
  if (facts.instrument !== undefined) attributes[INSTRUMENT] = facts.instrument
  if (facts.venue !== undefined) attributes[VENUE] = facts.venue
  if (facts.account !== undefined) attributes[ACCOUNT] = facts.account
  if (facts.strategy !== undefined) attributes[STRATEGY] = facts.strategy
  if (facts.runId !== undefined) attributes[RUN_ID] = facts.runId
  return attributes
}

/**
 * The attributes of a message between actors. `actorType` is the entity type (a bounded set), as conventions want the
 * destination's name to be of low cardinality; the entity's own id does not belong there.
 */
export const messaging = (options: {
  readonly actorType: string
  readonly message: string
  readonly operation: "send" | "receive" | "process"
  readonly messageId?: string
}): SpanAttributes => ({
  [MESSAGING_SYSTEM]: "outcry",
  [MESSAGING_DESTINATION_NAME]: options.actorType,
  [MESSAGING_OPERATION_NAME]: options.message,
  [MESSAGING_OPERATION_TYPE]: options.operation,
  ...(options.messageId === undefined ? {} : { [MESSAGING_MESSAGE_ID]: options.messageId })
})
