import { make } from "@outcry/model/Instrument"
import { describe, expect, it } from "vitest"
import {
  accountTrade,
  executionReport,
  MalformedReport,
  orderReply,
  type RoundedExecution
} from "../src/ccxt/VenueReport.ts"

const btc = make({
  venue: "sim",
  symbol: "BTC/USDT",
  base: "BTC",
  quote: "USDT",
  version: 1,
  tickSize: "0.01",
  lotSize: "0.00001",
  minQuantity: "0.00001",
  maxQuantity: "9000",
  minNotional: "5",
  maxNotional: "9000000"
})
const known = {
  find: (symbol: string) => (symbol === "BTCUSDT" ? btc : undefined),
  rounded: () => undefined
}

const reply = (over: object) =>
  orderReply(
    {
      symbol: "BTCUSDT",
      orderId: 7,
      clientOrderId: "mine",
      price: "0.00000000",
      origQty: "0.01000000",
      executedQty: "0.00000000",
      cummulativeQuoteQty: "0.00000000",
      status: "NEW",
      type: "LIMIT",
      side: "SELL",
      time: 5,
      ...over
    },
    known
  )

const pushed = (over: object) =>
  executionReport(
    {
      e: "executionReport",
      s: "BTCUSDT",
      c: "mine",
      C: "",
      S: "SELL",
      o: "STOP_LOSS_LIMIT",
      f: "GTC",
      q: "0.01000000",
      p: "49000.00000000",
      P: "50000.00000000",
      x: "NEW",
      X: "NEW",
      i: 7,
      l: "0.00000000",
      z: "0.00000000",
      L: "0.00000000",
      n: "0",
      N: null,
      T: 5,
      t: -1,
      m: false,
      Z: "0.00000000",
      ...over
    },
    known
  )

const ownTrade = {
  symbol: "BTCUSDT",
  id: 9,
  orderId: 7,
  price: "49990.01",
  qty: "0.01",
  commission: "0",
  commissionAsset: "USDT",
  time: 5,
  isBuyer: true,
  isMaker: false
}

const orderOf = (report: { readonly order: unknown } | MalformedReport) => {
  if (report instanceof MalformedReport) throw report
  return report.order
}

