/**
 * What can happen to an account: the facts its journal holds, in memory form (ticks, lots, `bigint` amounts).
 * Each type has a version; AccountEventCodec gives the stored form. Facts are never edited, only added to.
 */
import type { Amount } from "./Amount.ts"
import type { InstrumentId, InstrumentSpec } from "./Instrument.ts"
import type { Limits } from "./Limits.ts"
import type { FeedPosition, Side } from "./MarketData.ts"
import type { Contingency, Liquidity, OrderTerms, TraceContext } from "./Order.ts"
import type { RefusalReason } from "./Refusal.ts"

export const tradingStates = ["active", "reducing", "halted"] as const
export type TradingState = (typeof tradingStates)[number]

/** The price an intent was decided on. */
export interface Mark {
  readonly bidTicks: number
  readonly askTicks: number
  /** When the quote reached us, epoch µs. */
  readonly timeReceived: number
}

export interface InstrumentListed {
  readonly type: "InstrumentListed"
  readonly spec: InstrumentSpec
}

export interface LimitsSet {
  readonly type: "LimitsSet"
  readonly limits: Limits
}

/** The venue's balances as the account first found them. */
export interface BalancesAdopted {
  readonly type: "BalancesAdopted"
  readonly balances: ReadonlyArray<{ readonly asset: string; readonly amount: Amount }>
}

/** Another instrument's mark that a decision depended on (exposure). */
export interface OtherMark extends Mark {
  readonly instrument: InstrumentId
  readonly instrumentVersion: number
}

/** An order will be sent, or is taken into our keeping: committed before any byte of it leaves. */
export interface OrderIntended {
  readonly type: "OrderIntended"
  readonly clientOrderId: string
  readonly instrument: InstrumentId
  readonly instrumentVersion: number
  readonly strategy: string
  readonly intentSeq: number
  readonly terms: OrderTerms
  readonly cause: FeedPosition
  readonly trace: TraceContext | undefined
  readonly timeIntent: number
  readonly deadlineUs: number
  /** Price at which funds are reserved: the limit, or the collar for a market order. */
  readonly reserveTicks: number
  readonly mark: Mark
  readonly limitsVersion: number
  /** `held`: stays here until an OrderReleased. */
  readonly placement: "venue" | "held"
  /** Its trigger is watched here and not at the venue. */
  readonly emulated: boolean
  readonly contingency: Contingency | undefined
  /** From 1; above it, the order before it was not placed. */
  readonly attempt: number
  /** Epoch µs; 0: never submitted again. */
  readonly resubmitUntilUs: number
  /** When the strategy decided, epoch µs; 0 where nobody waited in between. */
  readonly timeDecided: number
  /** Marks of other instruments that the checks looked at. */
  readonly otherMarks: ReadonlyArray<OtherMark>
  /** Held until then, epoch µs: a further attempt is not made at once. */
  readonly releaseUs?: number
}

/** The price that a held order waits for was touched. */
export interface OrderTriggered {
  readonly type: "OrderTriggered"
  readonly clientOrderId: string
  readonly instrument: InstrumentId
  readonly instrumentVersion: number
  readonly mark: Mark
}

/** A trailing stop follows the price. */
export interface TrailMoved {
  readonly type: "TrailMoved"
  readonly clientOrderId: string
  readonly instrument: InstrumentId
  readonly instrumentVersion: number
  readonly triggerTicks: number
}

/** A held order goes out now: committed before any byte of it leaves, as OrderIntended is. */
export interface OrderReleased {
  readonly type: "OrderReleased"
  readonly clientOrderId: string
  readonly instrument: InstrumentId
  readonly instrumentVersion: number
  /** What goes on the wire: a triggered stop is a market order, and its lots may be fewer than were asked for. */
  readonly terms: OrderTerms
  readonly timeIntent: number
  readonly deadlineUs: number
  readonly reserveTicks: number
  readonly mark: Mark
}

export const resolutions = ["notPlaced", "rejected", "canceled", "expired", "filled"] as const
export type Resolution = (typeof resolutions)[number]

/** An operator settles an order whose fate the venue does not tell. Fills that he vouches for are facts of their own. */
export interface OrderResolved {
  readonly type: "OrderResolved"
  readonly clientOrderId: string
  readonly as: Resolution
  readonly by: string
  readonly reason: string
}

/** The venue counts more as filled than it lists executions for: provisional until they come. */
export interface FillInferred {
  readonly type: "FillInferred"
  readonly clientOrderId: string
  readonly instrument: InstrumentId
  readonly instrumentVersion: number
  /** All lots that are provisional now, not those added. */
  readonly lots: number
  readonly priceTicks: number
  readonly timeVenue: number
}

/** The venue took back an execution that was booked. */
export interface FillBusted {
  readonly type: "FillBusted"
  readonly clientOrderId: string
  readonly venueTradeId: string
  readonly instrument: InstrumentId
  readonly instrumentVersion: number
  readonly side: Side
  readonly priceTicks: number
  readonly lots: number
  readonly fee: Amount
  readonly feeAsset: string
  readonly reason: string
}

/** A position stands without the stop that was to protect it, and it could not be made safe: somebody must look. */
export interface ProtectionLost {
  readonly type: "ProtectionLost"
  readonly clientOrderId: string
  readonly instrument: InstrumentId
  readonly detail: string
  /** Further attempts follow, after long pauses; absent where none does. */
  readonly trying?: true
}

