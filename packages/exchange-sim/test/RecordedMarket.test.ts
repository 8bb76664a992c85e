/** The replay market over real recordings, against an order book built from the raw lines by the shortest possible code. */
import { readFileSync } from "node:fs"
import { gunzipSync } from "node:zlib"
import { btcUsdt as btc, ethUsdt as eth } from "@outcry/testkit/Instruments"
import { beforeAll, describe, expect, it } from "vitest"
import { Recording } from "../src/Recording.ts"
import { ReplayMarket } from "../src/ReplayMarket.ts"
import { accountOrder, MarketProbe, runTo } from "./MarketProbe.ts"
import { isRecordedDataMissing, recordedFiles, whySkipped } from "./RecordedData.ts"

interface RawFrame {
  readonly lastUpdateId?: number
  readonly bids?: ReadonlyArray<readonly [string, string]>
  readonly asks?: ReadonlyArray<readonly [string, string]>
  readonly stream?: string
  readonly data?: {
    readonly U: number
    readonly u: number
    readonly b: ReadonlyArray<readonly [string, string]> | string
    readonly a: ReadonlyArray<readonly [string, string]> | string
    readonly B: string
    readonly A: string
    readonly p: string
    readonly q: string
    readonly T: number
  }
}
interface Line {
  readonly timeUs: number
  readonly frame: RawFrame
}

/** Every line, its time never before that of the line above. */
const rawLines = (paths: ReadonlyArray<string>): ReadonlyArray<Line> => {
  let timeUs = 0
  return paths.flatMap((path) =>
    gunzipSync(readFileSync(path))
      .toString()
      .trimEnd()
      .split("\n")
      .map((line) => {
        timeUs = Math.max(timeUs, Number(line.slice(0, 16)))
        const frame: RawFrame = JSON.parse(line.slice(20))
        return { timeUs, frame }
      })
  )
}

/** Dust finer than a lot does not count; the addend outweighs what a float is off by. */
const wholeLots = (quantity: string, lotsPerUnit: number): number => Math.floor(Number(quantity) * lotsPerUnit + 1e-6)

/** A book as the venue's manual says: snapshot, then newer diffs; keyed by the decimal text itself. */
class PlainBook {
  readonly bids = new Map<string, string>()
  readonly asks = new Map<string, string>()
  updateId = 0

  apply(levels: ReadonlyArray<readonly [string, string]>, side: Map<string, string>): void {
    for (const [price, quantity] of levels) {
      if (Number(quantity) === 0) side.delete(price)
      else side.set(price, quantity)
    }
  }

  /** The best levels as flat numbers of ticks and lots. */
  best(levels: number, lotsPerUnit: number) {
    const flat = (side: Map<string, string>, sign: number) =>
      [...side]
        .map(([price, quantity]) => [Math.round(Number(price) * 100), wholeLots(quantity, lotsPerUnit)] as const)
        .filter(([, lots]) => lots > 0)
        .toSorted((a, b) => sign * (a[0] - b[0]))
        .slice(0, levels)
        .flat()
    return { bids: flat(this.bids, -1), asks: flat(this.asks, 1) }
  }
}

const symbols = [
  { symbol: "btcusdt", instrument: btc, lotsPerUnit: 100_000 },
  { symbol: "ethusdt", instrument: eth, lotsPerUnit: 10_000 }
]

