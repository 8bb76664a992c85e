/**
 * Candles of every interval Binance has, built from one instrument's trades. An interval without trades repeats the
 * last close with no volume. Each interval keeps a bounded number of its latest candles. Sizes are ticks and lots.
 */
import type * as Amount from "@outcry/model/Amount"
import * as Instrument from "@outcry/model/Instrument"

const secondMs = 1_000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
/** 5 January 1970 was the first Monday. */
const mondayMs = 4 * dayMs

export const intervals = {
  "1s": secondMs,
  "1m": minuteMs,
  "3m": 3 * minuteMs,
  "5m": 5 * minuteMs,
  "15m": 15 * minuteMs,
  "30m": 30 * minuteMs,
  "1h": hourMs,
  "2h": 2 * hourMs,
  "4h": 4 * hourMs,
  "6h": 6 * hourMs,
  "8h": 8 * hourMs,
  "12h": 12 * hourMs,
  "1d": dayMs,
  "3d": 3 * dayMs,
  "1w": 7 * dayMs
} as const
export type Interval = keyof typeof intervals

export const isInterval = (text: string): text is Interval => Object.hasOwn(intervals, text)

const candlesMost = 5_000

export interface Candle {
  readonly openMs: number
  openTicks: number
  highTicks: number
  lowTicks: number
  closeTicks: number
  lots: number
  quote: Amount.Amount
  trades: number
  /** Bought by takers. */
  takerLots: number
  takerQuote: Amount.Amount
  firstTradeId: number
  lastTradeId: number
}

export interface Print {
  readonly tradeId: number
  readonly priceTicks: number
  readonly lots: number
  readonly buyerIsMaker: boolean
  readonly timeMs: number
}

const flat = (openMs: number, ticks: number): Candle => ({
  openMs,
  openTicks: ticks,
  highTicks: ticks,
  lowTicks: ticks,
  closeTicks: ticks,
  lots: 0,
  quote: 0n,
  trades: 0,
  takerLots: 0,
  takerQuote: 0n,
  firstTradeId: -1,
  lastTradeId: -1
})

export const openOf = (interval: Interval, timeMs: number): number => {
  const length = intervals[interval]
  const origin = interval === "1w" ? mondayMs : 0
  return timeMs - ((timeMs - origin) % length)
}

export class Klines {
  readonly #instrument: Instrument.Instrument
  readonly #series = new Map<Interval, Array<Candle>>()
  readonly #onClosed: (interval: Interval, candle: Candle) => void

  constructor(instrument: Instrument.Instrument, onClosed: (interval: Interval, candle: Candle) => void) {
    this.#instrument = instrument
    this.#onClosed = onClosed
    for (const interval of Object.keys(intervals)) if (isInterval(interval)) this.#series.set(interval, [])
  }

  add(print: Print): void {
    this.advance(print.timeMs)
    const quote = Instrument.notional(this.#instrument, print.priceTicks, print.lots)
    for (const [interval, series] of this.#series) {
      let candle = series.at(-1)
      if (candle === undefined) {
        candle = flat(openOf(interval, print.timeMs), print.priceTicks)
        series.push(candle)
      }
      // A candle that has only repeated the last close opens with its first trade.
      if (candle.trades === 0) {
        candle.openTicks = print.priceTicks
        candle.highTicks = print.priceTicks
        candle.lowTicks = print.priceTicks
        candle.firstTradeId = print.tradeId
      }
      candle.highTicks = Math.max(candle.highTicks, print.priceTicks)
      candle.lowTicks = Math.min(candle.lowTicks, print.priceTicks)
      candle.closeTicks = print.priceTicks
      candle.lots += print.lots
      candle.quote += quote
      candle.trades++
      candle.lastTradeId = print.tradeId
      if (!print.buyerIsMaker) {
        candle.takerLots += print.lots
        candle.takerQuote += quote
      }
    }
  }

  /** Closes what is over at that time; before the first trade there is nothing to repeat. */
  advance(timeMs: number): void {
    for (const [interval, series] of this.#series) {
      const length = intervals[interval]
      let candle = series.at(-1)
      if (candle === undefined) continue
      // After a long silence only as many empty candles are made as are kept.
      const skipped = Math.floor((timeMs - candle.openMs) / length) - candlesMost
      let openMs = candle.openMs + length
      if (skipped > 0) openMs += skipped * length
      for (; openMs <= timeMs; openMs += length) {
        this.#onClosed(interval, candle)
        candle = flat(openMs, candle.closeTicks)
        series.push(candle)
      }
      if (series.length > 2 * candlesMost) series.splice(0, series.length - candlesMost)
    }
  }

  last(interval: Interval): Candle | undefined {
    return this.#series.get(interval)?.at(-1)
  }

  /** Oldest first: the first `limit` from `startMs` if that is given, else the last `limit` up to `endMs`. */
  query(
    interval: Interval,
    limit: number,
    startMs: number | undefined,
    endMs: number | undefined
  ): ReadonlyArray<Candle> {
    const within = (this.#series.get(interval) ?? []).filter(
      (candle) => (startMs === undefined || candle.openMs >= startMs) && (endMs === undefined || candle.openMs <= endMs)
    )
    return startMs === undefined ? within.slice(-limit) : within.slice(0, limit)
  }
}
