/** The value of so many bars ago: a part of other indicators. */
import { Series } from "./Kernel.ts"

/** x of `length` bars ago; with a length of 0, x itself. Warm-up n. Unit: the input's. */
export class Lag extends Series {
  private readonly length: number

  constructor(length: number) {
    super({ scalars: 2, ring: length + 1 })
    this.length = length
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const { length, ring, scalars } = this
    let at = scalars[0]! | 0
    let count = scalars[1]! | 0
    for (let row = 0; row < rows; row++) {
      const value = input[row]!
      if (value - value !== 0) {
        output[row] = Number.NaN
        continue
      }
      ring[at] = value
      at = at === length ? 0 : at + 1
      if (count < length) {
        count++
        output[row] = Number.NaN
      } else output[row] = ring[at]!
    }
    scalars[0] = at
    scalars[1] = count
  }
}
