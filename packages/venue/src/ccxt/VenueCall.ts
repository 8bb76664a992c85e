/**
 * One call through ccxt: passes the venue's gate, stamps it with the venue's time, hands the deadline down to the socket,
 * and says how it ended. Never fails and sends nothing twice.
 */
import type * as Instrument from "@outcry/model/Instrument"
import { Effect, Semaphore } from "effect"
import { createHash } from "node:crypto"
import type { OrderRules } from "../binance/OrderRules.ts"
import { wireSymbol } from "../binance/MarketFrame.ts"
import { weights } from "../binance/SpotLimits.ts"
import type { Read, WireRecord } from "../Execution.ts"
import type { Admission } from "../RateGate.ts"
import type { Purpose } from "../RateLimit.ts"
import { retryRead } from "../RetryPolicy.ts"
import type { Verdict } from "../VenueBreaker.ts"
import type { VenueClock } from "../VenueClock.ts"
import type { VenueGate } from "../VenueGates.ts"
import type { BinanceClient } from "./BinanceClient.ts"
import { recvWindowMs } from "./BinanceConfig.ts"
import * as Classify from "./Classify.ts"
import { type Attempt, attemptUntil, type Transport } from "./Transport.ts"
import type { Known, RoundedExecution } from "./VenueReport.ts"
import { recordOf } from "./WireText.ts"

/** What the nouns of a session share. */
export interface Venue {
  readonly id: string
  readonly client: BinanceClient
  readonly transport: Transport
  readonly clock: VenueClock
  readonly gate: VenueGate
  /** A name for the API key, by which its orders are counted, that does not tell it. Empty for public calls. */
  readonly key: string
  readonly secrets: ReadonlyArray<string>
  readonly instruments: Map<string, Instrument.Instrument>
  /** By wire symbol, from the last load. */
  readonly rules: Map<string, OrderRules>
  /** ccxt shares one load of its markets among all who ask; we keep to one at a time, so that each knows its outcome. */
  readonly loading: Semaphore.Semaphore
  /** Warns of an execution whose price was rounded. */
  readonly rounded: (execution: RoundedExecution) => void
  /** ccxt has its markets. */
  prepared: boolean
}

interface Made {
  readonly client: BinanceClient
  readonly transport: Transport
  readonly gate: VenueGate
  readonly rounded: (execution: RoundedExecution) => void
}

/** `made` is a client over its transport, the venue's gate, and who is told of rounded executions. */
export const venueOf = (
  id: string,
  clock: VenueClock,
  keys: { readonly apiKey: string; readonly secret: string },
  made: Made
): Venue => ({
  id,
  clock,
  key: keys.apiKey === "" ? "" : createHash("sha256").update(keys.apiKey).digest("hex").slice(0, 16),
  secrets: [keys.apiKey, keys.secret],
  instruments: new Map(),
  rules: new Map(),
  loading: Semaphore.makeUnsafe(1),
  prepared: false,
  ...made
})

/** `again`: to ask once more may help. `wire` is there as soon as a byte was sent. */
interface Told {
  readonly again: boolean
  readonly wire: WireRecord | undefined
}

export type Answer<A> =
  /** `body` is the reply as it came. */
  | { readonly _tag: "Answered"; readonly value: A; readonly body: string; readonly wire: WireRecord | undefined }
  | (Exclude<Classify.Ending, { _tag: "Answered" }> & Told)

/** How long a request is valid: `timeUs` by our clock is its timestamp, `deadlineUs` its end. */
export interface Validity {
  readonly timeUs: number
  readonly deadlineUs: number
}

export interface Request {
  readonly purpose: Purpose
  /** Request weight. */
  readonly weight: number
  /** Of a placement; anything else is valid from when it is sent. */
  readonly validity?: Validity
  /** Asks for what anybody may know: an answer does not show that orders are worked. */
  readonly isPublic?: boolean
}

/** The instrument a request names is the one its replies are read with. */
export const know = (venue: Venue, instrument: Instrument.Instrument): void => {
  venue.instruments.set(wireSymbol(instrument), instrument)
}

export const known = (venue: Venue): Known => ({
  find: (symbol) => venue.instruments.get(symbol),
  rounded: venue.rounded
})

/** How long requests without a deadline wait for the rate limit. */
const patienceUs: Readonly<Record<Purpose, number>> = {
  cancel: 2_000_000,
  lookup: 5_000_000,
  place: 2_000_000,
  read: 10_000_000
}

type Stamp = { readonly timestamp: number; readonly recvWindow: number }
type Run<A> = (client: BinanceClient, stamp: Stamp) => Promise<A>

const notSent = (reason: string, again: boolean): Answer<never> => ({ _tag: "NotSent", reason, again, wire: undefined })

const unavailable = notSent("venue unavailable: it did not answer several times in a row", false)

