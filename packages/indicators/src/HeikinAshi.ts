/** Bars averaged with the ones before them. */
import { define } from "./Indicator.ts"
import { type Columns, Kernel } from "./Kernel.ts"

/**
 * Heikin-Ashi: close (open + high + low + close) / 4; open the mean of the averaged open and close before, at first
 * (open + close) / 2; high and low reach to these. Source: D. Valcu, Technical Analysis of Stocks & Commodities, February
 * 2004. Warm-up 0; the first open's weight halves each bar. Unit: price.
 */
export class HeikinAshi extends Kernel {
  constructor() {
    super({ inputs: 4, outputs: 4, scalars: 3 })
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const opens = inputs[0]!
    const highs = inputs[1]!
    const lows = inputs[2]!
    const closes = inputs[3]!
    const open = outputs[0]!
    const high = outputs[1]!
    const low = outputs[2]!
    const close = outputs[3]!
    const scalars = this.scalars
    let begun = scalars[0]! !== 0
    let lastOpen = scalars[1]!
    let lastClose = scalars[2]!
    for (let row = 0; row < rows; row++) {
      const average = (opens[row]! + highs[row]! + lows[row]! + closes[row]!) / 4
      if (average - average !== 0) {
        open[row] = high[row] = low[row] = close[row] = Number.NaN
        continue
      }
      const first = begun ? (lastOpen + lastClose) / 2 : (opens[row]! + closes[row]!) / 2
      open[row] = first
      high[row] = Math.max(highs[row]!, first, average)
      low[row] = Math.min(lows[row]!, first, average)
      close[row] = average
      begun = true
      lastOpen = first
      lastClose = average
    }
    scalars[0] = begun ? 1 : 0
    scalars[1] = lastOpen
    scalars[2] = lastClose
  }
}

export const heikinashi = define({
  name: "heikinashi",
  formula:
    "close (open + high + low + close) / 4; open the mean of the averaged open and close before, at first (open + close) / 2; high and low reach to these",
  source: "D. Valcu, Technical Analysis of Stocks & Commodities, February 2004",
  title: "Heikin-Ashi bars",
  inputs: ["open", "high", "low", "close"],
  outputs: ["open", "high", "low", "close"],
  unit: "price",
  parameters: {},
  warmup: () => 0,
  make: () => new HeikinAshi()
})
