/** Statement, tax lots, results, equity, exposure and costs on journals small enough to be checked by hand. */
import { btcUsdt, btcUsdtSpec, ethUsdtSpec } from "@outcry/testkit/Instruments"
import { describe, expect, it } from "vitest"
import { type Books, emptyBooks, post } from "../../src/accounting/Books.ts"
import { costsOf } from "../../src/accounting/CostAnalysis.ts"
import { dustBalances, dustOf, exposureOf } from "../../src/accounting/Exposure.ts"
import { type PriceSource, resultsOf } from "../../src/accounting/ProfitAndLoss.ts"
import { convert, equityOf, rateOf, ratesOf } from "../../src/accounting/Rates.ts"
import { statementOf } from "../../src/accounting/Statement.ts"
import { taxLotsCsv } from "../../src/accounting/TaxExport.ts"
import type { AccountEvent } from "../../src/AccountEvent.ts"
import * as Amount from "../../src/Amount.ts"
import { bustOf, filled, intended, second, startUs } from "./BooksFlow.ts"

const amount = Amount.from
const dayUs = 86_400 * second
const btc = btcUsdt.id

const listed: ReadonlyArray<AccountEvent> = [
  { type: "InstrumentListed", spec: btcUsdtSpec },
  { type: "InstrumentListed", spec: ethUsdtSpec }
]

const booksOf = (events: ReadonlyArray<AccountEvent>): Books => {
  const books = emptyBooks("alpha")
  for (const event of [...listed, ...events]) post(books, event)
  return books
}

/** 0.001 BTC at whole USDT. */
const fill = (id: number, side: "buy" | "sell", price: number, over: Parameters<typeof filled>[0] = {}) =>
  filled({
    venueTradeId: String(id),
    side,
    priceTicks: price * 100,
    lots: 100,
    timeVenue: startUs + id * dayUs,
    ...over
  })

const noPrices: PriceSource = () => undefined
/** One BNB is 600 USDT. */
const bnbPrices: PriceSource = (of, from, to) => (from === "BNB" && to === "USDT" ? of * 600n : undefined)

describe("profit and loss", () => {
  const trades = [fill(1, "buy", 50_000), fill(2, "buy", 60_000), fill(3, "sell", 58_000)]

  it("differs by method in what is realised, and agrees in all", () => {
    const [result] = resultsOf(booksOf(trades), "", () => 6_200_000, noPrices)
    expect(result).toMatchObject({
      quantity: amount("0.001"),
      average: { realised: amount("3"), unrealised: amount("7") },
      fifo: { realised: amount("8"), unrealised: amount("2") }
    })
  })

  it("has no unrealised result without a price, rather than none", () => {
    const [result] = resultsOf(booksOf(trades), "", () => undefined, noPrices)
    expect(result!.average).toEqual({ realised: amount("3"), unrealised: undefined })
  })

  it("values fees in the base asset by the fill's price, others by the price source, and lists what has none", () => {
    const books = booksOf([
      fill(1, "buy", 50_000, { fee: amount("0.00001"), feeAsset: "BTC" }),
      fill(2, "buy", 50_000, { fee: amount("0.25"), feeAsset: "USDT" }),
      fill(3, "buy", 50_000, { fee: amount("0.001"), feeAsset: "BNB" })
    ])
    expect(resultsOf(books, "", () => 1, bnbPrices)[0]).toMatchObject({ fees: amount("1.35"), unvaluedFees: new Map() })
    expect(resultsOf(books, "", () => 1, noPrices)[0]).toMatchObject({
      fees: amount("0.75"),
      unvaluedFees: new Map([["BNB", amount("0.001")]])
    })
  })

  it("is the same after the instrument's lots have changed", () => {
    const next: AccountEvent = { type: "InstrumentListed", spec: { ...btcUsdtSpec, version: 2, lotSize: "0.0001" } }
    const books = booksOf([trades[0]!, next, fill(3, "sell", 58_000, { instrumentVersion: 2, lots: 10 })])
    expect(resultsOf(books, "", () => undefined, noPrices)[0]).toMatchObject({
      quantity: 0n,
      average: { realised: amount("8"), unrealised: 0n },
      fifo: { realised: amount("8"), unrealised: 0n }
    })
  })
})

