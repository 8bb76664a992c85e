/**
 * What a strategy asks of its account. Every intent has a sequence number within its strategy, gapless from 1, from
 * which the client order id is derived; a batch holds all intents of one cause and stands or falls by intent.
 */
import type { InstrumentId } from "./Instrument.ts"
import type { FeedPosition } from "./MarketData.ts"
import type { Contingency, OrderTerms, TraceContext } from "./Order.ts"

export interface PlaceIntent {
  readonly kind: "place"
  readonly intentSeq: number
  readonly clientOrderId: string
  readonly instrument: InstrumentId
  readonly terms: OrderTerms
  readonly contingency?: Contingency
  /** Submitted again, under a new id and deadline, when the venue is found never to have had it; epoch µs, absent: not. */
  readonly resubmitUntilUs?: number
}

export interface CancelIntent {
  readonly kind: "cancel"
  readonly intentSeq: number
  /** The order to cancel. */
  readonly clientOrderId: string
}

/** Replaces an open order: it is canceled, and what is left of it goes out under this intent's id with the new terms. */
export interface ModifyIntent {
  readonly kind: "modify"
  readonly intentSeq: number
  /** Of the order that takes its place. */
  readonly clientOrderId: string
  /** The order to replace. */
  readonly replaces: string
  /** What changes; `lots` counts what the old order had filled already. */
  readonly priceTicks?: number
  readonly triggerTicks?: number
  readonly lots?: number
}

export type Intent = PlaceIntent | CancelIntent | ModifyIntent

/** All intents that a strategy derived from one event. */
export interface IntentBatch {
  readonly strategy: string
  readonly cause: FeedPosition
  readonly trace: TraceContext | undefined
  /** When the strategy decided, epoch µs by its node's clock; absent where nobody waited in between. */
  readonly timeDecided?: number
  readonly intents: ReadonlyArray<Intent>
}
