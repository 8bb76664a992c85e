/** The scenarios of every run of the tests, on real processes and real Postgres. `npm run faults` makes more of them. */
import { scenarioLine } from "@outcry/runtime/chaos/FaultText"
import { runSuite, type SuiteOutcome } from "@outcry/runtime/chaos/ScenarioSuite"
import { Effect, References } from "effect"
import { beforeAll, describe, expect, it } from "vitest"

const count = 40
/** Whoever is not root cannot mount a disk of limited size; nothing else may be left out. */
const mayBeSkipped: ReadonlyArray<string> = ["database disk full"]

describe("forty scenarios", () => {
  let suite: SuiteOutcome

  beforeAll(async () => {
    const progress = {
      started: (folder: string, floor: number) => void process.stderr.write(`floor ${floor} trades in ${folder}\n`),
      ended: (result: SuiteOutcome["results"][number], done: number) =>
        void process.stderr.write(`${scenarioLine(result, done, count)}\n`)
    }
    const spec = { nodes: 2, accounts: 4, shardLockExpirationMs: 3_000 }
    suite = await Effect.runPromise(
      runSuite({ first: 1, count, floors: 2, spec, keep: false }, progress).pipe(
        Effect.scoped,
        Effect.provideService(References.MinimumLogLevel, "None")
      )
    )
  }, 480_000)

  it("violate nothing, one by one and as a whole", () => {
    const violated = suite.results.flatMap(({ faults, seed, violations }) =>
      violations.map(({ detail, invariant }) => `#${seed} ${faults.join(" + ")}: ${invariant} ${detail}`)
    )
    expect(violated).toEqual([])
    expect(suite.atEnd).toEqual([])
  })

  it("are all carried out", () => {
    expect(suite.results.map(({ seed }) => seed)).toEqual(Array.from({ length: count }, (_, index) => index + 1))
    const skipped = suite.results.filter(({ verdict }) => verdict === "skipped")
    expect(skipped.flatMap(({ faults }) => faults).filter((name) => !mayBeSkipped.includes(name))).toEqual([])
  })

  it("say what became of every order, under load throughout", () => {
    for (const { faults, orders, timeline } of suite.results) {
      expect(Object.values(orders.byState).reduce((sum, each) => sum + each, 0)).toBe(orders.placed)
      expect(timeline.at(-1)?.what).toBe(
        faults.includes("stand-by promoted (asynchronous, behind)") ? "the loss is told" : "the floor is at rest"
      )
    }
    const placed = suite.results.reduce((sum, { orders }) => sum + orders.placed, 0)
    expect(placed).toBeGreaterThan(count * 10)
  })
})
