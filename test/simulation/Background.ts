/**
 * The seeds, the races and the planted bugs of a test run, in a process of its own: it starts with the run, and its seeds
 * take what the other suites leave of the cores. Its report is a file, complete once it bears its name.
 */
import { existsSync, renameSync, writeFileSync } from "node:fs"
import { constants } from "node:os"
import type { PlantedBug } from "@outcry/model/Planted"
import { setup, teardown } from "@outcry/testkit/PostgresTemplate"
import {
  inPostgres,
  type PlantedReport,
  runFences,
  runPlanted,
  runSeeds,
  type SeedViolation,
  withWorkers
} from "./Runner.ts"
import type { Violation } from "./Verdict.ts"

type Hashes = ReadonlyArray<readonly [number, string]>

export interface SeedsSummary {
  readonly seeds: number
  readonly ms: number
  readonly violations: ReadonlyArray<SeedViolation>
  /** Seed and trace hash of the first ones, and of the same once more. */
  readonly hashes: Hashes
  readonly again: Hashes
  /** What became of each bug that the simulation can see. */
  readonly planted: ReadonlyArray<PlantedReport>
  /** What the races on a real Postgres showed with each bug that they can see, and with none. */
  readonly races: ReadonlyArray<{ readonly bug: PlantedBug | undefined; readonly violations: ReadonlyArray<Violation> }>
}

const hashesKept = 50
const inOrder = (hashes: ReadonlyMap<number, string>): Hashes => [...hashes].toSorted(([a], [b]) => a - b)
const [from, count, file] = process.argv.slice(2)

/** Linux shares the processor among sessions first and looks at priorities within each: this one gives way as a whole. */
const giveWay = (): void => {
  const group = "/proc/self/autogroup"
  try {
    if (existsSync(group)) writeFileSync(group, String(constants.priority.PRIORITY_LOW))
  } catch (cause) {
    console.warn(`The seeds take as much of the processor as the suites: ${String(cause)}`)
  }
}

if (file !== undefined) {
  const total = Number(count)
  const onProgress = (done: number, violating: number): void => {
    if (done % 1000 < 20) console.log(`${done} of ${total} seeds simulated, ${violating} of them break a promise`)
  }
  const first = Number(from)
  const simulated = withWorkers(
    async (workers) => {
      const { hashes, ...report } = await runSeeds(workers, { from: first, count: total, onProgress })
      const again = await runSeeds(workers, { from: first, count: Math.min(hashesKept, total) })
      const planted = await runPlanted(workers, {})
      return { ...report, hashes: inOrder(hashes).slice(0, hashesKept), again: inOrder(again.hashes), planted }
    },
    2,
    constants.priority.PRIORITY_LOW
  )
  const races: Array<SeedsSummary["races"][number]> = []
  await setup()
  for (const bug of [undefined, ...inPostgres]) races.push({ bug, violations: await runFences(bug) })
  teardown()
  // Not before: the races have time limits.
  giveWay()
  const summary: SeedsSummary = { ...(await simulated), races }
  writeFileSync(`${file}.part`, JSON.stringify(summary))
  renameSync(`${file}.part`, file)
  process.exit(0)
}
