/** The rule's pass over the rows: where its target changed and to what. All that trading needs of a rule. */
import { comparisonOf, type PlacedComparison } from "@outcry/signals/Comparison"
import type { SignalRow } from "@outcry/signals/Signal"
import { refuse } from "../RunRefused.ts"
import type { RuleRow } from "./RuleRow.ts"

export type Rule = (row: SignalRow) => number

export class TargetChanges {
  /** Rows at whose close a target was decided, and the targets; `count` of them. */
  readonly rows: Int32Array
  readonly targets: Float64Array
  count = 0

  constructor(rows: number) {
    this.rows = new Int32Array(rows)
    this.targets = new Float64Array(rows)
  }

  /**
   * Asks the rule once for every row from `from` up to, not including, `to`. NaN keeps the target. Throws RunRefused for a
   * target beyond −1 … 1, and what the rule throws.
   */
  collect(rule: Rule, row: RuleRow, from: number, to: number): void {
    const comparison = comparisonOf(rule)
    if (comparison !== undefined) return this.compare(comparison, row.columns, from, to)
    let count = 0
    let held = 0
    for (let at = from; at < to; at++) {
      row.at = at
      const target = rule(row)
      if (target === held || target !== target) continue
      if (!(target >= -1 && target <= 1)) refuseTarget(target, at)
      held = target
      row.held = target
      row.changedAt = at
      this.rows[count] = at
      this.targets[count++] = target
    }
    this.count = count
  }

  /** What the rule of a comparison would answer for every row, found by scanning its two columns. */
  private compare(
    { above, otherwise, over, under }: PlacedComparison,
    columns: ReadonlyArray<Float64Array>,
    from: number,
    to: number
  ): void {
    const a = columns[over]!
    const b = columns[under]!
    let held = 0
    this.count = 0
    for (let at = from; at < to;) {
      const isAbove = a[at]! > b[at]!
      // Neither above nor not: a value is missing, and what is held stays.
      if (!isAbove && !(a[at]! <= b[at]!)) {
        at++
        continue
      }
      const target = isAbove ? above : otherwise
      if (target === target && target !== held) {
        if (!(target >= -1 && target <= 1)) refuseTarget(target, at)
        held = target
        this.rows[this.count] = at
        this.targets[this.count++] = target
      }
      at = isAbove ? endAbove(a, b, at + 1, to) : endBelow(a, b, at + 1, to)
    }
  }
}

/** The first row from `from` on where `a` is not above `b`; `to` where there is none. */
const endAbove = (a: Float64Array, b: Float64Array, from: number, to: number): number => {
  let at = from
  while (at < to && a[at]! > b[at]!) at++
  return at
}

/** The first row from `from` on where `a` is not at or below `b`; `to` where there is none. */
const endBelow = (a: Float64Array, b: Float64Array, from: number, to: number): number => {
  let at = from
  while (at < to && a[at]! <= b[at]!) at++
  return at
}

const refuseTarget = (target: number, row: number): never =>
  refuse("rule", `gave the target ${target} at row ${row}`, "Targets lie between −1 (short) and 1 (long).")