describe("tax lots", () => {
  it("are closed first in first out, one row for each part, as RFC 4180 has it", () => {
    const books = booksOf([
      fill(1, "buy", 50_000, { fee: amount("0.05") }),
      fill(2, "buy", 60_000),
      fill(40, "sell", 70_000, { lots: 150, fee: amount("0.3") })
    ])
    expect(taxLotsCsv(books, "", { fromUs: 0, untilUs: Infinity }, noPrices).split("\r\n")).toEqual([
      "account,strategy,instrument,asset,direction,quantity,acquired,disposed,holding_days,currency,proceeds,cost,fees,gain,unvalued_fees,acquisition_trade,disposal_trade",
      "alpha,,sim:BTC/USDT,BTC,long,0.001,2025-06-16T15:06:40.000Z,2025-07-25T15:06:40.000Z,39,USDT,70,50,0.25,19.75,,1,40",
      "alpha,,sim:BTC/USDT,BTC,long,0.0005,2025-06-17T15:06:40.000Z,2025-07-25T15:06:40.000Z,38,USDT,35,30,0.1,4.9,,2,40",
      ""
    ])
  })

  it("of a short sale are acquired when it is bought back", () => {
    const books = booksOf([fill(1, "sell", 50_000), fill(3, "buy", 45_000)])
    expect(taxLotsCsv(books, "", { fromUs: 0, untilUs: Infinity }, noPrices)).toContain(
      "short,0.001,2025-06-18T15:06:40.000Z,2025-06-16T15:06:40.000Z,0,USDT,50,45,0,5,,3,1\r\n"
    )
  })

  it("have no gain while a fee has no value, and quote what holds commas or quotes", () => {
    const id = 'desk "A", BTC'
    const books = booksOf([
      intended("o1", id),
      fill(1, "buy", 50_000, { fee: amount("0.001"), feeAsset: "BNB" }),
      fill(2, "sell", 60_000)
    ])
    const csv = (prices: PriceSource) => taxLotsCsv(books, id, { fromUs: 0, untilUs: Infinity }, prices)
    expect(csv(noPrices)).toContain('alpha,"desk ""A"", BTC",sim:BTC/USDT')
    expect(csv(noPrices)).toContain("USDT,60,50,0,,0.001 BNB,1,2\r\n")
    expect(csv(bnbPrices)).toContain("USDT,60,50,0.6,9.4,,1,2\r\n")
  })

  it("are those that were closed within the period", () => {
    const books = booksOf([fill(1, "buy", 50_000, { lots: 200 }), fill(2, "sell", 51_000), fill(4, "sell", 52_000)])
    const rows = (fromDay: number, untilDay: number): number =>
      taxLotsCsv(books, "", { fromUs: startUs + fromDay * dayUs, untilUs: startUs + untilDay * dayUs }, noPrices).split(
        "\r\n"
      ).length - 2
    expect([rows(0, 10), rows(0, 4), rows(2, 5), rows(5, 9)]).toEqual([2, 1, 2, 0])
  })
})

describe("a statement", () => {
  const at = (day: number, event: AccountEvent) => ({ timeUs: startUs + day * dayUs, event })
  const entries = [
    ...listed.map((event) => at(0, event)),
    at(0, { type: "BalancesAdopted", balances: [{ asset: "USDT", amount: amount("1000") }] }),
    at(1, fill(1, "buy", 50_000, { fee: amount("0.05") })),
    at(2, { type: "BalanceAdjusted", asset: "USDT", amount: amount("500"), adjustment: "deposit", by: "", reason: "" }),
    at(2, {
      type: "FundingPaid",
      instrument: btc,
      asset: "USDT",
      amount: amount("-2"),
      venueFundingId: "1",
      timeVenue: 0
    }),
    at(2, bustOf(fill(1, "buy", 50_000, { fee: amount("0.05") })))
  ]
  const period = { fromUs: startUs + dayUs, untilUs: startUs + 3 * dayUs }

  it("shows what moved each asset by kind, from opening to closing", () => {
    const { fills, lines } = statementOf("alpha", entries, period, undefined)
    expect(fills).toBe(1)
    expect(lines).toEqual([
      {
        asset: "BTC",
        opening: 0n,
        movements: new Map([
          ["bought", amount("0.001")],
          ["busted", amount("-0.001")]
        ]),
        closing: 0n,
        venue: undefined,
        difference: undefined
      },
      {
        asset: "USDT",
        opening: amount("1000"),
        movements: new Map([
          ["bought", amount("-50")],
          ["fee", amount("-0.05")],
          ["deposit", amount("500")],
          ["funding", amount("-2")],
          ["busted", amount("50.05")]
        ]),
        closing: amount("1498"),
        venue: undefined,
        difference: undefined
      }
    ])
  })

  it("lists where the venue differs, and what the venue does not name", () => {
    const until = { ...period, untilUs: startUs + 2 * dayUs }
    const statement = statementOf(
      "alpha",
      entries,
      until,
      new Map([
        ["USDT", amount("950")],
        ["EUR", amount("5")]
      ])
    )
    expect(statement.differing).toEqual(["EUR", "USDT"])
    expect(statement.unreconciled).toEqual(["BTC"])
    expect(statement.lines.find(({ asset }) => asset === "USDT")).toMatchObject({
      closing: amount("949.95"),
      difference: amount("0.05")
    })
  })
})

