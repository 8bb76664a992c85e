/**
 * Whether bars can be counted with. What would make a figure silently wrong is refused with its first row; what makes it
 * doubtful becomes a named warning.
 */
import type { BarColumns } from "@outcry/signals/BarColumns"
import type { RunWarning } from "../BacktestResult.ts"
import { refuse } from "../RunRefused.ts"

const dayUs = 86_400_000_000

const prices = ["open", "high", "low", "close"] as const
const columns = ["open", "high", "low", "close", "volume"] as const

/** A time for messages; the microseconds are not worth showing. */
export const dateOf = (timeUs: number): string => new Date(timeUs / 1000).toISOString()

/**
 * The largest step between two opens that is no gap, in intervals: one within the day; five for daily bars and longer, which
 * lets a weekend with a holiday on either side pass.
 */
export const stepMaxOf = (bars: BarColumns): number => (bars.intervalUs >= dayUs ? 5 : 1)

const shapeChecked = (bars: BarColumns): void => {
  const rows = bars.timeOpen.length
  if (!(bars.intervalUs > 0))
    refuse("bars.intervalUs", `is ${bars.intervalUs}`, "Give the bars' interval in microseconds.")
  for (const field of columns)
    if (bars[field].length !== rows)
      refuse(
        `bars.${field}`,
        `has ${bars[field].length} rows where timeOpen has ${rows}`,
        "Give columns of equal length."
      )
  if (rows < 2) refuse("bars", `has ${rows} rows`, "Give at least two bars of the instrument and range asked for.")
}

const orderChecked = ({ timeOpen }: BarColumns): void => {
  for (let row = 0; row < timeOpen.length; row++) {
    const time = timeOpen[row]!
    if (time - time !== 0) refuse("bars.timeOpen", `is no number at row ${row}`, "Give the time of every bar.")
    if (row > 0 && time === timeOpen[row - 1])
      refuse("bars.timeOpen", `holds ${dateOf(time)} twice, at row ${row}`, "Drop the duplicate of the two bars.")
    if (row > 0 && time < timeOpen[row - 1]!)
      refuse("bars.timeOpen", `goes back at row ${row} (${dateOf(time)})`, "Sort the bars by time, oldest first.")
  }
}

const pricesChecked = (bars: BarColumns): void => {
  for (const field of prices) {
    const column = bars[field]
    for (let row = 0; row < column.length; row++)
      if (!(column[row]! > 0 && column[row]! < Number.POSITIVE_INFINITY))
        refuse(
          `bars.${field}`,
          `is ${column[row]} at row ${row} (${dateOf(bars.timeOpen[row]!)})`,
          "Prices are positive numbers: mend the source or leave that bar out."
        )
  }
}

/** Counts what `doubtful` finds and words a warning from the first. */
const counted = (
  rows: number,
  code: string,
  doubtful: (row: number) => boolean,
  detail: (row: number) => string
): ReadonlyArray<RunWarning> => {
  let count = 0
  let first = -1
  for (let row = 0; row < rows; row++)
    if (doubtful(row)) {
      if (count === 0) first = row
      count++
    }
  return count === 0 ? [] : [{ code, detail: detail(first), count }]
}

/** Throws RunRefused; answers what is doubtful: `gapInData`, `barsOverlap`, `barInconsistent`, `volumeMissing`. */
export const checkedBars = (bars: BarColumns, stepMax: number = stepMaxOf(bars)): ReadonlyArray<RunWarning> => {
  shapeChecked(bars)
  orderChecked(bars)
  pricesChecked(bars)
  const { close, high, intervalUs, low, open, timeOpen, volume } = bars
  const rows = timeOpen.length
  const at = (row: number): string => dateOf(timeOpen[row]!)
  const step = (row: number): number => (row === 0 ? intervalUs : timeOpen[row]! - timeOpen[row - 1]!)
  return [
    ...counted(
      rows,
      "gapInData",
      (row) => step(row) > stepMax * intervalUs,
      (row) => `${bars.instrument} lacks bars before ${at(row)}: fetch them, or trust no figure that spans the gap`
    ),
    ...counted(
      rows,
      "barsOverlap",
      (row) => step(row) < intervalUs,
      (row) =>
        `${bars.instrument} has a bar at ${at(row)} that opens before the one before it ended: check the interval`
    ),
    ...counted(
      rows,
      "barInconsistent",
      (row) =>
        high[row]! < Math.max(open[row]!, close[row]!, low[row]!) || low[row]! > Math.min(open[row]!, close[row]!),
      (row) => `${bars.instrument} has a high below or a low above its other prices at ${at(row)}: check the source`
    ),
    ...counted(
      rows,
      "volumeMissing",
      (row) => !(volume[row]! >= 0),
      (row) => `${bars.instrument} has no volume at ${at(row)}: columns made of it are missing there`
    )
  ]
}
