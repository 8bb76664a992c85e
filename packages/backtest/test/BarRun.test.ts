import { describe, expect, it } from "vitest"
import { runBacktest } from "../src/Backtest.ts"
import { strategySpec } from "../src/BacktestSpec.ts"
import { TapeBuilder } from "../src/TapeBuilder.ts"
import { barTape, btc, type Context, day, eth, scripted, specOf, start } from "./Fixtures.ts"

const lots = 1000

/** Asks once, on the first bar. */
const once = (ask: (ctx: Context) => void) => ({
  onBar: (_bar: unknown, ctx: Context) => {
    if (ctx.state.seen++ === 0) ask(ctx)
  }
})

type Ohlc = readonly [open: number, high: number, low: number, close: number, lots?: number]

/** Fills of what is asked for on a first quiet bar, as it meets the bars that follow. */
const fillsOf = (ask: (ctx: Context) => void, bars: ReadonlyArray<Ohlc>, more: Parameters<typeof specOf>[2] = {}) => {
  const tape = barTape([[100_000, 100_000, 100_000, 100_000], ...bars])
  const loans = { BTC: "10" }
  const accounts = [{ balances: { USDT: "1000000" }, loans }]
  return runBacktest(specOf(tape, once(ask), { accounts, ...more }))
}

const pricesOf = (...given: Parameters<typeof fillsOf>): ReadonlyArray<number> =>
  fillsOf(...given).fills.map(({ priceTicks }) => priceTicks)

