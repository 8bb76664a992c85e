/**
 * An order and its whole life as one transition table. Whatever the table does not list cannot happen: `transition`
 * says so, and the account turns it into a flagged difference instead of a guess.
 *
 * Quantities are lots, prices ticks, times epoch microseconds.
 */
import type { InstrumentId } from "./Instrument.ts"
import type { FeedPosition, Side } from "./MarketData.ts"

export const orderTypes = ["limit", "market"] as const
export type OrderType = (typeof orderTypes)[number]

export const timesInForce = ["GTC", "IOC", "FOK"] as const
export type TimeInForce = (typeof timesInForce)[number]

/** Whether a fill of ours had rested in the book or took from it. */
export const liquidities = ["maker", "taker"] as const
export type Liquidity = (typeof liquidities)[number]

/** What the order asks for. */
export interface OrderTerms {
  readonly side: Side
  readonly type: OrderType
  /** 0 for a market order. */
  readonly priceTicks: number
  readonly lots: number
  readonly timeInForce: TimeInForce
  readonly postOnly: boolean
}

/**
 * - `intended` committed to the journal; whether the venue has it is not yet known to us
 * - `working` accepted by the venue, nothing or part of it filled
 * - `pendingCancel` working, and a cancel is on its way
 * - `unknown` its fate could not be established; frozen, funds stay reserved, we keep looking
 * - `filled` `canceled` `expired` `rejected` `notPlaced` are final, though fills may still arrive late (see the table)
 */
export const orderStatuses = [
  "intended",
  "working",
  "pendingCancel",
  "unknown",
  "filled",
  "canceled",
  "expired",
  "rejected",
  "notPlaced"
] as const
export type OrderStatus = (typeof orderStatuses)[number]

export const orderInputs = [
  "accepted",
  "rejected",
  "lost",
  "absent",
  "cancelRequested",
  "cancelRefused",
  "canceled",
  "expired",
  "partlyFilled",
  "filled"
] as const
/** What can happen to an order: `lost` = outcome unknown, `absent` = repeatedly not found after its deadline. */
export type OrderInput = (typeof orderInputs)[number]

type Row = Partial<Record<OrderInput, OrderStatus>>

/** The whole life-cycle. A missing entry is a transition that must not happen. */
export const transitions: Record<OrderStatus, Row> = {
  intended: {
    accepted: "working",
    rejected: "rejected",
    lost: "unknown",
    absent: "notPlaced",
    // A cancel may be asked for before the venue has answered; it goes out once the order is known there.
    cancelRequested: "intended",
    cancelRefused: "intended",
    // The push stream may overtake the reply to the request.
    canceled: "canceled",
    expired: "expired",
    partlyFilled: "working",
    filled: "filled"
  },
  working: {
    // The reply and the push stream both report the acceptance.
    accepted: "working",
    cancelRequested: "pendingCancel",
    // Of a cancel that was asked for before the order was known to be working.
    cancelRefused: "working",
    canceled: "canceled",
    expired: "expired",
    partlyFilled: "working",
    filled: "filled",
    // A venue may bust an order it had accepted.
    rejected: "rejected",
    lost: "unknown"
  },
  pendingCancel: {
    accepted: "pendingCancel",
    cancelRequested: "pendingCancel",
    cancelRefused: "working",
    canceled: "canceled",
    expired: "expired",
    partlyFilled: "pendingCancel",
    filled: "filled",
    rejected: "rejected",
    lost: "unknown"
  },
  unknown: {
    accepted: "working",
    rejected: "rejected",
    lost: "unknown",
    absent: "notPlaced",
    cancelRequested: "unknown",
    cancelRefused: "unknown",
    canceled: "canceled",
    expired: "expired",
    partlyFilled: "working",
    filled: "filled"
  },
  filled: {
    accepted: "filled",
    // The order filled while the cancel was under way.
    cancelRefused: "filled",
    cancelRequested: "filled"
  },
  canceled: {
    accepted: "canceled",
    canceled: "canceled",
    cancelRefused: "canceled",
    // Fills from before the cancel arrive after it; the order stays canceled unless they complete it.
    partlyFilled: "canceled",
    filled: "filled"
  },
  expired: {
    accepted: "expired",
    expired: "expired",
    cancelRefused: "expired",
    partlyFilled: "expired",
    filled: "filled"
  },
  rejected: {
    rejected: "rejected"
  },
  notPlaced: {
    absent: "notPlaced",
    // It did arrive after all: the truth of the venue wins, and the difference is flagged.
    accepted: "working",
    canceled: "canceled",
    expired: "expired",
    partlyFilled: "working",
    filled: "filled"
  }
}

/** The next status, or undefined where the table forbids it. */
export const transition = (status: OrderStatus, input: OrderInput): OrderStatus | undefined =>
  transitions[status][input]

/** No more orders at the venue under this id, as far as we know; late fills are still applied. */
export const isClosed = (status: OrderStatus): boolean =>
  status === "filled" ||
  status === "canceled" ||
  status === "expired" ||
  status === "rejected" ||
  status === "notPlaced"

/** A trace this order belongs to, as W3C ids: 32 and 16 lower-case hex characters. */
export interface TraceContext {
  readonly traceId: string
  readonly spanId: string
}

export interface Order {
  readonly clientOrderId: string
  readonly instrument: InstrumentId
  readonly instrumentVersion: number
  /** Empty for an external order that was adopted. */
  readonly strategy: string
  /** Sequence of the intent within its strategy; 0 for an external order. */
  readonly intentSeq: number
  readonly terms: OrderTerms
  readonly cause: FeedPosition | undefined
  readonly trace: TraceContext | undefined
  readonly timeIntent: number
  readonly deadlineUs: number
  /** Price at which a buy's funds are held back. */
  readonly reserveTicks: number
  venueOrderId: string
  status: OrderStatus
  filledLots: number
  /** A cancel was asked for; goes to the venue as soon as the order is known there. */
  cancelRequested: boolean
  /** Why it ended as it did: the venue's code and words, or ours. */
  reason: string
}

export const remainingLots = (order: Order): number => order.terms.lots - order.filledLots
