/** A strategy that trades by a timer, on a node whose wall clock the test sets back. */
import { assert, layer } from "@effect/vitest"
import { defineStrategy } from "@outcry/model/Strategy"
import { until } from "@outcry/testkit/AccountHarness"
import { ScriptedVenue } from "@outcry/testkit/ScriptedVenue"
import * as TestJournal from "@outcry/testkit/TestJournal"
import { Clock, Effect, Schema } from "effect"
import { btc, clockBehind, Market, startNode, type TestNode } from "./Harness.ts"

const statusOf = (node: TestNode) => node.strategy("setBack").Status()

layer(TestJournal.layer, { excludeTestServices: true, timeout: 120_000 })("a strategy with a timer", (it) => {
  it.effect("trades on after the clock was set back, under way and for the run after it", () =>
    Effect.gen(function* () {
      let setBackMs = 0
      let buys = true
      const definition = defineStrategy({
        name: "buyer",
        version: 1,
        parameters: Schema.Struct({}),
        state: Schema.Struct({}),
        feeds: () => [{ instrument: btc }],
        initial: () => ({}),
        onStart: (ctx) => ctx.timer("buy", 50),
        onTimer: (_name, ctx) => {
          if (buys) ctx.buy(btc, { quantity: "0.01", price: "59900.00" })
          ctx.timer("buy", 50)
        }
      })
      const venue = new ScriptedVenue()
      const market = new Market()
      const options = { account: "setBack", strategies: { setBack: { definition } }, venue, market }
      const start = startNode(options).pipe(
        Effect.provideService(
          Clock.Clock,
          clockBehind(() => setBackMs)
        )
      )
      /** Ends with every order answered: none becomes unknown when the clock makes the account start anew. */
      const trades = Effect.fnUntraced(function* (node: TestNode) {
        const before = venue.placed.length
        buys = true
        const { refused } = yield* until(
          "it trades on or is refused",
          Effect.map(statusOf(node), (status) =>
            venue.placed.length >= before + 5 || status.refused.length > 0 ? status : undefined
          )
        )
        assert.deepStrictEqual(refused, [])
        buys = false
        yield* until(
          "every order is working",
          Effect.gen(function* () {
            const { intents } = yield* statusOf(node)
            const { openOrders } = yield* node.account.Status({})
            return openOrders.length === intents && openOrders.every(({ status }) => status === "working")
          })
        )
      })
      const first = yield* start
      yield* trades(first)
      setBackMs = 60_000
      yield* trades(first)
      yield* first.stop
      setBackMs = 120_000
      yield* trades(yield* start)
    })
  )
})
