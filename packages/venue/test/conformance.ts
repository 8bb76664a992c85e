/**
 * What every execution adapter must do, against a real venue that can be told to misbehave. An adapter passes as a
 * whole or not at all.
 */
import { assert, it } from "@effect/vitest"
import * as Instrument from "@outcry/model/Instrument"
import { Effect, type Layer, Schedule, type Scope } from "effect"
import type { Execution, LookupOutcome } from "../src/Execution.ts"
import type { MarketData } from "../src/MarketData.ts"
import type { ExchangeProcess } from "./ExchangeProcess.ts"
import { instrument, market, nowUs, ok, order, resting, session, watchReports } from "./Harness.ts"

export interface Subject {
  readonly exchange: () => ExchangeProcess
  readonly layer: () => Layer.Layer<Execution | MarketData>
}

/** A price within the collar at which no one sells. */
const farBelow = 5_000_000

const found = (outcome: LookupOutcome) => {
  if (outcome._tag !== "Found") throw new Error(`expected to find the order: ${JSON.stringify(outcome)}`)
  return outcome
}

export const conformance = ({ exchange, layer }: Subject): void => {
  const test = <E>(name: string, body: () => Effect.Effect<void, E, Execution | MarketData | Scope.Scope>) =>
    it.live(name, () =>
      Effect.suspend(() =>
        body().pipe(Effect.provide(layer()), Effect.ensuring(Effect.promise(() => exchange().faults([]))))
      )
    )

  test("reads instruments with exact sizes, and balances", () =>
    Effect.gen(function* () {
      const alpha = yield* session("alpha")
      const btc = yield* instrument(alpha)
      assert.strictEqual(btc.id, "sim:BTC/USDT")
      assert.deepStrictEqual(
        [btc.tickSize, btc.lotSize, btc.minQuantity, btc.maxQuantity, btc.minNotional, btc.maxNotional],
        ["0.01", "0.00001", "0.00001", "9000", "5", "9000000"]
      )
      const usdt = ok(yield* alpha.balances).find(({ asset }) => asset === "USDT")
      assert.match(usdt?.free ?? "", /^\d+(\.\d+)?$/)
    }))

  test("places, finds, lists and cancels a resting order, each as the venue has it", () =>
    Effect.gen(function* () {
      const alpha = yield* session("alpha")
      const btc = yield* instrument(alpha)
      const placed = yield* alpha.place(order("rest1", btc, resting(farBelow)))
      assert(placed._tag === "Accepted", JSON.stringify(placed))
      assert.strictEqual(placed.order.status, "open")
      assert.strictEqual(placed.order.priceTicks, farBelow)
      const looked = found(yield* alpha.lookup({ clientOrderId: "rest1", instrument: btc }))
      assert.strictEqual(looked.order.venueOrderId, placed.order.venueOrderId)
      assert.include(
        ok(yield* alpha.openOrders()).map(({ clientOrderId }) => clientOrderId),
        "rest1"
      )
      const canceled = yield* alpha.cancel({ clientOrderId: "rest1", instrument: btc })
      assert(canceled._tag === "Canceled", JSON.stringify(canceled))
      assert.strictEqual(canceled.order.clientOrderId, "rest1")
      assert.strictEqual((yield* alpha.cancel({ clientOrderId: "rest1", instrument: btc }))._tag, "NotOpen")
      assert.strictEqual(
        found(yield* alpha.lookup({ clientOrderId: "rest1", instrument: btc })).order.status,
        "canceled"
      )
      assert.deepStrictEqual(
        exchange()
          .logOf("rest1")
          .map(({ type }) => type),
        ["order", "cancel"]
      )
    }))

  test("reports fills the same in the reply, by push, by look-up and in the history", () =>
    Effect.gen(function* () {
      const beta = yield* session("beta")
      const btc = yield* instrument(beta)
      const reports = yield* watchReports(beta)
      yield* reports.until("the connection", (events) => events.some(({ _tag }) => _tag === "Connected"))
      const since = nowUs()
      const placed = yield* beta.place(order("take1", btc, market("buy", 30_000)))
      assert(placed._tag === "Accepted", JSON.stringify(placed))
      const ids = placed.fills.map(({ venueTradeId }) => venueTradeId)
      assert.isNotEmpty(ids)
      assert.strictEqual(
        placed.fills.reduce((lots, fill) => lots + fill.lots, 0),
        placed.order.filledLots
      )
      assert.strictEqual(placed.fills[0]!.feeAsset, "BTC")
      yield* reports.until("the order's end", (events) =>
        events.some((event) => event._tag === "OrderChanged" && event.order.status === "filled")
      )
      const pushed = reports.events.flatMap((event) => (event._tag === "Filled" ? [event.fill] : []))
      const withoutTime = (fills: ReadonlyArray<object>) =>
        fills.map((fill) => ({ ...fill, timeVenue: 0, clientOrderId: "" }))
      assert.deepStrictEqual(withoutTime(pushed), withoutTime(placed.fills))
      assert.deepStrictEqual(
        withoutTime(found(yield* beta.lookup({ clientOrderId: "take1", instrument: btc })).fills),
        withoutTime(placed.fills)
      )
      const history = ok(yield* beta.fillsSince({ instrument: btc, afterTradeId: "", sinceUs: since }))
      assert.deepStrictEqual(withoutTime(history), withoutTime(placed.fills))
      const after = { instrument: btc, afterTradeId: ids.at(-1)!, sinceUs: 0 }
      assert.deepStrictEqual(ok(yield* beta.fillsSince(after)), [])
      const all = ok(yield* beta.fillsSince({ instrument: btc, afterTradeId: "", sinceUs: 0 }))
      assert.includeMembers(
        all.map(({ venueTradeId }) => venueTradeId),
        ids
      )
      const named = ok(
        yield* beta.fillsSince({ instrument: btc, afterTradeId: "", sinceUs: since, isKnown: () => false })
      )
      assert.deepStrictEqual(
        named.map(({ clientOrderId }) => clientOrderId),
        ids.map(() => "take1")
      )
    }))

  test("calls a used id of an open order a duplicate, and takes the id of a closed one for the new order", () =>
    Effect.gen(function* () {
      const alpha = yield* session("alpha")
      const btc = yield* instrument(alpha)
      const first = yield* alpha.place(order("again", btc, resting(farBelow)))
      assert(first._tag === "Accepted")
      assert.strictEqual((yield* alpha.place(order("again", btc, resting(farBelow))))._tag, "Duplicate")
      yield* alpha.cancel({ clientOrderId: "again", instrument: btc })
      const request = order("again", btc, resting(farBelow - 100))
      const second = yield* alpha.place(request)
      assert(second._tag === "Accepted")
      const { timeIntent } = request
      const looked = found(yield* alpha.lookup({ clientOrderId: "again", instrument: btc, timeIntent }))
      assert.strictEqual(looked.order.venueOrderId, second.order.venueOrderId)
      const { venueOrderId } = first.order
      const older = found(yield* alpha.lookup({ clientOrderId: "again", instrument: btc, venueOrderId }))
      assert.strictEqual(older.order.status, "canceled")
      yield* alpha.cancel({ clientOrderId: "again", instrument: btc })
      // An order of that id from before the intent is not the one that was asked for.
      const later = { clientOrderId: "again", instrument: btc, timeIntent: nowUs() + 60_000_000 }
      assert.strictEqual((yield* alpha.lookup(later))._tag, "Absent")
    }))

  test("says that nothing was sent when the deadline has passed, and nothing was", () =>
    Effect.gen(function* () {
      const alpha = yield* session("alpha")
      const btc = yield* instrument(alpha)
      const late = yield* alpha.place(order("late1", btc, resting(farBelow), -1_000))
      assert.strictEqual(late._tag, "NotSent")
      assert.deepStrictEqual(exchange().logOf("late1"), [])
      assert.strictEqual(
        (yield* alpha.lookup({ clientOrderId: "late1", instrument: btc, timeIntent: nowUs() }))._tag,
        "Absent"
      )
    }))

  test("lets the venue itself refuse a request that reaches it after its deadline", () =>
    Effect.gen(function* () {
      const alpha = yield* session("alpha")
      const btc = yield* instrument(alpha)
      yield* Effect.promise(() => exchange().faults([{ kind: "latency", count: 1, delayMs: 1_200 }]))
      const outcome = yield* alpha.place(order("expired1", btc, resting(farBelow), 700_000))
      assert(outcome._tag === "Rejected", JSON.stringify(outcome))
      assert.strictEqual(outcome.code, "-1021")
      assert.deepStrictEqual(exchange().logOf("expired1"), [])
    }))

  for (const kind of ["timeoutAfterAccept", "errorAfterAccept", "resetAfterAccept"]) {
    test(`calls the outcome unknown on ${kind}, sends nothing twice, and finds the order`, () =>
      Effect.gen(function* () {
        const alpha = yield* session("alpha")
        const btc = yield* instrument(alpha)
        yield* Effect.promise(() => exchange().faults([{ kind, count: 1, delayMs: 3_000 }]))
        const id = kind.slice(0, 12).toLowerCase()
        const outcome = yield* alpha.place(order(id, btc, resting(farBelow)))
        assert.strictEqual(outcome._tag, "Unknown", JSON.stringify(outcome))
        assert.strictEqual(found(yield* alpha.lookup({ clientOrderId: id, instrument: btc })).order.status, "open")
        assert.deepStrictEqual(
          exchange()
            .logOf(id)
            .map(({ type }) => type),
          ["order"]
        )
        assert.strictEqual((yield* alpha.cancel({ clientOrderId: id, instrument: btc }))._tag, "Canceled")
      }))
  }

  for (const kind of ["errorBeforeAccept", "resetBeforeAccept"]) {
    test(`calls the outcome unknown on ${kind} as well, and then finds no order`, () =>
      Effect.gen(function* () {
        const alpha = yield* session("alpha")
        const btc = yield* instrument(alpha)
        yield* Effect.promise(() => exchange().faults([{ kind, count: 1 }]))
        const id = kind.slice(0, 12).toLowerCase()
        const request = order(id, btc, resting(farBelow))
        assert.strictEqual((yield* alpha.place(request))._tag, "Unknown")
        const { timeIntent } = request
        assert.strictEqual((yield* alpha.lookup({ clientOrderId: id, instrument: btc, timeIntent }))._tag, "Absent")
        assert.deepStrictEqual(exchange().logOf(id), [])
      }))
  }

  for (const kind of ["rateLimit", "ban"]) {
    test(`calls an order refused at the gate (${kind}) rejected, with the venue's code`, () =>
      Effect.gen(function* () {
        const alpha = yield* session("alpha")
        const btc = yield* instrument(alpha)
        yield* Effect.promise(() => exchange().faults([{ kind, count: 1 }]))
        const outcome = yield* alpha.place(order(`gate${kind.toLowerCase()}`, btc, resting(farBelow)))
        assert(outcome._tag === "Rejected", JSON.stringify(outcome))
        assert.strictEqual(outcome.code, "-1003")
        assert.deepStrictEqual(exchange().logOf(`gate${kind.toLowerCase()}`), [])
      }))
  }

  test("keeps the venue's own words when it refuses an order", () =>
    Effect.gen(function* () {
      const alpha = yield* session("alpha")
      const btc = yield* instrument(alpha)
      const poor = yield* alpha.place(order("toobig", btc, { ...resting(farBelow), lots: 2_500_000 }))
      assert(poor._tag === "Rejected", JSON.stringify(poor))
      assert.strictEqual(poor.code, "-2010")
      assert.match(poor.reason, /insufficient balance/)
      const crossing = yield* alpha.place(order("taker", btc, { ...resting(10_000_000), lots: 1_000 }))
      assert(crossing._tag === "Rejected", JSON.stringify(crossing))
      assert.match(crossing.reason, /immediately match/)
    }))

  test("does not take a venue that cannot answer for one that knows nothing", () =>
    Effect.gen(function* () {
      const alpha = yield* session("alpha")
      const btc = yield* instrument(alpha)
      yield* Effect.promise(() => exchange().faults([{ kind: "errorBeforeAccept", method: "*", path: "*" }]))
      assert.strictEqual((yield* alpha.lookup({ clientOrderId: "nowhere", instrument: btc }))._tag, "Unclear")
      assert.strictEqual((yield* alpha.openOrders())._tag, "Unreachable")
      assert.strictEqual((yield* alpha.balances)._tag, "Unreachable")
      assert.strictEqual(
        (yield* alpha.fillsSince({ instrument: btc, afterTradeId: "", sinceUs: 0 }))._tag,
        "Unreachable"
      )
      assert.strictEqual((yield* alpha.cancel({ clientOrderId: "nowhere", instrument: btc }))._tag, "Unknown")
    }))

  test("cancels while placements hang", () =>
    Effect.gen(function* () {
      const alpha = yield* session("alpha")
      const btc = yield* instrument(alpha)
      assert.strictEqual((yield* alpha.place(order("quick", btc, resting(farBelow))))._tag, "Accepted")
      yield* Effect.promise(() => exchange().faults([{ kind: "latency", delayMs: 30_000 }]))
      let placed = 0
      yield* Effect.forEach(
        Array.from({ length: 40 }, (_, index) => index),
        (index) =>
          Effect.tap(alpha.place(order(`hang${index}`, btc, resting(farBelow))), ({ _tag }) =>
            Effect.sync(() => (placed += _tag === "Accepted" ? 1 : 0))
          ),
        { concurrency: "unbounded" }
      ).pipe(Effect.forkScoped({ startImmediately: true }))
      assert.strictEqual((yield* alpha.cancel({ clientOrderId: "quick", instrument: btc }))._tag, "Canceled")
      assert.strictEqual(placed, 0)
    }))

  test("says when reports may be missing, comes back, and reports go on", () =>
    Effect.gen(function* () {
      const alpha = yield* session("alpha")
      const btc = yield* instrument(alpha)
      const reports = yield* watchReports(alpha)
      const tags = (events: ReadonlyArray<{ readonly _tag: string }>) =>
        events.map(({ _tag }) => _tag).filter((tag) => tag === "Connected" || tag === "Disconnected")
      yield* reports.until("the connection", (events) => tags(events).at(-1) === "Connected")
      const before = tags(reports.events).length
      yield* Effect.promise(() => exchange().faults([{ kind: "userDisconnect", count: 1 }]))
      yield* alpha.place(order("dropped", btc, resting(farBelow)))
      yield* reports.until("the reconnection", (events) => tags(events).length >= before + 2)
      assert.deepStrictEqual(tags(reports.events).slice(before, before + 2), ["Disconnected", "Connected"])
      yield* alpha.cancel({ clientOrderId: "dropped", instrument: btc })
      yield* reports.until("the cancel's report", (events) =>
        events.some(
          (event) =>
            event._tag === "OrderChanged" &&
            event.order.clientOrderId === "dropped" &&
            event.order.status === "canceled"
        )
      )
    }))

  test("notices a venue that is frozen, tells so, and recovers with it", () =>
    Effect.gen(function* () {
      const alpha = yield* session("alpha")
      const btc = yield* instrument(alpha)
      const reports = yield* watchReports(alpha)
      yield* reports.until("the connection", (events) => events.at(-1)?._tag === "Connected")
      exchange().freeze()
      yield* reports
        .until("the loss", (events) => events.at(-1)?._tag === "Disconnected")
        .pipe(
          Effect.andThen(alpha.place(order("frozen", btc, resting(farBelow)))),
          Effect.tap((outcome) => Effect.sync(() => assert.strictEqual(outcome._tag, "Unknown"))),
          Effect.ensuring(Effect.sync(() => exchange().thaw()))
        )
      yield* reports.until("the return", (events) => events.at(-1)?._tag === "Connected")
      // The request lay in the frozen process's socket: it is accepted or refused there, and the look-up says which.
      const outcome = yield* alpha
        .lookup({ clientOrderId: "frozen", instrument: btc })
        .pipe(Effect.repeat({ until: ({ _tag }) => _tag !== "Unclear", schedule: Schedule.spaced(50) }))
      assert.strictEqual(outcome._tag === "Found", exchange().logOf("frozen").length === 1)
    }))

  test("estimates the venue's clock within its own bound", () =>
    Effect.gen(function* () {
      const alpha = yield* session("alpha")
      // Same machine, so the truth is zero.
      const { errorUs, offsetUs } = yield* alpha.clockOffset
      assert.isAtMost(Math.abs(offsetUs), errorUs)
      assert.isBelow(errorUs, 1_000_000)
      assert.isTrue(Instrument.priceText(yield* instrument(alpha), 1) === "0.01")
    }))
}
