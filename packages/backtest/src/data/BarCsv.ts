/**
 * Bars from separated values: time, open, high, low, close and volume, by header or by place. What had to be inferred is
 * told in `notes`. Order, duplicates and ranges are for Integrity to judge.
 */
import type { BarColumns } from "@outcry/signals/BarColumns"
import { type CsvField, type CsvOptions, CsvReader } from "./CsvReader.ts"
import { GrowingColumn } from "./GrowingColumn.ts"
import { linesOfFile, linesOfText } from "./LineFile.ts"

export interface BarCsvOptions extends CsvOptions {
  /** `venue:symbol`. */
  readonly instrument: string
  /** µs; where left out, the difference between times that is most frequent. */
  readonly intervalUs?: number
  /** What a row's time is of its bar; default `open`. */
  readonly timeIs?: "open" | "close"
}

export interface BarImport {
  readonly bars: BarColumns
  /** What was inferred or left out, in sentences. */
  readonly notes: ReadonlyArray<string>
}

const fields: ReadonlyArray<CsvField> = [
  {
    name: "time",
    titles: ["time", "timestamp", "date", "datetime", "opentime", "timeopen", "ts", "t", "unix", "unixtimestamp"],
    required: true,
    place: 0
  },
  { name: "open", titles: ["open", "o", "openprice", "priceopen"], required: true, place: 1 },
  { name: "high", titles: ["high", "h", "highprice", "pricehigh", "max"], required: true, place: 2 },
  { name: "low", titles: ["low", "l", "lowprice", "pricelow", "min"], required: true, place: 3 },
  { name: "close", titles: ["close", "c", "closeprice", "priceclose", "last"], required: true, place: 4 },
  { name: "volume", titles: ["volume", "vol", "v", "basevolume", "volumetraded"], required: false, place: 5 }
]

/** Takes lines as they come; `finish` gives the bars. Both throw a DataError. */
export class BarCsv {
  private readonly reader: CsvReader
  private readonly options: BarCsvOptions
  private readonly columns = fields.map(() => new GrowingColumn())
  private lacksVolume = false

  constructor(source: string, options: BarCsvOptions) {
    this.options = options
    const { columns } = this
    this.reader = new CsvReader(source, fields, options, (cells, reader) => {
      columns[0]!.push(reader.time(cells[0]!))
      for (let at = 1; at < 5; at++) columns[at]!.push(reader.number(cells[at]!, fields[at]!.name))
      this.lacksVolume ||= cells[5] === ""
      columns[5]!.push(cells[5] === "" ? 0 : reader.number(cells[5]!, "volume"))
    })
  }

  push(line: string): void {
    this.reader.push(line)
  }

  finish(): BarImport {
    this.reader.end()
    const { instrument, timeIs = "open" } = this.options
    const notes = [...this.reader.notes]
    if (this.lacksVolume) notes.push("Rows without a volume have been given 0.")
    const [time, open, high, low, close, volume] = this.columns.map((column) => column.done())
    const intervalUs = this.options.intervalUs ?? this.inferInterval(time!, notes)
    if (timeIs === "close") for (let row = 0; row < time!.length; row++) time![row]! -= intervalUs
    const bars = { instrument, intervalUs, timeOpen: time!, open: open!, high: high!, low: low!, close: close! }
    return { bars: { ...bars, volume: volume! }, notes }
  }

  private inferInterval(time: Float64Array, notes: Array<string>): number {
    const counts = new Map<number, number>()
    for (let row = 1; row < time.length; row++) {
      const step = time[row]! - time[row - 1]!
      if (step > 0) counts.set(step, (counts.get(step) ?? 0) + 1)
    }
    // Of equally frequent ones the smallest: a hole makes steps larger, never smaller.
    const [most] = [...counts].toSorted((a, b) => b[1] - a[1] || a[0] - b[0])
    if (most === undefined) {
      const detail = "no time follows another, so that the bars' interval cannot be inferred"
      throw this.reader.fault("time", "badValue", detail, "State intervalUs.")
    }
    notes.push(`The interval is taken to be ${most[0] / 1e6} s, as between ${most[1]} of ${time.length - 1} rows.`)
    return most[0]
  }
}

/** From text in memory; `source` names it in errors. Throws a DataError. */
export const importBars = (text: string, source: string, options: BarCsvOptions): BarImport => {
  const csv = new BarCsv(source, options)
  for (const line of linesOfText(text)) csv.push(line)
  return csv.finish()
}

/** From a file, also `.gz` or `.zip`. Rejects with a DataError. */
export const readBarCsv = async (path: string, options: BarCsvOptions): Promise<BarImport> => {
  const csv = new BarCsv(path, options)
  for await (const lines of linesOfFile(path)) for (const line of lines) csv.push(line)
  return csv.finish()
}
