/** Averages with exponential weights: EMA and Wilder's, both begun from a simple average as TA-Lib does. */
import { define } from "./Indicator.ts"
import { Series } from "./Kernel.ts"
import { period } from "./Parameter.ts"

/** y ← y + α(x − y), begun with the mean of the first n values. */
class Exponential extends Series {
  private readonly length: number
  private readonly alpha: number
  private readonly skip: number

  /** Values before the first of the seed are passed over: `skip` of them. */
  constructor(length: number, alpha: number, skip: number) {
    super({ scalars: 2 })
    this.length = length + skip
    this.alpha = alpha
    this.skip = skip
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const { alpha, length, scalars, skip } = this
    let count = scalars[0]! | 0
    let average = scalars[1]!
    for (let row = 0; row < rows; row++) {
      const value = input[row]!
      if (value - value !== 0) {
        output[row] = Number.NaN
        continue
      }
      if (count >= length) {
        average += alpha * (value - average)
        output[row] = average
        continue
      }
      count++
      if (count > skip) average += value
      if (count === length) average /= length - skip
      output[row] = count === length ? average : Number.NaN
    }
    scalars[0] = count
    scalars[1] = average
  }
}

/**
 * Exponential moving average: α = 2 / (n + 1), begun with the SMA of the first n. Source: TA-Lib EMA. Warm-up n − 1; the
 * seed's weight falls below 1 % after 2.3 n bars. Unit: the input's.
 */
export class Ema extends Exponential {
  constructor(length: number, skip = 0) {
    super(length, 2 / (length + 1), skip)
  }
}

/**
 * Wilder's smoothing: α = 1 / n, begun with the SMA of the first n. Source: J. W. Wilder, New Concepts in Technical
 * Trading Systems, 1978. Warm-up n − 1; the seed's weight falls below 1 % after 4.6 n bars. Unit: the input's.
 */
export class Rma extends Exponential {
  constructor(length: number) {
    super(length, 1 / length, 0)
  }
}

export const ema = define({
  name: "ema",
  formula: "y ← y + 2 / (n + 1)·(x − y), begun with the mean of the first n",
  source: "TA-Lib EMA",
  title: "Exponential moving average",
  inputs: ["value"],
  outputs: ["ema"],
  unit: "as the input",
  parameters: { period: period(30, 1) },
  warmup: ({ period }) => period - 1,
  make: ({ period }) => new Ema(period)
})

export const rma = define({
  name: "rma",
  formula: "y ← y + (x − y) / n, begun with the mean of the first n",
  source: "J. W. Wilder, New Concepts in Technical Trading Systems, 1978",
  title: "Wilder's moving average",
  inputs: ["value"],
  outputs: ["rma"],
  unit: "as the input",
  parameters: { period: period(14, 1) },
  warmup: ({ period }) => period - 1,
  make: ({ period }) => new Rma(period)
})
