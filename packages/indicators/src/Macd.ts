/** Moving average convergence and divergence. */
import { Ema } from "./ExponentialAverage.ts"
import { define } from "./Indicator.ts"
import { type Columns, Kernel } from "./Kernel.ts"
import { period } from "./Parameter.ts"

/**
 * MACD: EMA(fast) − EMA(slow), its EMA (the signal), and their difference. Source: G. Appel, 1979; TA-Lib MACD, which
 * begins the fast EMA from the last `fast` of the first `slow` bars. Warm-up slow − 1 for the line, + signal − 1 for the
 * others. Unit: the input's.
 */
export class Macd extends Kernel {
  private readonly fast: Ema
  private readonly slow: Ema
  private readonly signal: Ema

  constructor(fast: number, slow: number, signal: number) {
    const parts = [new Ema(fast, slow - fast), new Ema(slow), new Ema(signal)] as const
    super({ inputs: 1, outputs: 3, temps: 1, parts })
    this.fast = parts[0]
    this.slow = parts[1]
    this.signal = parts[2]
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const input = inputs[0]!
    const line = outputs[0]!
    const signal = outputs[1]!
    const histogram = outputs[2]!
    const slow = this.temp(0, rows)
    this.fast.pass(input, line, rows)
    this.slow.pass(input, slow, rows)
    for (let row = 0; row < rows; row++) line[row] = line[row]! - slow[row]!
    this.signal.pass(line, signal, rows)
    for (let row = 0; row < rows; row++) histogram[row] = line[row]! - signal[row]!
  }
}

export const macd = define({
  name: "macd",
  formula:
    "EMA(fast) − EMA(slow), its EMA (signal), and their difference; the fast EMA begins from the last `fast` of the first `slow` bars",
  source: "G. Appel, 1979; TA-Lib MACD",
  title: "Moving average convergence/divergence",
  inputs: ["value"],
  outputs: ["macd", "signal", "histogram"],
  unit: "as the input",
  parameters: {
    fast: period(12, 1, "bars of the fast average"),
    slow: period(26, 2, "bars of the slow average"),
    signal: period(9, 1, "bars of the signal's average")
  },
  conflict: ({ fast, slow }) => (fast < slow ? undefined : ["slow", "must be above fast"]),
  warmup: ({ signal, slow }) => slow + signal - 2,
  make: ({ fast, signal, slow }) => new Macd(fast, slow, signal)
})
