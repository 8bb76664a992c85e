/**
 * How much an indicator's value at a date depends on how far back its history begins. Averages that never forget begin
 * somewhere; a live run with a short history then decides on other numbers than a back-test with a long one.
 */
import type { BarColumns } from "@outcry/signals/BarColumns"
import type { SignalDefinition } from "@outcry/signals/Signal"
import { RunRefused, refuse } from "./RunRefused.ts"
import { barsBetween } from "./vector/BarSlice.ts"
import { planColumns } from "./vector/ColumnPlan.ts"
import { IndicatorColumns } from "./vector/IndicatorColumns.ts"
import { decodedBy } from "./vector/SignalRunner.ts"

/** Named columns over bars, one value a row. */
export type ColumnsRun = (bars: BarColumns) => Readonly<Record<string, Float64Array>>

export interface HistoryEffect {
  /** Bars given, the one at the date included. */
  readonly bars: number
  /** At the date; NaN where there is no value yet. */
  readonly value: number
  /** Largest |value − the whole history's| over the dates, relative to it; NaN where a value is missing. */
  readonly difference: number
}

export interface ColumnRecursion {
  readonly column: string
  /** With the whole history, at the last date. */
  readonly value: number
  /** By length of history, shortest first. */
  readonly effects: ReadonlyArray<HistoryEffect>
  /** The shortest history from which on the differences stay within the tolerance; undefined where none does. */
  readonly barsNeeded: number | undefined
}

export interface RecursiveGiven {
  /** Lengths of history to try; doubling from 25 unless told otherwise. */
  readonly histories?: ReadonlyArray<number>
  /** Rows at which values are compared; the last and three before it, evenly, unless told otherwise. */
  readonly dates?: ReadonlyArray<number>
  /** Relative difference that counts as none: 0.0001 unless told otherwise. */
  readonly tolerance?: number
}

const doubling = (rows: number): ReadonlyArray<number> => {
  const lengths: Array<number> = []
  for (let length = 25; length < rows; length *= 2) lengths.push(length)
  return lengths
}

const relative = (value: number, whole: number): number => {
  if (Number.isNaN(value) && Number.isNaN(whole)) return 0
  return value === whole ? 0 : Math.abs(value - whole) / Math.max(Math.abs(whole), 1e-12)
}

/** A table by column. Throws RunRefused for dates or lengths outside the bars. */
export const recursiveAnalysis = (
  run: ColumnsRun,
  bars: BarColumns,
  given: RecursiveGiven = {}
): ReadonlyArray<ColumnRecursion> => {
  const rows = bars.timeOpen.length
  const dates = given.dates ?? [...new Set([0.7, 0.8, 0.9, 1].map((share) => Math.ceil(rows * share) - 1))]
  const dateMin = Math.min(...dates)
  const histories = (given.histories ?? doubling(dateMin + 1)).toSorted((a, b) => a - b)
  const tolerance = given.tolerance ?? 1e-4
  if (dates.some((row) => !(Number.isInteger(row) && row >= 1 && row < rows)))
    refuse("dates", `must be rows from 1 to ${rows - 1}`, "Give rows of the bars.")
  if (histories.length === 0 || histories.some((length) => !(Number.isInteger(length) && length >= 2)))
    refuse("histories", "must be whole numbers of at least 2 bars", "Give more bars, or lengths that they can show.")
  if (histories.at(-1)! > dateMin + 1)
    refuse("histories", `asks for ${histories.at(-1)} bars before row ${dateMin}`, "Give shorter ones or later dates.")
  const whole = run(bars)
  const parts = histories.map((length) => dates.map((row) => run(barsBetween(bars, row + 1 - length, row + 1))))
  return Object.entries(whole).map(([column, values]) => {
    const effects = histories.map((length, at): HistoryEffect => {
      const found = dates.map((_, date) => parts[at]![date]![column]![length - 1]!)
      const differences = dates.map((row, date) => relative(found[date]!, values[row]!))
      return { bars: length, value: found.at(-1)!, difference: differences.reduce((a, b) => Math.max(a, b), 0) }
    })
    // The shortest after the last one that is still off; a missing value is off.
    const lastOff = effects.findLastIndex(({ difference }) => !(difference <= tolerance))
    return { column, value: values[dates.at(-1)!]!, effects, barsNeeded: effects[lastOff + 1]?.bars }
  })
}

/** Of the columns of a signal. */
export const signalRecursion = <P>(
  definition: SignalDefinition<P>,
  parameters: unknown,
  bars: BarColumns,
  given: RecursiveGiven = {}
): ReadonlyArray<ColumnRecursion> => {
  const specs = definition.columns(decodedBy(definition)(parameters))
  if (Object.keys(specs).length === 0)
    throw new RunRefused({
      field: "columns",
      problem: `of ${definition.name} are none`,
      remedy: "There is nothing here whose history could matter."
    })
  return recursiveAnalysis(
    (data) => {
      const plan = planColumns(specs, new IndicatorColumns(data))
      return Object.fromEntries(Object.keys(specs).map((name) => [name, plan.columns[plan.place(name)]!]))
    },
    bars,
    given
  )
}
