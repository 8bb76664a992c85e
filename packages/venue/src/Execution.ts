/**
 * The port through which an account's orders reach its venue. Adapters: ccxt/.
 *
 * No operation fails: every ending of a request is a value, since what an account must do next depends on which.
 * A time-out, a dropped connection, a 5xx after the send or an unreadable reply is `unknown`, never `rejected`.
 * The port sends nothing after `deadlineUs`, nor twice; whether to ask again is the account's decision.
 */
import type { Instrument } from "@outcry/model/Instrument"
import type { Side } from "@outcry/model/MarketData"
import type { OrderTerms, OrderType } from "@outcry/model/Order"
import { Context, type Effect, type Stream } from "effect"

export interface PlaceOrder {
  readonly clientOrderId: string
  readonly instrument: Instrument
  readonly terms: OrderTerms
  /** Epoch µs by our clock; becomes the request's timestamp, corrected to the venue's clock. */
  readonly timeIntent: number
  /** Epoch µs by our clock after which nothing may be sent and the venue must refuse the request. */
  readonly deadlineUs: number
}

export interface CancelOrder {
  readonly clientOrderId: string
  readonly instrument: Instrument
}

export interface LookupOrder extends CancelOrder {
  /** Where it is known: decides between orders that used the same client id. */
  readonly venueOrderId?: string
  /** Epoch µs by our clock: what was created before it is not this order. */
  readonly timeIntent?: number
}

/** What the venue says of an order. Quantities in lots, times in epoch µs of the venue. */
export interface VenueOrder {
  readonly clientOrderId: string
  readonly venueOrderId: string
  readonly instrument: string
  readonly side: Side
  readonly status: "open" | "filled" | "canceled" | "expired" | "rejected"
  readonly type: OrderType
  /** 0 where there is no limit. */
  readonly priceTicks: number
  /** Of a stop or take-profit; 0 where there is none. */
  readonly triggerTicks: number
  readonly lots: number
  readonly filledLots: number
  /** Average price of what was filled, rounded to a tick; 0 while nothing was. */
  readonly averageTicks: number
  readonly timeVenue: number
}

/** One execution of ours as the venue reports it; `venueTradeId` is unique per account and symbol. */
export interface VenueFill {
  readonly venueTradeId: string
  readonly venueOrderId: string
  /** Empty where the venue's fill report does not carry it (Binance's myTrades): join by `venueOrderId`. */
  readonly clientOrderId: string
  readonly instrument: string
  readonly side: Side
  readonly priceTicks: number
  readonly lots: number
  /** Decimal amount of `feeAsset`, ≥ 0 when paid. */
  readonly fee: string
  readonly feeAsset: string
  readonly liquidity: "maker" | "taker"
  readonly timeVenue: number
}

/** A request and its reply as they went over the wire, keys and signatures taken out. */
export interface WireRecord {
  readonly method: string
  readonly path: string
  readonly request: string
  readonly status: number
  readonly response: string
  /** Epoch µs by our clock. */
  readonly sentUs: number
  readonly answeredUs: number
}

export type PlaceOutcome = PlaceEnding & { readonly wire?: WireRecord }

export type PlaceEnding =
  | { readonly _tag: "Accepted"; readonly order: VenueOrder; readonly fills: ReadonlyArray<VenueFill> }
  /** Terminal: the venue refused it; `code` is the venue's own. */
  | { readonly _tag: "Rejected"; readonly code: string; readonly reason: string }
  /** The venue already knows this client id as an open order: look it up. */
  | { readonly _tag: "Duplicate"; readonly code: string }
  /** The deadline had passed before the socket was touched: nothing was sent. */
  | { readonly _tag: "NotSent"; readonly reason: string }
  | { readonly _tag: "Unknown"; readonly reason: string }

export type CancelOutcome =
  | { readonly _tag: "Canceled"; readonly order: VenueOrder }
  /** The venue has no such open order: it is filled, canceled or was never there. Look it up. */
  | { readonly _tag: "NotOpen"; readonly code: string }
  | { readonly _tag: "Unknown"; readonly reason: string }

export type LookupOutcome =
  | { readonly _tag: "Found"; readonly order: VenueOrder; readonly fills: ReadonlyArray<VenueFill> }
  /** One clear "does not exist"; absence is believed only when repeated. */
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Unclear"; readonly reason: string }

export interface VenueBalance {
  readonly asset: string
  /** Decimal strings. */
  readonly free: string
  readonly locked: string
}

/** A read that the venue did not answer; retryable, and never to be taken for "nothing there". */
export type Read<A> =
  | { readonly _tag: "Ok"; readonly value: A }
  | { readonly _tag: "Unreachable"; readonly reason: string }

/** Pushed by the venue, in the order received; may repeat, come late or be missing: REST is the audit. */
export type ExecutionEvent =
  | { readonly _tag: "OrderChanged"; readonly order: VenueOrder; readonly rejectedCancel?: string }
  | { readonly _tag: "Filled"; readonly fill: VenueFill }
  | { readonly _tag: "Connected" }
  /** Reports may have been missed from here on until `Connected`. */
  | { readonly _tag: "Disconnected"; readonly reason: string }

export interface ExecutionSession {
  /** Whether the venue works an order of these terms by itself; what it does not, the account emulates. */
  readonly native: (instrument: Instrument, terms: OrderTerms) => boolean
  readonly place: (request: PlaceOrder) => Effect.Effect<PlaceOutcome>
  readonly cancel: (request: CancelOrder) => Effect.Effect<CancelOutcome>
  readonly lookup: (request: LookupOrder) => Effect.Effect<LookupOutcome>
  /** Of these instruments, or of all: few cost a fraction of the request weight of all. */
  readonly openOrders: (instruments?: ReadonlyArray<Instrument>) => Effect.Effect<Read<ReadonlyArray<VenueOrder>>>
  /**
   * Fills after the trade id (exclusive; empty = since `sinceUs`), oldest first, all pages. A venue that lists fills
   * without client ids is asked for those of the orders whose fills are not `isKnown`.
   */
  readonly fillsSince: (request: {
    readonly instrument: Instrument
    readonly afterTradeId: string
    readonly sinceUs: number
    readonly isKnown?: (fill: VenueFill) => boolean
  }) => Effect.Effect<Read<ReadonlyArray<VenueFill>>>
  readonly balances: Effect.Effect<Read<ReadonlyArray<VenueBalance>>>
  readonly instruments: Effect.Effect<Read<ReadonlyArray<Instrument>>>
  /** Never ends and never fails: reconnects with back-off inside. Bounded: overrun shows as Disconnected. */
  readonly events: Stream.Stream<ExecutionEvent>
  /** Venue clock − our clock in µs, and the bound of that estimate's error. */
  readonly clockOffset: Effect.Effect<{ readonly offsetUs: number; readonly errorUs: number }>
}

/** How to reach one account at its venue. Secrets stay in here and are redacted everywhere else. */
export interface VenueAccount {
  readonly account: string
  readonly venue: string
  readonly apiKey: string
  readonly secret: string
}

/** The node's pool of sessions: one per venue account, outliving the actors that use it. */
export class Execution extends Context.Service<
  Execution,
  {
    /** The session of this account, opened on first use and shared from then on. */
    readonly session: (account: string) => Effect.Effect<ExecutionSession, UnknownAccount>
  }
>()("@outcry/venue/Execution") {}

export class UnknownAccount extends Error {
  readonly _tag = "UnknownAccount"
  readonly account: string
  constructor(account: string) {
    super(`No venue credentials for account "${account}". Add it to the configuration's accounts.`)
    this.account = account
  }
}
