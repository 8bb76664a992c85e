/**
 * The simulation by itself: `node --conditions=faults test/simulation/main.ts --seeds 10000 [--from 1] [--seed S]
 * [--planted [NAME]] [--verbose]`. Ends with 1 where a promise was broken, or where a planted bug was not caught.
 */
import { plantedBugs } from "@outcry/model/Planted"
import { arm } from "@outcry/model/PlantedArmed"
import { parseArgs } from "node:util"
import { onlyInPostgres, type PlantedReport, runPlanted, runSeeds, withWorkers } from "./Runner.ts"
import { simulate } from "./Simulation.ts"

const lastShown = 60

const whole = (name: string, text: string): number => {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 0) return value
  console.error(`--${name} must be a whole number, not "${text}".`)
  process.exit(2)
}

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    workers: { type: "string", default: "2" },
    planted: { type: "boolean", default: false },
    bug: { type: "string" },
    verbose: { type: "boolean", default: false }
  }
})
const bug = plantedBugs.find((each) => each === values.bug)
if (values.bug !== undefined && bug === undefined) {
  console.error(`--bug must be one of ${plantedBugs.join(", ")}.`)
  process.exit(2)
}

const one = (seed: number): boolean => {
  arm(bug)
  const log = (who: string, text: string): void => console.log(`${who.padEnd(9)} ${text}`)
  const outcome = simulate(seed, values.verbose ? { log } : {})
  for (const { timeUs, what, who } of outcome.last.slice(values.verbose ? 0 : -lastShown))
    if (values.verbose || outcome.violations.length > 0)
      console.log(`${(timeUs / 1000).toFixed(3).padStart(10)} ms  ${who.padEnd(9)} ${what}`)
  for (const { detail, invariant } of outcome.violations) console.log(`seed ${seed} breaks ${invariant}: ${detail}`)
  const { fills, hash, orders, steps, virtualMs } = outcome
  console.log(
    `seed ${seed}: hash ${hash}, ${steps} steps, ${virtualMs} ms of virtual time, ${orders} orders, ${fills} fills`
  )
  console.log(`faults: ${outcome.faults.join("; ") || "none"}`)
  return outcome.violations.length === 0
}

const many = async (): Promise<boolean> => {
  const count = whole("seeds", values.seeds)
  const from = whole("from", values.from)
  const options = {
    count,
    from,
    ...(bug === undefined ? {} : { planted: bug }),
    onProgress: (done: number, violating: number) => {
      if (done % 500 < 20) console.log(`${done} of ${count} seeds, ${violating} of them break a promise`)
    }
  }
  const report = await withWorkers((workers) => runSeeds(workers, options), whole("workers", values.workers))
  for (const { detail, faults, invariant, seed } of report.violations)
    console.log(`seed ${seed} breaks ${invariant}: ${detail} (${faults.join("; ") || "no faults"})`)
  const seconds = report.ms / 1000
  console.log(
    `${report.seeds} seeds in ${seconds.toFixed(1)} s, ${report.violations.length} violations; again with --seed S --verbose`
  )
  return report.violations.length === 0
}

const planted = async (): Promise<boolean> => {
  const options = {
    seedsMax: whole("seeds", values.seeds),
    from: whole("from", values.from),
    onProgress: ({ bug: name, caught, detail, invariant, seed, seeds }: PlantedReport) =>
      console.log(
        caught
          ? `${name}: caught after ${seeds} seeds, by ${seed}: ${invariant}, ${detail}`
          : `${name}: not caught in ${seeds} seeds`
      )
  }
  const reports = await withWorkers((workers) => runPlanted(workers, options), whole("workers", values.workers))
  console.log(
    `${reports.filter(({ caught }) => caught).length} of ${reports.length} caught; ${onlyInPostgres.join(", ")} only by the fence races`
  )
  return reports.every(({ caught }) => caught)
}

const holds =
  values.seed !== undefined ? one(whole("seed", values.seed)) : values.planted ? await planted() : await many()
process.exit(holds ? 0 : 1)
