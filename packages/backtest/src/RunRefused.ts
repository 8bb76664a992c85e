/** A run, search or study that cannot be done as it was asked: which field, what is wrong with it, what to do. */
import { Schema } from "effect"

export class RunRefused extends Schema.TaggedError<RunRefused>()("RunRefused", {
  /** Path of the field as the caller wrote it, such as `columns.fast.of`. */
  field: Schema.String,
  problem: Schema.String,
  remedy: Schema.String
}) {
  override get message() {
    return `${this.field} ${this.problem}. ${this.remedy}`
  }
}

/** Throws; `remedy` is a sentence that says what to do. */
export const refuse = (field: string, problem: string, remedy: string): never => {
  throw new RunRefused({ field, problem, remedy })
}
