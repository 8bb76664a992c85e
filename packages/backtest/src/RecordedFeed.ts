/**
 * One instrument's feed over a venue's frames: the book builder of the live session, stamped and with bars as the live
 * feed does it in lock-step, where trades alone close bars.
 */
import { BarBuilder } from "@outcry/model/BarBuilder"
import type { Instrument } from "@outcry/model/Instrument"
import type { MarketEvent, Quote } from "@outcry/model/MarketData"
import { BookBuilder } from "@outcry/venue/binance/BookBuilder"
import type { DepthFrame, DepthSnapshot, TopFrame, TradeFrame } from "@outcry/venue/binance/MarketFrame"
import type { VenueEvent } from "@outcry/venue/MarketData"

/** Bars that a feed builds, µs. */
const intervalsUs = [1_000_000, 60_000_000] as const

export class RecordedFeed {
  readonly instrument: Instrument
  /** The latest quote. */
  quote: Quote | undefined
  readonly #builder = new BookBuilder()
  readonly #bars = intervalsUs.map((intervalUs) => new BarBuilder(intervalUs))
  #seq = 0

  /** Begins with the whole book. */
  constructor(instrument: Instrument, snapshot: DepthSnapshot, timeUs: number) {
    this.instrument = instrument
    this.#builder.snapshot(snapshot, timeUs, timeUs)
    this.#stampAll(this.#builder.take())
  }

  /** What a strategy gets first: the book and the quote as they are. */
  opening(): ReadonlyArray<MarketEvent> {
    const { quote } = this
    if (quote === undefined) return []
    const { instrument, feedEpoch, seq, timeReceived } = quote
    const at = { instrument, feedEpoch, seq, timeVenue: timeReceived, timeReceived }
    return [{ type: "delta", ...at, snapshot: true, ...this.#builder.book.depth() }, quote]
  }

  /** The events of one frame. */
  take(frame: DepthFrame | TopFrame | TradeFrame, timeUs: number): ReadonlyArray<MarketEvent> {
    if (frame.type === "depth") this.#builder.depth(frame, timeUs)
    else if (frame.type === "top") this.#builder.top(frame, timeUs)
    else this.#builder.trade(frame, timeUs)
    return this.#stampAll(this.#builder.take())
  }

  #stampAll(events: ReadonlyArray<VenueEvent>): ReadonlyArray<MarketEvent> {
    const out: Array<MarketEvent> = []
    for (const event of events) {
      // The bars that a trade closes end before it and stand before it.
      if (event.type === "trade")
        for (const bars of this.#bars)
          bars.add(event, event.timeReceived, (bar) => out.push({ ...bar, ...this.#stamp() }))
      const stamped: MarketEvent = { ...event, ...this.#stamp() }
      if (stamped.type === "quote") this.quote = stamped
      else if (stamped.type === "gap" && !stamped.resumed) this.quote = undefined
      out.push(stamped)
    }
    return out
  }

  #stamp() {
    this.#seq += 1
    return { instrument: this.instrument.id, feedEpoch: 1, seq: this.#seq }
  }
}