describe("equity", () => {
  const rates = ratesOf([
    { base: "BTC", quote: "USDT", price: amount("60000") },
    { base: "ETH", quote: "BTC", price: amount("0.05") },
    { base: "EUR", quote: "USDT", price: amount("1.25") }
  ])

  it("converts directly, against a market, and over one asset in between", () => {
    expect(convert(rates, amount("2"), "BTC", "USDT")).toBe(amount("120000"))
    expect(convert(rates, amount("-100"), "USDT", "EUR")).toBe(amount("-80"))
    expect(convert(rates, amount("2"), "ETH", "USDT")).toBe(amount("6000"))
    expect(convert(rates, amount("1"), "BTC", "EUR")).toBe(amount("48000"))
    expect(convert(rates, amount("1"), "USDT", "USDT")).toBe(amount("1"))
    expect(convert(rates, amount("1"), "ETH", "EUR")).toBeUndefined()
  })

  it("prefers the direct market to the inverse one, and does not depend on the order of the rates", () => {
    const pair = [
      { base: "A", quote: "B", price: amount("2") },
      { base: "B", quote: "A", price: amount("0.4") }
    ]
    for (const list of [pair, pair.toReversed()]) {
      expect(convert(ratesOf(list), amount("1"), "A", "B")).toBe(amount("2"))
      expect(convert(ratesOf(list), amount("1"), "B", "A")).toBe(amount("0.4"))
    }
    const over = [
      { base: "A", quote: "M", price: amount("2") },
      { base: "M", quote: "Z", price: amount("3") },
      { base: "A", quote: "K", price: amount("2") },
      { base: "K", quote: "Z", price: amount("5") }
    ]
    for (const list of [over, over.toReversed()])
      expect(convert(ratesOf(list), amount("1"), "A", "Z")).toBe(amount("10"))
  })

  it("lists what nobody prices and counts it as nothing at all", () => {
    const balances = new Map([
      ["USDT", amount("10")],
      ["BTC", amount("0.5")],
      ["XYZ", amount("7")],
      ["OLD", 0n]
    ])
    expect(equityOf(balances, rates, "EUR")).toMatchObject({
      total: amount("24008"),
      unvalued: [{ asset: "XYZ", amount: amount("7") }]
    })
  })

  it("takes the middle of a market that has both sides", () => {
    expect(rateOf(btcUsdt, { bidTicks: 5_999_999, askTicks: 6_000_000 })?.price).toBe(amount("59999.995"))
    expect(rateOf(btcUsdt, { bidTicks: 0, askTicks: 6_000_000 })).toBeUndefined()
  })
})

