import { assert, describe, it } from "@effect/vitest"
import { SpanStore } from "../src/SpanStore.ts"
import { orderSpan, span, traceId } from "./fixtures/Spans.ts"

describe("span store", () => {
  it("finds all spans of the traces that carry an order, by start time", () => {
    const store = new SpanStore()
    store.add([span(3, 1), orderSpan(2, 1, "o1"), span(1, 1), orderSpan(9, 2, "o1"), orderSpan(8, 3, "o2")])
    assert.deepStrictEqual(
      store.traceOfOrder("o1").map((each) => each.spanId.at(-1)),
      ["1", "2", "3", "9"]
    )
    assert.deepStrictEqual(store.traceOfOrder("o3"), [])
    assert.strictEqual(store.trace(traceId(3)).length, 1)
  })

  it("finds a trace by every order that one span names", () => {
    const store = new SpanStore()
    store.add([span(1, 1, { attributes: { "outcry.order.id": ["a", "b"] } })])
    assert.deepStrictEqual([store.traceOfOrder("a").length, store.traceOfOrder("b").length], [1, 1])
  })

  it("gives back for the files the earlier spans of a trace that turns out to be an order's, and each span once", () => {
    const store = new SpanStore()
    assert.deepStrictEqual(store.add([span(1, 1)]), { ofOrders: [], others: [span(1, 1)] })
    const second = store.add([span(2, 1), orderSpan(3, 1, "o"), span(4, 2)])
    assert.deepStrictEqual(
      second.ofOrders.map((each) => each.spanId.at(-1)),
      ["1", "2", "3"]
    )
    assert.deepStrictEqual(second.others, [span(4, 2)])
    assert.deepStrictEqual(store.add([span(5, 1)]).ofOrders, [span(5, 1)])
    assert.deepStrictEqual(store.add([span(5, 1), span(4, 2)]), { ofOrders: [], others: [] })
  })

  it("evicts traces without an order first, oldest first, and never holds more than its bound", () => {
    const store = new SpanStore({ maxSpans: 10, maxSpansPerTrace: 100 })
    store.add([orderSpan(1, 1, "o1"), orderSpan(2, 2, "o2")])
    for (let n = 10; n < 60; n++) {
      store.add([span(n, n)])
      assert.isAtMost(store.stats.spans, 10)
    }
    assert.deepStrictEqual([store.traceOfOrder("o1").length, store.traceOfOrder("o2").length], [1, 1])
    assert.strictEqual(store.trace(traceId(59)).length, 1)
    assert.strictEqual(store.trace(traceId(51)).length, 0)
    assert.strictEqual(store.stats.evictedSpans, 42)
  })

  it("evicts the orders that were quiet longest when there is nothing else, and forgets their ids", () => {
    const store = new SpanStore({ maxSpans: 3, maxSpansPerTrace: 100 })
    store.add([orderSpan(1, 1, "o1"), orderSpan(2, 2, "o2"), span(3, 1)])
    store.add([orderSpan(4, 3, "o3")])
    assert.deepStrictEqual(store.orders(10), ["o1", "o3"])
    assert.deepStrictEqual(store.traceOfOrder("o2"), [])
  })

  it("refuses and counts what would make one trace overfull", () => {
    const store = new SpanStore({ maxSpans: 100, maxSpansPerTrace: 2 })
    store.add([span(1, 1), span(2, 1), span(3, 1)])
    assert.deepStrictEqual([store.stats.spans, store.stats.overfullSpans], [2, 1])
  })

  it("lists the newest spans first, by name", () => {
    const store = new SpanStore()
    store.add([span(1, 1), span(2, 2, { name: "y" }), orderSpan(3, 3, "o"), span(4, 4)])
    assert.deepStrictEqual(
      store.newest(2).map((each) => each.spanId.at(-1)),
      ["4", "3"]
    )
    assert.deepStrictEqual(
      store.newest(5, "y").map((each) => each.spanId.at(-1)),
      ["2"]
    )
  })
})
