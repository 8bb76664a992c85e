/** The one error of recordings: which file and line, what is wrong with it, and what to do. */
import { Schema } from "effect"

const remedies = {
  missing: "Check the path.",
  unreadable: "Check that it is a file this user may read.",
  corrupt: "It is damaged or no gzip file: fetch or record it again.",
  truncated: "It ends too early: fetch or record it again.",
  badLine: "Remove or correct that line, or record the file again.",
  badFrame: "Start the exchange again, so that it reads the source's instruments anew.",
  empty: "It holds no frame of a @depth, @bookTicker or @trade stream: name another file."
} as const

/** A recording that cannot be used. `line` counts from 1; 0 where no line is at fault. `badFrame` is a live source's. */
export class RecordingError extends Schema.TaggedError<RecordingError>()("RecordingError", {
  file: Schema.String,
  line: Schema.Int,
  problem: Schema.Literals(["missing", "unreadable", "corrupt", "truncated", "badLine", "badFrame", "empty"]),
  detail: Schema.String
}) {
  override get message() {
    const where = this.line === 0 ? this.file : `${this.file}, line ${this.line}`
    return `${this.problem === "badFrame" ? "Live source" : "Recording"} ${where}: ${this.detail}. ${remedies[this.problem]}`
  }
}
