/** Waits for the report of the seeds and planted bugs that began with the test run. */
import { existsSync, readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { inject } from "vitest"
import type { SeedsSummary } from "./Background.ts"

const { file, pid } = inject("seeds")

const isRunning = (): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Rejects where their process ends without a report. */
export const summary = async (): Promise<SeedsSummary> => {
  for (;;) {
    const ended = !isRunning()
    if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as SeedsSummary
    if (ended) throw new Error("The process that simulates the seeds has ended without a report; its error is above.")
    await sleep(200)
  }
}