describe("a run over bars", () => {
  it("trades a market order of a bar's close at the next bar's open", () => {
    const result = fillsOf(
      (ctx) => ctx.buy(btc, { quantity: lots }),
      [
        [107_000, 108_000, 101_000, 102_000],
        [103_000, 104_000, 100_000, 101_000]
      ]
    )
    expect(result.fills).toMatchObject([{ priceTicks: 107_000, lots, timeUs: start + day, liquidity: "taker" }])
    const equity = [0, -0.5, -0.6].map((change) => expect.closeTo(1_000_000 + change, 6))
    expect(result.curve.equity).toEqual(equity)
    expect(result.trades).toMatchObject([{ open: true, profit: expect.closeTo(-0.6, 6) }])
    expect(result.funnel).toEqual({ events: 3, signals: 0, intents: 1, refusals: {}, orders: 1, fills: 1 })
  })

  it.each<[string, (ctx: Context) => void, ReadonlyArray<Ohlc>, ReadonlyArray<number>]>([
    [
      "a buy limit inside the bar at its price",
      (ctx) => ctx.buy(btc, { quantity: lots, price: 99_500 }),
      [[100_000, 101_000, 99_000, 100_500]],
      [99_500]
    ],
    [
      "a buy limit that the open is below at the open",
      (ctx) => ctx.buy(btc, { quantity: lots, price: 99_500 }),
      [[98_000, 99_000, 97_000, 98_500]],
      [98_000]
    ],
    [
      "no buy limit that the bar stays above",
      (ctx) => ctx.buy(btc, { quantity: lots, price: 99_500 }),
      [[100_000, 101_000, 99_501, 100_500]],
      []
    ],
    [
      "a sell stop inside the bar at its trigger",
      (ctx) => ctx.sell(btc, { quantity: lots, stop: 99_500 }),
      [[100_000, 101_000, 99_000, 100_500]],
      [99_500]
    ],
    [
      "a sell stop that the open is below at the open",
      (ctx) => ctx.sell(btc, { quantity: lots, stop: 99_500 }),
      [[98_000, 99_000, 97_000, 98_500]],
      [98_000]
    ],
    [
      "a buy stop inside the bar at its trigger",
      (ctx) => ctx.buy(btc, { quantity: lots, stop: 100_500 }),
      [[100_000, 101_000, 99_900, 100_600]],
      [100_500]
    ],
    [
      "a stop limit at its limit when the price comes back",
      (ctx) => ctx.buy(btc, { quantity: lots, stop: 100_500, price: 100_400 }),
      [[100_000, 101_000, 99_900, 100_300]],
      [100_400]
    ],
    // Low first: the entry at the open, then the stop at 99,000 before the profit at 102,000 was there.
    [
      "the nearer extreme first: the stop of a bracket",
      (ctx) => ctx.buy(btc, { quantity: lots, stopLoss: 99_000, takeProfit: 102_000 }),
      [[100_000, 103_000, 98_500, 101_000]],
      [100_000, 99_000]
    ],
    [
      "the nearer extreme first: the profit of a bracket",
      (ctx) => ctx.buy(btc, { quantity: lots, stopLoss: 99_000, takeProfit: 100_800 }),
      [[100_000, 101_000, 98_500, 101_000]],
      [100_000, 100_800]
    ],
    [
      "a trailing stop from the best price of the path",
      (ctx) => ctx.sell(btc, { quantity: lots, trailBy: 1000 }),
      [[100_000, 103_000, 99_500, 100_000]],
      [102_000]
    ],
    [
      "a bracket's stop after a gap at the open",
      (ctx) => ctx.buy(btc, { quantity: lots, stopLoss: 99_000 }),
      [
        [100_000, 100_500, 99_500, 100_000],
        [95_000, 96_000, 94_000, 95_500]
      ],
      [100_000, 95_000]
    ]
  ])("fills %s", (_, ask, bars, prices) => {
    expect(pricesOf(ask, bars)).toEqual(prices)
  })

  it("lets one fill of a group end the other", () => {
    const result = fillsOf(
      (ctx) => ctx.buy(btc, { quantity: lots, stopLoss: 99_000, takeProfit: 100_800 }),
      [[100_000, 101_000, 98_500, 101_000]]
    )
    expect(result.orders.map(({ status, type }) => [type, status])).toEqual([
      ["market", "filled"],
      ["limit", "filled"],
      ["stop", "canceled"]
    ])
    expect(result.trades).toMatchObject([{ open: false, side: "buy", priceEntry: 1000, priceExit: 1008 }])
  })

  it("takes no more of a bar than its share of the volume, and goes on in the next", () => {
    const result = fillsOf(
      (ctx) => ctx.buy(btc, { quantity: lots }),
      [
        [100_000, 100_000, 100_000, 100_000, 4000],
        [101_000, 101_000, 101_000, 101_000, 4000],
        [102_000, 102_000, 102_000, 102_000, 4000]
      ],
      { volumeShareMax: 0.1 }
    )
    expect(result.fills.map(({ lots, priceTicks }) => [priceTicks, lots])).toEqual([
      [100_000, 400],
      [101_000, 400],
      [102_000, 200]
    ])
  })

  it("worsens takers by the slippage, a limit never past its price, makers not at all", () => {
    const slippage = { kind: "basisPoints", bps: 10 } as const
    const bars = [[100_000, 101_000, 99_000, 100_000]] as const
    expect(pricesOf((ctx) => ctx.buy(btc, { quantity: lots }), bars, { slippage })).toEqual([100_100])
    expect(pricesOf((ctx) => ctx.sell(btc, { quantity: lots }), bars, { slippage })).toEqual([99_900])
    expect(pricesOf((ctx) => ctx.buy(btc, { quantity: lots, price: 100_050 }), bars, { slippage })).toEqual([100_050])
    expect(pricesOf((ctx) => ctx.buy(btc, { quantity: lots, price: 99_500 }), bars, { slippage })).toEqual([99_500])
    expect(pricesOf((ctx) => ctx.sell(btc, { quantity: lots, stop: 99_500 }), bars, { slippage })).toEqual([99_400])
  })

  it("needs prices beyond a limit where the queue model is conservative", () => {
    const buy = (ctx: Context) => ctx.buy(btc, { quantity: lots, price: 99_000 })
    const queue = { kind: "through" } as const
    expect(pricesOf(buy, [[100_000, 101_000, 99_000, 100_000]])).toEqual([99_000])
    expect(pricesOf(buy, [[100_000, 101_000, 99_000, 100_000]], { queue })).toEqual([])
    expect(pricesOf(buy, [[100_000, 101_000, 98_999, 100_000]], { queue })).toEqual([99_000])
  })

  it("does not let an order meet a bar of another instrument that opened before it was decided", () => {
    const builder = new TapeBuilder([btc, eth])
    for (let at = 1; at <= 3; at++)
      for (const id of [btc, eth])
        builder.bar(id, start + at * day, day, [100_000 + at, 100_000 + at, 100_000 + at, 100_000 + at], 1, 1)
    const definition = scripted(
      {
        onBar: (bar, ctx) => {
          if (bar.instrument === btc && ctx.state.seen++ === 1) ctx.buy(eth, { quantity: lots })
        }
      },
      { feeds: [btc, eth] }
    )
    const result = runBacktest(specOf(builder.build(), {}, { strategies: [strategySpec(definition)] }))
    // Decided on BTC's second bar, before ETH's second bar is on the tape, which has the same time: it must not meet it.
    expect(result.fills.map(({ priceTicks }) => priceTicks)).toEqual([100_003])
  })

  it("warms up on the bars before the range, and on its first ones where there are too few", () => {
    const bars = Array.from({ length: 6 }, () => [100_000, 100_000, 100_000, 100_000] as const)
    const seen: Array<boolean> = []
    const definition = scripted(
      {
        onBar: (_bar, ctx) => {
          seen.push(ctx.warmingUp)
          if (ctx.position(btc) === 0 && ctx.openOrders(btc).length === 0) ctx.buy(btc, { quantity: lots })
        }
      },
      { warmupBars: 3 }
    )
    const result = runBacktest(
      specOf(barTape(bars), {}, { strategies: [strategySpec(definition)], from: start + 3 * day })
    )
    expect(seen).toEqual([true, true, true, false, false, false])
    expect(result.orders.map(({ timeIntent }) => timeIntent)).toEqual([start + 4 * day])
  })

  it("takes a split into positions, open orders and prices, and pays a dividend to who holds", () => {
    const builder = new TapeBuilder([btc])
    const flat = (at: number, price: number) =>
      builder.bar(btc, start + at * day, day, [price, price, price, price], 1_000_000, 1)
    flat(1, 100_000)
    flat(2, 100_000)
    builder.dividend(btc, start + 2 * day, 20)
    builder.split(btc, start + 2 * day, 4)
    flat(3, 25_000)
    builder.bar(btc, start + 4 * day, day, [25_000, 25_000, 22_000, 24_000], 1_000_000, 1)
    const positions: Array<number> = []
    const result = runBacktest(
      specOf(
        builder.build(),
        {
          onBar: (_bar, ctx) => {
            positions.push(ctx.position(btc))
            if (ctx.state.seen++ !== 0) return
            ctx.buy(btc, { quantity: lots })
            ctx.buy(btc, { quantity: lots, price: 90_000 })
          }
        },
        { accounts: [{ balances: { USDT: "1000000" }, limits: { priceCollarBps: 5000 } }] }
      )
    )
    expect(positions).toEqual([0, 1000, 4000, 8000])
    expect(result.fills.map(({ lots, priceTicks }) => [priceTicks, lots])).toEqual([
      [100_000, 1000],
      [22_500, 4000]
    ])
    // 0.01 BTC held on the day before.
    expect(result.costs.dividends).toBeCloseTo(0.2, 9)
    const value = 0.08 * 240 - 0.01 * 1000 - 0.04 * 225 + 0.2
    expect(result.equityEnd).toBeCloseTo(1_000_000 + value, 6)
    expect(result.trades[0]!.profit).toBeCloseTo(value, 6)
  })

  it("lets a short pay the dividend", () => {
    const builder = new TapeBuilder([btc])
    for (let at = 1; at <= 3; at++) builder.bar(btc, start + at * day, day, [100_000, 100_000, 100_000, 100_000], 1, 1)
    builder.dividend(btc, start + 2 * day, 20)
    const accounts = [{ balances: { USDT: "1000000" }, loans: { BTC: "1" } }]
    const sell = once((ctx) => ctx.sell(btc, { quantity: lots }))
    const result = runBacktest(specOf(builder.build(), sell, { accounts }))
    expect(result.costs.dividends).toBeCloseTo(-0.2, 9)
    expect(result.equityStart).toBe(1_000_000)
    expect(result.equityEnd).toBeCloseTo(999_999.8, 6)
  })
})
