/**
 * Checks bars: order, duplicates, gaps, numbers that are none, ranges that contradict themselves, outliers, zero volume and
 * stale repeats. It only looks; BarRepair changes things, where it is told to.
 */
import type { BarColumns } from "@outcry/signals/BarColumns"
import { barColumnNames, priceNames, sameRow } from "./BarRows.ts"
import { DataError } from "./DataError.ts"
import { type DataFinding, FindingList } from "./DataFinding.ts"
import { timeText } from "./DateText.ts"
import { robustSpread } from "./RobustSpread.ts"

export interface BarCheckOptions {
  /** Whether a bar is expected to open at that time (epoch µs). Default: at every interval. */
  readonly calendar?: (timeOpen: number) => boolean
  /** Robust z of a close-to-close log return beyond which it is an outlier; default 20. */
  readonly outlierZ?: number
  /** Rows with the same four prices in a row from which on they are stale; default 5. */
  readonly staleRows?: number
}

/** Intervals looked through in one gap at most: beyond, all are counted as expected. */
const gapIntervalsMax = 1_000_000

/** Findings, the gravest first. Throws a DataError only where the columns differ in length or the interval is none. */
export const inspectBars = (bars: BarColumns, options: BarCheckOptions = {}): ReadonlyArray<DataFinding> => {
  requireShape(bars)
  const findings = new FindingList()
  const order = orderOfTime(bars.timeOpen)
  checkOrder(bars, findings)
  checkRows(bars, findings)
  checkNeighbours(bars, order, findings)
  checkGaps(bars, order, options, findings)
  checkOutliers(bars, order, options.outlierZ ?? 20, findings)
  checkStale(bars, options.staleRows ?? 5, findings)
  return findings.done()
}

export const requireShape = (bars: BarColumns): void => {
  const rows = bars.timeOpen.length
  const at = { source: bars.instrument, line: 0, problem: "badValue" } as const
  const odd = barColumnNames.find((name) => bars[name].length !== rows)
  if (odd !== undefined) {
    const detail = `it has ${bars[odd].length} rows, timeOpen ${rows}`
    throw new DataError({ ...at, field: odd, detail, remedy: "Give columns of equal length." })
  }
  if (bars.intervalUs > 0 && Number.isFinite(bars.intervalUs)) return
  const detail = `${bars.intervalUs} is no interval`
  throw new DataError({ ...at, field: "intervalUs", detail, remedy: "Give a positive number of microseconds." })
}

/** Rows in order of time, equal times as they stand; rows whose time is no number last. */
export const orderOfTime = (time: Float64Array): Uint32Array => {
  const rows = Uint32Array.from({ length: time.length }, (_, row) => row)
  let sorted = true
  for (let row = 1; row < time.length && sorted; row++) sorted = time[row]! >= time[row - 1]!
  if (sorted) return rows
  const key = (row: number): number => (Number.isNaN(time[row]!) ? Number.POSITIVE_INFINITY : time[row]!)
  return rows.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a - b))
}

const checkOrder = ({ timeOpen }: BarColumns, findings: FindingList): void => {
  for (let row = 1; row < timeOpen.length; row++) {
    const [before, time] = [timeOpen[row - 1]!, timeOpen[row]!]
    if (time < before) findings.add("unsorted", row, time, () => `${timeText(time)} comes after ${timeText(before)}`)
  }
}

/** Whether every value of a row is a number, and each price above zero. */
export const rowProblem = (bars: BarColumns, row: number): "notFinite" | "notPositive" | undefined => {
  for (const name of barColumnNames) if (!Number.isFinite(bars[name][row]!)) return "notFinite"
  for (const name of priceNames) if (bars[name][row]! <= 0) return "notPositive"
  return bars.volume[row]! < 0 ? "notPositive" : undefined
}

