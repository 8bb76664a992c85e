/** A process of `runSeeds` or `runFences`: works what it is sent and tells what became of it. */
import { arm } from "@outcry/model/PlantedArmed"
import { runRaces } from "./FenceRaces.ts"
import { type Outcome, simulate } from "./Simulation.ts"

interface SeedsOrder {
  readonly _tag: "Seeds"
  readonly from: number
  readonly count: number
  readonly planted: string | undefined
  /** Goes no further than the first seed that breaks a promise. */
  readonly stopsAtFirst: boolean
}

interface FencesOrder {
  readonly _tag: "Fences"
  readonly planted: string | undefined
}

export type Order = SeedsOrder | FencesOrder

export type SeedOutcome = Pick<Outcome, "seed" | "hash" | "violations" | "faults">

const seeds = ({ count, from, stopsAtFirst }: SeedsOrder): ReadonlyArray<SeedOutcome> => {
  const outcomes: Array<SeedOutcome> = []
  for (let seed = from; seed < from + count; seed++) {
    const { faults, hash, violations } = simulate(seed)
    outcomes.push({ seed, hash, violations, faults })
    if (stopsAtFirst && violations.length > 0) break
  }
  return outcomes
}

process.on("message", (order: Order) => {
  arm(order.planted)
  if (order._tag === "Seeds") process.send?.(seeds(order))
  else void runRaces().then((violations) => process.send?.(violations))
})
