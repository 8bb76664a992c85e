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
import { basename, join } from "node:path"

/** As a study's order holds it: all that is needed to find the same data again. */
export interface DataReference {
  /** A path, or the name of a data set. */
  readonly id: string
  /** Folder of the column store that names are looked up in. */
  readonly store: string
}

/** What an instrument is called and sized by, where it is not what its file's name and kind suggest. Decimals. */
export interface InstrumentGiven {
  /** `venue:BASE/QUOTE`. */
  readonly instrument?: string
  readonly tick?: string
  readonly lot?: string
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

const wide = { version: 1, minNotional: "0", maxNotional: "1000000000000" } as const

/** Whole shares and hundredths of a cent; a crypto pair in cents and ten-thousandths. Throws InvalidInstrument. */
export const instrumentOf = (id: string, isCrypto: boolean, { lot, tick }: InstrumentGiven = {}): Instrument => {
  const [venue = "", symbol = ""] = id.split(":")
  const [base = "", quote = ""] = symbol.split("/")
  const lotSize = lot ?? (isCrypto ? "0.0001" : "1")
  return make({
    ...wide,
    venue,
    symbol,
    base,
    quote,
    tickSize: tick ?? (isCrypto ? "0.01" : "0.0001"),
    lotSize,
    minQuantity: lotSize,
    maxQuantity: isCrypto ? "100000000" : "1000000000"
  })
}

/** Prices of a series that would be but a few ticks get finer ones: 0.00001234 of a quote asset is a price too. */
const ticksMin = 10_000
const tickFor = ({ low }: BarColumns, given: InstrumentGiven, isCrypto: boolean): InstrumentGiven => {
  if (given.tick !== undefined) return given
  const least = low.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  let places = isCrypto ? 2 : 4
  while (places < 8 && least * 10 ** places < ticksMin) places += 1
  return { ...given, tick: (10 ** -places).toFixed(places) }
}

const ending = /\.(?:zip|csv|csv\.gz)$/i

/** `spy.zip` → `us:SPY/USD`; `coinbase-btcusd.zip` → `coinbase:BTC/USD`. */
const nameOf = (path: string, given: InstrumentGiven): { readonly id: string; readonly isCrypto: boolean } => {
  if (given.instrument !== undefined) return { id: given.instrument, isCrypto: !given.instrument.startsWith("us:") }
  const stem = basename(path).replace(ending, "").toUpperCase()
  const [, venue = "", base = "", quote = ""] = /^([A-Z]+)-([A-Z]{2,})(USDT|USDC|USD|EUR|BTC|ETH)$/.exec(stem) ?? []
  return base === ""
    ? { id: `us:${stem}/USD`, isCrypto: false }
    : { id: `${venue.toLowerCase()}:${base}/${quote}`, isCrypto: true }
}

const lean = async (path: string, given: InstrumentGiven) => {
  const { id, isCrypto } = nameOf(path, given)
  const raw = await readLeanDaily(path, { instrument: id, priceScale: isCrypto ? 1 : 10_000 })
  const factorFile = path.replace(/\.zip$/, ".factors.csv")
  const instrument = instrumentOf(id, isCrypto, given)
  if (!existsSync(factorFile)) return { raw, bars: raw, actions: [], instrument, notes: [] }
  const factors = await readFactors(factorFile)
  const notes = [`${basename(path)}: splits and dividends are those of ${basename(factorFile)}.`]
  return { raw, bars: adjusted(raw, factors), actions: corporateActionsOf(factors, raw.timeOpen), instrument, notes }
}

const csv = async (path: string, given: InstrumentGiven) => {
  const { id, isCrypto } = nameOf(path, given)
  const { bars, notes } = await readBarCsv(path, { instrument: id })
  const instrument = instrumentOf(id, isCrypto, tickFor(bars, given, isCrypto))
  return { raw: bars, bars, actions: [], instrument, notes: notes.map((note) => `${basename(path)}: ${note}`) }
}

const stored = async ({ id, store }: DataReference, given: InstrumentGiven) => {
  if (!existsSync(join(store, id)))
    throw new DataError({
      source: id,
      line: 0,
      field: "",
      problem: "missing",
      detail: "there is no data set of that name, nor is it a file of a kind that is known",
      remedy: "See `outcry data list`; a file is named by its path, which ends in .zip, .csv or .gz."
    })
  const bars = barsOf(await (await ColumnStore.open(store)).read(id))
  const isCrypto = !bars.instrument.startsWith("us:")
  const instrument = instrumentOf(bars.instrument, isCrypto, tickFor(bars, given, isCrypto))
  return { raw: bars, bars, actions: [], instrument, notes: [] }
}

/** Rejects with a DataError; throws InvalidInstrument for sizes that make no sense. */
export const loadResearchData = async (
  reference: DataReference,
  given: InstrumentGiven = {}
): Promise<ResearchData> => {
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
  const { actions, bars, instrument, notes, raw } =
    read === undefined ? await stored(reference, given) : await read(id, given)
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
