/** Where the close lies between the window's high and low: stochastics, Williams' %R, and the stochastic of the RSI. */
import { Max, Min } from "./Extremum.ts"
import { define } from "./Indicator.ts"
import { type Columns, Kernel } from "./Kernel.ts"
import { Sma } from "./MovingSum.ts"
import { period } from "./Parameter.ts"
import { Rsi } from "./RelativeStrength.ts"
import { rounding } from "./Rounding.ts"

/** 100·(close − lowest) / (highest − lowest) over n bars, 0 while they are one but for rounding: raw %K of TA-Lib. */
class RawK extends Kernel {
  private readonly highest: Max
  private readonly lowest: Min

  constructor(length: number) {
    const [highest, lowest] = [new Max(length), new Min(length)]
    super({ inputs: 3, outputs: 1, temps: 2, parts: [highest, lowest] })
    this.highest = highest
    this.lowest = lowest
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    this.pass(inputs[0]!, inputs[1]!, inputs[2]!, outputs[0]!, rows)
  }

  pass(high: Float64Array, low: Float64Array, close: Float64Array, output: Float64Array, rows: number): void {
    const highest = this.temp(0, rows)
    const lowest = this.temp(1, rows)
    this.highest.pass(high, highest, rows)
    this.lowest.pass(low, lowest, rows)
    for (let row = 0; row < rows; row++) {
      const top = highest[row]!
      const bottom = lowest[row]!
      const range = top - bottom
      const flat = range <= rounding * (Math.abs(top) + Math.abs(bottom))
      output[row] = flat ? 0 : (close[row]! - bottom) / (range / 100)
    }
  }
}

/**
 * Fast stochastic: raw %K over n bars, and its SMA. Source: G. Lane, 1950s; TA-Lib STOCHF. Warm-up n + d − 2.
 * Unit: 0 to 100; 0 while high and low of the window are one.
 */
export class StochF extends Kernel {
  private readonly raw: RawK
  private readonly average: Sma

  constructor(fastK: number, fastD: number) {
    const raw = new RawK(fastK)
    const average = new Sma(fastD)
    super({ inputs: 3, outputs: 2, parts: [raw, average] })
    this.raw = raw
    this.average = average
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    this.raw.run(inputs, outputs, rows)
    this.average.pass(outputs[0]!, outputs[1]!, rows)
  }
}

/**
 * Slow stochastic: raw %K over n bars, its SMA of k bars, and that one's SMA of d bars. Source: G. Lane; TA-Lib STOCH.
 * Warm-up n + k + d − 3. Unit: 0 to 100.
 */
export class Stoch extends Kernel {
  private readonly raw: RawK
  private readonly slow: Sma
  private readonly average: Sma

  constructor(fastK: number, slowK: number, slowD: number) {
    const raw = new RawK(fastK)
    const [slow, average] = [new Sma(slowK), new Sma(slowD)]
    super({ inputs: 3, outputs: 2, parts: [raw, slow, average] })
    this.raw = raw
    this.slow = slow
    this.average = average
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const k = outputs[0]!
    this.raw.run(inputs, outputs, rows)
    this.slow.pass(k, k, rows)
    this.average.pass(k, outputs[1]!, rows)
  }
}

/**
 * Fast stochastic of the RSI. Source: T. Chande and S. Kroll, The New Technical Trader, 1994; TA-Lib STOCHRSI.
 * Warm-up n + k + d − 2. Unit: 0 to 100.
 */
export class StochRsi extends Kernel {
  private readonly rsi: Rsi
  private readonly raw: RawK
  private readonly average: Sma

  constructor(length: number, fastK: number, fastD: number) {
    const rsi = new Rsi(length)
    const raw = new RawK(fastK)
    const average = new Sma(fastD)
    super({ inputs: 1, outputs: 2, temps: 1, parts: [rsi, raw, average] })
    this.rsi = rsi
    this.raw = raw
    this.average = average
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const rsi = this.temp(0, rows)
    this.rsi.pass(inputs[0]!, rsi, rows)
    this.raw.pass(rsi, rsi, rsi, outputs[0]!, rows)
    this.average.pass(outputs[0]!, outputs[1]!, rows)
  }
}

