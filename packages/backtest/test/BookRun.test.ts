import { describe, expect, it } from "vitest"
import { runBacktest } from "../src/Backtest.ts"
import { strategySpec } from "../src/BacktestSpec.ts"
import { TapeBuilder } from "../src/TapeBuilder.ts"
import { btc, type Context, scripted, second, specOf, start } from "./Fixtures.ts"

type Row =
  | readonly ["delta", bids: ReadonlyArray<number>, asks: ReadonlyArray<number>]
  | readonly ["trade", priceTicks: number, lots: number, aggressor: "buy" | "sell"]

const asks = [100_000, 1000, 100_003, 2000, 100_010, 5000]
const bids = [99_990, 1000, 99_980, 2000]

/** What is asked for when the timer fires at half a second, after the snapshot, on the rows of each second that follows. */
const fillsOf = (ask: (ctx: Context) => void, rows: ReadonlyArray<Row>) => {
  const builder = new TapeBuilder([btc])
  builder.delta(btc, start, start, bids, asks, true)
  for (const [at, row] of rows.entries()) {
    const time = start + (at + 1) * second
    if (row[0] === "delta") builder.delta(btc, time, time, row[1], row[2], false)
    else builder.trade(btc, time, time, row[1], row[2], row[3], at)
  }
  const definition = scripted({ onStart: (ctx) => ctx.timer("ask", 500), onTimer: (_name, ctx) => ask(ctx) })
  const result = runBacktest(specOf(builder.build(), {}, { strategies: [strategySpec(definition)] }))
  return result.fills.map(({ liquidity, lots, priceTicks }) => [priceTicks, lots, liquidity])
}

const quiet: Row = ["delta", [], []]

describe("a run over a book", () => {
  it("walks the levels with a taker, from the first delta after the decision", () => {
    const buy = (ctx: Context) => ctx.buy(btc, { quantity: 4000 })
    expect(fillsOf(buy, [])).toEqual([])
    expect(fillsOf(buy, [["delta", [], [100_000, 500]]])).toEqual([
      [100_000, 500, "taker"],
      [100_003, 2000, "taker"],
      [100_010, 1500, "taker"]
    ])
  })

  it("stops at a limit's price and rests with what is left", () => {
    const buy = (ctx: Context) => ctx.buy(btc, { quantity: 4000, price: 100_003 })
    expect(fillsOf(buy, [quiet, ["trade", 100_003, 700, "sell"]])).toEqual([
      [100_000, 1000, "taker"],
      [100_003, 2000, "taker"],
      [100_003, 700, "maker"]
    ])
  })

  it("waits behind the lots of its level, which may also go by themselves", () => {
    const buy = (ctx: Context) => ctx.buy(btc, { quantity: 1000, price: 99_980 })
    expect(fillsOf(buy, [quiet, ["trade", 99_980, 1900, "sell"]])).toEqual([])
    expect(fillsOf(buy, [quiet, ["trade", 99_980, 1900, "sell"], ["trade", 99_980, 400, "sell"]])).toEqual([
      [99_980, 300, "maker"]
    ])
    expect(fillsOf(buy, [quiet, ["delta", [99_980, 100], []], ["trade", 99_980, 400, "sell"]])).toEqual([
      [99_980, 300, "maker"]
    ])
  })

  it("is filled by a book that comes to cross it", () => {
    const buy = (ctx: Context) => ctx.buy(btc, { quantity: 1000, price: 99_995 })
    expect(fillsOf(buy, [quiet, ["delta", [], [99_995, 400]]])).toEqual([[99_995, 400, "maker"]])
  })
})
