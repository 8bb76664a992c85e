/** The sum over a sliding window, and the simple moving average: the parts that most windowed indicators chain. */
import { define } from "./Indicator.ts"
import { Series } from "./Kernel.ts"
import { period } from "./Parameter.ts"
import { fallMax } from "./Rounding.ts"

/**
 * Σ of the last n values. The ring has one spare slot, so that a peeked row overwrites nothing needed. A sum that has fallen
 * far is taken anew from the ring, so that one of zeros is 0. Warm-up n − 1. Unit: the input's. O(1), but for that.
 */
export class MovingSum extends Series {
  private readonly length: number
  private readonly divisor: number

  /** With a `divisor` the sum is divided by it. */
  constructor(length: number, divisor = 1) {
    super({ scalars: 4, ring: length + 1 })
    this.length = length
    this.divisor = divisor
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const { divisor, length, ring, scalars } = this
    let at = scalars[0]! | 0
    let count = scalars[1]! | 0
    let sum = scalars[2]!
    let peak = scalars[3]!
    let row = 0
    for (; row < rows && count < length; row++) {
      const value = input[row]!
      output[row] = Number.NaN
      if (value - value !== 0) continue
      ring[at] = value
      at = at === length ? 0 : at + 1
      sum += value
      count++
      const size = Math.abs(sum)
      if (size > peak) peak = size
      else if (size < peak * fallMax && count === length) {
        sum = 0
        for (let slot = 0; slot <= length; slot++) if (slot !== at) sum += ring[slot]!
        peak = Math.abs(sum)
      }
      if (count === length) output[row] = sum / divisor
    }
    for (; row < rows; row++) {
      const value = input[row]!
      if (value - value !== 0) {
        output[row] = Number.NaN
        continue
      }
      ring[at] = value
      at = at === length ? 0 : at + 1
      sum += value - ring[at]!
      const size = Math.abs(sum)
      if (size > peak) peak = size
      else if (size < peak * fallMax) {
        sum = 0
        for (let slot = 0; slot <= length; slot++) if (slot !== at) sum += ring[slot]!
        peak = Math.abs(sum)
      }
      output[row] = sum / divisor
    }
    scalars[0] = at
    scalars[1] = count
    scalars[2] = sum
    scalars[3] = peak
  }
}

/** Simple moving average: (x₁ + … + xₙ) / n. Source: TA-Lib SMA. Warm-up n − 1. Unit: the input's. */
export class Sma extends MovingSum {
  constructor(length: number) {
    super(length, length)
  }
}

export const sma = define({
  name: "sma",
  formula: "(x₁ + … + xₙ) / n",
  source: "TA-Lib SMA",
  title: "Simple moving average",
  inputs: ["value"],
  outputs: ["sma"],
  unit: "as the input",
  parameters: { period: period(30, 1) },
  warmup: ({ period }) => period - 1,
  make: ({ period }) => new Sma(period)
})

export const sum = define({
  name: "sum",
  formula: "x₁ + … + xₙ",
  source: "TA-Lib SUM",
  title: "Moving sum",
  inputs: ["value"],
  outputs: ["sum"],
  unit: "as the input",
  parameters: { period: period(30, 1) },
  warmup: ({ period }) => period - 1,
  make: ({ period }) => new MovingSum(period)
})
