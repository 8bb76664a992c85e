/** Orders that are kept here: triggers, brackets, OCO, replacements, and what becomes of them when their owner dies. */
import { assert, layer } from "@effect/vitest"
import type { OrderTerms } from "@outcry/model/Order"
import * as TestJournal from "@outcry/testkit/TestJournal"
import { Effect, Layer } from "effect"
import * as Harness from "@outcry/testkit/AccountHarness"
import {
  btc,
  factsOf,
  join,
  lifeOf,
  nowUs,
  Prices,
  replayIsLive,
  resting,
  startNode,
  statusOf,
  until,
  untilFact
} from "@outcry/testkit/AccountHarness"

const venues = new Harness.Venues()

const sell = (over: Partial<OrderTerms>): OrderTerms =>
  resting({ side: "sell", priceTicks: 0, reduceOnly: true, ...over })
const stop = (over: Partial<OrderTerms> = {}): OrderTerms => sell({ type: "stop", triggerTicks: 5_900_000, ...over })
const take = resting({ type: "market", priceTicks: 0 })

/** An account that holds 1,000 lots of BTC. */
const holding = Effect.fnUntraced(function* (account: string, options: Harness.NodeOptions = {}) {
  const prices = new Prices()
  const node = yield* startNode("one", { ...options, mark: prices.mark })
  const venue = venues.of(account)
  const run = yield* join(node, account)
  const { id } = yield* run.place(take)
  yield* untilFact(account, "OrderAccepted", id)
  venue.push({ _tag: "Filled", fill: venue.fill(id, 1000, 6_000_000) })
  yield* untilFact(account, "OrderFilled", id)
  return { node, venue, run, prices }
})

/** Fills whatever of this order is at the venue and tells of it. */
const fillAtVenue = Effect.fnUntraced(function* (account: string, id: string, lots = 1000, priceTicks = 5_900_000) {
  const venue = venues.of(account)
  yield* until(
    `${id} is at the venue`,
    Effect.sync(() => venue.orders.has(id))
  )
  venue.push({ _tag: "Filled", fill: venue.fill(id, lots, priceTicks) })
  yield* untilFact(account, "OrderFilled", id)
})

const placedAtVenue = (account: string) => venues.of(account).placed.map(({ clientOrderId }) => clientOrderId)

const lotsHeld = (node: Harness.TestNode, account: string) =>
  Effect.map(replayIsLive(node, account), (state) => state.positions.get(btc)?.lots ?? 0)

