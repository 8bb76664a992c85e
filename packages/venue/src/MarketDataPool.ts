/**
 * The node's market-data sessions, one per venue, opened on first use and kept until the process ends, so that an
 * actor that stops, moves or is interrupted with its shard leaves the sockets alone.
 */
import { Effect, Layer, Scope } from "effect"
import { FetchHttpClient } from "effect/http"
import * as MarketDataSession from "./binance/MarketDataSession.ts"
import { MarketData, type MarketDataSession as Session, VenueUnreachable } from "./MarketData.ts"
import type { VenueAddress } from "./VenueAddress.ts"
import { VenueGates } from "./VenueGates.ts"

export interface MarketDataPoolOptions {
  readonly venues: ReadonlyArray<VenueAddress>
  readonly session?: Partial<MarketDataSession.SessionOptions>
}

export const layer = (options: MarketDataPoolOptions): Layer.Layer<MarketData, never, VenueGates> =>
  Layer.effect(
    MarketData,
    Effect.gen(function* () {
      const sessions = new Map<string, Effect.Effect<Session>>()
      const scope = yield* Effect.scope
      const gates = yield* VenueGates
      for (const venue of options.venues) {
        const settings = { ...MarketDataSession.defaultOptions, ...options.session }
        const made = MarketDataSession.make(venue, gates.gate(venue.id), settings).pipe(
          Effect.provideService(Scope.Scope, scope),
          Effect.provide(FetchHttpClient.layer)
        )
        sessions.set(venue.id, yield* Effect.cached(made))
      }
      return MarketData.of({
        session: (venue) =>
          sessions.get(venue) ?? Effect.fail(new VenueUnreachable(venue, "it is not among the configured venues"))
      })
    })
  )
