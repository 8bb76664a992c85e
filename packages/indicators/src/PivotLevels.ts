/** A pivot price and the supports and resistances around it, from the bar before. */
import { define } from "./Indicator.ts"
import { type Columns, Kernel } from "./Kernel.ts"
import { choice } from "./Parameter.ts"

export const pivotKinds = ["classic", "fibonacci", "woodie", "camarilla"] as const
export type PivotKind = (typeof pivotKinds)[number]

/**
 * Levels from a closed bar (a day, a week: the caller's choice) for use during the next; r = high − low.
 * classic: p = (h + l + c) / 3; R1 2p − l, R2 p + r, R3 h + 2(p − l); S1 2p − h, S2 p − r, S3 l − 2(h − p). Source: J. Person,
 * A Complete Guide to Technical Trading Tactics, 2004. fibonacci: p ± 0.382 r, 0.618 r, r. woodie: as classic with
 * p = (h + l + 2c) / 4. camarilla: c ± 1.1 r / 12, / 6, / 4 (N. Scott, 1989), p as classic. Warm-up 0. Unit: price.
 */
export class PivotLevels extends Kernel {
  private readonly kind: PivotKind

  constructor(kind: PivotKind) {
    super({ inputs: 3, outputs: 7 })
    this.kind = kind
  }

  override run(inputs: Columns, outputs: Columns, rows: number): void {
    const highs = inputs[0]!
    const lows = inputs[1]!
    const closes = inputs[2]!
    const { kind } = this
    for (let row = 0; row < rows; row++) {
      const high = highs[row]!
      const low = lows[row]!
      const close = closes[row]!
      const range = high - low
      const pivot = kind === "woodie" ? (high + low + 2 * close) / 4 : (high + low + close) / 3
      outputs[0]![row] = pivot
      if (kind === "fibonacci" || kind === "camarilla") {
        const fibonacci = kind === "fibonacci"
        const from = fibonacci ? pivot : close
        for (let level = 1; level <= 3; level++) {
          const share = fibonacci ? [0, 0.382, 0.618, 1][level]! : [0, 1.1 / 12, 1.1 / 6, 1.1 / 4][level]!
          outputs[level]![row] = from + share * range
          outputs[3 + level]![row] = from - share * range
        }
      } else {
        outputs[1]![row] = 2 * pivot - low
        outputs[2]![row] = pivot + range
        outputs[3]![row] = high + 2 * (pivot - low)
        outputs[4]![row] = 2 * pivot - high
        outputs[5]![row] = pivot - range
        outputs[6]![row] = low - 2 * (high - pivot)
      }
    }
  }
}

export const pivots = define({
  name: "pivots",
  formula:
    "classic: p = (h + l + c) / 3, r1 2p − l, r2 p + h − l, r3 h + 2(p − l), s1 2p − h, s2 p − h + l, s3 l − 2(h − p); fibonacci: p ± 0.382, 0.618, 1 of h − l; woodie: classic with p = (h + l + 2c) / 4; camarilla: c ± 1.1(h − l) / 12, / 6, / 4",
  source: "J. Person, A Complete Guide to Technical Trading Tactics, 2004; camarilla: N. Scott, 1989",
  title: "Pivot with supports and resistances",
  inputs: ["high", "low", "close"],
  outputs: ["pivot", "r1", "r2", "r3", "s1", "s2", "s3"],
  unit: "price",
  parameters: { kind: choice(pivotKinds, "classic", "formula of the levels") },
  warmup: () => 0,
  make: ({ kind }) => new PivotLevels(kind)
})
