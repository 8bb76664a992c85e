/** Bands between a window's highest high and lowest low: Donchian's, and the middles TA-Lib names. */
import { Max, Min } from "./Extremum.ts"
import { define } from "./Indicator.ts"
import { type Columns, Kernel } from "./Kernel.ts"
import { period } from "./Parameter.ts"

/**
 * Donchian channel: highest high, lowest low and their mean over n bars, this one included. Source: R. Donchian, 1960.
 * Warm-up n − 1. Unit: price.
 */
export class Donchian extends Kernel {
  private readonly highest: Max
  private readonly lowest: Min

  constructor(length: number) {
    const [highest, lowest] = [new Max(length), new Min(length)]
    super({ inputs: 2, outputs: 3, parts: [highest, lowest] })
    this.highest = highest
    this.lowest = lowest
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const upper = outputs[0]!
    const middle = outputs[1]!
    const lower = outputs[2]!
    this.highest.pass(inputs[0]!, upper, rows)
    this.lowest.pass(inputs[1]!, lower, rows)
    for (let row = 0; row < rows; row++) middle[row] = (upper[row]! + lower[row]!) / 2
  }
}

/** The middle alone, of two columns or of one twice. */
class Middle extends Kernel {
  private readonly highest: Max
  private readonly lowest: Min

  constructor(length: number, inputs: 1 | 2) {
    const [highest, lowest] = [new Max(length), new Min(length)]
    super({ inputs, outputs: 1, temps: 1, parts: [highest, lowest] })
    this.highest = highest
    this.lowest = lowest
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    this.pass(inputs[0]!, inputs[this.inputs - 1]!, outputs[0]!, rows)
  }

  pass(high: Float64Array, low: Float64Array, output: Float64Array, rows: number): void {
    const lowest = this.temp(0, rows)
    this.lowest.pass(low, lowest, rows)
    this.highest.pass(high, output, rows)
    for (let row = 0; row < rows; row++) output[row] = (output[row]! + lowest[row]!) / 2
  }
}

/** (largest + smallest) / 2 of the last n values. Source: TA-Lib MIDPOINT. Warm-up n − 1. Unit: the input's. */
export class MidPoint extends Middle {
  constructor(length: number) {
    super(length, 1)
  }
}

/** (highest high + lowest low) / 2 of n bars. Source: TA-Lib MIDPRICE. Warm-up n − 1. Unit: price. */
export class MidPrice extends Middle {
  constructor(length: number) {
    super(length, 2)
  }
}

export const donchian = define({
  name: "donchian",
  formula: "highest high, lowest low and their mean over n bars, this one included",
  source: "R. Donchian, 1960",
  title: "Donchian channel",
  inputs: ["high", "low"],
  outputs: ["upper", "middle", "lower"],
  unit: "price",
  parameters: { period: period(20, 1) },
  warmup: ({ period }) => period - 1,
  make: ({ period }) => new Donchian(period)
})

export const midpoint = define({
  name: "midpoint",
  formula: "(largest + smallest) / 2 of the last n values",
  source: "TA-Lib MIDPOINT",
  title: "Midpoint",
  inputs: ["value"],
  outputs: ["midpoint"],
  unit: "as the input",
  parameters: { period: period(14) },
  warmup: ({ period }) => period - 1,
  make: ({ period }) => new MidPoint(period)
})

export const midprice = define({
  name: "midprice",
  formula: "(highest high + lowest low) / 2 of n bars",
  source: "TA-Lib MIDPRICE",
  title: "Midpoint price",
  inputs: ["high", "low"],
  outputs: ["midprice"],
  unit: "price",
  parameters: { period: period(14) },
  warmup: ({ period }) => period - 1,
  make: ({ period }) => new MidPrice(period)
})
