import { describe, expect, it } from "vitest"
import { runBacktest } from "../src/Backtest.ts"
import { BacktestFault, StrategyFailed, strategySpec } from "../src/BacktestSpec.ts"
import { BacktestRun } from "../src/BacktestRun.ts"
import { TapeBuilder } from "../src/TapeBuilder.ts"
import { btc, type Context, type Script, scripted, second, specOf, start, walkTape } from "./Fixtures.ts"

type Row =
  | readonly ["quote", bidTicks: number, bidLots: number, askTicks: number, askLots: number]
  | readonly ["trade", priceTicks: number, lots: number, aggressor: "buy" | "sell"]

/** A row each second. */
const tapeOf = (rows: ReadonlyArray<Row>) => {
  const builder = new TapeBuilder([btc])
  for (const [at, row] of rows.entries()) {
    const time = start + at * second
    if (row[0] === "quote") builder.quote(btc, time, time, row[1], row[2], row[3], row[4])
    else builder.trade(btc, time, time, row[1], row[2], row[3], at)
  }
  return builder.build()
}

const first: Row = ["quote", 99_990, 5000, 100_000, 5000]

/** What is asked for on the first quote, on the rows that follow. */
const run = (ask: (ctx: Context) => void, rows: ReadonlyArray<Row>, more: Parameters<typeof specOf>[2] = {}) => {
  const onQuote = (_quote: unknown, ctx: Context) => {
    if (ctx.state.seen++ === 0) ask(ctx)
  }
  const accounts = [{ balances: { USDT: "1000000" }, loans: { BTC: "10" } }]
  return runBacktest(specOf(tapeOf([first, ...rows]), { onQuote }, { accounts, ...more }))
}

const fillsOf = (...given: Parameters<typeof run>) =>
  run(...given).fills.map(({ liquidity, lots, priceTicks }) => [priceTicks, lots, liquidity])

