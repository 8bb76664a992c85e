/**
 * The seeds and the planted bugs of a test run, in a process of its own that gives way to everything else: it starts with the
 * run and uses what the other suites leave of the cores. Its report is a file, complete once it bears its name.
 */
import { renameSync, writeFileSync } from "node:fs"
import { constants, setPriority } from "node:os"
import { type PlantedReport, runPlanted, runSeeds, type SeedViolation, withWorkers } from "./Runner.ts"

export interface SeedsSummary {
  readonly seeds: number
  readonly ms: number
  readonly violations: ReadonlyArray<SeedViolation>
  /** Seed and trace hash of the first ones. */
  readonly hashes: ReadonlyArray<readonly [number, string]>
  /** What became of each bug that the simulation can see. */
  readonly planted: ReadonlyArray<PlantedReport>
}

const hashesKept = 50
const [from, count, file] = process.argv.slice(2)

if (file !== undefined) {
  setPriority(constants.priority.PRIORITY_LOW)
  const total = Number(count)
  const onProgress = (done: number, violating: number): void => {
    if (done % 1000 < 20) console.log(`${done} of ${total} seeds simulated, ${violating} of them break a promise`)
  }
  const [{ hashes, ms, seeds, violations }, planted] = await withWorkers(async (workers) => [
    await runSeeds(workers, { from: Number(from), count: total, onProgress }),
    await runPlanted(workers, {})
  ])
  const first = [...hashes].toSorted(([a], [b]) => a - b).slice(0, hashesKept)
  const summary: SeedsSummary = { seeds, ms, violations, hashes: first, planted }
  writeFileSync(`${file}.part`, JSON.stringify(summary))
  renameSync(`${file}.part`, file)
  process.exit(0)
}