describe("exposure", () => {
  it("leaves out what is too little to be sold, and lists it", () => {
    expect(dustOf(btcUsdt, amount("0.000009"), undefined)).toBe("belowMinQuantity")
    expect(dustOf(btcUsdt, amount("-0.00008"), 6_000_000)).toBe("belowMinNotional")
    expect(dustOf(btcUsdt, amount("0.00009"), 6_000_000)).toBeUndefined()
    expect(dustOf(btcUsdt, 0n, 6_000_000)).toBeUndefined()
    const eth = { instrument: "sim:ETH/USDT" }
    const books = booksOf([fill(1, "buy", 50_000, { lots: 8 }), fill(2, "sell", 3000, { ...eth, lots: 5000 })])
    expect(exposureOf(books, "", (id) => (id === btc ? 6_000_000 : 300_000))).toEqual({
      positions: [{ ...eth, quantity: amount("-0.5"), notional: amount("-1500"), currency: "USDT" }],
      dust: [{ instrument: btc, quantity: amount("0.00008"), why: "belowMinNotional" }],
      unpriced: [],
      gross: new Map([["USDT", amount("1500")]])
    })
    expect(exposureOf(books, "", () => undefined).unpriced).toHaveLength(2)
  })

  it("calls a balance dust that no instrument would sell", () => {
    const adopted = ["BTC", "ETH", "USDT"].map((asset) => ({ asset, amount: amount("0.00008") }))
    const books = booksOf([{ type: "BalancesAdopted", balances: adopted }])
    expect(dustBalances(books, () => 6_000_000).map(({ asset }) => asset)).toEqual(["BTC", "ETH"])
  })
})

describe("cost analysis", () => {
  const mark = { bidTicks: 4_999_000, askTicks: 5_001_000, timeReceived: startUs }
  const order = (id: string, strategy: string, side: "buy" | "sell") =>
    intended(id, strategy, {
      mark,
      timeDecided: startUs - 1500,
      terms: { side, type: "limit", priceTicks: 5_000_000, lots: 200, timeInForce: "GTC", postOnly: false }
    })

  it("measures each order against its arrival price, with fees and delays", () => {
    const { orders, strategies } = costsOf(
      "alpha",
      [
        ...listed,
        order("a", "cross", "buy"),
        order("b", "cross", "sell"),
        order("c", "cross", "buy"),
        fill(1, "buy", 50_010, { clientOrderId: "a", fee: amount("0.05"), timeVenue: startUs + 4000 }),
        fill(2, "buy", 50_030, { clientOrderId: "a", timeVenue: startUs + 9000 }),
        fill(3, "sell", 49_990, { clientOrderId: "b", fee: amount("1"), feeAsset: "BNB", timeVenue: startUs + 7000 })
      ],
      noPrices
    )
    expect(orders[0]).toMatchObject({
      arrivalPrice: amount("50000"),
      averagePrice: amount("50020"),
      filled: amount("0.002"),
      shortfall: amount("0.04"),
      shortfallBps: 4,
      fees: amount("0.05"),
      decisionDelayUs: 1500,
      firstFillDelayUs: 4000
    })
    expect(orders[1]).toMatchObject({ shortfall: amount("0.01"), unvaluedFees: new Map([["BNB", amount("1")]]) })
    expect(orders[2]).toMatchObject({ averagePrice: undefined, shortfall: 0n, shortfallBps: undefined, filled: 0n })
    expect(strategies).toHaveLength(1)
    expect(strategies[0]).toMatchObject({ orders: 3, filledOrders: 2, shortfall: amount("0.05"), fees: amount("0.05") })
    expect(strategies[0]!.shortfallBps).toBeCloseTo((0.05 / 150) * 10_000, 9)
  })

  it("begins anew when a held order is released, and forgets busted fills", () => {
    const { orders } = costsOf(
      "alpha",
      [
        ...listed,
        { ...order("a", "stop", "sell"), placement: "held" as const },
        {
          type: "OrderReleased",
          clientOrderId: "a",
          instrument: btc,
          instrumentVersion: 1,
          terms: { side: "sell", type: "market", priceTicks: 0, lots: 100, timeInForce: "IOC", postOnly: false },
          timeIntent: startUs + dayUs,
          deadlineUs: startUs + dayUs,
          reserveTicks: 1,
          mark: { bidTicks: 3_999_000, askTicks: 4_001_000, timeReceived: startUs }
        },
        fill(1, "sell", 39_990, { clientOrderId: "a" }),
        fill(2, "sell", 1, { clientOrderId: "a" }),
        bustOf(fill(2, "sell", 1, { clientOrderId: "a" }))
      ],
      noPrices
    )
    expect(orders[0]).toMatchObject({
      arrivalPrice: amount("40000"),
      quantity: amount("0.001"),
      shortfall: amount("0.01"),
      decisionDelayUs: undefined
    })
  })
})
