/** Lessons about single orders: what is sent once, what is never sent, and what becomes of one that the venue lost. */
import { assert, layer } from "@effect/vitest"
import { Journal } from "@outcry/store/Journal"
import { JournalUnavailable } from "@outcry/store/JournalError"
import { AccountFixture } from "@outcry/testkit/AccountFixture"
import {
  btc,
  dropSnapshot,
  factsOf,
  join,
  lifeOf,
  Prices,
  ready,
  replayIsLive,
  resting,
  startNode,
  statusOf,
  until,
  untilFact,
  Venues
} from "@outcry/testkit/AccountHarness"
import * as TestJournal from "@outcry/testkit/TestJournal"
import { Deferred, Effect, Layer } from "effect"

const venues = new Venues()

layer(TestJournal.layer.pipe(Layer.provideMerge(venues.layer)), { excludeTestServices: true, timeout: 40_000 })(
  "an order",
  (it) => {
    it.effect(
      "dedupe key marked before apply, fill lost: a fill whose commit failed is booked all the same, once",
      () =>
        Effect.gen(function* () {
          const journal = yield* Journal
          let failures = 1
          const failing = Journal.of({
            ...journal,
            append: (request) =>
              Effect.suspend(() => {
                if (failures === 0 || !request.events.some(({ type }) => type === "OrderFilled"))
                  return journal.append(request)
                failures -= 1
                return Effect.fail(new JournalUnavailable({ outcome: "notWritten", reason: "by script" }))
              })
          })
          const node = yield* Effect.provideService(startNode("one"), Journal, failing)
          const venue = venues.of("dedupe")
          const run = yield* join(node, "dedupe")
          const { id } = yield* run.place()
          yield* untilFact("dedupe", "OrderAccepted", id)
          const fill = venue.fill(id, 400)
          venue.push({ _tag: "Filled", fill })
          yield* untilFact("dedupe", "OrderFilled", id)
          assert.strictEqual(failures, 0)
          yield* ready(node, "dedupe")
          venue.push({ _tag: "Filled", fill })
          // Behind the repetition in the mailbox: once it is told, the repetition was looked at.
          venue.push({ _tag: "Filled", fill: venue.fill(id, 100) })
          yield* until(
            "both are booked",
            Effect.map(replayIsLive(node, "dedupe"), (state) => state.positions.get(btc)?.lots === 500)
          )
          assert.strictEqual((yield* factsOf("dedupe")).filter((row) => row.type === "OrderFilled").length, 2)
        })
    )

    it.effect("replay revived superseded orders: of a chain of replacements the last alone is open afterwards", () =>
      Effect.gen(function* () {
        const first = yield* startNode("first")
        const venue = venues.of("superseded")
        const run = yield* join(first, "superseded")
        const chain = [yield* run.place()]
        yield* untilFact("superseded", "OrderAccepted", chain[0]!.id)
        for (const priceTicks of [5_991_000, 5_992_000, 5_993_000]) {
          const [next] = yield* run.passed([{ modify: chain.at(-1)!.orderSeq, priceTicks }])
          yield* untilFact("superseded", "OrderAccepted", next!.id)
          chain.push(next!)
        }
        yield* first.stop
        yield* dropSnapshot("superseded")
        const requests = venue.placed.length
        const second = yield* startNode("second")
        const again = yield* join(second, "superseded", "s", 2)
        const last = chain.at(-1)!.id
        assert.deepStrictEqual(
          again.joined.openOrders.map(({ clientOrderId, status }) => [clientOrderId, status]),
          [[last, "working"]]
        )
        // It is at work, and so is the account: whatever the replay had revived would have gone out before this.
        const next = yield* again.place()
        yield* untilFact("superseded", "OrderAccepted", next.id)
        assert.deepStrictEqual(
          venue.placed.slice(requests).map(({ clientOrderId }) => clientOrderId),
          [next.id]
        )
        const state = yield* replayIsLive(second, "superseded")
        assert.deepStrictEqual([...state.orders.keys()], [last, next.id])
      })
    )

    it.effect("untracked orders filled later: one that was given up as never placed is booked when it fills", () =>
      Effect.gen(function* () {
        const node = yield* startNode("one")
        const venue = venues.of("untracked")
        const run = yield* join(node, "untracked")
        venue.onPlace = () => Effect.succeed({ _tag: "Unknown", reason: "no answer" })
        const { id } = yield* run.place()
        yield* untilFact("untracked", "OrderNotPlaced", id)
        // Long after its deadline the venue works it.
        venue.accept(venue.placed[0]!)
        venue.push({ _tag: "Filled", fill: venue.fill(id, 400) })
        venue.pushOrder(id)
        yield* untilFact("untracked", "OrderFilled", id)
        const state = yield* until(
          "it is open again",
          Effect.map(replayIsLive(node, "untracked"), (each) => (each.orders.has(id) ? each : undefined))
        )
        assert.strictEqual(state.positions.get(btc)?.lots, 400)
        assert.strictEqual(state.orders.get(id)?.status, "working")
        assert.strictEqual(venue.placed.length, 1)
        // What is left of it can be canceled like that of any other.
        yield* node.client("untracked").Cancel({ clientOrderIds: [id] })
        yield* untilFact("untracked", "OrderCanceled", id)
      })
    )

    it.effect(
      "endless cancel of a missing order: it is asked for a few times, then the order is shown as unknown",
      () =>
        Effect.gen(function* () {
          const node = yield* startNode("one")
          const venue = venues.of("missing")
          const run = yield* join(node, "missing")
          const { id, orderSeq } = yield* run.place()
          yield* untilFact("missing", "OrderAccepted", id)
          venue.orders.delete(id)
          yield* run.submit([{ cancel: orderSeq }])
          yield* untilFact("missing", "OrderUnknown", id)
          const cancels = (): number => venue.log.filter((line) => line === `cancel ${id}`).length
          const asked = cancels()
          assert.isAtMost(asked, 5)
          assert.include((yield* statusOf(node, "missing")).openOrders[0]!.unknown!.remedy, id)
          const by = { by: "ada", reason: "not on the venue's screen" }
          yield* node.client("missing").Resolve({ clientOrderId: id, as: "canceled", ...by })
          const next = yield* run.place()
          yield* untilFact("missing", "OrderAccepted", next.id)
          yield* run.submit([{ cancel: next.orderSeq }])
          yield* untilFact("missing", "OrderCanceled", next.id)
          assert.strictEqual(cancels(), asked)
        })
    )

    it.effect(
      "orders sent after stop: neither what waits in a node that ends, nor what is held in a halted account",
      () =>
        Effect.gen(function* () {
          const prices = new Prices()
          const node = yield* startNode("one", { mark: prices.mark })
          const venue = venues.of("stopped")
          const run = yield* join(node, "stopped")
          const entry = resting({ type: "stop", priceTicks: 0, triggerTicks: 6_100_000 })
          const [held] = yield* run.passed([{ place: entry }])
          const client = node.client("stopped")
          yield* client.SetTradingState({ state: "halted", by: "ada", reason: "enough" })
          prices.set(btc, 6_200_000)
          const refused = yield* untilFact("stopped", "OrderRejected", held!.id)
          assert.include(JSON.stringify(refused.payload), "TradingHalted")
          yield* client.SetTradingState({ state: "active", by: "ada", reason: "go on" })
          const gate = yield* Deferred.make<void>()
          venue.onPlace = (request) => Effect.as(Deferred.await(gate), venue.accept(request))
          const decisions = yield* run.submit(Array.from({ length: 20 }, () => ({ place: resting() })))
          yield* until(
            "16 requests are under way",
            Effect.sync(() => venue.placed.length === 16)
          )
          yield* node.stop
          yield* Deferred.succeed(gate, undefined)
          const second = yield* startNode("two")
          yield* statusOf(second, "stopped")
          for (const { clientOrderId } of decisions.slice(16))
            yield* untilFact("stopped", "OrderNotPlaced", clientOrderId)
          yield* ready(second, "stopped")
          assert.strictEqual(venue.placed.length, 16)
          assert.notInclude(yield* lifeOf("stopped", held!.id), "OrderReleased")
        })
    )
  }
)

