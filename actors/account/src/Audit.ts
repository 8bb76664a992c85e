/**
 * Compares the venue's books with ours by REST, since what it pushes may be missing. What the comparison finds is decided
 * by the model's reconciliation; here the questions are asked, and its findings go into the mailbox as reports or out as
 * look-ups and cancels. It changes nothing itself.
 */
import type { AccountCommand, ReportFill } from "@outcry/model/AccountCommand"
import { tradeKey } from "@outcry/model/AccountEvent"
import type { AccountState } from "@outcry/model/AccountState"
import { from } from "@outcry/model/Amount"
import type { Instrument } from "@outcry/model/Instrument"
import { isSleeping } from "@outcry/model/Order"
import { findReported } from "@outcry/model/OrderLedger"
import { reconcile } from "@outcry/model/Reconciliation"
import { type Finding, noMemory } from "@outcry/model/ReconciliationFinding"
import type { SeenExecutions, VenueView } from "@outcry/model/ReconciliationView"
import type { ExecutionSession, VenueFill } from "@outcry/venue/Execution"
import { Effect, Semaphore } from "effect"
import { reportFill, reportOrder } from "./Reports.ts"
import { venueNowUs, type Wire } from "./Wire.ts"

/** The venue stamps a fill by its own clock and may be slow to list it. */
const marginUs = 60_000_000
/** What the venue may take to list what it has done. */
export const lagUs = 1_000_000
/** How far back a new life reads: frames may have been lost before the last one that its predecessor booked. */
const overlapUs = 600_000_000
/** Audits to one that asks for the balances, too. */
const balancesEvery = 3

export interface AuditHost {
  readonly state: AccountState
  readonly session: ExecutionSession
  readonly wire: Wire
  readonly report: (commands: ReadonlyArray<AccountCommand>) => Effect.Effect<void>
}

/** One audit at a time; tells whether the venue answered everything. */
export const makeAudit = Effect.fnUntraced(function* ({ report, session, state, wire }: AuditHost) {
  const scope = yield* Effect.scope
  const alone = yield* Semaphore.make(1)
  let memory = noMemory
  let round = 0

  /** Since when orders of this instrument may have traded, epoch µs. */
  const tradingSince = (instrument: string, now: number): number | undefined => {
    let since: number | undefined
    for (const orders of [state.orders, state.closed])
      for (const order of orders.values())
        if (order.instrument === instrument && !isSleeping(order.status))
          since = Math.min(since ?? now, order.timeIntent)
    return since
  }

  const isKnown = (fill: VenueFill): boolean => {
    const report = reportFill(fill)
    const booked = state.fillKeys.get(report.instrument)?.has(tradeKey(report)) === true
    return booked || findReported(state, report) !== undefined
  }

  const listed = (instrument: Instrument, afterTradeId: string, sinceUs: number) =>
    session.clockOffset.pipe(
      Effect.flatMap(({ offsetUs }) =>
        session.fillsSince({ instrument, afterTradeId, sinceUs: sinceUs - offsetUs, isKnown })
      ),
      Effect.map((answer) => (answer._tag === "Ok" ? answer.value.map(reportFill) : undefined))
    )

  const executions = Effect.fnUntraced(function* (instrument: Instrument, now: number) {
    const read = memory.readUpTo.get(instrument.id)
    const last = state.lastTradeIds.get(instrument.id)
    const since = tradingSince(instrument.id, now)
    if (read === undefined && last === undefined && since === undefined) return nothing
    const sinceUs = (since ?? now) - marginUs
    if (read !== undefined || last === undefined) {
      const fills = yield* listed(instrument, read ?? "", sinceUs)
      return fills && { afterTradeId: read ?? "", complete: true, fills }
    }
    // One of the two lists goes on from within the other.
    const after = yield* listed(instrument, last, sinceUs)
    const before = yield* listed(instrument, "", Math.max(sinceUs, now - overlapUs))
    if (after === undefined || before === undefined) return undefined
    return { afterTradeId: "", complete: true, fills: merged(before, after) }
  })

  const view = Effect.gen(function* () {
    const time = yield* venueNowUs(session)
    const seen = new Map<string, SeenExecutions | undefined>()
    for (const instrument of state.instruments.values()) seen.set(instrument.id, yield* executions(instrument, time))
    const orders = yield* session.openOrders(Array.from(state.instruments.values()))
    const balances = round++ % balancesEvery === 0 && state.balancesAdopted ? yield* session.balances : undefined
    const whole: VenueView = {
      time,
      lagUs,
      executions: seen,
      openOrders:
        orders._tag === "Ok"
          ? orders.value.map((order) => ({ ...reportOrder(order), averageTicks: order.averageTicks }))
          : undefined,
      balances:
        balances?._tag === "Ok"
          ? balances.value.map(({ asset, free, locked }) => ({ asset, total: from(free) + from(locked) }))
          : undefined
    }
    return whole
  })

  const follow = Effect.fnUntraced(function* (finding: Finding, time: number) {
    const order = state.orders.get(finding.clientOrderId)
    if (finding.kind === "explained") {
      if (order === undefined) return
      // Gone from the list, or filled further than its executions: its look-up brings the fills and the end, in order.
      if (finding.why === "missing") {
        if ((yield* wire.look(order))._tag !== "Found") yield* Effect.forkIn(wire.recall(order), scope)
      } else if (finding.why === "canceling") yield* Effect.forkIn(wire.cancel(order), scope)
      else if (finding.why === "provisional") yield* Effect.forkIn(wire.look(order), scope)
      // What was sent a moment ago is about to be reported.
      else if (finding.why === "young" && order.timeIntent < time - lagUs) yield* Effect.forkIn(wire.look(order), scope)
      return
    }
    // Of an order that is only missing from the list its look-ups say whether it is forgotten.
    if (finding.command.type === "ReportForgotten") return
    if (finding.command.type === "AdjustBalance")
      yield* Effect.logWarning(`account ${state.account}: ${finding.detail}`)
    yield* report([finding.command])
  })

  const run = Effect.gen(function* () {
    const seen = yield* view
    const { findings, memory: next } = reconcile(state, seen, memory)
    memory = next
    for (const finding of findings) yield* follow(finding, seen.time)
    return seen.openOrders !== undefined && Array.from(seen.executions.values()).every((each) => each !== undefined)
  })

  return { run: alone.withPermits(1)(run) }
})

const nothing: SeenExecutions = { afterTradeId: "", complete: true, fills: [] }

const merged = (before: ReadonlyArray<ReportFill>, after: ReadonlyArray<ReportFill>): ReadonlyArray<ReportFill> => {
  const known = new Set(before.map(({ venueTradeId, side }) => `${venueTradeId}/${side}`))
  return [...before, ...after.filter(({ venueTradeId, side }) => !known.has(`${venueTradeId}/${side}`))]
}
