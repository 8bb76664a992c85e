/** Lessons about agreeing with the venue after a pause: nothing dropped, nothing twice, and the same answer every time. */
import { assert, describe, it, layer } from "@effect/vitest"
import type { ReportFill } from "@outcry/model/AccountCommand"
import { stateHash } from "@outcry/model/AccountHash"
import { reconcile } from "@outcry/model/Reconciliation"
import { noMemory } from "@outcry/model/ReconciliationFinding"
import { AccountFixture } from "@outcry/testkit/AccountFixture"
import {
  btc,
  factsOf,
  join,
  lifeOf,
  ready,
  replayIsLive,
  startNode,
  statusOf,
  until,
  untilFact,
  Venues
} from "@outcry/testkit/AccountHarness"
import * as TestJournal from "@outcry/testkit/TestJournal"
import { Execution, type Read } from "@outcry/venue/Execution"
import { Effect, Fiber, Layer } from "effect"

const venues = new Venues()
const unreachable: Read<never> = { _tag: "Unreachable", reason: "by script" }

layer(TestJournal.layer.pipe(Layer.provideMerge(venues.layer)), { excludeTestServices: true, timeout: 40_000 })(
  "an account that starts again",
  (it) => {
    it.effect(
      "start-up reconciliation dropped a working order: one that a list leaves out is looked up, not ended",
      () =>
        Effect.gen(function* () {
          const first = yield* startNode("first")
          const venue = venues.of("dropped")
          const run = yield* join(first, "dropped")
          const { id } = yield* run.place()
          yield* untilFact("dropped", "OrderAccepted", id)
          yield* first.stop
          // The list of open orders lags; the order is found when it is asked for by name.
          const order = venue.orders.get(id)!
          venue.orders.delete(id)
          venue.onLookup = () => Effect.succeed({ _tag: "Found", order, fills: [] })
          const asked = venue.log.length
          const second = yield* startNode("second")
          const { joined } = yield* join(second, "dropped", "s", 2)
          assert.deepStrictEqual(
            joined.openOrders.map(({ clientOrderId, status }) => [clientOrderId, status]),
            [[id, "working"]]
          )
          yield* until(
            "it is looked up",
            Effect.sync(() => venue.log.slice(asked).includes(`lookup ${id}`))
          )
          venue.orders.set(id, order)
          venue.push({ _tag: "Filled", fill: venue.fill(id, 1000) })
          yield* untilFact("dropped", "OrderFilled", id)
          assert.deepStrictEqual(yield* lifeOf("dropped", id), ["OrderIntended", "OrderAccepted", "OrderFilled"])
        })
    )

    it.effect("reconciliation that differs between runs: a second look after a restart adds nothing to the first", () =>
      Effect.gen(function* () {
        const first = yield* startNode("first")
        const venue = venues.of("runs")
        const run = yield* join(first, "runs")
        const [part, whole, gone] = [yield* run.place(), yield* run.place(), yield* run.place()]
        for (const { id } of [part, whole, gone]) yield* untilFact("runs", "OrderAccepted", id)
        yield* first.stop
        venue.fill(part.id, 300)
        venue.fill(whole.id, 1000)
        venue.canceled({ clientOrderId: gone.id, instrument: venue.placed[0]!.instrument })
        const second = yield* startNode("second")
        yield* ready(second, "runs")
        yield* untilFact("runs", "OrderCanceled", gone.id)
        const settled = yield* until(
          "the fills are in",
          Effect.map(replayIsLive(second, "runs"), (state) =>
            state.positions.get(btc)?.lots === 1300 ? state : undefined
          )
        )
        yield* second.stop
        const rows = (yield* factsOf("runs")).length
        for (const name of ["third", "fourth"]) {
          const node = yield* startNode(name)
          yield* ready(node, "runs")
          yield* replayIsLive(node, "runs")
          yield* node.stop
        }
        assert.deepStrictEqual(
          (yield* factsOf("runs")).slice(rows).map((row) => row.type),
          []
        )
        assert.deepStrictEqual([...settled.orders.keys()], [part.id])
      })
    )

    it.effect("an API failure read as 'flat' and bought again: no run joins before the venue has answered", () =>
      Effect.gen(function* () {
        const first = yield* startNode("first")
        const venue = venues.of("flat")
        const run = yield* join(first, "flat")
        const { id } = yield* run.place()
        yield* untilFact("flat", "OrderAccepted", id)
        yield* first.stop
        // Bought while nobody looked; and neither the orders nor the executions can be read now.
        venue.fill(id, 1000)
        const requests = venue.placed.length
        let answers = false
        let asked = 0
        const failing = Execution.of({
          session: () =>
            Effect.succeed({
              ...venue.session,
              openOrders: () =>
                Effect.suspend(() => {
                  asked += 1
                  return answers ? venue.session.openOrders() : Effect.succeed(unreachable)
                }),
              fillsSince: (request) =>
                Effect.suspend(() => (answers ? venue.session.fillsSince(request) : Effect.succeed(unreachable)))
            })
        })
        const second = yield* Effect.provideService(startNode("second"), Execution, failing)
        const buyer = yield* Effect.forkChild(
          Effect.gen(function* () {
            // What every such strategy does: buy where nothing is held.
            const again = yield* join(second, "flat", "s", 2)
            const held = again.joined.positions.find(({ instrument }) => instrument === btc)?.lots ?? 0
            if (held === 0) yield* again.place()
            return held
          })
        )
        yield* until(
          "it has asked in vain again and again",
          Effect.sync(() => asked >= 3)
        )
        assert.isUndefined(buyer.pollUnsafe())
        assert.strictEqual((yield* statusOf(second, "flat")).condition, "recovering")
        answers = true
        assert.strictEqual(yield* Fiber.join(buyer), 1000)
        assert.strictEqual(venue.placed.length, requests)
        assert.strictEqual((yield* replayIsLive(second, "flat")).positions.get(btc)?.lots, 1000)
      })
    )
  }
)

