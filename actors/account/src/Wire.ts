/**
 * The account's side of the wire: places what is committed, cancels, and finds out what became of what is unclear. Each
 * runs in a bounded fiber beside the mailbox; every result goes back into it as a report. Nothing is ever placed twice.
 */
import { patienceMs } from "@outcry/lockstep/Patience"
import type { AccountCommand } from "@outcry/model/AccountCommand"
import type { Instrument } from "@outcry/model/Instrument"
import type { Order } from "@outcry/model/Order"
import { planted } from "@outcry/model/Planted"
import type { ExecutionSession, LookupOutcome, PlaceOutcome, VenueFill, WireRecord } from "@outcry/venue/Execution"
import { Clock, Effect, Schedule, Semaphore } from "effect"
import { failPoint } from "#failpoint"
import { reportsOf } from "./Reports.ts"

/** Requests under way at once; cancels have their own. */
const placesMax = 16
const cancelsMax = 16
const lookupsMax = 4
/** What a venue's look-up may lag behind its order entry. */
const lookupLagUs = 500_000
/** What the node that sent an order may have been wrong by about the venue's clock. */
const senderErrorUs = 250_000
/** Answers of "does not exist", one after the other, that are believed. */
const absentNeeded = 2
const absentApart = "250 millis"
/** An order that the venue had accepted counts as forgotten after this many such answers, over at least this long. */
const forgottenNeeded = 3
const forgottenUs = 5_000_000
/** Executions that the venue counts and does not list are provisional after this long. */
const unlistedUs = 3_000_000
/** Longer unknown than this past its deadline: somebody should look. */
const unknownAlarmUs = 5_000_000

export const nowUs = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos / 1000n))

/**
 * Epoch µs by the venue's clock, as well as it is known here. Orders are timed by it, since the clocks of their owners may
 * differ and be set while an order lives, and since the venue's alone says how long a request is good.
 */
export const venueNowUs = (session: Pick<ExecutionSession, "clockOffset">): Effect.Effect<number> =>
  Effect.zipWith(nowUs, session.clockOffset, (now, { offsetUs }) => now + offsetUs)

const lotsOf = (fills: ReadonlyArray<VenueFill>): number => fills.reduce((lots, fill) => lots + fill.lots, 0)

/** When a request was intended and until when it is good, epoch µs by our own clock. */
interface Validity {
  readonly timeIntent: number
  readonly deadlineUs: number
}

const validityOf = ({ deadlineUs, timeIntent }: Order, offsetUs: number): Validity => ({
  timeIntent: timeIntent - offsetUs,
  deadlineUs: deadlineUs - offsetUs
})

/** Where orders are timed by a market that waits, requests are signed by our own clock, and good for as long as may be. */
export const signedNow = (_: Order, now: number): Validity => ({
  timeIntent: now,
  deadlineUs: now + patienceMs * 1_000
})

export interface WireHost {
  readonly session: ExecutionSession
  readonly instrument: (order: Order) => Instrument
  /** Puts reports into the fast lane, in order. */
  readonly report: (commands: ReadonlyArray<AccountCommand>) => Effect.Effect<void>
  readonly placed: (order: Order, startUs: number, endUs: number, outcome: PlaceOutcome["_tag"]) => Effect.Effect<void>
  /** What went over the wire, for the log; takes no time. */
  readonly sent: (order: Order, record: WireRecord) => Effect.Effect<void>
  /** False once this owner must not do anything more. */
  readonly mayAct: () => boolean
  /** The venue counts fewer executions than are booked. */
  readonly shrunk: (order: Order, shown: Extract<LookupOutcome, { readonly _tag: "Found" }>) => Effect.Effect<void>
  readonly find: (clientOrderId: string) => Order | undefined
  /** Absent: orders are timed by the venue's clock. */
  readonly validity?: ((order: Order, now: number) => Validity) | undefined
}