layer(Layer.empty)("an order that is sent again while it is wanted", (it) => {
  const lost = { type: "ReportNotPlaced", reason: "absent" } as const
  const doubted = () => {
    const account = new AccountFixture()
    const clientOrderId = account.linked({}, { resubmitUntilUs: account.now + 10_000_000 })
    account.run({ type: "ReportUnknown", clientOrderId, reason: "time-out" })
    return { account, clientOrderId }
  }

  it("a retry fired after Accepted: evidence of the first attempt ends the second before it begins", () => {
    for (const status of ["open", "filled", "canceled"] as const) {
      const { account, clientOrderId } = doubted()
      account.run(account.shown(clientOrderId, { status }))
      // The look-up that began before is answered only now: "absent".
      assert.notInclude(account.types({ ...lost, clientOrderId }), "OrderIntended", status)
      account.now += 1_000_000
      assert.deepStrictEqual(account.tick(), [], status)
    }
    const { account, clientOrderId } = doubted()
    account.run(account.filled(clientOrderId, { lots: 1 }))
    assert.notInclude(account.types({ ...lost, clientOrderId }), "OrderIntended")
  })

  it("without any evidence it is sent again under another id", () => {
    const { account, clientOrderId } = doubted()
    const events = account.run({ ...lost, clientOrderId })
    const again = events.find((event) => event.type === "OrderIntended")
    assert.isDefined(again)
    assert.notStrictEqual(again.clientOrderId, clientOrderId)
    assert.strictEqual(again.attempt, 2)
  })
})
