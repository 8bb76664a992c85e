/** What is wrong with a declared signal's document: each fault with its path, its line where it is known, and a remedy. */
import { Schema } from "effect"

export const Fault = Schema.Struct({
  /** Such as `rules.long.enter`; empty for the document as a whole. */
  path: Schema.String,
  /** From 1. */
  line: Schema.optionalKey(Schema.Int),
  problem: Schema.String,
  remedy: Schema.String
})
export type Fault = typeof Fault.Type

const sentence = ({ line, path, problem, remedy }: Fault): string => {
  const where = path === "" ? "The document" : path
  return `${where}${line === undefined ? "" : ` (line ${line})`}: ${problem}. ${remedy}`
}

export class InvalidDeclaration extends Schema.TaggedError<InvalidDeclaration>()("InvalidDeclaration", {
  faults: Schema.Array(Fault)
}) {
  override get message() {
    return this.faults.map(sentence).join("\n")
  }
}
