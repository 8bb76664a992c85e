/** Bars from one or several files as one series: CSV, LEAN's daily bars (adjusted), Binance klines. */
import { readBarCsv } from "@outcry/backtest/data/BarCsv"
import { barColumnNames, barColumnsOf } from "@outcry/backtest/data/BarRows"
import { DataError } from "@outcry/backtest/data/DataError"
import { readKlines } from "@outcry/backtest/data/KlineArchive"
import type { BarColumns } from "@outcry/signals/BarColumns"
import { basename } from "node:path"
import { loadResearchData } from "./ResearchData.ts"

export type BarFormat = "auto" | "csv" | "lean" | "klines"

export interface BarFilesGiven {
  readonly format: BarFormat
  /** `venue:BASE/QUOTE`; by the first file's name where it is not given. */
  readonly instrument: string | undefined
}

/** `BTCUSDT-1m-2024-08.zip`: Binance's name for an archive of klines. */
const klines = /^([A-Z0-9]+?)(USDT|USDC|FDUSD|BTC|ETH)-\d+(?:s|m|h|d|w|mo)-\d{4}/

const formatOf = (path: string): Exclude<BarFormat, "auto"> =>
  klines.test(basename(path)) ? "klines" : path.endsWith(".zip") ? "lean" : "csv"

const klineName = (path: string): string | undefined => {
  const [, base, quote] = klines.exec(basename(path)) ?? []
  return base === undefined || quote === undefined ? undefined : `binance:${base}/${quote}`
}

const missing = (path: string): DataError =>
  new DataError({
    source: path,
    line: 0,
    field: "instrument",
    problem: "missing",
    detail: "its name does not say what it is of",
    remedy: "Give --instrument, such as binance:BTC/USDT."
  })

interface Read {
  readonly bars: BarColumns
  readonly notes: ReadonlyArray<string>
}

const readOne = async (path: string, format: BarFormat, instrument: string | undefined): Promise<Read> => {
  const kind = format === "auto" ? formatOf(path) : format
  if (kind === "klines") {
    const id = instrument ?? klineName(path)
    if (id === undefined) throw missing(path)
    return readKlines(path, id)
  }
  if (kind === "csv" && instrument !== undefined) return readBarCsv(path, { instrument })
  return loadResearchData({ id: path, store: "" }, instrument === undefined ? {} : { instrument })
}

/** One series of several; their order is for the checks to judge. */
const joined = (parts: ReadonlyArray<Read>, paths: ReadonlyArray<string>): BarColumns => {
  const [first] = parts
  for (const [at, { bars }] of parts.entries())
    if (bars.intervalUs !== first!.bars.intervalUs || bars.instrument !== first!.bars.instrument)
      throw new DataError({
        source: paths[at]!,
        line: 0,
        field: "",
        problem: "conflict",
        detail: `it holds bars of ${bars.instrument} of ${bars.intervalUs / 1e6} s, the first file ${first!.bars.instrument} of ${first!.bars.intervalUs / 1e6} s`,
        remedy: "Import each series by itself."
      })
  const rows = parts.reduce((sum, { bars }) => sum + bars.timeOpen.length, 0)
  const whole = barColumnsOf(first!.bars.instrument, first!.bars.intervalUs, rows)
  let at = 0
  for (const { bars } of parts) {
    for (const name of barColumnNames) whole[name].set(bars[name], at)
    at += bars.timeOpen.length
  }
  return whole
}

/** Rejects with a DataError that names the file. */
export const readBarFiles = async (paths: ReadonlyArray<string>, given: BarFilesGiven): Promise<Read> => {
  const parts: Array<Read> = []
  for (const path of paths) parts.push(await readOne(path, given.format, given.instrument ?? parts[0]?.bars.instrument))
  const bars = parts.length === 1 ? parts[0]!.bars : joined(parts, paths)
  return { bars, notes: parts.flatMap(({ notes }) => notes) }
}
