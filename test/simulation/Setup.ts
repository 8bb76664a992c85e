/** Starts the seeds of a test run when the run starts; its suite, which comes late, takes their report. */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestProject } from "vitest/node"

/** `OUTCRY_SEEDS` sets how many (default 10,000) and `OUTCRY_SEEDS_FROM` where they begin. */
const count = Number(process.env["OUTCRY_SEEDS"] ?? 10_000)
const from = Number(process.env["OUTCRY_SEEDS_FROM"] ?? 1)

declare module "vitest" {
  interface ProvidedContext {
    readonly seeds: { readonly from: number; readonly count: number; readonly file: string; readonly pid: number }
  }
}

const kept: Array<() => void> = []

export const setup = (project: TestProject): void => {
  const folder = mkdtempSync(join(tmpdir(), "outcry-seeds-"))
  const file = join(folder, "seeds.json")
  const program = join(import.meta.dirname, "Background.ts")
  // A group of its own, so that its workers end with it.
  const child = spawn(process.execPath, ["--conditions=faults", program, String(from), String(count), file], {
    stdio: ["ignore", "inherit", "inherit"],
    detached: true
  })
  const { pid } = child
  if (pid === undefined) throw new Error("The simulation did not start.")
  child.unref()
  project.provide("seeds", { from, count, file, pid })
  kept.push(() => {
    try {
      process.kill(-pid, "SIGKILL")
    } catch {
      // It has ended already.
    }
    rmSync(folder, { recursive: true, force: true })
  })
}

export const teardown = (): void => {
  for (const end of kept.splice(0)) end()
}
