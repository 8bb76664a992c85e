/** One account on one node: what is acknowledged, in which order things happen, what the venue's reports lead to. */
import { assert, layer } from "@effect/vitest"
import { Journal } from "@outcry/store/Journal"
import * as TestJournal from "@outcry/testkit/TestJournal"
import { Execution } from "@outcry/venue/Execution"
import { Deferred, Effect, Fiber, Latch, Layer } from "effect"
import { entityIdOf } from "../src/Ledger.ts"
import * as Harness from "@outcry/testkit/AccountHarness"
import {
  btc,
  eth,
  factsOf,
  join,
  lifeOf,
  ready,
  replayIsLive,
  resting,
  startNode,
  statusOf,
  until,
  untilFact
} from "@outcry/testkit/AccountHarness"

const venues = new Harness.Venues()

layer(TestJournal.layer.pipe(Layer.provideMerge(venues.layer)), { excludeTestServices: true, timeout: 120_000 })(
  "an account",
  (it) => {
    it.effect("commits an intent before the venue hears of it and before its caller is answered", () =>
      Effect.gen(function* () {
        const node = yield* startNode("one")
        const venue = venues.of("commit")
        const atVenue: Array<ReadonlyArray<string>> = []
        venue.onPlace = (request) =>
          lifeOf("commit", request.clientOrderId).pipe(
            Effect.orDie,
            Effect.provideService(Journal, journal),
            Effect.tap((life) => Effect.sync(() => atVenue.push(life))),
            Effect.andThen(Effect.never)
          )
        const journal = yield* Journal
        const run = yield* join(node, "commit")
        const { id } = yield* run.place()
        assert.deepStrictEqual(yield* lifeOf("commit", id), ["OrderIntended"])
        yield* until(
          "the venue was asked",
          Effect.sync(() => atVenue.length === 1)
        )
        assert.deepStrictEqual(atVenue, [["OrderIntended"]])
      })
    )

    it.effect("answers a batch sent again with what became of it the first time, and places nothing twice", () =>
      Effect.gen(function* () {
        const node = yield* startNode("one")
        const run = yield* join(node, "again")
        const batch = [{ place: resting() }, { place: resting({ lots: 0 }) }]
        const first = yield* run.submit(batch, { causeSeq: 7 })
        const second = yield* run.submit(batch, { causeSeq: 7, firstSeq: first[0]!.intentSeq })
        assert.deepStrictEqual(second, first)
        assert.strictEqual(first[1]!.refused, "InvalidQuantity")
        yield* untilFact("again", "OrderAccepted", first[0]!.clientOrderId)
        assert.strictEqual(venues.of("again").placed.length, 1)
      })
    )

    it.effect("refuses a second action on one cause, and an intent that waited too long", () =>
      Effect.gen(function* () {
        const node = yield* startNode("one")
        const run = yield* join(node, "cause")
        yield* run.submit([{ place: resting() }], { causeSeq: 5 })
        const [repeated] = yield* run.submit([{ place: resting() }], { causeSeq: 5 })
        const [late] = yield* run.submit([{ place: resting() }], { timeDecided: (yield* Harness.nowUs) - 3_500_000 })
        assert.deepStrictEqual([repeated!.refused, late!.refused], ["CauseAlreadyActedOn", "IntentExpired"])
      })
    )

    it.effect("says Busy when its mailbox is full, and the same intents pass later", () =>
      Effect.gen(function* () {
        const node = yield* startNode("one", { limits: { openOrdersMax: 10_000, orderRateMax: 10_000 } })
        venues.of("full").isReachable = false
        const client = node.client("full")
        const asked = client.Join({ strategy: "s", epoch: 1 })
        let busy = 0
        const counted = Effect.catchTag(asked, "Busy", () => Effect.sync(() => void busy++))
        yield* Effect.forkChild(
          Effect.forEach(Array.from({ length: 2200 }), () => Effect.ignore(counted), { concurrency: "unbounded" })
        )
        // 2,048 wait in the lane while the account recovers; the rest hears so at once.
        yield* until(
          "the surplus is refused",
          Effect.sync(() => busy === 152)
        )
        venues.of("full").isReachable = true
        assert.strictEqual((yield* join(node, "full")).joined.intentSeq, 0)
      })
    )

    it.effect("sends a cancel while every request to place is stuck at the venue", () =>
      Effect.gen(function* () {
        const node = yield* startNode("one")
        const venue = venues.of("slow")
        const run = yield* join(node, "slow")
        const { id } = yield* run.place()
        yield* untilFact("slow", "OrderAccepted", id)
        venue.onPlace = () => Effect.never
        yield* run.submit(Array.from({ length: 20 }, () => ({ place: resting() })))
        yield* until(
          "16 requests are under way",
          Effect.sync(() => venue.placed.length === 17)
        )
        yield* node.client("slow").Cancel({ clientOrderIds: [id] })
        yield* untilFact("slow", "OrderCanceled", id)
      })
    )

    it.effect("never sends an order that was canceled before its turn", () =>
      Effect.gen(function* () {
        const node = yield* startNode("one")
        const venue = venues.of("withdrawn")
        const gate = yield* Deferred.make<void>()
        venue.onPlace = (request) => Effect.as(Deferred.await(gate), venue.accept(request))
        const run = yield* join(node, "withdrawn")
        const decisions = yield* run.submit(Array.from({ length: 17 }, () => ({ place: resting() })))
        yield* until(
          "16 requests are under way",
          Effect.sync(() => venue.placed.length === 16)
        )
        const last = decisions[16]!.clientOrderId
        yield* node.client("withdrawn").Cancel({ clientOrderIds: [last] })
        yield* Deferred.succeed(gate, undefined)
        yield* untilFact("withdrawn", "OrderNotPlaced", last)
        assert.notInclude(venue.log, `place ${last}`)
      })
    )

    it.effect(
      "counts each fill once: before its acknowledgement, twice, after the cancel, and found again by the audit",
      () =>
        Effect.gen(function* () {
          const node = yield* startNode("one")
          const venue = venues.of("fills")
          const acknowledged = yield* Deferred.make<void>()
          venue.onPlace = (request) =>
            Effect.suspend(() => {
              const outcome = venue.accept(request)
              const fill = venue.fill(request.clientOrderId, 400)
              venue.push({ _tag: "Filled", fill })
              venue.push({ _tag: "Filled", fill })
              return Effect.as(Deferred.await(acknowledged), outcome)
            })
          const run = yield* join(node, "fills")
          const { id } = yield* run.place()
          yield* until(
            "the early fill waits",
            Effect.sync(() => venue.placed.length === 1)
          )
          yield* Deferred.succeed(acknowledged, undefined)
          yield* untilFact("fills", "OrderFilled", id)
          // Canceled at the venue with a fill that is told only afterwards.
          const late = venue.fill(id, 100)
          venue.canceled({ clientOrderId: id, instrument: venue.placed[0]!.instrument })
          venue.pushOrder(id)
          venue.push({ _tag: "Filled", fill: late })
          yield* untilFact("fills", "OrderCanceled", id)
          venue.push({ _tag: "Connected" })
          const state = yield* replayIsLive(node, "fills")
          assert.strictEqual(state.positions.get(btc)?.lots, 500)
          assert.strictEqual((yield* factsOf("fills")).filter((row) => row.type === "OrderFilled").length, 2)
          assert.strictEqual(state.balances.get("USDT")?.reserved, 0n)
        })
    )

    it.effect("finds what a silent user stream left out: fills, ends, and a hole between two fills", () =>
      Effect.gen(function* () {
        const node = yield* startNode("one")
        const venue = venues.of("silent")
        const run = yield* join(node, "silent")
        const [filled, gone, holed] = [yield* run.place(), yield* run.place(), yield* run.place()]
        for (const { id } of [filled, gone, holed]) yield* untilFact("silent", "OrderAccepted", id)
        venue.fill(holed.id, 300)
        const told = venue.fill(holed.id, 200)
        venue.push({ _tag: "Filled", fill: told })
        yield* untilFact("silent", "OrderFilled", holed.id)
        venue.fill(filled.id, 1000)
        venue.canceled({ clientOrderId: gone.id, instrument: venue.placed[0]!.instrument })
        venue.push({ _tag: "Disconnected", reason: "by script" })
        venue.push({ _tag: "Connected" })
        yield* untilFact("silent", "OrderCanceled", gone.id)
        const state = yield* until(
          "all fills are in",
          Effect.map(replayIsLive(node, "silent"), (state) =>
            state.positions.get(btc)?.lots === 1500 ? state : undefined
          )
        )
        assert.deepStrictEqual([...state.orders.keys()], [holed.id])
      })
    )

    it.effect("keeps a cancel that came too late for what it was: the order is filled", () =>
      Effect.gen(function* () {
        const node = yield* startNode("one")
        const venue = venues.of("race")
        const run = yield* join(node, "race")
        const { id, orderSeq } = yield* run.place()
        yield* untilFact("race", "OrderAccepted", id)
        venue.onCancel = (request) =>
          Effect.sync(() => {
            venue.fill(request.clientOrderId, 1000)
            return venue.canceled(request)
          })
        yield* run.submit([{ cancel: orderSeq }])
        yield* untilFact("race", "OrderFilled", id)
        const { openOrders, differences } = yield* statusOf(node, "race")
        assert.deepStrictEqual([openOrders, differences], [[], 0])
      })
    )

    it.effect("takes over an order placed by hand, and flags one that bears our form of id", () =>
      Effect.gen(function* () {
        const node = yield* startNode("one")
        const venue = venues.of("hands")
        yield* ready(node, "hands")
        const { instrument, ...rest } = {
          instrument: yield* venue.session.instruments,
          terms: resting(),
          timeIntent: 1,
          deadlineUs: 2
        }
        const listed = instrument._tag === "Ok" ? instrument.value[0]! : assert.fail("instruments")
        for (const clientOrderId of ["web_1", "ocaaaaaaaaaaaaaaaa"]) {
          venue.accept({ ...rest, instrument: listed, clientOrderId })
          venue.pushOrder(clientOrderId)
        }
        yield* untilFact("hands", "ExternalOrderAdopted", "web_1")
        const flagged = yield* untilFact("hands", "DifferenceFlagged", "ocaaaaaaaaaaaaaaaa")
        assert.include(String(flagged.payload["detail"]), "our form of id")
        assert.strictEqual((yield* statusOf(node, "hands")).openOrders.length, 1)
      })
    )

    it.effect("compares books a few times for gaps in the reports that come in their hundreds", () =>
      Effect.gen(function* () {
        const venue = venues.of("gaps")
        const gate = yield* Latch.make(true)
        let asked = 0
        let askedUs = 0
        const { openOrders } = venue.session
        const slow = Effect.gen(function* () {
          asked += 1
          askedUs = yield* Harness.nowUs
          yield* gate.await
        })
        const session = {
          ...venue.session,
          openOrders: (...instruments: Parameters<typeof openOrders>) =>
            Effect.andThen(slow, openOrders(...instruments))
        }
        const execution = Execution.of({ session: () => Effect.succeed(session) })
        const node = yield* Effect.provideService(startNode("one"), Execution, execution)
        const { id } = yield* (yield* join(node, "gaps")).place()
        yield* untilFact("gaps", "OrderAccepted", id)
        const before = asked
        gate.closeUnsafe()
        venue.push({ _tag: "Disconnected", reason: "a report that cannot be read" })
        for (let gap = 0; gap < 200; gap++) venue.push({ _tag: "Connected" })
        venue.push({ _tag: "Filled", fill: venue.fill(id, 1000) })
        yield* untilFact("gaps", "OrderFilled", id)
        yield* until(
          "it compares",
          Effect.sync(() => asked > before)
        )
        gate.openUnsafe()
        yield* until(
          "it is at rest",
          Effect.map(Harness.nowUs, (now) => now - askedUs > 2_000_000)
        )
        assert.isBelow(asked - before, 10)
      })
    )

    it.effect("goes on from a snapshot as from the whole journal", () =>
      Effect.gen(function* () {
        const node = yield* startNode("one", { snapshotEvery: 10 })
        const venue = venues.of("snapshot")
        const run = yield* join(node, "snapshot")
        for (let round = 0; round < 12; round++) {
          const { id } = yield* round % 2 === 0 ? run.place() : run.place(resting({ priceTicks: 299_000 }), eth)
          yield* untilFact("snapshot", "OrderAccepted", id)
          venue.push({ _tag: "Filled", fill: venue.fill(id, 700) })
          yield* untilFact("snapshot", "OrderFilled", id)
        }
        const journal = yield* Journal
        const stored = yield* journal.loadSnapshot(entityIdOf("snapshot"))
        assert.isTrue(stored._tag === "Some" && stored.value.seq >= 10)
        const { stateHash } = yield* statusOf(node, "snapshot")
        yield* node.stop
        // The next owner replays from the snapshot; without it from the first row: both must give the state that was.
        const fromSnapshot = yield* Harness.hashOfReplay("snapshot")
        yield* Harness.dropSnapshot("snapshot")
        assert.deepStrictEqual([fromSnapshot, yield* Harness.hashOfReplay("snapshot")], [stateHash, stateHash])
      })
    )

    it.effect(
      "refuses whatever a run sends that another has followed, though it was waiting in the mailbox before",
      () =>
        Effect.gen(function* () {
          const node = yield* startNode("one")
          const venue = venues.of("runs")
          const old = yield* join(node, "runs", "s", 1)
          yield* old.place()
          const client = node.client("runs")
          const joining = yield* Effect.forkChild(client.Join({ strategy: "s", epoch: 2 }), { startImmediately: true })
          const left = yield* Effect.result(old.submit([{ place: resting() }]))
          const { intentSeq } = yield* Fiber.join(joining)
          assert.strictEqual(left._tag === "Failure" && left.failure._tag, "Superseded")
          // So the numbers that the new run uses next are free, and what it asks for is placed.
          const next = yield* join(node, "runs", "s", 2)
          assert.strictEqual(next.joined.intentSeq, intentSeq)
          const placed = yield* next.place(resting({ lots: 2000 }))
          yield* untilFact("runs", "OrderAccepted", placed.id)
          assert.deepStrictEqual(
            venue.placed.map((request) => request.terms.lots),
            [1000, 2000]
          )
          const unjoined = yield* Effect.result(client.Join({ strategy: "s", epoch: 1 }))
          assert.strictEqual(unjoined._tag === "Failure" && unjoined.failure._tag, "Superseded")
        })
    )
  }
)
