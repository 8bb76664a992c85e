/**
 * A run of kills: node after node dies at one fail point after another while the floor trades, each starts again, and at
 * the end the verdict is passed. A kill that left nothing in flight proves nothing and is made again.
 */
import { SeededRandom } from "@outcry/model/SeededRandom"
import { Effect } from "effect"
import type { Harness } from "./Harness.ts"
import { type Kill, killRound } from "./KillRound.ts"
import type { FailPointName } from "@outcry/actor-account/FailPoint"
import type { Violation } from "./Stage.ts"
import { conclude, type Outcome } from "./Verdict.ts"

export interface KillRun {
  readonly kills: ReadonlyArray<Kill>
  /** Kills with nothing in flight, which do not count. */
  readonly idleKills: ReadonlyArray<Kill>
  readonly outcome: Outcome
  readonly violations: ReadonlyArray<Violation>
}

/**
 * The points between the commit of an intent and that of the venue's answer: whoever dies there leaves it in flight. Not
 * `wire.answered`: by then the user stream has often told the answer already, and the journal has it.
 */
const inFlightPoints: ReadonlyArray<FailPointName> = [
  "intent.committed",
  "wire.checked",
  "ack.appending",
  "wire.sending",
  "wire.sent"
]
/** Every account of a dead node accepts commands again within this. */
export const acceptMsMax = 5_000
/** Besides the orders' expiry: orders in flight are settled within W + this; the clocks here are one. */
export const settleMsMax = 2_000
/** Facts that every account commits between two kills: all trade on. */
const factsBetween = 6
const idleMax = 10

const late = (harness: Harness, kill: Kill, number: number): ReadonlyArray<Violation> => {
  const bound = harness.floor.orderExpiryMs + settleMsMax
  const accepted = kill.acceptMs.flatMap((ms, index) =>
    ms <= acceptMsMax ? [] : [`${kill.accountsOnIt[index]} accepted commands only after ${ms} ms`]
  )
  const settled = kill.settledMs.flatMap((ms) =>
    ms <= bound ? [] : [`an order in flight was settled only after ${ms} ms`]
  )
  return [...accepted, ...settled].map((what) => ({ invariant: "I7", detail: `kill ${number}: ${what}` }))
}

/** Any node that owns accounts. */
export const ownerOf = (random: SeededRandom, places: ReadonlyMap<string, string>): string => {
  const owners = [...new Set(places.values())].toSorted()
  return random.pick(owners)
}

export const killRun = Effect.fnUntraced(function* (
  harness: Harness,
  wanted: number,
  progress: (kill: Kill, number: number) => void
) {
  const random = new SeededRandom(harness.spec.seed)
  const kills: Array<Kill> = []
  const idleKills: Array<Kill> = []
  while (kills.length < wanted && idleKills.length <= idleMax) {
    yield* harness.trades(factsBetween)
    const places = yield* harness.steady
    const point = inFlightPoints[kills.length % inFlightPoints.length]!
    const kill = yield* killRound(harness, places, ownerOf(random, places), point)
    if (kill.inFlight === 0) idleKills.push(kill)
    else {
      kills.push(kill)
      progress(kill, kills.length)
    }
  }
  yield* harness.trades(factsBetween)
  yield* harness.steady
  const outcome = yield* conclude(harness)
  const short: ReadonlyArray<Violation> =
    kills.length < wanted ? [{ invariant: "I7", detail: `only ${kills.length} kills left an order in flight` }] : []
  const run: KillRun = {
    kills,
    idleKills,
    outcome,
    violations: [...outcome.violations, ...short, ...kills.flatMap((kill, index) => late(harness, kill, index + 1))]
  }
  return run
})
