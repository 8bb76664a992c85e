/** Bars that peers and we answer alike: seeded walks, and the daily bars of `OUTCRY_DATA`. No cell is missing. */
import type { Input } from "@outcry/indicators/Indicator"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { inflateRawSync } from "node:zlib"

/** `value` is the close; `other` a second series. */
export type Bars = Readonly<Record<Input, Float64Array>>

const data = process.env["OUTCRY_DATA"] ?? fileURLToPath(new URL("../../../../shared/data", import.meta.url))

export const dataMissing = !existsSync(`${data}/equities-daily`)

/**
 * A walk in cents, with gaps between bars; ties are frequent. `stillness` is how often a run of equal prices begins:
 * libraries that slide sums of squares lose digits there.
 */
export const walkBars = (seed: number, rows: number, stillness = 0): Bars => {
  const random = new SeededRandom(seed)
  const uniform = () => random.bits() / 2 ** 32
  const cents = (price: number) => Math.round(price * 100) / 100
  const column = () => new Float64Array(rows)
  const close = column()
  const bars = { open: column(), high: column(), low: column(), close, volume: column(), value: close, other: column() }
  let [last, other, still] = [100, 50, 0]
  for (let row = 0; row < rows; row++) {
    if (still > 0) still--
    else if (stillness > 0 && uniform() < stillness) still = Math.floor(uniform() * 60)
    const move = still > 0 ? 0 : last / 100
    const open = cents(last + (uniform() < 0.3 ? move * (uniform() - 0.5) * 4 : 0))
    last = Math.min(1e4, Math.max(1, cents(open + move * (uniform() - 0.5) * (uniform() < 0.2 ? 0.1 : 3))))
    other = Math.min(1e4, Math.max(1, cents(other * (1 + (uniform() - 0.5) / 50))))
    bars.open[row] = open
    close[row] = last
    bars.other[row] = other
    bars.high[row] = cents(Math.max(open, last) + (uniform() < 0.6 ? move * uniform() : 0))
    bars.low[row] = cents(Math.min(open, last) - (uniform() < 0.6 ? move * uniform() * 0.9 : 0))
    bars.volume[row] = Math.floor(uniform() * 10_000)
  }
  return bars
}

/** The one file in an archive, by its local header (PKWARE's APPNOTE, 4.3.7). */
const unzipped = (path: string): string => {
  const bytes = readFileSync(path)
  const [method, size] = [bytes.readUInt16LE(8), bytes.readUInt32LE(18)]
  const from = 30 + bytes.readUInt16LE(26) + bytes.readUInt16LE(28)
  const body = bytes.subarray(from, size === 0 ? undefined : from + size)
  return (method === 0 ? body : inflateRawSync(body)).toString("utf8")
}

/** Daily bars of a share or of `coinbase-btcusd`; `other` is the opens, so that correlations have something to tell. */
export const dailyBars = (symbol: string): Bars => {
  const lines = unzipped(`${data}/equities-daily/${symbol}.zip`).trim().split(/\r?\n/)
  const cells = lines.map((line) => line.split(",").map(Number))
  const column = (at: number) => Float64Array.from(cells, (row) => row[at]!)
  const [open, high, low, close, volume] = [column(1), column(2), column(3), column(4), column(5)]
  return { open, high, low, close, volume, value: close, other: open }
}

export const dailySymbols = ["spy", "aapl", "ibm", "bac", "qqq", "iwm", "eem", "goog", "coinbase-btcusd"] as const

/** The file of SPY's bars beside the published reference values: prices in dollars, two years. */
export const goldenBars = (): Bars => {
  const [, ...lines] = readFileSync(`${data}/indicator-goldens/spy_ohlcv.txt`, "utf8").trim().split(/\r?\n/)
  const cells = lines.map((line) => line.split(",").map(Number))
  const column = (at: number) => Float64Array.from(cells, (row) => row[at]!)
  const [open, high, low, close, volume] = [column(1), column(2), column(3), column(4), column(5)]
  return { open, high, low, close, volume, value: close, other: open }
}
