/**
 * One instrument's market inside the exchange: where API accounts' orders meet a crowd (`AgentMarket`) or a
 * recording (`ReplayMarket`). Everything is synchronous and in market time (epoch microseconds); the server maps
 * its clock to market time and calls `advanceTo`.
 *
 * Owns price-time priority and the public book and prints. Knows no money, accounts' balances or wire formats.
 */
import type { BookEvent, Depth, NewOrder, Rehearsal } from "@outcry/matching/MatchingEngine"
import type { Instrument } from "@outcry/model/Instrument"

/**
 * An order as it enters a market. `orderId` is positive and unique for the life of the market (the crowd's own ids
 * are negative); `ownerId` is 0 for the crowd or the recording and above 0 for an API account.
 */
export type MarketOrder = NewOrder

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

export interface Market {
  readonly instrument: Instrument
  /** First market time; `advanceTo` starts from here. */
  readonly startUs: number
  /** Works an order completely: its events are emitted before this returns. */
  readonly submit: (order: MarketOrder, timeUs: number) => void
  /** Removes a resting order (emitting `removed`); false where it does not rest here. */
  readonly cancel: (orderId: number, timeUs: number) => boolean
  /** Lowers a resting order to that many lots in its place; false where it does not rest here with more. */
  readonly reduce: (orderId: number, lots: number, timeUs: number) => boolean
  /** What an order would trade at once, as the book stands; changes nothing. */
  readonly rehearse: (order: MarketOrder) => Rehearsal
  readonly depth: (levels: number) => Depth
  readonly top: () => MarketTop
  /**
   * Makes the market ready to be advanced and resolves with the time it may be advanced to: `timeUs`, or less where
   * that is more than the market holds in memory at once (advance, then prepare again). An agent market is always ready.
   * Rejects with a RecordingError where a recording cannot be read, with a LiveSourceError where a live source is of no use.
   */
  readonly prepare: (timeUs: number) => Promise<number>
  /** Runs the crowd or the recording up to and including that time; earlier times do nothing. */
  readonly advanceTo: (timeUs: number) => void
  /** When the next thing happens by itself; undefined where nothing is known to come (see `ended`). */
  readonly nextEventUs: () => number | undefined
  /** The recording is over: the last book stands, accounts can still trade with it. Never true of an agent market. */
  readonly ended: () => boolean
  /** The live source is lost or its book in doubt: the last book stands, and no order may be submitted until it is back. */
  readonly closed: () => boolean
  /** Hash of the public book and of all that has been emitted so far: equal runs hash equally. */
  readonly hash: () => string
}
