/**
 * The port through which a feed receives one venue's public data for one instrument, already in ticks and lots.
 *
 * Positions `(feedEpoch, seq)` are not stamped here: that is the feed actor's. Sockets belong to the node, not to
 * the actor that reads them. Every discontinuity is an event; a book is only ever whole or announced as broken.
 */
import type { Instrument } from "@outcry/model/Instrument"
import type { GapReason, Side } from "@outcry/model/MarketData"
import { Context, type Effect, type Stream } from "effect"

interface Stamped {
  readonly timeVenue: number
  readonly timeReceived: number
}

export type VenueEvent =
  | (Stamped & {
      readonly type: "quote"
      readonly bidTicks: number
      readonly bidLots: number
      readonly askTicks: number
      readonly askLots: number
    })
  | (Stamped & {
      readonly type: "trade"
      readonly priceTicks: number
      readonly lots: number
      readonly aggressor: Side
      readonly venueTradeId: number
    })
  | (Stamped & {
      readonly type: "delta"
      readonly snapshot: boolean
      readonly bids: ReadonlyArray<number>
      readonly asks: ReadonlyArray<number>
    })
  | (Stamped & { readonly type: "gap"; readonly reason: GapReason; readonly resumed: boolean })

export interface MarketDataSession {
  /** Chunks as they gathered; ends only with its scope, reconnecting inside with back-off and jitter. */
  readonly subscribe: (instrument: Instrument) => Stream.Stream<ReadonlyArray<VenueEvent>>
  readonly instruments: Effect.Effect<ReadonlyArray<Instrument>, VenueUnreachable>
  readonly clockOffset: Effect.Effect<{ readonly offsetUs: number; readonly errorUs: number }>
}

export class MarketData extends Context.Service<
  MarketData,
  { readonly session: (venue: string) => Effect.Effect<MarketDataSession, VenueUnreachable> }
>()("@outcry/venue/MarketData") {}

export class VenueUnreachable extends Error {
  readonly _tag = "VenueUnreachable"
  readonly venue: string
  constructor(venue: string, reason: string) {
    super(`Venue "${venue}" cannot be reached: ${reason}. Check its address in the configuration and that it is up.`)
    this.venue = venue
  }
}