describe("a run over quotes and trades", () => {
  it("never lets an order meet the quote it was decided on", () => {
    const buy = (ctx: Context) => ctx.buy(btc, { quantity: 1000 })
    expect(fillsOf(buy, [])).toEqual([])
    expect(fillsOf(buy, [["trade", 100_000, 10, "buy"]])).toEqual([])
    expect(fillsOf(buy, [["quote", 100_090, 10, 100_100, 2000]])).toEqual([[100_100, 1000, "taker"]])
  })

  it("takes what the touch shows, then a tick further for each further touch's worth", () => {
    const buy = (ctx: Context) => ctx.buy(btc, { quantity: 5000 })
    expect(fillsOf(buy, [["quote", 99_990, 10, 100_000, 2000]])).toEqual([
      [100_000, 2000, "taker"],
      [100_001, 2000, "taker"],
      [100_002, 1000, "taker"]
    ])
    const result = run(buy, [["quote", 99_990, 10, 100_000, 2000]], { levelsMax: 2 })
    expect(result.orders).toMatchObject([{ filledLots: 4000, status: "expired" }])
  })

  it("does not sell the same lots twice", () => {
    const both = (ctx: Context) => {
      ctx.buy(btc, { quantity: 1500 })
      ctx.buy(btc, { quantity: 1000 })
    }
    expect(fillsOf(both, [["quote", 99_990, 10, 100_000, 2000]])).toEqual([
      [100_000, 1500, "taker"],
      [100_000, 500, "taker"],
      [100_001, 500, "taker"]
    ])
  })

  it("works IOC, FOK and post-only orders as they say", () => {
    const quote: Row = ["quote", 99_990, 10, 100_000, 2000]
    const status = (ask: (ctx: Context) => void) =>
      run(ask, [quote]).orders.map(({ filledLots, status }) => [status, filledLots])
    expect(status((ctx) => ctx.buy(btc, { quantity: 3000, price: 100_000, timeInForce: "IOC" }))).toEqual([
      ["expired", 2000]
    ])
    expect(status((ctx) => ctx.buy(btc, { quantity: 3000, price: 100_000, timeInForce: "FOK" }))).toEqual([
      ["expired", 0]
    ])
    expect(status((ctx) => ctx.buy(btc, { quantity: 3000, price: 100_001, timeInForce: "FOK" }))).toEqual([
      ["filled", 3000]
    ])
    expect(status((ctx) => ctx.buy(btc, { quantity: 3000, price: 100_000, postOnly: true }))).toEqual([["rejected", 0]])
  })

  it.each<[kind: "touch" | "through" | "queue", rows: ReadonlyArray<Row>, filled: number]>([
    ["touch", [["trade", 99_990, 400, "sell"]], 400],
    ["through", [["trade", 99_990, 400, "sell"]], 0],
    ["through", [["trade", 99_989, 400, "sell"]], 400],
    // 5,000 lots stand before it.
    ["queue", [["trade", 99_990, 4900, "sell"]], 0],
    [
      "queue",
      [
        ["trade", 99_990, 4900, "sell"],
        ["trade", 99_990, 400, "sell"]
      ],
      300
    ],
    [
      "queue",
      [
        ["quote", 99_990, 100, 100_000, 10],
        ["trade", 99_990, 400, "sell"]
      ],
      300
    ],
    ["queue", [["trade", 99_990, 4900, "buy"]], 0],
    ["queue", [["quote", 99_900, 100, 99_990, 250]], 250]
  ])("queue model %s: %j fills %i", (kind, rows, filled) => {
    const buy = (ctx: Context) => ctx.buy(btc, { quantity: 1000, price: 99_990 })
    // It rests once the next quote has come.
    const settled: Row = ["quote", 99_990, 5000, 100_000, 5000]
    const fills = fillsOf(buy, [settled, ...rows], { queue: { kind } })
    expect(fills.reduce((sum, [, lots]) => sum + Number(lots), 0)).toBe(filled)
    for (const fill of fills) expect([fill[0], fill[2]]).toEqual([99_990, "maker"])
  })

  it("fires stops that the account holds on quotes, and sends them then", () => {
    const result = run(
      (ctx) => ctx.sell(btc, { quantity: 1000, stop: 99_500 }),
      [
        ["quote", 99_600, 5000, 99_610, 5000],
        ["quote", 99_490, 5000, 99_500, 5000],
        ["quote", 99_300, 5000, 99_310, 5000]
      ]
    )
    expect(result.fills).toMatchObject([{ priceTicks: 99_300, timeUs: start + 3 * second }])
  })

  it("brings orders, cancels and reports as late as the latency model says", () => {
    const heard: Array<number> = []
    const handlers: Script = {
      onQuote: (_quote, ctx) => {
        if (ctx.state.seen++ === 0) ctx.buy(btc, { quantity: 1000 })
      },
      onFill: (_fill, ctx) => {
        heard.push((ctx.now - start) / second)
      }
    }
    const rows: ReadonlyArray<Row> = Array.from({ length: 6 }, (_, at) => ["quote", 99_990, 5000, 100_000 + at, 5000])
    const latency = { kind: "constant", orderUs: 2_500_000, reportUs: 1_000_000 } as const
    const result = runBacktest(specOf(tapeOf(rows), handlers, { latency }))
    // It arrives at 2.5 s and meets the quote of 2 s that stands there.
    expect(result.fills).toMatchObject([{ priceTicks: 100_002 }])
    expect(heard).toEqual([3.5])
  })

  it("fires timers at their time between rows", () => {
    const fired: Array<number> = []
    const handlers: Script = {
      onStart: (ctx) => ctx.timer("late", 1500),
      onTimer: (_name, ctx) => {
        fired.push((ctx.now - start) / second)
        if (fired.length < 3) ctx.timer("late", 1000)
      }
    }
    runBacktest(specOf(tapeOf([first, first, first, first]), handlers))
    expect(fired).toEqual([1.5, 2.5])
  })

  it("charges fees by liquidity and counts them", () => {
    const fees = { kind: "basisPoints", makerBps: 1, takerBps: 5 } as const
    const result = run((ctx) => ctx.buy(btc, { quantity: 1000 }), [["quote", 99_990, 10, 100_000, 2000]], { fees })
    expect(result.fills[0]!.fee).toBeCloseTo(10 * 0.0005, 12)
    expect(result.costs.fees).toBeCloseTo(-10 * 0.0005, 12)
    expect(result.equityEnd).toBeCloseTo(1_000_000 - 10 * 0.0005 - 0.01 * 0.05, 8)
  })

  it("says why nothing traded", () => {
    const buy = (ctx: Context) => ctx.buy(btc, { quantity: 9000 * 100_000 })
    const result = run(buy, [first])
    expect(result.funnel.refusals).toEqual({ NotionalAboveMax: 1 })
    expect(result.warnings).toMatchObject([{ code: "noTrades" }])
    expect(result.warnings[0]!.detail).toMatch(
      /every order was refused, 1 by NotionalAboveMax: .* is above 9000000 USDT/
    )
    expect(result.orders).toMatchObject([{ status: "refused", reason: "NotionalAboveMax" }])
    expect(run(() => undefined, [first]).warnings[0]!.detail).toMatch(/2 events, and the strategy asked for nothing/)
  })

  it("ends with the strategy, the event and the row where a strategy throws", () => {
    const fail = (handlers: Script) => {
      try {
        runBacktest(specOf(tapeOf([first, first, first]), handlers))
      } catch (error) {
        return error
      }
      return undefined
    }
    const thrown = fail({
      onQuote: (_quote, ctx) => {
        if (++ctx.state.seen === 2) throw new Error("no such thing")
      }
    })
    expect(thrown).toBeInstanceOf(StrategyFailed)
    expect(thrown).toMatchObject({ strategy: "scripted", event: "quote", row: 1, reason: "no such thing" })
    const greedy = fail({
      onQuote: (_quote, ctx) => {
        for (;;) ctx.buy(btc, { quantity: 1000 })
      }
    })
    expect(greedy).toMatchObject({ _tag: "StrategyFailed", reason: expect.stringMatching(/more than 1000 orders/) })
    const endless = fail({
      onQuote: (_quote, ctx) => {
        if (ctx.state.seen++ === 0) ctx.buy(btc, { quantity: 1 })
      },
      onOrder: (_end, ctx) => {
        ctx.buy(btc, { quantity: 1 })
      }
    })
    expect(endless).toMatchObject({
      _tag: "StrategyFailed",
      event: "order",
      reason: expect.stringMatching(/without end/)
    })
    const nan = fail({
      onQuote: (_quote, ctx) => {
        ctx.buy(btc, { quantity: Number.NaN })
      }
    })
    expect(nan).toMatchObject({
      _tag: "StrategyFailed",
      reason: expect.stringMatching(/quantity NaN is not a whole number/)
    })
  })

  it("refuses specs that make no sense and says what to do", () => {
    const tape = tapeOf([first])
    const cases: ReadonlyArray<[Parameters<typeof specOf>[2], RegExp]> = [
      [{ accounts: [] }, /accounts: there is none/],
      [{ strategies: [] }, /strategies: there is none/],
      [{ instruments: [] }, /BTC\/USDT is on the tape and not among them/],
      [{ from: 5, to: 4 }, /from: 5 is after to/],
      [{ seed: Number.NaN }, /seed: NaN/],
      [{ accounts: [{ balances: { USDT: "much" } }] }, /balances: "much" of USDT/],
      [
        { strategies: [strategySpec(scripted({}, { feeds: ["sim:DOGE/USDT"] }))] },
        /DOGE\/USDT is not among the instruments/
      ],
      [{ strategies: [strategySpec(scripted({})), strategySpec(scripted({}))] }, /scripted is there twice/],
      [{ strategies: [strategySpec(scripted({}), { account: "other" })] }, /account "other"/]
    ]
    for (const [more, message] of cases) {
      expect(() => new BacktestRun(specOf(tape, {}, more))).toThrow(message)
      expect(() => new BacktestRun(specOf(tape, {}, more))).toThrow(BacktestFault)
    }
  })

  it("can be taken step by step and comes to the same", () => {
    const tape = walkTape(3, 2000)
    const handlers: Script = {
      onQuote: (quote, ctx) => {
        if (ctx.state.seen++ % 50 === 0) ctx.buy(quote.instrument, { quantity: 1000 })
      }
    }
    const whole = runBacktest(specOf(tape, handlers))
    const run = new BacktestRun(specOf(tape, handlers))
    let steps = 0
    while (run.step(7)) steps += 1
    expect(steps).toBe(285)
    expect(run.progress).toEqual({ done: 2000, all: 2000 })
    expect(run.finish().hash).toBe(whole.hash)
    expect(whole.funnel.fills).toBeGreaterThan(5)
  })
})

