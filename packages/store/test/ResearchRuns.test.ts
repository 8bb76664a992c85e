import { assert, layer } from "@effect/vitest"
import { migratedDatabase } from "@outcry/testkit/TestJournal"
import { Effect } from "effect"
import { findRun, keepRun, listRuns, type ResearchRun } from "../src/ResearchRuns.ts"

const run = (runId: string, more: Partial<ResearchRun> = {}): ResearchRun => ({
  runId,
  kind: "backtest",
  name: "cross",
  instruments: ["us:SPY"],
  from: 883_872_000_000_000,
  to: 1_609_459_200_000_000,
  parameters: { fast: 10, slow: 50 },
  metrics: { sharpe: 0.71 },
  ...more
})

layer(migratedDatabase, { excludeTestServices: true, timeout: 120_000 })("the history of research", (it) => {
  it.effect("keeps a run once, with its record", () =>
    Effect.gen(function* () {
      const record = { curve: { equity: [1, 2.5], timeUs: [883_872_000_000_001] }, note: 'a \u0000 and "quotes"' }
      assert.isTrue(yield* keepRun(run("a1b2c3"), record))
      assert.isFalse(yield* keepRun(run("a1b2c3", { name: "other" }), {}))
      const found = yield* findRun("a1b2c3")
      const { createdMs, ...kept } = found.run
      assert.deepStrictEqual(kept, run("a1b2c3"))
      assert.isAbove(createdMs, 0)
      assert.deepStrictEqual(found.record, record)
    })
  )

  it.effect("finds one by the beginning of its id, and names what there is no one of", () =>
    Effect.gen(function* () {
      yield* keepRun(run("ff01"), 1)
      yield* keepRun(run("ff02"), 2)
      assert.strictEqual((yield* findRun("ff02")).record, 2)
      assert.strictEqual((yield* Effect.flip(findRun("ff")))._tag, "ResearchRunUnknown")
      assert.include((yield* Effect.flip(findRun("zz"))).message, "no run zz")
    })
  )

  it.effect("lists the newest first, by kind and name", () =>
    Effect.gen(function* () {
      yield* keepRun(run("older", { kind: "study", name: "s" }), {})
      yield* keepRun(run("newer", { kind: "study", name: "s" }), {})
      yield* keepRun(run("else", { kind: "study", name: "t" }), {})
      const named = yield* listRuns({ kind: "study", name: "s", limit: 10 })
      assert.deepStrictEqual(
        named.map(({ runId }) => runId),
        ["newer", "older"]
      )
      assert.lengthOf(yield* listRuns({ kind: "study", limit: 1 }), 1)
    })
  )
})
