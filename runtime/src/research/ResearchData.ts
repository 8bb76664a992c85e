/**
 * Market data for research, by what names it: a file of daily bars in LEAN's format (its `.factors.csv` beside it is
 * taken up), a CSV of bars, or a data set of the column store. In shared memory, so that workers read one copy.
 *
 * A signal runs on prices adjusted for splits and dividends; an event-driven run on raw ones, with both as events.
 */
import { type CorporateAction, corporateActionsOf } from "@outcry/backtest/data/CorporateActions"
import { readBarCsv } from "@outcry/backtest/data/BarCsv"
import { ColumnStore } from "@outcry/backtest/data/ColumnStore"
import { DataError } from "@outcry/backtest/data/DataError"
import { barsOf, contentHash, datasetOfBars } from "@outcry/backtest/data/Dataset"
import { readFactors } from "@outcry/backtest/data/FactorFile"
import { adjusted, readLeanDaily } from "@outcry/backtest/data/LeanDaily"
import { type Instrument, make } from "@outcry/model/Instrument"
import type { BarColumns } from "@outcry/signals/BarColumns"
import { existsSync } from "node:fs"
import { basename, extname } from "node:path"

/** As a study's order holds it: all that is needed to find the same data again. */
export interface DataReference {
  /** A path, or the name of a data set. */
  readonly id: string
  /** Folder of the column store that names are looked up in. */
  readonly store: string
}

export interface ResearchData {
  readonly reference: DataReference
  /** SHA-256 of what signals run on. */
  readonly hash: string
  readonly instrument: Instrument
  /** Adjusted. */
  readonly bars: BarColumns
  readonly raw: BarColumns
  readonly actions: ReadonlyArray<CorporateAction>
  readonly notes: ReadonlyArray<string>
}

const sharedColumn = (column: Float64Array): Float64Array => {
  const copy = new Float64Array(new SharedArrayBuffer(column.byteLength))
  copy.set(column)
  return copy
}

const shared = (bars: BarColumns): BarColumns => ({
  ...bars,
  timeOpen: sharedColumn(bars.timeOpen),
  open: sharedColumn(bars.open),
  high: sharedColumn(bars.high),
  low: sharedColumn(bars.low),
  close: sharedColumn(bars.close),
  volume: sharedColumn(bars.volume)
})

const wide = { version: 1, minQuantity: "0", minNotional: "0", maxNotional: "1000000000000" } as const

/** Whole shares and hundredths of a cent; a crypto pair in cents and hundred-millionths. */
const instrumentOf = (id: string, isCrypto: boolean): Instrument => {
  const [venue = "", symbol = ""] = id.split(":")
  const [base = "", quote = ""] = symbol.split("/")
  return isCrypto
    ? make({
        ...wide,
        venue,
        symbol,
        base,
        quote,
        tickSize: "0.01",
        lotSize: "0.0001",
        minQuantity: "0.0001",
        maxQuantity: "100000000"
      })
    : make({
        ...wide,
        venue,
        symbol,
        base,
        quote,
        tickSize: "0.0001",
        lotSize: "1",
        minQuantity: "1",
        maxQuantity: "1000000000"
      })
}

/** `spy.zip` → `us:SPY/USD`; `coinbase-btcusd.zip` → `coinbase:BTC/USD`. */
const nameOf = (path: string): { readonly id: string; readonly isCrypto: boolean } => {
  const stem = basename(path, extname(path)).toUpperCase()
  const [venue = "", pair] = stem.split("-")
  if (pair === undefined || pair.length < 6) return { id: `us:${stem}/USD`, isCrypto: false }
  return { id: `${venue.toLowerCase()}:${pair.slice(0, -3)}/${pair.slice(-3)}`, isCrypto: true }
}

const lean = async (path: string) => {
  const { id, isCrypto } = nameOf(path)
  const raw = await readLeanDaily(path, { instrument: id, priceScale: isCrypto ? 1 : 10_000 })
  const factorFile = path.replace(/\.zip$/, ".factors.csv")
  const instrument = instrumentOf(id, isCrypto)
  if (!existsSync(factorFile)) return { raw, bars: raw, actions: [], instrument, notes: [] }
  const factors = await readFactors(factorFile)
  const notes = [`Adjusted for splits and dividends by ${basename(factorFile)}.`]
  return { raw, bars: adjusted(raw, factors), actions: corporateActionsOf(factors, raw.timeOpen), instrument, notes }
}

const csv = async (path: string) => {
  const { id, isCrypto } = nameOf(path)
  const { bars, notes } = await readBarCsv(path, { instrument: id })
  return { raw: bars, bars, actions: [], instrument: instrumentOf(id, isCrypto), notes }
}

const stored = async ({ id, store }: DataReference) => {
  const bars = barsOf(await (await ColumnStore.open(store)).read(id))
  const isCrypto = !bars.instrument.startsWith("us:")
  return { raw: bars, bars, actions: [], instrument: instrumentOf(bars.instrument, isCrypto), notes: [] }
}

/** Rejects with a DataError. */
export const loadResearchData = async (reference: DataReference): Promise<ResearchData> => {
  const { id } = reference
  const read = id.endsWith(".zip") ? lean : /\.csv(\.gz)?$/.test(id) ? csv : undefined
  if (read === undefined && /[/\\]/.test(id))
    throw new DataError({
      source: id,
      line: 0,
      field: "",
      problem: "unsupported",
      detail: "it is neither a .zip of daily bars nor a .csv of bars",
      remedy: "Import it with `outcry data import`, and name the data set."
    })
  const { actions, bars, instrument, notes, raw } = read === undefined ? await stored(reference) : await read(id)
  const adjustedBars = shared(bars)
  return {
    reference,
    hash: contentHash(datasetOfBars(bars)),
    instrument,
    bars: adjustedBars,
    raw: raw === bars ? adjustedBars : shared(raw),
    actions,
    notes
  }
}
