/**
 * Times as data files write them → epoch µs. A format is stated by the caller or inferred from the first value, and then
 * holds for the whole file: a value that does not fit it is refused, never read another way.
 *
 * Numbers are told apart by size: seconds below 1e11, milliseconds below 1e14, microseconds below 1e17, nanoseconds
 * above. That is right for every time from 1973-03-03 to the year 5138; smaller numbers are taken for row numbers, and no
 * time, unless seconds are stated. Nanoseconds are cut to whole microseconds.
 */
import { timeOfDate } from "./DateText.ts"

export const timeFormats = ["iso", "s", "ms", "us", "ns", "day"] as const
/**
 * `iso`: ISO 8601, also with a space, with `.` or `/` in the day, or a day alone, or as `yyyyMMdd HH:mm` or `yyyyMMdd HHmmss`;
 * UTC unless it names an offset.
 */
export type TimeFormat = (typeof timeFormats)[number]

const meaning: Readonly<Record<TimeFormat, string>> = {
  iso: "a date and time (UTC unless an offset is written)",
  s: "seconds since 1970",
  ms: "milliseconds since 1970",
  us: "microseconds since 1970",
  ns: "nanoseconds since 1970",
  day: "a day as yyyyMMdd, UTC"
}

export const meaningOf = (format: TimeFormat): string => meaning[format]

const number = /^\d{1,19}(?:\.\d+)?$/
const written =
  /^(\d{4})([-./])(\d{1,2})\2(\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?$/i

/** The format that fits a value; undefined where none does. */
export const formatOf = (text: string): TimeFormat | undefined => {
  if (/^\d{8}$/.test(text) && timeOfDate(text) !== undefined) return "day"
  if (number.test(text)) {
    const value = Number(text)
    return value < 1e8 ? undefined : value < 1e11 ? "s" : value < 1e14 ? "ms" : value < 1e17 ? "us" : "ns"
  }
  return isoTime(text) === undefined ? undefined : "iso"
}

/** Epoch µs; undefined where the text is not of that format, or is a number of another size than the format's. */
export const timeIn = (format: TimeFormat, text: string): number | undefined => {
  if (format === "iso") return isoTime(text)
  if (format === "day") return timeOfDate(text)
  if (!number.test(text)) return undefined
  const value = Number(text)
  if (format === "s") return value < 1e11 ? Math.round(value * 1e6) : undefined
  if (format === "ms") return value >= 1e11 && value < 1e14 ? Math.round(value * 1e3) : undefined
  if (format === "us") return value >= 1e14 && value < 1e17 ? Math.floor(value) : undefined
  // Nanoseconds are beyond what a float holds exactly: the last three digits are cut from the text.
  return value >= 1e17 ? Number(text.split(".")[0]!.slice(0, -3)) : undefined
}

/** `20200301 00:01` and `20200301 000100`, as LEAN and some vendors write a day with its time of day. */
const compact = /^(\d{4})(\d{2})(\d{2})[T ](\d{2}):?(\d{2}):?(\d{2})?$/

const isoTime = (text: string): number | undefined => {
  const match = written.exec(text)
  if (match === null) {
    const [, year, month, day, hour, minute, second = "00"] = compact.exec(text) ?? []
    return year === undefined ? undefined : isoTime(`${year}-${month}-${day}T${hour}:${minute}:${second}`)
  }
  const [, year = "", , month = "", day = "", hour = "0", minute = "0", second = "0", fraction = "", zone = ""] = match
  const start = timeOfDate(`${year}${month.padStart(2, "0")}${day.padStart(2, "0")}`)
  // A leap second, 23:59:60, counts as the first of the next minute, as it does in Unix time.
  if (start === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(zone)
  const offsetMinutes = offset === null ? 0 : Number(`${offset[1]}1`) * (Number(offset[2]) * 60 + Number(offset[3]))
  const seconds = (Number(hour) * 60 + Number(minute) - offsetMinutes) * 60 + Number(second)
  return start + seconds * 1_000_000 + Number(fraction.padEnd(6, "0").slice(0, 6))
}
