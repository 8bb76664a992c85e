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
/** What the clock of the node that sent an order may be ahead of ours. */
const nodeSkewUs = 250_000
/** Answers of "does not exist", one after the other, that are believed. */
const absentNeeded = 2
const absentApart = "250 millis"

export const nowUs = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos / 1000n))

export interface WireHost {
  readonly session: ExecutionSession
  readonly instrument: (order: Order) => Instrument
  /** Puts reports into the fast lane, in order. */
  readonly report: (commands: ReadonlyArray<AccountCommand>) => Effect.Effect<void>
  readonly placed: (order: Order, startUs: number, endUs: number, outcome: PlaceOutcome["_tag"]) => Effect.Effect<void>
  readonly find: (clientOrderId: string) => Order | undefined
}

export const makeWire = Effect.fnUntraced(function* (host: WireHost) {
  const places = yield* Semaphore.make(placesMax)
  const cancels = yield* Semaphore.make(cancelsMax)
  const lookups = yield* Semaphore.make(lookupsMax)
  const settling = new Set<string>()
  const canceling = new Set<string>()

  /** At most one of a kind under way per order. */
  const once = (running: Set<string>, order: Order, work: Effect.Effect<unknown>): Effect.Effect<void> =>
    Effect.suspend(() => {
      const id = order.clientOrderId
      if (running.has(id)) return Effect.void
      running.add(id)
      return Effect.asVoid(
        Effect.ensuring(
          work,
          Effect.sync(() => running.delete(id))
        )
      )
    })

  const lookup = (order: Order): Effect.Effect<LookupOutcome> =>
    lookups.withPermits(1)(
      host.session.lookup({
        clientOrderId: order.clientOrderId,
        instrument: host.instrument(order),
        // Our id may have been used before by an order that has ended: what is older than the intent is not this one.
        timeIntent: order.timeIntent,
        ...(order.venueOrderId === "" ? {} : { venueOrderId: order.venueOrderId })
      })
    )

  /** Asks until the venue's answer is clear; absence is believed only when repeated after the deadline has passed. */
  const settle = (order: Order): Effect.Effect<void> =>
    once(
      settling,
      order,
      Effect.gen(function* () {
        // A look at once finds most of what arrived; until the deadline it may still arrive.
        if ((yield* look(order))._tag === "Found") return
        const { errorUs, offsetUs } = yield* host.session.clockOffset
        const believedFromUs = order.deadlineUs + Math.abs(offsetUs) + errorUs + nodeSkewUs + lookupLagUs
        const waitUs = believedFromUs - (yield* nowUs)
        if (waitUs > 0) yield* Effect.sleep(waitUs / 1000)
        let absent = 0
        const ask = Effect.gen(function* () {
          // Whatever the venue pushed meanwhile has settled it, too.
          if (host.find(order.clientOrderId)?.status !== "unknown") return true
          const answer = yield* look(order)
          if (answer._tag === "Found") return true
          absent = answer._tag === "Absent" ? absent + 1 : 0
          if (absent < absentNeeded) return false
          const reason = "not found at the venue after its deadline"
          yield* host.report([{ type: "ReportNotPlaced", clientOrderId: order.clientOrderId, reason }])
          return true
        })
        // Absent answers follow quickly; where the venue cannot say, we keep asking, ever more slowly.
        const schedule = Schedule.min([Schedule.exponential(absentApart, 1.5), Schedule.spaced("15 seconds")])
        yield* Effect.repeat(ask, { until: (settled) => settled, schedule })
      })
    )

  const place = (order: Order): Effect.Effect<void> =>
    places.withPermits(1)(
      Effect.gen(function* () {
        const { clientOrderId } = order
        // It may have been settled while it waited for its turn.
        if (host.find(clientOrderId)?.status !== "intended") return
        if (order.cancelRequested)
          return yield* host.report([{ type: "ReportNotPlaced", clientOrderId, reason: "canceled before it was sent" }])
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
        yield* host.placed(order, startUs, yield* nowUs, outcome._tag)
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

  const tryCancel = (order: Order): Effect.Effect<boolean> =>
    cancels.withPermits(1)(
      Effect.gen(function* () {
        const { clientOrderId } = order
        if (host.find(clientOrderId)?.status !== "pendingCancel") return true
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

  /** Canceling twice does no harm; after these tries the audit goes on asking. */
  const cancel = (order: Order): Effect.Effect<void> =>
    once(
      canceling,
      order,
      Effect.repeat(tryCancel(order), {
        until: (done) => done,
        schedule: Schedule.max([Schedule.exponential("200 millis"), Schedule.recurs(5)])
      })
    )

  return { place, cancel, settle, look }
})

export type Wire = Effect.Success<ReturnType<typeof makeWire>>
