/** How two series move together: Pearson's correlation, and beta. */
import { define } from "./Indicator.ts"
import { type Columns, Kernel } from "./Kernel.ts"
import { period } from "./Parameter.ts"
import { SimpleReturn } from "./RateOfChange.ts"
import { fallMax } from "./Rounding.ts"

/**
 * Σ(x − x̄)², Σ(y − ȳ)² and Σ(x − x̄)(y − ȳ) over the last n pairs; sliding by Welford's recurrence, taken anew once
 * a turn of the ring and when one falls far, and exactly 0 where a series stands still for n bars.
 */
class CoMoments extends Kernel {
  private readonly length: number

  constructor(length: number) {
    super({ inputs: 2, outputs: 3, scalars: 13, ring: 2 * (length + 1) })
    this.length = length
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const xs = inputs[0]!
    const ys = inputs[1]!
    const xxs = outputs[0]!
    const yys = outputs[1]!
    const xys = outputs[2]!
    const { length, ring, scalars } = this
    const second = length + 1
    // A product is ready sooner than a quotient, and the next bar waits for the means.
    const share = 1 / length
    let at = scalars[0]! | 0
    let count = scalars[1]! | 0
    let meanX = scalars[2]!
    let meanY = scalars[3]!
    let xx = scalars[4]!
    let yy = scalars[5]!
    let xy = scalars[6]!
    let lastX = scalars[7]!
    let lastY = scalars[8]!
    let alikeX = scalars[9]! | 0
    let alikeY = scalars[10]! | 0
    let peakX = scalars[11]!
    let peakY = scalars[12]!
    for (let row = 0; row < rows; row++) {
      const x = xs[row]!
      const y = ys[row]!
      if (x - x !== 0 || y - y !== 0) {
        xxs[row] = yys[row] = xys[row] = Number.NaN
        continue
      }
      ring[at] = x
      ring[second + at] = y
      alikeX = x !== lastX ? 1 : alikeX < length ? alikeX + 1 : alikeX
      alikeY = y !== lastY ? 1 : alikeY < length ? alikeY + 1 : alikeY
      lastX = x
      lastY = y
      const next = at === length ? 0 : at + 1
      const full = count === length
      if (!full) count++
      const fromX = full ? ring[next]! : meanX
      const fromY = full ? ring[second + next]! : meanY
      const changeX = x - fromX
      const changeY = y - fromY
      const beforeX = meanX
      const beforeY = meanY
      meanX += full ? changeX * share : changeX / count
      meanY += full ? changeY * share : changeY / count
      xx += changeX * (full ? x - meanX + fromX - beforeX : x - meanX)
      yy += changeY * (full ? y - meanY + fromY - beforeY : y - meanY)
      xy += full ? (x - beforeX) * (y - meanY) - (fromX - beforeX) * (fromY - meanY) : changeX * (y - meanY)
      if (xx > peakX) peakX = xx
      if (yy > peakY) peakY = yy
      if (next === 0 || (full && (xx < peakX * fallMax || yy < peakY * fallMax))) {
        meanX = meanY = xx = yy = xy = 0
        for (let slot = 0; slot <= length; slot++)
          if (slot !== next) {
            meanX += ring[slot]!
            meanY += ring[second + slot]!
          }
        meanX /= length
        meanY /= length
        for (let slot = 0; slot <= length; slot++)
          if (slot !== next) {
            const fromMeanX = ring[slot]! - meanX
            const fromMeanY = ring[second + slot]! - meanY
            xx += fromMeanX * fromMeanX
            yy += fromMeanY * fromMeanY
            xy += fromMeanX * fromMeanY
          }
        peakX = xx
        peakY = yy
      }
      if (alikeX === length) {
        meanX = x
        xx = xy = 0
      }
      if (alikeY === length) {
        meanY = y
        yy = xy = 0
      }
      at = next
      const ready = count === length
      xxs[row] = ready ? xx : Number.NaN
      yys[row] = ready ? yy : Number.NaN
      xys[row] = ready ? xy : Number.NaN
    }
    scalars[0] = at
    scalars[1] = count
    scalars[2] = meanX
    scalars[3] = meanY
    scalars[4] = xx
    scalars[5] = yy
    scalars[6] = xy
    scalars[7] = lastX
    scalars[8] = lastY
    scalars[9] = alikeX
    scalars[10] = alikeY
    scalars[11] = peakX
    scalars[12] = peakY
  }
}