const whole = (fills: ReadonlyArray<ReportFill>) => new Map([[btc, { afterTradeId: "", complete: true, fills }]])

describe("what a view of the venue is taken for", () => {
  it("reconciliation that differs between runs: the order in which a venue lists things does not matter", () => {
    const account = new AccountFixture()
    const ids = Array.from({ length: 6 }, () => account.working())
    const fills = ids.slice(0, 4).map((id, at) => account.filled(id, { lots: 100 * (at + 1), timeVenue: at }))
    const openOrders = ids
      .slice(1)
      .map((id, at) => ({ ...account.shown(id, { filledLots: 100 * ((at + 2) % 5) }), averageTicks: 0 }))
    const balances = Array.from(account.state.balances, ([asset, { total }]) => ({ asset, total: total + 1_000_000n }))
    const before = stateHash(account.state)
    const look = (turn: number) => {
      const turned = <A>(list: ReadonlyArray<A>): ReadonlyArray<A> =>
        turn % 2 === 0 ? [...list.slice(turn), ...list.slice(0, turn)] : list.toReversed()
      const time = account.now + 60_000_000
      const view = { time, lagUs: 1_000_000, openOrders: turned(openOrders), balances: turned(balances) }
      return reconcile(account.state, { ...view, executions: whole(turned(fills)) }, noMemory)
    }
    const reference = look(0)
    assert.isAbove(reference.findings.length, 4)
    for (let turn = 1; turn < 6; turn++) assert.deepStrictEqual(look(turn).findings, reference.findings)
    assert.strictEqual(stateHash(account.state), before)
  })

  it("an inferred fill before the real one: it is counted until that comes, and then not beside it", () => {
    const account = new AccountFixture()
    const id = account.working()
    const inferred = { type: "ReportExecuted", clientOrderId: id, filledLots: 700, averageTicks: 5_999_000 } as const
    assert.deepStrictEqual(account.types({ ...inferred, timeVenue: account.now }), ["FillInferred"])
    assert.deepStrictEqual(account.types({ ...inferred, timeVenue: account.now }), [])
    const counted = () => {
      const order = account.state.orders.get(id)
      return [account.state.positions.get(btc)?.lots ?? 0, order?.inferredLots ?? 0]
    }
    assert.deepStrictEqual(counted(), [0, 700])
    account.run(account.filled(id, { lots: 300, priceTicks: 5_998_000 }))
    assert.deepStrictEqual(counted(), [300, 400])
    account.run(account.filled(id, { lots: 400, priceTicks: 5_999_000 }))
    assert.deepStrictEqual(counted(), [700, 0])
    // An old answer of the venue says again what is booked by now.
    for (const filledLots of [700, 500])
      assert.deepStrictEqual(account.types({ ...inferred, filledLots, timeVenue: account.now }), [])
    account.run(account.filled(id, { lots: 300, priceTicks: 6_000_000 }))
    assert.deepStrictEqual(counted(), [1000, 0])
    assert.strictEqual(account.statusOf(id), "filled")
    assert.strictEqual(account.reserved("USDT"), "0")
  })
})
