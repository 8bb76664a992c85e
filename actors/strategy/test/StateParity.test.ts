import type { Fact } from "@outcry/actor-account/Protocol"
import { BacktestRun } from "@outcry/backtest/BacktestRun"
import { strategySpec } from "@outcry/backtest/BacktestSpec"
import { evolveRun } from "@outcry/backtest/CorporateAction"
import { tell, type Told } from "@outcry/backtest/FactTeller"
import { TapeBuilder } from "@outcry/backtest/TapeBuilder"
import { encode } from "@outcry/model/AccountEventCodec"
import { initial } from "@outcry/model/AccountState"
import { instrumentAt } from "@outcry/model/OrderLedger"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { defineStrategy } from "@outcry/model/Strategy"
import { btcUsdt } from "@outcry/testkit/Instruments"
import { Schema } from "effect"
import { expect, it } from "vitest"
import { FactReader, type Told as LiveTold, type TrackedOrder } from "@outcry/model/FactReader"

const id = btcUsdt.id

/** Orders of every kind, changes and cancels, at random. */
const busy = defineStrategy({
  name: "busy",
  version: 1,
  parameters: Schema.Struct({}),
  state: Schema.Struct({}),
  feeds: () => [{ instrument: id, quotes: true }],
  initial: () => ({}),
  onQuote: (quote, ctx) => {
    const draw = (most: number) => Math.floor(ctx.random() * most)
    const open = ctx.openOrders(id)
    const order = open[draw(open.length)]
    const side = draw(2) === 0 ? "buy" : "sell"
    const away = (side === "buy" ? -1 : 1) * (1 + draw(40))
    const quantity = 600 + draw(3000)
    switch (draw(12)) {
      case 0:
        return ctx[side](id, { quantity })
      case 1:
        return ctx[side](id, { quantity, price: quote.askTicks + away })
      case 2:
        return ctx[side](id, { quantity, stop: quote.askTicks - away * 2 })
      case 3:
        return ctx[side](id, { quantity, trailBy: 5 + draw(50) })
      case 4:
        return ctx[side](id, { quantity, stopLoss: quote.askTicks + away * 3, takeProfit: quote.askTicks - away * 3 })
      case 5:
        return order === undefined ? undefined : ctx.cancel(order.orderSeq)
      case 6:
        return order === undefined ? undefined : ctx.modify(order.orderSeq, { quantity: order.lots + 10 })
      case 7:
        return ctx[side](id, { quantity, price: quote.askTicks + away, goodForMs: 500 + draw(3000) })
      case 8:
        return ctx[side](id, { quantity: 1 })
      default:
        return undefined
    }
  }
})

const tape = (seed: number) => {
  const random = new SeededRandom(seed)
  const builder = new TapeBuilder([id])
  let ticks = 100_000
  for (let row = 0, time = 1_750_000_000_000_000; row < 400; row++) {
    time += random.between(1, 900_000)
    ticks += random.between(-25, 25)
    builder.quote(id, time, time, ticks - 5, random.between(100, 5000), ticks + 5, random.between(100, 5000))
  }
  return builder.build()
}

/** The live reader's words for the same; what it tracks besides is none of the strategy's. */
const alike = (told: LiveTold | undefined): Told | undefined => {
  if (told?.kind === "end" || told?.kind === "refused") return { kind: "order", end: told.end }
  if (told?.kind === "busted") throw new Error("Nothing is taken back in a back-test")
  if (told?.kind !== "placed") return told
  const { clientOrderId: _id, isOpen: _open, ...order } = told.order as TrackedOrder
  return { ...told, order }
}

it("tells a strategy in a back-test what the live reader of facts tells it", () => {
  const kinds = new Map<string, number>()
  for (let seed = 1; seed <= 4; seed++) {
    const run = new BacktestRun({
      tape: tape(seed),
      instruments: [btcUsdt],
      strategies: ["one", "two"].map((name) => strategySpec(busy, { id: name })),
      accounts: [{ balances: { USDT: "60000" }, loans: { BTC: "1" } }],
      latency: { kind: "jitter", orderUs: 200_000, reportUs: 100_000, jitterUs: 300_000 },
      seed,
      keepFacts: true
    })
    while (run.step(100));
    const events = run.facts().filter((fact) => fact.type !== "SplitApplied")
    const state = initial("backtest")
    const known = { seq: 0, intentSeq: 0, positions: [], orders: [] }
    const readers = ["one", "two"].map((name) => new FactReader(name, known, () => btcUsdt))
    const facts: Array<Fact> = []
    const states = events.map((event, at) => {
      evolveRun(state, event)
      const payload = encode(event, (instrument, version) => instrumentAt(state, instrument, version))
      facts.push({ seq: at + 1, type: event.type, payload } as Fact)
      return tell(state, event, events.slice(at + 1, at + 4))
    })
    for (const [index, name] of ["one", "two"].entries()) {
      const told = states.map((mine) => (mine?.strategy === name ? mine.told : undefined))
      const live = facts.map((fact, at) => alike(readers[index]!.read(fact, () => facts.slice(at + 1, at + 4))))
      expect(told, `seed ${seed}, strategy ${name}`).toEqual(live)
      for (const each of told) if (each !== undefined) kinds.set(each.kind, (kinds.get(each.kind) ?? 0) + 1)
    }
  }
  expect([...kinds.keys()].toSorted()).toEqual(["fill", "moved", "order", "placed"])
})
