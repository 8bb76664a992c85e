/** The exponential average of a line that has no beginning of its own, such as a running total. */
import { Series } from "./Kernel.ts"

/** y ← y + α(x − y), α = 2 / (n + 1), begun with the first value. Its first `hidden` − 1 values are not shown. */
export class Exponential extends Series {
  private readonly alpha: number
  private readonly hidden: number

  constructor(length: number, hidden: number) {
    super({ scalars: 2 })
    this.alpha = 2 / (length + 1)
    this.hidden = hidden
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const { alpha, hidden, scalars } = this
    let count = scalars[0]! | 0
    let average = scalars[1]!
    for (let row = 0; row < rows; row++) {
      const value = input[row]!
      if (value - value !== 0) {
        output[row] = Number.NaN
        continue
      }
      average = count === 0 ? value : average + alpha * (value - average)
      if (count < hidden) count++
      output[row] = count < hidden ? Number.NaN : average
    }
    scalars[0] = count
    scalars[1] = average
  }
}