export const makeWire = Effect.fnUntraced(function* (host: WireHost) {
  const scope = yield* Effect.scope
  const places = yield* Semaphore.make(placesMax)
  const cancels = yield* Semaphore.make(cancelsMax)
  const lookups = yield* Semaphore.make(lookupsMax)
  const settling = new Set<string>()
  const canceling = new Set<string>()
  const recalling = new Set<string>()
  const completing = new Set<string>()

  /** Nothing leaves a process that stood still: its life is about to end. */
  const guarded = <A>(request: Effect.Effect<A>): Effect.Effect<A> =>
    Effect.suspend(() => (host.mayAct() ? request : Effect.never))

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
      Effect.flatMap(host.session.clockOffset, ({ offsetUs }) =>
        host.session.lookup({
          clientOrderId: order.clientOrderId,
          instrument: host.instrument(order),
          // Our id may have been used before by an order that has ended: what is older than the intent is not this one.
          timeIntent: order.timeIntent - offsetUs,
          ...(order.venueOrderId === "" ? {} : { venueOrderId: order.venueOrderId })
        })
      )
    )

  /** Asks until the venue's answer is clear; absence is believed only when repeated after the deadline has passed. */
  const settle = (order: Order): Effect.Effect<void> =>
    once(
      settling,
      order,
      Effect.gen(function* () {
        // A look at once finds most of what arrived; until the deadline it may still arrive.
        if ((yield* look(order))._tag === "Found") return
        const { errorUs } = yield* host.session.clockOffset
        const believedFromUs = order.deadlineUs + errorUs + senderErrorUs + lookupLagUs
        const waitUs = believedFromUs - (yield* venueNowUs(host.session))
        if (waitUs > 0 && !planted("expiryNotAwaited")) yield* Effect.sleep(waitUs / 1000)
        let absent = 0
        let alarmed = false
        const ask = Effect.gen(function* () {
          // Whatever the venue pushed meanwhile has settled it, too.
          if (host.find(order.clientOrderId)?.status !== "unknown") return true
          const answer = yield* look(order)
          if (answer._tag === "Found") return true
          absent = answer._tag === "Absent" || planted("unclearTakenForAbsent") ? absent + 1 : 0
          // It was there once: no answer makes it one that never was. The venue may remember it, or an operator knows.
          const wasAccepted = order.venueOrderId !== ""
          if (wasAccepted || absent < absentNeeded) {
            if (!alarmed && (yield* venueNowUs(host.session)) > believedFromUs + unknownAlarmUs) {
              alarmed = true
              yield* Effect.logError(
                `order ${order.clientOrderId} on ${order.instrument} is unknown (${answer._tag}): nothing new is placed ` +
                  "there; look it up on the venue's own screen and resolve it"
              )
            }
            return false
          }
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
        const { offsetUs } = yield* host.session.clockOffset
        const { deadlineUs, timeIntent } = host.validity?.(order, startUs) ?? validityOf(order, offsetUs)
        const request = guarded(
          host.session.place({
            clientOrderId,
            instrument: host.instrument(order),
            terms: order.terms,
            timeIntent,
            deadlineUs: planted("deadlineNotChecked") ? Number.MAX_SAFE_INTEGER : deadlineUs
          })
        )
        let outcome = yield* request
        if (outcome._tag === "Unknown" && planted("blindRetryOfUnknown")) outcome = yield* request
        failPoint("wire.answered", clientOrderId)
        yield* host.placed(order, startUs, yield* nowUs, outcome._tag)
        if (outcome.wire !== undefined) yield* host.sent(order, outcome.wire)
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
            if (planted("timeoutTakenForRejection"))
              return yield* host.report([{ type: "ReportRejected", clientOrderId, code: "", reason: outcome.reason }])
            return yield* host.report([{ type: "ReportUnknown", clientOrderId, reason: outcome.reason }])
        }
      })
    )

  const look = Effect.fnUntraced(function* (order: Order) {
    const answer = yield* lookup(order)
    if (answer._tag !== "Found") return answer
    yield* host.report(reportsOf(answer.order, answer.fills))
    const known = host.find(order.clientOrderId)
    if (known === undefined) return answer
    if (answer.order.filledLots > Math.max(known.filledLots, lotsOf(answer.fills)))
      yield* Effect.forkIn(complete(known), scope)
    else if (answer.order.filledLots < known.filledLots) yield* host.shrunk(known, answer)
    return answer
  })

  /** Executions that the venue counts and does not list: asked for until they come, provisional meanwhile. */
  const complete = (order: Order): Effect.Effect<void> =>
    once(
      completing,
      order,
      Effect.gen(function* () {
        const sinceUs = yield* nowUs
        const ask = Effect.gen(function* () {
          const answer = yield* lookup(order)
          if (answer._tag !== "Found") return answer._tag === "Absent"
          const { averageTicks, filledLots, timeVenue } = answer.order
          yield* host.report(reportsOf(answer.order, answer.fills))
          if (filledLots <= lotsOf(answer.fills)) return true
          const known = host.find(order.clientOrderId)
          if (known === undefined || filledLots <= known.filledLots) return true
          const isNews = filledLots > known.filledLots + known.inferredLots
          if (isNews && (yield* nowUs) - sinceUs >= unlistedUs)
            yield* host.report([
              { type: "ReportExecuted", clientOrderId: order.clientOrderId, filledLots, averageTicks, timeVenue }
            ])
          return false
        })
        const schedule = Schedule.min([Schedule.exponential("500 millis", 1.3), Schedule.spaced("15 seconds")])
        yield* Effect.repeat(ask, { until: (done) => done, schedule })
      })
    )

  /** An order that should be there and is not listed: looked up until it is found or surely forgotten. */
  const recall = (order: Order): Effect.Effect<void> =>
    once(
      recalling,
      order,
      Effect.gen(function* () {
        let absent = 0
        let sinceUs = 0
        const ask = Effect.gen(function* () {
          const known = host.find(order.clientOrderId)
          if (known === undefined || (known.status !== "working" && known.status !== "pendingCancel")) return true
          const answer = yield* look(known)
          if (answer._tag === "Found") return true
          if (answer._tag === "Unclear") return false
          const now = yield* nowUs
          if (absent === 0) sinceUs = now
          absent += 1
          if (absent < forgottenNeeded || now - sinceUs < forgottenUs) return false
          const reason = `the venue had accepted it and does not know it any more: ${absent} look-ups`
          yield* host.report([{ type: "ReportForgotten", clientOrderId: order.clientOrderId, reason }])
          return true
        })
        yield* Effect.repeat(ask, { until: (done) => done, schedule: Schedule.spaced("1 second") })
      })
    )

  const tryCancel = (order: Order): Effect.Effect<boolean> =>
    cancels.withPermits(1)(
      Effect.gen(function* () {
        const { clientOrderId } = order
        if (host.find(clientOrderId)?.status !== "pendingCancel") return true
        const outcome = yield* guarded(host.session.cancel({ clientOrderId, instrument: host.instrument(order) }))
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
        if (answer._tag === "Absent") yield* Effect.forkIn(recall(order), scope)
        return answer._tag !== "Unclear"
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

  return { place, cancel, settle, look, recall }
})

export type Wire = Effect.Success<ReturnType<typeof makeWire>>
