/** One number for a bar: its average, median, typical and weighted price, and the balance of power. No state. */
import { define } from "./Indicator.ts"
import { type Columns, Kernel } from "./Kernel.ts"

/** (open + high + low + close) / 4. Source: TA-Lib AVGPRICE. Warm-up 0. Unit: price. */
export class AveragePrice extends Kernel {
  constructor() {
    super({ inputs: 4, outputs: 1 })
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const open = inputs[0]!
    const high = inputs[1]!
    const low = inputs[2]!
    const close = inputs[3]!
    const output = outputs[0]!
    for (let row = 0; row < rows; row++) output[row] = (high[row]! + low[row]! + close[row]! + open[row]!) / 4
  }
}

/** (high + low) / 2. Source: TA-Lib MEDPRICE. Warm-up 0. Unit: price. */
export class MedianPrice extends Kernel {
  constructor() {
    super({ inputs: 2, outputs: 1 })
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const high = inputs[0]!
    const low = inputs[1]!
    const output = outputs[0]!
    for (let row = 0; row < rows; row++) output[row] = (high[row]! + low[row]!) / 2
  }
}

/** (high + low + close) / 3. Source: TA-Lib TYPPRICE. Warm-up 0. Unit: price. */
export class TypicalPrice extends Kernel {
  constructor() {
    super({ inputs: 3, outputs: 1 })
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    this.pass(inputs[0]!, inputs[1]!, inputs[2]!, outputs[0]!, rows)
  }

  pass(high: Float64Array, low: Float64Array, close: Float64Array, output: Float64Array, rows: number): void {
    for (let row = 0; row < rows; row++) output[row] = (high[row]! + low[row]! + close[row]!) / 3
  }
}

/** (high + low + 2·close) / 4. Source: TA-Lib WCLPRICE. Warm-up 0. Unit: price. */
export class WeightedPrice extends Kernel {
  constructor() {
    super({ inputs: 3, outputs: 1 })
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const high = inputs[0]!
    const low = inputs[1]!
    const close = inputs[2]!
    const output = outputs[0]!
    for (let row = 0; row < rows; row++) output[row] = (high[row]! + low[row]! + close[row]! * 2) / 4
  }
}

/**
 * Balance of power: (close − open) / (high − low), 0 where high is not above low. Source: I. Livshin, Technical Analysis of
 * Stocks & Commodities, August 2001; TA-Lib BOP. Warm-up 0. Unit: −1 to 1.
 */
export class BalanceOfPower extends Kernel {
  constructor() {
    super({ inputs: 4, outputs: 1 })
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const open = inputs[0]!
    const high = inputs[1]!
    const low = inputs[2]!
    const close = inputs[3]!
    const output = outputs[0]!
    for (let row = 0; row < rows; row++) {
      const range = high[row]! - low[row]!
      output[row] = range <= 0 ? 0 : (close[row]! - open[row]!) / range
    }
  }
}

export const avgprice = define({
  name: "avgprice",
  formula: "(open + high + low + close) / 4",
  source: "TA-Lib AVGPRICE",
  title: "Average price",
  inputs: ["open", "high", "low", "close"],
  outputs: ["avgprice"],
  unit: "price",
  parameters: {},
  warmup: () => 0,
  make: () => new AveragePrice()
})

export const medprice = define({
  name: "medprice",
  formula: "(high + low) / 2",
  source: "TA-Lib MEDPRICE",
  title: "Median price",
  inputs: ["high", "low"],
  outputs: ["medprice"],
  unit: "price",
  parameters: {},
  warmup: () => 0,
  make: () => new MedianPrice()
})

export const typprice = define({
  name: "typprice",
  formula: "(high + low + close) / 3",
  source: "TA-Lib TYPPRICE",
  title: "Typical price",
  inputs: ["high", "low", "close"],
  outputs: ["typprice"],
  unit: "price",
  parameters: {},
  warmup: () => 0,
  make: () => new TypicalPrice()
})

export const wclprice = define({
  name: "wclprice",
  formula: "(high + low + 2·close) / 4",
  source: "TA-Lib WCLPRICE",
  title: "Weighted close price",
  inputs: ["high", "low", "close"],
  outputs: ["wclprice"],
  unit: "price",
  parameters: {},
  warmup: () => 0,
  make: () => new WeightedPrice()
})

export const bop = define({
  name: "bop",
  formula: "(close − open) / (high − low), 0 where high is not above low",
  source: "I. Livshin, Technical Analysis of Stocks & Commodities, August 2001; TA-Lib BOP",
  title: "Balance of power",
  inputs: ["open", "high", "low", "close"],
  outputs: ["bop"],
  unit: "-1 to 1",
  parameters: {},
  warmup: () => 0,
  make: () => new BalanceOfPower()
})
