/**
 * Reads separated values line by line into the fields its caller wants: finds the separator, whether there is a header,
 * which column is which field, and how times are written. Everything it infers is told in `notes`; where it cannot tell,
 * it refuses with a DataError that names line, field and remedy. It judges form, not content: Integrity does that.
 */
import { cellsOf, isNumber, numberIn, type Separator, separatorOf } from "./CsvRow.ts"
import { DataError, type DataProblem } from "./DataError.ts"
import { formatOf, meaningOf, type TimeFormat, timeIn } from "./TimeText.ts"

export interface CsvField {
  readonly name: string
  /** Header names that mean it, in lower case and of letters and digits only. */
  readonly titles: ReadonlyArray<string>
  readonly required: boolean
  /** Its place where there is no header; left out where a file without one cannot have it. */
  readonly place?: number
}

export interface CsvOptions {
  /** Which column is which field, by title or by place from 0, where the titles do not tell. */
  readonly columns?: Readonly<Record<string, string | number>>
  /** How times are written; inferred from the first where left out. */
  readonly timeFormat?: TimeFormat
  readonly separator?: Separator
  /** Lines to pass over at the beginning, such as a vendor's address. */
  readonly skipLines?: number
}

/** The cells of the fields in their order, "" for a field the file lacks. */
export type RowTaker = (cells: ReadonlyArray<string>, reader: CsvReader) => void

const titleOf = (cell: string): string => cell.toLowerCase().replace(/[^a-z0-9]/g, "")

export class CsvReader {
  readonly source: string
  readonly notes: Array<string> = []
  rows = 0
  line = 0
  private readonly fields: ReadonlyArray<CsvField>
  private readonly options: CsvOptions
  private readonly take: RowTaker
  private separator: Separator | undefined
  private format: TimeFormat | undefined
  private places: ReadonlyArray<number> | undefined
  /** Where day and time of day stand in columns of their own. */
  private clockPlace = -1
  /** Cells of the first line, which no later one may exceed: a decimal comma among commas would shift the rest. */
  private width = 0
  private readonly cells: Array<string>

  constructor(source: string, fields: ReadonlyArray<CsvField>, options: CsvOptions, take: RowTaker) {
    this.source = source
    this.fields = fields
    this.options = options
    this.take = take
    this.separator = options.separator
    this.format = options.timeFormat
    this.cells = fields.map(() => "")
  }

  push(text: string): void {
    this.line += 1
    const line = this.line === 1 && text.startsWith("\uFEFF") ? text.slice(1) : text
    if (this.line <= (this.options.skipLines ?? 0) || line.trim() === "" || line.startsWith("#")) return
    this.separator ??= this.inferSeparator(line)
    const cells = cellsOf(line, this.separator)
    if (cells === undefined) throw this.fault("", "badValue", "a quote is not closed", "Close it on the same line.")
    if (this.places === undefined) {
      this.width = cells.length
      const header = !cells.some(isNumber) && !cells.some((cell) => formatOf(cell) !== undefined)
      this.places = header ? this.placesByTitle(cells) : this.placesByDefault(cells)
      if (header) return
    }
    if (cells.length > this.width && cells.slice(this.width).some((cell) => cell !== "")) {
      const detail = `it has ${cells.length} cells, the first line ${this.width}`
      const remedy = "Write numbers with a decimal point, or put text that holds the separator in quotes."
      throw this.fault("", "badValue", detail, remedy)
    }
    for (let at = 0; at < this.places.length; at++) {
      const place = this.places[at]!
      if (place >= cells.length) {
        const detail = `it has ${cells.length} cells, this is in number ${place + 1}`
        throw this.fault(this.fields[at]!.name, "badValue", detail, "Correct or remove that line.")
      }
      this.cells[at] = place < 0 ? "" : cells[place]!
    }
    if (this.clockPlace >= 0) this.cells[0] += ` ${cells[this.clockPlace] ?? ""}`
    this.take(this.cells, this)
    this.rows += 1
  }

  /** Refuses a file without rows. */
  end(): void {
    if (this.rows > 0) return
    this.line = 0
    throw this.fault("", "empty", "it holds no row", "Name another file.")
  }

