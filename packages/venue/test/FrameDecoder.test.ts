import { describe, expect, it } from "vitest"
import { FrameDecoder } from "../src/binance/FrameDecoder.ts"
import { FrameScanner } from "../src/binance/FrameScanner.ts"
import { MalformedFrame, type MarketFrame, wireSymbol } from "../src/binance/MarketFrame.ts"
import { invalid, scaleOf, stepsOf } from "../src/binance/Steps.ts"
import { btc, eth, frames, isThere } from "./Recording.ts"

const decoder = () => {
  const made = new FrameDecoder()
  made.add(btc)
  made.add(eth)
  return made
}

const depth = (levels: string): string =>
  `{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":2,"b":${levels},"a":[]}}`

describe("stepsOf", () => {
  const price = scaleOf(btc).price
  const steps = (text: string, step = price) => stepsOf(text, 0, text.length, step)

  it("converts decimals exactly, whatever their trailing zeros", () => {
    expect(steps("61737.63000000")).toBe(6_173_763)
    expect(steps("61737.63")).toBe(6_173_763)
    expect(steps("61737.6")).toBe(6_173_760)
    expect(steps("61737")).toBe(6_173_700)
    expect(steps("0.00000000")).toBe(0)
    // 0.29 × 100 is 28.999999999999996 in floats.
    expect(steps("0.29")).toBe(29)
    expect(steps("90071992547409.91")).toBe(Number.MAX_SAFE_INTEGER)
  })

  it("refuses what is no decimal, lies between two ticks or cannot be counted", () => {
    for (const text of [
      "",
      ".",
      "1.",
      ".5",
      "-1",
      "+1",
      "1e5",
      "1.2.3",
      " 1",
      "1 ",
      "0.001",
      "NaN",
      "90071992547409.92"
    ]) {
      expect(steps(text), JSON.stringify(text)).toBe(invalid)
    }
  })

  it("divides by ticks that are no power of ten, and cuts sizes off at whole lots", () => {
    const half = { places: 2, unit: 25, cut: false }
    expect(steps("1.75", half)).toBe(7)
    expect(steps("1.76", half)).toBe(invalid)
    expect(steps("25.42618900", scaleOf(btc).quantity)).toBe(2_542_618)
    expect(steps("1.76", { ...half, cut: true })).toBe(7)
  })
})

describe("FrameDecoder", () => {
  it("turns every kind of broken frame into a counted value and goes on", () => {
    const decode = decoder()
    const broken = [
      "",
      "{",
      "null",
      "[]",
      "[".repeat(100_000),
      '{"stream":"x"}',
      '{"stream":"x","data":7}',
      depth('[["1.001","1"]]'),
      depth('[["NaN","1"]]'),
      depth('[["1",1]]'),
      depth('[["1"]]'),
      depth("7"),
      depth("[7]"),
      '{"stream":"btcusdt@trade","data":{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"1","q":"1","T":1}}',
      '{"stream":"btcusdt@trade","data":{"e":"trade","E":1,"s":"BTCUSDT","t":-1,"p":"1","q":"1","T":1,"m":true}}'
    ]
    for (const text of broken) {
      const frame = decode.decode(text)
      expect(frame.type, text.slice(0, 80)).toBe("malformed")
      if (frame.type === "malformed") expect(frame.error).toBeInstanceOf(MalformedFrame)
    }
    expect(decode.malformed).toBe(broken.length)
    expect(decode.decode(depth('[["1.00","2"]]'))).toMatchObject({ type: "depth", bids: [100, 200_000] })
    expect(decode.snapshot("{}", btc)).toBeInstanceOf(MalformedFrame)
  })

  it("reads a changed layout the slow way with the same result", () => {
    const fast = depth('[["1.00","2"],["0.99","0"]]')
    const spaced = JSON.stringify(JSON.parse(fast), undefined, 1)
    expect(decoder().decode(spaced)).toEqual(decoder().decode(fast))
  })

  it("tells replies and frames of other streams or symbols from broken ones", () => {
    expect(decoder().decode('{"result":null,"id":3}')).toEqual({ type: "reply", id: 3, error: "" })
    expect(decoder().decode('{"error":{"code":2,"msg":"bad"},"id":3}')).toMatchObject({ type: "reply", id: 3 })
    expect(decoder().decode(depth("[]").replaceAll("BTC", "XRP"))).toMatchObject({ type: "other" })
    expect(decoder().decode('{"stream":"a","data":{"e":"kline","s":"BTCUSDT"}}')).toEqual({
      type: "other",
      name: "kline"
    })
  })

  it.skipIf(!isThere)("reads every recorded frame, the fast way as the slow way [needs the recordings]", () => {
    const plain = (frame: MarketFrame | undefined): string =>
      JSON.stringify(frame, (name, value: unknown) => (name === "instrument" ? undefined : value))
    for (const [file, instrument] of [
      ["btcusdt_20240808.gz", btc],
      ["ethusdt_20240809.gz", eth]
    ] as const) {
      const scanner = new FrameScanner(new Map([[wireSymbol(instrument), scaleOf(instrument)]]))
      const slow = decoder()
      let scanned = 0
      for (const { text } of frames(file)) {
        if (text.startsWith('{"lastUpdateId"')) {
          expect(slow.snapshot(text, instrument)).not.toBeInstanceOf(MalformedFrame)
          continue
        }
        const frame = scanner.scan(text)
        // Deep equality of a million numbers through the assertion library would take minutes.
        if (plain(frame) !== plain(slow.decodeAny(text))) expect(frame).toEqual(slow.decodeAny(text))
        scanned++
      }
      expect(slow.malformed, file).toBe(0)
      expect(scanned, file).toBeGreaterThan(40_000)
    }
  })
})
