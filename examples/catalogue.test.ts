/**
 * Every example strategy, on a seeded market and on years of a real one: it trades, keeps within what it was told, does the
 * same when it is run again, and the same when it goes on from its snapshot every so often.
 *
 * One row an example; what a back-test is to give for one belongs into its row.
 */
import { SeededRandom } from "@outcry/model/SeededRandom"
import type { StrategyDefinition } from "@outcry/model/Strategy"
import { parseDeclaration } from "@outcry/signals/DeclarationDocument"
import { declaredStrategy } from "@outcry/signals/DeclaredSignal"
import { areDailyBarsMissing, dailyTicks, whySkipped } from "@outcry/testkit/DailyBars"
import { btcUsdt, ethUsdt } from "@outcry/testkit/Instruments"
import { type StageBar, StrategyStage } from "@outcry/testkit/StrategyStage"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"

const [btc, eth] = [btcUsdt.id, ethUsdt.id]

interface Row {
  readonly file: string
  readonly parameters?: Readonly<Record<string, unknown>>
  /** The largest position it may take, in lots; of those that count in money on the prices of each market. */
  readonly lotsMax: number
  readonly lotsMaxRecorded?: number
  /** Begins each run by withdrawing its quotes: a restart shows. */
  readonly withdraws?: boolean
  /** Trades around prices that move within a day; days are not its market. */
  readonly quick?: boolean
}

const rows: ReadonlyArray<Row> = [
  { file: "01-moving-average-cross.ts", lotsMax: 1000 },
  { file: "02-market-maker.ts", lotsMax: 4000, withdraws: true, quick: true },
  { file: "03-pairs-spread.ts", lotsMax: 2300 },
  { file: "06-rsi-reversal.ts", lotsMax: 1000 },
  { file: "07-bollinger-breakout.ts", lotsMax: 2000 },
  { file: "08-macd-trend.ts", lotsMax: 1000 },
  { file: "09-grid.ts", lotsMax: 500 * (10 + 4), quick: true },
  { file: "10-dca.ts", parameters: { purchases: 50 }, lotsMax: 8500, lotsMaxRecorded: 6_500_000 },
  { file: "11-portfolio-rebalancer.ts", parameters: { band: 0.005 }, lotsMax: 6000, lotsMaxRecorded: 6_000_000 },
  { file: "12-signal-follower.ts", lotsMax: 1000 },
  { file: "13-average-cross.ts", lotsMax: 1000 },
  { file: "declared/channel-reversal.yaml", lotsMax: 1000 }
]

type AnyStrategy = StrategyDefinition<unknown, unknown>

const load = async (file: string): Promise<AnyStrategy> => {
  const path = join(import.meta.dirname, file)
  if (file.endsWith(".yaml")) return declaredStrategy(parseDeclaration(readFileSync(path, "utf8"))) as AnyStrategy
  const { default: definition } = (await import(path)) as { readonly default: AnyStrategy }
  return definition
}

/** A second of one instrument: touches, then the bar they make. */
interface Second {
  readonly instrument: string
  readonly middles: ReadonlyArray<number>
}

const walk = (seed: number, seconds: number): ReadonlyArray<Second> => {
  const random = new SeededRandom(seed)
  const middles = new Map([
    [btc, 6_000_000],
    [eth, 300_000]
  ])
  return Array.from({ length: seconds }, () => [btc, eth])
    .flat()
    .map((instrument) => {
      const path = Array.from({ length: 3 }, () => {
        const middle = middles.get(instrument)!
        const next = Math.round(middle * (1 + 0.0006 * random.normal()))
        middles.set(instrument, next)
        return next
      })
      return { instrument, middles: path }
    })
}

/** Two stocks, a day a second, prices in cents. */
const recorded = (first: string, second: string): ReadonlyArray<Second> => {
  const [a, b] = [dailyTicks(first), dailyTicks(second)]
  const days = Math.min(a.length, b.length)
  const cents = (bars: ReadonlyArray<StageBar>, day: number, instrument: string): Second => {
    const { closeTicks, highTicks, lowTicks, openTicks } = bars[bars.length - days + day]!
    const middles = [openTicks, lowTicks, highTicks, closeTicks].map((ticks) => Math.round(ticks / 100))
    return { instrument, middles }
  }
  return Array.from({ length: days }, (_, day) => [cents(a, day, btc), cents(b, day, eth)]).flat()
}

const play = (definition: AnyStrategy, row: Row, market: ReadonlyArray<Second>, restartEvery = 0) => {
  const stage = new StrategyStage(definition, row.parameters ?? {}, [btcUsdt, ethUsdt])
  let largest = 0
  market.forEach(({ instrument, middles }, at) => {
    if (restartEvery > 0 && at % restartEvery === restartEvery - 1) stage.restart()
    for (const middle of middles) {
      stage.advance(0.5 / middles.length)
      stage.quote(instrument, middle - 1, middle + 1)
      stage.book(instrument, middle - 1, middle + 1)
    }
    const [openTicks = 0] = middles
    const closeTicks = middles.at(-1) ?? 0
    const [highTicks, lowTicks] = [Math.max(...middles), Math.min(...middles)]
    stage.bar(instrument, { openTicks, highTicks, lowTicks, closeTicks, lots: 100 })
    // Summing every fill each time would take as long as all the rest.
    if (at % 50 === 0) largest = Math.max(largest, Math.abs(stage.position(instrument)))
  })
  return { asked: stage.asked, fills: stage.fills.length, largest }
}

describe.each(rows)("$file", (row) => {
  it("trades on a seeded market, within its bounds, and the same through restarts", async () => {
    const definition = await load(row.file)
    const market = walk(7, 900)
    const { asked, fills, largest } = play(definition, row, market)
    expect(fills).toBeGreaterThan(4)
    expect(largest).toBeLessThanOrEqual(row.lotsMax)
    expect(play(definition, row, market).asked).toEqual(asked)
    if (row.withdraws !== true) expect(play(definition, row, market, 173).asked).toEqual(asked)
  })

  if (row.quick === true) return
  it.skipIf(areDailyBarsMissing)(`trades on years of SPY and QQQ${whySkipped}`, async () => {
    const definition = await load(row.file)
    const { fills, largest } = play(definition, row, recorded("spy", "qqq"))
    expect(fills).toBeGreaterThan(4)
    expect(largest).toBeLessThanOrEqual(row.lotsMaxRecorded ?? row.lotsMax)
  })
})

it("holds every example that is a strategy", () => {
  const found = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
    .filter((file) => /^(?:\d\d-.*\.ts|declared\/.*\.yaml)$/.test(file))
    .toSorted()
  // A client, and a parent order that is done after a minute.
  const others = ["04-websocket-client.ts", "05-twap.ts"]
  expect(found).toEqual([...rows.map(({ file }) => file), ...others].toSorted())
})
