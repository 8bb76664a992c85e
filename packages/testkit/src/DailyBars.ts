/**
 * Real daily bars in LEAN's format: a zip of one CSV, `yyyyMMdd 00:00,open,high,low,close,volume`, prices × 10,000. The
 * reader knows the one shape these files have: a single deflated entry.
 */
import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { inflateRawSync } from "node:zlib"
import type { StageBar } from "./StrategyStage.ts"

const folder = join(
  process.env["OUTCRY_DATA"] ?? resolve(import.meta.dirname, "../../../../shared/data"),
  "equities-daily"
)

/** The file, or undefined where the recordings are not there. */
export const dailyFile = (name: string): string | undefined => {
  const path = join(folder, `${name}.zip`)
  return existsSync(path) ? path : undefined
}

const endOfDirectory = 0x06054b50
const entryInDirectory = 0x02014b50

const textOf = (zip: Buffer): string => {
  let end = zip.length - 22
  while (end >= 0 && zip.readUInt32LE(end) !== endOfDirectory) end--
  const entry = zip.readUInt32LE(end + 16)
  if (zip.readUInt32LE(entry) !== entryInDirectory || zip.readUInt16LE(entry + 10) !== 8)
    throw new Error("not a zip of one deflated file")
  const size = zip.readUInt32LE(entry + 20)
  const local = zip.readUInt32LE(entry + 42)
  const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
  return inflateRawSync(zip.subarray(from, from + size)).toString("utf8")
}

/** Prices in ticks of 0.0001, volumes in lots of 1. */
export const dailyBars = (path: string): ReadonlyArray<StageBar> =>
  textOf(readFileSync(path))
    .trim()
    .split(/\r?\n/)
    .map((line) => {
      const [openTicks, highTicks, lowTicks, closeTicks, lots] = line.split(",").slice(1).map(Number)
      return { openTicks: openTicks!, highTicks: highTicks!, lowTicks: lowTicks!, closeTicks: closeTicks!, lots: lots! }
    })
