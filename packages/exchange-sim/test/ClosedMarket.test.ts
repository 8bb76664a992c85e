/** A replay market whose live source breaks off: what may happen meanwhile, and what may not. */
import { btcUsdt as btc } from "@outcry/testkit/Instruments"
import { describe, expect, it } from "vitest"
import { parseLine, type RecordedFrame } from "../src/RecordedFrame.ts"
import { ReplayMarket } from "../src/ReplayMarket.ts"
import { accountOrder, MarketProbe } from "./MarketProbe.ts"
import { baseUs, diff, snapshot, ticker, trade } from "./RecordingFiles.ts"

const at = (ms: number): number => baseUs + ms * 1_000
const bids = [[100, 10]] as const
const asks = [[102, 8]] as const

const mirror = () => {
  let waiting: Array<RecordedFrame> = []
  const doubts: Array<string> = []
  const probe = new MarketProbe()
  const market = new ReplayMarket({
    instrument: btc,
    listener: probe,
    source: {
      symbols: ["btcusdt"],
      startUs: baseUs,
      endUs: undefined,
      beginsWithSnapshot: () => true,
      async *frames() {
        for (;;) {
          const frames = waiting
          waiting = []
          if (frames.length > 0) yield frames
          yield []
        }
      },
      distrust: (_, why) => doubts.push(why)
    }
  })
  /** Frames that have come by that time; `break` is a break. */
  const receive = async (ms: number, ...lines: ReadonlyArray<string>): Promise<void> => {
    for (const line of lines) {
      const frame =
        line === "break"
          ? ({ type: "break", symbol: "btcusdt", receivedUs: at(ms), file: "", line: 0 } as const)
          : parseLine(line, "", 0)
      if (typeof frame !== "object") throw new Error(`No frame: ${line}`)
      waiting.push(frame)
    }
    expect(await market.prepare(at(ms))).toBe(at(ms))
    market.advanceTo(at(ms))
  }
  return { doubts, market, probe, receive }
}

describe("a market with a live source", () => {
  it("is never over, and goes on with what comes later", async () => {
    const { market, probe, receive } = mirror()
    await receive(0, "break")
    expect(market.closed()).toBe(true)
    await receive(5, snapshot(5, 10, bids, asks))
    await receive(1_000)
    expect([market.closed(), market.ended(), market.nextEventUs()]).toEqual([false, false, undefined])
    await receive(2_000, trade(1_999, "buy", 102, 3))
    expect(probe.trades).toMatchObject([{ lots: 3, timeUs: at(1_999) }])
  })

  it("prints but fills nothing between a break and the next snapshot", async () => {
    const { market, probe, receive } = mirror()
    await receive(0, snapshot(0, 10, bids, asks))
    market.submit(accountOrder(1, { priceTicks: 101, lots: 5 }), at(1))
    await receive(10, "break", trade(10, "sell", 99, 7), ticker(10, 11, [98, 1], [99, 1]), diff(10, [11, 12], [], []))
    expect(probe.filledLots(1)).toBe(0)
    expect(probe.trades).toMatchObject([{ priceTicks: 99, lots: 7 }])
    expect(market.depth(5)).toEqual({ bids: [101, 5, 100, 10], asks: [102, 8] })
    market.submit(accountOrder(2, { priceTicks: 102, lots: 1 }), at(11))
    expect(probe.of(2)).toEqual([{ type: "removed", orderId: 2, lots: 1, reason: "expired" }])
    expect(market.cancel(1, at(12))).toBe(true)
    await receive(20, snapshot(20, 30, [[97, 1]], [[99, 2]]))
    expect([market.closed(), market.depth(5)]).toEqual([false, { bids: [97, 1], asks: [99, 2] }])
  })

  it("lets those who came meanwhile trade with a resting order, at the new book", async () => {
    const { market, probe, receive } = mirror()
    await receive(0, snapshot(0, 10, bids, asks))
    market.submit(accountOrder(1, { priceTicks: 101, lots: 5 }), at(1))
    await receive(10, "break", diff(10, [4, 5], [], []))
    await receive(20, snapshot(20, 5, [[97, 1]], [[99, 2]]), diff(20, [6, 6], [], [[99, 3]]))
    expect(probe.matches(1)).toMatchObject([
      { lots: 2, priceTicks: 101 },
      { lots: 1, priceTicks: 101 }
    ])
  })

  it("does not give back what takers took when the same book comes again", async () => {
    const { market, probe, receive } = mirror()
    await receive(0, snapshot(0, 10, bids, asks))
    market.submit(accountOrder(1, { type: "market", lots: 6 }), at(1))
    await receive(10, "break", snapshot(10, 10, bids, asks))
    market.submit(accountOrder(2, { type: "market", lots: 6 }), at(11))
    expect([probe.filledLots(1), probe.filledLots(2)]).toEqual([6, 2])
  })

  it("closes on a book that crosses itself and asks for another", async () => {
    const { doubts, market, probe, receive } = mirror()
    await receive(0, snapshot(0, 10, bids, asks))
    market.submit(accountOrder(1, { side: "sell", priceTicks: 103, lots: 5 }), at(1))
    await receive(10, diff(10, [11, 11], [[104, 9]], []))
    expect([doubts.length, market.closed(), probe.filledLots(1)]).toEqual([1, true, 0])
    await receive(20, "break", snapshot(20, 20, bids, asks))
    expect([doubts.length, market.closed(), market.top().bidTicks]).toEqual([1, false, 100])
  })
})
