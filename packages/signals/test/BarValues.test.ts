/** Ticks and lots as numbers: the double nearest to the decimal, whatever the step. */
import * as Instrument from "@outcry/model/Instrument"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { btcUsdtSpec } from "@outcry/testkit/Instruments"
import { describe, expect, it } from "vitest"
import { barValuesOf } from "../src/BarValues.ts"

describe("a bar's values", () => {
  it.each([
    ["0.01", "0.00001"],
    ["0.0001", "1"],
    ["0.05", "0.001"],
    ["0.25", "3"],
    ["5", "0.0000007"],
    ["0.00000013", "1"]
  ])("are what reading the decimal gives, with ticks of %s and lots of %s", (tickSize, lotSize) => {
    const instrument = Instrument.make({ ...btcUsdtSpec, tickSize, lotSize, minQuantity: "0", maxQuantity: "9" })
    const { price, quantity } = barValuesOf(instrument)
    const random = new SeededRandom(9)
    for (let round = 0; round < 3000; round++) {
      // Of every magnitude, up to where counts end, with all their digits.
      const steps = Math.floor(random.fraction() * 2 ** random.between(1, 52)) + random.between(0, 1_000_000)
      expect(price(steps)).toBe(Number(Instrument.priceText(instrument, steps)))
      expect(quantity(steps)).toBe(Number(Instrument.quantityText(instrument, steps)))
    }
  })
})
