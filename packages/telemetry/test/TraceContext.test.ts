import { assert, describe, it } from "@effect/vitest"
import { attachTo, causeTrace, decodeTraceparent, encodeTraceparent, isSpanId, isTraceId } from "../src/TraceContext.ts"

describe("trace context", () => {
  it("derives the same ids from the same cause, today and in any process", () => {
    assert.deepStrictEqual(causeTrace("binance:BTCUSDT", 3, 77), causeTrace("binance:BTCUSDT", 3, 77))
    assert.deepStrictEqual(causeTrace("binance:BTCUSDT", 3, 77), {
      traceId: "41df305b3581ec74491efbc40a3e5c9d",
      spanId: "2933faeac9c4306f"
    })
  })

  it("gives neighbouring ticks ids that share nothing", () => {
    const traces = new Set<string>()
    const spans = new Set<string>()
    let differing = 0
    let before: bigint | undefined
    for (let seq = 0; seq < 20_000; seq++) {
      const context = causeTrace("binance:BTCUSDT", seq % 7, Math.floor(seq / 7))
      assert.isTrue(isTraceId(context.traceId) && isSpanId(context.spanId))
      traces.add(context.traceId)
      spans.add(context.spanId)
      const bits = BigInt(`0x${context.traceId}`)
      if (before !== undefined) differing += (bits ^ before).toString(2).replaceAll("0", "").length
      before = bits
    }
    assert.deepStrictEqual([traces.size, spans.size], [20_000, 20_000])
    // Half of 128 bits flip between neighbours when the mixing is good.
    assert.closeTo(differing / 19_999, 64, 0.5)
  })

  it("does not confuse feeds whose names and numbers run together", () => {
    assert.notDeepEqual(causeTrace("a1", 1, 1), causeTrace("a", 11, 1))
    assert.notDeepEqual(causeTrace("a", 1, 11), causeTrace("a", 11, 1))
  })

  it("round-trips a traceparent", () => {
    for (const sampled of [true, false]) {
      const context = { ...causeTrace("f", 1, 2), sampled }
      assert.deepStrictEqual(decodeTraceparent(encodeTraceparent(context)), context)
    }
  })

  it("ignores what is not a traceparent, as the standard asks", () => {
    const good = encodeTraceparent(causeTrace("f", 1, 2))
    const bad = [
      "",
      good.toUpperCase(),
      good.replace("00-", "ff-"),
      `${good}-extra`,
      good.slice(0, -1),
      `00-${"0".repeat(32)}-${"1".repeat(16)}-01`,
      `00-${"1".repeat(32)}-${"0".repeat(16)}-01`
    ]
    for (const text of bad) assert.isUndefined(decodeTraceparent(text), text)
    assert.isDefined(decodeTraceparent(`01${good.slice(2)}-extra`))
  })

  it("makes a fill within a minute a child and a later one a link", () => {
    const submit = causeTrace("f", 1, 2)
    assert.deepStrictEqual(attachTo(submit, 0, 60_000_000), { traceId: submit.traceId, parentSpanId: submit.spanId })
    assert.deepStrictEqual(attachTo(submit, 0, 60_000_001), { links: [submit] })
  })
})
