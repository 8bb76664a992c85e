/** Williams' oscillator over three windows at once. */
import { define } from "./Indicator.ts"
import { type Columns, Kernel } from "./Kernel.ts"
import { MovingSum } from "./MovingSum.ts"
import { period } from "./Parameter.ts"

/** Buying pressure by true range of one window, 0 where nothing moved. */
class Pressure extends Kernel {
  private readonly bought: MovingSum
  private readonly travelled: MovingSum

  constructor(length: number) {
    const [bought, travelled] = [new MovingSum(length), new MovingSum(length)]
    super({ inputs: 2, outputs: 1, temps: 1, parts: [bought, travelled] })
    this.bought = bought
    this.travelled = travelled
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    this.pass(inputs[0]!, inputs[1]!, outputs[0]!, rows)
  }

  pass(pressure: Float64Array, range: Float64Array, output: Float64Array, rows: number): void {
    const travelled = this.temp(0, rows)
    this.bought.pass(pressure, output, rows)
    this.travelled.pass(range, travelled, rows)
    for (let row = 0; row < rows; row++) output[row] = travelled[row] === 0 ? 0 : output[row]! / travelled[row]!
  }
}

/**
 * Ultimate oscillator: 100·(4a + 2b + c) / 7; a, b, c are Σ(close − true low) / Σ true range over the shortest, middle and
 * longest window. Source: L. Williams, Technical Analysis of Stocks & Commodities, April 1985; TA-Lib ULTOSC.
 * Warm-up: the longest window. Unit: 0 to 100.
 */
export class UltimateOscillator extends Kernel {
  private readonly windows: ReadonlyArray<Pressure>

  constructor(short: number, middle: number, long: number) {
    const windows = [short, middle, long].toSorted((left, right) => left - right).map((length) => new Pressure(length))
    super({ inputs: 3, outputs: 1, scalars: 2, temps: 5, parts: windows })
    this.windows = windows
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const pressure = this.temp(0, rows)
    const range = this.temp(1, rows)
    const output = outputs[0]!
    this.bars(inputs, pressure, range, rows)
    const a = this.temp(2, rows)
    const b = this.temp(3, rows)
    const c = this.temp(4, rows)
    this.windows[0]!.pass(pressure, range, a, rows)
    this.windows[1]!.pass(pressure, range, b, rows)
    this.windows[2]!.pass(pressure, range, c, rows)
    for (let row = 0; row < rows; row++) output[row] = (100 * (4 * a[row]! + 2 * b[row]! + c[row]!)) / 7
  }

  private bars(inputs: Columns, pressure: Float64Array, range: Float64Array, rows: number): void {
    const high = inputs[0]!
    const low = inputs[1]!
    const close = inputs[2]!
    const scalars = this.scalars
    let begun = scalars[0]! !== 0
    let previous = scalars[1]!
    for (let row = 0; row < rows; row++) {
      const last = close[row]!
      if (last - last !== 0 || !begun) {
        pressure[row] = range[row] = Number.NaN
        if (last - last !== 0) continue
        begun = true
      } else {
        const bottom = low[row]! < previous ? low[row]! : previous
        const top = high[row]! > previous ? high[row]! : previous
        pressure[row] = last - bottom
        range[row] = top - bottom
      }
      previous = last
    }
    scalars[0] = begun ? 1 : 0
    scalars[1] = previous
  }
}

export const ultosc = define({
  name: "ultosc",
  formula:
    "100·(4a + 2b + c) / 7; a, b, c are Σ(close − true low) / Σ true range over the shortest, middle and longest window",
  source: "L. Williams, Technical Analysis of Stocks & Commodities, April 1985; TA-Lib ULTOSC",
  title: "Ultimate oscillator",
  inputs: ["high", "low", "close"],
  outputs: ["ultosc"],
  unit: "0 to 100",
  parameters: {
    short: period(7, 1, "shortest window, in bars"),
    middle: period(14, 1, "middle window, in bars"),
    long: period(28, 1, "longest window, in bars")
  },
  warmup: ({ long, middle, short }) => Math.max(short, middle, long),
  make: ({ long, middle, short }) => new UltimateOscillator(short, middle, long)
})
