/** The one error of market data in files and columns: where it is, what is wrong and what to do. */
import { Schema } from "effect"

const problems = [
  "missing",
  "unreadable",
  "corrupt",
  "truncated",
  "tooLarge",
  "unsupported",
  "empty",
  "badHeader",
  "badValue",
  "refused",
  "conflict"
] as const
export type DataProblem = (typeof problems)[number]

/** `line` counts from 1 (a row of text, or of columns), 0 where none is at fault; `field` is empty likewise. */
export class DataError extends Schema.TaggedError<DataError>()("DataError", {
  /** A file's path, or what the caller calls the data. */
  source: Schema.String,
  line: Schema.Int,
  field: Schema.String,
  problem: Schema.Literals(problems),
  detail: Schema.String,
  remedy: Schema.String
}) {
  override get message() {
    const line = this.line === 0 ? "" : `, line ${this.line}`
    const field = this.field === "" ? "" : `, ${this.field}`
    return `${this.source}${line}${field}: ${this.detail}. ${this.remedy}`
  }
}

/** What a failed file operation means to the one who named the file. */
export const fileFault = (source: string, cause: unknown): DataError => {
  if (cause instanceof DataError) return cause
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
  const detail = cause instanceof Error ? cause.message : String(cause)
  const at = { source, line: 0, field: "" }
  if (code === "ENOENT")
    return new DataError({ ...at, problem: "missing", detail: "there is no such file", remedy: "Check the path." })
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new DataError({ ...at, problem: "unreadable", detail: "the disk is full", remedy: "Make room on the disk." })
  }
  if (code === "Z_BUF_ERROR") {
    return new DataError({ ...at, problem: "truncated", detail: "it ends too early", remedy: "Fetch it again." })
  }
  if (code.startsWith("Z_")) return new DataError({ ...at, problem: "corrupt", detail, remedy: "Fetch it again." })
  return new DataError({
    ...at,
    problem: "unreadable",
    detail,
    remedy: "Check that it is a file and that this user may use it."
  })
}
