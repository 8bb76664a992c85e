/** What the examples that are signals do, on closes made for it; the declared one trades as the coded ones do. */
import type { StrategyDefinition } from "@outcry/model/Strategy"
import { parseDeclaration } from "@outcry/signals/DeclarationDocument"
import { declaredStrategy } from "@outcry/signals/DeclaredSignal"
import { btcUsdt, ethUsdt } from "@outcry/testkit/Instruments"
import { StrategyStage } from "@outcry/testkit/StrategyStage"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import rsiReversal from "./06-rsi-reversal.ts"
import bollingerBreakout from "./07-bollinger-breakout.ts"
import macdTrend from "./08-macd-trend.ts"

const [btc, eth] = [btcUsdt.id, ethUsdt.id]

/** Positions in lots after each close. */
const positions = <P, S>(
  definition: StrategyDefinition<P, S>,
  given: object,
  instrument: string,
  closes: ReadonlyArray<number>
): ReadonlyArray<number> => {
  const stage = new StrategyStage(definition, given, [btcUsdt, ethUsdt])
  return closes.map((close) => {
    stage.second(instrument, close)
    return stage.position(instrument)
  })
}

const run = (from: number, step: number, bars: number): ReadonlyArray<number> =>
  Array.from({ length: bars }, (_, bar) => from + step * (bar + 1))

describe("the RSI reversal", () => {
  it("buys when it comes back up out of oversold and is out when it is through the middle", () => {
    const closes = [...run(100_000, -100, 8), ...run(99_200, 100, 6)]
    const held = positions(rsiReversal, { period: 4, oversold: 30 }, btc, closes)
    const bought = held.indexOf(1000)
    // Nothing while it falls; RSI (4) is back above 30 on the second rise, above 50 on the third.
    expect(held.slice(0, 9)).toEqual(Array.from({ length: 9 }, () => 0))
    expect(bought).toBe(9)
    expect(held.slice(bought)).toEqual([1000, 0, 0, 0, 0])
  })

  it("sells short when it comes back down out of overbought", () => {
    const held = positions(rsiReversal, { period: 4, oversold: 30 }, btc, [
      ...run(100_000, 100, 8),
      ...run(100_800, -100, 6)
    ])
    expect(held.slice(8)).toEqual([0, -1000, 0, 0, 0, 0])
  })
})

describe("the Bollinger breakout", () => {
  const calm = [100, 101, 100, 99, 100, 101, 100, 99].map((each) => each * 1000)

  it("follows a close above the upper band until it is back at the middle", () => {
    const held = positions(bollingerBreakout, { period: 6 }, eth, [
      ...calm,
      104_000,
      105_000,
      105_500,
      101_000,
      101_000
    ])
    expect(held).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 2000, 2000, 2000, 0, 0])
  })

  it("does the opposite below the lower band", () => {
    const held = positions(bollingerBreakout, { period: 6 }, eth, [...calm, 96_000, 95_000, 99_900])
    expect(held.slice(8)).toEqual([-2000, -2000, 0])
  })

  it("stays out of a calm market", () => {
    expect(new Set(positions(bollingerBreakout, { period: 6 }, eth, [...calm, ...calm]))).toEqual(new Set([0]))
  })
})

describe("the MACD trend", () => {
  const faster = (side: number): ReadonlyArray<number> =>
    Array.from({ length: 40 }, (_, bar) => 100_000 + side * bar * bar * 10)

  it("is whole with a trend that gains speed, half with one that loses it", () => {
    const closes = [...faster(1), ...run(115_210, 20, 4)]
    const held = positions(macdTrend, {}, btc, closes)
    expect(held[39]).toBe(1000)
    expect(held.at(-1)).toBe(500)
  })

  it("is short in a falling market, and never against the trend", () => {
    const held = positions(macdTrend, {}, btc, faster(-1))
    expect(held.at(-1)).toBe(-1000)
    expect(Math.max(...held)).toBe(0)
  })

  it("refuses averages in the wrong order", () => {
    expect(() => positions(macdTrend, { fast: 9, slow: 9 }, btc, [])).toThrow(/fast must be below slow/)
  })
})

describe("the declared channel reversal", () => {
  const text = readFileSync(join(import.meta.dirname, "declared/channel-reversal.yaml"), "utf8")
  const strategy = declaredStrategy(parseDeclaration(text))
  const calm = [100, 101, 100, 99, 100, 101, 100, 99].map((each) => each * 1000)

  it("buys below the lower band, is out at the middle, and guards what it holds by a stop", () => {
    const stage = new StrategyStage(strategy, { period: 6, width: 1.5 }, [btcUsdt])
    for (const close of [...calm, 98_000]) stage.second(btc, close)
    expect(stage.look()).toEqual([`buy 1000 ${btc}`, `sell 1000 ${btc} stop 96530 exit`])
    stage.second(btc, 99_800)
    expect(stage.look()).toEqual(["cancel 2", `sell 1000 ${btc}`])
    expect([stage.position(btc), stage.open]).toEqual([0, 0])
  })

  it("is out by its stop within a bar, and does not come back while the signal is the same", () => {
    const stage = new StrategyStage(strategy, { period: 6, width: 1.5 }, [btcUsdt])
    for (const close of [...calm, 98_000]) stage.second(btc, close)
    stage.quote(btc, 96_500, 96_502)
    expect(stage.position(btc)).toBe(0)
    stage.look()
    stage.second(btc, 97_900)
    stage.second(btc, 97_800)
    expect(stage.look()).toEqual([])
  })
})
