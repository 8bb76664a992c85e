/**
 * An order and its whole life as one transition table. Whatever the table does not list cannot happen: `transition`
 * says so, and the account turns it into a flagged difference instead of a guess.
 *
 * Quantities are lots, prices ticks, times epoch microseconds.
 */
import type { InstrumentId } from "./Instrument.ts"
import type { FeedPosition, Side } from "./MarketData.ts"

/** A stop is a market order at its trigger, a stopLimit a limit order; likewise the two that take a profit. */
export const orderTypes = [
  "limit",
  "market",
  "stop",
  "stopLimit",
  "takeProfit",
  "takeProfitLimit",
  "trailingStop"
] as const
export type OrderType = (typeof orderTypes)[number]

/** GTD is good until `expiresUs`. */
export const timesInForce = ["GTC", "IOC", "FOK", "GTD"] as const
export type TimeInForce = (typeof timesInForce)[number]

/** Whether a fill of ours had rested in the book or took from it. */
export const liquidities = ["maker", "taker"] as const
export type Liquidity = (typeof liquidities)[number]

/** What the order asks for. */
export interface OrderTerms {
  readonly side: Side
  readonly type: OrderType
  /** 0 where there is no limit: market, stop, takeProfit, trailingStop. */
  readonly priceTicks: number
  readonly lots: number
  readonly timeInForce: TimeInForce
  readonly postOnly: boolean
  /** Price whose touch makes the order live; of a trailing stop where it stands now, absent until a first price came. */
  readonly triggerTicks?: number
  /** What a trailing stop keeps from the best price since it was placed: exactly one of the two. */
  readonly trailTicks?: number
  readonly trailBps?: number
  /** Only ever brings the position nearer to zero; clipped to what is held when it goes to the venue. */
  readonly reduceOnly?: boolean
  /** Lots of a limit order shown in the book at a time (iceberg). */
  readonly displayLots?: number
  /** Of GTD: epoch µs after which the rest is canceled. */
  readonly expiresUs?: number
}

/**
 * What an order waits for and whose fate it shares. References are client order ids of the same account.
 *
 * - `parent` (OTO): sleeps until the parent has ended with fills, or is filled; its quantity then is at most what the
 *   parent filled. A parent that ends without a fill ends it. A stop guards from the parent's first fill on: when it is
 *   touched, the parent is canceled, and all that it filled goes out.
 * - `group` (OCO): of the orders that bear the same group, what one fills is taken from the others; a trigger of one
 *   cancels the others first; one that is filled or canceled by hand ends the others. An exit that the venue canceled
 *   unasked ends nobody: the others guard the position still.
 * - `after`: sleeps until all of these have ended (modify: the order it replaces; close-all: what holds the funds).
 * - `replaces`: its lots count what this order filled (modify); it is among `after`.
 *
 * A bracket is an entry and two children of it that share a group.
 */
export interface Contingency {
  readonly parent?: string
  readonly group?: string
  readonly after?: ReadonlyArray<string>
  readonly replaces?: string
}

/**
 * - `held` durable here and not at the venue: waits for a parent, for others to end, or for its trigger
 * - `triggered` its price was touched; goes out as soon as the orders of its group are out of the way
 * - `intended` committed to the journal; whether the venue has it is not yet known to us
 * - `working` accepted by the venue, nothing or part of it filled
 * - `pendingCancel` working, and a cancel is on its way
 * - `unknown` its fate could not be established; frozen, funds stay reserved, we keep looking
 * - `filled` `canceled` `expired` `rejected` `notPlaced` are final, though fills may still arrive late (see the table)
 */
export const orderStatuses = [
  "held",
  "triggered",
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
  "triggered",
  "released",
  "accepted",
  "rejected",
  "lost",
  "absent",
  "cancelRequested",
  "cancelRefused",
  "canceled",
  "expired",
  "partlyFilled",
  "filled",
  "busted"
] as const
/** What can happen to an order: `released` = committed to be sent now, `lost` = outcome unknown, `absent` = repeatedly not found after its deadline, `busted` = a fill was taken back. */
export type OrderInput = (typeof orderInputs)[number]

type Row = Partial<Record<OrderInput, OrderStatus>>

