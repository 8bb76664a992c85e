/** What a feed makes of what its venue sends: every event stamped once, bars in their place, an opening that is the book. */
import { assert, describe, it } from "@effect/vitest"
import { OrderBook } from "@outcry/model/OrderBook"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { barsKept, FeedState, type UnstampedEvent } from "../src/State.ts"

const instrument = "sim:BTC/USDT"
const second = 1_000_000
const start = 1_750_000_000 * second

const at = (timeVenue: number) => ({ timeVenue, timeReceived: timeVenue + 500 })
const trade = (timeVenue: number, priceTicks: number): UnstampedEvent => ({
  type: "trade",
  ...at(timeVenue),
  priceTicks,
  lots: 1,
  aggressor: "buy",
  venueTradeId: 1
})
const delta = (snapshot: boolean, bids: ReadonlyArray<number>, asks: ReadonlyArray<number>): UnstampedEvent => ({
  type: "delta",
  ...at(start),
  snapshot,
  bids,
  asks
})

describe("the state of a feed", () => {
  it("numbers events without gaps over chunks and ticks, bars inside", () => {
    const state = new FeedState(instrument, 3)
    const random = new SeededRandom(11)
    const seqs: Array<number> = []
    const kinds = new Set<string>()
    for (let step = 0; step < 200; step++) {
      const now = start + step * 400_000
      const chunk = [trade(now, 100 + random.between(0, 9)), delta(step === 0, [100, 1], [101, 2])]
      for (const event of [...state.take(chunk), ...state.tick(now + 300_000, now)]) {
        assert.strictEqual(event.feedEpoch, 3)
        seqs.push(event.seq)
        kinds.add(event.type)
      }
    }
    assert.deepStrictEqual(
      seqs,
      Array.from({ length: seqs.length }, (_, index) => index + 1)
    )
    assert.deepStrictEqual(kinds, new Set(["trade", "delta", "bar"]))
  })

  it("closes a bar before the trade that belongs to the next", () => {
    const state = new FeedState(instrument, 1)
    state.take([trade(start, 100)])
    const events = state.take([trade(start + second, 105)])
    assert.deepStrictEqual(
      events.map((event) => event.type),
      ["bar", "trade"]
    )
    assert.deepStrictEqual(
      events.map((event) => event.seq),
      [2, 3]
    )
    const [bar] = events
    assert.isTrue(bar?.type === "bar" && bar.closeTicks === 100)
  })

  it("opens with the whole book, equal to the live one by hash, and nothing while the book is broken", () => {
    const state = new FeedState(instrument, 1)
    const random = new SeededRandom(4)
    state.take([delta(true, [100, 5, 99, 4], [101, 1, 102, 2])])
    for (let step = 0; step < 50; step++)
      state.take([
        delta(false, [random.between(80, 100), random.between(0, 5)], [random.between(101, 120), random.between(0, 5)])
      ])
    state.take([{ type: "quote", ...at(start), bidTicks: 100, bidLots: 5, askTicks: 101, askLots: 1 }])
    const [book, quote] = state.opening()
    assert.isTrue(
      book?.type === "delta" && quote?.type === "quote" && book.seq === state.seq && quote.seq === state.seq
    )
    const late = new OrderBook()
    if (book?.type === "delta") late.apply(book)
    assert.strictEqual(late.hash(), state.book.hash())
    state.take([{ type: "gap", ...at(start), reason: "sequence", resumed: false }])
    assert.deepStrictEqual(state.opening(), [])
    assert.strictEqual(state.latestQuote(), undefined)
    assert.deepStrictEqual([state.condition, state.gaps], ["resyncing", 1])
  })

  it("keeps a bounded number of bars, the latest", () => {
    const state = new FeedState(instrument, 1)
    state.take([trade(start, 100)])
    for (let step = 1; step < barsKept * 3; step++) state.tick(start + step * second, start + step * second)
    const all = state.recentBars(second, Number.MAX_SAFE_INTEGER)
    assert.isAtMost(all.length, barsKept * 2)
    assert.strictEqual(all.at(-1)!.timeOpen, start + (barsKept * 3 - 2) * second)
    assert.deepStrictEqual(state.recentBars(second, 2), all.slice(-2))
  })

  it("remembers when a tick came and left until it is overwritten", () => {
    const state = new FeedState(instrument, 1)
    const [first] = state.take([trade(start, 100)])
    state.publishedAt([first!], start + 900)
    assert.deepStrictEqual(state.timesOf(first!.seq), { receivedUs: start + 500, publishedUs: start + 900 })
    for (let step = 0; step < 8192; step++) state.take([delta(false, [], [])])
    assert.strictEqual(state.timesOf(first!.seq), undefined)
  })
})