/**
 * Pearson's correlation of the last n pairs, 0 where one of them stands still. Source: K. Pearson, 1895; TA-Lib CORREL.
 * Warm-up n − 1. Unit: −1 to 1.
 */
export class Correlation extends Kernel {
  private readonly moments: CoMoments
  private readonly columns: Array<Float64Array> = []

  constructor(length: number) {
    const moments = new CoMoments(length)
    super({ inputs: 2, outputs: 1, temps: 2, parts: [moments] })
    this.moments = moments
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const xx = (this.columns[0] = this.temp(0, rows))
    const yy = (this.columns[1] = this.temp(1, rows))
    const output = (this.columns[2] = outputs[0]!)
    this.moments.run(inputs, this.columns, rows)
    for (let row = 0; row < rows; row++) {
      const product = xx[row]! * yy[row]!
      if (product <= 0) output[row] = 0
      else output[row] = Math.max(-1, Math.min(1, output[row]! / Math.sqrt(product)))
    }
  }
}

/**
 * Beta: covariance by variance of the simple returns of the value and of a benchmark (`other`), over n returns; 0 where
 * the benchmark stands still. Source: W. Sharpe, The Journal of Finance 19, 1964; TA-Lib BETA, where the benchmark is the
 * first argument. Warm-up n. Unit: none.
 */
export class Beta extends Kernel {
  private readonly value: SimpleReturn
  private readonly benchmark: SimpleReturn
  private readonly moments: CoMoments
  private readonly returns: Array<Float64Array> = []
  private readonly columns: Array<Float64Array> = []

  constructor(length: number) {
    const [value, benchmark, moments] = [new SimpleReturn(1), new SimpleReturn(1), new CoMoments(length)]
    super({ inputs: 2, outputs: 1, temps: 4, parts: [value, benchmark, moments] })
    this.value = value
    this.benchmark = benchmark
    this.moments = moments
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const value = (this.returns[0] = this.temp(0, rows))
    const benchmark = (this.returns[1] = this.temp(1, rows))
    this.value.pass(inputs[0]!, value, rows)
    this.benchmark.pass(inputs[1]!, benchmark, rows)
    this.columns[0] = this.temp(2, rows)
    const variance = (this.columns[1] = this.temp(3, rows))
    const output = (this.columns[2] = outputs[0]!)
    this.moments.run(this.returns, this.columns, rows)
    for (let row = 0; row < rows; row++) output[row] = variance[row]! <= 0 ? 0 : output[row]! / variance[row]!
  }
}

export const correl = define({
  name: "correl",
  formula: "Σ(x − x̄)(y − ȳ) / √(Σ(x − x̄)²·Σ(y − ȳ)²) of the last n pairs, 0 where one of them stands still",
  source: "K. Pearson, 1895; TA-Lib CORREL",
  title: "Correlation",
  inputs: ["value", "other"],
  outputs: ["correl"],
  unit: "-1 to 1",
  parameters: { period: period(30) },
  warmup: ({ period }) => period - 1,
  make: ({ period }) => new Correlation(period)
})

export const beta = define({
  name: "beta",
  formula:
    "covariance by variance of the simple returns of the value and of a benchmark (other) over n returns; 0 where the benchmark stands still",
  source: "W. Sharpe, The Journal of Finance 19, 1964; TA-Lib BETA, where the benchmark is the first argument",
  title: "Beta against a benchmark",
  inputs: ["value", "other"],
  outputs: ["beta"],
  unit: "none",
  parameters: { period: period(5) },
  warmup: ({ period }) => period,
  make: ({ period }) => new Beta(period)
})
