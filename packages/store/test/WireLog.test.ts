/** The wire log over a real Postgres. */
import { assert, layer } from "@effect/vitest"
import { migratedDatabase } from "@outcry/testkit/TestJournal"
import { Clock, Effect, Layer } from "effect"
import { type WireEntry, WireLog } from "../src/WireLog.ts"
import { until } from "./TestDatabase.ts"

const entry = (over: Partial<WireEntry> = {}): WireEntry => ({
  account: "a",
  clientOrderId: "oc1",
  method: "POST",
  path: "/api/v3/order",
  request: "symbol=BTCUSDT",
  status: 200,
  response: '{"orderId":7}',
  sentUs: 1_795_217_412_123_456,
  answeredUs: 1_795_217_412_133_456,
  ...over
})

layer(WireLog.layer().pipe(Layer.provideMerge(migratedDatabase)), { excludeTestServices: true, timeout: 120_000 })(
  "the wire log",
  (it) => {
    it.effect("gives back what was written, oldest first and of one order only", () =>
      Effect.gen(function* () {
        const log = yield* WireLog
        const later = entry({ sentUs: entry().sentUs + 1, status: 0, response: "" })
        yield* log.write([later, entry(), entry({ clientOrderId: "oc2" }), entry({ account: "b" })])
        assert.deepStrictEqual(yield* log.read("a", "oc1"), [entry(), later])
      })
    )

    it.effect("takes what Postgres cannot hold as text, and cuts what is too long", () =>
      Effect.gen(function* () {
        const log = yield* WireLog
        yield* log.offer(entry({ clientOrderId: "odd", request: "a\u0000b\ud800", response: "x".repeat(20_000) }))
        yield* until(Effect.map(log.read("a", "odd"), (rows) => rows.length === 1))
        const [row] = yield* log.read("a", "odd")
        assert.deepStrictEqual([row!.request, row!.response.length], ["ab\ufffd", 16_384])
      })
    )

    it.effect("drops what is older than it keeps", () =>
      Effect.gen(function* () {
        const log = yield* WireLog
        const nowUs = (yield* Clock.currentTimeMillis) * 1000
        yield* log.write([entry({ clientOrderId: "old", sentUs: nowUs - 91 * 86_400_000_000 })])
        yield* log.write([entry({ clientOrderId: "old", sentUs: nowUs })])
        const pruning = WireLog.layer({ pruneEveryMs: 50 })
        yield* Effect.provide(until(Effect.map(log.read("a", "old"), (rows) => rows.length === 1)), pruning)
      })
    )
  }
)
