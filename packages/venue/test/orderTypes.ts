/** What an execution adapter must do with orders that wait for a price, show only a part, or meet their own kind. */
import { assert, it } from "@effect/vitest"
import type { Instrument } from "@outcry/model/Instrument"
import type { OrderTerms } from "@outcry/model/Order"
import { Effect, Schedule, type Scope } from "effect"
import type { Execution, LookupOutcome, PlaceOutcome } from "../src/Execution.ts"
import type { MarketData } from "../src/MarketData.ts"
import type { Subject } from "./conformance.ts"
import type { ExchangeProcess } from "./ExchangeProcess.ts"
import { instrument, market, ok, order, session, watchReports } from "./Harness.ts"

const accepted = (outcome: PlaceOutcome) => {
  if (outcome._tag !== "Accepted") throw new Error(`expected to be accepted: ${JSON.stringify(outcome)}`)
  return outcome
}

const found = (outcome: LookupOutcome) => {
  if (outcome._tag !== "Found") throw new Error(`expected to find the order: ${JSON.stringify(outcome)}`)
  return outcome
}

const bookTicker = async ({ address }: ExchangeProcess): Promise<{ readonly bid: number; readonly ask: number }> => {
  const reply = await fetch(`${address.restUrl}/api/v3/ticker/bookTicker?symbol=BTCUSDT`)
  const body = (await reply.json()) as { readonly bidPrice: string; readonly askPrice: string }
  return { bid: Math.round(Number(body.bidPrice) * 100), ask: Math.round(Number(body.askPrice) * 100) }
}

const terms = (over: Partial<OrderTerms>): OrderTerms => ({
  side: "sell",
  type: "stop",
  priceTicks: 0,
  lots: 1_000,
  timeInForce: "GTC",
  postOnly: false,
  ...over
})

