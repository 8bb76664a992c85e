/** Mean and spread of a sliding window: variance, standard deviation, and the volatility of returns. */
import { define } from "./Indicator.ts"
import { type Columns, Kernel, Series } from "./Kernel.ts"
import { factor, period } from "./Parameter.ts"
import { LogReturn } from "./RateOfChange.ts"
import { fallMax } from "./Rounding.ts"

/**
 * Mean and mean squared distance from it, over n − `less` (0: the population's). Slides as Welford's recurrence does
 * (Technometrics 4, 1962), starts anew once a turn of the ring and when the spread falls far, and is exactly 0 while all n values are one.
 */
export class Moments extends Kernel {
  private readonly length: number
  private readonly divisor: number

  constructor(length: number, less: 0 | 1 = 0) {
    super({ inputs: 1, outputs: 2, scalars: 7, ring: length + 1 })
    this.length = length
    this.divisor = length - less
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    this.pass(inputs[0]!, outputs[0]!, outputs[1]!, rows)
  }

  pass(input: Float64Array, means: Float64Array, variances: Float64Array, rows: number): void {
    const { divisor, length, ring, scalars } = this
    // A product is ready sooner than a quotient, and the next bar waits for the mean.
    const share = 1 / length
    let at = scalars[0]! | 0
    let count = scalars[1]! | 0
    let mean = scalars[2]!
    let squares = scalars[3]!
    let previous = scalars[4]!
    let alike = scalars[5]! | 0
    let peak = scalars[6]!
    for (let row = 0; row < rows; row++) {
      const value = input[row]!
      if (value - value !== 0) {
        means[row] = variances[row] = Number.NaN
        continue
      }
      ring[at] = value
      const next = at === length ? 0 : at + 1
      if (value !== previous) {
        previous = value
        alike = 1
      } else if (alike < length) alike++
      if (count < length) {
        count++
        const distance = value - mean
        mean += distance / count
        squares += distance * (value - mean)
      } else {
        const leaving = ring[next]!
        const change = value - leaving
        const before = mean
        mean += change * share
        squares += change * (value - mean + leaving - before)
      }
      if (alike === length) {
        mean = value
        squares = 0
      } else if (squares > peak && next !== 0) peak = squares
      else if (next === 0 || (squares < peak * fallMax && count === length)) {
        mean = 0
        for (let slot = 0; slot <= length; slot++) if (slot !== next) mean += ring[slot]!
        mean /= length
        squares = 0
        for (let slot = 0; slot <= length; slot++)
          if (slot !== next) squares += (ring[slot]! - mean) * (ring[slot]! - mean)
        peak = squares
      }
      at = next
      means[row] = count < length ? Number.NaN : mean
      variances[row] = count < length ? Number.NaN : squares / divisor
    }
    scalars[0] = at
    scalars[1] = count
    scalars[2] = mean
    scalars[3] = squares
    scalars[4] = previous
    scalars[5] = alike
    scalars[6] = peak
  }
}

/** Population variance: mean of (x − mean)² over n. Source: TA-Lib VAR. Warm-up n − 1. Unit: the input's, squared. */
export class Variance extends Series {
  private readonly moments: Moments

  constructor(length: number) {
    const moments = new Moments(length)
    super({ temps: 1, parts: [moments] })
    this.moments = moments
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    this.moments.pass(input, this.temp(0, rows), output, rows)
  }
}

/** k times the population's standard deviation over n. Source: TA-Lib STDDEV. Warm-up n − 1. Unit: the input's. */
export class StandardDeviation extends Series {
  private readonly moments: Moments
  private readonly times: number

  constructor(length: number, times: number) {
    const moments = new Moments(length)
    super({ temps: 1, parts: [moments] })
    this.moments = moments
    this.times = times
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    this.moments.pass(input, this.temp(0, rows), output, rows)
    for (let row = 0; row < rows; row++) output[row] = Math.sqrt(output[row]!) * this.times
  }
}

/**
 * Historical volatility: √bars-per-year times the sample's standard deviation (n − 1) of the last n logarithmic returns.
 * Source: J. Hull, Options, Futures and Other Derivatives, "Estimating volatility from historical data". Warm-up n.
 * Unit: a fraction a year.
 */
export class Volatility extends Series {
  private readonly returns: LogReturn
  private readonly moments: Moments
  private readonly scale: number

  constructor(length: number, barsPerYear: number) {
    const returns = new LogReturn(1)
    const moments = new Moments(length, 1)
    super({ temps: 2, parts: [returns, moments] })
    this.returns = returns
    this.moments = moments
    this.scale = Math.sqrt(barsPerYear)
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const returns = this.temp(0, rows)
    this.returns.pass(input, returns, rows)
    this.moments.pass(returns, this.temp(1, rows), output, rows)
    for (let row = 0; row < rows; row++) output[row] = this.scale * Math.sqrt(output[row]!)
  }
}

export const variance = define({
  name: "var",
  formula: "mean of (x − mean)² over n: the population's",
  source: "TA-Lib VAR",
  title: "Variance",
  inputs: ["value"],
  outputs: ["var"],
  unit: "as the input, squared",
  parameters: { period: period(5, 1) },
  warmup: ({ period }) => period - 1,
  make: ({ period }) => new Variance(period)
})

export const stddev = define({
  name: "stddev",
  formula: "k·√(mean of (x − mean)² over n)",
  source: "TA-Lib STDDEV",
  title: "Standard deviation",
  inputs: ["value"],
  outputs: ["stddev"],
  unit: "as the input",
  parameters: { period: period(5), deviations: factor(1, 0.001, 1000, "how many standard deviations to answer") },
  warmup: ({ period }) => period - 1,
  make: ({ deviations, period }) => new StandardDeviation(period, deviations)
})

export const volatility = define({
  name: "volatility",
  formula: "√(bars a year)·sample standard deviation (n − 1) of the last n logarithmic returns",
  source: "J. Hull, Options, Futures and Other Derivatives, on estimating volatility from historical data",
  title: "Historical volatility",
  inputs: ["value"],
  outputs: ["volatility"],
  unit: "fraction a year",
  parameters: { period: period(20), barsPerYear: factor(252, 1, 31_622_400, "bars in a year, to annualise") },
  warmup: ({ period }) => period,
  make: ({ barsPerYear, period }) => new Volatility(period, barsPerYear)
})
