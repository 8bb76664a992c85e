/**
 * A data set: named columns of numbers with what they are of. Bars, trades, quotes and whole tapes go into this one shape
 * and come back; its content hash names it wherever it lies.
 */
import { createHash } from "node:crypto"
import type { BarColumns } from "@outcry/signals/BarColumns"
import type { MarketTape } from "../MarketTape.ts"
import { DataError } from "./DataError.ts"
import type { QuoteColumns, TradeColumns } from "./TickColumns.ts"

export const datasetKinds = ["bars", "trades", "quotes", "tape", "features"] as const
export type DatasetKind = (typeof datasetKinds)[number]

export const dtypes = ["f64", "u8", "u16", "u32", "i32"] as const
export type Dtype = (typeof dtypes)[number]
export type Column = Float64Array | Uint8Array | Uint16Array | Uint32Array | Int32Array

export interface Dataset {
  readonly kind: DatasetKind
  /** `venue:symbol`; several only on a tape, whose rows hold places in this list. */
  readonly instruments: ReadonlyArray<string>
  /** µs; 0 where rows are no bars. */
  readonly intervalUs: number
  /** The column of times, epoch µs, that partial reads go by. */
  readonly timeColumn: string
  /** Of equal length, but for `levels` of a tape. */
  readonly columns: Readonly<Record<string, Column>>
}

export const dtypeOf = (column: Column): Dtype => {
  if (column instanceof Float64Array) return "f64"
  if (column instanceof Uint16Array) return "u16"
  if (column instanceof Uint32Array) return "u32"
  return column instanceof Int32Array ? "i32" : "u8"
}

export const bytesOf: Readonly<Record<Dtype, number>> = { f64: 8, u8: 1, u16: 2, u32: 4, i32: 4 }

/** A column over memory that begins at a multiple of its width. */
export const columnOver = (dtype: Dtype, memory: ArrayBufferLike, length: number): Column => {
  switch (dtype) {
    case "f64":
      return new Float64Array(memory, 0, length)
    case "u8":
      return new Uint8Array(memory, 0, length)
    case "u16":
      return new Uint16Array(memory, 0, length)
    case "u32":
      return new Uint32Array(memory, 0, length)
    case "i32":
      return new Int32Array(memory, 0, length)
  }
}

export const memoryOf = (column: Column): Uint8Array =>
  new Uint8Array(column.buffer, column.byteOffset, column.byteLength)

export const rowsOf = (dataset: Dataset): number => dataset.columns[dataset.timeColumn]?.length ?? 0

/** What the hash is made of: the shape, and each column's own hash, by name. */
export interface HashedColumn {
  readonly name: string
  readonly dtype: Dtype
  readonly length: number
  readonly sha256: string
}

export const columnHash = (column: Column): string => createHash("sha256").update(memoryOf(column)).digest("hex")

type Shape = Pick<Dataset, "kind" | "instruments" | "intervalUs" | "timeColumn">

/** SHA-256, hexadecimal, of kind, instruments, interval and every column's bytes (little-endian), whatever their order. */
export const hashOf = (shape: Shape, columns: ReadonlyArray<HashedColumn>): string => {
  const { instruments, intervalUs, kind, timeColumn } = shape
  const sorted = columns.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const parts = sorted.map(({ dtype, length, name, sha256 }) => [name, dtype, length, sha256])
  return createHash("sha256")
    .update(JSON.stringify([kind, instruments, intervalUs, timeColumn, parts]))
    .digest("hex")
}

export const contentHash = (dataset: Dataset): string =>
  hashOf(
    dataset,
    Object.entries(dataset.columns).map(([name, column]) => ({
      name,
      dtype: dtypeOf(column),
      length: column.length,
      sha256: columnHash(column)
    }))
  )

const columnsOf = (dataset: Dataset, kind: DatasetKind): Readonly<Record<string, Column>> => {
  if (dataset.kind === kind) return dataset.columns
  const detail = `it holds ${dataset.kind}, not ${kind}`
  const remedy = `Name a data set of ${kind}.`
  throw new DataError({
    source: dataset.instruments.join(),
    line: 0,
    field: "kind",
    problem: "conflict",
    detail,
    remedy
  })
}

