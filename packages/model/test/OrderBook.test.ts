import { OrderBook } from "@outcry/model/OrderBook"
import { describe, expect, it } from "vitest"

/** The obvious book: one map a side. */
class MapBook {
  readonly bids = new Map<number, number>()
  readonly asks = new Map<number, number>()

  apply(changes: { snapshot: boolean; bids: ReadonlyArray<number>; asks: ReadonlyArray<number> }) {
    for (const [map, flat] of [
      [this.bids, changes.bids],
      [this.asks, changes.asks]
    ] as const) {
      if (changes.snapshot) map.clear()
      for (let index = 0; index < flat.length; index += 2) {
        if (flat[index + 1] === 0) map.delete(flat[index]!)
        else map.set(flat[index]!, flat[index + 1]!)
      }
    }
  }

  depth(levels: number) {
    const flat = (map: Map<number, number>, sign: number) =>
      [...map]
        .toSorted((a, b) => (a[0] - b[0]) * sign)
        .slice(0, levels)
        .flat()
    return { bids: flat(this.bids, -1), asks: flat(this.asks, 1) }
  }
}

/** A seeded generator of whole numbers below `bound` (mulberry32). */
const random = (seed: number) => {
  let state = seed
  return (bound: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * bound)
  }
}

const changesFrom = (next: (bound: number) => number, around: number, spread: number) => {
  const side = (direction: number) => {
    const flat: Array<number> = []
    for (let count = next(6); count > 0; count--) {
      flat.push(around + direction * (1 + next(spread)), next(3) === 0 ? 0 : 1 + next(9_000_000_000))
    }
    return flat
  }
  return { snapshot: next(50) === 0, bids: side(-1), asks: side(1) }
}

describe("OrderBook", () => {
  it("equals a plain map after any sequence of snapshots and deltas", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const next = random(seed)
      const book = new OrderBook()
      const naive = new MapBook()
      for (let step = 0; step < 120; step++) {
        const changes = changesFrom(next, 6_000_000_000, 1 + next(300))
        book.apply(changes)
        naive.apply(changes)
        const levels = next(12)
        expect(book.depth(levels), `seed ${seed} step ${step}`).toEqual(naive.depth(levels))
        expect(book.levels("buy"), `seed ${seed}`).toBe(naive.bids.size)
        const ticks = 6_000_000_000 - 1 - next(300)
        expect(book.lotsAt("buy", ticks), `seed ${seed}`).toBe(naive.bids.get(ticks) ?? 0)
      }
      const best = naive.depth(1)
      expect(book.top(), `seed ${seed}`).toEqual({
        bidTicks: best.bids[0] ?? 0,
        bidLots: best.bids[1] ?? 0,
        askTicks: best.asks[0] ?? 0,
        askLots: best.asks[1] ?? 0
      })
    }
  })

  it("hashes equal for the same levels, however they came about, and differs by any one lot, tick or side", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const next = random(seed)
      const built = new OrderBook()
      built.apply({ snapshot: false, bids: [1, 1], asks: [200_000, 1] })
      for (let step = 0; step < 60; step++) built.apply({ ...changesFrom(next, 100_000, 40), snapshot: false })
      const depth = built.depth()
      const copied = new OrderBook()
      copied.apply({ snapshot: true, bids: depth.bids, asks: depth.asks })
      expect(copied.hash(), `seed ${seed}`).toBe(built.hash())
      for (const [index, change] of [
        [0, 1],
        [1, 1],
        [0, -7]
      ] as const) {
        const bids = [...depth.bids]
        bids[index] = bids[index]! + change
        const other = new OrderBook()
        other.apply({ snapshot: true, bids, asks: depth.asks })
        expect(other.hash(), `seed ${seed}`).not.toBe(built.hash())
      }
    }
    const bid = new OrderBook()
    bid.apply({ snapshot: true, bids: [5, 3], asks: [] })
    const ask = new OrderBook()
    ask.apply({ snapshot: true, bids: [], asks: [5, 3] })
    expect(bid.hash()).not.toBe(ask.hash())
  })

  it("is crossed when the best bid reaches the best ask, and not with an empty side", () => {
    const book = new OrderBook()
    expect(book.isCrossed()).toBe(false)
    book.apply({ snapshot: true, bids: [100, 1], asks: [101, 1] })
    expect(book.isCrossed()).toBe(false)
    book.apply({ snapshot: false, bids: [101, 1], asks: [] })
    expect(book.isCrossed()).toBe(true)
    book.apply({ snapshot: false, bids: [], asks: [101, 0] })
    expect(book.isCrossed()).toBe(false)
    expect(book.top()).toEqual({ bidTicks: 101, bidLots: 1, askTicks: 0, askLots: 0 })
  })
})
