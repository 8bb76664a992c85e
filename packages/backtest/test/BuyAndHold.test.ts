import { describe, expect, it } from "vitest"
import { runBacktest } from "../src/Backtest.ts"
import { strategySpec } from "../src/BacktestSpec.ts"
import { addCorporateActions, type CorporateAction, corporateActionsOf } from "../src/data/CorporateActions.ts"
import { readFactors } from "../src/data/FactorFile.ts"
import { TapeBuilder } from "../src/TapeBuilder.ts"
import { equitiesMissing, factorsOf, whySkippedEquities } from "./data/SharedData.ts"
import { scripted } from "./Fixtures.ts"
import { rawBarsOf, shareOf } from "./Shares.ts"

const shares = 1000

/** As it was paid: the factors' rounding, below a hundredth of a cent, taken out. */
const paid = (action: CorporateAction): CorporateAction =>
  action.type === "split" ? action : { ...action, amount: Math.round(action.amount * 1e4) / 1e4 }

const held = async (name: string) => {
  const instrument = shareOf(name)
  const bars = await rawBarsOf(name)
  const actions = corporateActionsOf(await readFactors(factorsOf(name)), bars.timeOpen).map(paid)
  const builder = new TapeBuilder([instrument.id])
  builder.addBars(bars, instrument)
  addCorporateActions(builder, instrument.id, actions)
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

const ticksOf = (price: number): number => Math.round(price * 1e4)

/** The same by hand: bought at the second day's open, dividends kept as cash, splits multiplying the shares. */
const byHand = ({ actions, bars }: Awaited<ReturnType<typeof held>>): number => {
  let [owned, cash] = [shares, -shares * ticksOf(bars.open[1]!)]
  for (const action of actions) {
    if (action.time <= bars.timeOpen[1]!) continue
    if (action.type === "split") owned *= action.ratio
    else cash += owned * action.amount * 1e4
  }
  return (cash + owned * ticksOf(bars.close.at(-1)!)) / 1e4
}

describe.skipIf(equitiesMissing)(`buy and hold, 1998 to 2021${whySkippedEquities}`, () => {
  it.each<[name: string, splits: number, dividends: number, profit: number]>([
    // Figures of a separate calculation over the same files.
    ["spy", 0, 94, 368263.5],
    ["aapl", 4, 35, 14250020]
  ])("%s earns what prices, dividends and splits make of it by hand", async (name, splits, dividends, profit) => {
    const run = await held(name)
    const { actions, bars, result } = run
    expect(bars.timeOpen).toHaveLength(5849)
    expect(actions.filter(({ type }) => type === "split")).toHaveLength(splits)
    expect(actions.filter(({ type }) => type === "dividend")).toHaveLength(dividends)
    expect(result.fills).toMatchObject([
      { priceTicks: ticksOf(bars.open[1]!), lots: shares, timeUs: bars.timeOpen[1]! }
    ])
    expect(result.equityEnd - result.equityStart).toBeCloseTo(byHand(run), 4)
    expect(result.equityEnd - result.equityStart).toBeCloseTo(profit, 4)
    expect(result.trades).toMatchObject([{ open: true, profit: expect.closeTo(profit, 4) }])
    expect(result.curve.equity).toHaveLength(5849)
  })
})
