/** The rule's pass over the rows: where its target changed and to what. All that trading needs of a rule. */
import { refuse } from "../RunRefused.ts"
import type { SignalRow } from "@outcry/signals/Signal"
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
    let count = 0
    let held = 0
    for (let at = from; at < to; at++) {
      row.at = at
      const target = rule(row)
      if (target === held || target !== target) continue
      if (!(target >= -1 && target <= 1))
        refuse("rule", `gave the target ${target} at row ${at}`, "Targets lie between −1 (short) and 1 (long).")
      held = target
      row.held = target
      row.changedAt = at
      this.rows[count] = at
      this.targets[count++] = target
    }
    this.count = count
  }
}
