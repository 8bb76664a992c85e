/**
 * One account after another, and two at once: owners that die at every place between commit and acknowledgement, owners
 * that do not know they were replaced, and a journal that goes away beneath them.
 */
import { assert, layer } from "@effect/vitest"
import { balanceOf } from "@outcry/model/OrderLedger"
import { from } from "@outcry/model/Amount"
import { Journal } from "@outcry/store/Journal"
import * as TestJournal from "@outcry/testkit/TestJournal"
import { Deferred, Effect, Layer } from "effect"
import { entityIdOf } from "../src/Ledger.ts"
import * as Harness from "@outcry/testkit/AccountHarness"
import {
  btc,
  eth,
  factsOf,
  join,
  lifeOf,
  nowUs,
  ready,
  replayIsLive,
  resting,
  startNode,
  statusOf,
  until,
  untilFact
} from "@outcry/testkit/AccountHarness"

const venues = new Harness.Venues()
const services = TestJournal.layer.pipe(Layer.provideMerge(venues.layer))
const ethBid = resting({ priceTicks: 299_000, lots: 1000 })

layer(services, { excludeTestServices: true, timeout: 120_000 })("a successor", (it) => {
  for (const arrived of [false, true])
    it.effect(
      arrived
        ? "adopts an order that reached the venue though its acknowledgement never did, with its fills"
        : "finds that an order was never placed, but only after its deadline, and releases its funds",
      () =>
        Effect.gen(function* () {
          const account = `cut-${arrived}`
          const venue = venues.of(account)
          const first = yield* startNode("first")
          const run = yield* join(first, account)
          venue.onPlace = (request) =>
            Effect.suspend(() => {
              if (arrived) venue.accept(request)
              return Effect.never
            })
          const { id } = yield* run.place()
          yield* until(
            "the request is out",
            Effect.sync(() => venue.placed.length === 1)
          )
          yield* first.stop
          if (arrived) venue.fill(id, 400)
          const looked = yield* Deferred.make<void>()
          venue.onLookup = (request) =>
            Effect.andThen(
              Deferred.await(looked),
              Effect.sync(() => venue.found(request))
            )
          const second = yield* startNode("second")
          yield* statusOf(second, account)
          yield* untilFact(account, "OrderUnknown", id)
          const held = (yield* statusOf(second, account)).balances.find(({ asset }) => asset === "USDT")
          yield* Deferred.succeed(looked, undefined)
          const again = yield* join(second, account, "s", 2)
          assert.strictEqual(again.joined.intentSeq, 1)
          if (arrived) {
            yield* untilFact(account, "OrderFilled", id)
            assert.deepStrictEqual(yield* lifeOf(account, id), [
              "OrderIntended",
              "OrderUnknown",
              "OrderAccepted",
              "OrderFilled"
            ])
          } else {
            assert.strictEqual(held!.reserved, "599")
            const absent = yield* untilFact(account, "OrderNotPlaced", id)
            assert.isAbove(absent.timeUs, venue.placed[0]!.deadlineUs)
            const state = yield* replayIsLive(second, account)
            assert.strictEqual(balanceOf(state, "USDT").reserved, 0n)
          }
          assert.strictEqual(venue.placed.length, 1)
          yield* replayIsLive(second, account)
        })
    )

  it.effect("trades elsewhere at once while one instrument is frozen, and there again when it is settled", () =>
    Effect.gen(function* () {
      const venue = venues.of("frozen")
      const first = yield* startNode("first")
      const run = yield* join(first, "frozen")
      venue.onPlace = (request) =>
        request.instrument.id === btc ? Effect.never : Effect.sync(() => venue.accept(request))
      const { id } = yield* run.place()
      yield* first.stop
      let isClear = false
      venue.onLookup = (request) =>
        Effect.sync(() => (isClear ? venue.found(request) : { _tag: "Unclear", reason: "by script" }))
      const second = yield* startNode("second")
      const again = yield* join(second, "frozen", "s", 2)
      const [onBtc] = yield* again.submit([{ place: resting() }])
      assert.strictEqual(onBtc!.refused, "InstrumentFrozen")
      const other = yield* again.place(ethBid, eth)
      yield* untilFact("frozen", "OrderAccepted", other.id)
      // Long past the deadline it is still unknown: no clear answer, no guess, and its funds are held.
      const asked = venue.log.length
      yield* until(
        "it has been asked about thrice more",
        Effect.sync(() => venue.log.length >= asked + 3)
      )
      const { balances, unknownOrders } = yield* statusOf(second, "frozen")
      assert.deepStrictEqual([unknownOrders, balances.find(({ asset }) => asset === "USDT")?.reserved], [1, "898"])
      isClear = true
      yield* untilFact("frozen", "OrderNotPlaced", id)
      venue.onPlace = (request) => Effect.sync(() => venue.accept(request))
      yield* again.place()
    })
  )

  it.effect("waits with intents until the venue has said what it did meanwhile", () =>
    Effect.gen(function* () {
      const venue = venues.of("meanwhile")
      const first = yield* startNode("first")
      const run = yield* join(first, "meanwhile")
      const { id } = yield* run.place()
      yield* untilFact("meanwhile", "OrderAccepted", id)
      yield* first.stop
      venue.fill(id, 1000)
      venue.isReachable = false
      const second = yield* startNode("second")
      const client = second.client("meanwhile")
      const early = yield* Effect.timeoutOption(client.Join({ strategy: "s", epoch: 2 }), "400 millis")
      assert.strictEqual(early._tag, "None")
      venue.isReachable = true
      const { joined } = yield* join(second, "meanwhile", "s", 3)
      assert.deepStrictEqual(joined.positions, [{ instrument: btc, lots: 1000 }])
      assert.deepStrictEqual(
        joined.endedOrders.map((order) => order.clientOrderId),
        [id]
      )
    })
  )

  it.effect("stops its predecessor at its next append: nothing more is journalled or sent by it", () =>
    Effect.gen(function* () {
      const venue = venues.of("zombie")
      const zombie = yield* startNode("zombie")
      const run = yield* join(zombie, "zombie")
      const early = yield* run.place()
      yield* untilFact("zombie", "OrderAccepted", early.id)
      const owner = yield* startNode("owner")
      yield* ready(owner, "zombie")
      const sent = venue.placed.length
      const outcome = yield* Effect.result(run.submit([{ place: resting() }, { place: resting() }]))
      assert.strictEqual(outcome._tag === "Failure" && outcome.failure._tag, "NotReady")
      yield* zombie.stop
      const present = yield* join(owner, "zombie", "s", 2)
      assert.strictEqual(present.joined.intentSeq, 1)
      const placed = yield* present.place()
      yield* untilFact("zombie", "OrderAccepted", placed.id)
      assert.deepStrictEqual(
        venue.placed.slice(sent).map((request) => request.clientOrderId),
        [placed.id]
      )
      const epochs = new Set((yield* factsOf("zombie")).map((row) => row.epoch))
      assert.deepStrictEqual([...epochs], [1, 2])
      yield* replayIsLive(owner, "zombie")
    })
  )

  it.effect("does not take an order for missing that its frozen predecessor sends within the deadline", () =>
    Effect.gen(function* () {
      const venue = venues.of("thawed")
      const gate = yield* Deferred.make<void>()
      const zombie = yield* startNode("zombie", { orderExpiryUs: 5_000_000 })
      const run = yield* join(zombie, "thawed")
      // Frozen between the check of the deadline and the socket.
      venue.onPlace = (request) =>
        Effect.andThen(
          Deferred.await(gate),
          Effect.sync(() => venue.accept(request))
        )
      const { id } = yield* run.place()
      yield* until(
        "it is about to be sent",
        Effect.sync(() => venue.placed.length === 1)
      )
      const owner = yield* startNode("owner", { orderExpiryUs: 5_000_000 })
      yield* statusOf(owner, "thawed")
      yield* until(
        "the successor has looked",
        Effect.sync(() => venue.log.includes(`lookup ${id}`))
      )
      yield* Effect.sleep("300 millis")
      assert.isBelow(yield* nowUs, venue.placed[0]!.deadlineUs)
      yield* Deferred.succeed(gate, undefined)
      yield* until(
        "it has been sent",
        Effect.sync(() => venue.orders.has(id))
      )
      // Later it would find itself replaced, and claim the account again.
      yield* zombie.stop
      yield* untilFact("thawed", "OrderAccepted", id)
      assert.notInclude(yield* lifeOf("thawed", id), "OrderNotPlaced")
      assert.strictEqual((yield* statusOf(owner, "thawed")).openOrders[0]?.clientOrderId, id)
    })
  )
})

