/** Two nodes, one key, one address, one database and the real exchange, which counts for itself. */
import { assert, layer } from "@effect/vitest"
import { credentials, startExchange } from "@outcry/testkit/ExchangeProcess"
import * as TestJournal from "@outcry/testkit/TestJournal"
import { Execution } from "@outcry/venue/Execution"
import * as ExecutionPool from "@outcry/venue/ExecutionPool"
import { VenueGates } from "@outcry/venue/VenueGates"
import { Effect, Layer } from "effect"
import * as SharedRates from "../src/cluster/SharedRates.ts"

layer(TestJournal.layer, { excludeTestServices: true, timeout: 120_000 })("nodes that share a venue's limits", (it) => {
  it.effect("never send more than the venue allows, and are never refused by it", () =>
    Effect.gen(function* () {
      const { address } = yield* startExchange(["shared"])
      const node = ExecutionPool.layer({ venues: [address], accounts: [credentials("shared")] }).pipe(
        Layer.provideMerge(VenueGates.layer({ venues: [address] })),
        Layer.provide(SharedRates.layer)
      )
      const placed: Array<string> = []
      const refused: Array<string> = []
      const work = (name: string) =>
        Effect.gen(function* () {
          const session = yield* (yield* Execution).session("shared")
          const instruments = yield* session.instruments
          assert(instruments._tag === "Ok")
          const instrument = instruments.value.find(({ symbol }) => symbol === "BTC/USDT")!
          yield* Effect.forEach(
            Array.from({ length: 120 }, (_, index) => index),
            (index) =>
              Effect.gen(function* () {
                const nowUs = yield* Effect.clockWith((clock) =>
                  clock.currentTimeMillis.pipe(Effect.map((ms) => ms * 1_000))
                )
                const outcome = yield* session.place({
                  clientOrderId: `${name}${index}`,
                  instrument,
                  terms: {
                    side: "buy",
                    type: "limit",
                    priceTicks: 5_000_000,
                    lots: 1_000,
                    timeInForce: "IOC",
                    postOnly: false
                  },
                  timeIntent: nowUs,
                  deadlineUs: nowUs + 700_000
                })
                placed.push(outcome._tag === "NotSent" ? outcome.reason : outcome._tag)
                if (outcome._tag === "Rejected") refused.push(outcome.code)
              }),
            { concurrency: 8 }
          )
        }).pipe(Effect.provide(node))
      yield* Effect.all([work("one"), work("two")], { concurrency: 2 })
      const accepted = placed.filter((outcome) => outcome === "Accepted").length
      // The exchange allows 100 in ten seconds; a run may see the turn of a window.
      assert.isAbove(accepted, 20)
      assert.isAtMost(accepted, 190)
      assert.include(placed, "rate budget: orders-10s used up")
      // Too many orders, too much weight: the venue never had to say so.
      assert.notInclude(refused, "-1015")
      assert.notInclude(refused, "-1003")
    })
  )
})
