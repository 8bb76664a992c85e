/**
 * Builds a MarketTape: from events, from bars in columns, and row by row. Each kind of an instrument's rows must come in
 * order of time; different kinds and instruments are merged by time when the tape is built.
 *
 * What makes no sense is refused with a TapeFault that names the row, the field and what to do. Nothing is repaired.
 */
import type { BarColumns } from "@outcry/signals/BarColumns"
import * as Amount from "@outcry/model/Amount"
import type { Instrument } from "@outcry/model/Instrument"
import { gapReasons, type MarketEvent, type Side } from "@outcry/model/MarketData"
import { type MarketTape, type TapeCode, tapeCodes } from "./MarketTape.ts"
import { TapeColumns } from "./TapeColumns.ts"
import { TapeFault } from "./TapeFault.ts"
import { orderOf } from "./TapeOrder.ts"

const instrumentsMax = 0xffff
/** How far from a whole tick a price may lie and still be one: what a decimal loses as a float, and no more. */
const tickSlack = 1e-4

export interface TapeOptions {
  /** Put the columns into shared memory, so that workers read one copy. */
  readonly shared?: boolean
}

export interface BarRowsOptions {
  /** What happens to a price between two ticks: `refuse` (default) or `nearest`. */
  readonly rounding?: "refuse" | "nearest"
}

export class TapeBuilder {
  private readonly columns = new TapeColumns()
  private readonly places = new Map<string, number>()
  /** Latest time by instrument and kind. */
  private readonly latest: Array<Float64Array> = []
  private readonly shared: boolean

  /** `instruments` are the ids that may appear, in the order of their places. */
  constructor(instruments: ReadonlyArray<string>, options: TapeOptions = {}) {
    this.shared = options.shared === true
    if (instruments.length === 0 || instruments.length > instrumentsMax)
      this.refuse("", "instruments", `are ${instruments.length}`, `Give 1 to ${instrumentsMax} instrument ids.`)
    for (const id of instruments) {
      if (this.places.has(id)) this.refuse(id, "instruments", "names it twice", "Name each instrument once.")
      this.places.set(id, this.places.size)
      this.latest.push(new Float64Array(Object.keys(tapeCodes).length + 1).fill(-Infinity))
    }
  }

  get length(): number {
    return this.columns.length
  }

  /** Adds an event as strategies see it. */
  add(event: MarketEvent): void {
    const { instrument, timeReceived: time, timeVenue } = event
    switch (event.type) {
      case "quote":
        return this.quote(instrument, time, timeVenue, event.bidTicks, event.bidLots, event.askTicks, event.askLots)
      case "trade":
        return this.trade(
          instrument,
          time,
          timeVenue,
          event.priceTicks,
          event.lots,
          event.aggressor,
          event.venueTradeId
        )
      case "bar": {
        const { closeTicks, highTicks, intervalUs, lots, lowTicks, openTicks, trades } = event
        return this.bar(
          instrument,
          time,
          intervalUs,
          [openTicks, highTicks, lowTicks, closeTicks],
          lots,
          trades,
          timeVenue
        )
      }
      case "delta":
        return this.delta(instrument, time, timeVenue, event.bids, event.asks, event.snapshot)
      case "gap": {
        const row = this.row(instrument, tapeCodes.gap, time, timeVenue)
        this.columns.a[row] = gapReasons.indexOf(event.reason)
        this.columns.b[row] = event.resumed ? 1 : 0
      }
    }
  }

  /** Top of book; times in epoch µs, a side without orders has zero ticks and zero lots. */
  quote(
    instrument: string,
    time: number,
    timeVenue: number,
    bidTicks: number,
    bidLots: number,
    askTicks: number,
    askLots: number
  ): void {
    this.count(instrument, "bidTicks", bidTicks, 0)
    this.count(instrument, "bidLots", bidLots, 0)
    this.count(instrument, "askTicks", askTicks, 0)
    this.count(instrument, "askLots", askLots, 0)
    const row = this.row(instrument, tapeCodes.quote, time, timeVenue)
    this.columns.a[row] = bidTicks
    this.columns.b[row] = bidLots
    this.columns.c[row] = askTicks
    this.columns.d[row] = askLots
  }

