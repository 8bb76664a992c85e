/** What a strategy writes, and what leaves it: terms, references and the orders that it sees open. */
import { btcUsdt } from "@outcry/testkit/Instruments"
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import type { OrderRequest, StrategyContext, StrategyFill } from "../src/Strategy.ts"
import { defineStrategy } from "../src/Strategy.ts"
import { type RunnerIntent, StrategyRunner } from "../src/StrategyRunner.ts"

const now = 1_750_000_000_000_000

type Context = StrategyContext<object, object>

/** Runs a handler once, and gives what it asked for. */
class Desk {
  private act: (ctx: Context) => unknown = () => undefined
  answer: unknown
  readonly runner = new StrategyRunner(
    defineStrategy<object, object>({
      name: "desk",
      version: 1,
      parameters: Schema.Struct({}),
      state: Schema.Struct({}),
      feeds: () => [{ instrument: btcUsdt.id, quotes: true }],
      initial: () => ({}),
      onTimer: (_name, ctx) => {
        this.answer = this.act(ctx)
      }
    }),
    {},
    { instruments: [btcUsdt], seed: 1 }
  )

  do(act: (ctx: Context) => unknown): ReadonlyArray<RunnerIntent> {
    this.act = (ctx) => (ctx.timer("again", 0), act(ctx))
    this.runner.clearIntents()
    if (this.runner.nextTimerUs() === undefined)
      this.runner.restore({ ...this.runner.snapshot(), timers: [["go", now]] })
    this.runner.fireTimers(now)
    return this.runner.intents().slice()
  }

  get open(): ReturnType<Context["openOrders"]> {
    this.do((ctx) => ctx.openOrders(btcUsdt.id))
    return this.answer as ReturnType<Context["openOrders"]>
  }
}

const sold = (request: OrderRequest): RunnerIntent => new Desk().do((ctx) => ctx.sell(btcUsdt.id, request))[0]!

describe("an order as a strategy writes it", () => {
  const cases: ReadonlyArray<readonly [string, OrderRequest, object]> = [
    ["a market order without a price", { quantity: "0.01" }, { type: "market", priceTicks: 0, lots: 1000 }],
    ["a limit order with one", { quantity: 1000, price: "60000" }, { type: "limit", priceTicks: 6_000_000 }],
    ["a stop", { quantity: 1, stop: "59000" }, { type: "stop", priceTicks: 0, triggerTicks: 5_900_000 }],
    [
      "a stop limit",
      { quantity: 1, stop: "59000", price: "58990" },
      { type: "stopLimit", priceTicks: 5_899_000, triggerTicks: 5_900_000 }
    ],
    ["one at a touch", { quantity: 1, touch: "61000" }, { type: "takeProfit", triggerTicks: 6_100_000 }],
    [
      "a limit at a touch",
      { quantity: 1, touch: "61000", price: "61000" },
      { type: "takeProfitLimit", priceTicks: 6_100_000 }
    ],
    ["a trail in money", { quantity: 1, trailBy: "12.5" }, { type: "trailingStop", trailTicks: 1250 }],
    ["a trail in per cent", { quantity: 1, trailPercent: 0.35 }, { type: "trailingStop", trailBps: 35 }],
    ["one that only reduces", { quantity: 1, reduceOnly: true }, { reduceOnly: true }],
    ["an iceberg", { quantity: 100, price: 6_000_000, display: "0.0001" }, { displayLots: 10 }],
    [
      "one good for a while",
      { quantity: 1, price: 6_000_000, goodForMs: 1500 },
      { timeInForce: "GTD", expiresUs: now + 1_500_000 }
    ],
    [
      "one good until",
      { quantity: 1, price: 6_000_000, expiresAt: now + 7 },
      { timeInForce: "GTD", expiresUs: now + 7 }
    ]
  ]
  for (const [name, request, terms] of cases)
    it(`is ${name}`, () => {
      expect(sold(request)).toMatchObject({ kind: "place", intentSeq: 1, terms: { side: "sell", ...terms } })
    })

  const faults: ReadonlyArray<readonly [OrderRequest, string]> = [
    [{ quantity: "0.000001" }, "quantity 0.000001 is not a whole number of lots of 0.00001"],
    [{ quantity: 1, price: "1.001" }, "price 1.001 is not a whole number of ticks of 0.01"],
    [{ quantity: 1, stop: "1.001" }, "stop 1.001 is not a whole number of ticks"],
    [{ quantity: 1, stop: 5, trailBy: 5 }, "stop and trailBy exclude each other; give one"],
    [{ quantity: 1, trailBy: 5, price: 5 }, "price does not go with a trailing stop"],
    [{ quantity: 1, trailPercent: 0.001 }, "trailPercent 0.001 is finer than a hundredth"],
    [{ quantity: 1, price: 5, expiresAt: now, goodForMs: 1 }, "expiresAt and goodForMs exclude each other"],
    [{ quantity: 1, price: 5, goodForMs: 1, timeInForce: "IOC" }, "goodForMs needs GTD, not IOC"],
    [{ quantity: 1, price: 5, resubmitForMs: Number.NaN }, "resubmitForMs NaN is no number of milliseconds"],
    [{ quantity: 1, price: 5, display: "x" }, "display x is not a whole number of lots"],
    [{ quantity: 1, price: 5, stopLoss: "y" }, "exit of sell sim:BTC/USDT: stop y is not a whole number of ticks"]
  ]
  for (const [request, message] of faults)
    it(`says ${message}`, () => {
      expect(() => sold(request)).toThrow(message)
    })

  it("may be submitted again for a while", () => {
    expect(sold({ quantity: 1, resubmitForMs: 250 })).toMatchObject({ resubmitUntilUs: now + 250_000 })
  })
})

