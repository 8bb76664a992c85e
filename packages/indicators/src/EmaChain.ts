/** EMAs in a row, each of the one before and begun from the SMA of its first n values: the part of DEMA, TEMA, T3 and TRIX. */
import { Series } from "./Kernel.ts"

/**
 * Holds the averages as scalars. Until the last stage has begun rows go one by one through `begin`; from then on the
 * loops of the kernels made of this one keep them in locals. Warm-up of the last stage: stages·(n − 1).
 */
export abstract class EmaChain extends Series {
  protected readonly alpha: number
  private readonly length: number
  private readonly stages: number

  /** Scalars: each stage's average, then each stage's count of values up to n. */
  constructor(length: number, stages: number) {
    super({ scalars: 2 * stages })
    this.alpha = 2 / (length + 1)
    this.length = length
    this.stages = stages
  }

  /** Whether every stage has begun. */
  protected get begun(): boolean {
    return this.scalars[2 * this.stages - 1] === this.length
  }

  /** Takes a finite value the slow way: whether the last stage has an average with it. */
  protected begin(value: number): boolean {
    const { alpha, length, scalars, stages } = this
    let handed = value
    for (let stage = 0; stage < stages; stage++) {
      const count = scalars[stages + stage]!
      let average = scalars[stage]!
      if (count >= length) average += alpha * (handed - average)
      else {
        average += handed
        scalars[stages + stage] = count + 1
        if (count + 1 === length) average /= length
      }
      scalars[stage] = average
      if (count + 1 < length) return false
      handed = average
    }
    return true
  }

  /** The row that the loop over all stages goes on from; rows before it have their outputs. */
  protected beginRows(input: Float64Array, output: Float64Array, rows: number): number {
    let row = 0
    for (; row < rows && !this.begun; row++) {
      const value = input[row]!
      output[row] = value - value === 0 && this.begin(value) ? this.shown() : Number.NaN
    }
    return row
  }

  /** The output from the averages as they are. */
  protected abstract shown(): number
}
