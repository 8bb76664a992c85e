/**
 * What can be asked of an account or reported to it. Reports come from the venue and say what was seen there; they may
 * repeat, overtake one another and arrive late. Everything a decision depends on besides the state is in Circumstances.
 */
import type { Amount } from "./Amount.ts"
import type { Adjustment, Mark, Resolution, TradingState } from "./AccountEvent.ts"
import type { InstrumentId, InstrumentSpec } from "./Instrument.ts"
import type { IntentBatch } from "./Intent.ts"
import type { Limits } from "./Limits.ts"
import type { Side } from "./MarketData.ts"
import type { Liquidity, OrderTerms } from "./Order.ts"

/** Time and prices a command is decided on. */
export interface Circumstances {
  /** Epoch µs. */
  readonly now: number
  /** An order not at the venue by then may no longer be sent: `timeIntent + expiryUs`. */
  readonly expiryUs: number
  readonly mark: (instrument: InstrumentId) => Mark | undefined
  /** Client id of an order that the account itself derives: a further attempt, a close, a replaced stop. */
  readonly idOf: (strategy: string, intentSeq: number, attempt: number) => string
  /** Whether the venue works these terms by itself; what it does not is emulated here. */
  readonly native: (instrument: InstrumentId, terms: OrderTerms) => boolean
  /** The venue has not said yet what it did while nobody looked: what sleeps sleeps on, whatever its price does. */
  readonly recovering?: boolean
}

export interface SubmitIntents extends IntentBatch {
  readonly type: "SubmitIntents"
}

/** Cancels by the operator, the kill switch or the account itself: the named orders, or all open ones. */
export interface CancelOrders {
  readonly type: "CancelOrders"
  readonly clientOrderIds: ReadonlyArray<string> | "all"
  readonly by?: string
  readonly reason?: string
}

/** Cancels what is open on these instruments, then brings their positions to zero at the market, dust apart. */
export interface ClosePositions {
  readonly type: "ClosePositions"
  readonly instruments: ReadonlyArray<InstrumentId> | "all"
  readonly by: string
  readonly reason: string
}

/** Time and prices have moved on: triggers, trails, expiries and further attempts are looked at. */
export interface Tick {
  readonly type: "Tick"
}

/** An operator says what became of an order whose fate the venue does not tell. */
export interface ResolveOrder {
  readonly type: "ResolveOrder"
  readonly clientOrderId: string
  readonly as: Resolution
  /** With `filled`: what the rest was filled at. */
  readonly priceTicks?: number
  readonly by: string
  readonly reason: string
}

export interface AdjustBalance {
  readonly type: "AdjustBalance"
  readonly asset: string
  /** Signed. */
  readonly amount: Amount
  readonly adjustment: Adjustment
  readonly by: string
  readonly reason: string
}

export interface ListInstruments {
  readonly type: "ListInstruments"
  readonly specs: ReadonlyArray<InstrumentSpec>
}

export interface SetLimits {
  readonly type: "SetLimits"
  readonly limits: Limits
}

/** The venue's balances; adopted once, when the account has none of its own yet. */
export interface AdoptBalances {
  readonly type: "AdoptBalances"
  readonly balances: ReadonlyArray<{ readonly asset: string; readonly amount: Amount }>
}

export interface SetTradingState {
  readonly type: "SetTradingState"
  readonly state: TradingState
  readonly by: string
  readonly reason: string
}

export interface ReportOrder {
  readonly type: "ReportOrder"
  readonly clientOrderId: string
  readonly venueOrderId: string
  readonly instrument: InstrumentId
  readonly status: "open" | "filled" | "canceled" | "expired" | "rejected"
  readonly terms: OrderTerms
  /**
   * What the venue says was filled in all; the fills themselves are reported apart. A canceled or expired order whose
   * fills are not all known yet stays open: report them, then the order again.
   */
  readonly filledLots: number
  readonly timeVenue: number
}

export interface ReportRejected {
  readonly type: "ReportRejected"
  readonly clientOrderId: string
  readonly code: string
  readonly reason: string
}

/** The request ended without a clear answer. */
export interface ReportUnknown {
  readonly type: "ReportUnknown"
  readonly clientOrderId: string
  readonly reason: string
}

export interface ReportNotPlaced {
  readonly type: "ReportNotPlaced"
  readonly clientOrderId: string
  readonly reason: string
}

export interface ReportCancelRefused {
  readonly type: "ReportCancelRefused"
  readonly clientOrderId: string
  readonly code: string
}

export interface ReportFill {
  readonly type: "ReportFill"
  /** Empty where the venue's report lacks it; then joined by `venueOrderId`. */
  readonly clientOrderId: string
  readonly venueOrderId: string
  readonly venueTradeId: string
  readonly instrument: InstrumentId
  readonly side: Side
  /** In ticks and lots of the instrument version that the order was placed on. */
  readonly priceTicks: number
  readonly lots: number
  /** Positive where we paid it, negative for a rebate. */
  readonly fee: Amount
  readonly feeAsset: string
  readonly liquidity: Liquidity
  readonly timeVenue: number
}

/** The venue does not know an order any more that it had accepted. */
export interface ReportForgotten {
  readonly type: "ReportForgotten"
  readonly clientOrderId: string
  readonly reason: string
}

/** The venue counts this much of an order as filled and does not list the executions. */
export interface ReportExecuted {
  readonly type: "ReportExecuted"
  readonly clientOrderId: string
  /** In all, those that were listed included. */
  readonly filledLots: number
  readonly averageTicks: number
  readonly timeVenue: number
}

/** The venue no longer lists an execution and counts it out of its order. */
export interface ReportBust {
  readonly type: "ReportBust"
  readonly clientOrderId: string
  readonly venueTradeId: string
  readonly instrument: InstrumentId
  readonly side: Side
  readonly priceTicks: number
  readonly lots: number
  readonly fee: Amount
  readonly feeAsset: string
  readonly reason: string
}

export interface ReportFunding {
  readonly type: "ReportFunding"
  readonly instrument: InstrumentId
  readonly asset: string
  readonly amount: Amount
  readonly venueFundingId: string
  readonly timeVenue: number
}

/** A difference that reconciliation can neither explain nor adopt: flagged once. */
export interface ReportDifference {
  readonly type: "ReportDifference"
  readonly clientOrderId: string
  readonly detail: string
}

export type AccountCommand =
  | SubmitIntents
  | ClosePositions
  | Tick
  | ResolveOrder
  | AdjustBalance
  | ReportForgotten
  | ReportExecuted
  | ReportBust
  | ReportFunding
  | ReportDifference
  | CancelOrders
  | ListInstruments
  | SetLimits
  | AdoptBalances
  | SetTradingState
  | ReportOrder
  | ReportRejected
  | ReportUnknown
  | ReportNotPlaced
  | ReportCancelRefused
  | ReportFill
