/**
 * One instrument's stream made whole: a pure state machine from decoded frames and REST snapshots to `VenueEvent`s.
 *
 * Follows Binance's procedure "How to manage a local order book correctly": diffs are kept until a snapshot arrives,
 * the first one applied must span it (U ≤ lastUpdateId + 1 ≤ u), each further one must follow on (U = previous u + 1).
 * A break, a crossed book, silence or a lost socket is a gap: nothing but trades is passed on until `resumed`.
 *
 * Quotes: the venue's best-price stream carries no time (quotes bear the newest known) and is ahead of the diffs, sent
 * every 100 ms: a quote may be newer than the book. It is never older, since a diff that overtakes it yields one.
 */
import { OrderBook, type Top } from "@outcry/model/OrderBook"
import type { GapReason } from "@outcry/model/MarketData"
import type { VenueEvent } from "../MarketData.ts"
import type { DepthFrame, DepthSnapshot, TopFrame, TradeFrame } from "./MarketFrame.ts"

/** Diffs kept while waiting for a snapshot: 100 s of a 100 ms stream. */
const bufferedDiffsMost = 1_000

/** `waiting` for a snapshot with diffs kept, or `live`: whole. */
export type BookState = "waiting" | "live"

export class BookBuilder {
  readonly book = new OrderBook()
  state: BookState = "waiting"
  /** Gaps so far, by their reason, for metrics. */
  readonly gaps = new Map<GapReason, number>()
  private out: Array<VenueEvent> = []
  /** A diff has followed the snapshot; until then diffs from before it may still arrive. */
  private anchored = false
  /** Of the gap that is open. */
  private reason: GapReason = "started"
  private buffered: Array<DepthFrame> = []
  private lastUpdateId = 0
  private lastTradeId = 0
  private quoteUpdateId = 0
  private quoted: Top = { bidTicks: 0, bidLots: 0, askTicks: 0, askLots: 0 }
  private timeVenue = 0

  /** True while a REST snapshot is needed; the caller fetches one, with pauses between attempts. */
  get needsSnapshot(): boolean {
    return this.state === "waiting"
  }

  /** The update the book stands at. */
  get updateId(): number {
    return this.lastUpdateId
  }

  /** The newest trade seen; 0 before the first. */
  get tradeId(): number {
    return this.lastTradeId
  }

  /** The events since the last call. */
  take(): ReadonlyArray<VenueEvent> {
    if (this.out.length === 0) return this.out
    const events = this.out
    this.out = []
    return events
  }

  depth(frame: DepthFrame, timeReceived: number): void {
    if (frame.firstUpdateId > frame.finalUpdateId) return this.lose("sequence", timeReceived)
    if (this.state === "waiting") return this.keep(frame)
    if (frame.finalUpdateId <= this.lastUpdateId) {
      // Once anchored, the venue has gone back in its own sequence.
      return this.anchored ? this.lose("sequence", timeReceived, frame) : undefined
    }
    const next = this.lastUpdateId + 1
    const follows = this.anchored ? frame.firstUpdateId === next : frame.firstUpdateId <= next
    if (!follows) return this.lose("sequence", timeReceived, frame)
    this.anchored = true
    this.lastUpdateId = frame.finalUpdateId
    this.timeVenue = frame.timeVenue
    const { bids, asks, timeVenue } = frame
    this.book.apply({ snapshot: false, bids, asks })
    if (this.book.isCrossed()) return this.lose("crossed", timeReceived)
    this.out.push({ type: "delta", snapshot: false, bids, asks, timeVenue, timeReceived })
    if (this.lastUpdateId > this.quoteUpdateId) this.quote(this.book.top(), this.lastUpdateId, timeReceived)
  }

  /**
   * Starts the book from a snapshot; one older than the diffs at hand is dropped and another is needed. Binance gives
   * it no time: `timeVenue` is our estimate of the venue's clock.
   */
  snapshot(snapshot: DepthSnapshot, timeVenue: number, timeReceived: number): void {
    if (this.state !== "waiting") return
    const first = this.buffered[0]
    if (first !== undefined && snapshot.lastUpdateId + 1 < first.firstUpdateId) return
    this.book.apply({ snapshot: true, bids: snapshot.bids, asks: snapshot.asks })
    if (this.book.isCrossed()) return this.book.clear()
    this.lastUpdateId = snapshot.lastUpdateId
    this.timeVenue = Math.max(this.timeVenue, timeVenue)
    this.anchored = false
    const kept = this.buffered
    this.buffered = []
    this.resume(timeReceived)
    for (const frame of kept) this.depth(frame, timeReceived)
  }

