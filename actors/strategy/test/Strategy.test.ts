/** Strategies on a node, over a real journal and account, a venue by script and a market made by hand. */
import { assert, layer } from "@effect/vitest"
import * as Parameter from "@outcry/model/Parameter"
import { defineStrategy } from "@outcry/model/Strategy"
import { Database } from "@outcry/store/Database"
import { Journal } from "@outcry/store/Journal"
import { until } from "@outcry/testkit/AccountHarness"
import { ScriptedVenue } from "@outcry/testkit/ScriptedVenue"
import * as TestJournal from "@outcry/testkit/TestJournal"
import { Effect, Option, Schema } from "effect"
import { entityIdOf } from "../src/RunSnapshot.ts"
import { btc, Market, startNode, type TestNode, untilCondition, untilRunning } from "./Harness.ts"

const bid = { quantity: "0.01", price: "59900.00" }
const Log = Schema.Array(Schema.String)

/** Buys on each quote whose bid is even, sells what it holds on gaps, and notes all it is told. */
const noting = (over: object = {}) =>
  defineStrategy({
    name: "noting",
    version: 1,
    parameters: Schema.Struct({ size: Parameter.integer(1, { min: 1, max: 9 }) }),
    state: Schema.Struct({ log: Log }),
    feeds: () => [{ instrument: btc, quotes: true, book: true }],
    initial: (): { log: ReadonlyArray<string> } => ({ log: [] }),
    onQuote: (quote, ctx) => {
      if (quote.bidTicks % 2 === 0) ctx.buy(btc, bid)
    },
    onFill: (fill, ctx) => {
      ctx.state = { log: [...ctx.state.log, `fill ${fill.orderSeq} ${fill.lots} at ${ctx.position(btc)}`] }
    },
    onOrder: (end, ctx) => {
      ctx.state = { log: [...ctx.state.log, `${end.status} ${end.orderSeq} ${end.reason}`.trim()] }
    },
    onGap: (gap, ctx) => {
      if (!gap.resumed) ctx.cancelAll(btc)
    },
    ...over
  })

const floor = (account: string, strategies: Record<string, { definition: object; parameters?: unknown }>) => ({
  account,
  strategies,
  venue: new ScriptedVenue(),
  market: new Market()
})

const statusOf = (node: TestNode, name: string) => node.strategy(name).Status()

/** The state in the strategy's snapshot, once it holds what is waited for. */
const snapshotOf = (name: string, holds: (text: string) => boolean) =>
  until(
    `${name} has a snapshot of what it knows`,
    Effect.gen(function* () {
      const stored = Option.getOrUndefined(yield* (yield* Journal).loadSnapshot(entityIdOf(name)))
      const text = JSON.stringify(stored?.state ?? "")
      return stored !== undefined && holds(text) ? stored : undefined
    })
  )

