/** From weights to lots, the table of the universe, and profit by day. */
import * as Amount from "@outcry/model/Amount"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { bookFill, emptyPosition } from "@outcry/model/accounting/PositionBooks"
import { describe, expect, it } from "vitest"
import { type ClosingPrice, dailyProfit, type StrategyFill } from "../src/DailyProfit.ts"
import { objectivesOf } from "../src/Objective.ts"
import { targetOrders } from "../src/TargetOrders.ts"
import { universeTable } from "../src/UniverseTable.ts"
import { dayUs, days, firstDayUs } from "./SampleReturns.ts"

describe("orders for target weights", () => {
  const btc = { instrument: "BTC", weight: 0.5, price: 60_000, lotSize: 0.001, lots: 0 }
  const eth = { instrument: "ETH", weight: 0.3, price: 3000, lotSize: 0.01, lots: 200 }

  it("buy and sell whole lots, sales first, and leave the rest in cash", () => {
    const { cash, lots, orders, skipped, weights } = targetOrders([btc, eth], 10_000)
    expect(orders).toEqual([
      { instrument: "ETH", side: "sell", lots: 100, quantity: 1, value: 3000 },
      // 83 and a third lots of 60.
      { instrument: "BTC", side: "buy", lots: 83, quantity: 0.083, value: 4980 }
    ])
    expect(lots).toEqual([83, 100])
    expect(skipped).toEqual([])
    expect(cash).toBeCloseTo(10_000 - 4980 - 3000, 8)
    expect(weights[1]).toBeCloseTo(0.3, 12)
  })

  it("never spend more than there is, keep what costs, and are within a lot of the target, at random", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = new SeededRandom(seed)
      const size = random.between(1, 12)
      const parts = Array.from({ length: size }, () => random.exponential(1))
      const sum = parts.reduce((a, b) => a + b, 0)
      const assets = parts.map((part, at) => ({
        instrument: `X${at}`,
        weight: part / sum,
        price: 1 + random.fraction() * 500,
        lotSize: random.pick([0.001, 0.01, 1]),
        lots: random.between(0, 50)
      }))
      const equity = 20_000
      const costRate = random.pick([0, 0.001])
      const { cash, lots } = targetOrders(assets, equity, costRate)
      if (costRate === 0) expect(cash, `seed ${seed}`).toBeGreaterThanOrEqual(-1e-6)
      for (const [at, { lotSize, price, weight }] of assets.entries())
        expect(Math.abs(lots[at]! * lotSize * price - weight * equity), `seed ${seed}`).toBeLessThanOrEqual(
          lotSize * price * (1 + 1e-9)
        )
    }
  })

  it("leave small orders out, go short, and refuse bad input by name", () => {
    expect(targetOrders([{ ...eth, lots: 99, minNotional: 50 }], 10_000)).toMatchObject({
      orders: [],
      skipped: ["ETH"],
      lots: [99]
    })
    expect(targetOrders([{ ...eth, weight: -0.3 }], 10_000)).toMatchObject({ lots: [-100], cash: 13_000 })
    expect(targetOrders([{ ...eth, weight: -0.3 }], 10_020)).toMatchObject({ lots: [-100] })
    expect(targetOrders([{ ...eth, weight: -0.3 }], 10_060)).toMatchObject({ lots: [-101] })
    // 166.67 and 166.67 lots of 60: rounding both up would spend 20 more than there is.
    expect(
      targetOrders(
        [
          { ...btc, weight: 0.5 },
          { ...btc, instrument: "X", weight: 0.5 }
        ],
        20_000
      )
    ).toMatchObject({
      lots: [167, 166],
      cash: expect.closeTo(20, 8)
    })
    // In binary 3 × 0.1 is more than 0.3, and 0.3 ÷ 0.1 less than 3.
    expect(targetOrders([{ ...btc, weight: 1, price: 0.1, lotSize: 1 }], 0.3)).toMatchObject({ lots: [3] })
    expect(() => targetOrders([{ ...eth, price: 0 }], 1)).toThrow("ETH.price is 0")
    expect(() => targetOrders([{ ...eth, lots: 0.5 }], 1)).toThrow("ETH.lots is 0.5")
    expect(() => targetOrders([eth, eth], 1)).toThrow("names an instrument twice")
    expect(() => targetOrders([eth], -1)).toThrow("equity is -1")
  })
})

