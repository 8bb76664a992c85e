import { listings } from "@outcry/exchange-sim/Listings"
import type { HeldRecording } from "@outcry/exchange-sim/HeldMarket"
import type { RecordedStep } from "@outcry/matching/RecordedStep"
import * as Limits from "@outcry/model/Limits"
import { defineStrategy, type StrategyContext, type StrategyDefinition } from "@outcry/model/Strategy"
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { RecordedRun } from "../src/RecordedRun.ts"

const { instrument } = listings[0]!
const { id } = instrument
const baseUs = 1_723_161_250_000_000
const at = (ms: number): number => baseUs + ms * 1_000

/** The book: bids 60000.00 (0.1), asks 60000.10 (0.08); ticks of 0.01, lots of 0.00001. */
const snapshot: RecordedStep = {
  type: "snapshot",
  updateId: 10,
  bids: [6_000_000, 10_000, 5_999_990, 20_000],
  asks: [6_000_010, 8_000, 6_000_020, 30_000]
}

const print = (aggressor: "buy" | "sell", priceTicks: number, lots: number): RecordedStep => ({
  type: "trade",
  priceTicks,
  lots,
  buyerIsMaker: aggressor === "sell",
  venueUs: 0
})

const recordingOf = (...steps: ReadonlyArray<readonly [ms: number, step: RecordedStep]>): HeldRecording => ({
  instrument,
  startUs: at(0),
  beginsWithSnapshot: true,
  steps: [[0, snapshot] as const, ...steps].map(([ms, step]) => ({ step, timeUs: at(ms), round: 0 }))
})

type Handlers = Partial<Pick<StrategyDefinition<unknown, unknown>, "onStart" | "onTrade" | "onFill" | "onTimer">>

const run = (recording: HeldRecording, handlers: Handlers, account = "a", feed = id) => {
  const definition = defineStrategy<unknown, unknown>({
    name: "s",
    version: 1,
    parameters: Schema.Unknown,
    state: Schema.Unknown,
    feeds: () => [{ instrument: feed, quotes: true, trades: true, book: true }],
    initial: () => ({}),
    ...handlers
  })
  return new RecordedRun({
    recordings: [recording],
    accounts: [{ name: "a", balances: { USDT: "100000", BTC: "1" }, limits: Limits.defaults }],
    strategies: [{ name: "s", definition, parameters: {}, account, seed: 1 }]
  }).run()
}

type Context = StrategyContext<unknown, unknown>

describe("RecordedRun", () => {
  it("trades a market order with the recorded book, at the time of the event it was decided on", () => {
    const result = run(recordingOf([50, print("buy", 6_000_010, 10)], [90, print("buy", 6_000_010, 5)]), {
      onTrade: ({ lots }, ctx) => {
        if (lots === 10) ctx.buy(id, { quantity: "0.001" })
      }
    })
    expect(result.orders).toMatchObject([
      { orderSeq: 1, side: "buy", type: "market", lots: 100, filledLots: 100, status: "filled", timeIntent: at(50) }
    ])
    expect(result.fills).toMatchObject([{ orderSeq: 1, priceTicks: 6_000_010, lots: 100, liquidity: "taker" }])
    expect([result.from, result.to]).toEqual([at(0), at(90)])
  })

  it("fills a post-only order behind its recorded queue, and knows the fill before the print that made it", () => {
    const seen: Array<string> = []
    const result = run(recordingOf([50, print("sell", 6_000_000, 9_000)], [60, print("sell", 6_000_000, 1_040)]), {
      onStart: (ctx) => void ctx.buy(id, { price: "60000.00", quantity: "0.001", postOnly: true }),
      onTrade: ({ lots }, ctx) => seen.push(`print ${lots}, holds ${ctx.position(id)}`),
      onFill: ({ lots }, ctx) => seen.push(`fill ${lots}, holds ${ctx.position(id)}`)
    })
    expect(result.fills).toMatchObject([{ liquidity: "maker", lots: 40, timeUs: at(60) }])
    // Of the last print our part stands apart, as the exchange prints it.
    expect(seen).toEqual(["print 9000, holds 0", "fill 40, holds 40", "print 40, holds 40", "print 1000, holds 40"])
    expect(result.orders).toMatchObject([{ status: "working", filledLots: 40, timeEnd: at(60) }])
  })

  it("fires timers at their own time, between two frames, and refuses as the venue does", () => {
    const times: Array<number> = []
    const result = run(recordingOf([500, print("buy", 6_000_010, 1)]), {
      onStart: (ctx) => ctx.timer("soon", 123),
      onTimer: (_, ctx) => {
        times.push(ctx.now)
        ctx.sell(id, { price: "60000.00", quantity: "0.001", postOnly: true })
      }
    })
    expect(times).toEqual([at(123)])
    expect(result.orders).toMatchObject([{ status: "rejected", reason: expect.stringContaining("-2010") }])
  })

  it("holds an exit back until its price is there", () => {
    const result = run(
      recordingOf(
        [50, print("buy", 6_000_010, 1)],
        [60, { type: "ticker", updateId: 20, bidTicks: 5_999_000, bidLots: 500, askTicks: 6_000_010, askLots: 8_000 }]
      ),
      {
        onTrade: ({ lots }, ctx) => {
          if (lots === 1) ctx.buy(id, { quantity: "0.001", stopLoss: "59995.00", takeProfit: "60100.00" })
        }
      }
    )
    expect(result.orders.map(({ filledLots, status, type }) => [type, status, filledLots])).toEqual([
      ["market", "filled", 100],
      ["limit", "canceled", 0],
      ["stop", "filled", 100]
    ])
    expect(result.fills.map(({ priceTicks, side }) => [side, priceTicks])).toEqual([
      ["buy", 6_000_010],
      ["sell", 5_999_000]
    ])
  })

  it("is the same every time, chance included", () => {
    const chancy: Handlers = {
      onTrade: (_, ctx: Context) => {
        if (ctx.random() < 0.5) ctx.buy(id, { quantity: "0.001" })
      }
    }
    const prints = Array.from({ length: 40 }, (_, n) => [10 + n, print("buy", 6_000_010, 1)] as const)
    const [one, other] = [run(recordingOf(...prints), chancy), run(recordingOf(...prints), chancy)]
    expect(one.orders.length).toBeGreaterThan(5)
    expect(other.hash).toBe(one.hash)
    expect(run(recordingOf(...prints.slice(1)), chancy).hash).not.toBe(one.hash)
  })

  it("says which account or instrument of a strategy is not there", () => {
    expect(() => run(recordingOf(), {}, "b")).toThrow(/Strategy s names account b: list it/)
    expect(() => run(recordingOf(), {}, "a", "sim:X/USDT")).toThrow(
      /Strategy s declares sim:X\/USDT: give its recording/
    )
  })
})
