/** Reads recorded Binance frames: lines of `receiveNs frame`, gzipped. */
import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { gunzipSync } from "node:zlib"
import * as Instrument from "@outcry/model/Instrument"

export const folder = join(resolve(process.env["OUTCRY_DATA"] ?? "../shared/data"), "binance-spot-ws")

export const isThere = existsSync(join(folder, "btcusdt_20240808.gz"))

const sizes = { minQuantity: "0.00001", maxQuantity: "9000", minNotional: "5", maxNotional: "9000000", version: 1 }

export const btc = Instrument.make({
  venue: "sim",
  symbol: "BTC/USDT",
  base: "BTC",
  quote: "USDT",
  tickSize: "0.01",
  lotSize: "0.00001",
  ...sizes
})
export const eth = Instrument.make({
  venue: "sim",
  symbol: "ETH/USDT",
  base: "ETH",
  quote: "USDT",
  tickSize: "0.01",
  lotSize: "0.0001",
  ...sizes,
  minQuantity: "0.0001"
})

export interface RecordedFrame {
  /** Epoch µs. */
  readonly timeReceived: number
  readonly text: string
}

export const frames = (file: string): ReadonlyArray<RecordedFrame> =>
  gunzipSync(readFileSync(join(folder, file)))
    .toString("latin1")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const space = line.indexOf(" ")
      return { timeReceived: Number(line.slice(0, space - 3)), text: line.slice(space + 1) }
    })
