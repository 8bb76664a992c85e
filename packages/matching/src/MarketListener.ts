/**
 * What one market tells, in the order things happened: what became of orders, its public prints, book and top. Times are
 * market time, epoch microseconds.
 */
import type { BookEvent } from "./MatchingEngine.ts"

/** Absolute sizes of changed levels, flat `[ticks, lots, …]`; zero lots removes a level. */
export interface DepthChange {
  readonly bids: ReadonlyArray<number>
  readonly asks: ReadonlyArray<number>
}

/** A public print. */
export interface MarketTrade {
  readonly tradeId: number
  readonly priceTicks: number
  readonly lots: number
  readonly buyerIsMaker: boolean
  readonly timeUs: number
  /** The venue's own time of a recorded print, as it stands in the recording; absent where nothing was recorded. */
  readonly recordedTimeUs?: number
}

/** A side without orders has zero ticks and zero lots. */
export interface MarketTop {
  readonly bidTicks: number
  readonly bidLots: number
  readonly askTicks: number
  readonly askLots: number
}

/** Called synchronously, in the order things happened; must not call back into the market, except where it is said. */
export interface MarketListener {
  /**
   * What became of an order (the event may be used again: copy it to keep it): of accounts' orders and, in an agent market, of the crowd's (owner 0, negative id). A match
   * with a recording names order 0 and owner 0 as the other party. Every match has a print with the same trade id.
   */
  readonly onBookEvent: (event: BookEvent, timeUs: number) => void
  /** At most once for each market step (one agent's action, one recorded frame, one submit or cancel). */
  readonly onDepthChanged: (change: DepthChange, timeUs: number) => void
  readonly onTrade: (trade: MarketTrade) => void
  /** Only when one of the four numbers changed. */
  readonly onTop: (top: MarketTop, timeUs: number) => void
  /** A step that the market took by itself is over: here the listener may submit and cancel. */
  readonly onSettled?: (timeUs: number) => void
}
