/**
 * The recorded order book of one symbol: built from a snapshot and depth diffs, its touch kept current between diffs by
 * best-bid-and-ask frames, which bear the same update ids. Remembers what our takers took: those lots are gone until new
 * ones appear at the level, so that nothing recorded is taken twice.
 */
import { type Side, sides } from "@outcry/model/MarketData"
import type { FlatLevels } from "./RecordedStep.ts"

interface Level {
  /** Recorded lots. */
  lots: number
  /** Of these, what our takers took; never more than `lots`. */
  taken: number
  /** The update this size is from. */
  updateId: number
}

interface Half {
  readonly side: Side
  readonly sign: 1 | -1
  readonly levels: Map<number, Level>
  /** Prices, best last. */
  readonly sorted: Array<number>
}

type Changed = (side: Side, priceTicks: number, lotsBefore: number, lotsAfter: number) => void

const half = (side: Side): Half => ({ side, sign: side === "buy" ? 1 : -1, levels: new Map(), sorted: [] })

export class RecordedBook {
  private readonly halves = { buy: half("buy"), sell: half("sell") }
  /** Called for each level whose recorded lots change. */
  private readonly changed: Changed
  private tickerId = 0
  private touch = { buy: 0, sell: 0 }

  constructor(changed: Changed) {
    this.changed = changed
  }

  /** Replaces the book, whatever its update ids were; later diffs have higher ones than the new. */
  reset(updateId: number, bids: FlatLevels, asks: FlatLevels): void {
    this.tickerId = 0
    for (const side of sides) {
      const own = this.halves[side]
      const levels = side === "buy" ? bids : asks
      const wanted = new Set<number>()
      for (let index = 0; index < levels.length; index += 2) wanted.add(levels[index]!)
      for (const level of own.levels.values()) level.updateId = updateId
      for (const priceTicks of own.sorted.slice()) if (!wanted.has(priceTicks)) this.set(own, priceTicks, 0, updateId)
      for (let index = 0; index < levels.length; index += 2) {
        this.set(own, levels[index]!, levels[index + 1]!, updateId)
      }
    }
  }

  /** Applies a diff, except where a best-bid-and-ask frame has told something newer. */
  diff(updateId: number, bids: FlatLevels, asks: FlatLevels): void {
    for (const side of sides) {
      const own = this.halves[side]
      const levels = side === "buy" ? bids : asks
      for (let index = 0; index < levels.length; index += 2) {
        const priceTicks = levels[index]!
        const overtaken = updateId < this.tickerId && own.sign * (priceTicks - this.touch[side]) >= 0
        if (!overtaken) this.set(own, priceTicks, levels[index + 1]!, updateId)
      }
    }
  }

  /** Sets the touch: nothing is better than it, and it has that size. A frame older than the book is ignored. */
  ticker(updateId: number, bidTicks: number, bidLots: number, askTicks: number, askLots: number): void {
    if (updateId < this.tickerId) return
    this.tickerId = updateId
    this.touch = { buy: bidTicks, sell: askTicks }
    this.trim(this.halves.buy, bidTicks, bidLots, updateId)
    this.trim(this.halves.sell, askTicks, askLots, updateId)
  }

  /** Recorded lots at a price, taken ones included. */
  recordedAt(side: Side, priceTicks: number): number {
    return this.halves[side].levels.get(priceTicks)?.lots ?? 0
  }

  /** Recorded lots at a price less those taken. */
  availableAt(side: Side, priceTicks: number): number {
    const level = this.halves[side].levels.get(priceTicks)
    return level === undefined ? 0 : level.lots - level.taken
  }

  /** Takes lots of a level; at most what is available. */
  take(side: Side, priceTicks: number, lots: number): void {
    const level = this.halves[side].levels.get(priceTicks)
    if (level === undefined || lots > level.lots - level.taken) {
      throw new RangeError(`Only ${this.availableAt(side, priceTicks)} lots are left at ${priceTicks}, not ${lots}`)
    }
    level.taken += lots
  }

  /** Prices with available lots, best first. */
  *prices(side: Side): Generator<number, void> {
    const { sorted, levels } = this.halves[side]
    for (let index = sorted.length - 1; index >= 0; index--) {
      const level = levels.get(sorted[index]!)!
      if (level.lots > level.taken) yield sorted[index]!
    }
  }

  /** The best price with available lots. */
  best(side: Side): number | undefined {
    const { sorted, levels } = this.halves[side]
    for (let index = sorted.length - 1; index >= 0; index--) {
      const level = levels.get(sorted[index]!)!
      if (level.lots > level.taken) return sorted[index]
    }
    return undefined
  }

  private trim(own: Half, priceTicks: number, lots: number, updateId: number): void {
    for (let best = own.sorted.at(-1); best !== undefined; best = own.sorted.at(-1)) {
      if (own.sign * (best - priceTicks) <= 0 || own.levels.get(best)!.updateId > updateId) break
      this.set(own, best, 0, updateId)
    }
    if (priceTicks > 0) this.set(own, priceTicks, lots, updateId)
  }

  private set(own: Half, priceTicks: number, lots: number, updateId: number): void {
    const level = own.levels.get(priceTicks)
    if (level !== undefined && level.updateId > updateId) return
    const before = level?.lots ?? 0
    if (level === undefined) {
      if (lots === 0) return
      own.levels.set(priceTicks, { lots, taken: 0, updateId })
      own.sorted.splice(indexOf(own, priceTicks), 0, priceTicks)
    } else if (lots === 0) {
      own.levels.delete(priceTicks)
      own.sorted.splice(indexOf(own, priceTicks), 1)
    } else {
      level.updateId = updateId
      level.lots = lots
      // What is left of a level is what was there before: the lots we took are the last to come back.
      level.taken = Math.min(level.taken, lots)
    }
    if (before !== lots) this.changed(own.side, priceTicks, before, lots)
  }
}

/** Where a price stands or belongs in `sorted`. */
const indexOf = ({ sorted, sign }: Half, priceTicks: number): number => {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sign * (sorted[middle]! - priceTicks) < 0) low = middle + 1
    else high = middle
  }
  return low
}
