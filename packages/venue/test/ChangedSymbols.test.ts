/** What a session makes of a venue whose sizes or symbols are no longer those that the account knows. */
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import type { OrderTerms } from "@outcry/model/Order"
import { Effect, type Scope } from "effect"
import type { Execution, ExecutionSession } from "../src/Execution.ts"
import { instrument, ok, order, resting, session, sessionsAt } from "./Harness.ts"
import { orderBody, StubVenue, symbol } from "./StubVenue.ts"

const orderTerms: OrderTerms = resting(5_000_000)

describe("a venue that has changed its symbols", () => {
  let stub: StubVenue
  beforeEach(() => {
    stub = new StubVenue()
  })
  afterEach(() => stub.stop())

  const test = <E>(name: string, body: (alpha: ExecutionSession) => Effect.Effect<void, E, Execution | Scope.Scope>) =>
    it.live(name, () =>
      Effect.gen(function* () {
        const address = yield* Effect.promise(() => stub.start())
        yield* Effect.flatMap(session("alpha"), body).pipe(Effect.provide(sessionsAt(address)))
      })
    )

  /** The venue's symbol, as its exchangeInfo tells it after a change of sizes. */
  const resized = (tickSize: string, stepSize: string) => ({
    ...symbol,
    filters: symbol.filters.map((filter) =>
      filter.filterType === "PRICE_FILTER"
        ? { ...filter, tickSize }
        : filter.filterType === "LOT_SIZE"
          ? { ...filter, stepSize, minQty: stepSize }
          : filter
    )
  })

  test("an order that the venue's sizes no longer fit is not sent as another", (alpha) =>
    Effect.gen(function* () {
      const btc = yield* instrument(alpha)
      const change = (tickSize: string, stepSize: string) =>
        Effect.suspend(() => {
          stub.symbols = [resized(tickSize, stepSize)]
          return alpha.instruments
        })
      const refused = (over: Partial<OrderTerms>) =>
        Effect.map(alpha.place(order("mine", btc, { ...orderTerms, postOnly: false, ...over })), (outcome) =>
          outcome._tag === "NotSent" ? outcome.reason : assert.fail(outcome._tag)
        )
      const changed = "the sizes of sim:BTC/USDT have changed at the venue"
      yield* change("0.1", "0.001")
      assert.strictEqual(
        yield* refused({ lots: 123_400, priceTicks: 10_007 }),
        `${changed}: price 100.07 would be sent as 100.1`
      )
      assert.strictEqual(yield* refused({ lots: 123_450 }), `${changed}: quantity 1.23450 would be sent as 1.234`)
      assert.strictEqual(
        yield* refused({ type: "stop", priceTicks: 0, triggerTicks: 5_000_004 }),
        `${changed}: trigger 50000.04 would be sent as 50000`
      )
      assert.strictEqual(
        yield* refused({ displayLots: 150 }),
        `${changed}: display quantity 0.00150 would be sent as 0.001`
      )
      assert.match(yield* refused({ lots: 1 }), /^quantity 0.00001 of sim:BTC\/USDT cannot be sent: /)
      assert.isUndefined(stub.requests.find(({ method }) => method === "POST"))
      // Sizes that the order fits, finer or coarser, do not matter to it.
      stub.onRequest = ({ method }) => (method === "POST" ? { body: orderBody() } : undefined)
      for (const [tickSize, stepSize] of [
        ["0.1", "0.001"],
        ["0.001", "0.000001"]
      ] as const) {
        yield* change(tickSize, stepSize)
        assert.strictEqual((yield* alpha.place(order("mine", btc, orderTerms)))._tag, "Accepted")
      }
    }))

  test("an order that the venue has taken at another price or for another quantity is not the one that was sent", (alpha) =>
    Effect.gen(function* () {
      const btc = yield* instrument(alpha)
      for (const [other, said] of [
        [{ price: "50000.10" }, /at 50000.10, not at 50000.00/],
        [{ origQty: "0.009" }, /of 0.00900, not of 0.01000/]
      ] as const) {
        stub.onRequest = ({ method }) => (method === "POST" ? { body: orderBody(other) } : undefined)
        const placed = yield* alpha.place(order("mine", btc, orderTerms))
        assert(placed._tag === "Unknown")
        assert.match(placed.reason, said)
      }
    }))

  test("among all open orders only those of the instruments asked about need to be readable", (alpha) =>
    Effect.gen(function* () {
      const btc = yield* instrument(alpha)
      const bases = Array.from({ length: 13 }, (_, index) => `COIN${index}`)
      const others = bases.map((base) => ({ ...btc, base, symbol: `${base}/USDT`, id: `sim:${base}/USDT` }))
      const manual = orderBody({ symbol: "GONEUSDT", clientOrderId: "by-hand", price: "1e3" })
      let listed: ReadonlyArray<unknown> = [manual, orderBody()]
      stub.onRequest = ({ params, path }) =>
        path === "openOrders" && !params.has("symbol") ? { body: listed } : undefined
      const found = ok(yield* alpha.openOrders([btc, ...others]))
      assert.deepStrictEqual(
        found.map(({ clientOrderId }) => clientOrderId),
        ["mine"]
      )
      assert.strictEqual((yield* alpha.openOrders())._tag, "Unreachable")
      listed = [orderBody({ price: "50000.001" }), manual]
      assert.strictEqual((yield* alpha.openOrders([btc, ...others]))._tag, "Unreachable")
    }))

  test("an execution at a price between two ticks does not hide the others", (alpha) =>
    Effect.gen(function* () {
      const btc = yield* instrument(alpha)
      const trade = (id: number, price: string) => ({
        symbol: "BTCUSDT",
        id,
        orderId: 7,
        price,
        qty: "0.01",
        quoteQty: "500",
        commission: "0",
        commissionAsset: "USDT",
        time: Date.now(),
        isBuyer: true,
        isMaker: false
      })
      stub.onRequest = ({ path }) =>
        path === "myTrades"
          ? { body: [trade(1, "50000.00"), trade(2, "50000.001")] }
          : path === "order"
            ? { body: orderBody({ clientOrderId: "by-hand", price: "50000.001" }) }
            : undefined
      const since = { instrument: btc, afterTradeId: "0", sinceUs: 0, isKnown: () => false }
      const fills = ok(yield* alpha.fillsSince(since))
      assert.isTrue(fills.every(({ clientOrderId }) => clientOrderId === "by-hand"))
      assert.deepStrictEqual(
        fills.map(({ priceTicks }) => priceTicks),
        [5_000_000, 5_000_001]
      )
    }))
})
