/** How far prices travel in a bar: the true range, and its averages. */
import { Rma } from "./ExponentialAverage.ts"
import { define } from "./Indicator.ts"
import { type Columns, Kernel } from "./Kernel.ts"
import { period } from "./Parameter.ts"

/**
 * True range: the largest of high − low, |high − close before|, |low − close before|. Source: Wilder, 1978; TA-Lib TRANGE.
 * Warm-up 1, or 0 when the first bar's is its high − low (`openEnded`). Unit: price.
 */
export class TrueRange extends Kernel {
  private readonly openEnded: boolean

  constructor(openEnded = false) {
    super({ inputs: 3, outputs: 1, scalars: 2 })
    this.openEnded = openEnded
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    this.pass(inputs[0]!, inputs[1]!, inputs[2]!, outputs[0]!, rows)
  }

  pass(high: Float64Array, low: Float64Array, close: Float64Array, output: Float64Array, rows: number): void {
    const scalars = this.scalars
    let begun = scalars[0]! !== 0
    let previous = scalars[1]!
    for (let row = 0; row < rows; row++) {
      const last = close[row]!
      if (last - last !== 0) {
        output[row] = Number.NaN
        continue
      }
      const top = high[row]!
      const bottom = low[row]!
      let range = top - bottom
      if (begun) {
        const up = Math.abs(top - previous)
        const down = Math.abs(bottom - previous)
        if (up > range) range = up
        if (down > range) range = down
      } else if (!this.openEnded) range = Number.NaN
      begun = true
      previous = last
      output[row] = range
    }
    scalars[0] = begun ? 1 : 0
    scalars[1] = previous
  }
}

/** Average true range: Wilder's average of it. Source: Wilder, 1978; TA-Lib ATR. Warm-up n. Unit: price. */
export class Atr extends Kernel {
  private readonly range: TrueRange
  private readonly average: Rma

  constructor(length: number) {
    const range = new TrueRange()
    const average = new Rma(length)
    super({ inputs: 3, outputs: 1, parts: [range, average] })
    this.range = range
    this.average = average
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    this.pass(inputs[0]!, inputs[1]!, inputs[2]!, outputs[0]!, rows)
  }

  pass(high: Float64Array, low: Float64Array, close: Float64Array, output: Float64Array, rows: number): void {
    this.range.pass(high, low, close, output, rows)
    this.average.pass(output, output, rows)
  }
}

/**
 * Normalised average true range: 100·ATR / close, 0 where the close is 0. Source: J. Forman, Technical Analysis of
 * Stocks & Commodities, May 2006; TA-Lib NATR. Warm-up n. Unit: percent.
 */
export class Natr extends Kernel {
  private readonly atr: Atr

  constructor(length: number) {
    const atr = new Atr(length)
    super({ inputs: 3, outputs: 1, temps: 1, parts: [atr] })
    this.atr = atr
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const close = inputs[2]!
    const output = outputs[0]!
    const atr = this.temp(0, rows)
    this.atr.pass(inputs[0]!, inputs[1]!, close, atr, rows)
    for (let row = 0; row < rows; row++) output[row] = close[row] === 0 ? 0 : (atr[row]! / close[row]!) * 100
  }
}

export const trange = define({
  name: "trange",
  formula: "largest of high − low, |high − close before|, |low − close before|",
  source: "J. W. Wilder, New Concepts in Technical Trading Systems, 1978; TA-Lib TRANGE",
  title: "True range",
  inputs: ["high", "low", "close"],
  outputs: ["trange"],
  unit: "price",
  parameters: {},
  warmup: () => 1,
  make: () => new TrueRange()
})

export const atr = define({
  name: "atr",
  formula: "Wilder's average of the true range",
  source: "J. W. Wilder, New Concepts in Technical Trading Systems, 1978; TA-Lib ATR",
  title: "Average true range",
  inputs: ["high", "low", "close"],
  outputs: ["atr"],
  unit: "price",
  parameters: { period: period(14, 1) },
  warmup: ({ period }) => period,
  make: ({ period }) => new Atr(period)
})

export const natr = define({
  name: "natr",
  formula: "100·ATR / close",
  source: "J. Forman, Technical Analysis of Stocks & Commodities, May 2006; TA-Lib NATR",
  title: "Normalised average true range",
  inputs: ["high", "low", "close"],
  outputs: ["natr"],
  unit: "percent",
  parameters: { period: period(14, 1) },
  warmup: ({ period }) => period,
  make: ({ period }) => new Natr(period)
})
