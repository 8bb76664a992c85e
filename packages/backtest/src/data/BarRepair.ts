/**
 * What is done about findings in bars, as the caller chose: refuse, warn, or repair. A repair never happens in silence: every
 * change is listed, filled rows are marked, and what cannot be mended (a range that contradicts itself) is still refused.
 */
import type { BarColumns } from "@outcry/signals/BarColumns"
import {
  type BarCheckOptions,
  inspectBars,
  missingBetween,
  orderOfTime,
  requireShape,
  rowProblem
} from "./BarIntegrity.ts"
import { gather, sameRow } from "./BarRows.ts"
import { DataError } from "./DataError.ts"
import type { DataFinding } from "./DataFinding.ts"
import { timeText } from "./DateText.ts"

/** `refuse` what has an error, `warn` of everything and change nothing, or `repair` what can be. */
export type IntegrityPolicy = "refuse" | "warn" | "repair"

export interface BarRepairOptions extends BarCheckOptions {
  /** Fill gaps with rows that repeat the last close and have no volume; default true. Only for `repair`. */
  readonly fillGaps?: boolean
}

export interface BarChange {
  readonly change: "sorted" | "dropped" | "filled"
  readonly count: number
  readonly detail: string
}

export interface CheckedBars {
  readonly bars: BarColumns
  /** Of the bars as they are now. */
  readonly findings: ReadonlyArray<DataFinding>
  /** Empty unless repaired. */
  readonly changes: ReadonlyArray<BarChange>
  /** 1 where a row was filled in and nothing is known of it. */
  readonly filled: Uint8Array
}

/** Rows that are filled in at most: a hole of more is no gap but another series. */
const filledMost = 1_000_000

/** Throws a DataError that names the first error, under `refuse`, and under `repair` for what is left of them. */
export const checkBars = (bars: BarColumns, policy: IntegrityPolicy, options: BarRepairOptions = {}): CheckedBars => {
  requireShape(bars)
  if (policy !== "repair") {
    const findings = inspectBars(bars, options)
    if (policy === "refuse") refuseErrors(bars, findings)
    return { bars, findings, changes: [], filled: new Uint8Array(bars.timeOpen.length) }
  }
  const { changes, rows } = soundRows(bars)
  const gathered = gather(bars, rows)
  const fill = (options.fillGaps ?? true) ? fillGaps(gathered, options) : undefined
  const repaired = fill?.bars ?? gathered
  const findings = inspectBars(repaired, options)
  refuseErrors(repaired, findings)
  return {
    bars: repaired,
    findings,
    changes: fill === undefined ? changes : [...changes, ...fill.changes],
    filled: fill?.filled ?? new Uint8Array(rows.length)
  }
}

const refuseErrors = (bars: BarColumns, findings: ReadonlyArray<DataFinding>): void => {
  const error = findings.find(({ severity }) => severity === "error")
  if (error === undefined) return
  const { code, count, detail, remedy, row } = error
  const told = `${detail} (${code}, ${count} in all)`
  throw new DataError({ source: bars.instrument, line: row + 1, field: "", problem: "refused", detail: told, remedy })
}

/** Rows that can be used, in order of time, one of each time. */
const soundRows = (bars: BarColumns): { readonly rows: ReadonlyArray<number>; readonly changes: Array<BarChange> } => {
  const order = orderOfTime(bars.timeOpen)
  const moved = order.reduce((count, row, at) => count + (row === at ? 0 : 1), 0)
  const rows: Array<number> = []
  const dropped = { bad: 0, duplicate: 0, conflict: 0 }
  for (const row of order) {
    const last = rows.at(-1)
    if (rowProblem(bars, row) !== undefined) dropped.bad += 1
    else if (last !== undefined && bars.timeOpen[last] === bars.timeOpen[row]) {
      if (sameRow(bars, last, row)) dropped.duplicate += 1
      else dropped.conflict += 1
      rows[rows.length - 1] = row
    } else rows.push(row)
  }
  const changes: ReadonlyArray<BarChange> = [
    { change: "sorted", count: moved, detail: "rows were put in order of time" },
    { change: "dropped", count: dropped.bad, detail: "rows with a value that is no number, or no positive one" },
    { change: "dropped", count: dropped.duplicate, detail: "rows that repeated another" },
    { change: "dropped", count: dropped.conflict, detail: "rows that a later one of the same time contradicted" }
  ]
  return { rows, changes: changes.filter(({ count }) => count > 0) }
}

const fillGaps = (bars: BarColumns, { calendar }: BarRepairOptions) => {
  const times: Array<number> = []
  /** The row that each new one repeats or is. */
  const rows: Array<number> = []
  const marks: Array<number> = []
  let count = 0
  for (let row = 0; row < bars.timeOpen.length; row++) {
    const time = bars.timeOpen[row]!
    if (row > 0) {
      const before = bars.timeOpen[row - 1]!
      for (const missing of missingBetween(before, time, bars.intervalUs, calendar)) {
        count += 1
        if (count > filledMost) throw tooMany(bars, row, before)
        times.push(missing)
        rows.push(row - 1)
        marks.push(1)
      }
    }
    times.push(time)
    rows.push(row)
    marks.push(0)
  }
  if (count === 0) return undefined
  const filled = Uint8Array.from(marks)
  const result = gather(bars, rows)
  for (let at = 0; at < filled.length; at++) {
    if (filled[at] === 0) continue
    const close = result.close[at]!
    result.timeOpen[at] = times[at]!
    for (const name of ["open", "high", "low"] as const) result[name][at] = close
    result.volume[at] = 0
  }
  const detail = "rows were filled in with the close before them and no volume"
  const changes: ReadonlyArray<BarChange> = [{ change: "filled", count, detail }]
  return { bars: result, filled, changes }
}

const tooMany = (bars: BarColumns, row: number, before: number): DataError =>
  new DataError({
    source: bars.instrument,
    line: row + 1,
    field: "timeOpen",
    problem: "tooLarge",
    detail: `more than ${filledMost} rows would have to be filled in, by the gap after ${timeText(before)}`,
    remedy: "State a calendar, give the interval the bars really have, or part the series there."
  })
