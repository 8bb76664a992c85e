/**
 * Real daily bars at once, for benches and for tests of packages that the research engine is built on: `equities-daily` of
 * OUTCRY_DATA, one CSV in a zip archive each. The engine's own tests read them with `readLeanDaily`, as its users do.
 */
import { existsSync, readFileSync } from "node:fs"
import { resolve } from "node:path"
import { inflateRawSync } from "node:zlib"
import type { StageBar } from "./StrategyStage.ts"

const folder = resolve(
  process.env["OUTCRY_DATA"] ?? resolve(import.meta.dirname, "../../../../shared/data"),
  "equities-daily"
)

export const areDailyBarsMissing = !existsSync(folder)

/** To add to the names of tests that need the data. */
export const whySkipped = areDailyBarsMissing ? ` [skipped: no bars in ${folder}; set OUTCRY_DATA]` : ""

/** The first file of a zip archive, found by its central directory. */
const firstFile = (archive: Buffer): string => {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]))
  const entry = archive.readUInt32LE(end + 16)
  const local = archive.readUInt32LE(entry + 42)
  const begin = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28)
  return inflateRawSync(archive.subarray(begin, begin + archive.readUInt32LE(entry + 20))).toString("utf8")
}

/** Unadjusted daily bars of a stock, such as `spy`, as the columns that signals take; prices in dollars. */
export const dailyBars = (symbol: string) => {
  const lines = firstFile(readFileSync(resolve(folder, `${symbol}.zip`)))
    .trim()
    .split("\n")
  const cells = lines.map((line) => line.split(","))
  const column = (at: number, scale: number) => Float64Array.from(cells, (row) => Number(row[at]) / scale)
  const day = (text: string) =>
    Date.UTC(Number(text.slice(0, 4)), Number(text.slice(4, 6)) - 1, Number(text.slice(6, 8)))
  return {
    instrument: `lean:${symbol.toUpperCase()}/USD`,
    intervalUs: 86_400_000_000,
    timeOpen: Float64Array.from(cells, (row) => day(row[0]!) * 1000),
    open: column(1, 10_000),
    high: column(2, 10_000),
    low: column(3, 10_000),
    close: column(4, 10_000),
    volume: column(5, 1)
  }
}

/** The same in ticks of 0.0001 and lots of 1, as a stage for strategies takes them. */
export const dailyTicks = (symbol: string): ReadonlyArray<StageBar> => {
  const { close, high, low, open, volume } = dailyBars(symbol)
  const ticks = (price: number): number => Math.round(price * 10_000)
  return Array.from(close, (price, row) => ({
    openTicks: ticks(open[row]!),
    highTicks: ticks(high[row]!),
    lowTicks: ticks(low[row]!),
    closeTicks: ticks(price),
    lots: volume[row]!
  }))
}
