/** Bands a number of average ranges around an average price. */
import { type AverageKind, averageKinds, averageOf } from "./Average.ts"
import { TypicalPrice } from "./BarPrice.ts"
import { define } from "./Indicator.ts"
import { type Columns, Kernel, type Series } from "./Kernel.ts"
import { choice, factor, period } from "./Parameter.ts"
import { TrueRange } from "./TrueRange.ts"

/**
 * Keltner channel: the average of (high + low + close) / 3, ± k times the same kind of average of the true range, which
 * begins with the second bar. Source: C. Keltner, How to Make Money in Commodities, 1960 (SMA of 10, of high − low);
 * with true ranges and an EMA of 20, L. Raschke. Warm-up n. Unit: price.
 */
export class KeltnerChannel extends Kernel {
  private readonly price = new TypicalPrice()
  private readonly middle: Series
  private readonly range: TrueRange
  private readonly reach: Series
  private readonly multiplier: number

  constructor(length: number, multiplier: number, average: AverageKind) {
    const middle = averageOf(average, length)
    const range = new TrueRange()
    const reach = averageOf(average, length)
    super({ inputs: 3, outputs: 3, parts: [middle, range, reach] })
    this.middle = middle
    this.range = range
    this.reach = reach
    this.multiplier = multiplier
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const high = inputs[0]!
    const low = inputs[1]!
    const close = inputs[2]!
    const upper = outputs[0]!
    const middle = outputs[1]!
    const lower = outputs[2]!
    this.price.pass(high, low, close, middle, rows)
    this.middle.pass(middle, middle, rows)
    this.range.pass(high, low, close, lower, rows)
    this.reach.pass(lower, lower, rows)
    for (let row = 0; row < rows; row++) {
      const reach = this.multiplier * lower[row]!
      upper[row] = middle[row]! + reach
      lower[row] = middle[row]! - reach
    }
  }
}

export const keltner = define({
  name: "keltner",
  formula:
    "average of (high + low + close) / 3, ± k times the same kind of average of the true range, which begins with the second bar",
  source: "C. Keltner, How to Make Money in Commodities, 1960; with true ranges and an EMA of 20, L. Raschke",
  title: "Keltner channel",
  inputs: ["high", "low", "close"],
  outputs: ["upper", "middle", "lower"],
  unit: "price",
  parameters: {
    period: period(20, 1),
    multiplier: factor(2, 0.001, 100, "distance of the bands, in average true ranges"),
    average: choice(averageKinds, "ema", "kind of both averages")
  },
  warmup: ({ period }) => period,
  make: ({ average, multiplier, period }) => new KeltnerChannel(period, multiplier, average)
})
