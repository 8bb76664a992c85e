/** Binance's public REST calls that market data needs. Every call has a time limit; none is retried here. */
import type { Instrument } from "@outcry/model/Instrument"
import { Effect, Option, Schema } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { VenueUnreachable } from "../MarketData.ts"
import type { Reply } from "../RateReply.ts"
import type { VenueAddress } from "../VenueAddress.ts"
import type { ReadClock } from "../VenueClock.ts"
import type { VenueGate } from "../VenueGates.ts"
import * as ExchangeInfo from "./ExchangeInfo.ts"
import { wireSymbol } from "./MarketFrame.ts"
import type { Purpose } from "../RateLimit.ts"
import { depthWeight, limitsOf, weights } from "./SpotLimits.ts"

export interface PublicRest {
  readonly serverTimeMs: Effect.Effect<number, VenueUnreachable>
  readonly instruments: Effect.Effect<ReadonlyArray<Instrument>, VenueUnreachable>
  /** The raw reply, for the frame decoder. */
  readonly depth: (instrument: Instrument, levels: number) => Effect.Effect<string, VenueUnreachable>
}

const ServerTime = Schema.Struct({ serverTime: Schema.Number })
const Symbols = Schema.Struct({ symbols: Schema.Array(Schema.Unknown), rateLimits: Schema.optionalKey(Schema.Unknown) })
const limitMs = 5_000

export const make = (
  venue: VenueAddress,
  gate: VenueGate,
  read: ReadClock
): Effect.Effect<PublicRest, never, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const http = yield* HttpClient.HttpClient
    const unreachable = (reason: string) => new VenueUnreachable(venue.id, reason)

    /** The reply's text, or why there is none. */
    const fetch = (path: string, weight: number, purpose: Purpose = "read"): Effect.Effect<string, VenueUnreachable> =>
      Effect.gen(function* () {
        const passage = { purpose, weight, orders: 0, key: "" }
        const admission = yield* gate.rates.admit(passage, read().monotonicUs + limitMs * 1_000)
        if (admission._tag === "Refused") return yield* Effect.fail(unreachable(admission.reason))
        let reply: Reply | undefined
        return yield* http.get(`${venue.restUrl}/api/v3/${path}`).pipe(
          Effect.tap((response) =>
            Effect.sync(() => {
              reply = { status: response.status, headers: response.headers, body: "" }
            })
          ),
          Effect.flatMap(HttpClientResponse.filterStatusOk),
          Effect.flatMap((response) => response.text),
          Effect.timeoutOption(limitMs),
          Effect.mapError((error) => unreachable(error.message)),
          Effect.flatMap((answer) =>
            Option.isSome(answer)
              ? Effect.succeed(answer.value)
              : Effect.fail(unreachable(`no answer within ${limitMs} ms`))
          ),
          Effect.ensuring(Effect.suspend(() => admission.ended(reply)))
        )
      })

    const decoded = <A>(schema: Schema.Decoder<A>, text: Effect.Effect<string, VenueUnreachable>) =>
      Effect.flatMap(text, (json) =>
        Effect.mapError(Schema.decodeUnknownEffect(Schema.fromJsonString(schema))(json), (error) =>
          unreachable(error.message)
        )
      )

    return {
      serverTimeMs: Effect.map(decoded(ServerTime, fetch("time", weights.time)), (body) => body.serverTime),
      // It also says what the venue grants, so it must not wait for what we assume until then.
      instruments: Effect.map(decoded(Symbols, fetch("exchangeInfo", weights.exchangeInfo, "lookup")), (body) => {
        const limits = limitsOf(body)
        if (limits !== undefined) gate.rates.setLimits(limits)
        return ExchangeInfo.instrumentsOf(venue.id, body.symbols)
      }),
      depth: (instrument, levels) =>
        fetch(`depth?symbol=${wireSymbol(instrument)}&limit=${levels}`, depthWeight(levels))
    }
  })
