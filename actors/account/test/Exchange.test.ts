/** One account at the real exchange, through the real ccxt: what its log and our journal say of the same orders. */
import { assert, layer } from "@effect/vitest"
import { Journal } from "@outcry/store/Journal"
import { WireLog } from "@outcry/store/WireLog"
import { credentials, startExchange } from "@outcry/testkit/ExchangeProcess"
import * as TestJournal from "@outcry/testkit/TestJournal"
import { Execution } from "@outcry/venue/Execution"
import * as ExecutionPool from "@outcry/venue/ExecutionPool"
import { RateLeases } from "@outcry/venue/RateLeases"
import { VenueGates } from "@outcry/venue/VenueGates"
import { Context, Effect, Layer } from "effect"
import {
  btc,
  factsOf,
  join,
  lifeOf,
  replayIsLive,
  resting,
  startNode,
  statusOf,
  until,
  untilFact
} from "@outcry/testkit/AccountHarness"

const names = ["wire", "timeout", "silence", "killed", "hand"]

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
const store = WireLog.layer().pipe(Layer.provideMerge(TestJournal.layer))
const services = Layer.mergeAll(store, execution.pipe(Layer.provideMerge(exchange)))

/** A node that decides on the exchange's present prices. */
const start = Effect.fnUntraced(function* (name: string) {
  const { address } = yield* Exchange
  const read = yield* Effect.promise(async () => {
    const reply = await fetch(`${address.restUrl}/api/v3/ticker/bookTicker?symbol=BTCUSDT`)
    return (await reply.json()) as { readonly bidPrice: string; readonly askPrice: string }
  })
  const [bidTicks, askTicks] = [Math.round(Number(read.bidPrice) * 100), Math.round(Number(read.askPrice) * 100)]
  const mark = { bidTicks, askTicks, timeReceived: Number.MAX_SAFE_INTEGER }
  const node = yield* startNode(name, { orderExpiryUs: 1_000_000, mark: () => mark })
  return {
    node,
    bid: resting({ priceTicks: Math.floor(bidTicks * 0.97) }),
    take: resting({ type: "market", priceTicks: 0 })
  }
})

layer(services, { excludeTestServices: true, timeout: 120_000 })("an account at the exchange", (it) => {
  it.effect("journals before it sends, books what was filled, and cancels what rests", () =>
    Effect.gen(function* () {
      const { logOf } = yield* Exchange
      const { bid, node, take } = yield* start("one")
      const run = yield* join(node, "wire")
      const { errorUs } = yield* (yield* (yield* Execution).session("wire")).clockOffset
      const [bought, resting] = [yield* run.place(take), yield* run.place(bid)]
      yield* untilFact("wire", "OrderFilled", bought.id)
      yield* untilFact("wire", "OrderAccepted", resting.id)
      yield* run.submit([{ cancel: resting.orderSeq }])
      yield* untilFact("wire", "OrderCanceled", resting.id)
      const state = yield* replayIsLive(node, "wire")
      assert.strictEqual(state.positions.get(btc)?.lots, 1000)
      const log = yield* WireLog
      const [sent] = yield* until(
        "the wire log has it",
        Effect.map(log.read("wire", bought.id), (entries) => (entries.length > 0 ? entries : undefined))
      )
      assert.deepInclude(sent, { account: "wire", method: "POST", status: 200 })
      assert.include(sent!.request, bought.id)
      assert.notInclude(JSON.stringify(sent), "wire-secret")
      assert.isAtLeast(sent!.answeredUs, sent!.sentUs)
      const facts = yield* factsOf("wire")
      for (const { id } of [bought, resting]) {
        const intended = facts.find((row) => row.type === "OrderIntended" && row.clientOrderId === id)!
        const [ordered, ...others] = logOf(id).filter((line) => line.type === "order")
        assert.strictEqual(others.length, 0)
        // The journal's time is that of the decision, before the commit; the log's is in whole milliseconds.
        assert.isAtLeast(ordered!.timeMs, Math.floor((intended.timeUs - errorUs) / 1000))
      }
      assert.deepStrictEqual((yield* statusOf(node, "wire")).differences, 0)
    })
  )

  it.effect("settles an order whose reply never came, and does not send it again", () =>
    Effect.gen(function* () {
      const { faults, logOf } = yield* Exchange
      const { bid, node } = yield* start("one")
      const run = yield* join(node, "timeout")
      yield* faults([
        // Cut before the account looks at its open orders by itself.
        { kind: "timeoutAfterAccept", count: 1, delayMs: 50 },
        { kind: "userDrop", count: 20 }
      ])
      const { id } = yield* run.place(bid)
      yield* untilFact("timeout", "OrderAccepted", id)
      yield* faults([])
      assert.include((yield* lifeOf("timeout", id)).join(), "OrderUnknown,OrderAccepted")
      assert.strictEqual(logOf(id).filter((line) => line.type === "order").length, 1)
    })
  )

  it.effect("says that an order was not placed when the exchange never worked it", () =>
    Effect.gen(function* () {
      const { faults, logOf } = yield* Exchange
      const { bid, node } = yield* start("one")
      const run = yield* join(node, "silence")
      yield* faults([{ kind: "resetBeforeAccept", count: 1 }])
      const { id } = yield* run.place(bid)
      yield* untilFact("silence", "OrderNotPlaced", id)
      assert.deepStrictEqual(logOf(id), [])
      assert.strictEqual((yield* replayIsLive(node, "silence")).balances.get("USDT")?.reserved, 0n)
    })
  )

  it.effect("is taken over with a request under way: the successor finds the order and its fills", () =>
    Effect.gen(function* () {
      const { faults, logOf } = yield* Exchange
      const first = yield* start("first")
      const run = yield* join(first.node, "killed")
      yield* faults([
        { kind: "replyLatency", delayMs: 5_000, count: 1 },
        { kind: "userDelay", delayMs: 5_000, count: 100 }
      ])
      const { id } = yield* run.place(first.take)
      yield* until(
        "the exchange has it",
        Effect.sync(() => logOf(id).some((line) => line.type === "fill"))
      )
      yield* first.node.stop
      yield* faults([])
      assert.deepStrictEqual(yield* lifeOf("killed", id), ["OrderIntended"])
      const second = yield* start("second")
      const { joined } = yield* join(second.node, "killed", "s", 2)
      assert.strictEqual(joined.intentSeq, 1)
      const state = yield* until(
        "the fill is booked",
        Effect.map(replayIsLive(second.node, "killed"), (each) =>
          each.positions.get(btc)?.lots === 1000 ? each : undefined
        )
      )
      assert.strictEqual(state.orders.size, 0)
      assert.strictEqual(logOf(id).filter((line) => line.type === "order").length, 1)
      assert.isAbove((yield* (yield* Journal).claim("Account/killed", "account")).epoch, 2)
    })
  )
})
