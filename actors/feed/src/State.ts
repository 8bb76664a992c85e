/**
 * What a feed knows: its position, its book, its bars and the latest prices. Pure: it turns what the venue sent into
 * stamped events, and every event gets exactly one sequence number.
 */
import { BarBuilder } from "@outcry/model/BarBuilder"
import type { Bar, GapReason, MarketEvent, OrderBookDelta, Quote, Trade } from "@outcry/model/MarketData"
import { OrderBook } from "@outcry/model/OrderBook"

/** Closed bars kept per interval for late subscribers' warm-up. */
export const barsKept = 2000
/** Ticks kept for the spans of what they caused. */
const ticksKept = 8192

export const barIntervalsUs = [1_000_000, 60_000_000] as const

type Unstamped<E> = E extends MarketEvent ? Omit<E, "instrument" | "feedEpoch" | "seq"> : never
export type UnstampedEvent = Unstamped<Exclude<MarketEvent, Bar>>

export type FeedCondition = "starting" | "live" | "stale" | "resyncing"

export class FeedState {
  readonly instrument: string
  readonly feedEpoch: number
  readonly book = new OrderBook()
  seq = 0
  condition: FeedCondition = "starting"
  gaps = 0
  lastTradeTicks = 0
  lastReceived = 0
  private bookWhole = false
  private quote: Quote | undefined
  private readonly builders = barIntervalsUs.map((intervalUs) => new BarBuilder(intervalUs))
  private readonly bars = new Map<number, Array<Bar>>(barIntervalsUs.map((intervalUs) => [intervalUs, []]))
  /** Ring of (seq, received, published) by sequence. */
  private readonly received = new Float64Array(ticksKept)
  private readonly published = new Float64Array(ticksKept)
  private readonly seqs = new Float64Array(ticksKept)

  constructor(instrument: string, feedEpoch: number) {
    this.instrument = instrument
    this.feedEpoch = feedEpoch
  }

  /** Stamps what the venue sent, and the bars that its trades close. */
  take(events: ReadonlyArray<UnstampedEvent>): ReadonlyArray<MarketEvent> {
    const out: Array<MarketEvent> = []
    for (const event of events) {
      this.lastReceived = event.timeReceived
      switch (event.type) {
        case "quote": {
          this.quote = { ...event, ...this.stamp(event.timeReceived) }
          out.push(this.quote)
          break
        }
        case "trade": {
          // The bars that a trade closes end before it and stand before it.
          for (const builder of this.builders)
            builder.add(event, event.timeReceived, (bar) =>
              out.push(this.keep({ ...bar, ...this.stamp(event.timeReceived) }))
            )
          const trade: Trade = { ...event, ...this.stamp(event.timeReceived) }
          this.lastTradeTicks = trade.priceTicks
          out.push(trade)
          break
        }
        case "delta": {
          const delta: OrderBookDelta = { ...event, ...this.stamp(event.timeReceived) }
          this.book.apply(delta)
          if (delta.snapshot) {
            this.bookWhole = true
            this.condition = "live"
          }
          out.push(delta)
          break
        }
        case "gap":
          this.interrupted(event.reason, event.resumed)
          out.push({ ...event, ...this.stamp(event.timeReceived) })
          break
      }
    }
    return out
  }

  /** Closes bars whose time is over though nobody traded; `timeVenueNow` is the venue's clock as we estimate it. */
  tick(timeVenueNow: number, timeReceived: number): ReadonlyArray<MarketEvent> {
    const out: Array<MarketEvent> = []
    for (const builder of this.builders)
      builder.advanceTo(timeVenueNow, timeReceived, (bar) =>
        out.push(this.keep({ ...bar, ...this.stamp(timeReceived) }))
      )
    return out
  }

  /** What a new subscriber needs first, at the present position: the whole book, if it is whole, and the last quote. */
  opening(): ReadonlyArray<MarketEvent> {
    const at = { instrument: this.instrument, feedEpoch: this.feedEpoch, seq: this.seq }
    const events: Array<MarketEvent> = []
    if (this.bookWhole) {
      const { asks, bids } = this.book.depth()
      events.push({
        type: "delta",
        ...at,
        timeVenue: this.lastReceived,
        timeReceived: this.lastReceived,
        snapshot: true,
        bids,
        asks
      })
    }
    if (this.quote !== undefined) events.push({ ...this.quote, ...at })
    return events
  }

  recentBars(intervalUs: number, count: number): ReadonlyArray<Bar> {
    const kept = this.bars.get(intervalUs) ?? []
    return kept.slice(Math.max(0, kept.length - count))
  }

  /** Notes when these events left for their subscribers, for the span of a tick that turns out to matter. */
  publishedAt(events: ReadonlyArray<MarketEvent>, timeUs: number): void {
    for (const event of events) {
      const slot = event.seq % ticksKept
      this.published[slot] = timeUs
    }
  }

  /** When an event was received and published; undefined once it is forgotten. */
  timesOf(seq: number): { readonly receivedUs: number; readonly publishedUs: number } | undefined {
    const slot = seq % ticksKept
    if (this.seqs[slot] !== seq) return undefined
    return { receivedUs: this.received[slot]!, publishedUs: this.published[slot]! }
  }

  latestQuote(): Quote | undefined {
    return this.quote
  }

  private interrupted(reason: GapReason, resumed: boolean): void {
    if (resumed) return
    this.gaps += 1
    this.condition = reason === "stale" || reason === "disconnected" ? "stale" : "resyncing"
    this.bookWhole = false
    this.quote = undefined
    this.book.clear()
  }

  private keep(bar: Bar): Bar {
    const kept = this.bars.get(bar.intervalUs)!
    kept.push(bar)
    // Trimmed in blocks: dropping the first of a long array each time costs its length.
    if (kept.length >= barsKept * 2) kept.splice(0, kept.length - barsKept)
    return bar
  }

  private stamp(timeReceived: number): { instrument: string; feedEpoch: number; seq: number } {
    this.seq += 1
    const slot = this.seq % ticksKept
    this.seqs[slot] = this.seq
    this.received[slot] = timeReceived
    this.published[slot] = timeReceived
    return { instrument: this.instrument, feedEpoch: this.feedEpoch, seq: this.seq }
  }
}
