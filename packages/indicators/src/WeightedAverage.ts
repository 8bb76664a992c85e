/** Averages with straight-line weights: WMA, and the triangular one. */
import { define } from "./Indicator.ts"
import { Series } from "./Kernel.ts"
import { Sma } from "./MovingSum.ts"
import { period } from "./Parameter.ts"
import { fallMax } from "./Rounding.ts"

/**
 * Weighted moving average: (1·x₁ + 2·x₂ + … + n·xₙ) / (n(n + 1) / 2), the newest weighs most. Source: TA-Lib WMA.
 * Warm-up n − 1. Unit: the input's. Both sums are taken anew once a turn of the ring, and when they fall far.
 */
export class Wma extends Series {
  private readonly length: number

  constructor(length: number) {
    super({ scalars: 5, ring: length + 1 })
    this.length = length
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const { length, ring, scalars } = this
    const divisor = (length * (length + 1)) / 2
    let at = scalars[0]! | 0
    let count = scalars[1]! | 0
    let sum = scalars[2]!
    let weighted = scalars[3]!
    let peak = scalars[4]!
    for (let row = 0; row < rows; row++) {
      const value = input[row]!
      if (value - value !== 0) {
        output[row] = Number.NaN
        continue
      }
      ring[at] = value
      const next = at === length ? 0 : at + 1
      if (count < length) {
        count++
        sum += value
        weighted += count * value
      } else {
        weighted += length * value - sum
        sum += value - ring[next]!
      }
      const size = Math.abs(sum)
      if (size > peak) peak = size
      if (next === 0 || (size < peak * fallMax && count === length)) {
        sum = 0
        weighted = 0
        for (let place = 1, slot = next; place <= length; place++) {
          slot = slot === length ? 0 : slot + 1
          sum += ring[slot]!
          weighted += place * ring[slot]!
        }
        peak = Math.abs(sum)
      }
      at = next
      output[row] = count < length ? Number.NaN : weighted / divisor
    }
    scalars[0] = at
    scalars[1] = count
    scalars[2] = sum
    scalars[3] = weighted
    scalars[4] = peak
  }
}

/**
 * Triangular moving average: the SMA of an SMA, their windows (n + 1) / 2 each for an odd n, n / 2 and n / 2 + 1 for an
 * even one. Source: TA-Lib TRIMA. Warm-up n − 1. Unit: the input's.
 */
export class Trima extends Series {
  private readonly first: Sma
  private readonly second: Sma

  constructor(length: number) {
    const first = new Sma(Math.floor((length + 1) / 2))
    const second = new Sma(Math.floor(length / 2) + 1)
    super({ temps: 1, parts: [first, second] })
    this.first = first
    this.second = second
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const once = this.temp(0, rows)
    this.first.pass(input, once, rows)
    this.second.pass(once, output, rows)
  }
}

export const wma = define({
  name: "wma",
  formula: "(1·x₁ + 2·x₂ + … + n·xₙ) / (n(n + 1) / 2), the newest weighs most",
  source: "TA-Lib WMA",
  title: "Weighted moving average",
  inputs: ["value"],
  outputs: ["wma"],
  unit: "as the input",
  parameters: { period: period(30, 1) },
  warmup: ({ period }) => period - 1,
  make: ({ period }) => new Wma(period)
})

export const trima = define({
  name: "trima",
  formula: "SMA of an SMA, their windows (n + 1) / 2 each for an odd n, n / 2 and n / 2 + 1 for an even one",
  source: "TA-Lib TRIMA",
  title: "Triangular moving average",
  inputs: ["value"],
  outputs: ["trima"],
  unit: "as the input",
  parameters: { period: period(30) },
  warmup: ({ period }) => period - 1,
  make: ({ period }) => new Trima(period)
})
