/**
 * Market data as every part of Outcry sees it: normalised, in ticks and lots, stamped by the feed that published it.
 *
 * A feed's events carry a gapless position `(feedEpoch, seq)`: the epoch rises when the feed actor starts anew, the
 * sequence by one with each event. Times are epoch microseconds: `timeVenue` by the venue's clock, `timeReceived` by ours.
 */
import type { InstrumentId } from "./Instrument.ts"

/** Where an event stands in its feed; the cause that an intent names. */
export interface FeedPosition {
  readonly instrument: InstrumentId
  readonly feedEpoch: number
  readonly seq: number
}

interface Stamped extends FeedPosition {
  readonly timeVenue: number
  readonly timeReceived: number
}

/** Top of book. A side without orders has zero ticks and zero lots. */
export interface Quote extends Stamped {
  readonly type: "quote"
  readonly bidTicks: number
  readonly bidLots: number
  readonly askTicks: number
  readonly askLots: number
}

/** A public print; never our own execution, which is a Fill. */
export interface Trade extends Stamped {
  readonly type: "trade"
  readonly priceTicks: number
  readonly lots: number
  /** The side that took liquidity. */
  readonly aggressor: Side
  readonly venueTradeId: number
}

/** Changed levels, flat `[ticks, lots, ticks, lots, …]`; zero lots removes a level. A snapshot replaces the book. */
export interface OrderBookDelta extends Stamped {
  readonly type: "delta"
  readonly snapshot: boolean
  readonly bids: ReadonlyArray<number>
  readonly asks: ReadonlyArray<number>
}

/** Trades of one interval; `timeOpen` ≤ t < `timeOpen + intervalUs`. An interval without trades repeats the last close. */
export interface Bar extends Stamped {
  readonly type: "bar"
  readonly intervalUs: number
  readonly timeOpen: number
  readonly openTicks: number
  readonly highTicks: number
  readonly lowTicks: number
  readonly closeTicks: number
  readonly lots: number
  readonly trades: number
}

/** The stream is not continuous here: what was lost is not replayed. After `resumed` the book is whole again. */
export interface Gap extends Stamped {
  readonly type: "gap"
  readonly reason: GapReason
  readonly resumed: boolean
}

export const gapReasons = ["started", "sequence", "stale", "crossed", "disconnected", "overrun", "moved"] as const
export type GapReason = (typeof gapReasons)[number]

export type MarketEvent = Quote | Trade | OrderBookDelta | Bar | Gap

export const sides = ["buy", "sell"] as const
export type Side = (typeof sides)[number]

export const opposite = (side: Side): Side => (side === "buy" ? "sell" : "buy")

/** +1 for a buy, −1 for a sell: the sign a fill has in a position. */
export const signOf = (side: Side): 1 | -1 => (side === "buy" ? 1 : -1)

export const microsPerSecond = 1_000_000
