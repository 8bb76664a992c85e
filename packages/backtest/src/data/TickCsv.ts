/**
 * Trades and quotes from separated values, exact: decimals become ticks and lots without a float between. A price between
 * two ticks is refused; quantities finer than a lot are cut to whole lots, as everywhere public sizes are read.
 *
 * Layouts without header: `plain` (trades: time, price, quantity, side, id; quotes: time, bid, its size, ask, its size),
 * and Binance's public archives of trades (id, price, quantity, quote quantity, time, buyer is maker) and aggTrades (id,
 * price, quantity, first id, last id, time, buyer is maker). Source: the README of github.com/binance/binance-public-data.
 * A file has one time a row: it is taken for the venue's and for ours. Latency is a model's, or the recording's.
 */
import type { Instrument } from "@outcry/model/Instrument"
import { invalid, type Scale, scaleOf, type Step, stepsOf } from "@outcry/venue/binance/Steps"
import { type CsvField, type CsvOptions, CsvReader } from "./CsvReader.ts"
import { GrowingColumn } from "./GrowingColumn.ts"
import { linesOfFile, linesOfText } from "./LineFile.ts"
import type { QuoteColumns, TradeColumns } from "./TickColumns.ts"

export interface TickImport<A> {
  readonly columns: A
  readonly notes: ReadonlyArray<string>
}

export type TradeLayout = "plain" | "binanceTrades" | "binanceAggTrades"

export interface TradeCsvOptions extends CsvOptions {
  /** Where there is no header; default `plain`. */
  readonly layout?: TradeLayout
}

const tradePlaces: Readonly<Record<TradeLayout, ReadonlyArray<number | undefined>>> = {
  plain: [0, 1, 2, 3, undefined, 4],
  binanceTrades: [4, 1, 2, undefined, 5, 0],
  binanceAggTrades: [5, 1, 2, undefined, 6, 0]
}

const tradeFields = (layout: TradeLayout): ReadonlyArray<CsvField> =>
  [
    {
      name: "time",
      titles: ["time", "timestamp", "date", "datetime", "ts", "transacttime", "tradetime"],
      required: true
    },
    { name: "price", titles: ["price", "p", "px"], required: true },
    { name: "quantity", titles: ["quantity", "qty", "q", "amount", "size", "volume"], required: true },
    { name: "side", titles: ["side", "aggressor", "takerside", "direction"], required: false },
    { name: "buyerIsMaker", titles: ["isbuyermaker", "buyerismaker", "m"], required: false },
    { name: "id", titles: ["id", "tradeid", "aggtradeid", "a", "t"], required: false }
  ].map((field, at) => {
    const place = tradePlaces[layout][at]
    return place === undefined ? field : { ...field, place }
  })

const quoteFields: ReadonlyArray<CsvField> = [
  {
    name: "time",
    titles: ["time", "timestamp", "date", "datetime", "ts", "transactiontime"],
    required: true,
    place: 0
  },
  { name: "bidPrice", titles: ["bidprice", "bid", "bestbidprice", "bidpx"], required: true, place: 1 },
  { name: "bidQuantity", titles: ["bidquantity", "bidsize", "bidqty", "bestbidqty"], required: true, place: 2 },
  { name: "askPrice", titles: ["askprice", "ask", "bestaskprice", "askpx"], required: true, place: 3 },
  { name: "askQuantity", titles: ["askquantity", "asksize", "askqty", "bestaskqty"], required: true, place: 4 }
]

const buys = ["buy", "b", "bid"]
const sells = ["sell", "s", "ask"]

const steps = (reader: CsvReader, cell: string, step: Step, field: string): number => {
  const value = stepsOf(cell, 0, cell.length, step)
  if (value !== invalid) return value
  // Says so where it is no decimal at all, or one with a comma.
  reader.number(cell, field)
  const remedy = "Give the instrument the step sizes of its time, or correct the line."
  throw reader.fault(field, "badValue", `"${cell}" is no plain multiple of the instrument's step`, remedy)
}

const takerBought = (reader: CsvReader, side: string, buyerIsMaker: string): boolean => {
  const [written, maker] = [side.toLowerCase(), buyerIsMaker.toLowerCase()]
  if (buys.includes(written) || maker === "false" || maker === "0") return true
  if (sells.includes(written) || maker === "true" || maker === "1") return false
  const [field, cell] = side === "" ? ["buyerIsMaker", buyerIsMaker] : ["side", side]
  const remedy = "Write buy or sell in a column side, or true or false in a column is_buyer_maker."
  throw reader.fault(field, "badValue", `"${cell}" does not tell who took`, remedy)
}

