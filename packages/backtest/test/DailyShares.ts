/**
 * Daily bars of shares with their splits and dividends, for tests: `NAME.zip` with one CSV of `yyyyMMdd HH:mm` and prices in
 * ten-thousandths, unadjusted, and `NAME.factors.csv` of date, price factor, split factor, reference price.
 *
 * Between two factor rows the price factor falls by the dividend's part of the reference price, the last close before it;
 * the split factor by the ratio of new shares. Both take effect on the trading day after the row's date.
 */
import { make } from "@outcry/model/Instrument"
import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { inflateRawSync } from "node:zlib"
import { day } from "./Fixtures.ts"

const folder = join(
  process.env["OUTCRY_DATA"] ?? resolve(import.meta.dirname, "../../../../shared/data"),
  "equities-daily"
)

export const areSharesMissing = !existsSync(join(folder, "spy.zip"))
export const whySkipped = areSharesMissing ? ` [skipped: no daily bars in ${folder}; set OUTCRY_DATA]` : ""

export interface DailyBar {
  /** Midnight UTC, epoch µs. */
  readonly time: number
  readonly ohlc: readonly [number, number, number, number]
  readonly volume: number
}

/** Takes effect before the first trade of `time`'s day. */
export interface ShareAction {
  readonly time: number
  readonly kind: "split" | "dividend"
  readonly value: number
}

const timeOf = (text: string): number =>
  Date.UTC(Number(text.slice(0, 4)), Number(text.slice(4, 6)) - 1, Number(text.slice(6, 8))) * 1000

/** The only entry of a zip archive (PKWARE, APPNOTE 6.3: local file header). */
const unzipped = (file: string): string => {
  const bytes = readFileSync(file)
  const central = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]))
  const size = bytes.readUInt32LE(central + 20)
  const data = 30 + bytes.readUInt16LE(26) + bytes.readUInt16LE(28)
  return inflateRawSync(bytes.subarray(data, data + size)).toString("latin1")
}

export const barsOf = (name: string): ReadonlyArray<DailyBar> =>
  unzipped(join(folder, `${name}.zip`))
    .trim()
    .split(/\r?\n/)
    .map((line) => {
      const [date = "", open, high, low, close, volume] = line.split(",")
      return {
        time: timeOf(date),
        ohlc: [Number(open), Number(high), Number(low), Number(close)],
        volume: Number(volume)
      }
    })

export const actionsOf = (name: string, bars: ReadonlyArray<DailyBar>): ReadonlyArray<ShareAction> => {
  const rows = readFileSync(join(folder, `${name}.factors.csv`), "utf8")
    .trim()
    .split(/\r?\n/)
  const factors = rows.map((line) => {
    const [date = "", price, split, reference] = line.split(",")
    return { time: timeOf(date), price: Number(price), split: Number(split), reference: Number(reference) }
  })
  return factors.slice(0, -1).flatMap((row, at) => {
    const next = factors[at + 1]!
    const bar = bars.find(({ time }) => time > row.time)
    // The first row only says where the history begins.
    if (bar === undefined || row.reference === 1) return []
    const dividend = Math.round(row.reference * (1 - row.price / next.price) * 1e4) / 1e4
    const ratio = Math.round((next.split / row.split) * 100) / 100
    const actions: Array<ShareAction> = []
    if (dividend > 0) actions.push({ time: bar.time, kind: "dividend", value: dividend })
    if (ratio !== 1) actions.push({ time: bar.time, kind: "split", value: ratio })
    return actions
  })
}

/** Whole shares, prices in ten-thousandths of a dollar. */
export const shareOf = (name: string) =>
  make({
    venue: "us",
    symbol: `${name.toUpperCase()}/USD`,
    base: name.toUpperCase(),
    quote: "USD",
    version: 1,
    tickSize: "0.0001",
    lotSize: "1",
    minQuantity: "1",
    maxQuantity: "1000000000",
    minNotional: "0",
    maxNotional: "1000000000000"
  })

export const dayUs = day
