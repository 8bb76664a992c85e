/**
 * Binance's `exchangeInfo` → instruments, with their sizes as exact decimals. A symbol that is not trading, or whose
 * filters make no sense, is left out.
 * Source: developers.binance.com, "Filters" of the spot API, 2026-11.
 */
import * as Instrument from "@outcry/model/Instrument"
import { Option, Schema } from "effect"

/** One filter; only the fields of the filters we read. */
const Filter = Schema.Struct({
  filterType: Schema.String,
  tickSize: Schema.optionalKey(Schema.String),
  stepSize: Schema.optionalKey(Schema.String),
  minQty: Schema.optionalKey(Schema.String),
  maxQty: Schema.optionalKey(Schema.String),
  minNotional: Schema.optionalKey(Schema.String),
  maxNotional: Schema.optionalKey(Schema.String)
})

const SymbolInfo = Schema.Struct({
  status: Schema.String,
  baseAsset: Schema.String,
  quoteAsset: Schema.String,
  filters: Schema.Array(Filter)
})

const decodeSymbol = Schema.decodeUnknownOption(SymbolInfo)

/** Where a venue names no largest notional, none of ours reaches this. */
const noLimit = "1000000000"

const trim = (decimal: string): string => (decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal)

/** One element of `symbols`; undefined where it cannot be traded. */
export const instrumentOf = (venue: string, symbol: unknown): Instrument.Instrument | undefined => {
  const decoded = decodeSymbol(symbol)
  if (Option.isNone(decoded)) return undefined
  const info = decoded.value
  const filter = (type: string) => info.filters.find((each) => each.filterType === type)
  const price = filter("PRICE_FILTER")
  const lot = filter("LOT_SIZE")
  const notional = filter("NOTIONAL") ?? filter("MIN_NOTIONAL")
  if (info.status !== "TRADING" || price?.tickSize === undefined || lot?.stepSize === undefined) return undefined
  try {
    return Instrument.make({
      venue,
      symbol: `${info.baseAsset}/${info.quoteAsset}`,
      base: info.baseAsset,
      quote: info.quoteAsset,
      version: 1,
      tickSize: trim(price.tickSize),
      lotSize: trim(lot.stepSize),
      minQuantity: trim(lot.minQty ?? "0"),
      maxQuantity: trim(lot.maxQty ?? "0"),
      minNotional: trim(notional?.minNotional ?? "0"),
      maxNotional: trim(notional?.maxNotional ?? noLimit)
    })
  } catch {
    // Sizes that cannot be counted exactly (finer than 10^-12 in all): we do not trade what we cannot account for.
    return undefined
  }
}

/** All of them, from the elements of `symbols`. */
export const instrumentsOf = (venue: string, symbols: ReadonlyArray<unknown>): ReadonlyArray<Instrument.Instrument> =>
  symbols.flatMap((symbol) => instrumentOf(venue, symbol) ?? [])
