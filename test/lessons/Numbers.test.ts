/** Lessons about counting: decimals that floats cannot hold, and ids that a venue uses again. */
import * as Amount from "@outcry/model/Amount"
import { idOf } from "@outcry/model/ClientOrderId"
import * as Instrument from "@outcry/model/Instrument"
import { defineStrategy, type OrderRequest } from "@outcry/model/Strategy"
import { StrategyRunner } from "@outcry/model/StrategyRunner"
import { AccountFixture } from "@outcry/testkit/AccountFixture"
import { btcUsdt, btcUsdtSpec } from "@outcry/testkit/Instruments"
import { Schema } from "effect"
import { describe, expect, it } from "vitest"

const cents = { ...btcUsdtSpec, lotSize: "0.01", minQuantity: "0.01" }
const coarse = Instrument.make(cents)

/** The terms that leave a strategy which buys this. */
const bought = (request: OrderRequest) => {
  const definition = defineStrategy<object, object>({
    name: "buyer",
    version: 1,
    parameters: Schema.Struct({}),
    state: Schema.Struct({}),
    feeds: () => [{ instrument: coarse.id, quotes: true }],
    initial: () => ({}),
    onStart: (ctx) => void ctx.buy(coarse.id, request)
  })
  const runner = new StrategyRunner(definition, {}, { instruments: [coarse], seed: 1 })
  runner.start(1_750_000_000_000_000)
  return runner.intents()[0]
}

describe("0.29 / 0.01 in floats lost a lot step", () => {
  it("twenty-nine lots leave a strategy, are held, and are sold again", () => {
    // What it is about.
    expect(Math.floor(0.29 / 0.01)).toBe(28)
    expect(bought({ quantity: "0.29", price: "0.29" })).toMatchObject({ terms: { lots: 29, priceTicks: 29 } })
    const account = new AccountFixture({
      instruments: [cents],
      balances: { USDT: "9000000", BTC: "10" },
      limits: { positionNotionalMax: "9000000", grossExposureMax: "9000000", orderRateMax: 1000 }
    })
    const lots = Instrument.quantityLotsOf(coarse, "0.29")!
    for (let n = 0; n < 100; n++) account.run(account.filled(account.working({ lots })))
    const held = account.state.positions.get(coarse.id)!.lots
    expect(Instrument.quantityText(coarse, held)).toBe("29.00")
    expect(Amount.format(account.state.balances.get("BTC")!.total)).toBe("39")
    account.run(account.filled(account.working({ side: "sell", priceTicks: 5_999_990, lots: held })))
    expect(account.state.positions.get(coarse.id)!.lots).toBe(0)
  })

  it("every count of steps is the same after it was written and read", () => {
    for (let steps = 1; steps <= 10_000; steps++) {
      expect(Instrument.quantityLotsOf(coarse, Instrument.quantityText(coarse, steps))).toBe(steps)
      expect(Instrument.ticksOf(coarse, Instrument.priceText(coarse, steps))).toBe(steps)
    }
  })

  it("a quantity between two steps, or a float in place of a count, is refused and never rounded", () => {
    expect(() => bought({ quantity: "0.295", price: "1" })).toThrow(/quantity/)
    expect(() => bought({ quantity: 0.29, price: "1" })).toThrow(/quantity/)
  })
})

describe("a broker's restart reused ids", () => {
  it("an execution goes to the order that bears the venue's id now, not to the one that bore it before", () => {
    const account = new AccountFixture()
    const before = account.placed()
    account.run(account.shown(before, { venueOrderId: "1" }))
    account.run(account.filled(before, { venueOrderId: "1", venueTradeId: "1" }))
    const after = account.placed({ lots: 500 })
    account.run(account.shown(after, { venueOrderId: "1" }))
    account.run(account.filled(after, { clientOrderId: "", venueOrderId: "1", venueTradeId: "2" }))
    expect([account.statusOf(before), account.statusOf(after)]).toEqual(["filled", "filled"])
    expect(account.state.positions.get(btcUsdt.id)?.lots).toBe(1500)
  })

  it("an execution under a number that another had is shown as a difference, not swallowed as a repetition", () => {
    const account = new AccountFixture()
    const before = account.working()
    const first = account.filled(before, { venueTradeId: "1" })
    account.run(first)
    expect(account.types(first)).toEqual([])
    const after = account.working({ lots: 500 })
    const reused = account.filled(after, { venueTradeId: "1" })
    expect(account.types(reused)).toEqual(["DifferenceFlagged"])
    expect(account.types(reused)).toEqual([])
    expect(account.events.at(-1)).toMatchObject({ clientOrderId: after, detail: expect.stringContaining("1/buy") })
    expect(account.state.positions.get(btcUsdt.id)?.lots).toBe(1000)
  })

  it("our own ids do not repeat when everything starts over: they hang on the journal's", () => {
    const ids = ["a", "b"].flatMap((journal) => [1, 2].map((seq) => idOf(journal, "alpha")("s", seq, 1)))
    expect(new Set(ids).size).toBe(4)
    expect(idOf("a", "alpha")("s", 1, 1)).toBe(ids[0])
  })
})
