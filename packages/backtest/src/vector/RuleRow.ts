/**
 * What a rule sees of history: one object for a whole run, moved along row by row, so that nothing is allocated per bar and
 * every read has the same shape. Looking ahead throws. Its members are methods: a rule calls them on the row it is given.
 */
import type { BarColumns } from "@outcry/signals/BarColumns"
import type { SignalRow } from "@outcry/signals/Signal"

export class RuleRow implements SignalRow {
  at = 0
  held = 0
  changedAt = 0
  private columns: ReadonlyArray<Float64Array> = []
  private readonly timeOpen: Float64Array
  private readonly intervalUs: number

  constructor(bars: BarColumns) {
    this.timeOpen = bars.timeOpen
    this.intervalUs = bars.intervalUs
  }

  /** Goes to `row`, flat, over those columns. */
  begin(columns: ReadonlyArray<Float64Array>, row: number): void {
    this.columns = columns
    this.at = row
    this.held = 0
    this.changedAt = row
  }

  value(place: number, ago = 0): number {
    if (ago === 0) return this.columns[place]![this.at]!
    if (!(ago > 0)) throw new RangeError(`A rule asked for ${ago} rows ago: only this row (0) and earlier ones are known`)
    const row = this.at - ago
    return row < 0 ? Number.NaN : this.columns[place]![row]!
  }

  get heldRows(): number {
    return this.at - this.changedAt
  }

  get now(): number {
    return this.timeOpen[this.at]! + this.intervalUs
  }
}