describe("what a run is made of", () => {
  it("takes prints for quotes where the data hold none", () => {
    const builder = new TapeBuilder([btc])
    for (const [at, ticks] of [100_000, 100_010, 100_020].entries())
      builder.trade(btc, start + at * second, start + at * second, ticks, 4000, "buy", at)
    const result = runBacktest(
      specOf(builder.build(), {
        onTrade: (_trade, ctx) => {
          if (ctx.state.seen++ === 0) ctx.buy(btc, { quantity: 1000 })
        }
      })
    )
    expect(result.fills).toMatchObject([{ priceTicks: 100_010, lots: 1000, liquidity: "taker" }])
  })

  it("lets an order at the price of prints wait in its queue, too", () => {
    const builder = new TapeBuilder([btc])
    for (const [at, [ticks, lots]] of (
      [
        [100_000, 1000],
        [99_990, 500],
        [99_990, 300],
        [99_990, 400]
      ] as const
    ).entries())
      builder.trade(btc, start + at * second, start + at * second, ticks, lots, "sell", at)
    const result = runBacktest(
      specOf(builder.build(), {
        onTrade: (_trade, ctx) => {
          if (ctx.state.seen++ === 0) ctx.buy(btc, { quantity: 1000, price: 99_990, postOnly: false })
        }
      })
    )
    // The print of 500 that it meets takes it for a taker; the rest stands first.
    expect(result.fills.map(({ liquidity, lots }) => [lots, liquidity])).toEqual([
      [500, "taker"],
      [300, "maker"],
      [200, "maker"]
    ])
  })

  it("pays constant funding at full intervals, a long to a short", () => {
    const hour = 3600 * second
    const builder = new TapeBuilder([btc])
    const from = Math.ceil(start / (8 * hour)) * 8 * hour
    for (let at = 0; at < 20; at++) builder.quote(btc, from + at * hour, from + at * hour, 100_000, 9000, 100_000, 9000)
    const funding = { kind: "constant", rate: 0.001 } as const
    const handlers: Script = {
      onQuote: (_quote, ctx) => {
        if (ctx.state.seen++ === 0) ctx.buy(btc, { quantity: 1000 })
      }
    }
    const result = runBacktest(specOf(builder.build(), handlers, { funding }))
    // 0.01 BTC at 1,000 USDT, after 8 and after 16 hours.
    expect(result.costs.funding).toBeCloseTo(-0.02, 9)
    expect(result.trades[0]!.profit).toBeCloseTo(-0.02, 9)
    expect(result.equityEnd).toBeCloseTo(999_999.98, 6)
  })

  it("keeps accounts apart", () => {
    const buy: Script = {
      onQuote: (_quote, ctx) => {
        if (ctx.state.seen++ === 0) ctx.buy(btc, { quantity: 1000 })
      }
    }
    const accounts = [
      { id: "rich", balances: { USDT: "1000" } },
      { id: "poor", balances: { USDT: "1" } }
    ]
    const strategies = accounts.map(({ id }) => strategySpec(scripted(buy), { id: `of-${id}`, account: id }))
    const run = new BacktestRun(specOf(tapeOf([first, first, first]), {}, { accounts, strategies }))
    while (run.step(1));
    const result = run.finish()
    expect(result.fills.map(({ strategy }) => strategy)).toEqual(["of-rich"])
    expect(result.funnel.refusals).toEqual({ InsufficientBalance: 1 })
    expect([run.account("rich")!.lots(btc), run.account("poor")!.lots(btc)]).toEqual([1000, 0])
    expect(result.equityStart).toBe(1001)
  })

  it("samples equity at full intervals, as of the last event before", () => {
    const result = runBacktest(specOf(tapeOf(Array.from({ length: 10 }, () => first)), {}, { sampleUs: 4 * second }))
    expect(result.curve.timeUs.map((time) => (time - start) / second)).toEqual([0, 4, 8, 9])
  })
})
