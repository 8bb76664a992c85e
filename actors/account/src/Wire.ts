/**
 * The account's side of the wire: places what is committed, cancels, and finds out what became of what is unclear. Each
 * runs in a bounded fiber beside the mailbox; every result goes back into it as a report. Nothing is ever placed twice.
 */
import type { AccountCommand } from "@outcry/model/AccountCommand"
import type { Instrument } from "@outcry/model/Instrument"
import type { Order } from "@outcry/model/Order"
import type { ExecutionSession, LookupOutcome, PlaceOutcome } from "@outcry/venue/Execution"
import { Clock, Effect, Schedule, Semaphore } from "effect"
import { failPoint } from "#failpoint"
import { reportsOf } from "./Reports.ts"

/** Requests under way at once; cancels have their own. */
const placesMax = 16
const cancelsMax = 16
const lookupsMax = 4
/** What a venue's look-up may lag behind its order entry. */
const lookupLagUs = 500_000
/** Answers of "does not exist", one after the other, that are believed. */
const absentNeeded = 2
const absentApart = "250 millis"

export const nowUs = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos / 1000n))

export interface WireHost {
  readonly session: ExecutionSession
  readonly instrument: (order: Order) => Instrument
  /** Puts reports into the fast lane, in order. */
  readonly report: (commands: ReadonlyArray<AccountCommand>) => Effect.Effect<void>
  readonly placed: (order: Order, startUs: number, endUs: number, outcome: PlaceOutcome["_tag"]) => void
  readonly find: (clientOrderId: string) => Order | undefined
}

export const makeWire = Effect.fnUntraced(function* (host: WireHost) {
  const places = yield* Semaphore.make(placesMax)
  const cancels = yield* Semaphore.make(cancelsMax)
  const lookups = yield* Semaphore.make(lookupsMax)
  const settling = new Set<string>()

  const lookup = (order: Order): Effect.Effect<LookupOutcome> =>
    lookups.withPermits(1)(
      host.session.lookup({
        clientOrderId: order.clientOrderId,
        instrument: host.instrument(order),
        ...(order.venueOrderId === "" ? {} : { venueOrderId: order.venueOrderId })
      })
    )

  /** Asks until the venue's answer is clear; absence is believed only when repeated after the deadline has passed. */
  const settle = Effect.fnUntraced(function* (order: Order) {
    if (settling.has(order.clientOrderId)) return
    settling.add(order.clientOrderId)
    const { errorUs, offsetUs } = yield* host.session.clockOffset
    const now = yield* nowUs
    const waitUs = order.deadlineUs + Math.abs(offsetUs) + errorUs + lookupLagUs - now
    // Until then it may still arrive there; a look at once finds most that did.
    let absent = 0
    const first = yield* lookup(order)
    if (first._tag === "Found") return yield* host.report(reportsOf(first.order, first.fills))
    if (waitUs > 0) yield* Effect.sleep(waitUs / 1000)
    const ask = Effect.gen(function* () {
      const answer = yield* lookup(order)
      if (answer._tag === "Found") {
        yield* host.report(reportsOf(answer.order, answer.fills))
        return true
      }
      absent = answer._tag === "Absent" ? absent + 1 : 0
      if (absent < absentNeeded) return false
      yield* host.report([
        { type: "ReportNotPlaced", clientOrderId: order.clientOrderId, reason: "not found at the venue after its deadline" }
      ])
      return true
    })
    yield* ask.pipe(
      Effect.repeat({
        until: (settled) => settled,
        // Absent answers follow quickly; where the venue cannot say, we keep asking, ever more slowly.
        schedule: Schedule.min([Schedule.exponential(absentApart, 1.5), Schedule.spaced("15 seconds")])
      })
    )
  }, (effect, order) => Effect.ensuring(effect, Effect.sync(() => void settling.delete(order.clientOrderId))))

  const place = (order: Order): Effect.Effect<void> =>
    places.withPermits(1)(
      Effect.gen(function* () {
        const { clientOrderId } = order
        // It may have been settled while it waited for its turn.
        if (host.find(clientOrderId)?.status !== "intended") return
        const startUs = yield* nowUs
        failPoint("wire.sending", clientOrderId)
        const outcome = yield* host.session.place({
          clientOrderId,
          instrument: host.instrument(order),
          terms: order.terms,
          timeIntent: order.timeIntent,
          deadlineUs: order.deadlineUs
        })
        failPoint("wire.answered", clientOrderId)
        host.placed(order, startUs, yield* nowUs, outcome._tag)
        switch (outcome._tag) {
          case "Accepted":
            return yield* host.report(reportsOf(outcome.order, outcome.fills))
          case "Rejected":
            return yield* host.report([
              { type: "ReportRejected", clientOrderId, code: outcome.code, reason: outcome.reason }
            ])
          case "NotSent":
            // This owner alone could have sent it and never will: nothing is unclear.
            return yield* host.report([{ type: "ReportNotPlaced", clientOrderId, reason: outcome.reason }])
          case "Duplicate":
            return yield* host.report([
              { type: "ReportUnknown", clientOrderId, reason: `the venue knows this id already (${outcome.code})` }
            ])
          case "Unknown":
            return yield* host.report([{ type: "ReportUnknown", clientOrderId, reason: outcome.reason }])
        }
      })
    )

  const look = Effect.fnUntraced(function* (order: Order) {
    const answer = yield* lookup(order)
    if (answer._tag === "Found") yield* host.report(reportsOf(answer.order, answer.fills))
    return answer
  })

  const cancel = (order: Order): Effect.Effect<void> =>
    cancels
      .withPermits(1)(
        Effect.gen(function* () {
          const { clientOrderId } = order
          const outcome = yield* host.session.cancel({ clientOrderId, instrument: host.instrument(order) })
          if (outcome._tag === "Unknown") return false
          // The fills before the cancel must be in before the close is: the look-up brings both.
          if (outcome._tag === "Canceled" && outcome.order.filledLots <= (host.find(clientOrderId)?.filledLots ?? 0)) {
            yield* host.report(reportsOf(outcome.order, []))
            return true
          }
          const answer = yield* look(order)
          if (answer._tag === "Found" && answer.order.status === "open")
            yield* host.report([
              { type: "ReportCancelRefused", clientOrderId, code: outcome._tag === "NotOpen" ? outcome.code : "" }
            ])
          return answer._tag === "Found"
        })
      )
      .pipe(
        // Canceling twice does no harm; after these tries the audit goes on looking.
        Effect.repeat({
          until: (done) => done,
          schedule: Schedule.max([Schedule.exponential("200 millis"), Schedule.recurs(5)])
        }),
        Effect.asVoid
      )

  return { place, cancel, settle, look }
})

export type Wire = Effect.Success<ReturnType<typeof makeWire>>
