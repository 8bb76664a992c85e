/** Wilder's directional movement, summed up over a window: the part that +DM, −DM, the DIs, DX and ADX share. */
import { define } from "./Indicator.ts"
import { type Columns, Kernel } from "./Kernel.ts"
import { period } from "./Parameter.ts"

/**
 * Smoothed +DM, −DM and true range, s ← s − s / n + x, begun with the sum of the first n − 1. +DM is the rise of the high
 * when it is positive and above the fall of the low, −DM the other way round. Source: Wilder, 1978; seeding as TA-Lib.
 * Warm-up n − 1. Unit: price.
 */
export class MovementSums extends Kernel {
  private readonly length: number

  constructor(length: number) {
    super({ inputs: 3, outputs: 3, scalars: 7 })
    this.length = length
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const highs = inputs[0]!
    const lows = inputs[1]!
    const closes = inputs[2]!
    const ups = outputs[0]!
    const downs = outputs[1]!
    const ranges = outputs[2]!
    const { length, scalars } = this
    const share = 1 / length
    let count = scalars[0]! | 0
    let high = scalars[1]!
    let low = scalars[2]!
    let close = scalars[3]!
    let up = scalars[4]!
    let down = scalars[5]!
    let range = scalars[6]!
    for (let row = 0; row < rows; row++) {
      const last = closes[row]!
      if (last - last !== 0 || count === 0) {
        ups[row] = downs[row] = ranges[row] = Number.NaN
        if (last - last !== 0) continue
        count = 1
      } else {
        const rise = highs[row]! - high
        const fall = low - lows[row]!
        let travelled = highs[row]! - lows[row]!
        const above = Math.abs(highs[row]! - close)
        const below = Math.abs(lows[row]! - close)
        if (above > travelled) travelled = above
        if (below > travelled) travelled = below
        if (count >= length) {
          up -= up * share
          down -= down * share
          range -= range * share
        }
        if (fall > 0 && rise < fall) down += fall
        else if (rise > 0 && rise > fall) up += rise
        range += travelled
        if (count < length) count++
        const ready = count === length
        ups[row] = ready ? up : Number.NaN
        downs[row] = ready ? down : Number.NaN
        ranges[row] = ready ? range : Number.NaN
      }
      high = highs[row]!
      low = lows[row]!
      close = last
    }
    scalars[0] = count
    scalars[1] = high
    scalars[2] = low
    scalars[3] = close
    scalars[4] = up
    scalars[5] = down
    scalars[6] = range
  }
}

/** One of the two smoothed movements: +DM (TA-Lib PLUS_DM) or −DM (MINUS_DM). Warm-up n − 1. Unit: price. */
export class SmoothedMovement extends Kernel {
  private readonly sums: MovementSums
  private readonly columns: Array<Float64Array> = []
  private readonly bars: Array<Float64Array> = []
  private readonly side: number

  constructor(length: number, direction: "plus" | "minus") {
    const sums = new MovementSums(length)
    super({ inputs: 2, outputs: 1, temps: 2, parts: [sums] })
    this.sums = sums
    this.side = direction === "plus" ? 0 : 1
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    // The range of a bar without a close is not asked for: the low stands in for it.
    this.bars[0] = inputs[0]!
    this.bars[1] = inputs[1]!
    this.bars[2] = inputs[1]!
    this.columns[this.side] = outputs[0]!
    this.columns[1 - this.side] = this.temp(0, rows)
    this.columns[2] = this.temp(1, rows)
    this.sums.run(this.bars, this.columns, rows)
  }
}

export const plusDm = define({
  name: "plusdm",
  formula:
    "s ← s − s / n + the rise of the high where it is positive and above the fall of the low, begun with the sum of the first n − 1",
  source: "J. W. Wilder, New Concepts in Technical Trading Systems, 1978; TA-Lib PLUS_DM",
  title: "Plus directional movement",
  inputs: ["high", "low"],
  outputs: ["plusdm"],
  unit: "price",
  parameters: { period: period(14) },
  warmup: ({ period }) => period - 1,
  make: ({ period }) => new SmoothedMovement(period, "plus")
})

export const minusDm = define({
  name: "minusdm",
  formula:
    "s ← s − s / n + the fall of the low where it is positive and above the rise of the high, begun with the sum of the first n − 1",
  source: "J. W. Wilder, New Concepts in Technical Trading Systems, 1978; TA-Lib MINUS_DM",
  title: "Minus directional movement",
  inputs: ["high", "low"],
  outputs: ["minusdm"],
  unit: "price",
  parameters: { period: period(14) },
  warmup: ({ period }) => period - 1,
  make: ({ period }) => new SmoothedMovement(period, "minus")
})
