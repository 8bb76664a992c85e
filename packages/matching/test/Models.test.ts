import * as Amount from "@outcry/model/Amount"
import { make } from "@outcry/model/Instrument"
import type { Liquidity } from "@outcry/model/Order"
import { describe, expect, it } from "vitest"
import { type FeeSchedule, feeModel } from "../src/models/FeeModel.ts"
import { fundingModel, fundingOf } from "../src/models/FundingModel.ts"
import { InvalidModel } from "../src/models/InvalidModel.ts"
import { latencyModel } from "../src/models/LatencyModel.ts"
import { queueModel } from "../src/models/QueueModel.ts"
import { type Slippage, slippageModel } from "../src/models/SlippageModel.ts"

const sizes = { tickSize: "0.01", lotSize: "0.001", minQuantity: "0.001", maxQuantity: "9000", minNotional: "5" }
const names = { venue: "sim", symbol: "BTC/USDT", base: "BTC", quote: "USDT", version: 1, maxNotional: "9000000" }
const instrument = make({ ...names, ...sizes })

/** Fees of the fills of one order, as decimals. */
const feesOf = (
  schedule: FeeSchedule,
  fills: ReadonlyArray<readonly [price: string, quantity: string, liquidity?: Liquidity, timeUs?: number]>
): ReadonlyArray<string> => {
  const model = feeModel(schedule)
  let [valueBefore, quantityBefore] = [0n, 0n]
  return fills.map(([price, held, liquidity = "taker", timeUs = 0]) => {
    const quantity = Amount.from(held)
    const value = Amount.mulDiv(Amount.from(price), quantity, 10n ** 12n)
    const fee = model.feeOf({ value, quantity, valueBefore, quantityBefore, liquidity, timeUs })
    valueBefore += value
    quantityBefore += quantity
    return Amount.format(fee)
  })
}

describe("fees", () => {
  it("takes basis points of the value, negative ones as a rebate", () => {
    const schedule = { kind: "basisPoints", makerBps: -0.5, takerBps: 7.5 } as const
    expect(
      feesOf(schedule, [
        ["100", "2"],
        ["100", "2", "maker"]
      ])
    ).toEqual(["0.15", "-0.01"])
  })

  it("takes the minimum of an order once, however many fills it has", () => {
    const schedule = { kind: "perShare", amount: 0.005, minimum: 1 } as const
    expect(
      feesOf(schedule, [
        ["50", "100"],
        ["50", "50"],
        ["50", "100"]
      ])
    ).toEqual(["1", "0", "0.25"])
  })

  it("takes no more than a share of the order's value", () => {
    const schedule = { kind: "perShare", amount: 0.005, minimum: 1, valueShareMax: 0.01 } as const
    expect(
      feesOf(schedule, [
        ["2", "10"],
        ["2", "10"]
      ])
    ).toEqual(["0.2", "0.2"])
  })

  it("lowers rates by what was traded within the window", () => {
    const tiers = [
      { volumeFrom: 0, makerBps: 10, takerBps: 10 },
      { volumeFrom: 1000, makerBps: 5, takerBps: 5 }
    ]
    const day = 86_400_000_000
    const fees = feesOf({ kind: "tiered", tiers, windowDays: 2 }, [
      ["1000", "1", "taker", 0],
      ["1000", "1", "taker", day],
      ["1000", "1", "taker", 4 * day]
    ])
    expect(fees).toEqual(["1", "0.5", "1"])
  })

  it("takes nothing where there are none", () => {
    expect(feesOf({ kind: "none" }, [["100", "2"]])).toEqual(["0"])
  })
})

describe("slippage", () => {
  const ticksOf = (slippage: Slippage, side: "buy" | "sell" = "buy", lots = 100, priceTicks = 10_000) =>
    slippageModel(slippage, 1).ticksOf({ side, priceTicks, lots, volumeLots: 400 })

  it.each<[Slippage, number]>([
    [{ kind: "none" }, 0],
    [{ kind: "basisPoints", bps: 10 }, 10],
    [{ kind: "basisPoints", bps: 0.1 }, 1],
    [{ kind: "halfSpread", spreadBps: 10 }, 5],
    // A quarter of the volume: half of what all of it would cost.
    [{ kind: "squareRoot", coefficientBps: 40 }, 20]
  ])("%j costs %i ticks of 10,000", (slippage, ticks) => {
    expect(ticksOf(slippage)).toBe(ticks)
    expect(ticksOf(slippage, "sell")).toBe(ticks)
  })

  it("takes more than the volume for all of it", () => {
    expect(ticksOf({ kind: "squareRoot", coefficientBps: 40 }, "buy", 4000)).toBe(40)
  })

  it("leaves a sell one tick", () => {
    expect(ticksOf({ kind: "basisPoints", bps: 10_000 }, "sell", 1, 5)).toBe(4)
  })

  it("draws the same from the same seed, within its bound", () => {
    const draws = (seed: number) => {
      const model = slippageModel({ kind: "random", bpsMax: 30 }, seed)
      return Array.from({ length: 200 }, () =>
        model.ticksOf({ side: "buy", priceTicks: 10_000, lots: 1, volumeLots: 1 })
      )
    }
    expect(draws(4)).toEqual(draws(4))
    expect(draws(4)).not.toEqual(draws(5))
    expect(Math.min(...draws(4))).toBeGreaterThanOrEqual(0)
    expect(Math.max(...draws(4))).toBeLessThanOrEqual(30)
    expect(Math.max(...draws(4))).toBeGreaterThan(20)
  })
})

