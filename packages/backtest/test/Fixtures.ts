/** Small tapes and strategies that the tests of runs share. */
import type { Instrument } from "@outcry/model/Instrument"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { defineStrategy, type StrategyContext, type StrategyDefinition } from "@outcry/model/Strategy"
import { btcUsdt, ethUsdt } from "@outcry/testkit/Instruments"
import { Schema } from "effect"
import { type BacktestSpec, strategySpec } from "../src/BacktestSpec.ts"
import { type MarketTape } from "../src/MarketTape.ts"
import { TapeBuilder } from "../src/TapeBuilder.ts"

export const second = 1_000_000
export const day = 86_400 * second
export const start = 1_750_000_000 * second
export const btc = btcUsdt.id
export const eth = ethUsdt.id

export type Script = Partial<
  Pick<
    StrategyDefinition<Record<string, never>, { seen: number }>,
    "onStart" | "onQuote" | "onTrade" | "onBar" | "onFill" | "onOrder" | "onTimer" | "onGap"
  >
>

/** A strategy of these handlers over quotes, trades and daily bars of the instruments. */
export const scripted = (
  handlers: Script,
  options: {
    readonly name?: string
    readonly feeds?: ReadonlyArray<string>
    readonly barSeconds?: number
    readonly warmupBars?: number
  } = {}
) =>
  defineStrategy<Record<string, never>, { seen: number }>({
    name: options.name ?? "scripted",
    version: 1,
    parameters: Schema.Record(Schema.String, Schema.Never),
    state: Schema.Struct({ seen: Schema.Number }),
    feeds: () =>
      (options.feeds ?? [btc]).map((instrument) => ({
        instrument,
        quotes: true,
        trades: true,
        barSeconds: options.barSeconds ?? 86_400,
        ...(options.warmupBars === undefined ? {} : { warmupBars: options.warmupBars })
      })),
    initial: () => ({ seen: 0 }),
    ...handlers
  })

export type Context = StrategyContext<Record<string, never>, { seen: number }>

export const specOf = (tape: MarketTape, handlers: Script, more: Partial<BacktestSpec> = {}): BacktestSpec => ({
  tape,
  instruments: [btcUsdt, ethUsdt],
  strategies: [strategySpec(scripted(handlers))],
  accounts: [{ balances: { USDT: "1000000" } }],
  ...more
})

/** Daily bars of one instrument: open, high, low, close in ticks, and lots. */
export const barTape = (
  bars: ReadonlyArray<readonly [number, number, number, number, number?]>,
  instrument: Instrument = btcUsdt
): MarketTape => {
  const builder = new TapeBuilder([instrument.id])
  for (const [at, [open, high, low, close, lots = 1_000_000]] of bars.entries())
    builder.bar(instrument.id, start + (at + 1) * day, day, [open, high, low, close], lots, 1)
  return builder.build()
}

/** A random walk of quotes and trades of two instruments. */
export const walkTape = (seed: number, rows: number): MarketTape => {
  const random = new SeededRandom(seed)
  const builder = new TapeBuilder([btc, eth])
  const middle = new Map([
    [btc, 6_000_000],
    [eth, 300_000]
  ])
  let time = start
  for (let row = 0; row < rows; row++) {
    time += random.between(1, 200_000)
    const id = random.chance(0.5) ? btc : eth
    const ticks = middle.get(id)! + random.between(-40, 40)
    middle.set(id, ticks)
    if (random.chance(0.6))
      builder.quote(id, time, time, ticks - 5, random.between(100, 50_000), ticks + 5, random.between(100, 50_000))
    else {
      const aggressor = random.chance(0.5) ? ("buy" as const) : ("sell" as const)
      builder.trade(id, time, time, ticks + (aggressor === "buy" ? 5 : -5), random.between(100, 50_000), aggressor, row)
    }
  }
  return builder.build()
}