describe.skipIf(isRecordedDataMissing)(`ReplayMarket over real recordings${whySkipped}`, () => {
  describe.each(symbols)("$symbol", ({ symbol, instrument, lotsPerUnit }) => {
    let lines: ReadonlyArray<Line> = []
    let recording: Recording
    beforeAll(async () => {
      const paths = recordedFiles(symbol)
      lines = rawLines(paths)
      recording = await Recording.open(paths.toReversed())
    })
    const open = () => {
      const probe = new MarketProbe()
      return { probe, market: new ReplayMarket({ instrument, source: recording, listener: probe }) }
    }

    it("reads every line, from a snapshot on, over both files", () => {
      expect(recording.files.reduce((sum, file) => sum + file.frames, 0)).toBe(lines.length)
      // No warning of idle time either: the two days join at midnight.
      expect(recording.warnings).toEqual([])
      expect([recording.startUs, recording.endUs]).toEqual([lines[0]!.timeUs, lines.at(-1)!.timeUs])
    })

    it("equals a plainly built book, and both agree with the venue's best bid and ask of the same update", async () => {
      const { market, probe } = open()
      const plain = new PlainBook()
      const held: Array<NonNullable<RawFrame["data"]>> = []
      let diffs = 0
      const seen = { books: 0, booksEqual: 0, tickers: 0, tickersEqual: 0, tops: 0, topsEqual: 0 }
      /** The best bid and ask as of an update id, by the last frame that told them. */
      let ticker: { readonly u: number; readonly top: ReadonlyArray<number> } | undefined
      for (const [index, { timeUs, frame }] of lines.entries()) {
        const { stream = "", data } = frame
        if (frame.lastUpdateId !== undefined) {
          plain.updateId = frame.lastUpdateId
          plain.apply(frame.bids!, plain.bids)
          plain.apply(frame.asks!, plain.asks)
        }
        if (stream.includes("@depth")) held.push(data!)
        let diffed = false
        while (plain.updateId > 0 && held.length > 0) {
          const { u, b, a } = held.shift()!
          if (u <= plain.updateId || typeof b === "string" || typeof a === "string") continue
          plain.apply(b, plain.bids)
          plain.apply(a, plain.asks)
          plain.updateId = u
          diffed = true
        }
        const isTicker = stream.includes("@bookTicker") && data !== undefined
        if (isTicker) {
          const ticks = [
            Number(data.b) * 100,
            Number(data.B) * lotsPerUnit,
            Number(data.a) * 100,
            Number(data.A) * lotsPerUnit
          ]
          ticker = { u: data.u, top: ticks.map((each) => Math.round(each)) }
        }
        // Frames of one instant are applied together: look at the market only after the last of them.
        if (plain.updateId === 0 || lines[index + 1]?.timeUs === timeUs) continue
        await runTo(market, timeUs)
        const { bidTicks, bidLots, askTicks, askLots } = market.top()
        if (isTicker && ticker!.u > plain.updateId) {
          seen.tops += 1
          if (`${bidTicks},${bidLots},${askTicks},${askLots}` === ticker!.top.join()) seen.topsEqual += 1
        }
        if (!diffed || ticker === undefined || ticker.u > plain.updateId) continue
        diffs += 1
        if (diffs % 5 > 0 && ticker.u < plain.updateId) continue
        const best = plain.best(20, lotsPerUnit)
        seen.books += 1
        if (JSON.stringify(best) === JSON.stringify(market.depth(20))) seen.booksEqual += 1
        if (ticker.u === plain.updateId) {
          seen.tickers += 1
          if ([...best.bids.slice(0, 2), ...best.asks.slice(0, 2)].join() === ticker.top.join()) seen.tickersEqual += 1
        }
      }
      expect(seen.tickers).toBeGreaterThan(100)
      expect(seen.tickersEqual / seen.tickers).toBeGreaterThanOrEqual(0.999)
      expect(seen.books).toBeGreaterThan(1_500)
      expect(seen.booksEqual / seen.books).toBeGreaterThanOrEqual(0.999)
      expect(seen.tops).toBeGreaterThan(20_000)
      expect(seen.topsEqual / seen.tops).toBeGreaterThanOrEqual(0.999)
      expect(market.gaps()).toBe(0)
      expect(probe.depth(1_000)).toEqual(market.depth(1_000))
    })

    const recordedTrades = () => lines.filter(({ frame }) => frame.stream?.endsWith("@trade"))

    it("prints each recorded trade once, at its receive time and with the venue's time", async () => {
      const { market, probe } = open()
      await runTo(market, recording.endUs)
      expect(market.ended()).toBe(true)
      const expected = recordedTrades().map(({ timeUs, frame }) => [
        timeUs,
        frame.data!.T * 1000,
        Math.round(Number(frame.data!.p) * 100),
        wholeLots(frame.data!.q, lotsPerUnit)
      ])
      expect(expected.length).toBeGreaterThan(10_000)
      expect(probe.trades.map((each) => [each.timeUs, each.recordedTimeUs, each.priceTicks, each.lots])).toEqual(
        expected
      )
    })

    it("fills makers out of recorded prints and crossings only, and conserves what was printed", async () => {
      const { market, probe } = open()
      let orderId = 0
      for (let timeUs = recording.startUs + 1_000_000; timeUs < recording.endUs; timeUs += 2_000_000) {
        await runTo(market, timeUs)
        for (const side of ["buy", "sell"] as const) {
          if (orderId > 20) market.cancel(orderId - 20, timeUs)
          const { bidTicks, askTicks } = market.top()
          orderId += 1
          const priceTicks = side === "buy" ? bidTicks : askTicks
          market.submit(accountOrder(orderId, { side, priceTicks, lots: lotsPerUnit / 10, postOnly: true }), timeUs)
        }
        const top = market.top()
        if (top.bidTicks >= top.askTicks) throw new Error(`Crossed at ${timeUs}: ${JSON.stringify(top)}`)
      }
      await runTo(market, recording.endUs)
      expect(probe.depth(500)).toEqual(market.depth(500))
      const filled = Array.from({ length: orderId }, (_, index) => probe.filledLots(index + 1))
      const share = filled.filter((lots) => lots > 0).length / orderId
      expect(share).toBeGreaterThan(0.1)
      expect(share).toBeLessThan(0.95)
      // Every recorded print still sums to what was recorded, our part of it included.
      const printed = new Map<number, number>()
      const add = (timeUs: number, lots: number) => printed.set(timeUs, (printed.get(timeUs) ?? 0) + lots)
      for (const { recordedTimeUs, lots } of probe.trades) if (recordedTimeUs !== undefined) add(recordedTimeUs, lots)
      for (const { frame } of recordedTrades()) add(frame.data!.T * 1000, -wholeLots(frame.data!.q, lotsPerUnit))
      expect([...printed].filter(([, lots]) => lots !== 0)).toEqual([])
    })

    it("never comes to cross itself, so that a live book that does is wrong", async () => {
      const doubts: Array<string> = []
      const { startUs, endUs, symbols } = recording
      const market = new ReplayMarket({
        instrument,
        listener: new MarketProbe(),
        source: {
          startUs,
          endUs,
          symbols,
          beginsWithSnapshot: () => true,
          frames: (each) => recording.frames(each),
          distrust: (each, why) => doubts.push(`${each}: ${why}`)
        }
      })
      await runTo(market, endUs)
      expect([doubts, market.closed(), market.ended()]).toEqual([[], false, true])
    })

    it("never lets takers have a recorded lot twice", async () => {
      const { market, probe } = open()
      let orderId = 0
      for (let timeUs = recording.startUs + 2_000_000; timeUs < recording.endUs; timeUs += 30_000_000) {
        await runTo(market, timeUs)
        const { asks } = market.depth(3)
        const there = asks[1]! + asks[3]! + asks[5]!
        const sweep = { priceTicks: asks[4]!, lots: there * 2, timeInForce: "IOC" } as const
        market.submit(accountOrder(orderId + 1, sweep), timeUs)
        market.submit(accountOrder(orderId + 2, sweep), timeUs)
        expect([probe.filledLots(orderId + 1), probe.filledLots(orderId + 2)]).toEqual([there, 0])
        expect(market.top().askTicks).toBeGreaterThan(asks[4]!)
        orderId += 2
      }
      expect(orderId).toBeGreaterThan(30)
      expect(probe.depth(500)).toEqual(market.depth(500))
    })
  })
})
