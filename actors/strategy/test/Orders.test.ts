/** What a strategy may ask for beside plain orders, all the way through its account to a venue by script. */
import { assert, layer } from "@effect/vitest"
import { defineStrategy } from "@outcry/model/Strategy"
import { until } from "@outcry/testkit/AccountHarness"
import { ScriptedVenue } from "@outcry/testkit/ScriptedVenue"
import * as TestJournal from "@outcry/testkit/TestJournal"
import { Effect, Schema } from "effect"
import { btc, Market, startNode, type TestNode, untilRunning } from "./Harness.ts"

/** On its first quote a bid with two exits; on the second its target is moved. Notes what it hears. */
const bracketing = (notes: Array<string>) =>
  defineStrategy({
    name: "bracketing",
    version: 1,
    parameters: Schema.Struct({}),
    state: Schema.Struct({ quotes: Schema.Number }),
    feeds: () => [{ instrument: btc, quotes: true }],
    initial: () => ({ quotes: 0 }),
    onQuote: (_quote, ctx) => {
      ctx.state = { quotes: ctx.state.quotes + 1 }
      if (ctx.state.quotes === 1)
        ctx.buy(btc, { quantity: "0.01", price: "59900.00", takeProfit: "61000.00", stopLoss: "59000.00" })
      else {
        const target = ctx.openOrders(btc).find((order) => order.type === "limit")
        if (target !== undefined) ctx.modify(target.orderSeq, { price: "60500.00" })
      }
    },
    onFill: (fill, ctx) => {
      notes.push(`fill ${fill.orderSeq} ${fill.lots} at ${ctx.position(btc)}`)
    },
    onOrder: (end) => {
      notes.push(`${end.status} ${end.orderSeq}`)
    }
  })

const statuses = (node: TestNode) =>
  Effect.map(node.account.Status({}), ({ openOrders }) =>
    openOrders.map(({ intentSeq, status }) => `${intentSeq} ${status}`).join(", ")
  )

const untilStatuses = (node: TestNode, wanted: string) =>
  until(
    `its orders are ${wanted}`,
    Effect.map(statuses(node), (text) => text === wanted)
  )

layer(TestJournal.layer, { excludeTestServices: true, timeout: 120_000 })("a strategy with exits", (it) => {
  it.effect("enters, moves its target, takes its profit, and its stop is gone", () =>
    Effect.gen(function* () {
      const notes: Array<string> = []
      const [market, venue] = [new Market(), new ScriptedVenue()]
      const strategies = { exits: { definition: bracketing(notes) } }
      const node = yield* startNode({ account: "exits", venue, market, strategies })
      yield* untilRunning(node, "exits", market)
      market.push(market.quote())
      yield* untilStatuses(node, "1 working, 2 held, 3 held")
      const fill = (lots: number, priceTicks: number) => {
        const id = venue.placed.at(-1)!.clientOrderId
        venue.push({ _tag: "Filled", fill: venue.fill(id, lots, priceTicks) })
      }
      fill(1000, 5_990_000)
      yield* untilStatuses(node, "2 working, 3 held")
      yield* until(
        "it has heard of the fill",
        Effect.sync(() => notes.length === 1)
      )
      market.push(market.quote())
      yield* untilStatuses(node, "3 held, 4 working")
      fill(1000, 6_050_000)
      yield* untilStatuses(node, "")
      yield* until(
        "it has heard of all",
        Effect.sync(() => notes.length === 4)
      )
      assert.deepStrictEqual(notes, ["fill 1 1000 at 1000", "canceled 2", "fill 4 1000 at 0", "canceled 3"])
      assert.deepStrictEqual(
        venue.placed.map(({ terms }) => [terms.side, terms.type, terms.priceTicks]),
        [
          ["buy", "limit", 5_990_000],
          ["sell", "limit", 6_100_000],
          ["sell", "limit", 6_050_000]
        ]
      )
    })
  )
})
