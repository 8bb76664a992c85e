/** Local highs and lows, told once enough bars have passed to know them. */
import { Max, Min } from "./Extremum.ts"
import { define } from "./Indicator.ts"
import { type Columns, Kernel, Series } from "./Kernel.ts"
import { Lag } from "./Lag.ts"
import { period } from "./Parameter.ts"

/** One side: the value of `right` bars ago where it beats its neighbours on both sides, else 0. */
class Swing extends Series {
  private readonly candidate: Lag
  private readonly before: Series
  private readonly beforeThen: Lag
  private readonly after: Series
  private readonly sign: number

  constructor(left: number, right: number, sign: 1 | -1) {
    const best = (length: number): Series => (sign === 1 ? new Max(length) : new Min(length))
    const candidate = new Lag(right)
    const before = best(left)
    const beforeThen = new Lag(right + 1)
    const after = best(right)
    super({ temps: 2, parts: [candidate, before, beforeThen, after] })
    this.candidate = candidate
    this.before = before
    this.beforeThen = beforeThen
    this.after = after
    this.sign = sign
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const { sign } = this
    const before = this.temp(0, rows)
    const after = this.temp(1, rows)
    this.before.pass(input, before, rows)
    this.beforeThen.pass(before, before, rows)
    this.after.pass(input, after, rows)
    this.candidate.pass(input, output, rows)
    for (let row = 0; row < rows; row++) {
      const value = sign * output[row]!
      const left = sign * before[row]!
      const right = sign * after[row]!
      if (left - left !== 0) output[row] = Number.NaN
      else if (value <= left || value <= right) output[row] = 0
    }
  }
}

/**
 * Swing points: the high of `right` bars ago where it is above the highs of the `left` bars before it and the `right` bars
 * after it; the low likewise; 0 where there is none. Told when known, never earlier. Source: B. Williams, Trading Chaos,
 * 1995 (fractals: 2 and 2); QuantConnect's PivotPointsHighLow. Warm-up left + right. Unit: price.
 */
export class SwingPoint extends Kernel {
  private readonly high: Swing
  private readonly low: Swing

  constructor(left: number, right: number) {
    const high = new Swing(left, right, 1)
    const low = new Swing(left, right, -1)
    super({ inputs: 2, outputs: 2, parts: [high, low] })
    this.high = high
    this.low = low
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    this.high.pass(inputs[0]!, outputs[0]!, rows)
    this.low.pass(inputs[1]!, outputs[1]!, rows)
  }
}

export const swings = define({
  name: "swings",
  formula:
    "the high of `right` bars ago where it beats the `left` highs before it and the `right` after it, the low likewise; else 0",
  source: "B. Williams, Trading Chaos, 1995",
  title: "Pivot high and low points",
  inputs: ["high", "low"],
  outputs: ["high", "low"],
  unit: "price; 0 where there is none",
  parameters: {
    left: period(10, 1, "bars before the point that it must beat"),
    right: period(10, 1, "bars after the point that it must beat; also the delay")
  },
  warmup: ({ left, right }) => left + right,
  make: ({ left, right }) => new SwingPoint(left, right)
})
