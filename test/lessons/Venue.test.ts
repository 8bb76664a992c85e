/** Lessons about the venue itself: it times out, drops, repeats, pauses, keeps another time, and others trade there, too. */
import { assert, layer } from "@effect/vitest"
import {
  btc,
  factsOf,
  join,
  lifeOf,
  nowUs,
  ready,
  replayIsLive,
  resting,
  statusOf,
  type TestNode,
  until,
  untilFact
} from "@outcry/testkit/AccountHarness"
import { Execution, type ExecutionEvent } from "@outcry/venue/Execution"
import { Effect, Stream } from "effect"
import * as Floor from "./ExchangeFloor.ts"

const names = ["parts", "silence", "drop", "pause", "clock", "frames", "reads", "hand", "other"]

/** Sells to every bid at or above this price, and to none below it. */
const downTo = (priceTicks: number) =>
  resting({ side: "sell", priceTicks, timeInForce: "IOC", postOnly: false, lots: 400_000 })

/** Of runs that follow one another at one account. */
let epoch = 0

/** All lots that the account has booked, whatever became of their orders. */
const heldLots = (node: TestNode, account: string) =>
  Effect.map(replayIsLive(node, account), (state) => state.positions.get(btc)?.lots ?? 0)

const untilHeld = (node: TestNode, account: string, lots: number) =>
  until(
    `${account} holds ${lots}`,
    Effect.map(heldLots(node, account), (held) => held === lots)
  )

/** What the session tells of the account's reports from now on. */
const watch = Effect.fnUntraced(function* (account: string) {
  const events: Array<ExecutionEvent> = []
  const session = yield* (yield* Execution).session(account)
  yield* session.events.pipe(
    Stream.runForEach((event) => Effect.sync(() => events.push(event))),
    Effect.forkScoped({ startImmediately: true })
  )
  yield* until(
    "the reports come",
    Effect.sync(() => events.some(({ _tag }) => _tag === "Connected"))
  )
  return events
})

