/**
 * What a rule sees of history: one object for a whole run, moved along row by row, so that nothing is allocated per bar and
 * every read has the same shape. Looking ahead throws; so does looking further back than the signal says it does, since
 * live only so many rows are kept.
 */
import type { BarColumns } from "@outcry/signals/BarColumns"
import type { SignalRow } from "@outcry/signals/Signal"

export class RuleRow implements SignalRow {
  at = 0
  held = 0
  changedAt = 0
  columns: ReadonlyArray<Float64Array> = []
  memory = new Float64Array(0)
  private reach = 0
  private readonly timeOpen: Float64Array
  private readonly intervalUs: number

  constructor(bars: BarColumns) {
    this.timeOpen = bars.timeOpen
    this.intervalUs = bars.intervalUs
  }

  /** Goes to `row`, flat, over those columns; the rule may look `reach` rows back and keep `memory` numbers. */
  begin(columns: ReadonlyArray<Float64Array>, row: number, reach: number, memory: number): void {
    this.columns = columns
    this.at = row
    this.held = 0
    this.changedAt = row
    this.reach = reach
    if (memory !== this.memory.length) this.memory = new Float64Array(memory)
    else if (memory > 0) this.memory.fill(0)
  }

  /** A function of its own: a rule may take it out of its row. */
  readonly value = (place: number, ago = 0): number => {
    if (ago === 0) return this.columns[place]![this.at]!
    if (!(ago > 0 && ago <= this.reach && Number.isInteger(ago))) throw this.beyond(ago)
    const row = this.at - ago
    return row < 0 ? Number.NaN : this.columns[place]![row]!
  }

  get heldRows(): number {
    return this.at - this.changedAt
  }

  get now(): number {
    return this.timeOpen[this.at]! + this.intervalUs
  }

  private beyond(ago: number): RangeError {
    return new RangeError(
      ago > this.reach
        ? `A rule asked for the row ${ago} ago: declare \`reach: () => ${ago}\` in the signal, which has ${this.reach}`
        : `A rule asked for the row ${ago} ago: give a whole number from 0; later rows are unknown`
    )
  }
}
