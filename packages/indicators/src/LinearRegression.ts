/** The straight line of least squares through a sliding window. */
import { define } from "./Indicator.ts"
import { Series } from "./Kernel.ts"
import { period } from "./Parameter.ts"
import { fallMax } from "./Rounding.ts"

export type LinePart = "value" | "slope" | "angle" | "intercept" | "forecast"

/**
 * y = b + m·i, i = 0 for the oldest of n values: its value at the newest (b + m(n − 1)), slope m, angle atan(m) in degrees,
 * intercept b, or forecast of the next bar (b + m·n). Source: TA-Lib LINEARREG, LINEARREG_SLOPE, LINEARREG_ANGLE,
 * LINEARREG_INTERCEPT, TSF. Warm-up n − 1. Unit: the input's; slope the input's a bar; angle degrees. O(1) by moving sums,
 * taken anew once a turn of the ring, and when they fall far.
 */
export class LinearRegression extends Series {
  private readonly length: number
  private readonly part: LinePart

  constructor(length: number, part: LinePart) {
    super({ scalars: 5, ring: length + 1, temps: 1 })
    this.length = length
    this.part = part
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const slopes = this.temp(0, rows)
    this.fit(input, slopes, output, rows)
    const { length } = this
    switch (this.part) {
      case "intercept":
        return
      case "slope":
        for (let row = 0; row < rows; row++) output[row] = slopes[row]!
        return
      case "angle":
        for (let row = 0; row < rows; row++) output[row] = Math.atan(slopes[row]!) * (180 / Math.PI)
        return
      case "value":
        for (let row = 0; row < rows; row++) output[row] = output[row]! + slopes[row]! * (length - 1)
        return
      case "forecast":
        for (let row = 0; row < rows; row++) output[row] = output[row]! + slopes[row]! * length
    }
  }

  private fit(input: Float64Array, slopes: Float64Array, intercepts: Float64Array, rows: number): void {
    const { length, ring, scalars } = this
    const places = (length * (length - 1)) / 2
    const squares = (length * (length - 1) * (2 * length - 1)) / 6
    const divisor = length * squares - places * places
    let at = scalars[0]! | 0
    let count = scalars[1]! | 0
    let sum = scalars[2]!
    let placed = scalars[3]!
    let peak = scalars[4]!
    for (let row = 0; row < rows; row++) {
      const value = input[row]!
      if (value - value !== 0) {
        slopes[row] = intercepts[row] = Number.NaN
        continue
      }
      ring[at] = value
      const next = at === length ? 0 : at + 1
      if (count < length) {
        placed += count * value
        sum += value
        count++
      } else {
        const leaving = ring[next]!
        placed += (length - 1) * value - (sum - leaving)
        sum += value - leaving
      }
      const size = Math.abs(sum)
      if (size > peak) peak = size
      if (next === 0 || (size < peak * fallMax && count === length)) {
        sum = 0
        placed = 0
        for (let place = 0, slot = next; place < length; place++) {
          slot = slot === length ? 0 : slot + 1
          sum += ring[slot]!
          placed += place * ring[slot]!
        }
        peak = Math.abs(sum)
      }
      at = next
      const slope = count < length ? Number.NaN : (length * placed - places * sum) / divisor
      slopes[row] = slope
      intercepts[row] = (sum - slope * places) / length
    }
    scalars[0] = at
    scalars[1] = count
    scalars[2] = sum
    scalars[3] = placed
    scalars[4] = peak
  }
}

const line = (name: string, title: string, part: LinePart, unit: string, what: string, talib: string) =>
  define({
    name,
    title,
    formula: `${what} of the line y = b + m·i of least squares through the last n values, i = 0 for the oldest`,
    source: `TA-Lib ${talib}`,
    inputs: ["value"],
    outputs: [name],
    unit,
    parameters: { period: period(14) },
    warmup: ({ period }) => period - 1,
    make: ({ period }) => new LinearRegression(period, part)
  })

export const linearreg = line("linearreg", "Linear regression", "value", "as the input", "b + m(n − 1)", "LINEARREG")
export const linearregSlope = line(
  "linearregslope",
  "Linear regression, slope",
  "slope",
  "the input's, a bar",
  "slope m",
  "LINEARREG_SLOPE"
)
export const linearregAngle = line(
  "linearregangle",
  "Linear regression, angle",
  "angle",
  "degrees",
  "atan(m) in degrees",
  "LINEARREG_ANGLE"
)
export const linearregIntercept = line(
  "linearregintercept",
  "Linear regression, intercept",
  "intercept",
  "as the input",
  "intercept b",
  "LINEARREG_INTERCEPT"
)
export const tsf = line("tsf", "Time series forecast", "forecast", "as the input", "b + m·n", "TSF")
