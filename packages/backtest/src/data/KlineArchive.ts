/**
 * Binance's public kline archives (`BTCUSDT-1m-2024-08.zip`, monthly or daily, or the CSV in it): open time, open, high,
 * low, close, volume, close time, quote volume, trades, taker buy volume, taker buy quote volume, one unused.
 *
 * Spot files have no header and times in milliseconds, from 2025-01-01 on in microseconds; futures files have a header.
 * Source: the README of github.com/binance/binance-public-data (2026-11).
 */
import type { BarColumns } from "@outcry/signals/BarColumns"
import { type CsvField, CsvReader } from "./CsvReader.ts"
import { GrowingColumn } from "./GrowingColumn.ts"
import { linesOfFile, linesOfText } from "./LineFile.ts"

export interface KlineImport {
  readonly bars: BarColumns
  /** In quote asset. */
  readonly quoteVolume: Float64Array
  readonly trades: Float64Array
  /** Volume of trades whose taker bought, in base asset. */
  readonly takerBuyVolume: Float64Array
  readonly notes: ReadonlyArray<string>
}

const fields: ReadonlyArray<CsvField> = [
  { name: "time", titles: ["opentime"], required: true, place: 0 },
  { name: "open", titles: ["open"], required: true, place: 1 },
  { name: "high", titles: ["high"], required: true, place: 2 },
  { name: "low", titles: ["low"], required: true, place: 3 },
  { name: "close", titles: ["close"], required: true, place: 4 },
  { name: "volume", titles: ["volume"], required: true, place: 5 },
  { name: "closeTime", titles: ["closetime"], required: true, place: 6 },
  { name: "quoteVolume", titles: ["quotevolume", "quoteassetvolume"], required: true, place: 7 },
  { name: "trades", titles: ["count", "numberoftrades"], required: true, place: 8 },
  {
    name: "takerBuyVolume",
    titles: ["takerbuyvolume", "takerbuybasevolume", "takerbuybaseassetvolume"],
    required: true,
    place: 9
  }
]

const closeTimeAt = 6

class KlineCsv {
  private readonly reader: CsvReader
  private readonly instrument: string
  private readonly columns = fields.map(() => new GrowingColumn())
  private intervalUs = 0

  constructor(source: string, instrument: string) {
    this.instrument = instrument
    const { columns } = this
    this.reader = new CsvReader(source, fields, {}, (cells, reader) => {
      const open = reader.time(cells[0]!)
      this.checkInterval(open, cells[0]!, cells[closeTimeAt]!, reader)
      columns[0]!.push(open)
      for (let at = 1; at < fields.length; at++) {
        if (at !== closeTimeAt) columns[at]!.push(reader.number(cells[at]!, fields[at]!.name))
      }
    })
  }

  push(line: string): void {
    this.reader.push(line)
  }

  finish(): KlineImport {
    this.reader.end()
    const [timeOpen, open, high, low, close, volume, , quoteVolume, trades, takerBuyVolume] = this.columns.map((each) =>
      each.done()
    )
    const { instrument, intervalUs } = this
    return {
      bars: {
        instrument,
        intervalUs,
        timeOpen: timeOpen!,
        open: open!,
        high: high!,
        low: low!,
        close: close!,
        volume: volume!
      },
      quoteVolume: quoteVolume!,
      trades: trades!,
      takerBuyVolume: takerBuyVolume!,
      notes: this.reader.notes
    }
  }

  /** A kline's close time is the last unit before the next one opens. */
  private checkInterval(open: number, openCell: string, closeCell: string, reader: CsvReader): void {
    const unit = openCell.length > 13 ? 1 : 1_000
    const intervalUs = reader.time(closeCell) + unit - open
    if (this.intervalUs === 0) this.intervalUs = intervalUs
    if (intervalUs > 0 && intervalUs === this.intervalUs) return
    const detail = `the kline lasts ${intervalUs / 1e6} s, the first ${this.intervalUs / 1e6} s`
    throw reader.fault(
      "closeTime",
      "unsupported",
      detail,
      "Use klines of one fixed interval: not months, not several files in one."
    )
  }
}

/** From text in memory; `source` names it in errors. Throws a DataError. */
export const importKlines = (text: string, source: string, instrument: string): KlineImport => {
  const csv = new KlineCsv(source, instrument)
  for (const line of linesOfText(text)) csv.push(line)
  return csv.finish()
}

/** From an archive or its CSV. Rejects with a DataError. */
export const readKlines = async (path: string, instrument: string): Promise<KlineImport> => {
  const csv = new KlineCsv(path, instrument)
  for await (const lines of linesOfFile(path)) for (const line of lines) csv.push(line)
  return csv.finish()
}
