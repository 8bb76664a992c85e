/** Averages made of several EMAs in a row, each begun from the SMA of the stage before it: DEMA, TEMA, T3. */
import { Ema } from "./ExponentialAverage.ts"
import { define } from "./Indicator.ts"
import { Series } from "./Kernel.ts"
import { factor, period } from "./Parameter.ts"

/**
 * Double exponential: 2·EMA − EMA(EMA). Source: P. Mulloy, Technical Analysis of Stocks & Commodities, January 1994;
 * TA-Lib DEMA. Warm-up 2(n − 1). Unit: the input's.
 */
export class Dema extends Series {
  private readonly first: Ema
  private readonly second: Ema

  constructor(length: number) {
    const [first, second] = [new Ema(length), new Ema(length)]
    super({ temps: 2, parts: [first, second] })
    this.first = first
    this.second = second
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const once = this.temp(0, rows)
    const twice = this.temp(1, rows)
    this.first.pass(input, once, rows)
    this.second.pass(once, twice, rows)
    for (let row = 0; row < rows; row++) output[row] = 2 * once[row]! - twice[row]!
  }
}

/**
 * Triple exponential: 3·EMA − 3·EMA(EMA) + EMA(EMA(EMA)). Source: P. Mulloy, ibid., February 1994; TA-Lib TEMA.
 * Warm-up 3(n − 1). Unit: the input's.
 */
export class Tema extends Series {
  private readonly first: Ema
  private readonly second: Ema
  private readonly third: Ema

  constructor(length: number) {
    const [first, second, third] = [new Ema(length), new Ema(length), new Ema(length)]
    super({ temps: 3, parts: [first, second, third] })
    this.first = first
    this.second = second
    this.third = third
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const once = this.temp(0, rows)
    const twice = this.temp(1, rows)
    const thrice = this.temp(2, rows)
    this.first.pass(input, once, rows)
    this.second.pass(once, twice, rows)
    this.third.pass(twice, thrice, rows)
    for (let row = 0; row < rows; row++) output[row] = thrice[row]! + (3 * once[row]! - 3 * twice[row]!)
  }
}

/**
 * T3: six EMAs in a row, e₁ … e₆, blended as −v³e₆ + 3(v² + v³)e₅ − (6v² + 3v + 3v³)e₄ + (1 + 3v + v³ + 3v²)e₃.
 * Source: T. Tillson, Technical Analysis of Stocks & Commodities, January 1998; TA-Lib T3. Warm-up 6(n − 1).
 * Unit: the input's.
 */
export class T3 extends Series {
  private readonly stages: ReadonlyArray<Ema>
  private readonly volume: number

  constructor(length: number, volume: number) {
    const stages = Array.from({ length: 6 }, () => new Ema(length))
    super({ temps: 6, parts: stages })
    this.stages = stages
    this.volume = volume
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const v = this.volume
    const c1 = -(v * v * v)
    const c2 = 3 * (v * v - c1)
    const c3 = -6 * v * v - 3 * (v - c1)
    const c4 = 1 + 3 * v - c1 + 3 * v * v
    for (let stage = 0; stage < 6; stage++)
      this.stages[stage]!.pass(stage === 0 ? input : this.temp(stage - 1, rows), this.temp(stage, rows), rows)
    const e3 = this.temp(2, rows)
    const e4 = this.temp(3, rows)
    const e5 = this.temp(4, rows)
    const e6 = this.temp(5, rows)
    for (let row = 0; row < rows; row++) output[row] = c1 * e6[row]! + c2 * e5[row]! + c3 * e4[row]! + c4 * e3[row]!
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
