import { describe, expect, it } from "vitest"
import { BookBuilder } from "../src/binance/BookBuilder.ts"
import { FrameDecoder } from "../src/binance/FrameDecoder.ts"
import type { DepthFrame } from "../src/binance/MarketFrame.ts"
import { btc, eth, frames, isThere } from "./Recording.ts"

const diff = (first: number, last: number, bids: Array<number> = [], asks: Array<number> = []): DepthFrame => ({
  type: "depth",
  instrument: btc,
  timeVenue: last * 1_000,
  firstUpdateId: first,
  finalUpdateId: last,
  bids,
  asks
})
const snapshot = (lastUpdateId: number) => ({ lastUpdateId, bids: [100, 1, 99, 2], asks: [101, 1] })
const top = (updateId: number, bidTicks: number, askTicks: number) =>
  ({ type: "top", instrument: btc, updateId, bidTicks, bidLots: 5, askTicks, askLots: 5 }) as const
const trade = (tradeId: number) =>
  ({ type: "trade", instrument: btc, timeVenue: 9, tradeId, priceTicks: 100, lots: 1, aggressor: "buy" }) as const

const live = (lastUpdateId = 10): BookBuilder => {
  const builder = new BookBuilder()
  builder.snapshot(snapshot(lastUpdateId), 0, 0)
  builder.take()
  return builder
}

const gaps = (builder: BookBuilder) =>
  builder.take().flatMap((event) => (event.type === "gap" ? [`${event.reason} ${event.resumed}`] : []))

