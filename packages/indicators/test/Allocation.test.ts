/**
 * A bar allocates nothing but the numbers that V8 boxes at a call it does not inline: 16 bytes an argument and 16 for the
 * answer. Measured on the heap of a process in which no collection happens; no clock is read.
 */
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { indicators } from "../src/Registry.ts"

interface Told {
  readonly name: string
  readonly inputs: number
  readonly bytes: number
}

const boxedNumber = 16

/** Arguments and an answer, and one number for what else happens in the process. */
const allowance = ({ inputs }: Told): number => boxedNumber * (inputs + 2)

const measured = (): ReadonlyArray<Told> => {
  const meter = fileURLToPath(new URL("AllocationMeter.ts", import.meta.url))
  // Code is optimised when it is due, not when another thread gets to it.
  const flags = ["--min-semi-space-size=1024", "--max-semi-space-size=1024", "--no-concurrent-recompilation"]
  // Code that Node kept from another process is not optimised as the code of this one is.
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" }
  const { status, stderr, stdout } = spawnSync(process.execPath, [...flags, meter], { encoding: "utf8", env })
  if (status !== 0) throw new Error(stderr)
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Told)
}

describe("an update and a peek", () => {
  it("allocate nothing, for any indicator", { timeout: 300_000 }, () => {
    const all = measured()
    expect(all.length).toBe(indicators.length + 1)
    expect(all.filter((told) => told.bytes > allowance(told)).map(({ name }) => name)).toEqual(["wasteful"])
  })
})
