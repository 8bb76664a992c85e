/** The rate of change of a triple EMA. */
import { EmaChain } from "./EmaChain.ts"
import { define } from "./Indicator.ts"
import { period } from "./Parameter.ts"

/**
 * TRIX: 100·(e / e of the bar before − 1), e = EMA(EMA(EMA)). Source: J. Hutson, Technical Analysis of Stocks &
 * Commodities, 1983; TA-Lib TRIX. Warm-up 3(n − 1) + 1. Unit: percent.
 */
export class Trix extends EmaChain {
  constructor(length: number) {
    super(length, 3)
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const { alpha, scalars } = this
    let row = this.beginRows(input, output, rows)
    let once = scalars[0]!
    let twice = scalars[1]!
    let thrice = scalars[2]!
    for (; row < rows; row++) {
      const value = input[row]!
      if (value - value !== 0) {
        output[row] = Number.NaN
        continue
      }
      const before = thrice
      once += alpha * (value - once)
      twice += alpha * (once - twice)
      thrice += alpha * (twice - thrice)
      output[row] = before === 0 ? 0 : (thrice / before - 1) * 100
    }
    scalars[0] = once
    scalars[1] = twice
    scalars[2] = thrice
  }

  /** The first has nothing before it. */
  protected override shown(): number {
    return Number.NaN
  }
}

export const trix = define({
  name: "trix",
  formula: "100·(e / e of the bar before − 1), e = EMA(EMA(EMA))",
  source: "J. Hutson, Technical Analysis of Stocks & Commodities, 1983; TA-Lib TRIX",
  title: "Rate of change of a triple exponential average",
  inputs: ["value"],
  outputs: ["trix"],
  unit: "percent",
  parameters: { period: period(30, 1) },
  warmup: ({ period }) => 3 * (period - 1) + 1,
  make: ({ period }) => new Trix(period)
})
