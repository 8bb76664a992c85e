/**
 * One instrument's market in a run: its price as accounts see it, and its rows as events for strategies.
 *
 * Events are one object of each kind, filled anew for every row, so that nothing is allocated: a strategy must copy what
 * it wants to keep. Where it keeps the objects themselves, ask for fresh ones.
 */
import type { Mark } from "@outcry/model/AccountEvent"
import type { Instrument } from "@outcry/model/Instrument"
import { type Bar, type Gap, gapReasons, type MarketEvent, type OrderBookDelta } from "@outcry/model/MarketData"
import type { Quote, Trade } from "@outcry/model/MarketData"
import { OrderBook } from "@outcry/model/OrderBook"
import { type MarketTape, tapeCodes } from "./MarketTape.ts"
import type { Inventory } from "./TapeInventory.ts"

type Mutable<E> = { -readonly [K in keyof E]: E[K] }

const feedEpoch = 1

export class RunMarket {
  readonly place: number
  readonly instrument: Instrument
  /** Both sides zero until a first price came. */
  readonly mark: Mutable<Mark> = { bidTicks: 0, askTicks: 0, timeReceived: 0 }
  /** Where the price comes from: the book, else quotes, else prints, else the shortest bars. */
  readonly source: "book" | "quotes" | "trades" | "bars"
  readonly book = new OrderBook()
  readonly spanUs: number
  /** Rows of this instrument so far. */
  seq = 0
  private readonly fresh: boolean
  private readonly quote: Mutable<Quote>
  private readonly trade: Mutable<Trade>
  private readonly bar: Mutable<Bar>
  private readonly gap: Mutable<Gap>
  private readonly delta: Mutable<OrderBookDelta> & { bids: Array<number>; asks: Array<number> }

  constructor(place: number, instrument: Instrument, inventory: Inventory, fresh: boolean) {
    this.place = place
    this.instrument = instrument
    this.fresh = fresh
    const { deltas, quotes, trades } = inventory
    this.source = deltas > 0 ? "book" : quotes > 0 ? "quotes" : trades > 0 ? "trades" : "bars"
    this.spanUs = inventory.spanUs
    const stamp = { instrument: instrument.id, feedEpoch, seq: 0, timeVenue: 0, timeReceived: 0 }
    this.quote = { type: "quote", ...stamp, bidTicks: 0, bidLots: 0, askTicks: 0, askLots: 0 }
    this.trade = { type: "trade", ...stamp, priceTicks: 0, lots: 0, aggressor: "buy", venueTradeId: 0 }
    const ohlc = { openTicks: 0, highTicks: 0, lowTicks: 0, closeTicks: 0 }
    this.bar = { type: "bar", ...stamp, intervalUs: 0, timeOpen: 0, ...ohlc, lots: 0, trades: 0 }
    this.gap = { type: "gap", ...stamp, reason: "started", resumed: false }
    this.delta = { type: "delta", ...stamp, snapshot: false, bids: [], asks: [] }
  }

  /** The price at which a position is valued: the middle, 0 while there is none. */
  get middleTicks(): number {
    return (this.mark.bidTicks + this.mark.askTicks) / 2
  }

  priced(bidTicks: number, askTicks: number, timeUs: number): void {
    this.mark.bidTicks = bidTicks
    this.mark.askTicks = askTicks
    this.mark.timeReceived = timeUs
  }

  /** Takes the levels of a delta over into the book. */
  apply(tape: MarketTape, row: number): void {
    this.filled(tape, row)
    this.book.apply(this.delta)
  }

  /** Takes the price of a row, where it has one. */
  take(tape: MarketTape, row: number): void {
    switch (tape.code[row]) {
      case tapeCodes.quote:
        if (this.source === "quotes") this.priced(tape.a[row]!, tape.c[row]!, tape.time[row]!)
        return
      case tapeCodes.delta:
        return this.priced(this.book.bidTicks, this.book.askTicks, tape.time[row]!)
      case tapeCodes.trade:
        if (this.source === "trades") this.priced(tape.a[row]!, tape.a[row]!, tape.time[row]!)
        return
      case tapeCodes.bar:
        if (this.source === "bars" && tape.span[row] === this.spanUs)
          this.priced(tape.d[row]!, tape.d[row]!, tape.time[row]!)
        return
      default:
    }
  }

  /** Whether a value is one of the objects that are used over and over. */
  owns(value: unknown): boolean {
    const { bar, delta, fresh, gap, quote, trade } = this
    return !fresh && [quote, trade, bar, gap, delta].some((event) => event === value)
  }

  /** The row as strategies see it; undefined for what is none of theirs: splits, dividends, funding. */
  event(tape: MarketTape, row: number): MarketEvent | undefined {
    const event = this.filled(tape, row)
    if (!this.fresh || event === undefined) return event
    return event.type === "delta" ? { ...event, bids: event.bids.slice(), asks: event.asks.slice() } : { ...event }
  }

  private filled(tape: MarketTape, row: number): MarketEvent | undefined {
    switch (tape.code[row]) {
      case tapeCodes.quote: {
        const { quote } = this
        quote.seq = this.seq
        quote.timeVenue = tape.timeVenue[row]!
        quote.timeReceived = tape.time[row]!
        quote.bidTicks = tape.a[row]!
        quote.bidLots = tape.b[row]!
        quote.askTicks = tape.c[row]!
        quote.askLots = tape.d[row]!
        return quote
      }
      case tapeCodes.trade: {
        const { trade } = this
        trade.seq = this.seq
        trade.timeVenue = tape.timeVenue[row]!
        trade.timeReceived = tape.time[row]!
        trade.priceTicks = tape.a[row]!
        trade.lots = tape.b[row]!
        trade.aggressor = tape.c[row] === 1 ? "buy" : "sell"
        trade.venueTradeId = tape.d[row]!
        return trade
      }
      case tapeCodes.bar: {
        const { bar } = this
        bar.seq = this.seq
        bar.timeVenue = tape.timeVenue[row]!
        bar.timeReceived = tape.time[row]!
        bar.intervalUs = tape.span[row]!
        bar.timeOpen = tape.timeVenue[row]! - tape.span[row]!
        bar.openTicks = tape.a[row]!
        bar.highTicks = tape.b[row]!
        bar.lowTicks = tape.c[row]!
        bar.closeTicks = tape.d[row]!
        bar.lots = tape.e[row]!
        bar.trades = tape.f[row]!
        return bar
      }
      case tapeCodes.gap: {
        const { gap } = this
        gap.seq = this.seq
        gap.timeVenue = tape.timeVenue[row]!
        gap.timeReceived = tape.time[row]!
        gap.reason = gapReasons[tape.a[row]!] ?? "started"
        gap.resumed = tape.b[row] === 1
        return gap
      }
      case tapeCodes.delta: {
        const { delta } = this
        delta.seq = this.seq
        delta.timeVenue = tape.timeVenue[row]!
        delta.timeReceived = tape.time[row]!
        delta.snapshot = tape.d[row] === 1
        const first = tape.a[row]!
        const middle = first + tape.b[row]! * 2
        fillFrom(delta.bids, tape.levels, first, middle)
        fillFrom(delta.asks, tape.levels, middle, middle + tape.c[row]! * 2)
        return delta
      }
      default:
        return undefined
    }
  }
}

const fillFrom = (into: Array<number>, levels: Float64Array, from: number, to: number): void => {
  into.length = to - from
  for (let at = from; at < to; at++) into[at - from] = levels[at]!
}