/**
 * Williams' %R: −100·(highest − close) / (highest − lowest) over n bars, 0 while they are one. Source: L. Williams, 1973;
 * TA-Lib WILLR. Warm-up n − 1. Unit: −100 to 0.
 */
export class WilliamsR extends Kernel {
  private readonly highest: Max
  private readonly lowest: Min

  constructor(length: number) {
    const [highest, lowest] = [new Max(length), new Min(length)]
    super({ inputs: 3, outputs: 1, temps: 2, parts: [highest, lowest] })
    this.highest = highest
    this.lowest = lowest
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const highest = this.temp(0, rows)
    const lowest = this.temp(1, rows)
    const close = inputs[2]!
    const output = outputs[0]!
    this.highest.pass(inputs[0]!, highest, rows)
    this.lowest.pass(inputs[1]!, lowest, rows)
    for (let row = 0; row < rows; row++) {
      const unit = (highest[row]! - lowest[row]!) / -100
      output[row] = unit === 0 ? 0 : (highest[row]! - close[row]!) / unit
    }
  }
}

export const stoch = define({
  name: "stoch",
  formula: "raw %K 100·(close − lowest) / (highest − lowest) over n bars; k its SMA, d the SMA of k",
  source: "G. Lane, 1950s; TA-Lib STOCH",
  title: "Slow stochastic",
  inputs: ["high", "low", "close"],
  outputs: ["k", "d"],
  unit: "0 to 100",
  parameters: {
    fastK: period(5, 1),
    slowK: period(3, 1, "bars of the average that is %K"),
    slowD: period(3, 1, "bars of the average that is %D")
  },
  warmup: ({ fastK, slowD, slowK }) => fastK + slowK + slowD - 3,
  make: ({ fastK, slowD, slowK }) => new Stoch(fastK, slowK, slowD)
})

export const stochf = define({
  name: "stochf",
  formula: "k 100·(close − lowest) / (highest − lowest) over n bars, 0 while these are one; d its SMA",
  source: "G. Lane, 1950s; TA-Lib STOCHF",
  title: "Fast stochastic",
  inputs: ["high", "low", "close"],
  outputs: ["k", "d"],
  unit: "0 to 100",
  parameters: { fastK: period(5, 1), fastD: period(3, 1, "bars of the average that is %D") },
  warmup: ({ fastD, fastK }) => fastK + fastD - 2,
  make: ({ fastD, fastK }) => new StochF(fastK, fastD)
})

export const stochrsi = define({
  name: "stochrsi",
  formula: "fast stochastic of the RSI",
  source: "T. Chande and S. Kroll, The New Technical Trader, 1994; TA-Lib STOCHRSI",
  title: "Stochastic of the relative strength index",
  inputs: ["value"],
  outputs: ["k", "d"],
  unit: "0 to 100",
  parameters: {
    period: period(14, 2, "window of the RSI, in bars"),
    fastK: period(5, 1),
    fastD: period(3, 1, "bars of the average that is %D")
  },
  warmup: ({ fastD, fastK, period }) => period + fastK + fastD - 2,
  make: ({ fastD, fastK, period }) => new StochRsi(period, fastK, fastD)
})

export const willr = define({
  name: "willr",
  formula: "−100·(highest − close) / (highest − lowest) over n bars, 0 while these are one",
  source: "L. Williams, 1973; TA-Lib WILLR",
  title: "Williams' %R",
  inputs: ["high", "low", "close"],
  outputs: ["willr"],
  unit: "-100 to 0",
  parameters: { period: period(14) },
  warmup: ({ period }) => period - 1,
  make: ({ period }) => new WilliamsR(period)
})
