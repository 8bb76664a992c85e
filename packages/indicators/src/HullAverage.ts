/** Averages that trade smoothness for less lag: Hull's, and the zero-lag EMA. */
import { Ema } from "./ExponentialAverage.ts"
import { define } from "./Indicator.ts"
import { Series } from "./Kernel.ts"
import { Lag } from "./Lag.ts"
import { period } from "./Parameter.ts"
import { Wma } from "./WeightedAverage.ts"

const rootOf = (length: number) => Math.floor(Math.sqrt(length))

/**
 * Hull moving average: WMA of length √n over 2·WMA(n / 2) − WMA(n), halves and roots rounded down. Source: A. Hull,
 * alanhull.com, 2005. Warm-up n − 1 + √n − 1. Unit: the input's.
 */
export class Hma extends Series {
  private readonly half: Wma
  private readonly whole: Wma
  private readonly root: Wma

  constructor(length: number) {
    const half = new Wma(Math.floor(length / 2))
    const whole = new Wma(length)
    const root = new Wma(rootOf(length))
    super({ temps: 2, parts: [half, whole, root] })
    this.half = half
    this.whole = whole
    this.root = root
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const fast = this.temp(0, rows)
    const slow = this.temp(1, rows)
    this.half.pass(input, fast, rows)
    this.whole.pass(input, slow, rows)
    for (let row = 0; row < rows; row++) fast[row] = 2 * fast[row]! - slow[row]!
    this.root.pass(fast, output, rows)
  }
}

const lagOf = (length: number) => Math.floor((length - 1) / 2)

/**
 * Zero-lag EMA: EMA of x + (x − x of (n − 1) / 2 bars ago, rounded down). Source: J. Ehlers and R. Way, "Zero Lag (Well,
 * Almost)", Technical Analysis of Stocks & Commodities, November 2010. Warm-up n − 1 + (n − 1) / 2. Unit: the input's.
 */
export class Zlema extends Series {
  private readonly lag: Lag
  private readonly ema: Ema

  constructor(length: number) {
    const lag = new Lag(lagOf(length))
    const ema = new Ema(length)
    super({ temps: 1, parts: [lag, ema] })
    this.lag = lag
    this.ema = ema
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const led = this.temp(0, rows)
    this.lag.pass(input, led, rows)
    for (let row = 0; row < rows; row++) led[row] = input[row]! + (input[row]! - led[row]!)
    this.ema.pass(led, output, rows)
  }
}

export const hma = define({
  name: "hma",
  formula: "WMA of length √n over 2·WMA(n / 2) − WMA(n), halves and roots rounded down",
  source: "A. Hull, alanhull.com, 2005",
  title: "Hull moving average",
  inputs: ["value"],
  outputs: ["hma"],
  unit: "as the input",
  parameters: { period: period(16) },
  warmup: ({ period }) => period + rootOf(period) - 2,
  make: ({ period }) => new Hma(period)
})

export const zlema = define({
  name: "zlema",
  formula: "EMA of x + (x − x of (n − 1) / 2 bars ago), the lag rounded down",
  source: "J. Ehlers and R. Way, Technical Analysis of Stocks & Commodities, November 2010",
  title: "Zero-lag exponential moving average",
  inputs: ["value"],
  outputs: ["zlema"],
  unit: "as the input",
  parameters: { period: period(20) },
  warmup: ({ period }) => period - 1 + lagOf(period),
  make: ({ period }) => new Zlema(period)
})
