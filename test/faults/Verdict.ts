/**
 * The end of a run and what is to be said of it. Trading stops, every order comes to its end, the nodes leave; then the
 * exchange's log is joined with the journal by the independent checker, each account is replayed from its first row and
 * held against what it said of itself, and its invariants are checked.
 */
import { stateHash } from "@outcry/model/AccountHash"
import { invariants } from "@outcry/model/AccountInvariants"
import { prefix } from "@outcry/model/ClientOrderId"
import { check, type JournalOrderFact, type Verdict } from "@outcry/exchange-sim/Checker"
import type { LogLine } from "@outcry/exchange-sim/AcceptLog"
import { Effect } from "effect"
import { strategyOf } from "./FloorSpec.ts"
import type { Harness } from "./Harness.ts"
import { found, instead } from "./WaitUntil.ts"

export interface Outcome {
  readonly verdict: Verdict
  readonly acceptLog: ReadonlyArray<LogLine>
  readonly journal: ReadonlyArray<JournalOrderFact>
  readonly byState: Readonly<Record<string, number>>
  /** Why orders were rejected, not placed or for a while unknown, with counts. */
  readonly reasons: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly facts: number
  readonly fills: number
  /** In words; empty is the goal. */
  readonly violations: ReadonlyArray<string>
}

const stillWithinMs = 40_000

/** Stops the strategies and waits until no order of any account is open or unknown. */
const bringToRest = Effect.fnUntraced(function* (harness: Harness) {
  const { accounts, observer, until } = harness
  yield* Effect.forEach(accounts, (account) =>
    until(
      { what: `${strategyOf(account)} pauses`, withinMs: stillWithinMs },
      Effect.map(observer.pause(strategyOf(account)), (paused) => (paused ? found(undefined) : instead("no answer")))
    )
  )
  yield* Effect.forEach(accounts, (account) =>
    until(
      { what: `the orders of ${account} end`, withinMs: stillWithinMs, everyMs: 100 },
      Effect.gen(function* () {
        yield* observer.cancelAll(account)
        const status = yield* observer.status(account)
        if (status === undefined) return instead("no answer")
        const open = status.openOrders.map((order) => `${order.clientOrderId} ${order.status}`)
        return open.length === 0 ? found(undefined) : instead(open.join(", "))
      })
    )
  )
})

/** Replay against live, account by account. */
const replayed = Effect.fnUntraced(function* (harness: Harness) {
  const violations: Array<string> = []
  for (const account of harness.accounts) {
    const live = yield* harness.until(
      { what: `${account} says how it stands`, withinMs: stillWithinMs },
      Effect.map(harness.observer.status(account), (status) =>
        status === undefined ? instead("no answer") : found(status)
      )
    )
    const state = yield* harness.observer.replay(account, live.seq)
    if (state.seq !== live.seq)
      violations.push(`${account} says it is at fact ${live.seq}; its journal ends at ${state.seq}`)
    else if (stateHash(state) !== live.stateHash)
      violations.push(`${account} at fact ${live.seq} is not what its journal replays to`)
    for (const broken of invariants(state)) violations.push(`${account}: ${broken}`)
    if (state.differences > 0) violations.push(`${account} flagged ${state.differences} differences with the venue`)
  }
  return violations
})

const stopNodes = Effect.fnUntraced(function* (harness: Harness) {
  const violations: Array<string> = []
  for (const node of harness.nodes) {
    if (!(yield* node.isRunning)) continue
    const { code, signal } = yield* node.stop
    if (code !== 0) violations.push(`${node.name} ended with ${code ?? signal} when asked to stop`)
  }
  return violations
})

const reasonKinds = ["OrderRejected", "OrderNotPlaced", "OrderUnknown"]

const count = (into: Record<string, number>, key: string, by = 1): void => {
  into[key] = (into[key] ?? 0) + by
}

const journalOf = Effect.fnUntraced(function* (harness: Harness) {
  const journal: Array<JournalOrderFact> = []
  const reasons: Record<string, Record<string, number>> = {}
  const byState: Record<string, number> = {}
  for (const account of harness.accounts) {
    const rows = yield* harness.observer.rows(account)
    for (const { payload, seq, type } of rows) {
      const fact = { entityId: account, seq, type, payload: payload as JournalOrderFact["payload"] }
      journal.push(fact)
      if (!reasonKinds.includes(type)) continue
      const code = fact.payload["code"]
      const reason = `${typeof code === "string" ? `${code} ` : ""}${String(fact.payload["reason"])}`
      count((reasons[type] ??= {}), reason)
    }
    const state = yield* harness.observer.replay(account, Infinity)
    for (const order of state.orders.values()) count(byState, order.status)
    for (const { outcomes } of state.strategies.values())
      for (const [status, ended] of outcomes) count(byState, status, ended)
  }
  return { journal, reasons, byState }
})

/** The checker's findings as sentences. */
export const findings = (verdict: Verdict): ReadonlyArray<string> => [
  ...verdict.ordersLost.map(({ clientOrderId, reason }) => `lost ${clientOrderId}: ${reason}`),
  ...verdict.ordersDuplicated.map(({ clientOrderId, reason }) => `doubled ${clientOrderId}: ${reason}`),
  ...verdict.misfilled.map(({ clientOrderId, reason }) => `misfilled ${clientOrderId}: ${reason}`),
  ...[...verdict.open, ...verdict.unknown, ...verdict.pending].map((id) => `${id} came to no end`)
]

/** Ends the run; the nodes are stopped afterwards. */
export const conclude = Effect.fnUntraced(function* (harness: Harness) {
  yield* bringToRest(harness)
  const unlike = yield* replayed(harness)
  const unclean = yield* stopNodes(harness)
  const { byState, journal, reasons } = yield* journalOf(harness)
  const acceptLog = yield* harness.exchange.log
  const verdict = check({ acceptLog, journal, prefix })
  const outcome: Outcome = {
    verdict,
    acceptLog,
    journal,
    byState,
    reasons,
    facts: journal.length,
    fills: journal.filter(({ type }) => type === "OrderFilled").length,
    violations: [...findings(verdict), ...unlike, ...unclean]
  }
  return outcome
})
