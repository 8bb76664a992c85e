/** Real recordings on a tape, against the raw lines read by the shortest possible code; and bars of their trades. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { binanceBtcUsdt as btc, binanceEthUsdt as eth } from "@outcry/testkit/Instruments"
import { describe, expect, it, onTestFinished } from "vitest"
import { tapeCodes } from "../../src/MarketTape.ts"
import { readRecordedTape } from "../../src/data/RecordedTape.ts"
import { addQuotes, addTrades, quotesOf, type TradeColumns, tradesOf } from "../../src/data/TickColumns.ts"
import { barColumnsOfTrades, dollarBars, tickBars, timeBars, volumeBars } from "../../src/data/TradeBars.ts"
import { TapeBuilder } from "../../src/TapeBuilder.ts"
import { recordingsMissing, recordingsOf, whySkippedRecordings } from "./SharedData.ts"

interface RawTrade {
  readonly received: number
  readonly p: string
  readonly q: string
  readonly T: number
  readonly t: number
  readonly m: boolean
}

const rawTrades = (paths: ReadonlyArray<string>): ReadonlyArray<RawTrade> =>
  paths.flatMap((path) =>
    gunzipSync(readFileSync(path))
      .toString()
      .split("\n")
      .filter((line) => line.includes("@trade"))
      .map((line): RawTrade => ({
        received: Number(line.slice(0, 16)),
        ...(JSON.parse(line.slice(20)) as { data: Omit<RawTrade, "received"> }).data
      }))
  )

const minute = 60_000_000

describe.skipIf(recordingsMissing)(`recorded frames on a tape${whySkippedRecordings}`, () => {
  it("hold every recorded trade, in order, with both times", async () => {
    const files = recordingsOf("btcusdt")
    const { notes, tape } = await readRecordedTape([{ instrument: btc, files }])
    const trades = tradesOf(tape, btc.id)
    const raw = rawTrades(files)
    expect(trades.time.length).toBe(raw.length)
    expect(raw.length).toBe(19_904)
    expect([...trades.priceTicks]).toEqual(raw.map(({ p }) => Math.round(Number(p) * 100)))
    expect([...trades.lots]).toEqual(raw.map(({ q }) => Math.round(Number(q) * 100_000)))
    expect([...trades.timeVenue]).toEqual(raw.map(({ T }) => T * 1_000))
    expect([...trades.buy]).toEqual(raw.map(({ m }) => (m ? 0 : 1)))
    expect([...trades.id]).toEqual(raw.map(({ t }) => t))
    expect([...trades.time]).toEqual(raw.map(({ received }) => received))
    expect(notes).toEqual(["binance:BTC/USDT: the receive clock was behind the venue's, by at least 1276 ms."])
  })

  it("begin with a snapshot, never break, never fall in time, and are merged by time", async () => {
    const sources = [
      { instrument: btc, files: recordingsOf("btcusdt") },
      { instrument: eth, files: recordingsOf("ethusdt") }
    ]
    const { tape } = await readRecordedTape(sources, { shared: true })
    expect(tape.time.buffer).toBeInstanceOf(SharedArrayBuffer)
    let falls = 0
    for (let row = 1; row < tape.length; row++) if (tape.time[row]! < tape.time[row - 1]!) falls += 1
    expect(falls).toBe(0)
    const gaps = [...tape.code].flatMap((code, row) => (code === tapeCodes.gap ? [tape.b[row]] : []))
    expect(gaps).toEqual([1, 1])
    const crossed = [btc, eth].flatMap(({ id }) => {
      const { askTicks, bidTicks } = quotesOf(tape, id)
      return [...bidTicks].filter((bid, row) => bid >= askTicks[row]!)
    })
    expect(crossed).toEqual([])
    const first = tape.code.indexOf(tapeCodes.delta)
    expect([tape.d[first], tape.b[first]]).toEqual([1, 1000])
  })

  it("hold only trades, and say why, where no snapshot begins them", async () => {
    const { notes, tape } = await readRecordedTape([{ instrument: btc, files: recordingsOf("btcusdt").slice(1) }])
    expect(new Set(tape.code)).toEqual(new Set([tapeCodes.trade]))
    expect(notes.join("\n")).toMatch(/no depth snapshot made the book whole.*recorded before it first/)
  })

  it("are refused where their files are not named in order of time", async () => {
    const files = recordingsOf("btcusdt").toReversed()
    await expect(readRecordedTape([{ instrument: btc, files }])).rejects.toThrow(
      /20240808.*Name the files in order of time/
    )
  })

  it("give the bars of their trades", async () => {
    const files = recordingsOf("ethusdt")
    const { tape } = await readRecordedTape([{ instrument: eth, files }], { kinds: ["trade"] })
    const trades = tradesOf(tape, eth.id)
    const bars = timeBars(trades, minute)
    const raw = rawTrades(files)
    const opened = Math.floor((raw[0]!.T * 1_000) / minute) * minute
    const third = raw.filter(({ T }) => Math.floor((T * 1_000) / minute) * minute === opened + 2 * minute)
    const prices = third.map(({ p }) => Math.round(Number(p) * 100))
    expect([
      bars.timeOpen[2],
      bars.openTicks[2],
      bars.highTicks[2],
      bars.lowTicks[2],
      bars.closeTicks[2],
      bars.trades[2]
    ]).toEqual([opened + 2 * minute, prices[0], Math.max(...prices), Math.min(...prices), prices.at(-1), third.length])
    const columns = barColumnsOfTrades(bars, eth)
    expect(columns.close[2]).toBe(prices.at(-1)! / 100)
    expect(columns.volume[2]).toBeCloseTo(
      third.reduce((sum, { q }) => sum + Number(q), 0),
      8
    )
  })
})

describe("a recording that is wrong", () => {
  const recording = (text: string): string => {
    const folder = mkdtempSync(join(tmpdir(), "outcry-recording-"))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    writeFileSync(join(folder, "bad.txt"), text)
    return join(folder, "bad.txt")
  }

  it.each([
    ["hello", /line 1: it does not begin with a receive time/],
    ["1723161253937085768 {", /line 1: its frame cannot be read \(not JSON\)/],
    [
      '1723161253937085768 {"lastUpdateId":1,"bids":3,"asks":[]}',
      /its depth snapshot cannot be read \(bids is not a list/
    ],
    [
      '1723161253937085768 {"stream":"btcusdt@trade","data":{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"1.005","q":"1","T":1,"m":true}}',
      /p is not a multiple of its step/
    ]
  ])("is refused at its line: %s", async (text, says) => {
    await expect(readRecordedTape([{ instrument: btc, files: [recording(text)] }])).rejects.toThrow(says)
  })

  it("is empty, and says so", async () => {
    const { notes, tape } = await readRecordedTape([{ instrument: btc, files: [recording("")] }])
    expect(tape.length).toBe(0)
    expect(notes[0]).toBe("binance:BTC/USDT: the recording is empty.")
  })
})

describe("bars from trades", () => {
  const trades: TradeColumns = {
    instrument: btc.id,
    time: Float64Array.of(10, 20, 20, 20, 50, 60),
    timeVenue: Float64Array.of(1, 2, 3, 14, 15, 36),
    priceTicks: Float64Array.of(100, 103, 99, 101, 105, 104),
    lots: Float64Array.of(5, 1, 4, 10, 2, 3),
    buy: Uint8Array.of(1, 0, 1, 1, 0, 1),
    id: Float64Array.of(1, 2, 3, 4, 5, 6)
  }
  const rows = (bars: ReturnType<typeof tickBars>) =>
    [...bars.timeOpen].map((time, row) => [
      time,
      bars.timeKnown[row],
      bars.openTicks[row],
      bars.highTicks[row],
      bars.lowTicks[row],
      bars.closeTicks[row],
      bars.lots[row],
      bars.trades[row]
    ])

  it("of trades close with the trade that completes them, and leave out the rest", () => {
    expect(rows(tickBars(trades, 2))).toEqual([
      [1, 20, 100, 103, 100, 103, 6, 2],
      [3, 20, 99, 101, 99, 101, 14, 2],
      [15, 60, 105, 105, 104, 104, 5, 2]
    ])
    expect(rows(tickBars(trades, 4)).length).toBe(1)
  })

  it("of volume keep what the closing trade trades beyond", () => {
    expect(rows(volumeBars(trades, 10))).toEqual([
      [1, 20, 100, 103, 99, 99, 10, 3],
      [14, 20, 101, 101, 101, 101, 10, 1]
    ])
  })

  it("of value count quote asset", () => {
    // A tick is 0.01 and a lot 0.00001: five lots at 100 ticks are worth 0.00005.
    expect(rows(dollarBars(trades, btc, 0.000_05)).map(([time]) => time)).toEqual([1, 2, 15])
  })

  it("of time repeat the last close where nothing traded", () => {
    expect(rows(timeBars(trades, 10))).toEqual([
      [0, 20, 100, 103, 99, 99, 10, 3],
      [10, 60, 101, 105, 101, 105, 12, 2],
      [20, 60, 105, 105, 105, 105, 0, 0]
    ])
  })

  it("become columns whose rows are known when the bar was, strictly rising", () => {
    const columns = barColumnsOfTrades(tickBars(trades, 2), btc)
    expect([...columns.timeOpen].map((time) => time + columns.intervalUs)).toEqual([20, 21, 60])
    expect([...columns.close]).toEqual([1.03, 1.01, 1.04])
  })

  it("refuse a size that is not positive", () => {
    expect(() => tickBars(trades, 0)).toThrow(/count must be a positive number/)
    expect(() => timeBars(trades, Number.NaN)).toThrow(/intervalUs must be a positive number/)
  })

  it("and quotes go onto a tape and come back the same", () => {
    const quotes = {
      instrument: btc.id,
      time: Float64Array.of(5, 30),
      timeVenue: Float64Array.of(4, 29),
      bidTicks: Float64Array.of(99, 100),
      bidLots: Float64Array.of(1, 2),
      askTicks: Float64Array.of(101, 102),
      askLots: Float64Array.of(3, 4)
    }
    const builder = new TapeBuilder([btc.id])
    addTrades(builder, trades)
    addQuotes(builder, quotes)
    const tape = builder.build()
    expect(tradesOf(tape, btc.id)).toEqual(trades)
    expect(quotesOf(tape, btc.id)).toEqual(quotes)
    expect(tradesOf(tape, eth.id).time.length).toBe(0)
  })
})
