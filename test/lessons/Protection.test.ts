/** Lessons about getting out: stops that the venue loses or rejects, and remains too small to sell. */
import { assert, describe, it, layer } from "@effect/vitest"
import { invariants } from "@outcry/model/Account"
import type { OrderTerms } from "@outcry/model/Order"
import { AccountFixture } from "@outcry/testkit/AccountFixture"
import {
  btc,
  join,
  lifeOf,
  Prices,
  replayIsLive,
  resting,
  startNode,
  statusOf,
  until,
  untilFact,
  Venues
} from "@outcry/testkit/AccountHarness"
import { btcUsdt, ethUsdt } from "@outcry/testkit/Instruments"
import * as TestJournal from "@outcry/testkit/TestJournal"
import { Effect, Layer } from "effect"

const venues = new Venues()
const stop: OrderTerms = resting({
  side: "sell",
  type: "stop",
  priceTicks: 0,
  triggerTicks: 5_900_000,
  reduceOnly: true
})

/** An account that holds 1,000 lots, at a venue that works stops by itself. */
const holding = Effect.fnUntraced(function* (account: string) {
  const prices = new Prices()
  const node = yield* startNode("one", { mark: prices.mark })
  const venue = venues.of(account)
  venue.native = () => true
  const run = yield* join(node, account)
  const { id } = yield* run.place(resting({ type: "market", priceTicks: 0 }))
  yield* untilFact(account, "OrderAccepted", id)
  venue.push({ _tag: "Filled", fill: venue.fill(id, 1000, 6_000_000) })
  yield* untilFact(account, "OrderFilled", id)
  return { node, venue, run, prices }
})

layer(TestJournal.layer.pipe(Layer.provideMerge(venues.layer)), { excludeTestServices: true, timeout: 40_000 })(
  "a stop",
  (it) => {
    it.effect("the stop filled but its look-up said 404: its executions count, and nothing is sold a second time", () =>
      Effect.gen(function* () {
        const { node, prices, run, venue } = yield* holding("absent")
        const { id } = yield* run.place(stop)
        yield* untilFact("absent", "OrderAccepted", id)
        // It fires at the venue; no frame tells of it, its execution is not listed yet, and whoever asks for it by name
        // hears that it does not exist.
        venue.onLookup = () => Effect.succeed({ _tag: "Absent" })
        venue.unlisted.add(venue.fill(id, 1000, 5_899_000).venueTradeId)
        prices.set(btc, 5_800_000)
        venue.push({ _tag: "Disconnected", reason: "by script" })
        venue.push({ _tag: "Connected" })
        yield* until(
          "it was asked for by name",
          Effect.sync(() => venue.log.includes(`lookup ${id}`))
        )
        venue.unlisted.clear()
        venue.push({ _tag: "Connected" })
        yield* untilFact("absent", "OrderFilled", id)
        const state = yield* replayIsLive(node, "absent")
        assert.strictEqual(state.positions.get(btc)?.lots, 0)
        assert.deepStrictEqual(yield* lifeOf("absent", id), ["OrderIntended", "OrderAccepted", "OrderFilled"])
        const sells = venue.placed.filter(({ terms }) => terms.side === "sell")
        assert.deepStrictEqual(
          sells.map(({ clientOrderId }) => clientOrderId),
          [id]
        )
        assert.deepStrictEqual((yield* statusOf(node, "absent")).frozenInstruments, [])
      })
    )

    it.effect("a rejected stop left the position bare: what stands in for it guards on after its owner has died", () =>
      Effect.gen(function* () {
        const { node, prices, run, venue } = yield* holding("bare")
        venue.onPlace = (request) =>
          Effect.sync(() =>
            request.terms.type === "stop"
              ? { _tag: "Rejected", code: "-2010", reason: "Stop price would trigger immediately." }
              : venue.accept(request)
          )
        const { id } = yield* run.place(stop)
        yield* untilFact("bare", "OrderRejected", id)
        yield* node.stop
        prices.set(btc, 5_890_000)
        const second = yield* startNode("two", { mark: prices.mark })
        yield* statusOf(second, "bare")
        const sold = yield* until(
          "a market order goes out in its stead",
          Effect.sync(() => venue.placed.find(({ terms }) => terms.side === "sell" && terms.type === "market"))
        )
        assert.strictEqual(sold.terms.lots, 1000)
        venue.push({ _tag: "Filled", fill: venue.fill(sold.clientOrderId, 1000, 5_889_000) })
        yield* untilFact("bare", "OrderFilled", sold.clientOrderId)
        assert.strictEqual((yield* replayIsLive(second, "bare")).positions.get(btc)?.lots, 0)
        assert.deepStrictEqual(yield* lifeOf("bare", sold.clientOrderId), [
          "OrderIntended",
          "OrderTriggered",
          "OrderReleased",
          "OrderAccepted",
          "OrderFilled"
        ])
      })
    )
  }
)

describe("an exit", () => {
  it("a rejected stop left the position bare: when nothing helps the account says so and only reduces", () => {
    const account = new AccountFixture()
    account.run(account.filled(account.working()))
    account.placed(stop)
    const types: Array<string> = []
    for (let round = 0; round < 200 && !types.includes("ProtectionLost"); round++) {
      for (const { clientOrderId, status } of Array.from(account.state.orders.values()))
        if (status === "intended")
          types.push(...account.types({ type: "ReportRejected", clientOrderId, code: "-2010", reason: "no" }))
      account.now += 500_000
      types.push(...account.tick(5_800_000))
    }
    assert.deepStrictEqual(types.slice(-2), ["ProtectionLost", "TradingStateChanged"])
    assert.isAtMost(types.filter((type) => type === "OrderIntended").length, 5)
    const refused = account.place()
    assert.strictEqual(refused.type === "IntentRefused" && refused.reason, "TradingReducing")
  })

  it("dust below min notional blocked the exit: the rest is sold, the dust is named once and left", () => {
    const account = new AccountFixture({ balances: { USDT: "1000000" } })
    // The fee is taken out of what was bought, and is no whole number of lots.
    const fee = btcUsdt.lot / 2n
    account.run(account.filled(account.working(), { fee, feeAsset: "BTC" }))
    account.run(account.filled(account.working({ priceTicks: 300_000 }, "s1", ethUsdt.id)))
    const close = () => account.types({ type: "ClosePositions", instruments: "all", by: "ada", reason: "done" })
    close()
    const exits = Array.from(account.state.orders.values(), ({ instrument, terms }) => [instrument, terms.lots])
    assert.deepStrictEqual(exits, [
      [btcUsdt.id, 999],
      [ethUsdt.id, 1000]
    ])
    for (const id of Array.from(account.state.orders.keys())) {
      account.run(account.shown(id))
      account.run(account.filled(id))
    }
    assert.strictEqual(account.state.positions.get(ethUsdt.id)?.lots, 0)
    assert.strictEqual(account.state.positions.get(btcUsdt.id)?.lots, 1)
    assert.deepStrictEqual(close(), ["DifferenceFlagged"])
    assert.match(JSON.stringify(account.events.at(-1)), /dust: 0.00001 BTC/)
    assert.deepStrictEqual(close(), [])
    // Nor does it stand in the way of what comes next.
    assert.strictEqual(account.place().type, "OrderIntended")
    assert.deepStrictEqual(invariants(account.state), [])
  })
})
