/** What is wrong with a row that is to go onto a tape. */
import { Schema } from "effect"

/** Bad input for a tape. `row` counts from 0 in what was given: the tape so far, or the columns. */
export class TapeFault extends Schema.TaggedError<TapeFault>()("TapeFault", {
  instrument: Schema.String,
  row: Schema.Number,
  field: Schema.String,
  /** What is wrong, with the value. */
  reason: Schema.String,
  remedy: Schema.String
}) {
  override get message() {
    return `${this.instrument || "tape"}, row ${this.row}: ${this.field} ${this.reason}. ${this.remedy}`
  }
}
