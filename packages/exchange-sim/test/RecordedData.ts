/** Where the real recordings are, and what a suite says in its name when they are not. */
import { existsSync } from "node:fs"
import { join, resolve } from "node:path"

const folder = join(
  process.env["OUTCRY_DATA"] ?? resolve(import.meta.dirname, "../../../../shared/data"),
  "binance-spot-ws"
)

/** Paths of the recordings of one symbol, in time order. */
export const recordedFiles = (symbol: string): ReadonlyArray<string> =>
  ["20240808", "20240809"].map((day) => join(folder, `${symbol}_${day}.gz`))

export const isRecordedDataMissing = !["btcusdt", "ethusdt"].flatMap(recordedFiles).every((path) => existsSync(path))

/** Appended to a suite's name. */
export const whySkipped = isRecordedDataMissing ? ` [skipped: no recordings in ${folder}; set OUTCRY_DATA]` : ""
