/** Wilder's directional indicators and the strength of a trend they tell: +DI, −DI, DX, ADX, ADXR. */
import { MovementSums } from "./DirectionalMovement.ts"
import { Rma } from "./ExponentialAverage.ts"
import { define } from "./Indicator.ts"
import { type Columns, Kernel } from "./Kernel.ts"
import { Lag } from "./Lag.ts"
import { period } from "./Parameter.ts"

/**
 * +DI and −DI: 100·DM / TR of the smoothed sums, 0 where nothing moved. Source: Wilder, 1978; TA-Lib PLUS_DI, MINUS_DI.
 * Warm-up n (the sums' first values, a bar earlier, are passed over as TA-Lib does). Unit: 0 to 100.
 */
export class DirectionalIndicators extends Kernel {
  private readonly sums: MovementSums
  private readonly columns: Array<Float64Array> = []

  constructor(length: number) {
    const sums = new MovementSums(length)
    super({ inputs: 3, outputs: 2, scalars: 1, temps: 1, parts: [sums] })
    this.sums = sums
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const plus = outputs[0]!
    const minus = outputs[1]!
    const range = this.temp(0, rows)
    this.columns[0] = plus
    this.columns[1] = minus
    this.columns[2] = range
    this.sums.run(inputs, this.columns, rows)
    let begun = this.scalars[0]! !== 0
    for (let row = 0; row < rows; row++) {
      const travelled = range[row]!
      if (travelled - travelled !== 0) continue
      plus[row] = begun ? (travelled === 0 ? 0 : 100 * (plus[row]! / travelled)) : Number.NaN
      minus[row] = begun ? (travelled === 0 ? 0 : 100 * (minus[row]! / travelled)) : Number.NaN
      begun = true
    }
    this.scalars[0] = begun ? 1 : 0
  }
}

/** One of the two indicators. */
export class DirectionalIndicator extends Kernel {
  private readonly both: DirectionalIndicators
  private readonly columns: Array<Float64Array> = []
  private readonly side: number

  constructor(length: number, direction: "plus" | "minus") {
    const both = new DirectionalIndicators(length)
    super({ inputs: 3, outputs: 1, temps: 1, parts: [both] })
    this.both = both
    this.side = direction === "plus" ? 0 : 1
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    this.columns[this.side] = outputs[0]!
    this.columns[1 - this.side] = this.temp(0, rows)
    this.both.run(inputs, this.columns, rows)
  }
}

/**
 * Directional movement index: 100·|+DI − −DI| / (+DI + −DI); where that is 0 / 0, the value before. Source: Wilder, 1978;
 * TA-Lib DX. Warm-up n. Unit: 0 to 100.
 */
export class Dx extends Kernel {
  private readonly both: DirectionalIndicators
  private readonly columns: Array<Float64Array> = []

  constructor(length: number) {
    const both = new DirectionalIndicators(length)
    super({ inputs: 3, outputs: 1, scalars: 1, temps: 2, parts: [both] })
    this.both = both
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const plus = (this.columns[0] = this.temp(0, rows))
    const minus = (this.columns[1] = this.temp(1, rows))
    const output = outputs[0]!
    this.both.run(inputs, this.columns, rows)
    let previous = this.scalars[0]!
    for (let row = 0; row < rows; row++) {
      const total = plus[row]! + minus[row]!
      if (total > 0) previous = 100 * (Math.abs(minus[row]! - plus[row]!) / total)
      output[row] = total - total === 0 ? previous : Number.NaN
    }
    this.scalars[0] = previous
  }
}

/** Average directional index: Wilder's average of DX. Source: Wilder, 1978; TA-Lib ADX. Warm-up 2n − 1. Unit: 0 to 100. */
export class Adx extends Kernel {
  private readonly dx: Dx
  private readonly average: Rma

  constructor(length: number) {
    const dx = new Dx(length)
    const average = new Rma(length)
    super({ inputs: 3, outputs: 1, parts: [dx, average] })
    this.dx = dx
    this.average = average
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    this.dx.run(inputs, outputs, rows)
    this.average.pass(outputs[0]!, outputs[0]!, rows)
  }
}

/**
 * Average directional index rating: the mean of ADX and the ADX of n − 1 bars ago. Source: Wilder, 1978; TA-Lib ADXR.
 * Warm-up 3n − 2. Unit: 0 to 100.
 */
export class Adxr extends Kernel {
  private readonly adx: Adx
  private readonly lag: Lag

  constructor(length: number) {
    const adx = new Adx(length)
    const lag = new Lag(length - 1)
    super({ inputs: 3, outputs: 1, temps: 1, parts: [adx, lag] })
    this.adx = adx
    this.lag = lag
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const output = outputs[0]!
    const earlier = this.temp(0, rows)
    this.adx.run(inputs, outputs, rows)
    this.lag.pass(output, earlier, rows)
    for (let row = 0; row < rows; row++) output[row] = (output[row]! + earlier[row]!) / 2
  }
}

const bars = ["high", "low", "close"] as const

export const plusDi = define({
  name: "plusdi",
  formula: "100·(+DM smoothed) / (true range smoothed), 0 where nothing moved",
  source: "J. W. Wilder, New Concepts in Technical Trading Systems, 1978; TA-Lib PLUS_DI",
  title: "Plus directional indicator",
  inputs: bars,
  outputs: ["plusdi"],
  unit: "0 to 100",
  parameters: { period: period(14) },
  warmup: ({ period }) => period,
  make: ({ period }) => new DirectionalIndicator(period, "plus")
})

export const minusDi = define({
  name: "minusdi",
  formula: "100·(−DM smoothed) / (true range smoothed), 0 where nothing moved",
  source: "J. W. Wilder, New Concepts in Technical Trading Systems, 1978; TA-Lib MINUS_DI",
  title: "Minus directional indicator",
  inputs: bars,
  outputs: ["minusdi"],
  unit: "0 to 100",
  parameters: { period: period(14) },
  warmup: ({ period }) => period,
  make: ({ period }) => new DirectionalIndicator(period, "minus")
})

export const dx = define({
  name: "dx",
  formula: "100·|+DI − −DI| / (+DI + −DI); where that is 0 / 0, the value before",
  source: "J. W. Wilder, New Concepts in Technical Trading Systems, 1978; TA-Lib DX",
  title: "Directional movement index",
  inputs: bars,
  outputs: ["dx"],
  unit: "0 to 100",
  parameters: { period: period(14) },
  warmup: ({ period }) => period,
  make: ({ period }) => new Dx(period)
})

export const adx = define({
  name: "adx",
  formula: "Wilder's average of DX",
  source: "J. W. Wilder, New Concepts in Technical Trading Systems, 1978; TA-Lib ADX",
  title: "Average directional index",
  inputs: bars,
  outputs: ["adx"],
  unit: "0 to 100",
  parameters: { period: period(14) },
  warmup: ({ period }) => 2 * period - 1,
  make: ({ period }) => new Adx(period)
})

export const adxr = define({
  name: "adxr",
  formula: "mean of ADX and the ADX of n − 1 bars ago",
  source: "J. W. Wilder, New Concepts in Technical Trading Systems, 1978; TA-Lib ADXR",
  title: "Average directional index rating",
  inputs: bars,
  outputs: ["adxr"],
  unit: "0 to 100",
  parameters: { period: period(14) },
  warmup: ({ period }) => 3 * period - 2,
  make: ({ period }) => new Adxr(period)
})
