/**
 * Bars from trades: of equal time, of a number of trades, of a volume, or of a value traded. All in ticks and lots.
 *
 * Bars of trades, volume or value close with the trade that reaches their size; what it trades beyond stays in that bar.
 * Source: M. López de Prado, "Advances in Financial Machine Learning" (2018), 2.3. Time bars are those of the model's
 * BarBuilder, as a live feed makes them. A bar that has not closed by the last trade is left out.
 */
import { BarBuilder, type BuiltBar } from "@outcry/model/BarBuilder"
import type { Instrument } from "@outcry/model/Instrument"
import type { BarColumns } from "@outcry/signals/BarColumns"
import { GrowingColumn } from "./GrowingColumn.ts"
import { priceOfTicks, quantityOfLots, type TradeColumns } from "./TickColumns.ts"

export interface TradeBars {
  readonly instrument: string
  /** Of time bars, µs; 0 for the others. */
  readonly intervalUs: number
  /** Time bars: the interval's beginning; others: their first trade. By the venue's clock, epoch µs. */
  readonly timeOpen: Float64Array
  /** When we would have known the closed bar: the receive time of the trade that closed it. */
  readonly timeKnown: Float64Array
  readonly openTicks: Float64Array
  readonly highTicks: Float64Array
  readonly lowTicks: Float64Array
  readonly closeTicks: Float64Array
  readonly lots: Float64Array
  /** How many. */
  readonly trades: Float64Array
}

class BarRows {
  private readonly columns = Array.from({ length: 8 }, () => new GrowingColumn(256))

  push(...row: ReadonlyArray<number>): void {
    for (let at = 0; at < row.length; at++) this.columns[at]!.push(row[at]!)
  }

  done(instrument: string, intervalUs: number): TradeBars {
    const [timeOpen, timeKnown, openTicks, highTicks, lowTicks, closeTicks, lots, trades] = this.columns.map((each) =>
      each.done()
    )
    return {
      instrument,
      intervalUs,
      timeOpen: timeOpen!,
      timeKnown: timeKnown!,
      openTicks: openTicks!,
      highTicks: highTicks!,
      lowTicks: lowTicks!,
      closeTicks: closeTicks!,
      lots: lots!,
      trades: trades!
    }
  }
}

const positive = (name: string, value: number): void => {
  if (!(value > 0 && Number.isFinite(value))) throw new RangeError(`${name} must be a positive number, not ${value}`)
}

/** Bars of `intervalUs`; one without trades repeats the last close. Throws a RangeError for an interval not positive. */
export const timeBars = (trades: TradeColumns, intervalUs: number): TradeBars => {
  positive("intervalUs", intervalUs)
  const rows = new BarRows()
  const builder = new BarBuilder(intervalUs)
  const emit = (bar: BuiltBar): void =>
    rows.push(
      bar.timeOpen,
      bar.timeReceived,
      bar.openTicks,
      bar.highTicks,
      bar.lowTicks,
      bar.closeTicks,
      bar.lots,
      bar.trades
    )
  for (let row = 0; row < trades.time.length; row++) {
    const [timeVenue, priceTicks, lots] = [trades.timeVenue[row]!, trades.priceTicks[row]!, trades.lots[row]!]
    builder.add({ timeVenue, priceTicks, lots }, trades.time[row]!, emit)
  }
  return rows.done(trades.instrument, intervalUs)
}

/** Bars of `count` trades. */
export const tickBars = (trades: TradeColumns, count: number): TradeBars => sizedBars(trades, "count", count, () => 1)

/** Bars of at least `lots`. */
export const volumeBars = (trades: TradeColumns, lots: number): TradeBars =>
  sizedBars(trades, "lots", lots, (_, traded) => traded)

/** Bars of at least `value` traded, in quote asset. */
export const dollarBars = (trades: TradeColumns, instrument: Instrument, value: number): TradeBars => {
  const [price, quantity] = [priceOfTicks(instrument), quantityOfLots(instrument)]
  return sizedBars(trades, "value", value, (ticks, lots) => price(ticks) * quantity(lots))
}

const sizedBars = (
  trades: TradeColumns,
  name: string,
  size: number,
  sizeOf: (priceTicks: number, lots: number) => number
): TradeBars => {
  positive(name, size)
  const rows = new BarRows()
  let [filled, count, open, high, low, lots, timeOpen] = [0, 0, 0, 0, 0, 0, 0]
  for (let row = 0; row < trades.time.length; row++) {
    const [ticks, traded] = [trades.priceTicks[row]!, trades.lots[row]!]
    if (count === 0) {
      ;[open, high, low, lots, timeOpen] = [ticks, ticks, ticks, 0, trades.timeVenue[row]!]
    }
    high = Math.max(high, ticks)
    low = Math.min(low, ticks)
    lots += traded
    count += 1
    filled += sizeOf(ticks, traded)
    if (filled < size) continue
    rows.push(timeOpen, trades.time[row]!, open, high, low, ticks, lots, count)
    ;[filled, count] = [0, 0]
  }
  return rows.done(trades.instrument, 0)
}

/**
 * The same as BarColumns, in quote and base asset. Bars that are not of time are given an interval of 1 µs that ends when
 * they were known, so that a row is never used before; several known in the same µs follow one another by 1 µs.
 */
export const barColumnsOfTrades = (bars: TradeBars, instrument: Instrument): BarColumns => {
  const timed = bars.intervalUs > 0
  const timeOpen = timed ? bars.timeOpen.slice() : bars.timeKnown.map((time) => time - 1)
  if (!timed) {
    for (let row = 1; row < timeOpen.length; row++) timeOpen[row] = Math.max(timeOpen[row]!, timeOpen[row - 1]! + 1)
  }
  const [price, quantity] = [priceOfTicks(instrument), quantityOfLots(instrument)]
  return {
    instrument: bars.instrument,
    intervalUs: timed ? bars.intervalUs : 1,
    timeOpen,
    open: bars.openTicks.map(price),
    high: bars.highTicks.map(price),
    low: bars.lowTicks.map(price),
    close: bars.closeTicks.map(price),
    volume: bars.lots.map(quantity)
  }
}
