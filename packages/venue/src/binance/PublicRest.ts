/** Binance's public REST calls that market data needs. Every call has a time limit; none is retried here. */
import type { Instrument } from "@outcry/model/Instrument"
import { Effect, Schema } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { VenueUnreachable } from "../MarketData.ts"
import type { VenueAddress } from "../VenueAddress.ts"
import * as ExchangeInfo from "./ExchangeInfo.ts"
import { wireSymbol } from "./MarketFrame.ts"

export interface PublicRest {
  readonly serverTimeMs: Effect.Effect<number, VenueUnreachable>
  readonly instruments: Effect.Effect<ReadonlyArray<Instrument>, VenueUnreachable>
  /** The raw reply, for the frame decoder. */
  readonly depth: (instrument: Instrument, levels: number) => Effect.Effect<string, VenueUnreachable>
}

const ServerTime = Schema.Struct({ serverTime: Schema.Number })
const Symbols = Schema.Struct({ symbols: Schema.Array(Schema.Unknown) })
const limitMs = 5_000

export const make = (venue: VenueAddress): Effect.Effect<PublicRest, never, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const client = HttpClient.filterStatusOk(yield* HttpClient.HttpClient)
    const reach = <A, E extends { readonly message: string }>(call: Effect.Effect<A, E>) =>
      call.pipe(
        Effect.timeoutOption(limitMs),
        Effect.mapError((error) => new VenueUnreachable(venue.id, error.message)),
        Effect.flatMap((answer) =>
          answer._tag === "Some"
            ? Effect.succeed(answer.value)
            : Effect.fail(new VenueUnreachable(venue.id, `no answer within ${limitMs} ms`))
        )
      )
    const get = (path: string) => client.get(`${venue.restUrl}/api/v3/${path}`)
    return {
      serverTimeMs: reach(get("time").pipe(Effect.flatMap(HttpClientResponse.schemaBodyJson(ServerTime)))).pipe(
        Effect.map((body) => body.serverTime)
      ),
      instruments: reach(get("exchangeInfo").pipe(Effect.flatMap(HttpClientResponse.schemaBodyJson(Symbols)))).pipe(
        Effect.map((body) => ExchangeInfo.instrumentsOf(venue.id, body.symbols))
      ),
      depth: (instrument, levels) =>
        reach(get(`depth?symbol=${wireSymbol(instrument)}&limit=${levels}`).pipe(Effect.flatMap((reply) => reply.text)))
    }
  })
