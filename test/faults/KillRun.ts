/**
 * A run of kills: node after node dies at one fail point after another while the floor trades, each starts again, and at
 * the end the verdict is passed. A kill that left nothing in flight proves nothing and is made again.
 */
import { SeededRandom } from "@outcry/model/SeededRandom"
import { Effect } from "effect"
import type { Harness } from "./Harness.ts"
import { type Kill, killRound } from "./KillRound.ts"
import { failPoints } from "./NodeProcess.ts"
import { conclude, type Outcome } from "./Verdict.ts"

export interface KillRun {
  readonly kills: ReadonlyArray<Kill>
  /** Kills with nothing in flight, which do not count. */
  readonly idleKills: ReadonlyArray<Kill>
  readonly outcome: Outcome
  readonly violations: ReadonlyArray<string>
}

/** Every account of a dead node accepts commands again within this. */
export const acceptMsMax = 5_000
/** Besides the orders' expiry: orders in flight are settled within W + this; the clocks here are one. */
export const settleMsMax = 2_000
/** Facts that every account commits between two kills: all trade on. */
const factsBetween = 6
const idleMax = 10

const late = (harness: Harness, kill: Kill, number: number): ReadonlyArray<string> => {
  const bound = harness.floor.orderExpiryMs + settleMsMax
  const accepted = kill.acceptMs.flatMap((ms, index) =>
    ms <= acceptMsMax ? [] : [`kill ${number}: ${kill.accountsOnIt[index]} accepted commands only after ${ms} ms`]
  )
  const settled = kill.settledMs.flatMap((ms) =>
    ms <= bound ? [] : [`kill ${number}: an order in flight was settled only after ${ms} ms`]
  )
  return [...accepted, ...settled]
}

/** The node to die: any that owns accounts. */
const victimOf = (random: SeededRandom, places: ReadonlyMap<string, string>): string => {
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
    const point = failPoints[kills.length % failPoints.length]!
    const kill = yield* killRound(harness, places, victimOf(random, places), point)
    if (kill.inFlight === 0) idleKills.push(kill)
    else {
      kills.push(kill)
      progress(kill, kills.length)
    }
  }
  yield* harness.trades(factsBetween)
  yield* harness.steady
  const outcome = yield* conclude(harness)
  const short = kills.length < wanted ? [`only ${kills.length} kills left an order in flight`] : []
  const run: KillRun = {
    kills,
    idleKills,
    outcome,
    violations: [...outcome.violations, ...short, ...kills.flatMap((kill, index) => late(harness, kill, index + 1))]
  }
  return run
})
