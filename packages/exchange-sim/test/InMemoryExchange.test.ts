import * as Amount from "@outcry/model/Amount"
import { describe, expect, it } from "vitest"
import type { OrderRequest } from "../src/Filters.ts"
import { InMemoryExchange, type UserEvent } from "../src/InMemoryExchange.ts"

const startMs = 1_700_000_000_000
const accounts = [{ name: "alpha", apiKey: "key-of-alpha", secret: "s", balances: { USDT: "100000", BTC: "2" } }]

const order = (clientOrderId: string, more: Partial<OrderRequest>): OrderRequest => ({
  symbol: "BTCUSDT",
  side: "buy",
  type: "LIMIT",
  timeInForce: "GTC",
  price: undefined,
  quantity: "0.1",
  quoteOrderQty: undefined,
  clientOrderId,
  ...more
})

const made = (seed: number, instruments: 1 | 2 = 1) => {
  const events: Array<UserEvent> = []
  const exchange = new InMemoryExchange({
    seed,
    startMs,
    accounts,
    instruments,
    onEvent: (event) => events.push(event)
  })
  return { exchange, events }
}

/** Trades for half a minute in strides of so many milliseconds; all that can be seen of it. */
const story = (seed: number, strideMs: number): string => {
  const { events, exchange } = made(seed)
  const { bidTicks } = exchange.top("BTCUSDT")
  const price = (offset: number): string => Amount.format(BigInt(bidTicks + offset) * exchange.instruments[0]!.tick)
  exchange.place("alpha", order("rests", { price: price(-800) }))
  exchange.place("alpha", order("stop", { side: "sell", type: "STOP_LOSS", stopPrice: price(-600) }))
  exchange.place("alpha", order("trail", { side: "sell", type: "STOP_LOSS", trailingDelta: 10 }))
  const advance = (toMs: number): void => {
    for (let nowMs = exchange.nowMs; nowMs < toMs; nowMs = exchange.nowMs)
      exchange.advance(Math.min(toMs, nowMs + strideMs))
  }
  advance(startMs + 20_000)
  exchange.place("alpha", order("taker", { type: "MARKET" }))
  advance(startMs + 30_000)
  return JSON.stringify(
    [exchange.log, events, exchange.top("BTCUSDT"), exchange.balances("alpha")],
    (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)
  )
}

describe("the exchange in memory", () => {
  it("does the same under the same seed, in whatever strides time is advanced", () => {
    expect(story(3, 1)).toBe(story(3, 30_000))
    expect(story(3, 7)).toBe(story(3, 7))
    expect(story(3, 7)).not.toBe(story(4, 7))
  })

  it("moves prices and fills what rests and what waits", () => {
    const { events, exchange } = made(1, 2)
    const before = exchange.top("ETHUSDT")
    const stopPrice = Amount.format(BigInt(exchange.top("BTCUSDT").bidTicks - 300) * exchange.instruments[0]!.tick)
    exchange.place("alpha", order("stop", { side: "sell", type: "STOP_LOSS", stopPrice }))
    for (
      let second = 1;
      exchange.query("alpha", { symbol: "BTCUSDT", clientOrderId: "stop" })?.status === "NEW";
      second++
    )
      exchange.advance(startMs + second * 1_000)
    expect(exchange.top("ETHUSDT")).not.toEqual(before)
    expect(events.map(({ type }) => type)).toContain("execution")
    expect(exchange.myTrades("alpha", "BTCUSDT").length).toBeGreaterThan(0)
    expect(exchange.openOrders("alpha")).toEqual([])
    expect(exchange.log.map(({ type }) => type).slice(0, 2)).toEqual(["order", "fill"])
  })

  it("hands out copies that later events do not change", () => {
    const { exchange } = made(1)
    const placed = exchange.place("alpha", order("far", { price: "50000" }))
    const shown = exchange.openOrders("alpha")[0]!
    exchange.cancel("alpha", { symbol: "BTCUSDT", clientOrderId: "far" }, "cancel")
    expect([placed.status, shown.status]).toEqual(["NEW", "NEW"])
    expect(exchange.query("alpha", { symbol: "BTCUSDT", venueOrderId: placed.venueOrderId })?.status).toBe("CANCELED")
    expect(exchange.query("alpha", { symbol: "BTCUSDT", clientOrderId: "other" })).toBeUndefined()
    expect(() => exchange.cancel("alpha", { symbol: "BTCUSDT", clientOrderId: "far" }, "again")).toThrow(/-2011/)
  })

  it("takes an execution back once", () => {
    const { exchange } = made(1)
    const before = exchange.balances("alpha")
    exchange.place("alpha", order("taker", { type: "MARKET", quantity: "0.01" }))
    const trades = exchange.myTrades("alpha", "BTCUSDT")
    for (const { venueTradeId } of trades) expect(exchange.bust("BTCUSDT", venueTradeId)).toBe(true)
    expect(exchange.bust("BTCUSDT", trades[0]!.venueTradeId)).toBe(false)
    expect(exchange.balances("alpha")).toEqual(before)
  })
})