describe("latency", () => {
  it("is what was given, a cancel as late as an order where nothing else is said", () => {
    const model = latencyModel({ kind: "constant", orderUs: 500, reportUs: 20 }, 1)
    expect([model.delayUs("order"), model.delayUs("cancel"), model.delayUs("report")]).toEqual([500, 500, 20])
    expect(latencyModel({ kind: "none" }, 1).delayUs("order")).toBe(0)
  })

  it("adds a wait of the given mean, the same for the same seed", () => {
    const draws = (seed: number) => {
      const model = latencyModel({ kind: "jitter", orderUs: 100, jitterUs: 1000 }, seed)
      return Array.from({ length: 5000 }, () => model.delayUs("order"))
    }
    expect(draws(2)).toEqual(draws(2))
    expect(Math.min(...draws(2))).toBeGreaterThanOrEqual(100)
    const mean = draws(2).reduce((sum, delay) => sum + delay, 0) / 5000
    expect(mean).toBeGreaterThan(1050)
    expect(mean).toBeLessThan(1150)
  })
})

describe("queues", () => {
  it("serves who stands before first", () => {
    const model = queueModel({ kind: "queue" })
    const order = { aheadLots: 100 }
    expect([model.reach(order, 60), model.reach(order, 60), model.reach(order, 60)]).toEqual([0, 20, 60])
  })

  it("moves up when the level shrinks, and never back", () => {
    const model = queueModel({ kind: "queue" })
    const order = { aheadLots: Number.NaN }
    expect(model.reach(order, 1000)).toBe(0)
    model.shown(order, 50)
    model.shown(order, 200)
    expect(order.aheadLots).toBe(50)
    model.shown(order, 10)
    expect(model.reach(order, 15)).toBe(5)
  })

  it("gives the whole print, none of it, or a share", () => {
    const order = { aheadLots: 100 }
    expect(queueModel({ kind: "touch" }).reach(order, 7)).toBe(7)
    expect(queueModel({ kind: "through" }).reach(order, 7)).toBe(0)
    expect(queueModel({ kind: "share", share: 0.5 }).reach(order, 7)).toBe(3)
  })
})

describe("funding", () => {
  it("lets a long pay a short, the other way round where the rate is negative", () => {
    // 2 BTC at 100 USDT, one basis point.
    expect(Amount.format(fundingOf(instrument, 2000, 10_000, 0.0001))).toBe("-0.02")
    expect(Amount.format(fundingOf(instrument, -2000, 10_000, 0.0001))).toBe("0.02")
    expect(Amount.format(fundingOf(instrument, 2000, 10_000, -0.0001))).toBe("0.02")
  })

  it("is due at full intervals", () => {
    const hour = 3_600_000_000
    const model = fundingModel({ kind: "constant", rate: 0.0001 })
    expect([model.nextUs(hour), model.nextUs(8 * hour)]).toEqual([8 * hour, 16 * hour])
    expect(fundingModel({ kind: "recorded" }).nextUs(hour)).toBe(Infinity)
  })
})

it.each<[string, () => unknown, RegExp]>([
  ["fee", () => feeModel({ kind: "basisPoints", makerBps: Number.NaN, takerBps: 1 }), /basisPoints fee: makerBps NaN/],
  ["tiers", () => feeModel({ kind: "tiered", tiers: [] }), /tiered fee: tiers 0 is not a first tier from volume 0/],
  [
    "slippage",
    () => slippageModel({ kind: "basisPoints", bps: -1 }, 1),
    /basisPoints slippage: bps -1 is not a number from 0/
  ],
  ["latency", () => latencyModel({ kind: "constant", orderUs: -1 }, 1), /constant latency: orderUs -1/],
  ["queue", () => queueModel({ kind: "share", share: 1.5 }), /share queue: share 1.5 is not a number from 0 to 1/],
  ["funding", () => fundingModel({ kind: "constant", rate: 2 }), /constant funding: rate 2/]
])("a %s model refuses what makes no sense and says what to give", (_, make, message) => {
  expect(make).toThrow(message)
  expect(make).toThrow(InvalidModel)
})
