/**
 * One signed call through ccxt: stamps it with the venue's time, hands the deadline down to the socket, and says how it
 * ended. Never fails and never retries.
 */
import type * as Instrument from "@outcry/model/Instrument"
import { Effect, Semaphore } from "effect"
import { wireSymbol } from "../binance/MarketFrame.ts"
import type { Read } from "../Execution.ts"
import type { VenueClock } from "../VenueClock.ts"
import type { BinanceClient } from "./BinanceClient.ts"
import { recvWindowMs } from "./BinanceConfig.ts"
import * as Classify from "./Classify.ts"
import { attemptUntil, type Transport } from "./Transport.ts"
import type { FindInstrument } from "./VenueReport.ts"

/** What the nouns of a session share. */
export interface Venue {
  readonly id: string
  readonly client: BinanceClient
  readonly transport: Transport
  readonly clock: VenueClock
  readonly instruments: Map<string, Instrument.Instrument>
  /** ccxt shares one load of its markets among all who ask; we keep to one at a time, so that each knows its outcome. */
  readonly loading: Semaphore.Semaphore
  /** ccxt has its markets. */
  prepared: boolean
}

/** `made` is a client over its transport. */
export const venueOf = (
  id: string,
  clock: VenueClock,
  made: { readonly client: BinanceClient; readonly transport: Transport }
): Venue => ({ id, clock, instruments: new Map(), loading: Semaphore.makeUnsafe(1), prepared: false, ...made })

export type Answer<A> =
  | { readonly _tag: "Answered"; readonly value: A }
  | Exclude<Classify.Ending, { _tag: "Answered" }>

/** How long a request is valid: `timeUs` by our clock is its timestamp, `deadlineUs` its end. */
export interface Validity {
  readonly timeUs: number
  readonly deadlineUs: number
}

/** The instrument a request names is the one its replies are read with. */
export const know = (venue: Venue, instrument: Instrument.Instrument): void => {
  venue.instruments.set(wireSymbol(instrument), instrument)
}

export const finder =
  (venue: Venue): FindInstrument =>
  (symbol) =>
    venue.instruments.get(symbol)

/** From now on for the usual window. */
export const validNow = (venue: Venue): Validity => {
  const timeUs = venue.clock.read().epochUs
  return { timeUs, deadlineUs: timeUs + recvWindowMs * 1_000 }
}

type Stamp = { readonly timestamp: number; readonly recvWindow: number }

/** `run` makes exactly one request with the stamp among its parameters. */
export const call = <A>(
  venue: Venue,
  validity: Validity,
  run: (client: BinanceClient, stamp: Stamp) => Promise<A>
): Effect.Effect<Answer<A>> =>
  Effect.gen(function* () {
    const { offsetUs } = yield* venue.clock.estimate
    const now = venue.clock.read()
    // The span that is left, on the clock that does not jump.
    const attempt = attemptUntil(now.monotonicUs + (validity.deadlineUs - now.epochUs))
    const stamp = {
      timestamp: Math.floor((validity.timeUs + offsetUs) / 1_000),
      recvWindow: Math.max(1, Math.min(60_000, Math.floor((validity.deadlineUs - validity.timeUs) / 1_000)))
    }
    return yield* Effect.promise(() =>
      venue.transport
        .during(attempt, () => run(venue.client, stamp))
        .then(
          (value): Answer<A> => {
            const ending = Classify.ending(attempt, undefined)
            return ending._tag === "Answered" ? { _tag: "Answered", value } : ending
          },
          (failure: unknown): Answer<A> => {
            const ending = Classify.ending(attempt, failure ?? new Error("unnamed failure"))
            return ending._tag === "Answered" ? { _tag: "Unknown", reason: "unreadable reply" } : ending
          }
        )
    )
  })

/** Why a call gave no answer, in one line. */
export const reasonOf = (answer: Exclude<Answer<unknown>, { _tag: "Answered" }>): string =>
  answer._tag === "Refused" ? `refused with ${answer.code} ${answer.reason}` : answer.reason

/** For reads, where every way of getting no answer is the same. */
export const toRead = <A>(answer: Answer<A>): Read<A> =>
  answer._tag === "Answered" ? { _tag: "Ok", value: answer.value } : { _tag: "Unreachable", reason: reasonOf(answer) }
