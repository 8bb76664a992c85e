/** Where the real data are, and what a suite says in its name when they are not. */
import { existsSync } from "node:fs"
import { join, resolve } from "node:path"

const folder = process.env["OUTCRY_DATA"] ?? resolve(import.meta.dirname, "../../../../../shared/data")

const sharedPath = (...parts: ReadonlyArray<string>): string => join(folder, ...parts)

export const shares = ["spy", "aapl", "ibm", "bac", "qqq", "iwm", "eem", "goog"] as const

export const archiveOf = (name: string): string => sharedPath("equities-daily", `${name}.zip`)

export const factorsOf = (name: string): string => sharedPath("equities-daily", `${name}.factors.csv`)

export const equitiesMissing = ![
  ...shares.flatMap((name) => [archiveOf(name), factorsOf(name)]),
  archiveOf("coinbase-btcusd")
].every((path) => existsSync(path))

/** Appended to a suite's name. */
export const whySkippedEquities = equitiesMissing ? ` [skipped: no equities-daily in ${folder}; set OUTCRY_DATA]` : ""

const recordingOf = (symbol: string, day: string): string => sharedPath("binance-spot-ws", `${symbol}_${day}.gz`)

/** Recordings of one symbol, in order of time. */
export const recordingsOf = (symbol: string): ReadonlyArray<string> =>
  ["20240808", "20240809"].map((day) => recordingOf(symbol, day))

export const recordingsMissing = !["btcusdt", "ethusdt"].flatMap(recordingsOf).every((path) => existsSync(path))

export const whySkippedRecordings = recordingsMissing
  ? ` [skipped: no binance-spot-ws in ${folder}; set OUTCRY_DATA]`
  : ""

export const marketHours = sharedPath("reference", "market-hours-database.json")

export const marketHoursMissing = !existsSync(marketHours)

export const whySkippedMarketHours = marketHoursMissing ? ` [skipped: no ${marketHours}; set OUTCRY_DATA]` : ""
