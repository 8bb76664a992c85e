/** Orders that are kept here, against the real exchange through the real ccxt: what its log says was sold, and how often. */
import { assert, layer } from "@effect/vitest"
import type { OrderTerms } from "@outcry/model/Order"
import { credentials, startExchange } from "@outcry/testkit/ExchangeProcess"
import * as TestJournal from "@outcry/testkit/TestJournal"
import * as ExecutionPool from "@outcry/venue/ExecutionPool"
import { RateLeases } from "@outcry/venue/RateLeases"
import { VenueGates } from "@outcry/venue/VenueGates"
import { Context, Effect, Layer } from "effect"
import type * as Harness from "@outcry/testkit/AccountHarness"
import {
  btc,
  factsOf,
  join,
  lifeOf,
  Prices,
  replayIsLive,
  resting,
  startNode,
  statusOf,
  until,
  untilFact
} from "@outcry/testkit/AccountHarness"

const names = ["killed", "bracket", "oco", "refused", "modify", "flat", "resolve"]

class Exchange extends Context.Service<Exchange, Effect.Success<ReturnType<typeof startExchange>>>()("test/Exchange") {}

const exchange = Layer.effect(Exchange, startExchange(names))
const execution = Layer.unwrap(
  Effect.map(Exchange, ({ address }) =>
    ExecutionPool.layer({ venues: [address], accounts: names.map(credentials), session: { replyMs: 1_000 } }).pipe(
      Layer.provide(VenueGates.layer({ venues: [address] })),
      Layer.provide(RateLeases.layerMemory)
    )
  )
)
const services = Layer.mergeAll(TestJournal.layer, execution.pipe(Layer.provideMerge(exchange)))

const take = resting({ type: "market", priceTicks: 0 })
const sell = (over: Partial<OrderTerms>): OrderTerms =>
  resting({ side: "sell", priceTicks: 0, reduceOnly: true, ...over })

/** The exchange's best prices now, in ticks. */
const touch = Effect.fnUntraced(function* () {
  const { address } = yield* Exchange
  return yield* Effect.promise(async () => {
    const reply = await fetch(`${address.restUrl}/api/v3/ticker/bookTicker?symbol=BTCUSDT`)
    const { askPrice, bidPrice } = (await reply.json()) as { readonly bidPrice: string; readonly askPrice: string }
    return { bid: Math.round(Number(bidPrice) * 100), ask: Math.round(Number(askPrice) * 100) }
  })
})

/** A node whose triggers go by prices in the hands of the test, and that holds 1,000 lots. */
const holding = Effect.fnUntraced(function* (account: string) {
  const prices = new Prices()
  const { ask, bid } = yield* touch()
  prices.set(btc, bid, ask)
  const options = { orderExpiryUs: 1_000_000, mark: prices.mark }
  const node = yield* startNode("one", options)
  const run = yield* join(node, account)
  const { id } = yield* run.place(take)
  yield* untilFilled(account, id)
  return { node, run, prices, bid, ask, options }
})

const untilFilled = (account: string, id: string, lots = 1000) =>
  until(
    `${lots} lots of ${id} are booked`,
    Effect.map(factsOf(account), (rows) => {
      const fills = rows.filter((row) => row.type === "OrderFilled" && row.payload["clientOrderId"] === id)
      const filled = fills.reduce((sum, row) => sum + Math.round(Number(row.payload["quantity"]) * 1e5), 0)
      return filled >= lots
    })
  )

const isFlat = (node: Harness.TestNode, account: string) =>
  until(
    `${account} holds nothing and nothing is open`,
    Effect.map(replayIsLive(node, account), (state) =>
      (state.positions.get(btc)?.lots ?? 0) === 0 && state.orders.size === 0 ? state : undefined
    )
  )

const attempt = (account: string, number: number) =>
  until(
    `attempt ${number} is made`,
    Effect.map(factsOf(account), (rows) =>
      rows.find((row) => row.type === "OrderIntended" && row.payload["attempt"] === number)
    )
  )