describe("BookBuilder", () => {
  it("buffers diffs until the snapshot, drops the old ones and applies the rest in order", () => {
    const builder = new BookBuilder()
    builder.depth(diff(5, 8, [98, 7]), 0)
    builder.depth(diff(9, 12, [100, 4]), 0)
    builder.depth(diff(13, 13, [99, 0]), 0)
    expect(builder.take()).toEqual([])
    builder.snapshot(snapshot(10), 0, 0)
    const events = builder.take()
    expect(events.map(({ type }) => type)).toEqual(["delta", "gap", "quote", "delta", "quote", "delta"])
    expect(events[0]).toMatchObject({ snapshot: true, bids: [100, 1, 99, 2] })
    expect(events[1]).toMatchObject({ reason: "started", resumed: true })
    expect(builder.book.depth()).toEqual({ bids: [100, 4], asks: [101, 1] })
    expect(builder.updateId).toBe(13)
  })

  it("asks again when the snapshot is older than the first diff", () => {
    const builder = new BookBuilder()
    builder.depth(diff(20, 22), 0)
    builder.snapshot(snapshot(10), 0, 0)
    expect(builder.needsSnapshot).toBe(true)
    expect(builder.take()).toEqual([])
    builder.snapshot(snapshot(19), 0, 0)
    expect(builder.needsSnapshot).toBe(false)
    expect(builder.updateId).toBe(22)
  })

  it("takes a diff that ends before a later snapshot as old, but going back after the first as a break", () => {
    const builder = live(10)
    builder.depth(diff(8, 9), 0)
    builder.depth(diff(10, 12), 0)
    expect(gaps(builder)).toEqual([])
    builder.depth(diff(11, 12), 0)
    expect(gaps(builder)).toEqual(["sequence false"])
  })

  it.each([
    ["a jump forward", diff(14, 15), "sequence false"],
    ["a first id above the last", diff(13, 12), "sequence false"],
    ["a diff that crosses the book", diff(13, 13, [101, 1]), "crossed false"]
  ])("announces a gap on %s, holds events back and resumes whole with a new snapshot", (_name, breaking, expected) => {
    const builder = live(10)
    builder.depth(diff(11, 12), 0)
    builder.depth(breaking, 0)
    expect(gaps(builder)).toEqual([expected])
    expect(builder.needsSnapshot).toBe(true)
    expect(builder.book.levels("buy")).toBe(0)
    builder.depth(diff(breaking.finalUpdateId + 1, 20), 0)
    builder.top(top(30, 100, 101), 0)
    expect(builder.take()).toEqual([])
    builder.snapshot(snapshot(20), 0, 0)
    expect(gaps(builder)).toEqual([`${expected.split(" ")[0]} true`])
    expect(builder.book.top()).toMatchObject({ bidTicks: 100, askTicks: 101 })
  })

  it("says only once that the stream is broken, and drops diffs kept across a break", () => {
    const builder = live(10)
    builder.interrupt("disconnected", 0)
    builder.interrupt("disconnected", 0)
    expect(gaps(builder)).toEqual(["disconnected false"])
    builder.depth(diff(11, 12, [50, 1]), 0)
    builder.depth(diff(20, 21, [51, 1]), 0)
    builder.snapshot(snapshot(12), 0, 0)
    expect(builder.needsSnapshot).toBe(true)
    builder.snapshot(snapshot(19), 0, 0)
    expect(builder.book.lotsAt("buy", 50)).toBe(0)
    expect(builder.book.lotsAt("buy", 51)).toBe(1)
  })

  it("never lets a quote go backwards, repeat itself or cross", () => {
    const builder = live(10)
    builder.top(top(12, 100, 101), 0)
    builder.top(top(11, 99, 101), 0)
    builder.top(top(13, 100, 101), 0)
    expect(builder.take().map((event) => event.type)).toEqual(["quote"])
    // The diff up to 12 is older than the quote of 13 and brings no quote of its own; the one up to 14 does.
    builder.depth(diff(11, 12, [100, 3]), 0)
    builder.depth(diff(13, 14, [100, 9]), 0)
    const events = builder.take()
    expect(events.map((event) => event.type)).toEqual(["delta", "delta", "quote"])
    expect(events[2]).toMatchObject({ bidTicks: 100, bidLots: 9 })
    builder.top(top(15, 102, 101), 0)
    expect(gaps(builder)).toEqual(["crossed false"])
  })

  it("passes each trade once and announces missed ones as a gap that closes at once", () => {
    const builder = live(10)
    for (const id of [7, 7, 8, 6]) builder.trade(trade(id), 0)
    expect(builder.take().map((event) => event.type)).toEqual(["trade", "trade"])
    builder.trade(trade(11), 0)
    const events = builder.take()
    expect(events.map((event) => event.type)).toEqual(["gap", "delta", "gap", "quote", "trade"])
    expect(events[2]).toMatchObject({ reason: "sequence", resumed: true })
    // After a reconnect the gap covers the trades; a venue that counts anew is followed.
    builder.interrupt("disconnected", 0)
    builder.snapshot(snapshot(50), 0, 0)
    builder.take()
    builder.trade(trade(2), 0)
    expect(builder.take().map((event) => event.type)).toEqual(["trade"])
  })

  it("keeps a bounded number of diffs while no snapshot comes", () => {
    const builder = new BookBuilder()
    for (let id = 1; id <= 5_000; id++) builder.depth(diff(id, id, [1, id]), 0)
    builder.snapshot(snapshot(3_000), 0, 0)
    expect(builder.needsSnapshot).toBe(true)
    builder.snapshot(snapshot(4_000), 0, 0)
    expect(builder.updateId).toBe(5_000)
  })

  it.skipIf(!isThere)(
    "builds the recorded books, never crossed, and agreeing with the venue's own best prices [needs the recordings]",
    () => {
      for (const [file, instrument] of [
        ["btcusdt_20240808.gz", btc],
        ["ethusdt_20240808.gz", eth]
      ] as const) {
        const decoder = new FrameDecoder()
        decoder.add(instrument)
        const builder = new BookBuilder()
        let lastTop: ReturnType<typeof top> | undefined
        let agreed = 0
        let quotes = 0
        for (const { text, timeReceived } of frames(file)) {
          if (text.startsWith('{"lastUpdateId"')) {
            const body = decoder.snapshot(text, instrument)
            if ("lastUpdateId" in body) builder.snapshot(body, timeReceived, timeReceived)
            continue
          }
          const frame = decoder.decode(text)
          if (frame.type === "top") {
            builder.top(frame, timeReceived)
            lastTop = frame as ReturnType<typeof top>
          } else if (frame.type === "trade") builder.trade(frame, timeReceived)
          else if (frame.type === "depth") {
            builder.depth(frame, timeReceived)
            expect(builder.book.isCrossed()).toBe(false)
            // Only where both speak of the same state of the book: no best-price change after this diff's last id.
            if (builder.state === "live" && lastTop !== undefined && lastTop.updateId === frame.finalUpdateId) {
              const { askLots, askTicks, bidLots, bidTicks } = lastTop
              expect(builder.book.top()).toEqual({ askLots, askTicks, bidLots, bidTicks })
              agreed++
            }
          }
          for (const event of builder.take()) {
            if (event.type !== "quote") continue
            expect(event.bidTicks).toBeLessThan(event.askTicks)
            quotes++
          }
        }
        expect([...builder.gaps], file).toEqual([])
        expect(agreed, file).toBeGreaterThan(100)
        expect(quotes, file).toBeGreaterThan(20_000)
      }
    }
  )
})