layer(services, { excludeTestServices: true, timeout: 120_000 })("an account whose database restarts", (it) => {
  it.effect("loses its life, claims anew and goes on with every acknowledged order, none doubled", () =>
    Effect.gen(function* () {
      const server = yield* TestJournal.TestServer
      const node = yield* startNode("one", { limits: { orderRateMax: 10_000 } })
      const venue = venues.of("outage")
      const acknowledged: Array<string> = []
      let stop = false
      let epoch = 1
      let run = yield* join(node, "outage", "s", epoch)
      const busy = yield* Effect.forkChild(
        Effect.gen(function* () {
          while (!stop) {
            const outcome = yield* Effect.result(
              Effect.timeout(run.submit([{ place: resting({ lots: 10 }) }]), "3 seconds")
            )
            if (outcome._tag === "Success")
              for (const { clientOrderId, refused } of outcome.success) {
                if (refused === "") acknowledged.push(clientOrderId)
                if (acknowledged.length % 8 === 0)
                  yield* node.client("outage").Cancel({ clientOrderIds: "all" }).pipe(Effect.ignore)
              }
            else {
              epoch += 1
              run = yield* join(node, "outage", "s", epoch)
            }
          }
        })
      )
      yield* until(
        "orders flow",
        Effect.sync(() => acknowledged.length > 20)
      )
      yield* server.stop("immediate")
      yield* server.start
      const before = acknowledged.length
      yield* until(
        "orders flow again",
        Effect.sync(() => acknowledged.length > before + 20)
      )
      stop = true
      yield* until(
        "the last one is answered",
        Effect.sync(() => busy.pollUnsafe() !== undefined)
      )
      yield* ready(node, "outage")
      const state = yield* replayIsLive(node, "outage")
      const intended = (yield* factsOf("outage"))
        .filter((row) => row.type === "OrderIntended")
        .map((row) => row.clientOrderId!)
      assert.deepStrictEqual(
        acknowledged.filter((id) => !intended.includes(id)),
        []
      )
      const sent = venue.placed.map((request) => request.clientOrderId)
      assert.strictEqual(new Set(sent).size, sent.length)
      assert.deepStrictEqual(
        sent.filter((id) => !intended.includes(id)),
        []
      )
      assert.isAbove((yield* statusOf(node, "outage")).epoch, 1)
      assert.isTrue(balanceOf(state, "USDT").total === from("1000000"))
      assert.strictEqual(yield* (yield* Journal).tradingState(entityIdOf("outage")), "active")
    })
  )
})
