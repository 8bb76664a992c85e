/** Which days bars are expected on, where it can be told from what they are of. */
import type { BarColumns } from "@outcry/signals/BarColumns"
import { dayUs } from "@outcry/backtest/data/DateText"

/** 1970-01-01 was a Thursday. */
const isWeekday = (timeUs: number): boolean => ![2, 3].includes(Math.floor(timeUs / dayUs) % 7)

/** Weekdays for daily shares; every interval for all else. */
export const calendarOf = ({
  instrument,
  intervalUs
}: Pick<BarColumns, "instrument" | "intervalUs">): { readonly calendar?: (timeOpen: number) => boolean } =>
  instrument.startsWith("us:") && intervalUs === dayUs ? { calendar: isWeekday } : {}