describe("VenueReport", () => {
  it.each([
    [
      { type: "LIMIT", price: "49000" },
      { type: "limit", priceTicks: 4_900_000, triggerTicks: 0 }
    ],
    [
      { type: "LIMIT_MAKER", price: "49000" },
      { type: "limit", priceTicks: 4_900_000, triggerTicks: 0 }
    ],
    [{ type: "MARKET" }, { type: "market", priceTicks: 0, triggerTicks: 0 }],
    [
      { type: "STOP_LOSS", stopPrice: "50000.00" },
      { type: "stop", priceTicks: 0, triggerTicks: 5_000_000 }
    ],
    [
      { type: "STOP_LOSS_LIMIT", stopPrice: "50000.00", price: "49000" },
      { type: "stopLimit", priceTicks: 4_900_000, triggerTicks: 5_000_000 }
    ],
    [
      { type: "TAKE_PROFIT", stopPrice: "50000.00" },
      { type: "takeProfit", triggerTicks: 5_000_000 }
    ],
    [{ type: "TAKE_PROFIT_LIMIT", stopPrice: "50000.00", price: "49000" }, { type: "takeProfitLimit" }],
    [
      { type: "STOP_LOSS", trailingDelta: 125, stopPrice: "0.00" },
      { type: "trailingStop", triggerTicks: 0 }
    ]
  ])("reads %o", (given, expected) => {
    expect(orderOf(reply(given))).toMatchObject(expected)
  })

  it.each([
    ["0.00003", "1.5", 5_000_000],
    ["0.00003", "1.50000011", 5_000_000],
    ["0.00003", "1.50000015", 5_000_001],
    ["0.00003", "-1", 0],
    ["0.00000", "0", 0]
  ])("averages %s for %s to the nearest tick", (executedQty, cummulativeQuoteQty, averageTicks) => {
    expect(orderOf(reply({ executedQty, cummulativeQuoteQty }))).toMatchObject({ averageTicks })
  })

  it.each([
    ["a stop that is accepted", {}, "open", undefined],
    ["a stop that is triggered", { x: "NEW", w: true }, "open", undefined],
    ["a stop that expires", { x: "EXPIRED", X: "EXPIRED" }, "expired", undefined],
    [
      "a stop that is canceled",
      { x: "CANCELED", X: "CANCELED", c: "cancel-of-mine", C: "mine" },
      "canceled",
      undefined
    ],
    [
      "one that would have traded with ourselves",
      { x: "TRADE_PREVENTION", X: "EXPIRED_IN_MATCH", v: 3, A: "0.01", B: "0.01" },
      "expired",
      undefined
    ],
    [
      "one of which a part would have",
      { x: "TRADE_PREVENTION", X: "PARTIALLY_FILLED", z: "0.004", Z: "200" },
      "open",
      undefined
    ],
    [
      "a fill of a triggered stop",
      { x: "TRADE", X: "FILLED", l: "0.01", z: "0.01", L: "49990.00", Z: "499.9", t: 9, n: "0.5", N: "USDT" },
      "filled",
      4_999_000
    ]
  ])("reads the push of %s", (_name, given, status, fillTicks) => {
    const report = pushed(given)
    expect(orderOf(report)).toMatchObject({ clientOrderId: "mine", type: "stopLimit", triggerTicks: 5_000_000, status })
    expect(report instanceof MalformedReport ? report : report.fill?.priceTicks).toBe(fillTicks)
  })

  it("reads the push of a trailing stop", () => {
    expect(orderOf(pushed({ o: "STOP_LOSS", p: "0.00", P: "0.00", d: 125 }))).toMatchObject({ type: "trailingStop" })
  })

  it("rounds the price of an execution between two ticks against us, and says so", () => {
    const told: Array<string> = []
    const tell = {
      ...known,
      rounded: ({ price, priceTicks, venueTradeId }: RoundedExecution) =>
        void told.push(`${venueTradeId} ${price} ${priceTicks}`)
    }
    const read = (over: object) => accountTrade({ ...ownTrade, price: "49990.011", ...over }, tell)
    expect(read({})).toMatchObject({ priceTicks: 4_999_002 })
    expect(read({ id: 10, isBuyer: false })).toMatchObject({ priceTicks: 4_999_001 })
    expect(read({ id: 11, price: "49990.010" })).toMatchObject({ priceTicks: 4_999_001 })
    expect(told).toEqual(["9 49990.011 4999002", "10 49990.011 4999001"])
    const push = pushed({ x: "TRADE", X: "FILLED", l: "0.01", z: "0.01", L: "49990.019", Z: "499.9", t: 9 })
    expect(push).toMatchObject({ fill: { side: "sell", priceTicks: 4_999_001 } })
    const fill = { price: "49990.001", qty: "0.01", commission: "0", commissionAsset: "USDT", tradeId: 9 }
    expect(reply({ side: "BUY", fills: [fill] })).toMatchObject({ fills: [{ priceTicks: 4_999_001 }] })
  })

  it.each([
    ["a quantity between two lots", { qty: "0.000001" }],
    ["a price that is none", { price: "many" }],
    ["a price below the first tick", { price: "0.001", isBuyer: false }]
  ])("refuses a trade with %s", (_name, over) => {
    expect(accountTrade({ ...ownTrade, ...over }, known)).toBeInstanceOf(MalformedReport)
  })

  it.each([
    ["a type nobody knows", { type: "GRAVITY" }],
    ["a stop price between two ticks", { type: "STOP_LOSS", stopPrice: "50000.001" }],
    ["a quote quantity that is none", { executedQty: "0.001", cummulativeQuoteQty: "many" }],
    ["another symbol", { symbol: "ETHUSDT" }]
  ])("refuses %s", (_name, given) => {
    expect(reply(given)).toBeInstanceOf(MalformedReport)
  })
})
