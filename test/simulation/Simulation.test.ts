/** The simulated seeds of a whole test run; a seed that failed runs again alone by the command that its report names. */
import { describe, expect, inject, it } from "vitest"
import { summary } from "./BackgroundReport.ts"
import type { SeedViolation } from "./Runner.ts"

const { count } = inject("seeds")
const reported = 5

const render = ({ detail, faults, invariant, seed }: SeedViolation): string =>
  `seed ${seed} breaks ${invariant}: ${detail} (${faults.join("; ") || "no faults"}); ` +
  `npm run faults -- --seed ${seed}`

describe("simulated floors", () => {
  it(`keep every promise in ${count} seeds`, async () => {
    const { ms, seeds, violations } = await summary()
    console.log(`${seeds} seeds in ${Math.round(ms / 1000)} s, beside the other suites`)
    expect(violations.slice(0, reported).map(render)).toEqual([])
    expect(seeds).toBe(count)
  })

  it("run the same way twice, by the hash of all that happened", async () => {
    const { again, hashes } = await summary()
    expect(hashes.length).toBe(Math.min(50, count))
    expect(again).toEqual(hashes)
    expect(new Set(hashes.map(([, hash]) => hash)).size).toBe(hashes.length)
  })
})