/** Funding of a perpetual: positive where received. */
export interface FundingPaid {
  readonly type: "FundingPaid"
  readonly instrument: InstrumentId
  readonly asset: string
  readonly amount: Amount
  /** Unique per account. */
  readonly venueFundingId: string
  readonly timeVenue: number
}

export const adjustments = ["deposit", "withdrawal", "venueCorrection", "operator"] as const
export type Adjustment = (typeof adjustments)[number]

/** A balance of the venue that no order explains, taken over: signed. */
export interface BalanceAdjusted {
  readonly type: "BalanceAdjusted"
  readonly asset: string
  readonly amount: Amount
  readonly adjustment: Adjustment
  readonly by: string
  readonly reason: string
}

export interface IntentRefused {
  readonly type: "IntentRefused"
  readonly strategy: string
  readonly intentSeq: number
  readonly instrument: InstrumentId
  readonly clientOrderId: string
  readonly reason: RefusalReason
  readonly detail: string
  readonly cause: FeedPosition
  /** What the refusal was decided on, for `why`: absent in journals of version 1. */
  readonly terms: OrderTerms | undefined
  readonly mark: Mark | undefined
  readonly otherMarks: ReadonlyArray<OtherMark>
  readonly timeDecided: number
  /** Epoch µs; absent in journals of version 1. */
  readonly timeRefused?: number
  /** What terms and mark are counted in; absent where the instrument is not listed. */
  readonly instrumentVersion?: number
  readonly contingency?: Contingency
  /** Its trigger would have been watched here. */
  readonly emulated?: boolean
}

export interface CancelRequested {
  readonly type: "CancelRequested"
  readonly clientOrderId: string
  /** Empty where an operator or the account itself asked. */
  readonly strategy: string
  readonly intentSeq: number
  readonly cause: FeedPosition | undefined
  /** Who asked and why, where it was not a strategy; empty otherwise. */
  readonly by: string
  readonly reason: string
}

export interface OrderAccepted {
  readonly type: "OrderAccepted"
  readonly clientOrderId: string
  readonly venueOrderId: string
  readonly timeVenue: number
}

export interface OrderRejected {
  readonly type: "OrderRejected"
  readonly clientOrderId: string
  readonly code: string
  readonly reason: string
}

export interface OrderUnknown {
  readonly type: "OrderUnknown"
  readonly clientOrderId: string
  readonly reason: string
}

/** The venue said repeatedly, after the deadline, that it never had this order. */
export interface OrderNotPlaced {
  readonly type: "OrderNotPlaced"
  readonly clientOrderId: string
  readonly reason: string
}

export interface CancelRefused {
  readonly type: "CancelRefused"
  readonly clientOrderId: string
  readonly code: string
}

export interface OrderCanceled {
  readonly type: "OrderCanceled"
  readonly clientOrderId: string
  readonly timeVenue: number
}

export interface OrderExpired {
  readonly type: "OrderExpired"
  readonly clientOrderId: string
  readonly timeVenue: number
}

export interface OrderFilled {
  readonly type: "OrderFilled"
  readonly clientOrderId: string
  readonly venueTradeId: string
  readonly instrument: InstrumentId
  readonly instrumentVersion: number
  readonly side: Side
  readonly priceTicks: number
  readonly lots: number
  readonly fee: Amount
  readonly feeAsset: string
  readonly liquidity: Liquidity
  readonly timeVenue: number
}

/** An order of this venue account that we did not send: placed by hand, or by another program. */
export interface ExternalOrderAdopted {
  readonly type: "ExternalOrderAdopted"
  readonly clientOrderId: string
  readonly venueOrderId: string
  readonly instrument: InstrumentId
  readonly instrumentVersion: number
  readonly terms: OrderTerms
  readonly timeVenue: number
}

export interface TradingStateChanged {
  readonly type: "TradingStateChanged"
  readonly state: TradingState
  readonly by: string
  readonly reason: string
}

/** Something the transition table forbids, or a report that fits nothing: kept and shown, never guessed over. */
export interface DifferenceFlagged {
  readonly type: "DifferenceFlagged"
  readonly clientOrderId: string
  readonly detail: string
}

export type AccountEvent =
  | InstrumentListed
  | LimitsSet
  | BalancesAdopted
  | OrderIntended
  | OrderTriggered
  | TrailMoved
  | OrderReleased
  | IntentRefused
  | CancelRequested
  | OrderAccepted
  | OrderRejected
  | OrderUnknown
  | OrderNotPlaced
  | CancelRefused
  | OrderCanceled
  | OrderExpired
  | OrderFilled
  | OrderResolved
  | FillInferred
  | FillBusted
  | ProtectionLost
  | FundingPaid
  | BalanceAdjusted
  | ExternalOrderAdopted
  | TradingStateChanged
  | DifferenceFlagged

export type AccountEventType = AccountEvent["type"]

/** A fill among those of its instrument. The side belongs to it: who trades with himself has two fills of one trade. */
export const tradeKey = (event: { readonly venueTradeId: string; readonly side: Side }): string =>
  `${event.venueTradeId}/${event.side}`

/** Uniqueness of a fill within its account. */
export const fillKey = (event: {
  readonly instrument: InstrumentId
  readonly venueTradeId: string
  readonly side: Side
}): string => `${event.instrument}#${tradeKey(event)}`

/** Events that may open or enlarge a position: a halted account cannot append them. */
export const isOpening = (event: AccountEvent): boolean =>
  (event.type === "OrderReleased" || (event.type === "OrderIntended" && event.placement === "venue")) &&
  event.terms.reduceOnly !== true