/** The whole life-cycle. A missing entry is a transition that must not happen. */
export const transitions: Record<OrderStatus, Row> = {
  held: {
    triggered: "triggered",
    released: "intended",
    cancelRequested: "held",
    canceled: "canceled",
    expired: "expired",
    // Refused by our own checks when its time had come.
    rejected: "rejected"
  },
  triggered: {
    released: "intended",
    cancelRequested: "triggered",
    canceled: "canceled",
    expired: "expired",
    rejected: "rejected"
  },
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
    filled: "filled",
    busted: "intended"
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
    lost: "unknown",
    busted: "working"
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
    lost: "unknown",
    busted: "pendingCancel"
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
    filled: "filled",
    busted: "unknown"
  },
  filled: {
    accepted: "filled",
    // The order filled while the cancel was under way.
    cancelRefused: "filled",
    cancelRequested: "filled",
    busted: "canceled"
  },
  canceled: {
    accepted: "canceled",
    canceled: "canceled",
    cancelRefused: "canceled",
    // Fills from before the cancel arrive after it; the order stays canceled unless they complete it.
    partlyFilled: "canceled",
    filled: "filled",
    busted: "canceled"
  },
  expired: {
    accepted: "expired",
    expired: "expired",
    cancelRefused: "expired",
    partlyFilled: "expired",
    filled: "filled",
    busted: "expired"
  },
  rejected: {
    rejected: "rejected",
    // A venue that contradicts itself: what it executed is booked all the same, and the difference is flagged.
    partlyFilled: "rejected",
    filled: "filled",
    busted: "rejected"
  },
  notPlaced: {
    absent: "notPlaced",
    // It did arrive after all: the truth of the venue wins, and the difference is flagged.
    accepted: "working",
    canceled: "canceled",
    expired: "expired",
    partlyFilled: "working",
    filled: "filled",
    busted: "notPlaced"
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

/** Durable here, and neither at the venue nor on its way there. */
export const isSleeping = (status: OrderStatus): boolean => status === "held" || status === "triggered"

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
  /** 1, and one more for each time that it was submitted again under another client id. */
  readonly attempt: number
  /** Replaced as a whole when a trailing stop moves or a held order goes out smaller. */
  terms: OrderTerms
  /** What it sleeps for and whose fate it shares; a parent that is submitted again or replaced is followed. */
  contingency: Contingency | undefined
  /** Lots that its parent has filled. */
  parentLots: number
  /** Lots that the order had filled whose place it takes; 0 once it has gone out with what they left. */
  replacedLots: number
  /** Lots that its group had filled which its own quantity leaves out already. */
  groupLots: number
  /** Its trigger is watched here and not at the venue. */
  readonly emulated: boolean
  /** Guards a position: what ends it against our will is made good (see Protection). */
  readonly protective: boolean
  readonly cause: FeedPosition | undefined
  readonly trace: TraceContext | undefined
  /** Of an order that was held: when it was released. */
  timeIntent: number
  deadlineUs: number
  /** Submitted again after `notPlaced` until then; 0: never. */
  readonly resubmitUntilUs: number
  /** Of a further attempt that is not made at once: held until then. */
  readonly releaseUs?: number
  /** Price at which a buy's funds are held back; nothing is held back for a sleeping order. */
  reserveTicks: number
  venueOrderId: string
  status: OrderStatus
  filledLots: number
  /** Filled by the venue's own count, with the executions still missing; they take its place as they come. */
  inferredLots: number
  /** A cancel was asked for; goes to the venue as soon as the order is known there. */
  cancelRequested: boolean
  /** Why it ended as it did: the venue's code and words, or ours. */
  reason: string
  /** Of its fills, as `tradeKey` names them: known for as long as the order is. */
  tradeKeys?: Set<string>
  /** That what it guarded stands bare was said, and is not said again of the attempts that follow. */
  lossTold?: true
}

/** Whether its cancel is under way, or goes out as soon as the venue knows it. One that works although it was asked for is not. */
export const isEnding = ({ cancelRequested, status }: Order): boolean => cancelRequested && status !== "working"

/** Types that carry a limit price. */
export const hasLimit = (type: OrderType): boolean =>
  type === "limit" || type === "stopLimit" || type === "takeProfitLimit"

/** Types that wait for a price. */
export const hasTrigger = (type: OrderType): boolean => type !== "limit" && type !== "market"

/** Types that cut a loss. */
export const isStop = (type: OrderType): boolean => type === "stop" || type === "stopLimit" || type === "trailingStop"

export const remainingLots = (order: Order): number => order.terms.lots - order.filledLots
