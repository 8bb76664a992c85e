/** What a node's metrics say of a strategy that has left it. */
import { assert, layer } from "@effect/vitest"
import { defineStrategy } from "@outcry/model/Strategy"
import * as Metrics from "@outcry/telemetry/Metrics"
import { until } from "@outcry/testkit/AccountHarness"
import { ScriptedVenue } from "@outcry/testkit/ScriptedVenue"
import * as TestJournal from "@outcry/testkit/TestJournal"
import { Effect, Metric, Schema } from "effect"
import { btc, Market, startNode, untilCondition } from "./Harness.ts"

const thrower = defineStrategy({
  name: "thrower",
  version: 1,
  parameters: Schema.Struct({}),
  state: Schema.Struct({}),
  feeds: () => [{ instrument: btc, quotes: true }],
  initial: () => ({}),
  onStart: () => {
    throw new Error("cannot begin")
  }
})

layer(TestJournal.layer, { excludeTestServices: true, timeout: 120_000 })("the gauge of a lock", (it) => {
  it.effect("is 1 where the strategy is locked, and 0 once it has gone from there", () =>
    Effect.gen(function* () {
      const locked = Metric.withAttributes(Metrics.strategyLocked, { strategy: "gone" })
      const shown = Effect.map(Metric.value(locked), ({ value }) => value)
      const node = yield* startNode({
        account: "gone",
        strategies: { gone: { definition: thrower } },
        venue: new ScriptedVenue(),
        market: new Market()
      })
      yield* untilCondition(node, "gone", "locked")
      yield* until(
        "the gauge shows it",
        Effect.map(shown, (value) => value === 1)
      )
      yield* node.stop
      assert.strictEqual(yield* shown, 0)
    })
  )
})
