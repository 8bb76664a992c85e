/** Bars of a larger interval from smaller ones, and several series on common times. */
import type { BarColumns } from "@outcry/signals/BarColumns"
import { requireShape } from "./BarIntegrity.ts"
import { gather } from "./BarRows.ts"
import { DataError } from "./DataError.ts"
import { GrowingColumn } from "./GrowingColumn.ts"

export interface ResampleOptions {
  /** Where the first interval would begin, µs after 1970-01-01T00:00Z (a Thursday); weeks from Monday: 4 days. Default 0. */
  readonly offsetUs?: number
  /** Keep a last bar whose interval the data do not reach the end of; default false: its row would be known too early. */
  readonly keepPartial?: boolean
}

const refuse = (bars: BarColumns, field: string, detail: string, remedy: string): DataError =>
  new DataError({ source: bars.instrument, line: 0, field, problem: "refused", detail, remedy })

/**
 * First open, highest high, lowest low, last close and the sum of volumes of each interval that has bars; one without bars
 * gives none. `intervalUs` is a multiple of the bars' own. Throws a DataError, also for bars that are not in order.
 */
export const resampled = (bars: BarColumns, intervalUs: number, options: ResampleOptions = {}): BarColumns => {
  requireShape(bars)
  const { keepPartial = false, offsetUs = 0 } = options
  if (!(intervalUs > 0) || intervalUs % bars.intervalUs !== 0) {
    const detail = `${intervalUs / 1e6} s is no multiple of the bars' ${bars.intervalUs / 1e6} s`
    throw refuse(bars, "intervalUs", detail, "Choose a multiple, or begin from smaller bars.")
  }
  const columns = Array.from({ length: 6 }, () => new GrowingColumn())
  const [time, open, high, low, close, volume] = columns as [
    GrowingColumn,
    GrowingColumn,
    GrowingColumn,
    GrowingColumn,
    GrowingColumn,
    GrowingColumn
  ]
  const rows = bars.timeOpen.length
  let row = 0
  while (row < rows) {
    const start = Math.floor((bars.timeOpen[row]! - offsetUs) / intervalUs) * intervalUs + offsetUs
    const end = start + intervalUs
    const first = row
    let [top, bottom, sum] = [bars.high[row]!, bars.low[row]!, 0]
    for (; row < rows && bars.timeOpen[row]! < end; row++) {
      if (row > 0 && !(bars.timeOpen[row]! > bars.timeOpen[row - 1]!)) {
        throw refuse(bars, "timeOpen", `row ${row + 1} does not come after the one before it`, "Check them first.")
      }
      top = Math.max(top, bars.high[row]!)
      bottom = Math.min(bottom, bars.low[row]!)
      sum += bars.volume[row]!
    }
    if (row === first) throw refuse(bars, "timeOpen", `row ${row + 1} is no time`, "Check them first.")
    const reached = bars.timeOpen[row - 1]! + bars.intervalUs >= end
    if (row === rows && !reached && !keepPartial) break
    time.push(start)
    open.push(bars.open[first]!)
    high.push(top)
    low.push(bottom)
    close.push(bars.close[row - 1]!)
    volume.push(sum)
  }
  return {
    instrument: bars.instrument,
    intervalUs,
    timeOpen: time.done(),
    open: open.done(),
    high: high.done(),
    low: low.done(),
    close: close.done(),
    volume: volume.done()
  }
}

/** The bars of each series at the times that all have. They must have one interval and be in order. Throws a DataError. */
export const aligned = (series: ReadonlyArray<BarColumns>): ReadonlyArray<BarColumns> => {
  const [first] = series
  if (first === undefined) return []
  for (const bars of series) {
    requireShape(bars)
    if (bars.intervalUs === first.intervalUs) continue
    const detail = `its bars last ${bars.intervalUs / 1e6} s, those of ${first.instrument} ${first.intervalUs / 1e6} s`
    throw refuse(bars, "intervalUs", detail, "Resample them to one interval first.")
  }
  const places = series.map(() => 0)
  const rows = series.map((): Array<number> => [])
  for (;;) {
    let latest = Number.NEGATIVE_INFINITY
    for (const [at, bars] of series.entries()) {
      if (places[at]! >= bars.timeOpen.length) return series.map((each, place) => gather(each, rows[place]!))
      latest = Math.max(latest, bars.timeOpen[places[at]!]!)
    }
    let common = true
    for (const [at, bars] of series.entries()) {
      let place = places[at]!
      // Written so that a time that is no number is passed over as well.
      while (place < bars.timeOpen.length && !(bars.timeOpen[place]! >= latest)) place++
      places[at] = place
      common &&= bars.timeOpen[place] === latest
    }
    if (!common) continue
    for (const at of series.keys()) {
      rows[at]!.push(places[at]!)
      places[at]! += 1
    }
  }
}

/**
 * For each row of `bars`, the last row of `other` that is known when it closes, −1 where none is: how a series of another
 * interval is read without looking ahead. Both in order.
 */
export const knownRows = (bars: BarColumns, other: BarColumns): Int32Array => {
  const rows = new Int32Array(bars.timeOpen.length)
  let at = 0
  for (let row = 0; row < rows.length; row++) {
    const now = bars.timeOpen[row]! + bars.intervalUs
    while (at < other.timeOpen.length && other.timeOpen[at]! + other.intervalUs <= now) at++
    rows[row] = at - 1
  }
  return rows
}
