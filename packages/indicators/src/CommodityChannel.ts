/** The commodity channel index. */
import { define } from "./Indicator.ts"
import { type Columns, Kernel } from "./Kernel.ts"
import { period } from "./Parameter.ts"
import { rounding } from "./Rounding.ts"

/**
 * CCI: (p − mean) / (0.015·mean absolute deviation) over n bars, p = (high + low + close) / 3; 0 where either is but rounding. Source:
 * D. Lambert, Commodities, October 1980; TA-Lib CCI. Warm-up n − 1. Unit: none. O(n) a bar: the mean moves, and with it
 * every deviation.
 */
export class Cci extends Kernel {
  private readonly length: number

  constructor(length: number) {
    super({ inputs: 3, outputs: 1, scalars: 2, ring: length })
    this.length = length
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const high = inputs[0]!
    const low = inputs[1]!
    const close = inputs[2]!
    const output = outputs[0]!
    const { length, ring, scalars } = this
    let at = scalars[0]! | 0
    let count = scalars[1]! | 0
    for (let row = 0; row < rows; row++) {
      const price = (high[row]! + low[row]! + close[row]!) / 3
      if (price - price !== 0) {
        output[row] = Number.NaN
        continue
      }
      ring[at] = price
      at = at === length - 1 ? 0 : at + 1
      if (count < length) count++
      if (count < length) {
        output[row] = Number.NaN
        continue
      }
      let sum = 0
      for (let slot = 0; slot < length; slot++) sum += ring[slot]!
      const mean = sum / length
      let deviations = 0
      for (let slot = 0; slot < length; slot++) deviations += Math.abs(ring[slot]! - mean)
      const distance = price - mean
      output[row] =
        Math.abs(distance) <= rounding * (Math.abs(price) + Math.abs(mean)) || deviations === 0
          ? 0
          : distance / (0.015 * (deviations / length))
    }
    scalars[0] = at
    scalars[1] = count
  }
}

export const cci = define({
  name: "cci",
  formula:
    "(p − mean) / (0.015·mean absolute deviation) over n bars, p = (high + low + close) / 3; 0 where either is but rounding",
  source: "D. Lambert, Commodities, October 1980; TA-Lib CCI",
  title: "Commodity channel index",
  inputs: ["high", "low", "close"],
  outputs: ["cci"],
  unit: "none",
  parameters: { period: period(14) },
  warmup: ({ period }) => period - 1,
  make: ({ period }) => new Cci(period)
})
