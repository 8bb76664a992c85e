/** The simulated seeds of a whole test run; a seed that failed runs again alone by the command that its report names. */
import { describe, expect, inject, it } from "vitest"
import { summary } from "./BackgroundReport.ts"
import { type SeedViolation, runSeeds, withWorkers } from "./Runner.ts"

const { count, from } = inject("seeds")
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
    const { hashes } = await summary()
    const again = await withWorkers((workers) => runSeeds(workers, { count: hashes.length, from }))
    expect([...again.hashes]).toEqual(hashes)
    expect(new Set(again.hashes.values()).size).toBe(hashes.length)
  })
})