describe("a bracket", () => {
  it("is an entry and two exits that wait for it and share a group", () => {
    const intents = new Desk().do((ctx) =>
      ctx.buy(btcUsdt.id, { quantity: 1000, price: "60000", takeProfit: "61000", stopLoss: { trailPercent: 1 } })
    )
    const exits = { parent: 1, group: "o1" }
    expect(intents).toMatchObject([
      { intentSeq: 1, terms: { side: "buy", type: "limit" } },
      {
        intentSeq: 2,
        terms: { side: "sell", type: "limit", priceTicks: 6_100_000, lots: 1000, reduceOnly: true },
        contingency: exits
      },
      {
        intentSeq: 3,
        terms: { side: "sell", type: "trailingStop", trailBps: 100, reduceOnly: true },
        contingency: exits
      }
    ])
    expect(intents[0]).not.toHaveProperty("contingency")
  })

  it("of one exit has no group, and shows what it waits for among the open orders", () => {
    const desk = new Desk()
    desk.do((ctx) => ctx.buy(btcUsdt.id, { quantity: 10, stopLoss: "59000" }))
    expect(desk.open).toMatchObject([
      { orderSeq: 1, type: "market" },
      { orderSeq: 2, type: "stop", triggerTicks: 5_900_000, parent: 1, reduceOnly: true }
    ])
    desk.runner.orderMoved(2, { status: "triggered", triggerTicks: 5_950_000, lots: 7 })
    expect(desk.open[1]).toMatchObject({ status: "triggered", triggerTicks: 5_950_000, lots: 7 })
    expect(desk.open[1]).not.toHaveProperty("group")
  })
})

describe("one that cancels the other", () => {
  it("names the group of all, and takes two at least", () => {
    const desk = new Desk()
    const intents = desk.do((ctx) =>
      ctx.oco(btcUsdt.id, [
        { side: "buy", quantity: 1, price: "59000" },
        { side: "buy", quantity: 1, stop: "61000" }
      ])
    )
    expect(desk.answer).toEqual([1, 2])
    for (const intent of intents) expect(intent).toMatchObject({ contingency: { group: "o1" } })
    expect(() => desk.do((ctx) => ctx.oco(btcUsdt.id, []))).toThrow("give two orders or more")
  })
})

