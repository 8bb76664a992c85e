/** Days, weeks, months, quarters and years of times in epoch µs, all in UTC, and returns added up by them. */
import { type Numbers, requireCurve, requireSameLength, requireTimes } from "./Series.ts"

const dayUs = 86_400_000_000

/** `week` begins on Monday (ISO 8601). */
export type CalendarPeriod = "day" | "week" | "month" | "quarter" | "year"

export interface CivilDate {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  /** 1 to 31. */
  readonly day: number
}

const dayOf = (timeUs: number): number => Math.floor(timeUs / dayUs)

/** The date of a day counted from 1970-01-01; proleptic Gregorian, by counting eras of 400 years from 1 March. */
const civil = (day: number): CivilDate => {
  const shifted = day + 719_468
  const era = Math.floor(shifted / 146_097)
  const inEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (inEra - Math.floor(inEra / 1460) + Math.floor(inEra / 36_524) - Math.floor(inEra / 146_096)) / 365
  )
  const inYear = inEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const fromMarch = Math.floor((5 * inYear + 2) / 153)
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: inYear - Math.floor((153 * fromMarch + 2) / 5) + 1
  }
}

export const dateOf = (timeUs: number): CivilDate => civil(dayOf(timeUs))

/** 1 is Monday, 7 is Sunday (ISO 8601). */
export const weekdayOf = (timeUs: number): number => ((((dayOf(timeUs) + 3) % 7) + 7) % 7) + 1

/** A number that is the same for times of one period and rises by one from each period to the next. */
export const periodIndex = (timeUs: number, period: CalendarPeriod): number => {
  const day = dayOf(timeUs)
  if (period === "day") return day
  if (period === "week") return Math.floor((day + 3) / 7)
  const { month, year } = civil(day)
  if (period === "month") return year * 12 + month - 1
  return period === "quarter" ? year * 4 + Math.floor((month - 1) / 3) : year
}

const padded = (number: number): string => String(number).padStart(2, "0")

/** `2024-02-29`, `2024-02-26` (a week, by its Monday), `2024-02`, `2024-Q1`, `2024`. */
export const periodLabel = (index: number, period: CalendarPeriod): string => {
  if (period === "year") return String(index)
  if (period === "quarter") return `${Math.floor(index / 4)}-Q${(index % 4) + 1}`
  if (period === "month") return `${Math.floor(index / 12)}-${padded((index % 12) + 1)}`
  const { day, month, year } = civil(period === "day" ? index : index * 7 - 3)
  return `${year}-${padded(month)}-${padded(day)}`
}

export interface PeriodReturn {
  readonly label: string
  readonly index: number
  /** From the last value before the period (the first period: its first value) to the last value in it. */
  readonly return: number
}

/** The return of each calendar period that has a value; a period without one has no row. */
export const returnsByPeriod = (
  times: Numbers,
  equity: Numbers,
  period: CalendarPeriod
): ReadonlyArray<PeriodReturn> => {
  requireTimes("times", times)
  requireSameLength("equity", equity, "times", times.length)
  requireCurve("equity", equity, 1)
  const rows: Array<PeriodReturn> = []
  let base = equity[0]!
  for (let at = 0; at < times.length; at++) {
    const index = periodIndex(times[at]!, period)
    if (at + 1 < times.length && periodIndex(times[at + 1]!, period) === index) continue
    rows.push({ label: periodLabel(index, period), index, return: equity[at]! / base - 1 })
    base = equity[at]!
  }
  return rows
}

export interface YearRow {
  readonly year: number
  /** January first; undefined where the curve has no value in the month. */
  readonly months: ReadonlyArray<number | undefined>
  readonly total: number
}

/** The table of monthly returns of a tear sheet: a row for each year. */
export const monthlyTable = (times: Numbers, equity: Numbers): ReadonlyArray<YearRow> => {
  const months = returnsByPeriod(times, equity, "month")
  return returnsByPeriod(times, equity, "year").map(({ index: year, return: total }) => ({
    year,
    months: Array.from({ length: 12 }, (_, month) => months.find(({ index }) => index === year * 12 + month)?.return),
    total
  }))
}