export const orderTypes = ({ exchange, layer }: Subject): void => {
  const test = <E>(name: string, body: () => Effect.Effect<void, E, Execution | MarketData | Scope.Scope>) =>
    it.live(name, () =>
      Effect.suspend(() =>
        body().pipe(Effect.provide(layer()), Effect.ensuring(Effect.promise(() => exchange().faults([]))))
      )
    )

  const waiting: ReadonlyArray<readonly [string, (bid: number, ask: number) => OrderTerms]> = [
    ["stop", (bid) => terms({ triggerTicks: Math.floor(bid * 0.9) })],
    ["stop of a buyer", (_, ask) => terms({ side: "buy", triggerTicks: Math.ceil(ask * 1.1) })],
    [
      "stopLimit",
      (bid) => terms({ type: "stopLimit", triggerTicks: Math.floor(bid * 0.9), priceTicks: Math.floor(bid * 0.89) })
    ],
    ["takeProfit", (_, ask) => terms({ type: "takeProfit", triggerTicks: Math.ceil(ask * 1.1) })],
    [
      "takeProfitLimit",
      (_, ask) =>
        terms({ type: "takeProfitLimit", triggerTicks: Math.ceil(ask * 1.1), priceTicks: Math.ceil(ask * 1.09) })
    ],
    ["trailingStop", () => terms({ type: "trailingStop", trailBps: 1_500 })]
  ]

  for (const [index, [name, of]] of waiting.entries())
    test(`places a ${name}, shows it with its trigger everywhere, and cancels it`, () =>
      Effect.gen(function* () {
        const alpha = yield* session("alpha")
        const btc = yield* instrument(alpha)
        const { ask, bid } = yield* Effect.promise(() => bookTicker(exchange()))
        const asked = of(bid, ask)
        assert.isTrue(alpha.native(btc, asked))
        const reports = yield* watchReports(alpha)
        yield* reports.until("the connection", (events) => events.at(-1)?._tag === "Connected")
        const id = `wait${index}`
        const placed = accepted(yield* alpha.place(order(id, btc, asked)))
        const shown = {
          side: asked.side,
          type: asked.type,
          status: "open" as const,
          priceTicks: asked.priceTicks,
          triggerTicks: asked.triggerTicks ?? 0,
          lots: asked.lots,
          filledLots: 0,
          averageTicks: 0
        }
        assert.deepInclude(placed.order, shown)
        assert.deepInclude(found(yield* alpha.lookup({ clientOrderId: id, instrument: btc })).order, shown)
        const listed = ok(yield* alpha.openOrders()).find(({ clientOrderId }) => clientOrderId === id)
        assert(listed !== undefined)
        assert.deepInclude(listed, shown)
        assert.strictEqual((yield* alpha.cancel({ clientOrderId: id, instrument: btc }))._tag, "Canceled")
        yield* reports.until("the cancel's report", (events) =>
          events.some(
            (event) =>
              event._tag === "OrderChanged" && event.order.clientOrderId === id && event.order.status === "canceled"
          )
        )
        const pushed = reports.events.flatMap((event) =>
          event._tag === "OrderChanged" && event.order.clientOrderId === id ? [event.order] : []
        )
        assert.deepInclude(pushed[0]!, shown)
      }))

  test("a stop whose price is touched becomes a market order, and its fills are reported under its id", () =>
    Effect.gen(function* () {
      const [alpha, beta] = [yield* session("alpha"), yield* session("beta")]
      const btc: Instrument = yield* instrument(alpha)
      const reports = yield* watchReports(alpha)
      yield* reports.until("the connection", (events) => events.at(-1)?._tag === "Connected")
      // The last print may be above already: then it is refused, and sent again with another trigger.
      const placing = Effect.gen(function* () {
        const touch = yield* Effect.promise(() => bookTicker(exchange()))
        const asked = terms({ side: "buy", triggerTicks: touch.ask + 2_000 })
        return { ask: touch.ask, outcome: yield* alpha.place(order("fires", btc, asked)) }
      })
      const { ask, outcome } = yield* Effect.repeat(placing, { until: (each) => each.outcome._tag !== "Rejected" })
      accepted(outcome)
      const isFilled = () =>
        reports.events.some(
          (event) =>
            event._tag === "OrderChanged" && event.order.clientOrderId === "fires" && event.order.status === "filled"
        )
      // Others trade through the trigger.
      for (let push = 0; push < 40 && !isFilled(); push++) {
        yield* beta.place(order(`push${push}`, btc, market("buy", 20_000)))
        yield* Effect.sleep(20)
      }
      yield* reports.until("the fill", isFilled)
      const looked = found(yield* alpha.lookup({ clientOrderId: "fires", instrument: btc }))
      assert.deepInclude(looked.order, { type: "stop", status: "filled", filledLots: 1_000 })
      assert.isAtLeast(looked.order.averageTicks, ask)
      const lots = looked.fills.reduce((sum, fill) => sum + fill.lots, 0)
      assert.strictEqual(lots, 1_000)
      const pushed = reports.events.flatMap((event) => (event._tag === "Filled" ? [event.fill.venueTradeId] : []))
      assert.includeMembers(
        pushed,
        looked.fills.map(({ venueTradeId }) => venueTradeId)
      )
    }))

  test("keeps the venue's words for a stop that would fire at once", () =>
    Effect.gen(function* () {
      const alpha = yield* session("alpha")
      const btc = yield* instrument(alpha)
      const { bid } = yield* Effect.promise(() => bookTicker(exchange()))
      const outcome = yield* alpha.place(order("atonce", btc, terms({ triggerTicks: Math.ceil(bid * 1.1) })))
      assert(outcome._tag === "Rejected", JSON.stringify(outcome))
      assert.strictEqual(outcome.code, "-2010")
    }))

  test("places an iceberg as one order of its whole size", () =>
    Effect.gen(function* () {
      const alpha = yield* session("alpha")
      const btc = yield* instrument(alpha)
      const { bid } = yield* Effect.promise(() => bookTicker(exchange()))
      const asked = terms({ side: "buy", type: "limit", priceTicks: Math.floor(bid * 0.9), displayLots: 200 })
      assert.isTrue(alpha.native(btc, asked))
      const placed = accepted(yield* alpha.place(order("berg", btc, asked)))
      assert.deepInclude(placed.order, { type: "limit", lots: 1_000, status: "open" })
      assert.strictEqual((yield* alpha.cancel({ clientOrderId: "berg", instrument: btc }))._tag, "Canceled")
    }))

  test("waits out a venue in maintenance, and trades again by itself", () =>
    Effect.gen(function* () {
      const alpha = yield* session("alpha")
      const btc = yield* instrument(alpha)
      const { bid } = yield* Effect.promise(() => bookTicker(exchange()))
      const asked = terms({ side: "buy", type: "limit", priceTicks: Math.floor(bid * 0.9) })
      yield* Effect.promise(() => exchange().faults([{ kind: "maintenance" }]))
      assert.strictEqual((yield* alpha.instruments)._tag, "Unreachable")
      for (let index = 0; index < 5; index++)
        assert.strictEqual((yield* alpha.lookup({ clientOrderId: "nothere", instrument: btc }))._tag, "Unclear")
      const refused = yield* alpha.place(order("closed1", btc, asked))
      assert(refused._tag === "NotSent", JSON.stringify(refused))
      assert.include(refused.reason, "venue unavailable")
      assert.strictEqual((yield* alpha.cancel({ clientOrderId: "nothere", instrument: btc }))._tag, "Unknown")
      yield* Effect.promise(() => exchange().faults([]))
      const again = yield* Effect.suspend(() => alpha.place(order("closed2", btc, asked))).pipe(
        Effect.repeat({ until: ({ _tag }) => _tag !== "NotSent", schedule: Schedule.spaced(50) })
      )
      assert.strictEqual(again._tag, "Accepted")
      assert.strictEqual((yield* alpha.cancel({ clientOrderId: "closed2", instrument: btc }))._tag, "Canceled")
    }))

  for (const kind of ["userFreeze", "userDrop"])
    test(`recycles a user stream that looks healthy and does not report (${kind})`, () =>
      Effect.gen(function* () {
        const alpha = yield* session("alpha")
        const btc = yield* instrument(alpha)
        const reports = yield* watchReports(alpha)
        yield* reports.until("the connection", (events) => events.at(-1)?._tag === "Connected")
        const { bid } = yield* Effect.promise(() => bookTicker(exchange()))
        const asked = terms({ side: "buy", type: "limit", priceTicks: Math.floor(bid * 0.9) })
        yield* Effect.promise(() => exchange().faults([{ kind, count: 1, delayMs: 500 }]))
        const id = kind.toLowerCase()
        accepted(yield* alpha.place(order(id, btc, asked)))
        yield* reports.until("the loss", (events) => events.at(-1)?._tag === "Disconnected")
        const told = reports.events.at(-1)
        assert(told?._tag === "Disconnected")
        assert.include(told.reason, `no report of order ${id}`)
        yield* reports.until("the return", (events) => events.at(-1)?._tag === "Connected")
        assert.strictEqual((yield* alpha.cancel({ clientOrderId: id, instrument: btc }))._tag, "Canceled")
        yield* reports.until("the cancel's report", (events) =>
          events.some((event) => event._tag === "OrderChanged" && event.order.status === "canceled")
        )
      }))
}
