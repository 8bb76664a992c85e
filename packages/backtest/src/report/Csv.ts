/**
 * Orders, fills, round trips and the equity curve of a run as CSV (RFC 4180): a header, lines that end in CRLF, fields in
 * quotes where they must be. Numbers are written in full, times as epoch µs, so that nothing is lost on the way.
 */
import type { BacktestFill, BacktestOrder, BacktestResult, RoundTrip } from "../BacktestResult.ts"

const field = (value: unknown): string => {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const table = <Row>(keys: ReadonlyArray<keyof Row & string>, rows: ReadonlyArray<Row>): string =>
  [keys.join(","), ...rows.map((row) => keys.map((key) => field(row[key])).join(",")), ""].join("\r\n")

const orderKeys = [
  "strategy",
  "orderSeq",
  "instrument",
  "side",
  "type",
  "priceTicks",
  "lots",
  "filledLots",
  "status",
  "reason",
  "timeIntent",
  "timeEnd"
] as const satisfies ReadonlyArray<keyof BacktestOrder>

const fillKeys = [
  "strategy",
  "orderSeq",
  "instrument",
  "side",
  "timeUs",
  "priceTicks",
  "lots",
  "price",
  "quantity",
  "fee",
  "liquidity"
] as const satisfies ReadonlyArray<keyof BacktestFill>

const tradeKeys = [
  "strategy",
  "instrument",
  "side",
  "timeEntry",
  "timeExit",
  "quantity",
  "priceEntry",
  "priceExit",
  "profit",
  "fees",
  "open"
] as const satisfies ReadonlyArray<keyof RoundTrip>

export const ordersCsv = (result: BacktestResult): string => table<BacktestOrder>(orderKeys, result.orders)
export const fillsCsv = (result: BacktestResult): string => table<BacktestFill>(fillKeys, result.fills)
export const tradesCsv = (result: BacktestResult): string => table<RoundTrip>(tradeKeys, result.trades)

export const curveCsv = ({ curve }: BacktestResult): string =>
  table(
    ["timeUs", "equity", "exposure"],
    curve.timeUs.map((timeUs, at) => ({ timeUs, equity: curve.equity[at]!, exposure: curve.exposure[at]! }))
  )

/** Records of fields as RFC 4180 has them; lines may end in CRLF or LF. A quote that is never closed takes the rest. */
export const readCsv = (text: string): ReadonlyArray<ReadonlyArray<string>> => {
  const records: Array<Array<string>> = []
  let record: Array<string> = []
  let at = 0
  while (at < text.length) {
    let value = ""
    if (text[at] === '"') {
      for (at++; at < text.length; at++) {
        if (text[at] !== '"') value += text[at]
        else if (text[at + 1] === '"') {
          value += '"'
          at++
        } else break
      }
      at++
    } else {
      const start = at
      while (at < text.length && text[at] !== "," && text[at] !== "\n" && text[at] !== "\r") at++
      value = text.slice(start, at)
    }
    record.push(value)
    if (text[at] === ",") {
      at++
      if (at === text.length) record.push("")
      continue
    }
    while (text[at] === "\r") at++
    if (text[at] === "\n") at++
    records.push(record)
    record = []
  }
  if (record.length > 0) records.push(record)
  return records
}