layer(services, { excludeTestServices: true, timeout: 120_000 })("an order that is held, at the exchange", (it) => {
  it.effect("fires once though its owner ends between the trigger and the release", () =>
    Effect.gen(function* () {
      const { faults, logOf } = yield* Exchange
      const { ask, bid, node, options, prices, run } = yield* holding("killed")
      const [target, guard] = yield* run.passed([
        { place: sell({ type: "limit", priceTicks: Math.floor(ask * 1.02) }), contingency: { group: "exit" } },
        { place: sell({ type: "stop", triggerTicks: Math.floor(bid * 0.98) }), contingency: { group: "exit" } }
      ])
      yield* untilFact("killed", "OrderAccepted", target!.id)
      yield* faults([{ kind: "latency", method: "DELETE", path: "/api/v3/order", delayMs: 60_000 }])
      prices.set(btc, Math.floor(bid * 0.97))
      yield* untilFact("killed", "OrderTriggered", guard!.id)
      yield* node.stop
      assert.notInclude(yield* lifeOf("killed", guard!.id), "OrderReleased")
      yield* faults([])
      // The market has the price that the test says: what follows is decided on it.
      const second = yield* startNode("two", options)
      yield* statusOf(second, "killed")
      yield* untilFilled("killed", guard!.id)
      yield* isFlat(second, "killed")
      assert.strictEqual(logOf(guard!.id).filter((line) => line.type === "order").length, 1)
    })
  )

  it.effect("of a bracket goes live with the entry's fill, and the filled target ends the stop", () =>
    Effect.gen(function* () {
      const { logOf } = yield* Exchange
      const { ask, bid, node, run } = yield* holding("bracket")
      const parent = run.nextSeq
      const [entry, target, guard] = yield* run.passed([
        { place: take },
        { place: sell({ type: "limit", priceTicks: Math.floor(bid * 0.995) }), contingency: { parent, group: "exit" } },
        {
          place: sell({ type: "stop", triggerTicks: Math.floor(bid * 0.9) }),
          contingency: { parent, group: "exit" }
        }
      ])
      yield* untilFilled("bracket", entry!.id)
      yield* untilFilled("bracket", target!.id)
      yield* untilFact("bracket", "OrderCanceled", guard!.id)
      assert.deepStrictEqual(logOf(guard!.id), [])
      const state = yield* replayIsLive(node, "bracket")
      assert.strictEqual(state.positions.get(btc)?.lots, 1000)
      assert.isAbove(ask, bid)
    })
  )

  it.effect("never sells twice when its sibling may be filled while it triggers", () =>
    Effect.gen(function* () {
      const { ask, bid, node, prices, run } = yield* holding("oco")
      for (let round = 0; round < 4; round++) {
        const [target, guard] = yield* run.passed([
          { place: sell({ type: "limit", priceTicks: (yield* touch()).ask }), contingency: { group: `exit${round}` } },
          {
            place: sell({ type: "stop", triggerTicks: Math.floor(bid * 0.98) }),
            contingency: { group: `exit${round}` }
          }
        ])
        yield* untilFact("oco", "OrderAccepted", target!.id)
        prices.set(btc, Math.floor(bid * 0.97))
        yield* isFlat(node, "oco")
        const sold = (yield* factsOf("oco")).filter(
          (row) => row.type === "OrderFilled" && [target!.id, guard!.id].includes(String(row.payload["clientOrderId"]))
        )
        assert.strictEqual(
          sold.reduce((sum, row) => sum + Math.round(Number(row.payload["quantity"]) * 1e5), 0),
          1000
        )
        prices.set(btc, bid, ask)
        yield* untilFilled("oco", (yield* run.place(take)).id)
      }
    })
  )

  it.effect("is tried again when the exchange rejects what its stop sent", () =>
    Effect.gen(function* () {
      const { faults, logOf } = yield* Exchange
      const { bid, node, prices, run } = yield* holding("refused")
      const { id } = yield* run.place(sell({ type: "stop", triggerTicks: Math.floor(bid * 0.98) }))
      yield* faults([{ kind: "errorBeforeAccept", status: 400, count: 1 }])
      prices.set(btc, Math.floor(bid * 0.97))
      yield* untilFact("refused", "OrderRejected", id)
      const next = yield* attempt("refused", 2)
      const second = String(next.payload["clientOrderId"])
      yield* untilFilled("refused", second)
      yield* isFlat(node, "refused")
      yield* faults([])
      assert.deepStrictEqual(logOf(id), [])
      assert.strictEqual((yield* statusOf(node, "refused")).tradingState, "active")
    })
  )

  it.effect("that replaces one that is being filled never buys more than was asked for", () =>
    Effect.gen(function* () {
      const { node, run } = yield* holding("modify")
      let asked = 1000
      for (let round = 0; round < 4; round++) {
        const { ask } = yield* touch()
        const lots = 20_000
        // Takes what is at the touch and rests with what is left, while it is replaced.
        const old = yield* run.place(resting({ priceTicks: ask, lots }))
        const [next] = yield* run.passed([{ modify: old.orderSeq, priceTicks: Math.ceil(ask * 1.003) }])
        asked += lots
        const state = yield* until(
          "both have ended",
          Effect.map(replayIsLive(node, "modify"), (each) => (each.orders.size === 0 ? each : undefined))
        )
        assert.strictEqual(state.positions.get(btc)?.lots, asked, (yield* lifeOf("modify", next!.id)).join())
      }
    })
  )

  it.effect("closes a position while orders are open on it", () =>
    Effect.gen(function* () {
      const { ask, bid, node, run } = yield* holding("flat")
      const orders = yield* run.passed([
        { place: resting({ priceTicks: Math.floor(bid * 0.97) }) },
        { place: resting({ side: "sell", priceTicks: Math.floor(ask * 1.02), lots: 700 }) },
        { place: sell({ type: "stop", triggerTicks: Math.floor(bid * 0.9), lots: 300 }) }
      ])
      for (const { id } of orders.slice(0, 2)) yield* untilFact("flat", "OrderAccepted", id)
      const answer = yield* node.client("flat").ClosePositions({ instruments: [btc], by: "ada", reason: "drill" })
      assert.strictEqual(answer.canceled, 3)
      yield* untilFilled("flat", answer.closing[0]!.clientOrderId)
      yield* isFlat(node, "flat")
    })
  )

  it.effect("cannot go out on an instrument with an unknown order until an operator has resolved that", () =>
    Effect.gen(function* () {
      const { faults } = yield* Exchange
      const { bid, node, prices, run } = yield* holding("resolve")
      const guard = yield* run.place(sell({ type: "trailingStop", trailBps: 100 }))
      // It never arrives, and the exchange does not answer when it is looked up.
      yield* faults([
        { kind: "resetBeforeAccept", count: 1 },
        { kind: "errorBeforeAccept", method: "GET", path: "/api/v3/order" }
      ])
      const { id } = yield* run.place(resting({ priceTicks: Math.floor(bid * 0.97) }))
      yield* untilFact("resolve", "OrderUnknown", id)
      prices.set(btc, Math.floor(bid * 0.98))
      yield* untilFact("resolve", "OrderTriggered", guard.id)
      assert.deepStrictEqual((yield* statusOf(node, "resolve")).frozenInstruments, [btc])
      const client = node.client("resolve")
      const answer = yield* client.Resolve({
        clientOrderId: id,
        as: "notPlaced",
        by: "ada",
        reason: "not on the screen"
      })
      assert.strictEqual(answer.status, "notPlaced")
      yield* untilFilled("resolve", guard.id)
      yield* faults([])
      yield* isFlat(node, "resolve")
    })
  )
})