layer(Floor.layer(names), { excludeTestServices: true, timeout: 90_000 })("an account at the exchange", (it) => {
  it.effect(
    "partial fills counted twice: told twice, out of order and once more after a restart, each counts once",
    () =>
      Effect.gen(function* () {
        const { logOf } = yield* Floor.Exchange
        const first = yield* Floor.start("one")
        const run = yield* join(first.node, "parts")
        const { epoch: life } = yield* statusOf(first.node, "parts")
        yield* Floor.during([
          { kind: "userDuplicate", probability: 0.5, seed: 3 },
          { kind: "userReorder", probability: 0.5, seed: 4 }
        ])
        // Deep enough into the book to be filled in parts.
        const { id } = yield* run.place({ ...first.take, lots: 200_000 })
        const fillsAtVenue = () => logOf(id).filter(({ type }) => type === "fill").length
        yield* untilHeld(first.node, "parts", 200_000)
        assert.isAbove(fillsAtVenue(), 1)
        // Nor was it the database that had to refuse a second row.
        assert.strictEqual((yield* statusOf(first.node, "parts")).epoch, life)
        yield* first.node.stop
        const second = yield* Floor.start("two")
        yield* ready(second.node, "parts")
        yield* untilHeld(second.node, "parts", 200_000)
        const booked = (yield* factsOf("parts")).filter((row) => row.type === "OrderFilled")
        assert.strictEqual(booked.length, fillsAtVenue())
        assert.strictEqual((yield* statusOf(second.node, "parts")).differences, 0)
      })
  )

  for (const fault of [
    { kind: "resetAfterAccept" },
    { kind: "errorAfterAccept" },
    { kind: "garbageReply" },
    { kind: "garbageReply", shape: "missing" }
  ])
    it.effect(`time-out taken for failure, order doubled: one order after ${Object.values(fault).join(" ")}`, () =>
      Effect.gen(function* () {
        const { logOf } = yield* Floor.Exchange
        const { bid, node } = yield* Floor.start("one")
        const run = yield* join(node, "silence", "s", ++epoch)
        const before = logOf('"silence"').filter(({ type }) => type === "order").length
        yield* Floor.during([
          { ...fault, count: 1 },
          { kind: "userDrop", count: 20 }
        ])
        // Marked to be sent again: whatever takes the missing answer for a failure doubles it.
        const resubmitUntilUs = (yield* nowUs) + 20_000_000
        const [placed] = yield* run.passed([{ place: bid, resubmitUntilUs }])
        yield* untilFact("silence", "OrderAccepted", placed!.id)
        assert.include(yield* lifeOf("silence", placed!.id), "OrderUnknown")
        yield* run.submit([{ cancel: placed!.orderSeq }])
        yield* untilFact("silence", "OrderCanceled", placed!.id)
        const ordered = logOf('"silence"').filter(({ type }) => type === "order")
        assert.deepStrictEqual(
          ordered.slice(before).map(({ clientOrderId }) => clientOrderId),
          [placed!.id]
        )
      })
    )

  it.effect("no recovery after a WebSocket drop: what was missed is found, and later reports are pushed again", () =>
    Effect.gen(function* () {
      const { bid, node, take } = yield* Floor.start("one")
      const run = yield* join(node, "drop")
      const resting = yield* run.place(bid)
      yield* untilFact("drop", "OrderAccepted", resting.id)
      const events = yield* watch("drop")
      yield* Floor.during([
        { kind: "userDisconnect", count: 1 },
        { kind: "userDrop", count: 20 },
        { kind: "resetAfterAccept", count: 1 }
      ])
      yield* run.place(take)
      yield* until(
        "the socket is cut and comes back",
        Effect.sync(() => {
          const cut = events.findIndex(({ _tag }) => _tag === "Disconnected")
          return cut !== -1 && events.slice(cut).some(({ _tag }) => _tag === "Connected")
        })
      )
      yield* untilHeld(node, "drop", 1000)
      yield* (yield* Floor.Exchange).faults([])
      const told = events.length
      yield* run.submit([{ cancel: resting.orderSeq }])
      yield* untilFact("drop", "OrderCanceled", resting.id)
      yield* until(
        "the cancel is pushed",
        Effect.sync(() =>
          events.slice(told).some((event) => event._tag === "OrderChanged" && event.order.clientOrderId === resting.id)
        )
      )
    })
  )

  it.effect("venue maintenance crashed the bot: the same life sits it out and trades when it is over", () =>
    Effect.gen(function* () {
      const { faults, logOf } = yield* Floor.Exchange
      const { bid, node } = yield* Floor.start("one")
      const run = yield* join(node, "pause")
      const before = yield* run.place(bid)
      yield* untilFact("pause", "OrderAccepted", before.id)
      const { epoch: life } = yield* statusOf(node, "pause")
      yield* Floor.during([{ kind: "maintenance" }])
      const during = yield* run.place(bid)
      const ended = yield* until(
        "the order in the pause has an end or is shown as unknown",
        Effect.map(lifeOf("pause", during.id), (life) => (life.length > 1 ? life[1] : undefined))
      )
      assert.include(["OrderRejected", "OrderNotPlaced", "OrderUnknown"], ended)
      assert.strictEqual((yield* statusOf(node, "pause")).condition, "ready")
      yield* faults([])
      const after = yield* until(
        "an order goes through again",
        Effect.gen(function* () {
          const [decision] = yield* run.submit([{ place: bid }])
          if (decision!.refused !== "") return undefined
          const id = decision!.clientOrderId
          const life = yield* until(
            "it has an answer",
            Effect.map(lifeOf("pause", id), (types) => (types.length > 1 ? types : undefined))
          )
          return life[1] === "OrderAccepted" ? id : undefined
        })
      )
      assert.strictEqual(logOf(after).filter(({ type }) => type === "order").length, 1)
      const status = yield* statusOf(node, "pause")
      assert.strictEqual(status.epoch, life)
      assert.deepInclude(
        status.openOrders.map(({ clientOrderId }) => clientOrderId),
        before.id
      )
    })
  )

  for (const offsetMs of [30_000, -30_000])
    it.effect(`clock drift refused by the venue: orders pass though its clock jumps by ${offsetMs} ms`, () =>
      Effect.gen(function* () {
        const { address } = yield* Floor.Exchange
        const setClock = (to: number) =>
          Effect.promise(() =>
            fetch(`${address.restUrl}/sim/clock`, { method: "PUT", body: JSON.stringify({ offsetMs: to }) })
          )
        const { bid, node } = yield* Floor.start("one")
        const run = yield* join(node, "clock", "s", ++epoch)
        yield* Effect.acquireRelease(setClock(offsetMs), () => setClock(0))
        const session = yield* (yield* Execution).session("clock")
        // The first may be refused by the old idea of its time, and makes us ask for the new one.
        const accepted = yield* until(
          "an order passes",
          Effect.gen(function* () {
            const [decision] = yield* run.submit([{ place: bid }])
            if (decision!.refused !== "") return undefined
            const life = yield* until(
              "it has an answer",
              Effect.map(lifeOf("clock", decision!.clientOrderId), (types) => (types.length > 1 ? types : undefined))
            )
            return life.includes("OrderAccepted") ? decision!.clientOrderId : undefined
          })
        )
        const { errorUs, offsetUs } = yield* session.clockOffset
        assert.isAtMost(Math.abs(offsetUs - offsetMs * 1000), errorUs + 50_000)
        yield* node.client("clock").Cancel({ clientOrderIds: "all" })
        yield* untilFact("clock", "OrderCanceled", accepted)
        yield* replayIsLive(node, "clock")
      })
    )

  it.effect("a healthy-looking stream with missing fill frames: the audit by REST finds what it left out", () =>
    Effect.gen(function* () {
      const { logOf } = yield* Floor.Exchange
      // Harmless: it counts the audits.
      yield* Floor.during([{ kind: "latency", method: "GET", path: "/api/v3/openOrders", delayMs: 0 }])
      const { node } = yield* Floor.start("one")
      const run = yield* join(node, "frames")
      yield* until(
        "all looks that the start gives rise to are over",
        Effect.map(Floor.struck("/api/v3/openOrders"), (count) => count >= 3)
      )
      const other = yield* Floor.byHand("other")
      const events = yield* watch("frames")
      const { bid } = yield* Floor.touch()
      // From before the order: the market may trade with it at once.
      yield* Floor.during([{ kind: "userDrop" }])
      // A bid in front of all others, which somebody sells into.
      const { id } = yield* run.place(resting({ priceTicks: bid + 1 }))
      yield* untilFact("frames", "OrderAccepted", id)
      yield* other.place("web_sell", downTo(bid + 1))
      yield* until(
        "the exchange has filled it",
        Effect.sync(() => logOf(id).some(({ type }) => type === "fill"))
      )
      yield* untilFact("frames", "OrderFilled", id)
      yield* untilHeld(node, "frames", 1000)
      assert.deepStrictEqual(
        events.filter(({ _tag }) => _tag === "Filled" || _tag === "Disconnected"),
        []
      )
    })
  )

  it.effect("an API failure read as 'flat' and bought again: reads that fail or lack their fields empty nothing", () =>
    Effect.gen(function* () {
      const { faults } = yield* Floor.Exchange
      const first = yield* Floor.start("one")
      const run = yield* join(first.node, "reads")
      yield* run.place(first.take)
      yield* untilHeld(first.node, "reads", 1000)
      yield* first.node.stop
      const rows = (yield* factsOf("reads")).length
      yield* Floor.during([
        { kind: "garbageReply", shape: "missing", method: "GET", path: "/api/v3/account" },
        { kind: "garbageReply", method: "GET", path: "/api/v3/openOrders" },
        { kind: "garbageReply", shape: "missing", method: "GET", path: "/api/v3/myTrades" }
      ])
      const second = yield* Floor.start("two")
      const buyer = yield* Effect.forkChild(join(second.node, "reads", "s", 2))
      yield* until(
        "it has asked in vain again and again",
        Effect.map(Floor.struck("/api/v3/openOrders"), (count) => count >= 3)
      )
      const held = (yield* statusOf(second.node, "reads")).positions.find(({ strategy }) => strategy === "s")
      assert.strictEqual(held?.quantity, "0.01000")
      assert.isUndefined(buyer.pollUnsafe())
      yield* faults([])
      const joined = yield* until(
        "the run joins",
        Effect.sync(() => {
          const exit = buyer.pollUnsafe()
          return exit?._tag === "Success" ? exit.value.joined : undefined
        })
      )
      assert.deepStrictEqual(joined.positions, [{ instrument: btc, lots: 1000 }])
      yield* replayIsLive(second.node, "reads")
      assert.deepStrictEqual(
        (yield* factsOf("reads")).slice(rows).map((row) => row.type),
        []
      )
    })
  )

  it.effect("a manual order stopped the engine: it is taken over, its fills too, and the engine goes on", () =>
    Effect.gen(function* () {
      const { bid, node, take } = yield* Floor.start("one")
      const run = yield* join(node, "hand")
      const { epoch: life } = yield* ready(node, "hand")
      const hand = yield* Floor.byHand("hand")
      assert.strictEqual((yield* hand.place("web_1", { ...bid, lots: 700 }))._tag, "Accepted")
      yield* untilFact("hand", "ExternalOrderAdopted", "web_1")
      const other = yield* Floor.byHand("other")
      const { bid: best } = yield* Floor.touch()
      yield* hand.place("web_2", resting({ priceTicks: best + 1, lots: 500 }))
      yield* untilFact("hand", "ExternalOrderAdopted", "web_2")
      yield* other.place("web_3", downTo(best + 1))
      yield* untilFact("hand", "OrderFilled", "web_2")
      const ours = yield* run.place(take)
      yield* untilFact("hand", "OrderFilled", ours.id)
      yield* hand.cancel("web_1")
      yield* untilFact("hand", "OrderCanceled", "web_1")
      yield* untilHeld(node, "hand", 1500)
      const status = yield* statusOf(node, "hand")
      assert.deepStrictEqual([status.condition, status.epoch, status.tradingState], ["ready", life, "active"])
      assert.deepStrictEqual(status.openOrders, [])
    })
  )
})
