/**
 * What a recording tells of one instrument, in its ticks and lots: what a `RecordedMarket` applies. Update ids are the
 * recorded venue's: a diff follows on a snapshot or another diff where its first id is the one after their last.
 */

/** Flat `[ticks, lots, …]`. */
export type FlatLevels = ReadonlyArray<number>

export interface RecordedSnapshot {
  readonly type: "snapshot"
  readonly updateId: number
  readonly bids: FlatLevels
  readonly asks: FlatLevels
}

export interface RecordedDiff {
  readonly type: "diff"
  readonly firstUpdateId: number
  readonly updateId: number
  /** Absolute sizes; zero lots removes a level. */
  readonly bids: FlatLevels
  readonly asks: FlatLevels
}

/** The best bid and ask, newer than the last diff. */
export interface RecordedTicker {
  readonly type: "ticker"
  readonly updateId: number
  readonly bidTicks: number
  readonly bidLots: number
  readonly askTicks: number
  readonly askLots: number
}

export interface RecordedTrade {
  readonly type: "trade"
  readonly priceTicks: number
  readonly lots: number
  readonly buyerIsMaker: boolean
  /** The venue's own time of the print, epoch µs. */
  readonly venueUs: number
}

/** The book is not to be trusted until the next snapshot. */
export interface RecordedBreak {
  readonly type: "break"
}

export type RecordedStep = RecordedSnapshot | RecordedDiff | RecordedTicker | RecordedTrade | RecordedBreak
