/**
 * Market events of several instruments in one order of time, as columns: what an event-driven run reads. Nothing here is
 * allocated per event, and the columns may lie in shared memory, so that workers share one copy.
 *
 * A row is an event. The meaning of `a` … `f` by its code:
 * quote: bidTicks, bidLots, askTicks, askLots · trade: priceTicks, lots, 1 buy / 0 sell aggressor, venue trade id ·
 * bar: open, high, low, close ticks, lots, trades (`span` = interval in µs, `time` = its close) ·
 * delta: first place in `levels`, bid levels, ask levels, 1 snapshot · gap: reason's place in gapReasons, 1 resumed ·
 * split: new lots per old lot · dividend: amount per base asset in quote asset · funding: rate of the notional.
 */
export const tapeCodes = { quote: 1, trade: 2, bar: 3, delta: 4, gap: 5, split: 6, dividend: 7, funding: 8 } as const
export type TapeCode = (typeof tapeCodes)[keyof typeof tapeCodes]

export interface MarketTape {
  /** Instrument ids; `instrument` holds places in this list. */
  readonly instruments: ReadonlyArray<string>
  readonly length: number
  /** When we would have received it, epoch µs, never falling: the clock of a run. */
  readonly time: Float64Array
  /** By the venue's clock, epoch µs. */
  readonly timeVenue: Float64Array
  readonly code: Uint8Array
  readonly instrument: Uint16Array
  readonly a: Float64Array
  readonly b: Float64Array
  readonly c: Float64Array
  readonly d: Float64Array
  readonly e: Float64Array
  readonly f: Float64Array
  /** Interval of bars, µs; 0 elsewhere. */
  readonly span: Float64Array
  /** Flat ticks and lots of deltas: bids, then asks. */
  readonly levels: Float64Array
}
