/** Bands a number of standard deviations around the mean. */
import { define } from "./Indicator.ts"
import { type Columns, Kernel } from "./Kernel.ts"
import { factor, period } from "./Parameter.ts"
import { Moments } from "./Variance.ts"

/**
 * Bollinger bands: SMA ± k population standard deviations; band width 100·(upper − lower) / middle; %b (x − lower) /
 * (upper − lower), NaN while the bands are one. Source: J. Bollinger, Bollinger on Bollinger Bands, 2001; TA-Lib BBANDS.
 * Warm-up n − 1. Unit: the input's; width in percent; %b a ratio, 0 on the lower band and 1 on the upper.
 */
export class BollingerBands extends Kernel {
  private readonly moments: Moments
  private readonly deviations: number

  constructor(length: number, deviations: number) {
    const moments = new Moments(length)
    super({ inputs: 1, outputs: 5, temps: 1, parts: [moments] })
    this.moments = moments
    this.deviations = deviations
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const input = inputs[0]!
    const upper = outputs[0]!
    const middle = outputs[1]!
    const lower = outputs[2]!
    const width = outputs[3]!
    const percent = outputs[4]!
    const variance = this.temp(0, rows)
    this.moments.pass(input, middle, variance, rows)
    for (let row = 0; row < rows; row++) {
      const mean = middle[row]!
      const reach = this.deviations * Math.sqrt(variance[row]!)
      const span = 2 * reach
      upper[row] = mean + reach
      lower[row] = mean - reach
      width[row] = mean === 0 ? Number.NaN : (100 * span) / mean
      percent[row] = span === 0 ? Number.NaN : (input[row]! - mean + reach) / span
    }
  }
}

export const bbands = define({
  name: "bbands",
  formula:
    "SMA ± k population standard deviations; width 100·(upper − lower) / middle; percentB (x − lower) / (upper − lower), NaN while the bands are one",
  source: "J. Bollinger, Bollinger on Bollinger Bands, 2001; TA-Lib BBANDS",
  title: "Bollinger bands",
  inputs: ["value"],
  outputs: ["upper", "middle", "lower", "width", "percentB"],
  unit: "as the input; width percent, percentB a ratio",
  parameters: { period: period(20), deviations: factor(2, 0.001, 100, "standard deviations to each side") },
  warmup: ({ period }) => period - 1,
  make: ({ deviations, period }) => new BollingerBands(period, deviations)
})