describe("the universe's table", () => {
  const listed = [
    { instrument: "BTC", sector: "coin", quantity: 2, marketCap: 900, prices: [100, 110, 90, 120] },
    { instrument: "ETH", sector: "coin", quantity: -1, marketCap: 300, prices: [50, 60, 40, 40] },
    { instrument: "SOL", quantity: 0, prices: [10, 9, 8, 10] }
  ]

  it("values what is held and measures each asset", () => {
    const { equity, gross, net, rows, sectors } = universeTable(listed, days(4), 200, 365)
    expect(equity).toBe(400)
    expect([net, gross]).toEqual([0.5, 0.7])
    expect(sectors["coin"]).toBeCloseTo(0.5, 12)
    expect(rows[0]).toMatchObject({
      value: 240,
      weight: 0.6,
      marketWeight: 0.75,
      price: 120,
      ...objectivesOf([100, 110, 90, 120], 365)
    })
    expect(rows[1]!.lastReturn).toBe(0)
    expect(rows[2]).toMatchObject({ marketCap: undefined, marketWeight: undefined, weight: 0, sector: undefined })
    // Betas of the parts, weighted by value in each period, are near 1 for the whole; here of one asset they are exactly 1.
    const [alone] = universeTable([{ ...listed[0]!, quantity: 1 }], days(4), 0, 365).rows
    expect([alone!.beta, alone!.correlation]).toEqual([expect.closeTo(1, 12), expect.closeTo(1, 12)])
  })

  it("refuses bad input by name", () => {
    expect(() => universeTable(listed, days(3), 0, 365)).toThrow("BTC.prices has 4 values where times has 3")
    expect(() => universeTable([{ ...listed[0]!, marketCap: -1 }], days(4), 0, 365)).toThrow("BTC.marketCap is -1")
    expect(() => universeTable(listed, days(4), -500, 365)).toThrow("cash leaves an equity of -300")
    expect(() => universeTable([{ ...listed[0]!, quantity: Number.NaN }], days(4), 0, 365)).toThrow(
      "BTC.quantity has NaN"
    )
  })
})

describe("profit by day", () => {
  const fill = (
    key: number,
    day: number,
    side: "buy" | "sell",
    quantity: string,
    value: string,
    more: Partial<StrategyFill> = {}
  ): StrategyFill => ({
    key: String(key),
    clientOrderId: `o${key}`,
    strategy: "s",
    instrument: "sim:BTC/USDT",
    side,
    quantity: Amount.from(quantity),
    value: Amount.from(value),
    fee: Amount.from("1"),
    feeAsset: "USDT",
    feeValue: Amount.from("1"),
    timeVenue: firstDayUs + day * dayUs + key,
    ...more
  })
  const prices: Readonly<Record<string, string>> = {
    "2024-01-01": "110",
    "2024-01-02": "90",
    "2024-01-03": "95",
    "2024-01-04": "95"
  }
  const close: ClosingPrice = (_, day) => (prices[day] === undefined ? undefined : Amount.from(prices[day]))

  it("is what was realised, how the rest moved, and fees", () => {
    const rows = dailyProfit(
      [fill(1, 0, "buy", "2", "200"), fill(2, 2, "sell", "1", "97")],
      firstDayUs + 4 * dayUs - 1,
      close
    )
    const shown = rows.map(({ day, fees, profit, quantity, realised, unrealised }) =>
      [day, quantity, realised, unrealised, fees, profit].map((value) =>
        typeof value === "bigint" ? Number(Amount.format(value)) : value
      )
    )
    expect(shown).toEqual([
      ["2024-01-01", 2, 0, 20, 1, 19],
      ["2024-01-02", 2, 0, -40, 0, -40],
      ["2024-01-03", 1, -3, 15, 1, 11],
      ["2024-01-04", 1, 0, 0, 0, 0]
    ])
  })

  it("is undefined where there is no closing price, and then for the day after", () => {
    const rows = dailyProfit([fill(1, 4, "buy", "1", "100", { feeValue: undefined })], firstDayUs + 6 * dayUs, close)
    expect(rows.map(({ profit, unrealised, unvaluedFees }) => [profit, unrealised, unvaluedFees])).toEqual([
      [undefined, undefined, 1],
      [undefined, undefined, 0],
      [undefined, undefined, 0]
    ])
    expect(() => dailyProfit([fill(1, 4, "buy", "1", "100")], firstDayUs, close)).toThrow("fills[0].timeVenue")
  })

  it("sums to the books' realised and unrealised less fees, to the last digit, at random", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = new SeededRandom(seed)
      const priceOn = (day: number): bigint => Amount.from(String(90 + ((day * 7 + seed) % 21)))
      const fills = Array.from({ length: 40 }, (_, key) => {
        const quantity = random.between(1, 9)
        return fill(
          key,
          Math.floor(key / 3),
          random.chance(0.5) ? "buy" : "sell",
          String(quantity),
          String(quantity * random.between(90, 110)),
          {
            strategy: random.pick(["a", "b"])
          }
        )
      })
      const last = firstDayUs + 20 * dayUs
      const rows = dailyProfit(fills, last, (_, day) =>
        priceOn(Math.round((Date.parse(day) * 1000 - firstDayUs) / dayUs))
      )
      for (const strategy of ["a", "b"]) {
        const own = fills.filter((each) => each.strategy === strategy)
        const books = emptyPosition("sim:BTC/USDT", "BTC", "USDT")
        for (const each of own) bookFill(books, each)
        const worth = Amount.mulDiv(books.quantity, priceOn(20), 10n ** 12n)
        const whole = books.realised + worth - books.cost - Amount.from(String(own.length))
        const total = rows.filter((row) => row.strategy === strategy).reduce((sum, { profit }) => sum + profit!, 0n)
        expect(total, `seed ${seed}`).toBe(whole)
      }
    }
  })
})
