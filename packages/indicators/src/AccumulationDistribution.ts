/** Volume weighed by where in its range a bar closed: the A/D line, its oscillator, and Chaikin's money flow. */
import { Exponential } from "./Exponential.ts"
import { define } from "./Indicator.ts"
import { type Columns, Kernel } from "./Kernel.ts"
import { MovingSum } from "./MovingSum.ts"
import { period } from "./Parameter.ts"

/** v·((close − low) − (high − close)) / (high − low), 0 where high is not above low. */
const flows = (inputs: Columns, output: Float64Array, rows: number): void => {
  const high = inputs[0]!
  const low = inputs[1]!
  const close = inputs[2]!
  const volume = inputs[3]!
  for (let row = 0; row < rows; row++) {
    const range = high[row]! - low[row]!
    output[row] = range <= 0 ? 0 : ((close[row]! - low[row]! - (high[row]! - close[row]!)) / range) * volume[row]!
  }
}

/**
 * Accumulation/distribution line: Σ v·((close − low) − (high − close)) / (high − low) since the start. Source: M. Chaikin;
 * TA-Lib AD. Warm-up 0. Unit: volume.
 */
export class AccumulationDistribution extends Kernel {
  constructor() {
    super({ inputs: 4, outputs: 1, scalars: 1 })
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const output = outputs[0]!
    flows(inputs, output, rows)
    let line = this.scalars[0]!
    for (let row = 0; row < rows; row++) {
      const flow = output[row]!
      if (flow - flow === 0) output[row] = line += flow
    }
    this.scalars[0] = line
  }
}

/**
 * Chaikin's oscillator: EMA(fast) − EMA(slow) of the A/D line, both begun with its first value. Source: M. Chaikin; TA-Lib
 * ADOSC. Warm-up: the longer period − 1. Unit: volume.
 */
export class AdOscillator extends Kernel {
  private readonly line: AccumulationDistribution
  private readonly fast: Exponential
  private readonly slow: Exponential
  private readonly columns: Array<Float64Array> = []

  constructor(fast: number, slow: number) {
    const line = new AccumulationDistribution()
    const hidden = Math.max(fast, slow)
    const parts = [new Exponential(fast, hidden), new Exponential(slow, hidden)] as const
    super({ inputs: 4, outputs: 1, temps: 2, parts: [line, ...parts] })
    this.line = line
    this.fast = parts[0]
    this.slow = parts[1]
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const line = (this.columns[0] = this.temp(0, rows))
    const slow = this.temp(1, rows)
    const output = outputs[0]!
    this.line.run(inputs, this.columns, rows)
    this.fast.pass(line, output, rows)
    this.slow.pass(line, slow, rows)
    for (let row = 0; row < rows; row++) output[row] = output[row]! - slow[row]!
  }
}

/**
 * Chaikin's money flow: Σ v·((close − low) − (high − close)) / (high − low) by Σ v over n bars; NaN while no volume traded.
 * Source: M. Chaikin. Warm-up n − 1. Unit: −1 to 1.
 */
export class ChaikinMoneyFlow extends Kernel {
  private readonly flow: MovingSum
  private readonly volume: MovingSum

  constructor(length: number) {
    const [flow, volume] = [new MovingSum(length), new MovingSum(length)]
    super({ inputs: 4, outputs: 1, temps: 1, parts: [flow, volume] })
    this.flow = flow
    this.volume = volume
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const output = outputs[0]!
    const volume = this.temp(0, rows)
    flows(inputs, output, rows)
    this.flow.pass(output, output, rows)
    this.volume.pass(inputs[3]!, volume, rows)
    for (let row = 0; row < rows; row++) output[row] = volume[row] === 0 ? Number.NaN : output[row]! / volume[row]!
  }
}

const bars = ["high", "low", "close", "volume"] as const

export const ad = define({
  name: "ad",
  formula: "Σ v·((close − low) − (high − close)) / (high − low) since the start; a bar without range adds 0",
  source: "M. Chaikin; TA-Lib AD",
  title: "Accumulation/distribution line",
  inputs: bars,
  outputs: ["ad"],
  unit: "volume",
  parameters: {},
  warmup: () => 0,
  make: () => new AccumulationDistribution()
})

export const adosc = define({
  name: "adosc",
  formula: "EMA(fast) − EMA(slow) of the accumulation/distribution line, both begun with its first value",
  source: "M. Chaikin; TA-Lib ADOSC",
  title: "Chaikin's oscillator",
  inputs: bars,
  outputs: ["adosc"],
  unit: "volume",
  parameters: { fast: period(3, 2, "bars of the fast average"), slow: period(10, 2, "bars of the slow average") },
  conflict: ({ fast, slow }) => (fast < slow ? undefined : ["slow", "must be above fast"]),
  warmup: ({ slow }) => slow - 1,
  make: ({ fast, slow }) => new AdOscillator(fast, slow)
})

export const cmf = define({
  name: "cmf",
  formula: "Σ v·((close − low) − (high − close)) / (high − low) by Σ v over n bars; NaN while no volume traded",
  source: "M. Chaikin",
  title: "Chaikin's money flow",
  inputs: bars,
  outputs: ["cmf"],
  unit: "-1 to 1",
  parameters: { period: period(20, 1) },
  warmup: ({ period }) => period - 1,
  make: ({ period }) => new ChaikinMoneyFlow(period)
})
