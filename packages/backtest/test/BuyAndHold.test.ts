import { describe, expect, it } from "vitest"
import { runBacktest } from "../src/Backtest.ts"
import { strategySpec } from "../src/BacktestSpec.ts"
import { TapeBuilder } from "../src/TapeBuilder.ts"
import { actionsOf, areSharesMissing, barsOf, dayUs, shareOf, whySkipped } from "./DailyShares.ts"
import { scripted } from "./Fixtures.ts"

const shares = 1000

const held = (name: string) => {
  const instrument = shareOf(name)
  const bars = barsOf(name)
  const actions = actionsOf(name, bars)
  const builder = new TapeBuilder([instrument.id])
  for (const { ohlc, time, volume } of bars) builder.bar(instrument.id, time + dayUs, dayUs, ohlc, volume, 0)
  // An action takes effect before the first trade of its day, which is after the close of the day before it.
  for (const { kind, time, value } of actions) builder[kind](instrument.id, time, value)
  const definition = scripted(
    {
      onBar: (_bar, ctx) => {
        if (ctx.state.seen++ === 0) ctx.buy(instrument.id, { quantity: shares })
      }
    },
    { feeds: [instrument.id] }
  )
  const result = runBacktest({
    tape: builder.build(),
    instruments: [instrument],
    strategies: [strategySpec(definition)],
    accounts: [{ balances: { USD: "1000000" } }]
  })
  return { actions, bars, result }
}

/** The same by hand: bought at the second day's open, dividends kept as cash, splits multiplying the shares. */
const byHand = ({ actions, bars }: ReturnType<typeof held>): number => {
  let [owned, cash] = [shares, -shares * bars[1]!.ohlc[0]]
  for (const { kind, time, value } of actions) {
    if (time <= bars[1]!.time) continue
    if (kind === "split") owned *= value
    else cash += owned * value * 1e4
  }
  return (cash + owned * bars.at(-1)!.ohlc[3]) / 1e4
}

describe.skipIf(areSharesMissing)(`buy and hold, 1998 to 2021${whySkipped}`, () => {
  it.each<[name: string, splits: number, dividends: number, profit: number]>([
    // Figures of a separate calculation over the same files.
    ["spy", 0, 94, 368263.5],
    ["aapl", 4, 35, 14250020]
  ])("%s earns what prices, dividends and splits make of it by hand", (name, splits, dividends, profit) => {
    const run = held(name)
    const { actions, bars, result } = run
    expect(bars).toHaveLength(5849)
    expect(actions.filter(({ kind }) => kind === "split")).toHaveLength(splits)
    expect(actions.filter(({ kind }) => kind === "dividend")).toHaveLength(dividends)
    expect(result.fills).toMatchObject([{ priceTicks: bars[1]!.ohlc[0], lots: shares, timeUs: bars[1]!.time }])
    expect(result.equityEnd - result.equityStart).toBeCloseTo(byHand(run), 4)
    expect(result.equityEnd - result.equityStart).toBeCloseTo(profit, 4)
    expect(result.trades).toMatchObject([{ open: true, profit: expect.closeTo(profit, 4) }])
    expect(result.curve.equity).toHaveLength(5849)
  })
})
