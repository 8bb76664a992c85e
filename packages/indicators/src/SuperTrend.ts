/** A trailing band of average true ranges that flips when the close crosses it. */
import { define } from "./Indicator.ts"
import { type Columns, Kernel } from "./Kernel.ts"
import { factor, period } from "./Parameter.ts"
import { Atr } from "./TrueRange.ts"

/**
 * SuperTrend: bands at (high + low) / 2 ± k·ATR; the upper one only falls while the close before is not above it, the lower
 * one only rises while it is not below. The trend turns down when the close falls below the lower band, up when it rises
 * above the upper; it begins up. Outputs: the band in force, and 1 (up, the lower) or −1 (down, the upper). Source:
 * O. Seban, 2008. Warm-up n. Unit: price; the direction has none.
 */
export class SuperTrend extends Kernel {
  private readonly atr: Atr
  private readonly width: number

  constructor(length: number, width: number) {
    const atr = new Atr(length)
    super({ inputs: 3, outputs: 2, scalars: 5, temps: 1, parts: [atr] })
    this.atr = atr
    this.width = width
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const high = inputs[0]!
    const low = inputs[1]!
    const close = inputs[2]!
    const band = outputs[0]!
    const direction = outputs[1]!
    const { scalars, width } = this
    const atr = this.temp(0, rows)
    this.atr.pass(high, low, close, atr, rows)
    let begun = scalars[0]! !== 0
    let up = scalars[1]! !== 0
    let upper = scalars[2]!
    let lower = scalars[3]!
    let previous = scalars[4]!
    for (let row = 0; row < rows; row++) {
      const reach = width * atr[row]!
      if (reach - reach !== 0) {
        band[row] = direction[row] = Number.NaN
        continue
      }
      const middle = (high[row]! + low[row]!) / 2
      const last = close[row]!
      const above = middle + reach
      const below = middle - reach
      if (!begun || above < upper || previous > upper) upper = above
      if (!begun || below > lower || previous < lower) lower = below
      if (!begun) up = true
      else if (up ? last < lower : last > upper) up = !up
      begun = true
      previous = last
      band[row] = up ? lower : upper
      direction[row] = up ? 1 : -1
    }
    scalars[0] = begun ? 1 : 0
    scalars[1] = up ? 1 : 0
    scalars[2] = upper
    scalars[3] = lower
    scalars[4] = previous
  }
}

export const supertrend = define({
  name: "supertrend",
  formula:
    "bands at (high + low) / 2 ± k·ATR, the upper only falls while the close before is not above it, the lower only rises while it is not below; the trend turns where the close crosses the band in force; begins up",
  source: "O. Seban, 2008",
  title: "SuperTrend",
  inputs: ["high", "low", "close"],
  outputs: ["supertrend", "direction"],
  unit: "price; direction 1 or -1",
  parameters: {
    period: period(10, 1),
    multiplier: factor(3, 0.01, 100, "distance of the bands, in average true ranges")
  },
  warmup: ({ period }) => period,
  make: ({ multiplier, period }) => new SuperTrend(period, multiplier)
})