layer(TestJournal.layer, { excludeTestServices: true, timeout: 120_000 })("a strategy", (it) => {
  it.effect(
    "goes on on another node with its state, its position and its open orders, having heard all that happened meanwhile",
    () =>
      Effect.gen(function* () {
        const options = floor("moves", { moves: { definition: noting() } })
        const { market, venue } = options
        const first = yield* startNode(options)
        yield* untilRunning(first, "moves", market)
        market.push(market.quote(6_000_000))
        market.push(market.quote(6_000_002))
        const ids = yield* until(
          "both are placed",
          Effect.sync(() => (venue.placed.length === 2 ? venue.placed.map((order) => order.clientOrderId) : undefined))
        )
        yield* until(
          "both are accepted",
          Effect.map(first.account.Status({}), (status) =>
            status.openOrders.every((order) => order.status === "working")
          )
        )
        venue.push({ _tag: "Filled", fill: venue.fill(ids[0]!, 300) })
        yield* snapshotOf("moves", (text) => text.includes("fill 1 300 at 300"))
        // After the snapshot, and after the node is gone: a third order, a fill, an end, a fill after the end.
        market.push(market.quote(6_000_004))
        yield* until(
          "the third is placed",
          Effect.sync(() => venue.placed.length === 3)
        )
        venue.push({ _tag: "Filled", fill: venue.fill(ids[0]!, 700) })
        yield* until(
          "it knows of the fill",
          Effect.map(statusOf(first, "moves"), (status) => status.fills === 2)
        )
        yield* first.stop
        const late = venue.fill(ids[1]!, 200)
        venue.canceled({ clientOrderId: ids[1]!, instrument: venue.placed[0]!.instrument })

        const second = yield* startNode(options)
        yield* untilRunning(second, "moves", market)
        venue.push({ _tag: "Filled", fill: late })
        const { state } = yield* snapshotOf("moves", (text) => text.includes("canceled 2"))
        const { log } = (state as { readonly state: { readonly log: ReadonlyArray<string> } }).state
        assert.deepStrictEqual(
          log.filter((line) => line.startsWith("fill") || line.startsWith("canceled")),
          // The third order was canceled on the gap that a move is.
          ["fill 1 300 at 300", "fill 1 700 at 1000", "fill 2 200 at 1200", ...log.slice(3)]
        )
        assert.include(log.slice(3).join(), "canceled 2")
        const account = yield* second.account.Status({})
        assert.strictEqual(account.positions.find((row) => row.strategy === "moves")?.quantity, "0.01200")
        assert.strictEqual(venue.placed.length, 3)
      })
  )

  it.effect(
    "does not act twice on one event, fact or timer, and none of its next intents is taken for an old one",
    () =>
      Effect.gen(function* () {
        const definition = noting({
          onStart: (ctx: { timer: (name: string, ms: number) => void }) => ctx.timer("once", 50),
          onTimer: (_name: string, ctx: { buy: (id: string, order: object) => number }) => void ctx.buy(btc, bid)
        })
        const options = floor("once", { once: { definition } })
        const { market, venue } = options
        const first = yield* startNode(options)
        yield* untilRunning(first, "once", market)
        yield* until(
          "the timer has fired",
          Effect.sync(() => venue.placed.length === 1)
        )
        const event = market.quote(6_000_000)
        market.push(event)
        yield* until(
          "it acted",
          Effect.sync(() => venue.placed.length === 2)
        )
        yield* first.strategy("once").Control({ action: "restart" })
        yield* until(
          "it runs again",
          Effect.sync(() => venue.placed.length === 3)
        )
        yield* untilRunning(first, "once", market)
        market.push(event)
        const { refused } = yield* until(
          "the repeat is refused",
          Effect.map(statusOf(first, "once"), (status) => (status.refused.length > 0 ? status : undefined))
        )
        assert.deepStrictEqual(
          refused.map(({ count, reason }) => [reason, count]),
          [["CauseAlreadyActedOn", 1]]
        )
        // The refused number is used up; a new event gets a new one and is placed.
        market.push(market.quote(6_000_002))
        yield* until(
          "the next event is acted upon",
          Effect.sync(() => venue.placed.length === 4)
        )
        assert.strictEqual(new Set(venue.placed.map((order) => order.clientOrderId)).size, 4)
      })
  )

  it.effect("hears why an intent was refused, and may cancel on a gap what it placed on the event before", () =>
    Effect.gen(function* () {
      const options = floor("refusals", { refusals: { definition: noting() } })
      const { market, venue } = options
      const node = yield* startNode(options)
      yield* untilRunning(node, "refusals", market)
      market.push(market.quote(6_000_000))
      yield* until(
        "it is working",
        Effect.map(node.account.Status({}), (status) => status.openOrders[0]?.status === "working")
      )
      market.push(market.gap(false))
      yield* until(
        "it is canceled",
        Effect.sync(() => venue.log.some((line) => line.startsWith("cancel")))
      )
      yield* node.account.SetTradingState({ state: "halted", by: "test", reason: "drill" })
      market.push(market.quote(6_000_002))
      const status = yield* until(
        "the refusal is counted",
        Effect.map(statusOf(node, "refusals"), (each) => (each.refused.length > 0 ? each : undefined))
      )
      assert.strictEqual(status.refused[0]!.reason, "TradingHalted")
      yield* snapshotOf("refusals", (text) => text.includes("refused 3 TradingHalted"))
    })
  )

  it.effect("is started again when it throws and locked when it goes on; the others trade on; unlocked it starts", () =>
    Effect.gen(function* () {
      let isBroken = true
      const thrower = noting({
        onStart: () => {
          if (isBroken) throw new Error("cannot begin")
        }
      })
      const options = floor("errors", { thrower: { definition: thrower }, steady: { definition: noting() } })
      const node = yield* startNode(options)
      yield* untilRunning(node, "steady", options.market)
      yield* untilCondition(node, "thrower", "backoff")
      const early = yield* Effect.result(node.strategy("thrower").Control({ action: "unlock" }))
      assert.strictEqual(early._tag === "Failure" && early.failure._tag, "CannotControl")
      const locked = yield* untilCondition(node, "thrower", "locked")
      assert.deepStrictEqual([locked.errors, locked.restarts, locked.lastError], [5, 4, "cannot begin"])
      options.market.push(options.market.quote(6_000_000))
      yield* until(
        "the other trades",
        Effect.sync(() => options.venue.placed.length === 1)
      )
      isBroken = false
      yield* node.strategy("thrower").Control({ action: "unlock" })
      yield* untilCondition(node, "thrower", "running")
    })
  )

  it.effect("places nothing while paused, on whatever node, though it may cancel", () =>
    Effect.gen(function* () {
      const options = floor("paused", { paused: { definition: noting() } })
      const { market, venue } = options
      const first = yield* startNode(options)
      yield* untilRunning(first, "paused", market)
      market.push(market.quote(6_000_000))
      yield* until(
        "it is working",
        Effect.map(first.account.Status({}), (status) => status.openOrders[0]?.status === "working")
      )
      yield* first.strategy("paused").Control({ action: "pause" })
      yield* first.stop
      const second = yield* startNode(options)
      yield* untilCondition(second, "paused", "paused")
      yield* until(
        "it listens",
        Effect.sync(() => market.readers === 1)
      )
      market.push(market.quote(6_000_002), market.gap(false))
      yield* until(
        "it cancels",
        Effect.sync(() => venue.log.some((line) => line.startsWith("cancel")))
      )
      const { refused } = yield* until(
        "it was refused",
        Effect.map(statusOf(second, "paused"), (status) => (status.refused.length > 0 ? status : undefined))
      )
      assert.deepStrictEqual(
        refused.map(({ reason }) => reason),
        ["Paused"]
      )
      yield* second.strategy("paused").Control({ action: "resume" })
      market.push(market.quote(6_000_004))
      yield* until(
        "it trades again",
        Effect.sync(() => venue.placed.length === 2)
      )
    })
  )

  it.effect("says which parameter is wrong", () =>
    Effect.gen(function* () {
      const options = floor("wrong", { wrong: { definition: noting(), parameters: { size: 12 } } })
      const node = yield* startNode(options)
      const { lastError } = yield* untilCondition(node, "wrong", "backoff")
      assert.match(lastError, /size/)
    })
  )

  it.effect("trades on no bar of its warm-up, past or live, is given each bar once, and on the first after it", () =>
    Effect.gen(function* () {
      const buyer = noting({
        feeds: () => [{ instrument: btc, barSeconds: 1, warmupBars: 5 }],
        onBar: (
          bar: { timeOpen: number },
          ctx: { state: { log: ReadonlyArray<string> }; buy: (id: string, order: object) => number }
        ) => {
          ctx.state = { log: [...ctx.state.log, `bar ${bar.timeOpen / 1e6}`] }
          ctx.buy(btc, bid)
        }
      })
      const options = floor("warm", { warm: { definition: buyer } })
      const { market, venue } = options
      const [one, two, three] = [market.bar(1), market.bar(2), market.bar(3)]
      const node = yield* startNode(options)
      assert.strictEqual((yield* untilRunning(node, "warm", market)).warmupBarsLeft, 2)
      market.push(one, two, three, market.bar(4), market.bar(5))
      yield* until(
        "it is warm",
        Effect.map(statusOf(node, "warm"), (status) => status.warmupBarsLeft === 0)
      )
      assert.strictEqual(venue.placed.length, 0)
      market.push(market.bar(6))
      yield* until(
        "it trades",
        Effect.sync(() => venue.placed.length === 1)
      )
      yield* snapshotOf("warm", (text) => text.includes('["bar 1","bar 2","bar 3","bar 4","bar 5","bar 6"]'))
      market.bar(7)
      market.bar(8)
      yield* node.strategy("warm").Control({ action: "restart" })
      // The bars it missed are filled in, once, and not traded upon.
      yield* until(
        "it runs again",
        Effect.map(
          statusOf(node, "warm"),
          (status) =>
            status.condition === "running" && (status.events.find(({ kind }) => kind === "bar")?.count ?? 0) === 2
        )
      )
      yield* untilRunning(node, "warm", market)
      assert.strictEqual(venue.placed.length, 1)
      market.push(market.bar(9))
      yield* until(
        "it trades at once",
        Effect.sync(() => venue.placed.length === 2)
      )
    })
  )

  it.effect("stands still while its account does not answer, and loses no intent", () =>
    Effect.gen(function* () {
      const options = floor("stuck", { stuck: { definition: noting() } })
      const { market, venue } = options
      const node = yield* startNode(options)
      yield* untilRunning(node, "stuck", market)
      const handled = Effect.map(
        statusOf(node, "stuck"),
        ({ events }) => events.find(({ kind }) => kind === "quote")?.count ?? 0
      )
      const blocker = yield* (yield* Database).pool({ size: 1, purpose: "blocker" })
      yield* blocker.unsafe("BEGIN")
      yield* blocker`SELECT 1 FROM entity_epoch WHERE entity_id = 'Account/stuck' FOR UPDATE`
      for (let n = 0; n < 150; n++) market.push(market.quote(6_000_000))
      // One batch is on its way, 64 wait, one is in hand.
      yield* until(
        "the outbox is full",
        Effect.map(handled, (count) => count === 66)
      )
      assert.strictEqual(venue.placed.length, 0)
      yield* blocker.unsafe("COMMIT")
      yield* until(
        "all are placed",
        Effect.sync(() => venue.placed.length === 150)
      )
      assert.strictEqual(yield* handled, 150)
      assert.strictEqual(new Set(venue.placed.map((order) => order.clientOrderId)).size, 150)
    })
  )
})