class TradeCsv {
  private readonly reader: CsvReader
  private readonly instrument: Instrument
  private readonly columns = Array.from({ length: 5 }, () => new GrowingColumn())
  private dust = 0

  constructor(source: string, instrument: Instrument, options: TradeCsvOptions) {
    this.instrument = instrument
    const scale: Scale = scaleOf(instrument)
    const [times, prices, quantities, sides, ids] = this.columns
    this.reader = new CsvReader(source, tradeFields(options.layout ?? "plain"), options, (cells, reader) => {
      const time = reader.time(cells[0]!)
      const ticks = steps(reader, cells[1]!, scale.price, "price")
      const lots = steps(reader, cells[2]!, scale.quantity, "quantity")
      const bought = takerBought(reader, cells[3]!, cells[4]!)
      const id = cells[5] === "" ? reader.rows + 1 : reader.number(cells[5]!, "id")
      if (lots === 0) this.dust += 1
      else {
        times!.push(time)
        prices!.push(ticks)
        quantities!.push(lots)
        sides!.push(bought ? 1 : 0)
        ids!.push(id)
      }
    })
  }

  push(line: string): void {
    this.reader.push(line)
  }

  finish(): TickImport<TradeColumns> {
    this.reader.end()
    const [time, priceTicks, lots, buy, id] = this.columns.map((column) => column.done())
    const notes = [...this.reader.notes]
    if (this.dust > 0) notes.push(`Trades of less than a lot were left out: ${this.dust}.`)
    const columns = {
      instrument: this.instrument.id,
      time: time!,
      timeVenue: time!.slice(),
      priceTicks: priceTicks!,
      lots: lots!,
      buy: Uint8Array.from(buy!),
      id: id!
    }
    return { columns, notes }
  }
}

class QuoteCsv {
  private readonly reader: CsvReader
  private readonly instrument: Instrument
  private readonly columns = quoteFields.map(() => new GrowingColumn())

  constructor(source: string, instrument: Instrument, options: CsvOptions) {
    this.instrument = instrument
    const scale = scaleOf(instrument)
    const { columns } = this
    this.reader = new CsvReader(source, quoteFields, options, (cells, reader) => {
      columns[0]!.push(reader.time(cells[0]!))
      for (let at = 1; at < quoteFields.length; at++) {
        columns[at]!.push(steps(reader, cells[at]!, at % 2 === 1 ? scale.price : scale.quantity, quoteFields[at]!.name))
      }
    })
  }

  push(line: string): void {
    this.reader.push(line)
  }

  finish(): TickImport<QuoteColumns> {
    this.reader.end()
    const [time, bidTicks, bidLots, askTicks, askLots] = this.columns.map((column) => column.done())
    const sides = { bidTicks: bidTicks!, bidLots: bidLots!, askTicks: askTicks!, askLots: askLots! }
    const columns = { instrument: this.instrument.id, time: time!, timeVenue: time!.slice(), ...sides }
    return { columns, notes: this.reader.notes }
  }
}

const fromText = <A>(csv: { push(line: string): void; finish(): A }, text: string): A => {
  for (const line of linesOfText(text)) csv.push(line)
  return csv.finish()
}

const fromFile = async <A>(csv: { push(line: string): void; finish(): A }, path: string): Promise<A> => {
  for await (const lines of linesOfFile(path)) for (const line of lines) csv.push(line)
  return csv.finish()
}

/** From text in memory; `source` names it in errors. Throws a DataError. */
export const importTrades = (text: string, source: string, instrument: Instrument, options: TradeCsvOptions = {}) =>
  fromText(new TradeCsv(source, instrument, options), text)

/** From a file, also `.gz` or `.zip`. Rejects with a DataError. */
export const readTradeCsv = (path: string, instrument: Instrument, options: TradeCsvOptions = {}) =>
  fromFile(new TradeCsv(path, instrument, options), path)

export const importQuotes = (text: string, source: string, instrument: Instrument, options: CsvOptions = {}) =>
  fromText(new QuoteCsv(source, instrument, options), text)

export const readQuoteCsv = (path: string, instrument: Instrument, options: CsvOptions = {}) =>
  fromFile(new QuoteCsv(path, instrument, options), path)
