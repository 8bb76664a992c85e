/**
 * Price and split factors of a share, as LEAN publishes them: a row `yyyyMMdd,priceFactor,splitFactor,referencePrice`.
 *
 * A row holds for the days after the row before it up to and including its own date; before the first row the first
 * holds, after the last factors are 1. raw × priceFactor × splitFactor is the price adjusted for dividends and splits,
 * raw × splitFactor the one adjusted for splits alone. The reference price is the raw close of the row's date: what
 * changed in the next row took effect on the trading day after it.
 * Source: QuantConnect LEAN, `Common/Data/Auxiliary/CorporateFactorRow.cs` and "US Equity" data documentation (2026-11).
 */
import { readFile } from "node:fs/promises"
import { DataError, fileFault } from "./DataError.ts"
import { timeOfDate } from "./DateText.ts"

export interface FactorRow {
  /** Midnight UTC of the last day it holds for, epoch µs. */
  readonly time: number
  readonly priceFactor: number
  readonly splitFactor: number
  /** Raw close of that day, in quote asset; 0 in the last row, which never ends. */
  readonly referencePrice: number
}

export interface FactorFile {
  readonly source: string
  /** Oldest first. */
  readonly rows: ReadonlyArray<FactorRow>
}

const remedy = "Correct or remove that line, or fetch the file again."

/** Throws a DataError naming the line. */
export const parseFactors = (text: string, source: string): FactorFile => {
  const rows: Array<FactorRow> = []
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue
    const refuse = (field: string, detail: string): never => {
      throw new DataError({ source, line: at + 1, field, problem: "badValue", detail, remedy })
    }
    const cells = line.split(",")
    if (cells.length !== 4) refuse("", `it has ${cells.length} cells, not date, price factor, split factor and price`)
    const positive = (cell: string, field: string): number => {
      const value = cell.trim() === "" ? Number.NaN : Number(cell)
      return value > 0 && value < Infinity ? value : refuse(field, `"${cell}" is not above zero`)
    }
    const [date = "", price = "", split = "", reference = ""] = cells
    const time = timeOfDate(date.trim()) ?? refuse("date", `"${date}" is not a day as yyyyMMdd`)
    const last = rows.at(-1)
    if (last !== undefined && time <= last.time) refuse("date", `${date} does not come after the row before it`)
    const referencePrice = Number(reference)
    if (!(referencePrice >= 0 && referencePrice < Infinity)) refuse("reference price", `"${reference}" is no price`)
    rows.push({
      time,
      priceFactor: positive(price, "price factor"),
      splitFactor: positive(split, "split factor"),
      referencePrice
    })
  }
  if (rows.length === 0) {
    throw new DataError({ source, line: 0, field: "", problem: "empty", detail: "it holds no row", remedy })
  }
  return { source, rows }
}

/** Rejects with a DataError. */
export const readFactors = async (path: string): Promise<FactorFile> => {
  try {
    return parseFactors(await readFile(path, "utf8"), path)
  } catch (cause) {
    throw fileFault(path, cause)
  }
}
