/**
 * One instrument's market inside the exchange: where API accounts' orders meet a crowd (`AgentMarket`) or a
 * recording (`ReplayMarket`). Everything is synchronous and in market time (epoch microseconds); the server maps
 * its clock to market time and calls `advanceTo`.
 *
 * Owns price-time priority and the public book and prints. Knows no money, accounts' balances or wire formats.
 */
import type { MarketTop } from "@outcry/matching/MarketListener"
import type { Depth, NewOrder, Rehearsal } from "@outcry/matching/MatchingEngine"
import type { Instrument } from "@outcry/model/Instrument"

/**
 * An order as it enters a market. `orderId` is positive and unique for the life of the market (the crowd's own ids
 * are negative); `ownerId` is 0 for the crowd or the recording and above 0 for an API account.
 */
export type MarketOrder = NewOrder

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
