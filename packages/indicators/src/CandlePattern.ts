/**
 * A candlestick pattern: a rule over the last bars, answered for each of them as TA-Lib does: 100 (or 80 where a body's
 * end only touches) bullish, −100 bearish, 0 not there. A fixed few additions a bar, whatever the pattern.
 */
import { CandleBars, candleRing } from "./CandleBars.ts"
import { type Indicator, define } from "./Indicator.ts"
import { type Columns, Kernel } from "./Kernel.ts"
import { choice, factor } from "./Parameter.ts"

export type CandleRule = (bars: CandleBars) => number

export class CandlePattern extends Kernel {
  private readonly rule: CandleRule
  private readonly warmup: number
  private readonly bars: CandleBars

  constructor(rule: CandleRule, warmup: number) {
    super({ inputs: 4, outputs: 1, scalars: 1, ring: candleRing })
    this.rule = rule
    this.warmup = warmup
    this.bars = new CandleBars(this.ring)
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const open = inputs[0]!
    const high = inputs[1]!
    const low = inputs[2]!
    const close = inputs[3]!
    const output = outputs[0]!
    const { bars, rule, scalars, warmup } = this
    let count = scalars[0]! | 0
    for (let row = 0; row < rows; row++) {
      if (close[row]! - close[row]! !== 0) {
        output[row] = Number.NaN
        continue
      }
      bars.push(count, open[row]!, high[row]!, low[row]!, close[row]!)
      output[row] = count < warmup ? Number.NaN : rule(bars)
      count++
    }
    scalars[0] = count
  }
}

/** What a pattern is called, what its rule says, and the TA-Lib function it comes from. */
interface Description {
  readonly name: string
  readonly title: string
  readonly formula: string
  readonly talib: string
  /** Bars for which the output is NaN. */
  readonly warmup: number
}

const shaped = ({ formula, name, talib, title, warmup }: Description) => ({
  name,
  title,
  inputs: ["open", "high", "low", "close"] as const,
  outputs: [name],
  unit: "100, 80, 0, -80 or -100",
  formula,
  source: `TA-Lib ${talib}`,
  warmup: () => warmup
})

/** A pattern without parameters. */
export const pattern = (description: Description, rule: CandleRule): Indicator =>
  define({ ...shaped(description), parameters: {}, make: () => new CandlePattern(rule, description.warmup) })

/** A pattern that asks how far the last body reaches into an earlier one, as a fraction of that. */
export const penetrating = (
  description: Description,
  byDefault: number,
  ruleOf: (penetration: number) => CandleRule
): Indicator =>
  define({
    ...shaped(description),
    parameters: { penetration: factor(byDefault, 0, 10, "fraction of the earlier body to reach into") },
    make: ({ penetration }) => new CandlePattern(ruleOf(penetration), description.warmup)
  })

/**
 * A pattern of one body over another. TA-Lib since 0.6 answers 80 where they share an end ("partial"); before, that was
 * no pattern ("none").
 */
export const touching = (description: Description, ruleOf: (touch: number) => CandleRule): Indicator =>
  define({
    ...shaped(description),
    parameters: { touch: choice(["partial", "none"], "partial", "what bodies are that share an end: 80, or 0") },
    make: ({ touch }) => new CandlePattern(ruleOf(touch === "partial" ? 80 : 0), description.warmup)
  })