  top(frame: TopFrame, timeReceived: number): void {
    if (this.state !== "live" || frame.updateId <= this.quoteUpdateId || frame.updateId < this.lastUpdateId) return
    if (frame.bidTicks >= frame.askTicks && frame.bidTicks > 0 && frame.askTicks > 0) {
      return this.lose("crossed", timeReceived)
    }
    this.quote(frame, frame.updateId, timeReceived)
  }

  trade(frame: TradeFrame, timeReceived: number): void {
    if (frame.tradeId <= this.lastTradeId) return
    const missed = this.lastTradeId !== 0 && frame.tradeId !== this.lastTradeId + 1
    this.lastTradeId = frame.tradeId
    this.timeVenue = Math.max(this.timeVenue, frame.timeVenue)
    if (missed && this.state === "live") {
      // Trades are gone, the book is not: one announcement that closes at once.
      this.open("sequence", timeReceived)
      this.resume(timeReceived)
    }
    this.out.push({
      type: "trade",
      priceTicks: frame.priceTicks,
      lots: frame.lots,
      aggressor: frame.aggressor,
      venueTradeId: frame.tradeId,
      timeVenue: frame.timeVenue,
      timeReceived
    })
  }

  /** The stream broke from outside: the socket was lost or went silent. The gap covers the trades as well. */
  interrupt(reason: "stale" | "disconnected", timeReceived: number): void {
    this.lose(reason, timeReceived)
    this.lastTradeId = 0
  }

  /** What a new reader needs to begin: the whole book and its top, or that there is none yet. */
  introduction(timeReceived: number): ReadonlyArray<VenueEvent> {
    const stamp = { timeVenue: this.timeVenue, timeReceived }
    if (this.state !== "live") return [{ type: "gap", reason: "started", resumed: false, ...stamp }]
    return [
      { type: "delta", snapshot: true, ...this.book.depth(), ...stamp },
      { type: "gap", reason: "started", resumed: true, ...stamp },
      { type: "quote", ...this.quoted, ...stamp }
    ]
  }

  private keep(frame: DepthFrame): void {
    const last = this.buffered.at(-1)
    // Diffs must follow one another here as well; what lies before a break is useless.
    if (last !== undefined && frame.firstUpdateId !== last.finalUpdateId + 1) this.buffered = []
    if (this.buffered.length >= bufferedDiffsMost) this.buffered.shift()
    this.buffered.push(frame)
  }

  private resume(timeReceived: number): void {
    this.state = "live"
    const stamp = { timeVenue: this.timeVenue, timeReceived }
    this.out.push({ type: "delta", snapshot: true, ...this.book.depth(), ...stamp })
    this.out.push({ type: "gap", reason: this.reason, resumed: true, ...stamp })
    this.quote(this.book.top(), Math.max(this.lastUpdateId, this.quoteUpdateId), timeReceived)
  }

  private open(reason: GapReason, timeReceived: number): void {
    this.gaps.set(reason, (this.gaps.get(reason) ?? 0) + 1)
    if (this.state !== "live") return
    this.reason = reason
    this.out.push({ type: "gap", reason, resumed: false, timeVenue: this.timeVenue, timeReceived })
  }

  private lose(reason: GapReason, timeReceived: number, next?: DepthFrame): void {
    this.open(reason, timeReceived)
    this.state = "waiting"
    this.buffered = next === undefined ? [] : [next]
    this.book.clear()
    this.lastUpdateId = 0
    this.quoteUpdateId = 0
  }

  private quote(top: Top, updateId: number, timeReceived: number): void {
    this.quoteUpdateId = updateId
    const { bidTicks, bidLots, askTicks, askLots } = top
    const last = this.quoted
    const unchanged =
      last.bidTicks === bidTicks && last.bidLots === bidLots && last.askTicks === askTicks && last.askLots === askLots
    if (unchanged && this.out.at(-1)?.type !== "gap") return
    this.quoted = { bidTicks, bidLots, askTicks, askLots }
    this.out.push({ type: "quote", bidTicks, bidLots, askTicks, askLots, timeVenue: this.timeVenue, timeReceived })
  }
}
