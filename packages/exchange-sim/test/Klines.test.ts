import { describe, expect, it } from "vitest"
import { type Candle, type Interval, Klines, openOf } from "../src/Klines.ts"
import { btcUsdt } from "./TestExchange.ts"

const startMs = 1_700_000_040_000
const print = (tradeId: number, timeMs: number, priceTicks: number, lots = 100, buyerIsMaker = false) => ({
  tradeId,
  timeMs,
  priceTicks,
  lots,
  buyerIsMaker
})

const make = () => {
  const closed: Array<{ readonly interval: Interval; readonly candle: Candle }> = []
  const klines = new Klines(btcUsdt, (interval, candle) => closed.push({ interval, candle }))
  return { klines, closed }
}

describe("candles", () => {
  it("hold open, high, low, close, volumes and ids of their trades", () => {
    const { klines } = make()
    klines.add(print(1, startMs + 100, 500))
    klines.add(print(2, startMs + 200, 700, 50, true))
    klines.add(print(3, startMs + 59_999, 400))
    expect(klines.last("1m")).toEqual({
      openMs: startMs,
      openTicks: 500,
      highTicks: 700,
      lowTicks: 400,
      closeTicks: 400,
      lots: 250,
      quote: (500n * 100n + 700n * 50n + 400n * 100n) * btcUsdt.tickLot,
      trades: 3,
      takerLots: 200,
      takerQuote: (500n * 100n + 400n * 100n) * btcUsdt.tickLot,
      firstTradeId: 1,
      lastTradeId: 3
    })
  })

  it("repeat the last close where nothing was traded, and open with the next trade", () => {
    const { closed, klines } = make()
    klines.add(print(1, startMs, 500))
    klines.advance(startMs + 3_000)
    expect(klines.query("1s", 10, undefined, undefined).map(({ closeTicks, trades }) => [closeTicks, trades])).toEqual([
      [500, 1],
      [500, 0],
      [500, 0],
      [500, 0]
    ])
    expect(closed.filter(({ interval }) => interval === "1s").length).toBe(3)
    klines.add(print(2, startMs + 3_500, 900))
    expect(klines.last("1s")).toMatchObject({ openTicks: 900, lowTicks: 900, highTicks: 900, trades: 1 })
  })

  it("open at multiples of their interval, weeks on Monday", () => {
    const wednesday = Date.UTC(2024, 7, 7, 13, 37, 42, 1)
    expect(openOf("5m", wednesday)).toBe(Date.UTC(2024, 7, 7, 13, 35))
    expect(openOf("1d", wednesday)).toBe(Date.UTC(2024, 7, 7))
    expect(openOf("1w", wednesday)).toBe(Date.UTC(2024, 7, 5))
  })

  it("stay bounded over a year of silence", () => {
    const { closed, klines } = make()
    klines.add(print(1, startMs, 500))
    klines.advance(startMs + 365 * 86_400_000)
    expect(closed.length).toBeLessThan(80_000)
    expect(klines.last("1s")!.openMs).toBe(startMs + 365 * 86_400_000)
    expect(klines.query("1s", 1_000_000, undefined, undefined).length).toBeLessThanOrEqual(10_000)
  })
})
