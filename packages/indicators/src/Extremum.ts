/** The largest and smallest of a window, and how long ago: by van Herk's blocks, three comparisons a bar. */
import { define } from "./Indicator.ts"
import { Series } from "./Kernel.ts"
import { period } from "./Parameter.ts"

/**
 * Sliding maximum of sign·x. Bars come in blocks of n; at a block's first bar the ring is turned, in place, into the
 * extrema of each suffix of the block before, and the window is such a suffix and the block's beginning (M. van Herk,
 * Pattern Recognition Letters 13, 1992; J. Gil and M. Werman, IEEE PAMI 15, 1993). Turning twice changes nothing and the
 * slot a bar writes is no longer read, so a peeked bar leaves no trace. Amortised O(1); the turn itself is O(n).
 */
class Extremum extends Series {
  private readonly length: number
  private readonly sign: number

  constructor(length: number, sign: number) {
    super({ scalars: 3, ring: length })
    this.length = length
    this.sign = sign
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const { length, ring, scalars, sign } = this
    let at = scalars[0]! | 0
    let full = scalars[1]! !== 0
    let newest = scalars[2]!
    for (let row = 0; row < rows; row++) {
      const value = sign * input[row]!
      if (value - value !== 0) {
        output[row] = Number.NaN
        continue
      }
      if (at === 0) {
        let best = ring[length - 1]!
        for (let slot = length - 2; slot > 0; slot--) {
          const one = ring[slot]!
          if (one > best) best = one
          else ring[slot] = best
        }
        newest = value
      } else if (value > newest) newest = value
      ring[at] = value
      at++
      let best = newest
      if (at === length) {
        at = 0
        full = true
      } else if (!full) best = Number.NaN
      else if (ring[at]! > best) best = ring[at]!
      output[row] = sign * best
    }
    scalars[0] = at
    scalars[1] = full ? 1 : 0
    scalars[2] = newest
  }
}

/** Largest of the last n values. Source: TA-Lib MAX. Warm-up n − 1. Unit: the input's. */
export class Max extends Extremum {
  constructor(length: number) {
    super(length, 1)
  }
}

/** Smallest of the last n values. Source: TA-Lib MIN. Warm-up n − 1. Unit: the input's. */
export class Min extends Extremum {
  constructor(length: number) {
    super(length, -1)
  }
}

export const max = define({
  name: "max",
  formula: "largest of the last n values",
  source: "TA-Lib MAX",
  title: "Highest value",
  inputs: ["value"],
  outputs: ["max"],
  unit: "as the input",
  parameters: { period: period(30, 1) },
  warmup: ({ period }) => period - 1,
  make: ({ period }) => new Max(period)
})

export const min = define({
  name: "min",
  formula: "smallest of the last n values",
  source: "TA-Lib MIN",
  title: "Lowest value",
  inputs: ["value"],
  outputs: ["min"],
  unit: "as the input",
  parameters: { period: period(30, 1) },
  warmup: ({ period }) => period - 1,
  make: ({ period }) => new Min(period)
})
