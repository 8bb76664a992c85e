import { btcUsdt, ethUsdt } from "@outcry/testkit/Instruments"
import type { MarketEvent } from "@outcry/model/MarketData"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { describe, expect, it } from "vitest"
import { tapeCodes } from "../src/MarketTape.ts"
import { TapeBuilder, tapeOf } from "../src/TapeBuilder.ts"

const btc = btcUsdt.id
const eth = ethUsdt.id

const barsOf = (close: ReadonlyArray<number>) => {
  const column = Float64Array.from(close)
  const timeOpen = Float64Array.from(close, (_, row) => row * 1000)
  const volume = Float64Array.from(close, () => 1.5)
  return { instrument: btc, intervalUs: 1000, timeOpen, open: column, high: column, low: column, close: column, volume }
}

describe("a tape", () => {
  it("merges what was written apart by time, equal times in the order they were written", () => {
    const random = new SeededRandom(5)
    const builder = new TapeBuilder([btc, eth])
    const times: Array<readonly [time: number, id: number]> = []
    let id = 0
    for (const instrument of [btc, eth]) {
      let time = 0
      for (let row = 0; row < 700; row++) {
        time += random.between(0, 3)
        builder.trade(instrument, time, time, 1, 1, "buy", ++id)
        times.push([time, id])
      }
      time = 0
      for (let row = 0; row < 300; row++) {
        time += random.between(0, 7)
        builder.quote(instrument, time, time, 1, 1, 2, ++id)
        times.push([time, id])
      }
    }
    const tape = builder.build()
    const expected = times.toSorted(([t, i], [u, j]) => t - u || i - j)
    expect(Array.from({ length: tape.length }, (_, row) => [tape.time[row], tape.d[row]])).toEqual(expected)
  })

  it("puts a split and a dividend after the bar that closes at their time", () => {
    const builder = new TapeBuilder([btc])
    builder.split(btc, 1000, 2)
    builder.dividend(btc, 1000, 0.5)
    builder.bar(btc, 1000, 1000, [5, 7, 4, 6], 10, 2)
    builder.bar(btc, 2000, 1000, [3, 3, 2, 3], 10, 2)
    const { bar, dividend, split } = tapeCodes
    expect(Array.from(builder.build().code)).toEqual([bar, split, dividend, bar])
  })

  it("keeps the levels of a delta and the reason of a gap", () => {
    const stamp = { instrument: btc, feedEpoch: 1, seq: 1, timeVenue: 4, timeReceived: 5 }
    const events: ReadonlyArray<MarketEvent> = [
      { type: "delta", ...stamp, snapshot: true, bids: [9, 1, 8, 2], asks: [10, 3] },
      { type: "gap", ...stamp, reason: "stale", resumed: true },
      { type: "delta", ...stamp, snapshot: false, bids: [], asks: [10, 0] }
    ]
    const tape = tapeOf(events)
    expect(Array.from(tape.levels)).toEqual([9, 1, 8, 2, 10, 3, 10, 0])
    expect([tape.a[2], tape.b[2], tape.c[2], tape.d[2]]).toEqual([6, 0, 1, 0])
    expect([tape.a[1], tape.b[1]]).toEqual([2, 1])
  })

  it("turns bars in columns into ticks and lots, known when they close", () => {
    const builder = new TapeBuilder([btc], { shared: true })
    builder.addBars(barsOf([60_000.01, 59_999.99]), btcUsdt)
    const tape = builder.build()
    expect(Array.from(tape.d)).toEqual([6_000_001, 5_999_999])
    expect(Array.from(tape.e)).toEqual([150_000, 150_000])
    expect(Array.from(tape.time)).toEqual([1000, 2000])
    expect(tape.time.buffer).toBeInstanceOf(SharedArrayBuffer)
  })

  it("rounds prices between ticks only where that was asked for", () => {
    const fine = barsOf([60_000.01, 59_999.994])
    expect(() => new TapeBuilder([btc]).addBars(fine, btcUsdt)).toThrow(/row 1: open 59999.994 lies between two ticks/)
    const builder = new TapeBuilder([btc])
    builder.addBars(fine, btcUsdt, { rounding: "nearest" })
    expect(Array.from(builder.build().d)).toEqual([6_000_001, 5_999_999])
  })

  it.each<[string, (builder: TapeBuilder) => void, RegExp]>([
    ["falling time", (tape) => tape.trade(btc, 4, 4, 1, 1, "buy", 1), /row 1: time 4 is before 5/],
    ["NaN", (tape) => tape.quote(btc, 6, 6, Number.NaN, 1, 2, 1), /bidTicks NaN is no whole number/],
    ["negative sizes", (tape) => tape.trade(btc, 6, 6, 1, -2, "buy", 1), /lots -2 is no positive whole number/],
    ["no time", (tape) => tape.trade(btc, Number.NaN, 6, 1, 2, "buy", 1), /time NaN is no time/],
    [
      "an unknown instrument",
      (tape) => tape.trade(eth, 6, 6, 1, 2, "buy", 1),
      /ETH\/USDT, row 1: instrument is not on/
    ],
    ["a high below its close", (tape) => tape.bar(btc, 6, 1, [5, 5, 5, 6], 1, 1), /highTicks 5 is below/],
    ["a low above its open", (tape) => tape.bar(btc, 6, 1, [5, 8, 6, 6], 1, 1), /lowTicks 6 is above/],
    ["half a level", (tape) => tape.delta(btc, 6, 6, [5], [], false), /bids have a price without its lots/],
    ["a split of zero", (tape) => tape.split(btc, 6, 0), /ratio 0/],
    ["funding without a rate", (tape) => tape.funding(btc, 6, Number.NaN), /rate NaN/]
  ])("refuses %s and says where", (_, write, message) => {
    const tape = new TapeBuilder([btc])
    tape.trade(btc, 5, 5, 1, 1, "buy", 1)
    expect(() => write(tape)).toThrow(message)
    expect(tape.length).toBe(1)
  })
})
