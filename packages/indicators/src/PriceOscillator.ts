/** The distance between a fast and a slow average of any kind, absolute and in percent. */
import { averageKinds, averageOf } from "./Average.ts"
import { define } from "./Indicator.ts"
import { Series } from "./Kernel.ts"
import { choice, period } from "./Parameter.ts"

/** Absolute price oscillator: MA(fast) − MA(slow). Source: TA-Lib APO. Warm-up slow − 1. Unit: the input's. */
export class Apo extends Series {
  private readonly fast: Series
  private readonly slow: Series
  private readonly relative: boolean

  /** The averages are given as kernels of their own; `relative` answers percent of the slow one. */
  constructor(fast: Series, slow: Series, relative = false) {
    super({ temps: 2, parts: [fast, slow] })
    this.fast = fast
    this.slow = slow
    this.relative = relative
  }

  override pass(input: Float64Array, output: Float64Array, rows: number): void {
    const fast = this.temp(0, rows)
    const slow = this.temp(1, rows)
    this.fast.pass(input, fast, rows)
    this.slow.pass(input, slow, rows)
    if (this.relative)
      for (let row = 0; row < rows; row++)
        output[row] = slow[row] === 0 ? 0 : ((fast[row]! - slow[row]!) / slow[row]!) * 100
    else for (let row = 0; row < rows; row++) output[row] = fast[row]! - slow[row]!
  }
}

/**
 * Percentage price oscillator: 100·(MA(fast) − MA(slow)) / MA(slow), 0 where the slow one is 0. Source: G. Appel,
 * Technical Analysis: Power Tools for Active Investors, 2005; TA-Lib PPO. Warm-up slow − 1. Unit: percent.
 */
export class Ppo extends Apo {
  constructor(fast: Series, slow: Series) {
    super(fast, slow, true)
  }
}

const parameters = {
  fast: period(12, 1, "bars of the fast average"),
  slow: period(26, 2, "bars of the slow average"),
  average: choice(averageKinds, "ema", "kind of both averages; TA-Lib's own default is sma")
}

export const apo = define({
  name: "apo",
  formula: "MA(fast) − MA(slow)",
  source: "TA-Lib APO",
  title: "Absolute price oscillator",
  inputs: ["value"],
  outputs: ["apo"],
  unit: "as the input",
  parameters,
  conflict: ({ fast, slow }) => (fast < slow ? undefined : ["slow", "must be above fast"]),
  warmup: ({ slow }) => slow - 1,
  make: ({ average, fast, slow }) => new Apo(averageOf(average, fast), averageOf(average, slow))
})

export const ppo = define({
  name: "ppo",
  formula: "100·(MA(fast) − MA(slow)) / MA(slow), 0 where the slow one is 0",
  source: "G. Appel, Technical Analysis: Power Tools for Active Investors, 2005; TA-Lib PPO",
  title: "Percentage price oscillator",
  inputs: ["value"],
  outputs: ["ppo"],
  unit: "percent",
  parameters,
  conflict: ({ fast, slow }) => (fast < slow ? undefined : ["slow", "must be above fast"]),
  warmup: ({ slow }) => slow - 1,
  make: ({ average, fast, slow }) => new Ppo(averageOf(average, fast), averageOf(average, slow))
})
