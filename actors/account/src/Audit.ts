/**
 * Compares the venue's books with ours by REST, since what it pushes may be missing: fills after the last ones known,
 * orders that it has and we have not, orders that moved there without our hearing of it. Everything it finds goes into
 * the mailbox as a report; it changes nothing itself.
 */
import type { AccountCommand } from "@outcry/model/AccountCommand"
import type { AccountState } from "@outcry/model/AccountState"
import type { Order } from "@outcry/model/Order"
import type { ExecutionSession } from "@outcry/venue/Execution"
import { Effect, Semaphore } from "effect"
import { reportFill, reportOrder } from "./Reports.ts"
import { nowUs, type Wire } from "./Wire.ts"

/** The venue stamps a fill by its own clock and may be slow to list it. */
const marginUs = 60_000_000

export interface AuditHost {
  readonly state: AccountState
  readonly session: ExecutionSession
  readonly wire: Wire
  readonly report: (commands: ReadonlyArray<AccountCommand>) => Effect.Effect<void>
}

const isOpenThere = (order: Order): boolean => order.status === "working" || order.status === "pendingCancel"

/** One audit at a time; tells whether the venue answered everything. */
export const makeAudit = Effect.fnUntraced(function* ({ report, session, state, wire }: AuditHost) {
  const scope = yield* Effect.scope
  const alone = yield* Semaphore.make(1)
  /** Up to where fills were read by REST, without holes, by instrument: what was pushed may have holes. */
  const readUpTo = new Map<string, string>()

  const fills = Effect.gen(function* () {
    let complete = true
    for (const instrument of state.instruments.values()) {
      const orders = [...state.orders.values(), ...state.closed.values()].filter(
        (order) => order.instrument === instrument.id
      )
      const after = readUpTo.get(instrument.id) ?? state.lastTradeIds.get(instrument.id)
      if (after === undefined && orders.length === 0) continue
      const sinceUs = orders.reduce((least, order) => Math.min(least, order.timeIntent), yield* nowUs) - marginUs
      const answer = yield* session.fillsSince({ instrument, afterTradeId: after ?? "", sinceUs })
      if (answer._tag === "Unreachable") {
        complete = false
        continue
      }
      yield* report(answer.value.map(reportFill))
      const last = answer.value.at(-1)?.venueTradeId ?? after
      if (last !== undefined) readUpTo.set(instrument.id, last)
    }
    return complete
  })

  const orders = Effect.gen(function* () {
    const before = Array.from(state.orders.values()).filter(isOpenThere)
    const answer = yield* session.openOrders
    if (answer._tag === "Unreachable") return false
    yield* report(answer.value.map(reportOrder))
    const there = new Map(answer.value.map((order) => [order.venueOrderId, order]))
    for (const order of before) {
      if (!state.orders.has(order.clientOrderId)) continue
      const shown = there.get(order.venueOrderId)
      // Gone from there, or filled there further than we know: its look-up brings the fills and the end, in order.
      if (shown === undefined || shown.filledLots > order.filledLots) yield* wire.look(order)
      else if (order.status === "pendingCancel") yield* Effect.forkIn(wire.cancel(order), scope)
    }
    return true
  })

  return { run: alone.withPermits(1)(Effect.zipWith(fills, orders, (a, b) => a && b)) }
})
