/** Kaufman's adaptive moving average. */
import { define } from "./Indicator.ts"
import { Series } from "./Kernel.ts"
import { period } from "./Parameter.ts"
import { fallMax } from "./Rounding.ts"

/**
 * KAMA: y ← y + s²(x − y), s = e(f − g) + g, f = 2 / (fast + 1), g = 2 / (slow + 1); e, the efficiency ratio, is the net
 * change over n bars by the sum of absolute changes. Begins from the bar before its first. Source: P. Kaufman, Smarter
 * Trading, 1995; TA-Lib KAMA, which also takes e as 1 whenever the net change is not below the sum. Warm-up n. Unit: the
 * input's.
 */
export class Kama extends Series {
  private readonly length: number
  private readonly fastest: number
  private readonly slowest: number

  constructor(length: number, fast: number, slow: number) {
    super({ scalars: 5, ring: length + 1 })
    this.length = length
    this.fastest = 2 / (fast + 1)
    this.slowest = 2 / (slow + 1)
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const { fastest, length, ring, scalars, slowest } = this
    let at = scalars[0]! | 0
    let count = scalars[1]! | 0
    let travelled = scalars[2]!
    let average = scalars[3]!
    let peak = scalars[4]!
    for (let row = 0; row < rows; row++) {
      const value = input[row]!
      if (value - value !== 0) {
        output[row] = Number.NaN
        continue
      }
      if (count > 0) travelled += Math.abs(value - ring[at === 0 ? length : at - 1]!)
      ring[at] = value
      at = at === length ? 0 : at + 1
      if (count < length) {
        count++
        average = value
        output[row] = Number.NaN
        continue
      }
      if (travelled > peak) peak = travelled
      else if (travelled < peak * fallMax) {
        travelled = 0
        for (let step = 0, slot = at; step < length; step++) {
          const from = ring[slot]!
          slot = slot === length ? 0 : slot + 1
          travelled += Math.abs(ring[slot]! - from)
        }
        peak = travelled
      }
      const oldest = ring[at]!
      const net = value - oldest
      const efficiency = travelled <= net || travelled === 0 ? 1 : Math.abs(net / travelled)
      const smoothing = efficiency * (fastest - slowest) + slowest
      average += smoothing * smoothing * (value - average)
      output[row] = average
      travelled -= Math.abs(ring[at === length ? 0 : at + 1]! - oldest)
    }
    scalars[0] = at
    scalars[1] = count
    scalars[2] = travelled
    scalars[3] = average
    scalars[4] = peak
  }
}

export const kama = define({
  name: "kama",
  formula:
    "y ← y + s²(x − y), s = e(2 / (fast + 1) − 2 / (slow + 1)) + 2 / (slow + 1), e = |net change| / Σ |changes| over n bars",
  source: "P. Kaufman, Smarter Trading, 1995; TA-Lib KAMA",
  title: "Kaufman's adaptive moving average",
  inputs: ["value"],
  outputs: ["kama"],
  unit: "as the input",
  parameters: {
    period: period(30, 2, "window of the efficiency ratio, in bars"),
    fast: period(2, 1, "EMA period in a perfect trend"),
    slow: period(30, 1, "EMA period without any trend")
  },
  conflict: ({ fast, slow }) => (fast < slow ? undefined : ["slow", "must be above fast"]),
  warmup: ({ period }) => period,
  make: ({ fast, period, slow }) => new Kama(period, fast, slow)
})
