/**
 * The recorded quotes and trades of bench `event`: Binance spot, BTC and ETH, 2024-08-08 23:54 to 2024-08-09 00:05, over and
 * over with the times shifted until there are enough. Without the recording, a random walk of the same shape, and it says so.
 */
import { TapeBuilder } from "@outcry/backtest/TapeBuilder"
import type { MarketTape } from "@outcry/backtest/MarketTape"
import { type Instrument, make, quantityLotsOf, ticksOf } from "@outcry/model/Instrument"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { binanceBtcUsdt, binanceEthUsdt } from "@outcry/testkit/Instruments"
import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { gunzipSync } from "node:zlib"

const folder = join(resolve(process.env["OUTCRY_DATA"] ?? "../shared/data"), "binance-spot-ws")
const files = ["btcusdt_20240808", "btcusdt_20240809", "ethusdt_20240808", "ethusdt_20240809"]

export const instruments: ReadonlyArray<Instrument> = [binanceBtcUsdt, binanceEthUsdt]

/** Each row: time µs, instrument, 1 for a quote, then its four numbers. */
export interface Recorded {
  readonly rows: ReadonlyArray<readonly [number, number, boolean, number, number, number, number]>
  readonly source: string
}

type Row = Recorded["rows"][number]

interface Frame {
  readonly stream: string
  readonly data: Readonly<Record<string, string | number | boolean>>
}

const rowOf = (line: string): Row | undefined => {
  const at = line.indexOf(" ")
  const frame = JSON.parse(line.slice(at + 1)) as Frame
  if (frame.stream === undefined) return undefined
  const time = Math.floor(Number(line.slice(0, at)) / 1000)
  const place = frame.stream.startsWith("btc") ? 0 : 1
  const instrument = instruments[place]!
  const { data } = frame
  const ticks = (field: string): number => ticksOf(instrument, String(data[field])) ?? 0
  const lots = (field: string): number => quantityLotsOf(instrument, String(data[field])) ?? 0
  if (frame.stream.endsWith("@bookTicker")) return [time, place, true, ticks("b"), lots("B"), ticks("a"), lots("A")]
  if (frame.stream.endsWith("@trade"))
    return [time, place, false, ticks("p"), lots("q"), data["m"] === true ? 0 : 1, Number(data["t"])]
  return undefined
}

const walk = (): Recorded => {
  const random = new SeededRandom(1)
  const rows: Array<Row> = []
  const middle = [6_000_000, 250_000]
  for (let at = 0, time = 1_723_161_240_000_000; at < 200_000; at++) {
    time += random.between(1, 6000)
    const place = random.between(0, 1)
    const ticks = (middle[place] = middle[place]! + random.between(-3, 3))
    const lots = random.between(100, 100_000)
    rows.push(
      random.chance(0.7) ? [time, place, true, ticks, lots, ticks + 1, lots] : [time, place, false, ticks, lots, 0, at]
    )
  }
  return { rows, source: "a random walk, since the recording is missing" }
}

export const recorded = (): Recorded => {
  if (!existsSync(folder)) return walk()
  const rows: Array<Row> = []
  for (const file of files)
    for (const line of gunzipSync(readFileSync(join(folder, `${file}.gz`)))
      .toString("latin1")
      .trimEnd()
      .split("\n")) {
      const row = rowOf(line)
      if (row !== undefined) rows.push(row)
    }
  return { rows: rows.toSorted(([a], [b]) => a - b), source: "recorded quotes and trades" }
}

/**
 * A tape of at least so many events. With more than two instruments the same market under further names: `count` of them.
 */
export const tapeOf = (
  { rows }: Recorded,
  events: number,
  count = 2
): { tape: MarketTape; listed: ReadonlyArray<Instrument> } => {
  const listed = Array.from({ length: count }, (_, at) => {
    const like = instruments[at % 2]!
    return at < 2 ? like : make({ ...like, symbol: `${like.base}${at}/USDT`, base: `${like.base}${at}` })
  })
  const builder = new TapeBuilder(
    listed.map(({ id }) => id),
    { shared: true }
  )
  const length = rows.at(-1)![0] - rows[0]![0] + 1000
  for (let round = 0; builder.length < events; round++)
    for (const [at, place, quote, a, b, c, d] of rows) {
      const time = at + round * length
      for (let copy = place; copy < count; copy += 2) {
        const { id } = listed[copy]!
        if (quote) builder.quote(id, time, time, a, b, c, d)
        else builder.trade(id, time, time, a, b, c === 1 ? "buy" : "sell", d)
        if (builder.length >= events) return { tape: builder.build(), listed }
      }
    }
  return { tape: builder.build(), listed }
}
