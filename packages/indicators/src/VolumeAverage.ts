/** Average prices weighted by the volume that traded at them: VWMA, and VWAP since the start or over a window. */
import { define } from "./Indicator.ts"
import { type Columns, Kernel } from "./Kernel.ts"
import { MovingSum } from "./MovingSum.ts"
import { period } from "./Parameter.ts"

/** Σ pv / Σ v of the last n bars; NaN while no volume traded. */
class WindowedVwap extends Kernel {
  private readonly typical: boolean
  private readonly traded: MovingSum
  private readonly volume: MovingSum

  /** With `typical`, the price is (high + low + close) / 3 of three columns, else the first column. */
  constructor(length: number, typical: boolean) {
    const [traded, volume] = [new MovingSum(length), new MovingSum(length)]
    super({ inputs: typical ? 4 : 2, outputs: 1, temps: 2, parts: [traded, volume] })
    this.typical = typical
    this.traded = traded
    this.volume = volume
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const traded = this.temp(0, rows)
    const volumes = this.temp(1, rows)
    const output = outputs[0]!
    const volume = inputs[this.inputs - 1]!
    if (this.typical) {
      const high = inputs[0]!
      const low = inputs[1]!
      const close = inputs[2]!
      for (let row = 0; row < rows; row++) traded[row] = ((high[row]! + low[row]! + close[row]!) / 3) * volume[row]!
    } else {
      const price = inputs[0]!
      for (let row = 0; row < rows; row++) traded[row] = price[row]! * volume[row]!
    }
    this.traded.pass(traded, traded, rows)
    this.volume.pass(volume, volumes, rows)
    for (let row = 0; row < rows; row++) output[row] = volumes[row] === 0 ? Number.NaN : traded[row]! / volumes[row]!
  }
}

/**
 * Volume-weighted moving average: Σ x·v / Σ v over n bars. Source: B. Dormeier, Investing with Volume Analysis, 2011.
 * Warm-up n − 1. Unit: the price's; NaN while no volume traded in the window.
 */
export class Vwma extends WindowedVwap {
  constructor(length: number) {
    super(length, false)
  }
}

/**
 * Moving VWAP: Σ p·v / Σ v over n bars, p = (high + low + close) / 3. Source: S. Berkowitz, D. Logue, E. Noser, The
 * Journal of Finance 43 (1988), over a window. Warm-up n − 1. Unit: the price's; NaN while no volume traded.
 */
export class MovingVwap extends WindowedVwap {
  constructor(length: number) {
    super(length, true)
  }
}

/**
 * VWAP since the first bar or the last `reset` (call it where a session begins): Σ p·v / Σ v, p = (high + low + close) / 3.
 * Source: Berkowitz, Logue, Noser, ibid. Warm-up 0. Unit: the price's; NaN until volume trades.
 */
export class Vwap extends Kernel {
  constructor() {
    super({ inputs: 4, outputs: 1, scalars: 2 })
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const high = inputs[0]!
    const low = inputs[1]!
    const close = inputs[2]!
    const volume = inputs[3]!
    const output = outputs[0]!
    const scalars = this.scalars
    let traded = scalars[0]!
    let volumes = scalars[1]!
    for (let row = 0; row < rows; row++) {
      const price = (high[row]! + low[row]! + close[row]!) / 3
      if (price - price !== 0) {
        output[row] = Number.NaN
        continue
      }
      traded += price * volume[row]!
      volumes += volume[row]!
      output[row] = volumes === 0 ? Number.NaN : traded / volumes
    }
    scalars[0] = traded
    scalars[1] = volumes
  }
}

export const vwma = define({
  name: "vwma",
  formula: "Σ x·v / Σ v over n bars; NaN while no volume traded",
  source: "B. Dormeier, Investing with Volume Analysis, 2011",
  title: "Volume-weighted moving average",
  inputs: ["value", "volume"],
  outputs: ["vwma"],
  unit: "as the input",
  parameters: { period: period(20, 1) },
  warmup: ({ period }) => period - 1,
  make: ({ period }) => new Vwma(period)
})

export const movingVwap = define({
  name: "movingvwap",
  formula: "Σ p·v / Σ v over n bars, p = (high + low + close) / 3; NaN while no volume traded",
  source: "S. Berkowitz, D. Logue, E. Noser, The Journal of Finance 43, 1988, over a window",
  title: "Moving volume-weighted average price",
  inputs: ["high", "low", "close", "volume"],
  outputs: ["vwap"],
  unit: "price",
  parameters: { period: period(50, 1) },
  warmup: ({ period }) => period - 1,
  make: ({ period }) => new MovingVwap(period)
})

export const vwap = define({
  name: "vwap",
  formula: "Σ p·v / Σ v since the first bar or the last reset, p = (high + low + close) / 3; NaN until volume trades",
  source: "S. Berkowitz, D. Logue, E. Noser, The Journal of Finance 43, 1988",
  title: "Volume-weighted average price since the start",
  inputs: ["high", "low", "close", "volume"],
  outputs: ["vwap"],
  unit: "price",
  parameters: {},
  warmup: () => 0,
  make: () => new Vwap()
})