  /** A public print. */
  trade(
    instrument: string,
    time: number,
    timeVenue: number,
    priceTicks: number,
    lots: number,
    aggressor: Side,
    venueTradeId: number
  ): void {
    this.count(instrument, "priceTicks", priceTicks, 1)
    this.count(instrument, "lots", lots, 1)
    this.count(instrument, "venueTradeId", venueTradeId, 0)
    const row = this.row(instrument, tapeCodes.trade, time, timeVenue)
    this.columns.a[row] = priceTicks
    this.columns.b[row] = lots
    this.columns.c[row] = aggressor === "buy" ? 1 : 0
    this.columns.d[row] = venueTradeId
  }

  /** A bar as it is known at `time`: `ohlc` in ticks. */
  bar(
    instrument: string,
    time: number,
    intervalUs: number,
    ohlc: readonly [open: number, high: number, low: number, close: number],
    lots: number,
    trades: number,
    timeVenue: number = time
  ): void {
    const [open, high, low, close] = ohlc
    this.count(instrument, "openTicks", open, 1)
    this.count(instrument, "highTicks", high, 1)
    this.count(instrument, "lowTicks", low, 1)
    this.count(instrument, "closeTicks", close, 1)
    this.count(instrument, "lots", lots, 0)
    this.count(instrument, "trades", trades, 0)
    this.count(instrument, "intervalUs", intervalUs, 1)
    if (high < open || high < close || high < low)
      this.refuse(instrument, "highTicks", `${high} is below another price of its bar`, "Correct or drop the bar.")
    if (low > open || low > close)
      this.refuse(instrument, "lowTicks", `${low} is above another price of its bar`, "Correct or drop the bar.")
    const row = this.row(instrument, tapeCodes.bar, time, timeVenue)
    const { columns } = this
    columns.a[row] = open
    columns.b[row] = high
    columns.c[row] = low
    columns.d[row] = close
    columns.e[row] = lots
    columns.f[row] = trades
    columns.span[row] = intervalUs
  }

  /** Changed levels, flat ticks and lots; zero lots removes a level, a snapshot replaces the book. */
  delta(
    instrument: string,
    time: number,
    timeVenue: number,
    bids: ReadonlyArray<number>,
    asks: ReadonlyArray<number>,
    snapshot: boolean
  ): void {
    this.levels(instrument, "bids", bids)
    this.levels(instrument, "asks", asks)
    const row = this.row(instrument, tapeCodes.delta, time, timeVenue)
    const { columns } = this
    columns.a[row] = columns.pushLevels(bids)
    columns.pushLevels(asks)
    columns.b[row] = bids.length / 2
    columns.c[row] = asks.length / 2
    columns.d[row] = snapshot ? 1 : 0
  }

  /** `ratio` new lots for one old lot, from `time` on: positions and open orders follow. */
  split(instrument: string, time: number, ratio: number): void {
    if (!(ratio > 0 && Number.isFinite(ratio)))
      this.refuse(instrument, "ratio", `${ratio} is no positive number`, "Give new shares per old share, as 2 or 0.1.")
    this.columns.a[this.row(instrument, tapeCodes.split, time, time)] = ratio
  }

  /** `amount` of quote asset paid per base asset held when `time` comes: the ex-date. A short pays it. */
  dividend(instrument: string, time: number, amount: number): void {
    if (!(amount >= 0 && Number.isFinite(amount)))
      this.refuse(instrument, "amount", `${amount} is no amount of 0 or more`, "Give cash per share.")
    this.columns.a[this.row(instrument, tapeCodes.dividend, time, time)] = amount
  }

  /** `rate` of the notional that a long pays to a short at `time`; negative the other way round. */
  funding(instrument: string, time: number, rate: number): void {
    if (!Number.isFinite(rate)) this.refuse(instrument, "rate", `${rate} is no number`, "Give a fraction, as 0.0001.")
    this.columns.a[this.row(instrument, tapeCodes.funding, time, time)] = rate
  }

