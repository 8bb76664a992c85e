/** Trades and quotes of one instrument as columns, in ticks and lots, and their way onto and off a tape. */
import type { Instrument } from "@outcry/model/Instrument"
import { type MarketTape, tapeCodes } from "../MarketTape.ts"
import type { TapeBuilder } from "../TapeBuilder.ts"

/** All of equal length, oldest first. Times in epoch µs: `time` when received, `timeVenue` by the venue's clock. */
export interface TradeColumns {
  /** `venue:symbol`. */
  readonly instrument: string
  readonly time: Float64Array
  readonly timeVenue: Float64Array
  readonly priceTicks: Float64Array
  readonly lots: Float64Array
  /** 1 where the taker bought, 0 where it sold. */
  readonly buy: Uint8Array
  /** The venue's id of the trade. */
  readonly id: Float64Array
}

/** The same of best bid and offer; a side without orders has zero ticks and zero lots. */
export interface QuoteColumns {
  readonly instrument: string
  readonly time: Float64Array
  readonly timeVenue: Float64Array
  readonly bidTicks: Float64Array
  readonly bidLots: Float64Array
  readonly askTicks: Float64Array
  readonly askLots: Float64Array
}

/** Places of a tape's rows of one kind of one instrument. */
const rowsOf = (tape: MarketTape, instrument: string, code: number): Uint32Array => {
  const place = tape.instruments.indexOf(instrument)
  const rows = new Uint32Array(tape.length)
  let count = 0
  for (let row = 0; row < tape.length; row++) {
    if (tape.code[row] === code && tape.instrument[row] === place) rows[count++] = row
  }
  return rows.subarray(0, count)
}

const taken = (column: Float64Array, rows: Uint32Array): Float64Array => Float64Array.from(rows, (row) => column[row]!)

/** The trades of an instrument on a tape; none where it is not on it. */
export const tradesOf = (tape: MarketTape, instrument: string): TradeColumns => {
  const rows = rowsOf(tape, instrument, tapeCodes.trade)
  return {
    instrument,
    time: taken(tape.time, rows),
    timeVenue: taken(tape.timeVenue, rows),
    priceTicks: taken(tape.a, rows),
    lots: taken(tape.b, rows),
    buy: Uint8Array.from(rows, (row) => tape.c[row]!),
    id: taken(tape.d, rows)
  }
}

export const quotesOf = (tape: MarketTape, instrument: string): QuoteColumns => {
  const rows = rowsOf(tape, instrument, tapeCodes.quote)
  return {
    instrument,
    time: taken(tape.time, rows),
    timeVenue: taken(tape.timeVenue, rows),
    bidTicks: taken(tape.a, rows),
    bidLots: taken(tape.b, rows),
    askTicks: taken(tape.c, rows),
    askLots: taken(tape.d, rows)
  }
}

/** Adds trades to a tape that is being built, which throws a TapeFault where they make no sense. */
export const addTrades = (builder: TapeBuilder, trades: TradeColumns): void => {
  const { buy, id, instrument, lots, priceTicks, time, timeVenue } = trades
  for (let row = 0; row < time.length; row++) {
    const side = buy[row] === 1 ? "buy" : "sell"
    builder.trade(instrument, time[row]!, timeVenue[row]!, priceTicks[row]!, lots[row]!, side, id[row]!)
  }
}

export const addQuotes = (builder: TapeBuilder, quotes: QuoteColumns): void => {
  const { askLots, askTicks, bidLots, bidTicks, instrument, time, timeVenue } = quotes
  for (let row = 0; row < time.length; row++) {
    const sizes = [bidTicks[row]!, bidLots[row]!, askTicks[row]!, askLots[row]!] as const
    builder.quote(instrument, time[row]!, timeVenue[row]!, ...sizes)
  }
}

/** The float nearest to a price of so many ticks. */
export const priceOfTicks = (instrument: Instrument): ((ticks: number) => number) => {
  const scale = 10 ** instrument.priceDecimals
  const unit = Math.round(Number(instrument.tickSize) * scale)
  return (ticks) => (ticks * unit) / scale
}

/** The float nearest to a quantity of so many lots. */
export const quantityOfLots = (instrument: Instrument): ((lots: number) => number) => {
  const scale = 10 ** instrument.quantityDecimals
  const unit = Math.round(Number(instrument.lotSize) * scale)
  return (lots) => (lots * unit) / scale
}
