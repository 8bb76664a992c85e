/**
 * One scenario on a running floor: its faults strike while the floor trades, everything is mended, the floor must trade
 * again and come to rest within its bounds, and then the verdict is passed over the scenario's own orders.
 */
import type { FaultRule } from "@outcry/exchange-sim/Faults"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { Cause, Effect, Exit } from "effect"
import { settledOnly, untilTold } from "./Detection.ts"
import { type FloorBook, openBook } from "./FloorBook.ts"
import type { Harness } from "./Harness.ts"
import type { Scenario } from "./ScenarioPlan.ts"
import { judge, type OrderOutcomes, outcomesOf } from "./ScenarioVerdict.ts"
import { type Fault, FaultImpossible, type FaultFailure, type Invariant, type Stage, type Violation } from "./Stage.ts"
import { bringToRest, goOn } from "./Verdict.ts"
import { found, instead } from "./WaitUntil.ts"

export interface ScenarioResult {
  readonly seed: number
  readonly faults: ReadonlyArray<string>
  readonly verdict: "held" | "violated" | "skipped"
  /** Of a skipped one: why it could not be done here. */
  readonly reason: string
  readonly violations: ReadonlyArray<Violation>
  readonly timeline: ReadonlyArray<{ readonly atMs: number; readonly what: string }>
  readonly orders: OrderOutcomes
  /** From the moment all was mended until every account had committed a new command, ms. */
  readonly acceptMs: number
  /** The same until every load strategy traded again, ms. */
  readonly tradingMs: number
  readonly tookMs: number
  /** The floor did not come to rest, or lost facts as its fault wants it: what follows needs a new one. */
  readonly floorLost: boolean
}

/** Every account accepts commands within this once all is mended. */
const acceptWithinMs = 20_000
/** Here it is to be shown that it does, not exactly when: the machine may be busy. */
const probePatienceMs = 2_000
const tradesAfter = 3
/** A second fault strikes within this of the first. */
const overlapMsMax = 1_500
/** Trading before the first fault. */
const beforeMs = 300

const noOrders: OrderOutcomes = { placed: 0, fills: 0, byState: {}, reasons: {}, unknownMsMax: 0, intentsRefused: 0 }

export interface Theatre {
  readonly harness: Harness
  readonly book: FloorBook
}

export const openTheatre = (harness: Harness): Theatre => ({ harness, book: openBook(harness) })

const wordsOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}

const accountsAccept = (harness: Harness, sinceMs: number) =>
  Effect.forEach(
    harness.accounts,
    (account) =>
      harness.until(
        { what: `${account} accepts a command`, withinMs: acceptWithinMs, everyMs: 20 },
        Effect.map(harness.observer.probe(account, probePatienceMs), (why) =>
          why === undefined ? found(undefined) : instead(why)
        )
      ),
    { concurrency: "unbounded" }
  ).pipe(Effect.map(() => Math.round(performance.now() - sinceMs)))

/** Owners of accounts first, so that what happens to a node matters. */
const castOf = Effect.fnUntraced(function* (harness: Harness, random: SeededRandom) {
  const owned = new Map<string, Array<string>>(harness.nodes.map(({ name }) => [name, []]))
  for (const account of harness.accounts) {
    const status = yield* harness.observer.status(account)
    if (status !== undefined) owned.get(status.node)?.push(account)
  }
  const shuffled = harness.nodes.toSorted(() => (random.chance(0.5) ? 1 : -1))
  const nodes = shuffled.toSorted(
    (a, b) => Number(owned.get(b.name)!.length > 0) - Number(owned.get(a.name)!.length > 0)
  )
  return nodes.map((node) => ({ node, owned: owned.get(node.name)! }))
})

/** Brings back whatever a fault has left broken, so that one failure does not become the next one's. */
const mend = Effect.fnUntraced(function* (harness: Harness) {
  harness.links.heal()
  yield* Effect.ignore(harness.exchange.setFaults([]))
  for (const node of harness.nodes) {
    if (!(yield* node.isRunning)) yield* node.start
    else yield* node.resume
  }
})

