/**
 * A file of bars for a command: CSV with a header, a row a bar, oldest first. Strict: what is no number is refused by line
 * and column; an empty cell is a missing value. Times are taken as they stand, and not judged.
 */
import { readFileSync } from "node:fs"
import { reasonOf, type UserError, userError } from "./UserError.ts"

export class BarFile {
  readonly path: string
  readonly times: ReadonlyArray<string>
  private readonly titles: ReadonlyArray<string>
  private readonly rows: ReadonlyArray<ReadonlyArray<string>>

  /** Throws a UserError. */
  constructor(path: string) {
    this.path = path
    const [header = "", ...lines] = textOf(path)
      .replace(/^\ufeff/, "")
      .trimEnd()
      .split(/\r?\n/)
    this.titles = header.split(",").map((title) => title.trim().toLowerCase())
    const twice = this.titles.find((title, at) => this.titles.indexOf(title) !== at)
    if (twice !== undefined) throw unusable(`${path} has two columns named "${twice}".`, "Name each column once.")
    this.rows = lines.map((line) => line.split(",").map((cell) => cell.trim()))
    this.rows.forEach((row, at) => {
      if (row.length !== this.titles.length)
        throw unusable(
          `${path}, line ${at + 2}: ${row.length} cells under ${this.titles.length} columns.`,
          "Give every row as many cells as the header has; quotes and commas within cells are not read."
        )
    })
    if (this.rows.length === 0)
      throw unusable(`${path} holds no bars.`, "Give a header such as time,open,high,low,close,volume and a row a bar.")
    this.times = this.texts("time", "when a bar was")
  }

  /** A column's numbers, NaN where a cell is empty; `what` says what they are for. Throws a UserError. */
  column(title: string, what: string): Float64Array {
    return Float64Array.from(this.texts(title, what), (cell, at) => {
      const value = cell === "" ? Number.NaN : Number(cell)
      if (cell === "" || Number.isFinite(value)) return value
      throw unusable(
        `${this.path}, line ${at + 2}: "${cell}" in column ${title} is no number.`,
        "Write numbers with a decimal point and without separators; leave the cell empty where there is none."
      )
    })
  }

  private texts(title: string, what: string): ReadonlyArray<string> {
    const at = this.titles.indexOf(title.toLowerCase())
    if (at >= 0) return this.rows.map((row) => row[at]!)
    throw unusable(
      `${this.path} has no column "${title}", which is ${what}.`,
      `It has ${this.titles.join(", ")}: add a header such as time,open,high,low,close,volume, or name another column.`
    )
  }
}

const unusable = (reason: string, remedy: string): UserError => userError("BarFileUnusable", reason, remedy)

const textOf = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch (cause) {
    throw unusable(`${path} cannot be read: ${reasonOf(cause)}.`, "Name a file of bars that exists.")
  }
}
