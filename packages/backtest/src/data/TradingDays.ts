/**
 * The days on which a market trades, from LEAN's `market-hours-database.json`: days of the week with a session, less
 * holidays. Serves as the calendar of daily bars whose days are midnights UTC, as LeanDaily reads them.
 * Source: QuantConnect LEAN, `Data/market-hours/market-hours-database.json` (Apache-2.0); holidays are written M/d/yyyy.
 */
import { readFile } from "node:fs/promises"
import { Option, Schema } from "effect"
import { DataError, fileFault } from "./DataError.ts"
import { dayUs, timeOfDate } from "./DateText.ts"

const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const

const Sessions = Schema.Array(Schema.Struct({ state: Schema.String }))
const Market = Schema.Struct({
  sunday: Sessions,
  monday: Sessions,
  tuesday: Sessions,
  wednesday: Sessions,
  thursday: Sessions,
  friday: Sessions,
  saturday: Sessions,
  holidays: Schema.Array(Schema.String)
})
const decodeDatabase = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Struct({ entries: Schema.Record(Schema.String, Schema.Unknown) }))
)
const decodeMarket = Schema.decodeUnknownOption(Market)

/** Whether the market trades on the day of that midnight UTC, epoch µs. */
export type TradingDays = (time: number) => boolean

/** `market` is a key of the database, such as `Equity-usa-[*]`. Throws a DataError. */
export const parseTradingDays = (text: string, source: string, market: string): TradingDays => {
  const refuse = (field: string, detail: string, remedy: string): never => {
    throw new DataError({ source, line: 0, field, problem: "badValue", detail, remedy })
  }
  const database = Option.getOrUndefined(decodeDatabase(text))
  if (database === undefined) return refuse("", "it is no database of market hours", "Name LEAN's own file.")
  const hours = Option.getOrUndefined(decodeMarket(database.entries[market]))
  if (hours === undefined) return refuse(market, "there is no such market in it", "Name a key such as Equity-usa-[*].")
  const open = weekdays.map((weekday) => hours[weekday].some(({ state }) => state === "market"))
  const holidays = new Set(
    hours.holidays.map((holiday) => {
      const [month = "", day = "", year = ""] = holiday.split("/")
      const time = timeOfDate(`${year}${month.padStart(2, "0")}${day.padStart(2, "0")}`)
      return time ?? refuse(`${market} holidays`, `"${holiday}" is no day as M/d/yyyy`, "Correct it.")
    })
  )
  // 1970-01-01, day 0, was a Thursday.
  return (time) => open[(Math.floor(time / dayUs) + 4) % 7] === true && !holidays.has(time)
}

/** Rejects with a DataError. */
export const readTradingDays = async (path: string, market: string): Promise<TradingDays> => {
  try {
    return parseTradingDays(await readFile(path, "utf8"), path, market)
  } catch (cause) {
    throw fileFault(path, cause)
  }
}