export const runScenario = Effect.fnUntraced(function* ({ book, harness }: Theatre, { faults, number }: Scenario) {
  const startMs = performance.now()
  const random = new SeededRandom(number)
  const timeline: Array<{ readonly atMs: number; readonly what: string }> = []
  const violations: Array<Violation> = []
  const note = (what: string) =>
    Effect.sync(() => void timeline.push({ atMs: Math.round(performance.now() - startMs), what }))
  const violated = (invariant: Invariant, detail: string) =>
    Effect.andThen(
      Effect.sync(() => void violations.push({ invariant, detail })),
      note(`violation of ${invariant}: ${detail}`)
    )
  const rules: Array<FaultRule> = []
  const cast = yield* castOf(harness, random)
  const loggedBefore = (yield* harness.exchange.log).length
  const stageOf = (index: number): Stage => {
    // Where all accounts live on one node, a fault of a process gets that one: elsewhere no order passes.
    const place = faults[1]?.needs === "node" ? 1 - index : index
    return {
      harness,
      random: new SeededRandom(number * 10 + index),
      node: cast[place % cast.length]!.node,
      owned: cast[place % cast.length]!.owned,
      peer: cast[(place + 1) % cast.length]!.node,
      note,
      violated,
      venue: (more) => {
        rules.push(...more)
        return harness.exchange.setFaults(rules)
      }
    }
  }
  let impossible = ""
  const act = (fault: Fault, index: number) =>
    fault.strike(stageOf(index)).pipe(
      Effect.delay(index === 0 ? beforeMs : beforeMs + random.between(0, overlapMsMax)),
      Effect.catch((error: FaultFailure) => {
        if (!(error instanceof FaultImpossible)) return violated("I7", `${fault.name}: ${error.message}`)
        impossible = error.message
        return note(`${fault.name} cannot be done here: ${error.message}`)
      })
    )
  yield* Effect.forEach(faults, act, { concurrency: "unbounded", discard: true })

  const losesFacts = faults.some((fault) => fault.losesFacts === true)
  let [acceptMs, tradingMs, floorLost] = [0, 0, losesFacts]
  let orders = noOrders
  const aftermath = Effect.gen(function* () {
    yield* mend(harness)
    const mendedMs = performance.now()
    yield* note("all is mended")
    acceptMs = yield* accountsAccept(harness, mendedMs)
    yield* note("every account accepts commands")
    if (losesFacts) {
      violations.push(...(yield* untilTold(harness, loggedBefore, note)))
      const slice = yield* book.advance
      orders = outcomesOf(slice, book)
      violations.push(...settledOnly(yield* judge(harness, book, slice)))
      return yield* note("the loss is told")
    }
    yield* harness.trades(tradesAfter)
    tradingMs = Math.round(performance.now() - mendedMs)
    yield* note("every load strategy trades")
    yield* bringToRest(harness)
    yield* note("the floor is at rest")
    const slice = yield* book.advance
    orders = outcomesOf(slice, book)
    violations.push(...(yield* judge(harness, book, slice)))
    yield* goOn(harness)
  })
  const end = yield* Effect.exit(aftermath)
  if (Exit.isFailure(end)) {
    if (Cause.hasInterruptsOnly(end.cause)) return yield* Effect.failCause(end.cause)
    floorLost = true
    yield* violated("I7", wordsOf(end.cause))
  }
  const result: ScenarioResult = {
    seed: number,
    faults: faults.map(({ name }) => name),
    verdict: violations.length > 0 ? "violated" : impossible !== "" ? "skipped" : "held",
    reason: impossible,
    violations,
    timeline,
    orders,
    acceptMs,
    tradingMs,
    tookMs: Math.round(performance.now() - startMs),
    floorLost
  }
  return result
})
