/** The trading state of an account: who sets it, and what of it outlives its owner. */
import { assert, layer } from "@effect/vitest"
import { Journal } from "@outcry/store/Journal"
import * as TestJournal from "@outcry/testkit/TestJournal"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { entityIdOf } from "../src/Ledger.ts"
import * as Harness from "@outcry/testkit/AccountHarness"
import { btc, factsOf, join, ready, resting, startNode, statusOf, untilFact } from "@outcry/testkit/AccountHarness"

const venues = new Harness.Venues()

/** An account that holds 1,000 lots, whose venue rejects the stop that is to guard them as every other way out. */
const guarded = Effect.fnUntraced(function* (account: string) {
  const prices = new Harness.Prices()
  const node = yield* startNode("one", { mark: prices.mark })
  const venue = venues.of(account)
  const run = yield* join(node, account)
  const { id } = yield* run.place(resting({ type: "market", priceTicks: 0 }))
  yield* untilFact(account, "OrderAccepted", id)
  venue.push({ _tag: "Filled", fill: venue.fill(id, 1000, 6_000_000) })
  yield* untilFact(account, "OrderFilled", id)
  // A minute passes with each attempt, so that the pauses between them are over.
  venue.onPlace = () =>
    Effect.sync(() => {
      venue.clock = { ...venue.clock, offsetUs: venue.clock.offsetUs + 60_000_000 }
      return { _tag: "Rejected", code: "-2010", reason: "no" }
    })
  yield* run.place(resting({ side: "sell", type: "stop", priceTicks: 0, triggerTicks: 5_900_000, reduceOnly: true }))
  return { node, prices }
})

layer(TestJournal.layer.pipe(Layer.provideMerge(venues.layer)), { excludeTestServices: true, timeout: 120_000 })(
  "an account's trading state",
  (it) => {
    it.effect("stays halted after a restart, and when the halt was written straight into the database", () =>
      Effect.gen(function* () {
        const node = yield* startNode("one")
        const run = yield* join(node, "halt")
        yield* node.client("halt").SetTradingState({ state: "halted", by: "test", reason: "drill" })
        const [refused] = yield* run.submit([{ place: resting() }])
        assert.strictEqual(refused!.refused, "TradingHalted")
        yield* node.stop
        const second = yield* startNode("two")
        const again = yield* join(second, "halt", "s", 2)
        assert.strictEqual((yield* again.submit([{ place: resting() }]))[0]!.refused, "TradingHalted")
        yield* second.client("halt").SetTradingState({ state: "active", by: "test", reason: "drill over" })
        yield* again.place()
        const journal = yield* Journal
        yield* journal.setTradingState(entityIdOf("halt"), "halted")
        const outcome = yield* Effect.result(again.submit([{ place: resting() }]))
        assert.strictEqual(outcome._tag, "Failure")
        const third = yield* join(second, "halt", "s", 3)
        assert.strictEqual((yield* third.submit([{ place: resting() }]))[0]!.refused, "TradingHalted")
        assert.strictEqual(venues.of("halt").placed.length, 1)
      })
    )

    it.effect("goes on reducing after a restart once it has given up a position's protection", () =>
      Effect.gen(function* () {
        const { node, prices } = yield* guarded("bare")
        prices.set(btc, 5_800_000)
        yield* untilFact("bare", "TradingStateChanged")
        yield* node.stop
        const second = yield* startNode("two", { mark: prices.mark })
        assert.strictEqual((yield* ready(second, "bare")).tradingState, "reducing")
        yield* second.client("bare").SetTradingState({ state: "active", by: "test", reason: "seen to" })
        yield* second.stop
        assert.strictEqual((yield* ready(yield* startNode("three"), "bare")).tradingState, "active")
      })
    )

    it.effect("does not loosen a halt in the database when it gives up a position's protection", () =>
      Effect.gen(function* () {
        const { node, prices } = yield* guarded("past")
        yield* (yield* Journal).setTradingState(entityIdOf("past"), "halted")
        prices.set(btc, 5_800_000)
        yield* untilFact("past", "TradingStateChanged")
        yield* node.stop
        const second = yield* startNode("two", { mark: prices.mark })
        assert.strictEqual((yield* ready(second, "past")).tradingState, "halted")
      })
    )

    it.effect("obeys what an operator says while it comes back, whatever held before", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const node = yield* startNode("one")
        yield* ready(node, "early")
        yield* node.stop
        const gate = yield* Deferred.make<void>()
        const held = Journal.of({
          ...journal,
          claim: (...claim) => Effect.tap(journal.claim(...claim), () => Deferred.await(gate))
        })
        const second = yield* Effect.provideService(startNode("two"), Journal, held)
        const reduce = second.client("early").SetTradingState({ state: "reducing", by: "ada", reason: "enough" })
        const reducing = yield* Effect.forkChild(reduce, { startImmediately: true })
        // It is answered behind the other, which therefore waits in the mailbox by then.
        assert.strictEqual((yield* statusOf(second, "early")).condition, "recovering")
        yield* Deferred.succeed(gate, undefined)
        yield* Fiber.join(reducing)
        const run = yield* join(second, "early")
        assert.strictEqual((yield* statusOf(second, "early")).tradingState, "reducing")
        assert.strictEqual((yield* run.submit([{ place: resting() }]))[0]!.refused, "TradingReducing")
        const changes = (yield* factsOf("early")).filter(({ type }) => type === "TradingStateChanged")
        assert.deepStrictEqual(
          changes.map(({ payload }) => payload["by"]),
          ["ada"]
        )
      })
    )

    it.effect("stays halted after a restart, whatever name the halt was given under", () =>
      Effect.gen(function* () {
        const node = yield* startNode("one")
        yield* ready(node, "named")
        yield* node.client("named").SetTradingState({ state: "halted", by: "journal", reason: "drill" })
        yield* node.stop
        assert.strictEqual((yield* ready(yield* startNode("two"), "named")).tradingState, "halted")
      })
    )
  }
)