const send = <A>(
  venue: Venue,
  validity: Validity | undefined,
  attempt: Attempt,
  run: Run<A>
): Effect.Effect<Answer<A>> =>
  Effect.gen(function* () {
    const { offsetUs } = yield* venue.clock.estimate
    const { epochUs } = venue.clock.read()
    venue.gate.rates.setOffset(offsetUs)
    const valid = validity ?? { timeUs: epochUs, deadlineUs: epochUs + recvWindowMs * 1_000 }
    const stamp = {
      timestamp: Math.floor((valid.timeUs + offsetUs) / 1_000),
      recvWindow: Math.max(1, Math.min(60_000, Math.floor((valid.deadlineUs - valid.timeUs) / 1_000)))
    }
    const told = (ending: Exclude<Classify.Ending, { _tag: "Answered" }>): Answer<A> => ({
      ...ending,
      again: Classify.isSilent(attempt) || attempt.status === 429 || Classify.isClockOff(attempt),
      wire: recordOf(attempt, venue.secrets)
    })
    return yield* Effect.promise(() =>
      venue.transport
        .during(attempt, () => run(venue.client, stamp))
        .then(
          (value): Answer<A> => {
            const ending = Classify.ending(attempt, undefined)
            if (ending._tag !== "Answered") return told(ending)
            return { _tag: "Answered", value, body: attempt.body, wire: recordOf(attempt, venue.secrets) }
          },
          (failure: unknown): Answer<A> => {
            const ending = Classify.ending(attempt, failure ?? new Error("unnamed failure"))
            return told(ending._tag === "Answered" ? { _tag: "Unknown", reason: "unreadable reply" } : ending)
          }
        )
    )
  })

type Judge = () => Verdict
type Guard = <A>(request: Effect.Effect<Answer<A>>, judge: Judge) => Effect.Effect<Answer<A>>

/** One request through the rate limits; `run` makes exactly one, with the stamp among its parameters. */
const pass = <A>(venue: Venue, request: Request, run: Run<A>, guard: Guard): Effect.Effect<Answer<A>> =>
  Effect.gen(function* () {
    const { purpose, validity, weight } = request
    const { rates } = venue.gate
    const now = venue.clock.read()
    // The span that is left, on the clock that does not jump.
    const leftUs = validity === undefined ? patienceUs[purpose] : validity.deadlineUs - now.epochUs
    const passage = { purpose, weight, orders: purpose === "place" ? 1 : 0, key: venue.key }
    const through = (admission: Admission, restore: <B>(effect: Effect.Effect<B>) => Effect.Effect<B>) => {
      if (admission._tag === "Refused") return Effect.succeed(notSent(admission.reason, false))
      const endUs =
        validity === undefined ? venue.clock.read().monotonicUs + recvWindowMs * 1_000 : now.monotonicUs + leftUs
      const attempt = attemptUntil(endUs)
      const judge = (): Verdict => {
        if (Classify.isSilent(attempt)) return "silent"
        return attempt.status > 0 && request.isPublic !== true ? "said" : "nothing"
      }
      return restore(guard(send(venue, validity, attempt, run), judge)).pipe(
        Effect.ensuring(Effect.suspend(() => admission.ended(attempt.status === 0 ? undefined : attempt))),
        Effect.tap(() => (Classify.isClockOff(attempt) ? venue.clock.refresh : Effect.void))
      )
    }
    // What was admitted is always told to have ended.
    return yield* Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(restore(rates.admit(passage, now.monotonicUs + leftUs)), (admission) =>
        through(admission, restore)
      )
    )
  })

/** One request: turned away where the venue does not answer. */
export const call = <A>(venue: Venue, request: Request, run: Run<A>): Effect.Effect<Answer<A>> =>
  Effect.gen(function* () {
    const { purpose } = request
    const { breaker } = venue.gate
    const insists = purpose === "cancel" || purpose === "lookup"
    if (!insists && (yield* breaker.isOpen)) return unavailable
    return yield* pass(venue, request, run, (sent, judge) => breaker.guard(purpose, sent, judge, unavailable))
  })

/** Whether the venue works signed requests: what its circuit breaker asks while it is open. */
export const probe = (venue: Venue): Effect.Effect<Verdict> => {
  let verdict: Verdict = "nothing"
  const asked = pass(
    venue,
    { purpose: "lookup", weight: weights.account },
    (client, stamp) => client.privateGetAccount({ ...stamp, omitZeroBalances: true }),
    (sent, judge) =>
      Effect.tap(sent, () =>
        Effect.sync(() => {
          verdict = judge()
        })
      )
  )
  return Effect.map(asked, () => verdict)
}

/** The same for what may be asked again: by the one policy for reads. */
export const ask = <A>(venue: Venue, request: Request, run: Run<A>): Effect.Effect<Answer<A>> =>
  retryRead(call(venue, request, run), (answer) => answer._tag !== "Answered" && answer.again)

/** Why a call gave no answer, in one line. */
export const reasonOf = (answer: Exclude<Answer<unknown>, { _tag: "Answered" }>): string =>
  answer._tag === "Refused" ? `refused with ${answer.code} ${answer.reason}` : answer.reason

/** For reads, where every way of getting no answer is the same. */
export const toRead = <A>(answer: Answer<A>): Read<A> =>
  answer._tag === "Answered" ? { _tag: "Ok", value: answer.value } : { _tag: "Unreachable", reason: reasonOf(answer) }
