/** Wilder's parabolic stop and reverse. */
import { define } from "./Indicator.ts"
import { type Columns, Kernel } from "./Kernel.ts"
import { factor } from "./Parameter.ts"

/**
 * SAR: s ← s + a(e − s), e the extreme since the last reversal, a grows by `acceleration` with each new extreme up to
 * `maximum`; s never enters the last two bars' range; a bar that touches it reverses. The first direction is down if −DM
 * of the second bar is positive, else up. Source: Wilder, 1978; TA-Lib SAR. Warm-up 1. Unit: price.
 */
export class ParabolicSar extends Kernel {
  private readonly acceleration: number
  private readonly maximum: number

  constructor(acceleration: number, maximum: number) {
    super({ inputs: 2, outputs: 1, scalars: 7 })
    this.acceleration = Math.min(acceleration, maximum)
    this.maximum = maximum
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const highs = inputs[0]!
    const lows = inputs[1]!
    const output = outputs[0]!
    const { acceleration, maximum, scalars } = this
    let count = scalars[0]! | 0
    let long = scalars[1]! !== 0
    let stop = scalars[2]!
    let extreme = scalars[3]!
    let step = scalars[4]!
    let high = scalars[5]!
    let low = scalars[6]!
    for (let row = 0; row < rows; row++) {
      const top = highs[row]!
      const bottom = lows[row]!
      if (top - top !== 0) {
        output[row] = Number.NaN
        continue
      }
      if (count < 2) {
        count++
        if (count === 1) {
          output[row] = Number.NaN
          high = top
          low = bottom
          continue
        }
        const fall = low - bottom
        long = !(fall > 0 && top - high < fall)
        stop = long ? low : high
        extreme = long ? top : bottom
        step = acceleration
        high = top
        low = bottom
      }
      const ceiling = top > high ? top : high
      const floor = bottom < low ? bottom : low
      if (long ? bottom <= stop : top >= stop) {
        long = !long
        stop = long ? Math.min(extreme, floor) : Math.max(extreme, ceiling)
        output[row] = stop
        step = acceleration
        extreme = long ? top : bottom
      } else {
        output[row] = stop
        if (long ? top > extreme : bottom < extreme) {
          extreme = long ? top : bottom
          step = Math.min(step + acceleration, maximum)
        }
      }
      stop += step * (extreme - stop)
      stop = long ? Math.min(stop, floor) : Math.max(stop, ceiling)
      high = top
      low = bottom
    }
    scalars[0] = count
    scalars[1] = long ? 1 : 0
    scalars[2] = stop
    scalars[3] = extreme
    scalars[4] = step
    scalars[5] = high
    scalars[6] = low
  }
}

export const sar = define({
  name: "sar",
  formula:
    "s ← s + a(e − s), e the extreme since the last reversal, a grows by `acceleration` with each new extreme up to `maximum`; s never enters the last two bars' range; a bar that touches it reverses",
  source: "J. W. Wilder, New Concepts in Technical Trading Systems, 1978; TA-Lib SAR",
  title: "Parabolic stop and reverse",
  inputs: ["high", "low"],
  outputs: ["sar"],
  unit: "price",
  parameters: {
    acceleration: factor(0.02, 0, 1, "step of the acceleration, and where it begins"),
    maximum: factor(0.2, 0, 1, "the largest acceleration")
  },
  warmup: () => 1,
  make: ({ acceleration, maximum }) => new ParabolicSar(acceleration, maximum)
})
