/** How long ago the window's high and low were. */
import { define } from "./Indicator.ts"
import { type Columns, Kernel } from "./Kernel.ts"
import { period } from "./Parameter.ts"

/**
 * Bars since the largest of sign·x in a window, by van Herk's blocks as in Extremum, with the newest of equals. Rings:
 * extrema of suffixes, and the block positions where they are.
 */
class Since extends Kernel {
  private readonly length: number
  private readonly sign: number

  constructor(length: number, sign: number) {
    super({ inputs: 1, outputs: 1, scalars: 4, ring: 2 * length })
    this.length = length
    this.sign = sign
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    this.pass(inputs[0]!, outputs[0]!, rows)
  }

  pass(input: Float64Array, output: Float64Array, rows: number): void {
    const { length, ring, scalars, sign } = this
    let at = scalars[0]! | 0
    let full = scalars[1]! !== 0
    let newest = scalars[2]!
    let newestAt = scalars[3]! | 0
    for (let row = 0; row < rows; row++) {
      const value = sign * input[row]!
      if (value - value !== 0) {
        output[row] = Number.NaN
        continue
      }
      if (at === 0) {
        for (let slot = length - 2; slot > 0; slot--)
          if (ring[slot + 1]! >= ring[slot]!) {
            ring[slot] = ring[slot + 1]!
            ring[length + slot] = ring[length + slot + 1]!
          }
      }
      if (at === 0 || value >= newest) {
        newest = value
        newestAt = at
      }
      ring[at] = value
      ring[length + at] = at
      let since = at - newestAt
      const older = at + 1
      if (older < length) {
        if (!full) since = Number.NaN
        else if (ring[older]! > newest) since = at + length - ring[length + older]!
        at = older
      } else {
        full = true
        at = 0
      }
      output[row] = since
    }
    scalars[0] = at
    scalars[1] = full ? 1 : 0
    scalars[2] = newest
    scalars[3] = newestAt
  }
}

/**
 * Aroon: 100·(n − bars since the low of n + 1 bars) / n (down), the same of the high (up), and their difference, up − down
 * (the oscillator). Source: T. Chande, Technical Analysis of Stocks & Commodities, September 1995; TA-Lib AROON, AROONOSC.
 * Warm-up n. Unit: 0 to 100, −100 to 100 for the oscillator.
 */
export class Aroon extends Kernel {
  private readonly length: number
  private readonly high: Since
  private readonly low: Since
  private readonly both: boolean

  /** With `both` the outputs are down and up, else the oscillator alone. */
  constructor(length: number, both: boolean) {
    const high = new Since(length + 1, 1)
    const low = new Since(length + 1, -1)
    super({ inputs: 2, outputs: both ? 2 : 1, temps: 2, parts: [high, low] })
    this.length = length
    this.high = high
    this.low = low
    this.both = both
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const { length } = this
    const up = this.temp(0, rows)
    const down = this.temp(1, rows)
    const first = outputs[0]!
    this.high.pass(inputs[0]!, up, rows)
    this.low.pass(inputs[1]!, down, rows)
    const unit = 100 / length
    if (this.both) {
      const second = outputs[1]!
      for (let row = 0; row < rows; row++) {
        first[row] = unit * (length - down[row]!)
        second[row] = unit * (length - up[row]!)
      }
    } else for (let row = 0; row < rows; row++) first[row] = unit * (down[row]! - up[row]!)
  }
}

export const aroon = define({
  name: "aroon",
  formula: "100·(n − bars since the low of n + 1 bars) / n (down), the same of the high (up)",
  source: "T. Chande, Technical Analysis of Stocks & Commodities, September 1995; TA-Lib AROON",
  title: "Aroon",
  inputs: ["high", "low"],
  outputs: ["down", "up"],
  unit: "0 to 100",
  parameters: { period: period(14) },
  warmup: ({ period }) => period,
  make: ({ period }) => new Aroon(period, true)
})

export const aroonosc = define({
  name: "aroonosc",
  formula: "Aroon up − Aroon down",
  source: "T. Chande, Technical Analysis of Stocks & Commodities, September 1995; TA-Lib AROONOSC",
  title: "Aroon oscillator",
  inputs: ["high", "low"],
  outputs: ["aroonosc"],
  unit: "-100 to 100",
  parameters: { period: period(14) },
  warmup: ({ period }) => period,
  make: ({ period }) => new Aroon(period, false)
})
