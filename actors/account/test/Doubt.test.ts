/** When the venue contradicts itself: it forgets an order, hides executions, takes them back, fills what it had rejected. */
import { assert, layer } from "@effect/vitest"
import * as TestJournal from "@outcry/testkit/TestJournal"
import * as Metrics from "@outcry/telemetry/Metrics"
import { Effect, Layer, Metric } from "effect"
import * as Harness from "@outcry/testkit/AccountHarness"
import {
  btc,
  join,
  lifeOf,
  replayIsLive,
  resting,
  startNode,
  statusOf,
  until,
  untilFact
} from "@outcry/testkit/AccountHarness"

const venues = new Harness.Venues()

const working = Effect.fnUntraced(function* (account: string) {
  const node = yield* startNode("one")
  const venue = venues.of(account)
  const run = yield* join(node, account)
  const { id } = yield* run.place()
  yield* untilFact(account, "OrderAccepted", id)
  return { node, venue, run, id }
})

layer(TestJournal.layer.pipe(Layer.provideMerge(venues.layer)), { excludeTestServices: true, timeout: 40_000 })(
  "an account whose venue contradicts itself",
  (it) => {
    it.effect(
      "calls an order unknown that the venue has forgotten, never not placed, and believes it when it returns",
      () =>
        Effect.gen(function* () {
          const { id, node, run, venue } = yield* working("forgotten")
          const order = venue.orders.get(id)!
          venue.orders.delete(id)
          const forgotten = yield* untilFact("forgotten", "OrderUnknown", id)
          assert.include(String(forgotten.payload["reason"]), "does not know it any more")
          assert.isAtLeast(venue.log.filter((line) => line === `lookup ${id}`).length, 3)
          const [refused] = yield* run.submit([{ place: resting() }])
          assert.strictEqual(refused!.refused, "InstrumentFrozen")
          const unknown = Metric.withAttributes(Metrics.ordersUnknown, { account: "forgotten" })
          yield* until(
            "the gauge shows it",
            Effect.map(Metric.value(unknown), ({ value }) => value === 1)
          )
          const asked = venue.log.length
          yield* until(
            "it is looked for still",
            Effect.sync(() => venue.log.length >= asked + 3)
          )
          assert.notInclude(yield* lifeOf("forgotten", id), "OrderNotPlaced")
          venue.orders.set(id, order)
          yield* until(
            "it works again",
            Effect.map(statusOf(node, "forgotten"), ({ openOrders }) => openOrders[0]?.status === "working")
          )
        })
    )

    it.effect("counts executions provisionally that the venue does not list, and books them when they come", () =>
      Effect.gen(function* () {
        const { id, node, venue } = yield* working("unlisted")
        const fill = venue.fill(id, 400)
        venue.unlisted.add(fill.venueTradeId)
        venue.push({ _tag: "Disconnected", reason: "by script" })
        venue.push({ _tag: "Connected" })
        yield* untilFact("unlisted", "FillInferred", id)
        assert.strictEqual((yield* statusOf(node, "unlisted")).openOrders[0]!.inferredLots, 400)
        assert.strictEqual((yield* replayIsLive(node, "unlisted")).positions.get(btc)?.lots ?? 0, 0)
        venue.unlisted.clear()
        yield* untilFact("unlisted", "OrderFilled", id)
        const state = yield* replayIsLive(node, "unlisted")
        assert.strictEqual(state.positions.get(btc)?.lots, 400)
        assert.strictEqual(state.orders.get(id)?.inferredLots, 0)
      })
    )

    it.effect("takes back an execution that the venue busted", () =>
      Effect.gen(function* () {
        const { id, node, venue } = yield* working("busted")
        const [first, second] = [venue.fill(id, 400), venue.fill(id, 100)]
        for (const fill of [first, second]) venue.push({ _tag: "Filled", fill })
        yield* until(
          "both are booked",
          Effect.map(replayIsLive(node, "busted"), (state) => state.positions.get(btc)?.lots === 500)
        )
        // Long enough after its booking that no list can lag behind it.
        yield* Effect.sleep("1200 millis")
        venue.bust(first.venueTradeId)
        const busted = yield* untilFact("busted", "FillBusted", id)
        assert.strictEqual(busted.payload["venueTradeId"], first.venueTradeId)
        const state = yield* replayIsLive(node, "busted")
        assert.deepStrictEqual([state.positions.get(btc)?.lots, state.orders.get(id)?.filledLots], [100, 100])
      })
    )

    it.effect("books what is filled of an order that the venue had rejected, and flags it", () =>
      Effect.gen(function* () {
        const node = yield* startNode("one")
        const venue = venues.of("rejected")
        const run = yield* join(node, "rejected")
        venue.onPlace = (request) =>
          Effect.sync(() => {
            venue.accept(request)
            return { _tag: "Rejected", code: "-2010", reason: "by script" }
          })
        const { id } = yield* run.place()
        yield* untilFact("rejected", "OrderRejected", id)
        venue.push({ _tag: "Filled", fill: { ...venue.fill(id, 1000), clientOrderId: id } })
        yield* untilFact("rejected", "OrderFilled", id)
        const state = yield* replayIsLive(node, "rejected")
        assert.strictEqual(state.positions.get(btc)?.lots, 1000)
        assert.isAbove((yield* statusOf(node, "rejected")).differences, 0)
      })
    )
  }
)
