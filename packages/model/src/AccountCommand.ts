/**
 * What can be asked of an account or reported to it. Reports come from the venue and say what was seen there; they may
 * repeat, overtake one another and arrive late. Everything a decision depends on besides the state is in Circumstances.
 */
import type { Amount } from "./Amount.ts"
import type { Mark, TradingState } from "./AccountEvent.ts"
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
}

export interface SubmitIntents extends IntentBatch {
  readonly type: "SubmitIntents"
}

/** Cancels by the operator, the kill switch or the account itself: the named orders, or all open ones. */
export interface CancelOrders {
  readonly type: "CancelOrders"
  readonly clientOrderIds: ReadonlyArray<string> | "all"
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

export type AccountCommand =
  | SubmitIntents
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
