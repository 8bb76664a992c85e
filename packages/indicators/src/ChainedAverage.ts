/** Averages made of several EMAs in a row, each begun from the SMA of the stage before it: DEMA, TEMA, T3. */
import { define } from "./Indicator.ts"
import { EmaChain } from "./EmaChain.ts"
import { factor, period } from "./Parameter.ts"

/**
 * Double exponential: 2·EMA − EMA(EMA). Source: P. Mulloy, Technical Analysis of Stocks & Commodities, January 1994;
 * TA-Lib DEMA. Warm-up 2(n − 1). Unit: the input's.
 */
export class Dema extends EmaChain {
  constructor(length: number) {
    super(length, 2)
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const { alpha, scalars } = this
    let row = this.beginRows(input, output, rows)
    let once = scalars[0]!
    let twice = scalars[1]!
    for (; row < rows; row++) {
      const value = input[row]!
      if (value - value !== 0) {
        output[row] = Number.NaN
        continue
      }
      once += alpha * (value - once)
      twice += alpha * (once - twice)
      output[row] = 2 * once - twice
    }
    scalars[0] = once
    scalars[1] = twice
  }

  protected override shown(): number {
    return 2 * this.scalars[0]! - this.scalars[1]!
  }
}

/**
 * Triple exponential: 3·EMA − 3·EMA(EMA) + EMA(EMA(EMA)). Source: P. Mulloy, ibid., February 1994; TA-Lib TEMA.
 * Warm-up 3(n − 1). Unit: the input's.
 */
export class Tema extends EmaChain {
  constructor(length: number) {
    super(length, 3)
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const { alpha, scalars } = this
    let row = this.beginRows(input, output, rows)
    let once = scalars[0]!
    let twice = scalars[1]!
    let thrice = scalars[2]!
    for (; row < rows; row++) {
      const value = input[row]!
      if (value - value !== 0) {
        output[row] = Number.NaN
        continue
      }
      once += alpha * (value - once)
      twice += alpha * (once - twice)
      thrice += alpha * (twice - thrice)
      output[row] = thrice + (3 * once - 3 * twice)
    }
    scalars[0] = once
    scalars[1] = twice
    scalars[2] = thrice
  }

  protected override shown(): number {
    const scalars = this.scalars
    return scalars[2]! + (3 * scalars[0]! - 3 * scalars[1]!)
  }
}

/**
 * T3: six EMAs in a row, e₁ … e₆, blended as −v³e₆ + 3(v² + v³)e₅ − (6v² + 3v + 3v³)e₄ + (1 + 3v + v³ + 3v²)e₃.
 * Source: T. Tillson, Technical Analysis of Stocks & Commodities, January 1998; TA-Lib T3. Warm-up 6(n − 1).
 * Unit: the input's.
 */
export class T3 extends EmaChain {
  private readonly c1: number
  private readonly c2: number
  private readonly c3: number
  private readonly c4: number

  constructor(length: number, volume: number) {
    super(length, 6)
    const v = volume
    this.c1 = -(v * v * v)
    this.c2 = 3 * (v * v - this.c1)
    this.c3 = -6 * v * v - 3 * (v - this.c1)
    this.c4 = 1 + 3 * v - this.c1 + 3 * v * v
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const { alpha, c1, c2, c3, c4, scalars } = this
    let row = this.beginRows(input, output, rows)
    let e1 = scalars[0]!
    let e2 = scalars[1]!
    let e3 = scalars[2]!
    let e4 = scalars[3]!
    let e5 = scalars[4]!
    let e6 = scalars[5]!
    for (; row < rows; row++) {
      const value = input[row]!
      if (value - value !== 0) {
        output[row] = Number.NaN
        continue
      }
      e1 += alpha * (value - e1)
      e2 += alpha * (e1 - e2)
      e3 += alpha * (e2 - e3)
      e4 += alpha * (e3 - e4)
      e5 += alpha * (e4 - e5)
      e6 += alpha * (e5 - e6)
      output[row] = c1 * e6 + c2 * e5 + c3 * e4 + c4 * e3
    }
    scalars[0] = e1
    scalars[1] = e2
    scalars[2] = e3
    scalars[3] = e4
    scalars[4] = e5
    scalars[5] = e6
  }

  protected override shown(): number {
    const { c1, c2, c3, c4, scalars } = this
    return c1 * scalars[5]! + c2 * scalars[4]! + c3 * scalars[3]! + c4 * scalars[2]!
  }
}

export const dema = define({
  name: "dema",
  formula: "2·EMA − EMA(EMA)",
  source: "P. Mulloy, Technical Analysis of Stocks & Commodities, January 1994; TA-Lib DEMA",
  title: "Double exponential moving average",
  inputs: ["value"],
  outputs: ["dema"],
  unit: "as the input",
  parameters: { period: period(30) },
  warmup: ({ period }) => 2 * (period - 1),
  make: ({ period }) => new Dema(period)
})

export const tema = define({
  name: "tema",
  formula: "3·EMA − 3·EMA(EMA) + EMA(EMA(EMA))",
  source: "P. Mulloy, Technical Analysis of Stocks & Commodities, February 1994; TA-Lib TEMA",
  title: "Triple exponential moving average",
  inputs: ["value"],
  outputs: ["tema"],
  unit: "as the input",
  parameters: { period: period(30) },
  warmup: ({ period }) => 3 * (period - 1),
  make: ({ period }) => new Tema(period)
})

export const t3 = define({
  name: "t3",
  formula:
    "−v³e₆ + 3(v² + v³)e₅ − (6v² + 3v + 3v³)e₄ + (1 + 3v + v³ + 3v²)e₃, e₁ … e₆ six EMAs in a row, v the volume factor",
  source: "T. Tillson, Technical Analysis of Stocks & Commodities, January 1998; TA-Lib T3",
  title: "Tillson's T3",
  inputs: ["value"],
  outputs: ["t3"],
  unit: "as the input",
  parameters: {
    period: period(5),
    volume: factor(0.7, 0, 1, "how much of the DEMA's lead each of three passes takes")
  },
  warmup: ({ period }) => 6 * (period - 1),
  make: ({ period, volume }) => new T3(period, volume)
})