layer(TestJournal.layer.pipe(Layer.provideMerge(venues.layer)), { excludeTestServices: true, timeout: 40_000 })(
  "an order that is held",
  (it) => {
    it.effect("stays away from the venue until its trigger is touched, then goes out once, at the market", () =>
      Effect.gen(function* () {
        const { node, prices, run, venue } = yield* holding("stop")
        const { id } = yield* run.place(stop())
        const held = (yield* statusOf(node, "stop")).openOrders.find((order) => order.clientOrderId === id)!
        assert.deepStrictEqual(
          { status: held.status, trigger: held.trigger, emulated: held.emulated },
          { status: "held", trigger: "59000.00", emulated: true }
        )
        prices.set(btc, 5_900_001)
        yield* Effect.sleep("100 millis")
        assert.notInclude(placedAtVenue("stop"), id)
        prices.set(btc, 5_900_000)
        yield* fillAtVenue("stop", id)
        assert.deepStrictEqual(yield* lifeOf("stop", id), [
          "OrderIntended",
          "OrderTriggered",
          "OrderReleased",
          "OrderAccepted",
          "OrderFilled"
        ])
        const sent = venue.placed.find((request) => request.clientOrderId === id)
        assert.strictEqual(sent!.terms.type, "market")
        assert.strictEqual(yield* lotsHeld(node, "stop"), 0)
      })
    )

    it.effect("is triggered by the successor of an owner that ended while its price was touched", () =>
      Effect.gen(function* () {
        const { node, prices, run } = yield* holding("moved")
        const { id } = yield* run.place(stop())
        yield* node.stop
        prices.set(btc, 5_890_000)
        const second = yield* startNode("two", { mark: prices.mark })
        yield* statusOf(second, "moved")
        yield* fillAtVenue("moved", id)
        assert.strictEqual(placedAtVenue("moved").filter((each) => each === id).length, 1)
        assert.strictEqual(yield* lotsHeld(second, "moved"), 0)
      })
    )

    it.effect("fires once though its owner ended between the trigger and the release", () =>
      Effect.gen(function* () {
        const { node, prices, run, venue } = yield* holding("between")
        const first = run.nextSeq
        const [target, guard] = yield* run.passed([
          { place: sell({ type: "limit", priceTicks: 6_100_000 }), contingency: { group: "exit" } },
          { place: stop(), contingency: { group: "exit" } }
        ])
        assert.strictEqual(target!.orderSeq, first)
        yield* untilFact("between", "OrderAccepted", target!.id)
        // The cancel of its sibling hangs, so that it stays triggered.
        const answer = venue.onCancel
        venue.onCancel = () => Effect.never
        prices.set(btc, 5_890_000)
        yield* untilFact("between", "OrderTriggered", guard!.id)
        yield* until(
          "the cancel is out",
          Effect.sync(() => venue.log.includes(`cancel ${target!.id}`))
        )
        yield* node.stop
        assert.notInclude(placedAtVenue("between"), guard!.id)
        venue.onCancel = answer
        const second = yield* startNode("two", { mark: prices.mark })
        yield* statusOf(second, "between")
        yield* fillAtVenue("between", guard!.id)
        assert.strictEqual(placedAtVenue("between").filter((each) => each === guard!.id).length, 1)
        assert.deepStrictEqual(
          (yield* lifeOf("between", guard!.id)).filter((type) => type === "OrderTriggered"),
          ["OrderTriggered"]
        )
        assert.strictEqual(yield* lotsHeld(second, "between"), 0)
      })
    )

    it.effect("is replaced by another attempt when its owner died before it was sent: the position is left once", () =>
      Effect.gen(function* () {
        const { node, prices, run, venue } = yield* holding("unsent")
        const { id } = yield* run.place(stop())
        venue.onPlace = () => Effect.never
        prices.set(btc, 5_890_000)
        yield* untilFact("unsent", "OrderReleased", id)
        yield* node.stop
        venue.onPlace = (request) => Effect.sync(() => venue.accept(request))
        const second = yield* startNode("two", { mark: prices.mark })
        yield* statusOf(second, "unsent")
        yield* untilFact("unsent", "OrderNotPlaced", id)
        const next = yield* until(
          "another attempt is made",
          Effect.map(factsOf("unsent"), (rows) =>
            rows.find((row) => row.type === "OrderIntended" && row.payload["attempt"] === 2)
          )
        )
        yield* fillAtVenue("unsent", String(next.payload["clientOrderId"]))
        assert.strictEqual(yield* lotsHeld(second, "unsent"), 0)
      })
    )

    it.effect("of a bracket lives when the entry fills, and the filled target ends the stop", () =>
      Effect.gen(function* () {
        const prices = new Prices()
        const node = yield* startNode("one", { mark: prices.mark })
        const venue = venues.of("bracket")
        const run = yield* join(node, "bracket")
        const parent = run.nextSeq
        const [entry, target, guard] = yield* run.passed([
          { place: resting() },
          {
            place: sell({ type: "limit", priceTicks: 6_100_000 }),
            contingency: { parent, group: "exit" }
          },
          { place: stop(), contingency: { parent, group: "exit" } }
        ])
        yield* untilFact("bracket", "OrderAccepted", entry!.id)
        assert.deepStrictEqual(placedAtVenue("bracket"), [entry!.id])
        yield* fillAtVenue("bracket", entry!.id, 1000, 5_990_000)
        yield* untilFact("bracket", "OrderAccepted", target!.id)
        assert.deepStrictEqual(placedAtVenue("bracket"), [entry!.id, target!.id])
        yield* fillAtVenue("bracket", target!.id, 1000, 6_100_000)
        yield* untilFact("bracket", "OrderCanceled", guard!.id)
        prices.set(btc, 5_800_000)
        yield* Effect.sleep("100 millis")
        assert.strictEqual(venue.placed.length, 2)
        assert.strictEqual(yield* lotsHeld(node, "bracket"), 0)
      })
    )

    for (const filled of [1000, 400])
      it.effect(`never sells twice when ${filled} of its sibling's lots are filled while it triggers`, () =>
        Effect.gen(function* () {
          const account = `oco-${filled}`
          const { node, prices, run, venue } = yield* holding(account)
          const [target, guard] = yield* run.passed([
            { place: sell({ type: "limit", priceTicks: 6_100_000 }), contingency: { group: "exit" } },
            { place: stop(), contingency: { group: "exit" } }
          ])
          yield* untilFact(account, "OrderAccepted", target!.id)
          // Filled at the venue in the moment of the cancel; nobody tells of it.
          venue.onCancel = (request) =>
            Effect.sync(() => {
              if (venue.orders.get(target!.id)?.filledLots === 0) venue.fill(target!.id, filled)
              return venue.canceled(request)
            })
          prices.set(btc, 5_890_000)
          yield* untilFact(account, "OrderFilled", target!.id)
          if (filled === 1000) yield* untilFact(account, "OrderCanceled", guard!.id)
          else yield* fillAtVenue(account, guard!.id, 600)
          assert.strictEqual(yield* lotsHeld(node, account), 0)
          const sold = venue.fills.filter(({ side }) => side === "sell").reduce((sum, { lots }) => sum + lots, 0)
          const sent = venue.placed.find(({ clientOrderId }) => clientOrderId === guard!.id)
          assert.deepStrictEqual([sold, sent?.terms.lots], [1000, filled === 1000 ? undefined : 600])
        })
      )

    it.effect("takes over for a stop that the venue rejects", () =>
      Effect.gen(function* () {
        const { node, prices, run, venue } = yield* holding("refused")
        venue.native = () => true
        venue.onPlace = (request) =>
          Effect.sync(() =>
            request.terms.type === "stop"
              ? { _tag: "Rejected", code: "-2010", reason: "Stop price would trigger immediately." }
              : venue.accept(request)
          )
        const { id } = yield* run.place(stop())
        yield* untilFact("refused", "OrderRejected", id)
        const next = yield* until(
          "it is made safe",
          Effect.map(factsOf("refused"), (rows) =>
            rows.find((row) => row.type === "OrderIntended" && row.payload["attempt"] === 2)
          )
        )
        assert.deepStrictEqual([next.payload["placement"], next.payload["emulated"]], ["held", true])
        prices.set(btc, 5_890_000)
        yield* fillAtVenue("refused", String(next.payload["clientOrderId"]))
        assert.strictEqual(yield* lotsHeld(node, "refused"), 0)
      })
    )

    for (const filled of [0, 400, 1000])
      it.effect(`that replaces another never fills more than was asked for: ${filled} lots raced the cancel`, () =>
        Effect.gen(function* () {
          const account = `modify-${filled}`
          const node = yield* startNode("one")
          const venue = venues.of(account)
          const run = yield* join(node, account)
          const old = yield* run.place()
          yield* untilFact(account, "OrderAccepted", old.id)
          venue.onCancel = (request) =>
            Effect.sync(() => {
              if (filled > 0 && venue.orders.get(old.id)?.filledLots === 0) venue.fill(old.id, filled)
              return venue.canceled(request)
            })
          const [next] = yield* run.passed([{ modify: old.orderSeq, priceTicks: 5_995_000 }])
          yield* untilFact(account, filled === 1000 ? "OrderCanceled" : "OrderAccepted", next!.id)
          const sent = venue.placed.find(({ clientOrderId }) => clientOrderId === next!.id)
          if (filled === 1000) assert.strictEqual(sent, undefined)
          else assert.deepStrictEqual([sent!.terms.lots, sent!.terms.priceTicks], [1000 - filled, 5_995_000])
          if (filled < 1000) yield* fillAtVenue(account, next!.id, 1000 - filled, 5_995_000)
          assert.strictEqual(yield* lotsHeld(node, account), 1000)
        })
      )

    it.effect("is canceled by its date, also when that passed while nobody owned the account", () =>
      Effect.gen(function* () {
        const node = yield* startNode("one")
        const run = yield* join(node, "dated")
        const { id } = yield* run.place(resting({ timeInForce: "GTD", expiresUs: (yield* nowUs) + 1_500_000 }))
        yield* untilFact("dated", "OrderCanceled", id)
        const expiresUs = (yield* nowUs) + 1_500_000
        const late = yield* run.place(resting({ timeInForce: "GTD", expiresUs }))
        yield* untilFact("dated", "OrderAccepted", late.id)
        yield* node.stop
        yield* until(
          "the date has passed",
          Effect.map(nowUs, (now) => now > expiresUs)
        )
        const second = yield* startNode("two")
        yield* statusOf(second, "dated")
        yield* untilFact("dated", "OrderCanceled", late.id)
      })
    )

    it.effect("is submitted again, under another id, when it never reached the venue and is still wanted", () =>
      Effect.gen(function* () {
        const node = yield* startNode("one")
        const venue = venues.of("again")
        const run = yield* join(node, "again")
        venue.onPlace = (request) =>
          Effect.sync(() =>
            venue.placed.length === 1 ? { _tag: "NotSent", reason: "no connection" } : venue.accept(request)
          )
        const [first] = yield* run.passed([{ place: resting(), resubmitUntilUs: (yield* nowUs) + 10_000_000 }])
        yield* until(
          "it is at the venue",
          Effect.sync(() => venue.orders.size === 1)
        )
        const [id] = venue.orders.keys()
        assert.notStrictEqual(id, first!.id)
        yield* untilFact("again", "OrderAccepted", id)
        // Its strategy knows it by the number it gave it.
        yield* run.submit([{ cancel: first!.orderSeq }])
        yield* untilFact("again", "OrderCanceled", id)
      })
    )

    it.effect("is submitted again after its pauses, and once, when the venue is back in reach", () =>
      Effect.gen(function* () {
        const node = yield* startNode("one")
        const venue = venues.of("patient")
        const run = yield* join(node, "patient")
        venue.onPlace = (request) =>
          Effect.sync(() =>
            venue.placed.length <= 4 ? { _tag: "NotSent", reason: "no connection" } : venue.accept(request)
          )
        yield* run.passed([{ place: resting(), resubmitUntilUs: (yield* nowUs) + 600_000_000 }])
        yield* until(
          "it is at the venue",
          Effect.sync(() => venue.orders.size === 1)
        )
        const [id] = venue.orders.keys()
        yield* untilFact("patient", "OrderAccepted", id)
        assert.include(yield* lifeOf("patient", id!), "OrderReleased")
        assert.strictEqual(venue.placed.length, 5)
      })
    )
  }
)