  time(text: string): number {
    if (this.format === undefined) {
      this.format = formatOf(text)
      if (this.format !== undefined) {
        this.notes.push(`Times are read as ${meaningOf(this.format)}, as the first is written: "${text}".`)
      }
    }
    const time = this.format === undefined ? undefined : timeIn(this.format, text)
    if (time !== undefined) return time
    const detail =
      this.format === undefined
        ? `"${text}" is not a time in any known format`
        : `"${text}" is not ${meaningOf(this.format)}`
    throw this.fault("time", "badValue", detail, "State the time's format, map its column, or correct the line.")
  }

  number(text: string, field: string): number {
    const value = numberIn(text)
    if (typeof value === "number") return value
    throw this.fault(field, "badValue", value.detail, value.remedy)
  }

  fault(field: string, problem: DataProblem, detail: string, remedy: string): DataError {
    const excerpt = detail.length > 200 ? `${detail.slice(0, 200)}…` : detail
    return new DataError({ source: this.source, line: this.line, field, problem, detail: excerpt, remedy })
  }

  private inferSeparator(line: string): Separator {
    const separator = separatorOf(line)
    if (separator !== undefined) return separator
    const detail = "it has no separator among comma, semicolon, tab and |"
    throw this.fault("", "badHeader", detail, "State the separator, or the lines to skip at the beginning.")
  }

  private placesByTitle(header: ReadonlyArray<string>): ReadonlyArray<number> {
    const titles = header.map(titleOf)
    const stated = this.options.columns ?? {}
    this.checkStated(stated)
    const places = this.fields.map(({ name, titles: known, required }) => {
      const given = stated[name]
      const found =
        given === undefined
          ? titles.findIndex((title) => known.includes(title))
          : typeof given === "number"
            ? this.placeStated(name, given, header.length)
            : header.findIndex((cell, at) => cell === given || titles[at] === titleOf(given))
      if (found >= 0 || (given === undefined && !required)) return found
      const detail = given === undefined ? "no column is titled so" : `no column is titled "${given}"`
      const remedy = `Map it to one of the columns ${header.join(", ")}.`
      throw this.fault(name, "badHeader", detail, remedy)
    })
    const timePlace = places[0]!
    if (titles[timePlace] === "date" && stated["time"] === undefined) {
      this.clockPlace = titles.findIndex((title, at) => at !== timePlace && (title === "time" || title === "clock"))
      if (this.clockPlace >= 0)
        this.notes.push(`Day and time of day are in two columns, ${header[timePlace]} and ${header[this.clockPlace]}.`)
    }
    const told = this.fields.flatMap(({ name }, at) => (places[at]! < 0 ? [] : [`${name} = ${header[places[at]!]}`]))
    this.notes.push(`Columns by the header: ${told.join(", ")}.`)
    return places
  }

  private placesByDefault(cells: ReadonlyArray<string>): ReadonlyArray<number> {
    const stated = this.options.columns ?? {}
    this.checkStated(stated)
    const places = this.fields.map(({ name, place, required }) => {
      const given = stated[name]
      if (typeof given === "string") {
        const remedy = "Give its place, counted from 0."
        throw this.fault(name, "badHeader", `there is no header to find "${given}" in`, remedy)
      }
      if (given !== undefined) return this.placeStated(name, given, cells.length)
      if (place !== undefined && place < cells.length) return place
      if (!required) return -1
      const remedy = "Give its place, counted from 0, or a file with a header."
      throw this.fault(name, "badHeader", `there is no header and it is not among ${cells.length} columns`, remedy)
    })
    const told = this.fields.flatMap(({ name }, at) => (places[at]! < 0 ? [] : [`${name} = ${places[at]! + 1}`]))
    this.notes.push(`There is no header; columns by their place: ${told.join(", ")}.`)
    return places
  }

  private placeStated(name: string, place: number, cells: number): number {
    if (Number.isInteger(place) && place >= 0 && place < cells) return place
    throw this.fault(name, "badHeader", `column ${place} is not among ${cells}, counted from 0`, "Correct its place.")
  }

  private checkStated(stated: Readonly<Record<string, string | number>>): void {
    const names = this.fields.map(({ name }) => name)
    const unknown = Object.keys(stated).find((name) => !names.includes(name))
    if (unknown === undefined) return
    throw this.fault(unknown, "badHeader", "no such field is read here", `Map only ${names.join(", ")}.`)
  }
}