const checkRows = (bars: BarColumns, findings: FindingList): void => {
  const { close, high, low, open, timeOpen, volume } = bars
  for (let row = 0; row < timeOpen.length; row++) {
    const problem = rowProblem(bars, row)
    const time = timeOpen[row]!
    const shown = () => [open, high, low, close].map((column) => column[row]!).join(", ")
    if (problem !== undefined) {
      findings.add(problem, row, time, () => `open, high, low, close are ${shown()}, volume ${volume[row]}`)
      continue
    }
    const [top, bottom] = [high[row]!, low[row]!]
    const inside = (price: number): boolean => price <= top && price >= bottom
    if (top < bottom || !inside(open[row]!) || !inside(close[row]!)) {
      findings.add("badRange", row, time, () => `open, high, low, close are ${shown()}`)
    }
    if (volume[row] === 0) findings.add("zeroVolume", row, time, () => "nothing traded")
  }
}

const checkNeighbours = (bars: BarColumns, order: Uint32Array, findings: FindingList): void => {
  for (let at = 1; at < order.length; at++) {
    const [before, row] = [order[at - 1]!, order[at]!]
    const time = bars.timeOpen[row]!
    if (time !== bars.timeOpen[before]!) continue
    const same = sameRow(bars, before, row)
    findings.add(same ? "duplicate" : "conflict", row, time, () =>
      same ? `a second row of ${timeText(time)}` : `two rows of ${timeText(time)} differ`
    )
  }
}

/** Times at which a bar is missing between two, oldest first, at most `most` of them. */
export const missingBetween = (
  before: number,
  after: number,
  intervalUs: number,
  calendar: ((timeOpen: number) => boolean) | undefined,
  most = gapIntervalsMax
): ReadonlyArray<number> => {
  const missing: Array<number> = []
  const intervals = Math.min(gapIntervalsMax, Math.ceil((after - before) / intervalUs) - 1)
  for (let step = 1; step <= intervals && missing.length < most; step++) {
    const time = before + step * intervalUs
    if (calendar === undefined || calendar(time)) missing.push(time)
  }
  return missing
}

const checkGaps = (bars: BarColumns, order: Uint32Array, options: BarCheckOptions, findings: FindingList): void => {
  const { intervalUs, timeOpen } = bars
  for (let at = 1; at < order.length; at++) {
    const row = order[at]!
    const [before, time] = [timeOpen[order[at - 1]!]!, timeOpen[row]!]
    if (!(time > before) || !Number.isFinite(time - before)) continue
    if ((time - before) % intervalUs !== 0) {
      findings.add("offGrid", row, time, () => `it opens ${(time - before) / 1e6} s after the bar before it`)
    }
    const missing = missingBetween(before, time, intervalUs, options.calendar)
    if (missing.length === 0) continue
    const detail = () => `${missing.length} bars are missing between ${timeText(before)} and ${timeText(time)}`
    findings.add("gap", row, time, detail, missing.length)
  }
}

const checkOutliers = (bars: BarColumns, order: Uint32Array, most: number, findings: FindingList): void => {
  const rows = order.filter((row) => rowProblem(bars, row) === undefined)
  if (rows.length < 3) return
  const returns = new Float64Array(rows.length - 1)
  for (let at = 1; at < rows.length; at++) {
    returns[at - 1] = Math.log(bars.close[rows[at]!]! / bars.close[rows[at - 1]!]!)
  }
  const { median, spread } = robustSpread(returns)
  if (spread === 0) return
  for (const [at, value] of returns.entries()) {
    const z = (value - median) / spread
    if (Math.abs(z) <= most) continue
    const [before, row] = [rows[at]!, rows[at + 1]!]
    const detail = () =>
      `the close went from ${bars.close[before]} to ${bars.close[row]}, ${z.toFixed(1)} robust deviations`
    findings.add("outlier", row, bars.timeOpen[row]!, detail)
  }
}

const checkStale = (bars: BarColumns, most: number, findings: FindingList): void => {
  let run = 1
  for (let row = 1; row <= bars.timeOpen.length; row++) {
    if (row < bars.timeOpen.length && priceNames.every((name) => bars[name][row] === bars[name][row - 1])) {
      run += 1
      continue
    }
    const [first, rows] = [row - run, run]
    run = 1
    if (rows < most) continue
    findings.add("stale", first, bars.timeOpen[first]!, () => `${rows} rows in a row have the same four prices`, rows)
  }
}
