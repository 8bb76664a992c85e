/** A signal that cannot run as it was written: which field, what is wrong with it, what to do. */
import { Schema } from "effect"

export class InvalidSignal extends Schema.TaggedError<InvalidSignal>()("InvalidSignal", {
  signal: Schema.String,
  /** Path of the field as the author wrote it, such as `columns.fast.of`. */
  field: Schema.String,
  problem: Schema.String,
  remedy: Schema.String
}) {
  override get message() {
    return `Signal ${this.signal}: ${this.field} ${this.problem}. ${this.remedy}`
  }
}

/** Refusals of one signal; each throws. */
export type Refuse = (field: string, problem: string, remedy: string) => never

export const refuserOf =
  (signal: string): Refuse =>
  (field, problem, remedy) => {
    throw new InvalidSignal({ signal, field, problem, remedy })
  }
