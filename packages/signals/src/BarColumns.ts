/**
 * Bars of one instrument as columns of equal length, oldest first. May lie in shared memory: workers read, nobody writes.
 *
 * Prices are in quote asset per base asset. A bar's row is known at `timeOpen + intervalUs` and not before.
 */
export interface BarColumns {
  /** `venue:symbol`. */
  readonly instrument: string
  readonly intervalUs: number
  /** Epoch µs, strictly rising. */
  readonly timeOpen: Float64Array
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
  /** In base asset. */
  readonly volume: Float64Array
}
