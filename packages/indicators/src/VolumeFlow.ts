/** Volume given the sign of the price's change: on-balance volume, Elder's force, and the money flow index. */
import { Ema } from "./ExponentialAverage.ts"
import { define } from "./Indicator.ts"
import { type Columns, Kernel } from "./Kernel.ts"
import { MovingSum } from "./MovingSum.ts"
import { period } from "./Parameter.ts"
import { rounding } from "./Rounding.ts"

/**
 * On-balance volume: + v on a higher close, − v on a lower one; begins with the first bar's volume. Source: J. Granville,
 * Granville's New Key to Stock Market Profits, 1963; TA-Lib OBV. Warm-up 0. Unit: volume.
 */
export class OnBalanceVolume extends Kernel {
  constructor() {
    super({ inputs: 2, outputs: 1, scalars: 3 })
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const close = inputs[0]!
    const volume = inputs[1]!
    const output = outputs[0]!
    const scalars = this.scalars
    let begun = scalars[0]! !== 0
    let previous = scalars[1]!
    let line = scalars[2]!
    for (let row = 0; row < rows; row++) {
      const last = close[row]!
      if (last - last !== 0) {
        output[row] = Number.NaN
        continue
      }
      if (!begun || last > previous) line += volume[row]!
      else if (last < previous) line -= volume[row]!
      begun = true
      previous = last
      output[row] = line
    }
    scalars[0] = begun ? 1 : 0
    scalars[1] = previous
    scalars[2] = line
  }
}

/**
 * Elder's force index: EMA(n) of (close − close before)·v. Source: A. Elder, Trading for a Living, 1993. Warm-up n.
 * Unit: price times volume.
 */
export class ForceIndex extends Kernel {
  private readonly average: Ema

  constructor(length: number) {
    const average = new Ema(length)
    super({ inputs: 2, outputs: 1, scalars: 2, parts: [average] })
    this.average = average
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const close = inputs[0]!
    const volume = inputs[1]!
    const output = outputs[0]!
    const scalars = this.scalars
    let begun = scalars[0]! !== 0
    let previous = scalars[1]!
    for (let row = 0; row < rows; row++) {
      const last = close[row]!
      output[row] = begun ? (last - previous) * volume[row]! : Number.NaN
      if (last - last !== 0) continue
      begun = true
      previous = last
    }
    scalars[0] = begun ? 1 : 0
    scalars[1] = previous
    this.average.pass(output, output, rows)
  }
}

/**
 * Money flow index: 100·P / (P + N), P and N the sums over n bars of p·v on bars where p = (high + low + close) / 3 rose and
 * fell by more than rounding; 0 when nothing flowed. Source: G. Quong and A. Soudack, Technical Analysis of Stocks & Commodities, 1989; TA-Lib
 * MFI. Warm-up n. Unit: 0 to 100.
 */
export class MoneyFlowIndex extends Kernel {
  private readonly gains: MovingSum
  private readonly losses: MovingSum

  constructor(length: number) {
    const [gains, losses] = [new MovingSum(length), new MovingSum(length)]
    super({ inputs: 4, outputs: 1, scalars: 2, temps: 2, parts: [gains, losses] })
    this.gains = gains
    this.losses = losses
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const high = inputs[0]!
    const low = inputs[1]!
    const close = inputs[2]!
    const volume = inputs[3]!
    const output = outputs[0]!
    const gain = this.temp(0, rows)
    const loss = this.temp(1, rows)
    const scalars = this.scalars
    let begun = scalars[0]! !== 0
    let previous = scalars[1]!
    for (let row = 0; row < rows; row++) {
      const price = (high[row]! + low[row]! + close[row]!) / 3
      const flow = begun ? price * volume[row]! : Number.NaN
      const change = price - previous
      const missing = flow - flow !== 0
      const still = Math.abs(change) <= rounding * (Math.abs(price) + Math.abs(previous))
      gain[row] = missing || (change > 0 && !still) ? flow : 0
      loss[row] = missing || (change < 0 && !still) ? flow : 0
      if (price - price !== 0) continue
      begun = true
      previous = price
    }
    scalars[0] = begun ? 1 : 0
    scalars[1] = previous
    this.gains.pass(gain, gain, rows)
    this.losses.pass(loss, loss, rows)
    for (let row = 0; row < rows; row++) {
      const total = gain[row]! + loss[row]!
      output[row] = total <= 0 ? 0 : (100 * gain[row]!) / total
    }
  }
}

export const obv = define({
  name: "obv",
  formula: "+ v on a higher close, − v on a lower one; begins with the first bar's volume",
  source: "J. Granville, Granville's New Key to Stock Market Profits, 1963; TA-Lib OBV",
  title: "On-balance volume",
  inputs: ["close", "volume"],
  outputs: ["obv"],
  unit: "volume",
  parameters: {},
  warmup: () => 0,
  make: () => new OnBalanceVolume()
})

export const efi = define({
  name: "efi",
  formula: "EMA(n) of (close − close before)·v",
  source: "A. Elder, Trading for a Living, 1993",
  title: "Elder's force index",
  inputs: ["close", "volume"],
  outputs: ["efi"],
  unit: "price times volume",
  parameters: { period: period(13, 1) },
  warmup: ({ period }) => period,
  make: ({ period }) => new ForceIndex(period)
})

export const mfi = define({
  name: "mfi",
  formula:
    "100·P / (P + N), P and N the sums over n bars of p·v where p = (high + low + close) / 3 rose and fell; 0 when nothing flowed",
  source: "G. Quong and A. Soudack, Technical Analysis of Stocks & Commodities, 1989; TA-Lib MFI",
  title: "Money flow index",
  inputs: ["high", "low", "close", "volume"],
  outputs: ["mfi"],
  unit: "0 to 100",
  parameters: { period: period(14) },
  warmup: ({ period }) => period,
  make: ({ period }) => new MoneyFlowIndex(period)
})
