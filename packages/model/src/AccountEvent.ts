/**
 * What can happen to an account: the facts its journal holds, in memory form (ticks, lots, `bigint` amounts).
 * Each type has a version; AccountEventCodec gives the stored form. Facts are never edited, only added to.
 */
import type { Amount } from "./Amount.ts"
import type { InstrumentId, InstrumentSpec } from "./Instrument.ts"
import type { Limits } from "./Limits.ts"
import type { FeedPosition, Side } from "./MarketData.ts"
import type { Liquidity, OrderTerms, TraceContext } from "./Order.ts"
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

/** An order will be sent: committed before any byte of it leaves. */
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
}

export interface CancelRequested {
  readonly type: "CancelRequested"
  readonly clientOrderId: string
  /** Empty where an operator or the account itself asked. */
  readonly strategy: string
  readonly intentSeq: number
  readonly cause: FeedPosition | undefined
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
export const isOpening = (event: AccountEvent): boolean => event.type === "OrderIntended"
