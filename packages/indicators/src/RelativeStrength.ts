/** Oscillators that weigh the gains of closes against the losses: RSI (Wilder's and Cutler's), and Chande's CMO. */
import { Rma } from "./ExponentialAverage.ts"
import { define } from "./Indicator.ts"
import { Series } from "./Kernel.ts"
import { MovingSum } from "./MovingSum.ts"
import { period } from "./Parameter.ts"

/** Splits the change from the value before into gain and loss, smooths both, and blends them. */
abstract class GainLoss extends Series {
  private readonly gains: Series
  private readonly losses: Series

  constructor(gains: Series, losses: Series) {
    super({ scalars: 2, temps: 2, parts: [gains, losses] })
    this.gains = gains
    this.losses = losses
  }

  /** Writes the smoothed gain and loss into the two columns between the stages. */
  protected split(input: Float64Array, gain: Float64Array, loss: Float64Array, rows: number): void {
    const scalars = this.scalars
    let begun = scalars[0]! !== 0
    let previous = scalars[1]!
    for (let row = 0; row < rows; row++) {
      const value = input[row]!
      if (value - value !== 0 || !begun) {
        gain[row] = Number.NaN
        loss[row] = Number.NaN
        if (value - value !== 0) continue
        begun = true
      } else {
        const change = value - previous
        gain[row] = change > 0 ? change : 0
        loss[row] = change < 0 ? -change : 0
      }
      previous = value
    }
    scalars[0] = begun ? 1 : 0
    scalars[1] = previous
    this.gains.pass(gain, gain, rows)
    this.losses.pass(loss, loss, rows)
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const gain = this.temp(0, rows)
    const loss = this.temp(1, rows)
    this.split(input, gain, loss, rows)
    for (let row = 0; row < rows; row++) {
      const total = gain[row]! + loss[row]!
      output[row] = total === 0 ? 0 : (100 * gain[row]!) / total
    }
  }
}

/**
 * Relative strength index: 100·G / (G + L), G and L Wilder's averages of gains and losses; 0 when nothing moved.
 * Source: J. W. Wilder, 1978; TA-Lib RSI. Warm-up n. Unit: 0 to 100.
 */
export class Rsi extends GainLoss {
  constructor(length: number) {
    super(new Rma(length), new Rma(length))
  }
}

/**
 * Cutler's RSI: as RSI, with sums over the last n changes, so that no bar before the window counts. Source: D. Cutler,
 * in R. Colby, The Encyclopedia of Technical Market Indicators, 2003. Warm-up n. Unit: 0 to 100.
 */
export class CutlerRsi extends GainLoss {
  constructor(length: number) {
    super(new MovingSum(length), new MovingSum(length))
  }
}

/**
 * Chande momentum oscillator: 100·(G − L) / (G + L), smoothed as Wilder does; 0 when nothing moved. Source: T. Chande
 * and S. Kroll, The New Technical Trader, 1994; smoothing as TA-Lib CMO. Warm-up n. Unit: −100 to 100.
 */
export class Cmo extends GainLoss {
  constructor(length: number) {
    super(new Rma(length), new Rma(length))
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const gain = this.temp(0, rows)
    const loss = this.temp(1, rows)
    this.split(input, gain, loss, rows)
    for (let row = 0; row < rows; row++) {
      const total = gain[row]! + loss[row]!
      output[row] = total === 0 ? 0 : (100 * (gain[row]! - loss[row]!)) / total
    }
  }
}

export const rsi = define({
  name: "rsi",
  formula: "100·G / (G + L), G and L Wilder's averages of gains and losses; 0 when nothing moved",
  source: "J. W. Wilder, New Concepts in Technical Trading Systems, 1978; TA-Lib RSI",
  title: "Relative strength index",
  inputs: ["value"],
  outputs: ["rsi"],
  unit: "0 to 100",
  parameters: { period: period(14) },
  warmup: ({ period }) => period,
  make: ({ period }) => new Rsi(period)
})

export const cutlerRsi = define({
  name: "cutlerrsi",
  formula: "100·G / (G + L), G and L the sums of gains and losses of the last n changes",
  source: "D. Cutler, in R. Colby, The Encyclopedia of Technical Market Indicators, 2003",
  title: "Cutler's relative strength index",
  inputs: ["value"],
  outputs: ["rsi"],
  unit: "0 to 100",
  parameters: { period: period(14) },
  warmup: ({ period }) => period,
  make: ({ period }) => new CutlerRsi(period)
})

export const cmo = define({
  name: "cmo",
  formula: "100·(G − L) / (G + L), G and L Wilder's averages of gains and losses; 0 when nothing moved",
  source: "T. Chande and S. Kroll, The New Technical Trader, 1994; smoothing as TA-Lib CMO",
  title: "Chande momentum oscillator",
  inputs: ["value"],
  outputs: ["cmo"],
  unit: "-100 to 100",
  parameters: { period: period(14) },
  warmup: ({ period }) => period,
  make: ({ period }) => new Cmo(period)
})
