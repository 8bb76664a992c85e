/** Bars as rows of their columns: empty ones to fill, and chosen ones of others. */
import type { BarColumns } from "@outcry/signals/BarColumns"

export const priceNames = ["open", "high", "low", "close"] as const

/** Every column of bars. */
export const barColumnNames = ["timeOpen", ...priceNames, "volume"] as const

/** Columns of a length, zeros throughout. */
export const barColumnsOf = (instrument: string, intervalUs: number, rows: number): BarColumns => ({
  instrument,
  intervalUs,
  timeOpen: new Float64Array(rows),
  open: new Float64Array(rows),
  high: new Float64Array(rows),
  low: new Float64Array(rows),
  close: new Float64Array(rows),
  volume: new Float64Array(rows)
})

/** The named rows, in that order, in memory of their own. */
export const gather = (bars: BarColumns, rows: ReadonlyArray<number>): BarColumns => {
  const result = barColumnsOf(bars.instrument, bars.intervalUs, rows.length)
  for (const name of barColumnNames) {
    const [from, to] = [bars[name], result[name]]
    for (let at = 0; at < rows.length; at++) to[at] = from[rows[at]!]!
  }
  return result
}

/** The rows from `start` up to, not including, `end`: views of the same memory. */
export const slice = (bars: BarColumns, start: number, end: number): BarColumns => ({
  instrument: bars.instrument,
  intervalUs: bars.intervalUs,
  timeOpen: bars.timeOpen.subarray(start, end),
  open: bars.open.subarray(start, end),
  high: bars.high.subarray(start, end),
  low: bars.low.subarray(start, end),
  close: bars.close.subarray(start, end),
  volume: bars.volume.subarray(start, end)
})

/** Whether two rows hold the same, to the bit. */
export const sameRow = (bars: BarColumns, a: number, b: number): boolean =>
  barColumnNames.every((name) => Object.is(bars[name][a], bars[name][b]))
