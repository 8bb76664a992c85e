/**
 * The end of a run and what is to be said of it. Trading stops, every order comes to its end, the nodes leave; then the
 * exchange's log is joined with the journal by the independent checker, each account is replayed from its first row and
 * held against what it said of itself, and its invariants are checked.
 */
import { stateHash } from "@outcry/model/AccountHash"
import type { AccountState } from "@outcry/model/AccountState"
import { invariants } from "@outcry/model/AccountInvariants"
import { prefix } from "@outcry/model/ClientOrderId"
import { check, type Finding, type JournalOrderFact, type Verdict } from "@outcry/exchange-sim/Checker"
import type { LogLine } from "@outcry/exchange-sim/AcceptLog"
import { Effect } from "effect"
import type { Harness } from "./Harness.ts"
import type { Invariant, Violation } from "./Stage.ts"
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
  /** Empty is the goal. */
  readonly violations: ReadonlyArray<Violation>
}

const stillWithinMs = 40_000

/** What a paused strategy had on its way arrives within this: it repeats what was not answered after a second at most. */
const quietMs = 1_200

/** Stops the strategies and waits until no order of any account is open or unknown, and no fact comes any more. */
export const bringToRest = Effect.fnUntraced(function* (harness: Harness) {
  const { accounts, floor, observer, until } = harness
  yield* Effect.forEach(
    floor.strategies,
    ({ name }) =>
      until(
        { what: `${name} pauses`, withinMs: stillWithinMs },
        Effect.map(observer.control(name, "pause"), (paused) => (paused ? found(undefined) : instead("no answer")))
      ),
    { concurrency: "unbounded", discard: true }
  )
  yield* Effect.forEach(
    accounts,
    (account) =>
      until(
        { what: `the orders of ${account} end`, withinMs: stillWithinMs, everyMs: 100 },
        Effect.gen(function* () {
          yield* observer.cancelAll(account)
          const status = yield* observer.status(account)
          if (status === undefined) return instead("no answer")
          if (status.condition !== "ready") return instead(`it is ${status.condition}`)
          const open = status.openOrders.map((order) => `${order.clientOrderId} ${order.status}`)
          return open.length === 0 ? found(undefined) : instead(open.join(", "))
        })
      ),
    { concurrency: "unbounded", discard: true }
  )
  const facts = Effect.forEach(accounts, observer.status, { concurrency: "unbounded" })
  yield* until(
    { what: "nothing happens any more", withinMs: stillWithinMs },
    Effect.gen(function* () {
      const before = yield* facts
      yield* Effect.sleep(quietMs)
      const after = yield* facts
      const stirs = after.findIndex(
        (status, index) => status === undefined || status.openOrders.length > 0 || status.seq !== before[index]?.seq
      )
      if (stirs === -1) return found(undefined)
      yield* observer.cancelAll(accounts[stirs]!)
      return instead(`${accounts[stirs]} is at fact ${after[stirs]?.seq}`)
    })
  )
})

/** Lets the strategies trade on. */
export const goOn = (harness: Harness) =>
  Effect.forEach(
    harness.floor.strategies,
    ({ name }) =>
      harness.until(
        { what: `${name} resumes`, withinMs: stillWithinMs },
        Effect.map(harness.observer.control(name, "resume"), (resumed) =>
          resumed ? found(undefined) : instead("no answer")
        )
      ),
    { concurrency: "unbounded", discard: true }
  )

const flaggedShown = 5

const flaggedText = ({ flagged }: AccountState): string => [...flagged].slice(0, flaggedShown).join("; ")

/** Replay against live, account by account. */
const replayed = Effect.fnUntraced(function* (harness: Harness, venueLied: boolean) {
  const violations: Array<Violation> = []
  const say = (invariant: Invariant, detail: string) => void violations.push({ invariant, detail })
  for (const account of harness.accounts) {
    const live = yield* harness.until(
      { what: `${account} says how it stands`, withinMs: stillWithinMs },
      Effect.map(harness.observer.status(account), (status) =>
        status === undefined ? instead("no answer") : found(status)
      )
    )
    const state = yield* harness.observer.replay(account, live.seq)
    if (state.seq !== live.seq) say("I4", `${account} says it is at fact ${live.seq}; its journal ends at ${state.seq}`)
    else if (stateHash(state) !== live.stateHash)
      say("I4", `${account} at fact ${live.seq} is not what its journal replays to`)
    for (const broken of invariants(state)) say("I3", `${account}: ${broken}`)
    if (state.differences > 0 && !venueLied)
      say("I3", `${account} flagged ${state.differences} differences with the venue: ${flaggedText(state)}`)
  }
  return violations
})

const stopNodes = Effect.fnUntraced(function* (harness: Harness) {
  const violations: Array<Violation> = []
  for (const node of harness.nodes) {
    if (!(yield* node.isRunning)) continue
    const { code, signal } = yield* node.stop
    if (code !== 0)
      violations.push({ invariant: "I7", detail: `${node.name} ended with ${code ?? signal} when asked to stop` })
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

/** The checker's findings as violations. */
export const findings = (verdict: Verdict): ReadonlyArray<Violation> => {
  const say = (invariant: Invariant, what: string, found: ReadonlyArray<Finding>) =>
    found.map(({ clientOrderId, reason }) => ({ invariant, detail: `${what} ${clientOrderId}: ${reason}` }))
  return [
    ...say("I1", "lost", verdict.ordersLost),
    ...say("I2", "doubled", verdict.ordersDuplicated),
    ...say("I3", "misfilled", verdict.misfilled),
    ...[...verdict.open, ...verdict.unknown, ...verdict.pending].map((id): Violation => ({
      invariant: "I8",
      detail: `${id} came to no end`
    }))
  ]
}

/**
 * Ends the run; the nodes are stopped afterwards. Where the venue was made to lie, differences with it are flagged as they
 * should be and are no violation.
 */
export const conclude = Effect.fnUntraced(function* (harness: Harness, venue: "truthful" | "faulty" = "truthful") {
  yield* bringToRest(harness)
  const unlike = yield* replayed(harness, venue === "faulty")
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
