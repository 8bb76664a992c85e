/**
 * One instrument's book as levels, built from snapshots and deltas, in ticks and lots.
 *
 * Each side is a pair of packed columns ordered so that the best level is the last: changes near the top, which are
 * most of them, move little. Applying allocates nothing. Knows no sequence numbers: whoever feeds it checks those.
 */
import type { Side } from "./MarketData.ts"

/** Top of book; a side without levels has zero ticks and zero lots. */
export interface Top {
  readonly bidTicks: number
  readonly bidLots: number
  readonly askTicks: number
  readonly askLots: number
}

/** Flat `[ticks, lots, …]`, best level first. */
export interface Depth {
  readonly bids: ReadonlyArray<number>
  readonly asks: ReadonlyArray<number>
}

/** Changed levels, flat `[ticks, lots, …]`; zero lots removes a level. A snapshot replaces the book. */
export interface Changes extends Depth {
  readonly snapshot: boolean
}

const initialCapacity = 64

/** Levels of one side; `sign` +1 keeps the highest price last (bids), −1 the lowest (asks). */
class Ladder {
  readonly sign: 1 | -1
  size = 0
  ticks = new Float64Array(initialCapacity)
  lots = new Float64Array(initialCapacity)

  constructor(sign: 1 | -1) {
    this.sign = sign
  }

  /** Index of the price, or the complement of where it belongs. */
  find(ticks: number): number {
    const key = ticks * this.sign
    let low = 0
    let high = this.size - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const found = this.ticks[middle]! * this.sign
      if (found === key) return middle
      if (found < key) low = middle + 1
      else high = middle - 1
    }
    return ~low
  }

  set(ticks: number, lots: number): void {
    const index = this.find(ticks)
    if (index >= 0) {
      if (lots === 0) this.remove(index)
      else this.lots[index] = lots
    } else if (lots !== 0) this.insert(~index, ticks, lots)
  }

  private insert(index: number, ticks: number, lots: number): void {
    if (this.size === this.ticks.length) this.grow()
    if (index < this.size) {
      this.ticks.copyWithin(index + 1, index, this.size)
      this.lots.copyWithin(index + 1, index, this.size)
    }
    this.ticks[index] = ticks
    this.lots[index] = lots
    this.size++
  }

  private remove(index: number): void {
    if (index < this.size - 1) {
      this.ticks.copyWithin(index, index + 1, this.size)
      this.lots.copyWithin(index, index + 1, this.size)
    }
    this.size--
  }

  private grow(): void {
    const ticks = new Float64Array(this.ticks.length * 2)
    const lots = new Float64Array(this.ticks.length * 2)
    ticks.set(this.ticks)
    lots.set(this.lots)
    this.ticks = ticks
    this.lots = lots
  }

  levels(count: number): Array<number> {
    const levels: Array<number> = []
    const last = Math.max(0, this.size - count)
    for (let index = this.size - 1; index >= last; index--) levels.push(this.ticks[index]!, this.lots[index]!)
    return levels
  }
}

export class OrderBook {
  private readonly bids = new Ladder(1)
  private readonly asks = new Ladder(-1)

  /** Takes over the changed levels; lots must be ≥ 0 and both numbers whole. */
  apply(changes: Changes): void {
    if (changes.snapshot) this.clear()
    for (let index = 0; index < changes.bids.length; index += 2) {
      this.bids.set(changes.bids[index]!, changes.bids[index + 1]!)
    }
    for (let index = 0; index < changes.asks.length; index += 2) {
      this.asks.set(changes.asks[index]!, changes.asks[index + 1]!)
    }
  }

  clear(): void {
    this.bids.size = 0
    this.asks.size = 0
  }

  /** Best price to sell at; 0 when there are no bids. */
  get bidTicks(): number {
    return this.bids.size === 0 ? 0 : this.bids.ticks[this.bids.size - 1]!
  }

  get bidLots(): number {
    return this.bids.size === 0 ? 0 : this.bids.lots[this.bids.size - 1]!
  }

  /** Best price to buy at; 0 when there are no asks. */
  get askTicks(): number {
    return this.asks.size === 0 ? 0 : this.asks.ticks[this.asks.size - 1]!
  }

  get askLots(): number {
    return this.asks.size === 0 ? 0 : this.asks.lots[this.asks.size - 1]!
  }

  top(): Top {
    return { bidTicks: this.bidTicks, bidLots: this.bidLots, askTicks: this.askTicks, askLots: this.askLots }
  }

  /** The best `levels` of each side; all of them without an argument. */
  depth(levels: number = Number.MAX_SAFE_INTEGER): Depth {
    return { bids: this.bids.levels(levels), asks: this.asks.levels(levels) }
  }

  /** Lots resting at a price: of bids for "buy", of asks for "sell". 0 when there is no such level. */
  lotsAt(side: Side, ticks: number): number {
    const ladder = side === "buy" ? this.bids : this.asks
    const index = ladder.find(ticks)
    return index < 0 ? 0 : ladder.lots[index]!
  }

  /** Number of price levels of the side. */
  levels(side: Side): number {
    return side === "buy" ? this.bids.size : this.asks.size
  }

  /** True when the best bid is at or above the best ask, which no resting book can be. */
  isCrossed(): boolean {
    return this.bids.size > 0 && this.asks.size > 0 && this.bidTicks >= this.askTicks
  }

  /** 16 hexadecimal digits over all levels of both sides; equal for equal books. Not for security. */
  hash(): string {
    let first = mix(0x811c9dc5, this.bids.size)
    let second = mix(0x050c5d1f, this.asks.size)
    for (const ladder of [this.bids, this.asks]) {
      for (let index = 0; index < ladder.size; index++) {
        first = mix(mix(first, ladder.ticks[index]!), ladder.lots[index]!)
        second = mix(mix(second, ladder.lots[index]!), ladder.ticks[index]! * ladder.sign)
      }
    }
    return hex(first) + hex(second)
  }
}

/** FNV-1a over the two halves of a whole number up to 2^53. */
const mix = (hash: number, value: number): number => {
  const low = Math.imul(hash ^ (value | 0), 0x01000193)
  return Math.imul(low ^ (low >>> 15) ^ Math.floor(value / 4_294_967_296), 0x01000193)
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0")