  /**
   * Adds bars in columns; each becomes known at `timeOpen + intervalUs`. Volumes are rounded down to whole lots. Throws
   * TapeFault where a price lies between two ticks, unless it may be rounded.
   */
  addBars(bars: BarColumns, instrument: Instrument, { rounding = "refuse" }: BarRowsOptions = {}): void {
    const { close, high, intervalUs, low, open, timeOpen, volume } = bars
    const tick = Amount.toNumber(instrument.tick)
    const lot = Amount.toNumber(instrument.lot)
    if (bars.instrument !== instrument.id)
      this.refuse(bars.instrument, "instrument", `is not ${instrument.id}`, "Give the instrument that the bars are of.")
    for (const [name, column] of Object.entries({ open, high, low, close, volume }))
      if (column.length !== timeOpen.length)
        this.refuse(
          instrument.id,
          name,
          `has ${column.length} rows, timeOpen ${timeOpen.length}`,
          "Make them equal.",
          0
        )
    const ticks = (row: number, field: string, price: number): number => {
      const exact = price / tick
      const whole = Math.round(exact)
      if (!(whole > 0))
        this.refuse(instrument.id, field, `${price} is no positive price`, "Correct or drop the bar.", row)
      if (rounding === "refuse" && Math.abs(exact - whole) > tickSlack)
        this.refuse(
          instrument.id,
          field,
          `${price} lies between two ticks of ${instrument.tickSize}`,
          'Give the instrument a finer tickSize, or pass rounding: "nearest".',
          row
        )
      return whole
    }
    for (let row = 0; row < timeOpen.length; row++) {
      const lots = Math.floor(volume[row]! / lot + tickSlack)
      const ohlc = [
        ticks(row, "open", open[row]!),
        ticks(row, "high", high[row]!),
        ticks(row, "low", low[row]!),
        ticks(row, "close", close[row]!)
      ] as const
      this.bar(instrument.id, timeOpen[row]! + intervalUs, intervalUs, ohlc, lots, 0)
    }
  }

  /** The tape, in order of time. The builder may go on; what it adds later is not on this tape. */
  build(): MarketTape {
    const { columns } = this
    const order = orderOf(columns.time, columns.code, columns.length)
    return columns.layOut(Array.from(this.places.keys()), this.shared, order)
  }

  private row(instrument: string, code: TapeCode, time: number, timeVenue: number): number {
    const place = this.places.get(instrument)
    if (place === undefined)
      return this.refuse(instrument, "instrument", "is not on this tape", "Name it when the builder is made.")
    if (!Number.isFinite(time)) this.refuse(instrument, "time", `${time} is no time`, "Give epoch µs.")
    if (!Number.isFinite(timeVenue)) this.refuse(instrument, "timeVenue", `${timeVenue} is no time`, "Give epoch µs.")
    const latest = this.latest[place]!
    if (time < latest[code]!)
      this.refuse(instrument, "time", `${time} is before ${latest[code]}, its last`, "Sort each kind of rows by time.")
    latest[code] = time
    const { columns } = this
    const row = columns.next()
    columns.time[row] = time
    columns.timeVenue[row] = timeVenue
    columns.code[row] = code
    columns.instrument[row] = place
    return row
  }

  private count(instrument: string, field: string, value: number, least: 0 | 1): void {
    if (Number.isSafeInteger(value) && value >= least) return
    const whole = least === 0 ? "whole number of 0 or more" : "positive whole number"
    this.refuse(instrument, field, `${value} is no ${whole}`, "Correct or drop the row.")
  }

  private levels(instrument: string, field: string, flat: ReadonlyArray<number>): void {
    if (flat.length % 2 === 1)
      this.refuse(instrument, field, "have a price without its lots", "Give ticks and lots in turn.")
    for (let at = 0; at < flat.length; at += 2) {
      this.count(instrument, field, flat[at]!, 1)
      this.count(instrument, field, flat[at + 1]!, 0)
    }
  }

  private refuse(instrument: string, field: string, reason: string, remedy: string, row = this.length): never {
    throw new TapeFault({ instrument, row, field, reason, remedy })
  }
}

/** One tape of these events; their instruments in the order they first appear. */
export const tapeOf = (events: ReadonlyArray<MarketEvent>, options: TapeOptions = {}): MarketTape => {
  const builder = new TapeBuilder([...new Set(events.map(({ instrument }) => instrument))], options)
  for (const event of events) builder.add(event)
  return builder.build()
}
