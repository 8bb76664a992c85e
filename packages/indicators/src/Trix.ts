/** The rate of change of a triple EMA. */
import { Ema } from "./ExponentialAverage.ts"
import { define } from "./Indicator.ts"
import { Series } from "./Kernel.ts"
import { period } from "./Parameter.ts"
import { RateOfChange } from "./RateOfChange.ts"

/**
 * TRIX: 100·(e / e of the bar before − 1), e = EMA(EMA(EMA)). Source: J. Hutson, Technical Analysis of Stocks &
 * Commodities, 1983; TA-Lib TRIX. Warm-up 3(n − 1) + 1. Unit: percent.
 */
export class Trix extends Series {
  private readonly averages: ReadonlyArray<Ema>
  private readonly change: RateOfChange

  constructor(length: number) {
    const averages = Array.from({ length: 3 }, () => new Ema(length))
    const change = new RateOfChange(1)
    super({ temps: 1, parts: [...averages, change] })
    this.averages = averages
    this.change = change
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const smooth = this.temp(0, rows)
    this.averages[0]!.pass(input, smooth, rows)
    this.averages[1]!.pass(smooth, smooth, rows)
    this.averages[2]!.pass(smooth, smooth, rows)
    this.change.pass(smooth, output, rows)
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
