/**
 * Daily bars in LEAN's format: a ZIP with one CSV, `yyyyMMdd 00:00,open,high,low,close,volume`, without a header. Prices of
 * shares are ten-thousandths and raw: neither splits nor dividends are taken out. Prices of crypto are as they are.
 *
 * A bar is given the day it names, midnight to midnight UTC, whatever hours its exchange keeps: its row is known at the
 * end of that day. Adjusting is a function of raw bars and factors; corporate actions are in CorporateActions.
 */
import type { BarColumns } from "@outcry/signals/BarColumns"
import { barColumnsOf } from "./BarRows.ts"
import { DataError } from "./DataError.ts"
import { dayUs, timeOfDate } from "./DateText.ts"
import type { FactorFile } from "./FactorFile.ts"
import { ZipArchive, type ZipLimits } from "./ZipArchive.ts"

export interface LeanDailyOptions extends ZipLimits {
  /** `venue:symbol`. */
  readonly instrument: string
  /** Prices are divided by this: 10,000 for shares, the default; 1 for crypto. */
  readonly priceScale?: number
}

/** Reads the raw series. Rejects with a DataError naming file, line and field. */
export const readLeanDaily = async (path: string, options: LeanDailyOptions): Promise<BarColumns> => {
  const archive = await ZipArchive.open(path, options)
  return parseLeanDaily(await archive.textOf(".csv"), path, options)
}

const fields = ["open", "high", "low", "close", "volume"] as const

/** Throws a DataError at the first line that is no bar. Order and ranges are for Integrity to judge. */
export const parseLeanDaily = (text: string, source: string, options: LeanDailyOptions): BarColumns => {
  const { instrument, priceScale = 10_000 } = options
  const lines = text.split(/\r?\n/)
  if (lines.at(-1)?.trim() === "") lines.pop()
  if (lines.length === 0) {
    const remedy = "Fetch it again."
    throw new DataError({ source, line: 0, field: "", problem: "empty", detail: "it holds no bar", remedy })
  }
  const columns = barColumnsOf(instrument, dayUs, lines.length)
  for (const [row, line] of lines.entries()) {
    const refuse = (field: string, detail: string): never => {
      const remedy = "Correct or remove that line, or fetch the archive again."
      throw new DataError({ source, line: row + 1, field, problem: "badValue", detail, remedy })
    }
    const cells = line.split(",")
    if (cells.length !== 6) refuse("", `it has ${cells.length} cells, not time, open, high, low, close and volume`)
    const [day = "", clock = ""] = cells[0]!.split(" ")
    if (clock !== "00:00") refuse("time", `"${cells[0]}" is not a day as "yyyyMMdd 00:00"`)
    columns.timeOpen[row] = timeOfDate(day) ?? refuse("time", `"${day}" is not a day as yyyyMMdd`)
    for (const [at, field] of fields.entries()) {
      const cell = cells[at + 1]!
      const value = cell.trim() === "" ? Number.NaN : Number(cell)
      if (!Number.isFinite(value)) refuse(field, `"${cell}" is no number`)
      columns[field][row] = field === "volume" ? value : value / priceScale
    }
  }
  return columns
}

/** `total`: for splits and dividends, so that returns are what a holder earned. `splits`: for splits alone. */
export type Adjustment = "total" | "splits"

/**
 * Prices × the day's factors, volume ÷ its split factor (so that volume counts today's shares). Source: see FactorFile.
 * A series that ends before the file's last change comes out scaled by a constant: returns are right, levels are not.
 */
export const adjusted = (raw: BarColumns, factors: FactorFile, adjustment: Adjustment = "total"): BarColumns => {
  const rows = raw.timeOpen.length
  const result = barColumnsOf(raw.instrument, raw.intervalUs, rows)
  result.timeOpen.set(raw.timeOpen)
  let at = 0
  for (let row = 0; row < rows; row++) {
    const time = raw.timeOpen[row]!
    // Bars are in order but for what Integrity would report; then the search begins anew.
    if (row > 0 && time < raw.timeOpen[row - 1]!) at = 0
    while (at < factors.rows.length && factors.rows[at]!.time < time) at++
    const { priceFactor, splitFactor } = factors.rows[at] ?? { priceFactor: 1, splitFactor: 1 }
    const factor = adjustment === "total" ? priceFactor * splitFactor : splitFactor
    result.open[row] = raw.open[row]! * factor
    result.high[row] = raw.high[row]! * factor
    result.low[row] = raw.low[row]! * factor
    result.close[row] = raw.close[row]! * factor
    result.volume[row] = raw.volume[row]! / splitFactor
  }
  return result
}
