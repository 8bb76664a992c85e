/**
 * Runs many seeds on all cores, each in a process of its own that has the fault condition. Seeds are handed out in order,
 * so that the first that breaks a promise is known as soon as all before it are done.
 */
import { plantedBugs, type PlantedBug } from "@outcry/model/Planted"
import { type ChildProcess, fork } from "node:child_process"
import { setPriority } from "node:os"
import { join } from "node:path"
import type { Violation } from "./Verdict.ts"
import type { Order, SeedOutcome } from "./Worker.ts"

export interface SeedsOptions {
  readonly count: number
  /** The first seed; default 1. */
  readonly from?: number
  /** A bug to plant. */
  readonly planted?: PlantedBug
  /** Goes no further than the first seed that breaks a promise. */
  readonly stopsAtFirst?: boolean
  readonly onProgress?: (done: number, violating: number) => void
}

export interface SeedViolation {
  readonly seed: number
  /** `I1 lost`, `I5 owners` and so on. */
  readonly invariant: string
  readonly detail: string
  readonly faults: ReadonlyArray<string>
}

export interface SeedsReport {
  /** Seeds that were run. */
  readonly seeds: number
  readonly violations: ReadonlyArray<SeedViolation>
  /** Trace hash by seed. */
  readonly hashes: ReadonlyMap<number, string>
  readonly ms: number
}

export interface PlantedReport {
  readonly bug: PlantedBug
  readonly caught: boolean
  /** Runs that were needed, the one that caught it included; all that were made where none did. */
  readonly seeds: number
  readonly seed: number | undefined
  readonly invariant: string
  readonly detail: string
}

/** Seeds handed out at once; few where the first that breaks a promise ends the search. */
const chunk = 20
const searchChunk = 4
/** The condition, and room for short-lived objects: a run makes many and keeps none. */
const nodeArguments = ["--conditions=faults", "--max-semi-space-size=64"]
/** Only real sessions can show these: the database in memory has no open transactions. */
export const onlyInPostgres: ReadonlyArray<PlantedBug> = ["noForShare"]
/** Bugs of the journal's statement, which the races on Postgres show at once. */
export const inPostgres: ReadonlyArray<PlantedBug> = [...onlyInPostgres, "noEpochCheck", "secondRowOfRefusedAppend"]

/** One order at a time. */
class Worker {
  private readonly child: ChildProcess

  constructor(priority: number | undefined) {
    this.child = fork(join(import.meta.dirname, "Worker.ts"), { execArgv: nodeArguments, stdio: "inherit" })
    if (priority !== undefined && this.child.pid !== undefined) setPriority(this.child.pid, priority)
  }

  run<A>(order: Order): Promise<A> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null): void =>
        reject(new Error(`A simulation process ended with ${code} while it worked ${JSON.stringify(order)}.`))
      this.child.once("exit", ended)
      this.child.once("message", (answer: A) => {
        this.child.off("exit", ended)
        resolve(answer)
      })
      this.child.send(order)
    })
  }

  stop(): void {
    this.child.kill("SIGKILL")
  }
}

/** Processes that stay warm from one search to the next. */
export type Workers = ReadonlyArray<Worker>

/** Runs `work` with that many workers, of the caller's priority unless another is given, and ends them when it is done. */
export const withWorkers = async <A>(
  work: (workers: Workers) => Promise<A>,
  count = 2,
  priority?: number
): Promise<A> => {
  const workers = Array.from({ length: count }, () => new Worker(priority))
  try {
    return await work(workers)
  } finally {
    for (const worker of workers) worker.stop()
  }
}

export const runSeeds = async (workers: Workers, options: SeedsOptions): Promise<SeedsReport> => {
  const { count, from = 1, onProgress, planted, stopsAtFirst = false } = options
  const startedMs = performance.now()
  const hashes = new Map<number, string>()
  const violations: Array<SeedViolation> = []
  const violating = new Set<number>()
  const end = from + count
  let next = from
  const atOnce = stopsAtFirst ? searchChunk : chunk
  const work = async (worker: Worker): Promise<void> => {
    while (next < end && !(stopsAtFirst && violating.size > 0)) {
      const order = { _tag: "Seeds", from: next, count: Math.min(atOnce, end - next), planted, stopsAtFirst } as const
      next += order.count
      for (const outcome of await worker.run<ReadonlyArray<SeedOutcome>>(order)) {
        hashes.set(outcome.seed, outcome.hash)
        for (const violation of outcome.violations) {
          violations.push({ seed: outcome.seed, faults: outcome.faults, ...violation })
          violating.add(outcome.seed)
        }
      }
      onProgress?.(hashes.size, violating.size)
    }
  }
  await Promise.all(workers.map(work))
  violations.sort((a, b) => a.seed - b.seed)
  return { seeds: hashes.size, violations, hashes, ms: Math.round(performance.now() - startedMs) }
}

/** Runs the races of the fence on a Postgres of their own, in a process that has the fault condition. */
export const runFences = (planted?: PlantedBug): Promise<ReadonlyArray<Violation>> =>
  withWorkers(([worker]) => worker!.run<ReadonlyArray<Violation>>({ _tag: "Fences", planted }), 1)

/** Plants each bug that the simulation can see, and says after how many seeds it was caught. */
export const runPlanted = async (
  workers: Workers,
  options: {
    readonly bugs?: ReadonlyArray<PlantedBug>
    /** Seeds that a bug may take; default 1,000. */
    readonly seedsMax?: number
    readonly from?: number
    readonly onProgress?: (report: PlantedReport) => void
  }
): Promise<ReadonlyArray<PlantedReport>> => {
  const {
    bugs = plantedBugs.filter((bug) => !onlyInPostgres.includes(bug)),
    from = 1,
    onProgress,
    seedsMax = 1000
  } = options
  const reports: Array<PlantedReport> = []
  for (const bug of bugs) {
    const { seeds, violations } = await runSeeds(workers, { count: seedsMax, from, planted: bug, stopsAtFirst: true })
    const first = violations[0]
    const report: PlantedReport = {
      bug,
      caught: first !== undefined,
      seeds: first === undefined ? seeds : first.seed - from + 1,
      seed: first?.seed,
      invariant: first?.invariant ?? "",
      detail: first?.detail ?? ""
    }
    reports.push(report)
    onProgress?.(report)
  }
  return reports
}