const lacking = (field: string): DataError => {
  const [detail, remedy] = ["the data set lacks that column, or has it of another type", "Import the data again."]
  return new DataError({ source: "data set", line: 0, field, problem: "corrupt", detail, remedy })
}

const floats = (columns: Readonly<Record<string, Column>>, name: string): Float64Array => {
  const column = columns[name]
  if (column instanceof Float64Array) return column
  throw lacking(name)
}

const bytes = (columns: Readonly<Record<string, Column>>, name: string): Uint8Array => {
  const column = columns[name]
  if (column instanceof Uint8Array) return column
  throw lacking(name)
}

export const datasetOfBars = (bars: BarColumns): Dataset => {
  const { close, high, instrument, intervalUs, low, open, timeOpen, volume } = bars
  const columns = { timeOpen, open, high, low, close, volume }
  return { kind: "bars", instruments: [instrument], intervalUs, timeColumn: "timeOpen", columns }
}

/** Throws a DataError where the data set is of another kind. */
export const barsOf = (dataset: Dataset): BarColumns => {
  const columns = columnsOf(dataset, "bars")
  return {
    instrument: dataset.instruments[0] ?? "",
    intervalUs: dataset.intervalUs,
    timeOpen: floats(columns, "timeOpen"),
    open: floats(columns, "open"),
    high: floats(columns, "high"),
    low: floats(columns, "low"),
    close: floats(columns, "close"),
    volume: floats(columns, "volume")
  }
}

export const datasetOfTrades = ({ instrument, ...columns }: TradeColumns): Dataset => ({
  kind: "trades",
  instruments: [instrument],
  intervalUs: 0,
  timeColumn: "time",
  columns
})

export const tradesOfDataset = (dataset: Dataset): TradeColumns => {
  const columns = columnsOf(dataset, "trades")
  return {
    instrument: dataset.instruments[0] ?? "",
    time: floats(columns, "time"),
    timeVenue: floats(columns, "timeVenue"),
    priceTicks: floats(columns, "priceTicks"),
    lots: floats(columns, "lots"),
    buy: bytes(columns, "buy"),
    id: floats(columns, "id")
  }
}

export const datasetOfQuotes = ({ instrument, ...columns }: QuoteColumns): Dataset => ({
  kind: "quotes",
  instruments: [instrument],
  intervalUs: 0,
  timeColumn: "time",
  columns
})

export const quotesOfDataset = (dataset: Dataset): QuoteColumns => {
  const columns = columnsOf(dataset, "quotes")
  return {
    instrument: dataset.instruments[0] ?? "",
    time: floats(columns, "time"),
    timeVenue: floats(columns, "timeVenue"),
    bidTicks: floats(columns, "bidTicks"),
    bidLots: floats(columns, "bidLots"),
    askTicks: floats(columns, "askTicks"),
    askLots: floats(columns, "askLots")
  }
}

export const datasetOfTape = ({ instruments, length: _, instrument, ...columns }: MarketTape): Dataset => ({
  kind: "tape",
  instruments,
  intervalUs: 0,
  timeColumn: "time",
  columns: { ...columns, instrument }
})

export const tapeOfDataset = (dataset: Dataset): MarketTape => {
  const columns = columnsOf(dataset, "tape")
  const { instrument } = columns
  const code = bytes(columns, "code")
  if (!(instrument instanceof Uint16Array)) throw lacking("instrument")
  return {
    instruments: dataset.instruments,
    length: code.length,
    time: floats(columns, "time"),
    timeVenue: floats(columns, "timeVenue"),
    code,
    instrument,
    a: floats(columns, "a"),
    b: floats(columns, "b"),
    c: floats(columns, "c"),
    d: floats(columns, "d"),
    e: floats(columns, "e"),
    f: floats(columns, "f"),
    span: floats(columns, "span"),
    levels: floats(columns, "levels")
  }
}
