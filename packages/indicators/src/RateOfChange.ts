/** Change against the value of n bars ago: momentum, rates of change, simple and logarithmic returns. */
import { define } from "./Indicator.ts"
import { Series } from "./Kernel.ts"
import { Lag } from "./Lag.ts"
import { period } from "./Parameter.ts"

abstract class Change extends Series {
  private readonly lag: Lag

  constructor(length: number) {
    const lag = new Lag(length)
    super({ temps: 1, parts: [lag] })
    this.lag = lag
  }

  protected before(input: Float64Array, rows: number): Float64Array {
    const earlier = this.temp(0, rows)
    this.lag.pass(input, earlier, rows)
    return earlier
  }
}

/** Momentum: x − x of n bars ago. Source: TA-Lib MOM. Warm-up n. Unit: the input's. */
export class Momentum extends Change {
  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const earlier = this.before(input, rows)
    for (let row = 0; row < rows; row++) output[row] = input[row]! - earlier[row]!
  }
}

/** Rate of change: 100·(x / x of n bars ago − 1), 0 where that was 0. Source: TA-Lib ROC. Warm-up n. Unit: percent. */
export class RateOfChange extends Change {
  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const earlier = this.before(input, rows)
    for (let row = 0; row < rows; row++) output[row] = earlier[row] === 0 ? 0 : (input[row]! / earlier[row]! - 1) * 100
  }
}

/** Simple return over n bars: (x − x′) / x′, 0 where x′ was 0. Source: TA-Lib ROCP. Warm-up n. Unit: a fraction. */
export class SimpleReturn extends Change {
  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const earlier = this.before(input, rows)
    for (let row = 0; row < rows; row++)
      output[row] = earlier[row] === 0 ? 0 : (input[row]! - earlier[row]!) / earlier[row]!
  }
}

/** Ratio to n bars ago: x / x′, 0 where x′ was 0. Source: TA-Lib ROCR. Warm-up n. Unit: a ratio. */
export class ChangeRatio extends Change {
  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const earlier = this.before(input, rows)
    for (let row = 0; row < rows; row++) output[row] = earlier[row] === 0 ? 0 : input[row]! / earlier[row]!
  }
}

/**
 * Logarithmic return over n bars: ln(x / x′); NaN unless both are of one sign and not 0. Source: J. Campbell, A. Lo,
 * A. MacKinlay, The Econometrics of Financial Markets, 1997, 1.4. Warm-up n. Unit: a fraction.
 */
export class LogReturn extends Change {
  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const earlier = this.before(input, rows)
    for (let row = 0; row < rows; row++) {
      const ratio = input[row]! / earlier[row]!
      output[row] = ratio > 0 && ratio - ratio === 0 ? Math.log(ratio) : Number.NaN
    }
  }
}

export const mom = define({
  name: "mom",
  formula: "x − x of n bars ago",
  source: "TA-Lib MOM",
  title: "Momentum",
  inputs: ["value"],
  outputs: ["mom"],
  unit: "as the input",
  parameters: { period: period(10, 1) },
  warmup: ({ period }) => period,
  make: ({ period }) => new Momentum(period)
})

export const roc = define({
  name: "roc",
  formula: "100·(x / x of n bars ago − 1), 0 where that was 0",
  source: "TA-Lib ROC",
  title: "Rate of change",
  inputs: ["value"],
  outputs: ["roc"],
  unit: "percent",
  parameters: { period: period(10, 1) },
  warmup: ({ period }) => period,
  make: ({ period }) => new RateOfChange(period)
})

export const rocp = define({
  name: "rocp",
  formula: "(x − x′) / x′, x′ of n bars ago; 0 where that was 0",
  source: "TA-Lib ROCP",
  title: "Simple return",
  inputs: ["value"],
  outputs: ["rocp"],
  unit: "fraction",
  parameters: { period: period(1, 1) },
  warmup: ({ period }) => period,
  make: ({ period }) => new SimpleReturn(period)
})

export const rocr = define({
  name: "rocr",
  formula: "x / x of n bars ago, 0 where that was 0",
  source: "TA-Lib ROCR",
  title: "Ratio to an earlier value",
  inputs: ["value"],
  outputs: ["rocr"],
  unit: "ratio",
  parameters: { period: period(10, 1) },
  warmup: ({ period }) => period,
  make: ({ period }) => new ChangeRatio(period)
})

export const logReturn = define({
  name: "logreturn",
  formula: "ln(x / x of n bars ago); NaN unless both are of one sign and not 0",
  source: "J. Campbell, A. Lo, A. MacKinlay, The Econometrics of Financial Markets, 1997, 1.4",
  title: "Logarithmic return",
  inputs: ["value"],
  outputs: ["logreturn"],
  unit: "fraction",
  parameters: { period: period(1, 1) },
  warmup: ({ period }) => period,
  make: ({ period }) => new LogReturn(period)
})
