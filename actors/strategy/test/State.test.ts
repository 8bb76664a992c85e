/** The pure parts of a strategy's actor: the policy for throws, which bars are given, and what facts mean. */
import { assert, describe, it } from "@effect/vitest"
import type { Fact } from "@outcry/actor-account/Protocol"
import type { Bar } from "@outcry/model/MarketData"
import { btcUsdt } from "@outcry/testkit/Instruments"
import { FactReader } from "@outcry/model/FactReader"
import { errorsMax, errorWindowMs, initial, thrown } from "../src/State.ts"
import { WarmUp } from "@outcry/model/WarmUp"

const btc = btcUsdt.id

describe("a strategy that throws", () => {
  it("waits twice as long each time, and is locked by the fifth within the window", () => {
    const running = initial()
    const verdicts = Array.from({ length: errorsMax }, (_, n) => thrown(running, "no", n * 1000))
    assert.deepStrictEqual(
      verdicts.map((verdict) => (verdict.next === "lock" ? "lock" : verdict.afterMs)),
      [500, 1000, 2000, 4000, "lock"]
    )
  })

  it("is forgiven what lies behind the window", () => {
    const running = initial()
    for (let n = 0; n < 20; n++)
      assert.deepStrictEqual(thrown(running, "no", n * errorWindowMs), { next: "restart", afterMs: 500 })
    assert.strictEqual(running.errors, 20)
  })
})

describe("the warm-up", () => {
  const bar = (n: number, intervalUs = 1_000_000): Bar => ({
    type: "bar",
    instrument: btc,
    feedEpoch: 1,
    seq: n,
    timeVenue: 0,
    timeReceived: 0,
    intervalUs,
    timeOpen: n * intervalUs,
    openTicks: 1,
    highTicks: 1,
    lowTicks: 1,
    closeTicks: 1,
    lots: 1,
    trades: 1
  })
  const feeds = [{ instrument: btc, barSeconds: 1, warmupBars: 3 }]

  it("gives each bar once, in order, though past and live ones overlap", () => {
    const warmUp = new WarmUp(feeds, undefined)
    assert.deepStrictEqual(warmUp.fresh([bar(1), bar(2)]).length, 2)
    assert.deepStrictEqual(
      [2, 1, 3, 3].map((n) => warmUp.isFresh(bar(n))),
      [false, false, true, false]
    )
    assert.isTrue(warmUp.isFresh(bar(1, 60_000_000)))
    assert.strictEqual(warmUp.barsLeft, 0)
  })

  it("of a restored state goes on where that had come to", () => {
    const first = new WarmUp(feeds, undefined)
    first.fresh([bar(1)])
    const restored = new WarmUp(feeds, first.state)
    assert.strictEqual(restored.barsLeft, 2)
    assert.isFalse(restored.isFresh(bar(1)))
  })
})

describe("the facts of an account", () => {
  const fact = (seq: number, type: string, payload: object): Fact => ({
    seq,
    type,
    version: 1,
    timeUs: 0,
    payload: payload as Fact["payload"]
  })
  const intended = fact(1, "OrderIntended", {
    strategy: "s",
    clientOrderId: "a",
    intentSeq: 4,
    instrument: btc,
    side: "buy",
    price: "60000.00",
    quantity: "0.01000"
  })
  const fill = (seq: number, quantity: string) =>
    fact(seq, "OrderFilled", {
      clientOrderId: "a",
      side: "buy",
      price: "60000.00",
      quantity,
      liquidity: "maker",
      timeVenue: 1
    })
  const reader = () =>
    new FactReader("s", { seq: 0, intentSeq: 0, positions: [], orders: [] }, (id) => (id === btc ? btcUsdt : undefined))

  it("are read once: a stream that is sent again moves no position twice", () => {
    const read = reader()
    for (const each of [intended, fill(2, "0.00400"), intended, fill(2, "0.00400")]) read.read(each)
    assert.deepStrictEqual(read.knowledge.positions, [{ instrument: btc, lots: 400 }])
    assert.deepStrictEqual([read.seq, read.intentSeq], [2, 4])
  })

  it("count a fill after the cancel in the position, for a later reader too", () => {
    const read = reader()
    for (const each of [intended, fact(2, "OrderCanceled", { clientOrderId: "a" })]) read.read(each)
    const later = new FactReader("s", JSON.parse(JSON.stringify(read.knowledge)), () => btcUsdt)
    const told = later.read(fill(3, "0.00100"))
    assert.strictEqual(told?.kind, "fill")
    assert.deepStrictEqual(later.knowledge.positions, [{ instrument: btc, lots: 100 }])
  })

  it("tell apart the refusal of an order and that of a cancel", () => {
    const read = reader()
    read.read(intended)
    const refused = { strategy: "s", intentSeq: 5, instrument: btc, reason: "OrderNotOpen", detail: "" }
    assert.deepStrictEqual(read.read(fact(2, "IntentRefused", { ...refused, clientOrderId: "a" })), {
      kind: "cancelRefused",
      orderSeq: 4
    })
    assert.strictEqual(
      read.read(fact(3, "IntentRefused", { ...refused, intentSeq: 6, clientOrderId: "b" }))?.kind,
      "refused"
    )
    assert.strictEqual(
      read.read(fact(4, "IntentRefused", { ...refused, strategy: "other", intentSeq: 99, clientOrderId: "c" })),
      undefined
    )
    assert.strictEqual(read.intentSeq, 6)
  })
})
