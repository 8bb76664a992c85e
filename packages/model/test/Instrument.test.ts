import { btcUsdt, btcUsdtSpec, ethUsdt } from "@outcry/testkit/Instruments"
import { SeededRandom } from "../src/SeededRandom.ts"
import { describe, expect, it } from "vitest"
import * as Amount from "../src/Amount.ts"
import * as Instrument from "../src/Instrument.ts"

describe("an instrument", () => {
  it("counts 0.29 as 29 steps of 0.01, where floats lose one", () => {
    expect(Math.floor(0.29 / 0.01)).toBe(28)
    expect(Instrument.ticksOf(btcUsdt, "0.29")).toBe(29)
    for (const [text, ticks] of [
      ["1.13", 113],
      ["4.35", 435],
      ["8.2", 820],
      ["65536.01", 6_553_601]
    ] as const)
      expect(Instrument.ticksOf(btcUsdt, text), text).toBe(ticks)
    expect(Instrument.quantityLotsOf(btcUsdt, "0.00003")).toBe(3)
    expect(Instrument.quantityLotsOf(ethUsdt, "0.0007")).toBe(7)
  })

  it("gives no ticks or lots for what lies between two, is no decimal, or cannot be counted", () => {
    for (const text of ["0.295", "0.001", "", "x", "1e2", "90071992547409920"])
      expect(Instrument.ticksOf(btcUsdt, text), `"${text}"`).toBeUndefined()
    expect(Instrument.quantityLotsOf(btcUsdt, "0.000001")).toBeUndefined()
  })

  it("reads back every price and quantity it writes", () => {
    const random = new SeededRandom(3)
    for (let i = 0; i < 3000; i++) {
      const count = random.between(0, 900_000_000_000)
      for (const instrument of [btcUsdt, ethUsdt]) {
        expect(Instrument.ticksOf(instrument, Instrument.priceText(instrument, count))).toBe(count)
        expect(Instrument.quantityLotsOf(instrument, Instrument.quantityText(instrument, count))).toBe(count)
      }
    }
    expect(Instrument.priceText(btcUsdt, 6_000_000)).toBe("60000.00")
    expect(Instrument.quantityText(btcUsdt, 1)).toBe("0.00001")
  })

  it("values price × quantity exactly, beyond what a float holds", () => {
    expect(Amount.format(Instrument.notional(btcUsdt, 29, 3))).toBe("0.0000087")
    expect(Instrument.notional(btcUsdt, 9_007_199_254_740_991, 9_007_199_254_740_991)).toBe(
      9_007_199_254_740_991n * 9_007_199_254_740_991n * 100_000n
    )
    expect(Amount.format(Instrument.baseAmount(btcUsdt, 3))).toBe("0.00003")
  })

  const faults: ReadonlyArray<readonly [field: string, over: Partial<Instrument.InstrumentSpec>]> = [
    ["version", { version: 0 }],
    ["version", { version: 1.5 }],
    ["quote", { quote: "BTC" }],
    ["tickSize", { tickSize: "0" }],
    ["tickSize", { tickSize: "-0.01" }],
    ["tickSize", { tickSize: "abc" }],
    ["tickSize", { tickSize: "0.00000001" }],
    ["lotSize", { lotSize: "0.000" }],
    ["lotSize", { lotSize: "0.0000000000001" }],
    ["minQuantity", { minQuantity: "few" }],
    ["minQuantity", { minQuantity: "9001" }],
    ["minQuantity", { minQuantity: "-1" }],
    ["maxQuantity", { maxQuantity: "" }],
    ["maxQuantity", { maxQuantity: "0" }],
    ["maxQuantity", { maxQuantity: "100000000000000" }],
    ["minNotional", { minNotional: "x" }],
    ["minNotional", { minNotional: "9000001" }],
    ["maxNotional", { maxNotional: "none" }]
  ]
  for (const [field, over] of faults)
    it(`is refused for its ${field}: ${JSON.stringify(over)}`, () => {
      const make = (): unknown => Instrument.make({ ...btcUsdtSpec, ...over })
      expect(make).toThrow(Instrument.InvalidInstrument)
      expect(make).toThrow(`sim:BTC/USDT: ${field} `)
    })

  it("rounds the smallest quantity up and the largest down to whole lots", () => {
    const odd = Instrument.make({ ...btcUsdtSpec, lotSize: "0.002", minQuantity: "0.003", maxQuantity: "0.009" })
    expect([odd.minQuantityLots, odd.maxQuantityLots]).toEqual([2, 4])
  })

  it("publishes only what was published to it", () => {
    expect(Instrument.specOf(btcUsdt)).toEqual(btcUsdtSpec)
    expect(Instrument.sameSpec(btcUsdt, btcUsdtSpec)).toBe(true)
    expect(Instrument.sameSpec(btcUsdt, { ...btcUsdtSpec, minNotional: "6" })).toBe(false)
  })
})
