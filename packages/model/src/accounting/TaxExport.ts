/**
 * Closed tax lots as CSV (RFC 4180): one row for each part of an acquisition that was disposed of, first in first out.
 * Amounts are exact decimals in the column `currency`; times are UTC, holding days whole days that have passed.
 */
import * as Amount from "../Amount.ts"
import { microsPerSecond } from "../MarketData.ts"
import type { Books } from "./Books.ts"
import type { Disposal, PositionBooks } from "./PositionBooks.ts"
import { feeIn, type PriceSource } from "./ProfitAndLoss.ts"

const columns = [
  "account",
  "strategy",
  "instrument",
  "asset",
  "direction",
  "quantity",
  "acquired",
  "disposed",
  "holding_days",
  "currency",
  "proceeds",
  "cost",
  "fees",
  "gain",
  "unvalued_fees",
  "acquisition_trade",
  "disposal_trade"
] as const

type Row = Record<(typeof columns)[number], string>

const dayUs = 86_400 * microsPerSecond

/** Quoted where it holds a comma, a quote or a line break. */
const field = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** ISO 8601 in UTC, to the millisecond. */
const timeText = (timeUs: number): string => new Date(Math.floor(timeUs / 1000)).toISOString()

/** The trade's own id, out of its key in the books. */
const tradeOf = (key: string): string => key.slice(key.indexOf("#") + 1, key.lastIndexOf("/"))

const rowOf = (
  books: Books,
  strategy: string,
  position: PositionBooks,
  disposal: Disposal,
  prices: PriceSource
): Row => {
  const long = disposal.direction === "long"
  const proceeds = long ? disposal.closeValue : disposal.openValue
  const cost = long ? disposal.openValue : disposal.closeValue
  const unvalued: Array<string> = []
  let fees = 0n
  for (const fee of [disposal.openFee, disposal.closeFee]) {
    if (fee.amount === 0n) continue
    const value = feeIn(fee, position.quote, prices)
    if (value === undefined) unvalued.push(`${Amount.format(fee.amount)} ${fee.asset}`)
    else fees += value
  }
  return {
    account: books.account,
    strategy,
    instrument: position.instrument,
    asset: position.base,
    direction: disposal.direction,
    quantity: Amount.format(disposal.quantity),
    // Of a short sale what is acquired comes after what is disposed of.
    acquired: timeText(long ? disposal.openUs : disposal.closeUs),
    disposed: timeText(long ? disposal.closeUs : disposal.openUs),
    holding_days: String(long ? Math.max(0, Math.floor((disposal.closeUs - disposal.openUs) / dayUs)) : 0),
    currency: position.quote,
    proceeds: Amount.format(proceeds),
    cost: Amount.format(cost),
    fees: Amount.format(fees),
    // A gain before a fee of unknown worth is no gain yet.
    gain: unvalued.length === 0 ? Amount.format(proceeds - cost - fees) : "",
    unvalued_fees: unvalued.join("; "),
    acquisition_trade: tradeOf(long ? disposal.openKey : disposal.closeKey),
    disposal_trade: tradeOf(long ? disposal.closeKey : disposal.openKey)
  }
}

/** The owner's (`""`: the account's) disposals within [fromUs, untilUs), with a header; every line ends in CR LF. */
export const taxLotsCsv = (
  books: Books,
  owner: string,
  period: { readonly fromUs: number; readonly untilUs: number },
  prices: PriceSource
): string => {
  const lines: Array<string> = [columns.join(",")]
  const positions = Array.from(books.owners.get(owner)?.positions ?? []).toSorted(([a], [b]) => (a < b ? -1 : 1))
  for (const [, position] of positions)
    for (const disposal of position.disposals) {
      if (disposal.closeUs < period.fromUs || disposal.closeUs >= period.untilUs) continue
      const row = rowOf(books, owner, position, disposal, prices)
      lines.push(columns.map((column) => field(row[column])).join(","))
    }
  return `${lines.join("\r\n")}\r\n`
}
