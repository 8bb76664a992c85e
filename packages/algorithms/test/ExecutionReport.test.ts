import type { MarketEvent } from "@outcry/model/MarketData"
import { existsSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { reportOf } from "../src/ExecutionReport.ts"
import { algorithmModule, algorithms } from "../src/Registry.ts"

const at = (timeUs: number) => ({
  instrument: "sim:BTC/USDT",
  feedEpoch: 1,
  seq: 1,
  timeVenue: timeUs,
  timeReceived: timeUs
})
const quote = (timeUs: number, bidTicks: number, askTicks: number): MarketEvent => ({
  type: "quote",
  ...at(timeUs),
  bidTicks,
  bidLots: 1,
  askTicks,
  askLots: 1
})
const trade = (timeUs: number, priceTicks: number, lots: number): MarketEvent => ({
  type: "trade",
  ...at(timeUs),
  priceTicks,
  lots,
  aggressor: "buy",
  venueTradeId: timeUs
})
const fill = (priceTicks: number, lots: number, liquidity: "maker" | "taker" = "taker") => ({
  instrument: "sim:BTC/USDT",
  orderSeq: 1,
  side: "buy" as const,
  priceTicks,
  lots,
  liquidity,
  timeVenue: 0
})

const market = [
  quote(0, 990, 1010),
  trade(50, 5000, 100),
  quote(150, 1090, 1110),
  trade(160, 1100, 30),
  quote(175, 0, 1110),
  trade(180, 1000, 10),
  trade(200, 1, 1000)
]
const run = { side: "buy" as const, quantityLots: 20, arrivalTicks: 1000, fromUs: 100, untilUs: 200, market }

describe("the report of a parent order", () => {
  it("compares the average with arrival, TWAP and VWAP of the time it worked", () => {
    const report = reportOf({ ...run, fills: [fill(1010, 5), fill(1050, 5, "maker")] })
    // 50 µs at 1000 and 25 µs at 1100; then a side was empty.
    const twap = (1000 * 50 + 1100 * 25) / 75
    expect(report).toMatchObject({ filledLots: 10, makerLots: 5, averageTicks: 1030, twapTicks: twap, vwapTicks: 1075 })
    expect(report).toMatchObject({ marketLots: 40, participation: 0.25, shortfallBps: 300 })
    expect(report.versusTwapBps).toBeCloseTo(((1030 - twap) / twap) * 10_000, 9)
    expect(report.versusVwapBps).toBeCloseTo(((1030 - 1075) / 1075) * 10_000, 9)
  })

  it("turns its signs round for a sale", () => {
    expect(reportOf({ ...run, side: "sell", fills: [fill(1010, 5)] }).shortfallBps).toBe(-100)
  })

  it("has no figures where nothing was filled or traded", () => {
    expect(reportOf({ ...run, fills: [], market: [] })).toMatchObject({
      averageTicks: undefined,
      twapTicks: undefined,
      vwapTicks: undefined,
      participation: undefined,
      shortfallBps: undefined
    })
  })
})

describe("the registry", () => {
  it("knows the module of each algorithm, and no other", () => {
    for (const name of algorithms) expect(existsSync(algorithmModule(name)!), name).toBe(true)
    expect(algorithmModule("toString")).toBeUndefined()
  })
})
