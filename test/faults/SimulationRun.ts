/** The deterministic simulation's part of a fault run: many seeds, one seed again, and the bugs that are planted. */
import type { PlantedFinding, SimulationFinding } from "@outcry/runtime/chaos/FaultReport"
import { type Invariant, invariants } from "@outcry/runtime/chaos/Stage"
import { createHash } from "node:crypto"
import {
  onlyInPostgres,
  type PlantedReport,
  runFences,
  runPlanted,
  runSeeds,
  withWorkers,
  type Workers
} from "../simulation/Runner.ts"
import type { Options } from "./Options.ts"

const saysEveryMs = 5_000

const invariantOf = (text: string): Invariant => invariants.find((each) => text.startsWith(each)) ?? "I7"

/** Of one seed its own, of many one over all, in their order: the same seeds give the same. */
const hashOf = (hashes: ReadonlyMap<number, string>): string => {
  if (hashes.size === 1) return [...hashes.values()][0]!
  const sorted = [...hashes].toSorted(([a], [b]) => a - b)
  return createHash("sha256")
    .update(sorted.map(([seed, hash]) => `${seed} ${hash}`).join("\n"))
    .digest("hex")
    .slice(0, 16)
}

/** Undefined where the simulation was not asked for. */
export const runSimulation = async (
  options: Options,
  say: (text: string) => void
): Promise<SimulationFinding | undefined> => {
  const { freezes, kills, planted, quietMinutes, scenarios, seed, seeds } = options
  const alone = seed !== undefined && !planted && seeds + scenarios + kills + freezes + quietMinutes === 0
  if (seeds === 0 && !alone) return undefined
  let saidMs = performance.now()
  const count = alone ? 1 : seeds
  const onProgress = (done: number, violating: number): void => {
    if (performance.now() - saidMs < saysEveryMs) return
    saidMs = performance.now()
    say(`${done} of ${count} seeds, ${violating} of them violated something`)
  }
  const simulated = (workers: Workers) => runSeeds(workers, { count, from: seed ?? 1, onProgress })
  const report = await withWorkers(simulated, Math.min(count, 2))
  for (const { detail, invariant, seed: broken } of report.violations) say(`seed ${broken}: ${invariant}: ${detail}`)
  return {
    seeds: report.seeds,
    violations: report.violations.map((violation) => ({
      seed: violation.seed,
      invariant: invariantOf(violation.invariant),
      detail: `${violation.invariant}: ${violation.detail}`
    })),
    traceHash: hashOf(report.hashes),
    ms: report.ms
  }
}

/** Plants each bug in turn; what only real sessions show is raced on a real Postgres. */
export const plantBugs = async (say: (text: string) => void): Promise<ReadonlyArray<PlantedFinding>> => {
  const tell = (finding: PlantedFinding): PlantedFinding => {
    say(`${finding.name}: ${finding.caught ? "caught" : "not caught"} after ${finding.after} ${finding.by}`)
    return finding
  }
  const found: Array<PlantedFinding> = []
  const onProgress = ({ bug, caught, seeds }: PlantedReport): void =>
    void found.push(tell({ name: bug, by: "seeds", after: seeds, caught }))
  await withWorkers((workers) => runPlanted(workers, { onProgress }))
  for (const name of onlyInPostgres) {
    const broken = await runFences(name)
    found.push(tell({ name, by: "races", after: 1, caught: broken.length > 0 }))
  }
  return found
}