describe("a change", () => {
  const execution = (orderSeq: number, lots: number): StrategyFill => ({
    instrument: btcUsdt.id,
    orderSeq,
    side: "buy",
    priceTicks: 6_000_000,
    lots,
    liquidity: "maker",
    timeVenue: now
  })
  const fill = (desk: Desk, orderSeq: number, lots: number): void => desk.runner.fill(execution(orderSeq, lots), now)

  it("replaces the order under a new number, and counts what the old one fills still", () => {
    const desk = new Desk()
    desk.do((ctx) => ctx.buy(btcUsdt.id, { quantity: 1000, price: "60000" }))
    fill(desk, 1, 100)
    const intents = desk.do((ctx) => ctx.modify(1, { price: "59000", quantity: 1500 }))
    expect(desk.answer).toBe(2)
    expect(intents).toEqual([
      { kind: "modify", intentSeq: 2, orderSeq: 1, instrument: btcUsdt.id, priceTicks: 5_900_000, lots: 1500 }
    ])
    expect(desk.open[1]).toMatchObject({ orderSeq: 2, lots: 1400, filledLots: 0, replaces: 1 })
    fill(desk, 1, 300)
    expect(desk.open[1]).toMatchObject({ lots: 1100 })
  })

  it("of what is gone, or about to go, is none", () => {
    const desk = new Desk()
    desk.do((ctx) => ctx.buy(btcUsdt.id, { quantity: 1000, price: "60000" }))
    desk.do((ctx) => ctx.cancel(1))
    expect(desk.do((ctx) => ctx.modify(1, { quantity: 5 }))).toEqual([])
    expect(desk.answer).toBe(0)
    expect(desk.do((ctx) => ctx.modify(9, { quantity: 5 }))).toEqual([])
  })

  it("that is refused leaves the order as it was, to be changed again", () => {
    const desk = new Desk()
    desk.do((ctx) => ctx.buy(btcUsdt.id, { quantity: 1000, price: "60000" }))
    desk.do((ctx) => ctx.modify(1, { quantity: 0 }))
    const end = {
      instrument: btcUsdt.id,
      orderSeq: 2,
      status: "refused",
      filledLots: 0,
      reason: "InvalidQuantity"
    } as const
    desk.runner.orderEnded(end, now)
    expect(desk.open).toMatchObject([{ orderSeq: 1, cancelRequested: false }])
    expect(desk.do((ctx) => ctx.modify(1, { stop: "59000" }))).toMatchObject([{ triggerTicks: 5_900_000 }])
  })

  it("of one that sleeps hands on what was filled before it", () => {
    const desk = new Desk()
    desk.do((ctx) => ctx.buy(btcUsdt.id, { quantity: 1000, price: "60000" }))
    fill(desk, 1, 100)
    desk.do((ctx) => ctx.modify(1, { price: "59000" }))
    desk.runner.orderMoved(2, { status: "held" })
    fill(desk, 1, 200)
    const [intent] = desk.do((ctx) => ctx.modify(2, { quantity: 500 }))
    // The account counts in all; 300 of these are filled.
    expect(intent).toMatchObject({ orderSeq: 2, lots: 800 })
    expect(desk.open.at(-1)).toMatchObject({ orderSeq: 3, lots: 500, replaces: 1 })
  })
})

describe("the timers of a strategy", () => {
  it("wait as long as they were asked to when the clock is set back meanwhile", () => {
    const desk = new Desk()
    desk.do((ctx) => ctx.timer("again", 100))
    expect(desk.runner.nextTimerUs()).toBe(now + 100_000)
    desk.runner.moveTimers(-30_000_000)
    expect(desk.runner.nextTimerUs()).toBe(now + 100_000 - 30_000_000)
  })

  it("that an earlier run set fire alone and are known by the clock they were set by", () => {
    const desk = new Desk()
    desk.do((ctx) => ctx.timer("new", 0))
    desk.runner.restore({ ...desk.runner.snapshot(), timers: [["kept", now + 100]] })
    desk.runner.moveTimers(-1000)
    const fired = (): number => {
      const before = desk.runner.events.get("timer") ?? 0
      desk.runner.fireTimers(now)
      return (desk.runner.events.get("timer") ?? 0) - before
    }
    expect(desk.runner.nextRestoredUs(now)).toBeUndefined()
    expect(fired()).toBe(2)
    expect(desk.runner.nextRestoredUs(now)).toBe(now + 100)
    expect(fired()).toBe(1)
    expect(desk.runner.nextRestoredUs(now)).toBeUndefined()
  })
})
