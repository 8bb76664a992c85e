/** What an order of each type looks like on the wire, and which are left to the venue at all. */
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import type { OrderTerms } from "@outcry/model/Order"
import { Effect } from "effect"
import { instrument, order, session, sessionsAt } from "./Harness.ts"
import { orderBody, StubVenue } from "./StubVenue.ts"

const terms = (over: Partial<OrderTerms>): OrderTerms => ({
  side: "sell",
  type: "limit",
  priceTicks: 0,
  lots: 1_000,
  timeInForce: "GTC",
  postOnly: false,
  ...over
})

const limit = { priceTicks: 4_900_000 }
const trigger = { triggerTicks: 5_000_000 }

/** Terms, whether they are native, and what is sent beside symbol, side, quantity, id and the signature's own. */
const table: ReadonlyArray<readonly [string, OrderTerms, boolean, Readonly<Record<string, string>> | undefined]> = [
  ["limit", terms(limit), true, { type: "LIMIT", price: "49000", timeInForce: "GTC" }],
  ["limit FOK", terms({ ...limit, timeInForce: "FOK" }), true, { type: "LIMIT", price: "49000", timeInForce: "FOK" }],
  ["post-only", terms({ ...limit, postOnly: true }), true, { type: "LIMIT_MAKER", price: "49000" }],
  ["market", terms({ type: "market" }), true, { type: "MARKET" }],
  [
    "reduce-only, clipped by the account",
    terms({ ...limit, reduceOnly: true }),
    true,
    { type: "LIMIT", price: "49000", timeInForce: "GTC" }
  ],
  [
    "GTD, ended by the account",
    terms({ ...limit, timeInForce: "GTD", expiresUs: 1 }),
    false,
    { type: "LIMIT", price: "49000", timeInForce: "GTC" }
  ],
  [
    "iceberg",
    terms({ ...limit, displayLots: 100 }),
    true,
    { type: "LIMIT", price: "49000", timeInForce: "GTC", icebergQty: "0.00100" }
  ],
  ["iceberg of too many parts", terms({ ...limit, displayLots: 99 }), false, undefined],
  ["iceberg that may not rest", terms({ ...limit, displayLots: 100, timeInForce: "IOC" }), false, undefined],
  ["stop", terms({ type: "stop", ...trigger }), true, { type: "STOP_LOSS", stopPrice: "50000" }],
  [
    "stop-limit",
    terms({ type: "stopLimit", ...trigger, ...limit }),
    true,
    { type: "STOP_LOSS_LIMIT", stopPrice: "50000", price: "49000", timeInForce: "GTC" }
  ],
  ["take-profit", terms({ type: "takeProfit", ...trigger }), true, { type: "TAKE_PROFIT", stopPrice: "50000" }],
  [
    "take-profit-limit IOC",
    terms({ type: "takeProfitLimit", ...trigger, ...limit, timeInForce: "IOC" }),
    true,
    { type: "TAKE_PROFIT_LIMIT", stopPrice: "50000", price: "49000", timeInForce: "IOC" }
  ],
  [
    "trailing by 1.25 %",
    terms({ type: "trailingStop", trailBps: 125 }),
    true,
    { type: "STOP_LOSS", trailingDelta: "125" }
  ],
  [
    "trailing by 20 %",
    terms({ type: "trailingStop", trailBps: 2_000 }),
    true,
    { type: "STOP_LOSS", trailingDelta: "2000" }
  ],
  ["trailing by 0.05 %", terms({ type: "trailingStop", trailBps: 5 }), false, undefined],
  ["trailing by 30 %", terms({ type: "trailingStop", trailBps: 3_000 }), false, undefined],
  ["trailing by amount", terms({ type: "trailingStop", trailTicks: 500 }), false, undefined],
  ["stop that only reduces", terms({ type: "stop", ...trigger, reduceOnly: true }), false, undefined],
  ["trailing that only reduces", terms({ type: "trailingStop", trailBps: 100, reduceOnly: true }), false, undefined],
  ["stop-limit GTD", terms({ type: "stopLimit", ...trigger, ...limit, timeInForce: "GTD" }), false, undefined],
  ["stop-limit post-only", terms({ type: "stopLimit", ...trigger, ...limit, postOnly: true }), false, undefined],
  ["stop without a price to wait for", terms({ type: "stop" }), false, undefined]
]

const ownParams = [
  "symbol",
  "side",
  "quantity",
  "newClientOrderId",
  "newOrderRespType",
  "timestamp",
  "recvWindow",
  "signature"
]

describe("native order types", () => {
  let stub: StubVenue
  beforeEach(() => {
    stub = new StubVenue()
  })
  afterEach(() => stub.stop())

  it.live.each(table)("%s", ([, given, native, sent]) =>
    Effect.gen(function* () {
      const address = yield* Effect.promise(() => stub.start())
      yield* Effect.gen(function* () {
        const alpha = yield* session("alpha")
        const btc = yield* instrument(alpha)
        assert.strictEqual(alpha.native(btc, given), native)
        if (sent === undefined) return
        stub.onRequest = ({ method, params }) =>
          method === "POST" ? { body: orderBody({ price: params.get("price") ?? "0" }) } : undefined
        const placed = yield* alpha.place(order("mine", btc, given))
        assert.strictEqual(placed._tag, "Accepted", JSON.stringify(placed))
        const { params } = stub.requests.find(({ method }) => method === "POST")!
        assert.deepStrictEqual(Object.fromEntries([...params].filter(([name]) => !ownParams.includes(name))), sent)
        assert.strictEqual(params.get("side"), "SELL")
        assert.strictEqual(params.get("quantity"), "0.01")
      }).pipe(Effect.provide(sessionsAt(address)))
    })
  )

  it.live("what a symbol does not list is not native there", () =>
    Effect.gen(function* () {
      const [symbol] = stub.symbols
      stub.symbols = [
        {
          ...(symbol as object),
          orderTypes: ["LIMIT", "MARKET", "STOP_LOSS"],
          allowTrailingStop: false,
          icebergAllowed: false
        }
      ]
      const address = yield* Effect.promise(() => stub.start())
      yield* Effect.gen(function* () {
        const alpha = yield* session("alpha")
        const btc = yield* instrument(alpha)
        assert.isTrue(alpha.native(btc, terms({ type: "stop", ...trigger })))
        assert.isFalse(alpha.native(btc, terms({ type: "takeProfit", ...trigger })))
        assert.isFalse(alpha.native(btc, terms({ type: "trailingStop", trailBps: 100 })))
        assert.isFalse(alpha.native(btc, terms({ ...limit, displayLots: 500 })))
      }).pipe(Effect.provide(sessionsAt(address)))
    })
  )

  it.live("a trail by amount is never sent", () =>
    Effect.gen(function* () {
      const address = yield* Effect.promise(() => stub.start())
      yield* Effect.gen(function* () {
        const alpha = yield* session("alpha")
        const btc = yield* instrument(alpha)
        const placed = yield* alpha.place(order("mine", btc, terms({ type: "trailingStop", trailTicks: 500 })))
        assert.strictEqual(placed._tag, "NotSent")
        assert.isUndefined(stub.requests.find(({ method }) => method === "POST"))
      }).pipe(Effect.provide(sessionsAt(address)))
    })
  )
})
