/** Writes small recordings for tests, frame by frame, in the format of real ones. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"

export const baseUs = 1_723_161_250_000_000

/** `[price, quantity]` in ticks of 0.01 and lots of 0.00001, written as Binance writes them. */
type Level = readonly [ticks: number, lots: number]
const texts = (levels: ReadonlyArray<Level>) => levels.map(([ticks, lots]) => [priceText(ticks), quantityText(lots)])
const priceText = (ticks: number): string => (ticks / 100).toFixed(8)
const quantityText = (lots: number): string => (lots / 100_000).toFixed(8)

const line = (ms: number, frame: unknown): string => `${baseUs + ms * 1000}000 ${JSON.stringify(frame)}`

export const snapshot = (ms: number, lastUpdateId: number, bids: ReadonlyArray<Level>, asks: ReadonlyArray<Level>) =>
  line(ms, { lastUpdateId, bids: texts(bids), asks: texts(asks) })

export const diff = (
  ms: number,
  [U, u]: readonly [number, number],
  bids: ReadonlyArray<Level>,
  asks: ReadonlyArray<Level>,
  symbol = "btcusdt"
) => line(ms, { stream: `${symbol}@depth@100ms`, data: { e: "depthUpdate", U, u, b: texts(bids), a: texts(asks) } })

export const ticker = (ms: number, u: number, bid: Level, ask: Level, symbol = "btcusdt") => {
  const data = { u, b: priceText(bid[0]), B: quantityText(bid[1]), a: priceText(ask[0]), A: quantityText(ask[1]) }
  return line(ms, { stream: `${symbol}@bookTicker`, data })
}

/** A print; `taker` is the side that took. The venue's time is 1.27 s ahead, as in the real recordings. */
export const trade = (ms: number, taker: "buy" | "sell", ticks: number, lots: number, symbol = "btcusdt") => {
  const data = {
    e: "trade",
    t: ms,
    p: priceText(ticks),
    q: quantityText(lots),
    T: baseUs / 1000 + ms + 1270,
    m: taker === "sell"
  }
  return line(ms, { stream: `${symbol}@trade`, data })
}

/** A folder of files that are gone after `use`. */
export class RecordingFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "outcry-recording-"))

  gz(name: string, lines: ReadonlyArray<string>): string {
    return this.bytes(name, gzipSync(`${lines.join("\n")}\n`))
  }

  bytes(name: string, bytes: Uint8Array | string): string {
    const path = join(this.path, name)
    writeFileSync(path, bytes)
    return path
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
