import type { Fact } from "@outcry/actor-account/Protocol"
import { BacktestRun } from "@outcry/backtest/BacktestRun"
import { strategySpec } from "@outcry/backtest/BacktestSpec"
import { evolveRun } from "@outcry/backtest/CorporateAction"
import { RunAccount } from "@outcry/backtest/RunAccount"
import { TapeBuilder } from "@outcry/backtest/TapeBuilder"
import { encode } from "@outcry/model/AccountEventCodec"
import { initial } from "@outcry/model/AccountState"
import { FactReader } from "@outcry/model/FactReader"
import { instrumentAt } from "@outcry/model/OrderLedger"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { defineStrategy } from "@outcry/model/Strategy"
import { StrategyRunner } from "@outcry/model/StrategyRunner"
import { tell } from "@outcry/model/TellRunner"
import { btcUsdt } from "@outcry/testkit/Instruments"
import { Schema } from "effect"
import { afterEach, expect, it, vi } from "vitest"

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

const heard = ["adopt", "orderMoved", "fill", "orderEnded", "cancelRefused"] as const

/** What runners are told from now on, each its own words in order; without the time of hearing them. */
const listen = () => {
  const runners: Array<unknown> = []
  const words: Array<Array<readonly [name: string, what: unknown]>> = []
  // What a runner concludes by itself from what it was told, it was not told.
  let concludes = false
  for (const name of heard) {
    const original = StrategyRunner.prototype[name] as (this: unknown, ...given: Array<unknown>) => void
    vi.spyOn(StrategyRunner.prototype, name).mockImplementation(function (this: unknown, ...given: Array<unknown>) {
      if (concludes) return original.apply(this, given)
      if (!runners.includes(this)) {
        runners.push(this)
        words.push([])
      }
      const what = name === "fill" || name === "orderEnded" ? given.slice(0, 1) : given
      words[runners.indexOf(this)]!.push([name, structuredClone(what)])
      concludes = true
      original.apply(this, given)
      concludes = false
    })
  }
  return (runner: unknown) => words[runners.indexOf(runner)] ?? []
}

afterEach(() => vi.restoreAllMocks())

it("tells a strategy in a back-test what a live run tells it that reads the same journal", () => {
  const kinds = new Map<string, number>()
  for (let seed = 1; seed <= 4; seed++) {
    const runners: Array<unknown> = []
    const start = vi.spyOn(StrategyRunner.prototype, "start").mockImplementation(function (this: unknown) {
      runners.push(this)
    })
    const wordsOf = listen()
    const commands = vi.spyOn(RunAccount.prototype, "run")
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
    start.mockRestore()
    const events = run.facts().filter((fact) => fact.type !== "SplitApplied")
    const state = initial("backtest")
    const facts = events.map((event, at): Fact => {
      evolveRun(state, event)
      const payload = encode(event, (instrument, version) => instrumentAt(state, instrument, version))
      return { seq: at + 1, type: event.type, payload } as Fact
    })
    // As they are handed out: what came of one command comes together.
    const ends: Array<number> = []
    for (const { type, value } of commands.mock.results)
      if (type === "return") ends.push(...value.map(() => ends.length + value.length))
    expect(ends).toHaveLength(facts.length)
    for (const [index, name] of ["one", "two"].entries()) {
      const reader = new FactReader(name, { seq: 0, intentSeq: 0, positions: [], orders: [] }, () => btcUsdt)
      const live = new StrategyRunner(busy, {}, { instruments: [btcUsdt], seed })
      for (const [at, fact] of facts.entries()) {
        const told = reader.read(fact, () => facts.slice(at + 1, ends[at]))
        if (told === undefined) continue
        kinds.set(told.kind, (kinds.get(told.kind) ?? 0) + 1)
        tell(live, told, 0, 0)
      }
      expect(wordsOf(live).length).toBeGreaterThan(20)
      expect(wordsOf(runners[index]), `seed ${seed}, strategy ${name}`).toEqual(wordsOf(live))
    }
    vi.restoreAllMocks()
  }
  expect([...kinds.keys()].toSorted()).toEqual(["end", "fill", "moved", "placed", "refused"])
})
