import { assert, describe, it } from "@effect/vitest"
import type { StoredSpan } from "../src/StoredSpan.ts"
import { build, drawOrder, humanTime, ofOrder, summarize } from "../src/TraceTree.ts"
import { orderSpan, span, spanId, traceId } from "./fixtures/Spans.ts"

const T = 1_700_000_000_000_000

const at = (
  n: number,
  name: string,
  parent: number | undefined,
  startUs: number,
  durationUs: number,
  more: Partial<StoredSpan> = {}
): StoredSpan =>
  span(n, 0xabc, {
    name,
    startUs: T + startUs,
    durationUs,
    ...(parent === undefined ? {} : { parentSpanId: spanId(parent) }),
    ...more
  })

const named = { "outcry.order.id": "k3o", "outcry.order.side": "BUY" }
const account = { node: "node-2", pid: 200 }

const whole = [
  at(1, "feed.tick", undefined, 0, 120, {
    node: "node-1",
    attributes: { "outcry.instrument": "BTCUSDT", "outcry.feed.epoch": 3, "outcry.feed.seq": 77 }
  }),
  at(2, "strategy.signal", 1, 300, 45.25),
  at(3, "strategy.intent", 1, 350, 3200, { attributes: { ...named, "outcry.strategy": "ma-cross" } }),
  at(4, "account.submit", 3, 800, 2400, { ...account, attributes: { ...named, "outcry.account": "main" } }),
  at(5, "account.risk", 4, 810, 8.5, account),
  at(6, "journal.append", 4, 830, 2100, account),
  at(7, "venue.submit", 4, 3300, 12_345, { ...account, attributes: { ...named, "outcry.venue": "binance" } }),
  at(8, "venue.ack", 7, 15_000, 900, account),
  at(9, "venue.fill", 7, 1_215_000, 1100, { ...account, attributes: named })
]

describe("trace tree", () => {
  it("draws the way of an order from tick to fill over two processes", () => {
    assert.strictEqual(
      drawOrder("k3o", whole.toReversed(), { color: false }),
      [
        "order k3o: 9 spans in 1 trace, 2 processes",
        "stages: tick → signal → intent → risk → journal → submit → ack → fill",
        "",
        "trace 00000000000000000000000000000abc, 1.22 s",
        "feed.tick                node-1 (100)      +0 µs    120 µs  instrument=BTCUSDT epoch=3 seq=77",
        "├─ strategy.signal       node-1 (100)    +300 µs   45.3 µs",
        "└─ strategy.intent       node-1 (100)    +350 µs   3.20 ms  strategy=ma-cross side=BUY",
        "   └─ account.submit     node-2 (200)    +800 µs   2.40 ms  account=main",
        "      ├─ account.risk    node-2 (200)    +810 µs    8.5 µs",
        "      ├─ journal.append  node-2 (200)    +830 µs   2.10 ms",
        "      └─ venue.submit    node-2 (200)   +3.30 ms  12.35 ms  venue=binance",
        "         ├─ venue.ack    node-2 (200)  +15.00 ms    900 µs",
        "         └─ venue.fill   node-2 (200)    +1.22 s   1.10 ms"
      ].join("\n")
    )
  })

  it("says which stages are missing, shows orphans under their missing parent, and errors", () => {
    const damaged = [
      at(4, "account.submit", 3, 800, 2400, { attributes: named, error: "InsufficientBalance" }),
      at(5, "account.risk", 4, 810, 8.5)
    ]
    const text = drawOrder("k3o", damaged, { color: false })
    assert.include(text, "stages: [no tick] → [no signal] → [no intent] → risk → [no journal]")
    assert.include(text, `(parent ${spanId(3)} was not recorded)\n└─ account.submit`)
    assert.include(text, "error: InsufficientBalance")
    assert.deepStrictEqual(summarize(damaged).missing, ["tick", "signal", "intent", "journal", "submit", "ack", "fill"])
    assert.deepStrictEqual([summarize(damaged).orphans, summarize(damaged).errors], [1, 1])
  })

  it("leaves out the spans of other orders of the same tick", () => {
    const spans = [
      at(1, "feed.tick", undefined, 0, 1),
      orderSpan(2, 0xabc, "mine", { parentSpanId: spanId(1), name: "strategy.intent" }),
      span(3, 0xabc, { parentSpanId: spanId(2), name: "account.risk" }),
      orderSpan(4, 0xabc, "other", { parentSpanId: spanId(1), name: "strategy.intent" }),
      span(5, 0xabc, { parentSpanId: spanId(4), name: "journal.append" })
    ]
    assert.deepStrictEqual(
      ofOrder(spans, "mine").map((each) => each.spanId.at(-1)),
      ["1", "2", "3"]
    )
  })

  it("draws a late fill as a tree of its own that links to the submit span", () => {
    const late = orderSpan(20, 0xdef, "k3o", {
      name: "venue.fill",
      startUs: T + 90_000_000,
      links: [{ traceId: traceId(0xabc), spanId: spanId(7) }]
    })
    const spans = [...whole.slice(0, 8), late]
    const text = drawOrder("k3o", spans, { color: false })
    assert.strictEqual(build(spans).length, 2)
    assert.include(text, "in 2 traces")
    assert.include(text, `links to 00000000/${spanId(7)}`)
    assert.deepStrictEqual(summarize(spans).missing, [])
    assert.include(text, "trace 00000000000000000000000000000abc, 15.90 ms")
  })

  it("counts a span given twice once and survives spans that are each other's parents", () => {
    assert.strictEqual(summarize([...whole, ...whole]).spans, 9)
    const cycle = [at(1, "a", 2, 0, 1), at(2, "b", 1, 1, 1)]
    const text = drawOrder("k3o", cycle, { color: false })
    assert.include(text, "a cycle")
    assert.match(text, /a {2}.*\n.*b/)
  })

  it("colours only when asked and keeps control characters from the terminal", () => {
    const spans = [
      at(1, "feed.tick", undefined, 0, 1, { attributes: { "outcry.strategy": "\u001b[2Jx" }, error: "\u0007" })
    ]
    assert.notInclude(drawOrder("k\u001b3o", spans, { color: false }), "\u001b")
    assert.include(drawOrder("k3o", spans, { color: true }), "\u001b[31m")
    assert.notInclude(drawOrder("k3o", spans, { color: true }), "\u001b[2J")
  })

  it("writes times for people", () => {
    const times = [0, 0.4, 12.34, 999, 1000, 12_345, 999_990, 1_200_000, 125_000_000]
    assert.deepStrictEqual(times.map(humanTime), [
      "0 µs",
      "400 ns",
      "12.3 µs",
      "999 µs",
      "1.00 ms",
      "12.35 ms",
      "1000 ms",
      "1.20 s",
      "2 min 5 s"
    ])
  })
})
