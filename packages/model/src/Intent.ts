/**
 * What a strategy asks of its account. Every intent has a sequence number within its strategy, gapless from 1, from
 * which the client order id is derived; a batch holds all intents of one cause and stands or falls by intent.
 */
import type { InstrumentId } from "./Instrument.ts"
import type { FeedPosition } from "./MarketData.ts"
import type { OrderTerms, TraceContext } from "./Order.ts"

export interface PlaceIntent {
  readonly kind: "place"
  readonly intentSeq: number
  readonly clientOrderId: string
  readonly instrument: InstrumentId
  readonly terms: OrderTerms
}

export interface CancelIntent {
  readonly kind: "cancel"
  readonly intentSeq: number
  /** The order to cancel. */
  readonly clientOrderId: string
}

export type Intent = PlaceIntent | CancelIntent

/** All intents that a strategy derived from one event. */
export interface IntentBatch {
  readonly strategy: string
  readonly cause: FeedPosition
  readonly trace: TraceContext | undefined
  /** When the strategy decided, epoch µs by its node's clock; absent where nobody waited in between. */
  readonly timeDecided?: number
  readonly intents: ReadonlyArray<Intent>
}
