/**
 * One side of the fast book: price levels, each a linked queue of orders. Levels lie in pages of neighbouring prices with a
 * bitmap that says which of them are there, so that finding, adding and dropping a level costs the same however many
 * there are. Levels and pages are pooled: after warming up nothing here allocates.
 */
import type { Side } from "@outcry/model/MarketData"
import type { SelfTradePrevention } from "./MatchingEngine.ts"

export interface Level {
  priceTicks: number
  /** Shown in the book. */
  lots: number
  /** Behind what icebergs show. */
  hidden: number
  head: Resting | undefined
  tail: Resting | undefined
  page: Page | undefined
  slot: number
}

export interface Resting {
  orderId: number
  ownerId: number
  /** Shown. */
  lots: number
  hidden: number
  display: number
  selfTrade: SelfTradePrevention
  ladder: Ladder
  level: Level
  previous: Resting | undefined
  next: Resting | undefined
}

const pageBits = 8
const pageSize = 1 << pageBits
const words = pageSize >> 5

interface Page {
  number: number
  readonly levels: Array<Level | undefined>
  readonly bitmap: Int32Array
  count: number
}

/** Keys rise from the best price to the worst: a bid's is its price below zero. `sign` is +1 for bids, −1 for asks. */
export class Ladder {
  readonly side: Side
  readonly sign: number
  /** The best level. */
  private top: Level | undefined
  private readonly pages = new Map<number, Page>()
  /** The same pages, the best first. */
  private readonly directory: Array<Page> = []
  private latest: Page | undefined
  private readonly spareLevels: Array<Level> = []
  private readonly sparePages: Array<Page> = []

  constructor(side: Side) {
    this.side = side
    this.sign = side === "buy" ? 1 : -1
  }

  best(): Level | undefined {
    return this.top
  }

  at(priceTicks: number): Level | undefined {
    const key = -this.sign * priceTicks
    const number = pageOf(key)
    return this.page(number)?.levels[key - number * pageSize]
  }

  /** The level behind that one. */
  after(level: Level): Level | undefined {
    const page = level.page!
    const found = firstFrom(page, level.slot + 1)
    if (found !== undefined) return found
    const next = this.directory[this.indexOf(page.number) + 1]
    return next === undefined ? undefined : firstFrom(next, 0)
  }

  /** Puts an order at the end of the queue of its level, making the level where there is none. */
  append(resting: Resting, priceTicks: number): void {
    const key = -this.sign * priceTicks
    const number = pageOf(key)
    const page = this.page(number) ?? this.openPage(number)
    const slot = key - number * pageSize
    const level = page.levels[slot] ?? this.open(priceTicks, page, slot)
    resting.ladder = this
    resting.level = level
    level.lots += resting.lots
    level.hidden += resting.hidden
    link(resting, level)
  }

  /** Takes an order out of its queue, and the level with it where it was the last. */
  remove(resting: Resting): void {
    const { level } = resting
    level.lots -= resting.lots
    level.hidden -= resting.hidden
    unlink(resting, level)
    if (level.head === undefined) this.drop(level)
  }

  /** Shows the next part of an iceberg, at the end of the queue. */
  refill(resting: Resting): void {
    const { display, hidden, level } = resting
    const lots = display < hidden ? display : hidden
    resting.lots = lots
    resting.hidden = hidden - lots
    level.lots += lots
    level.hidden -= lots
    if (resting.next === undefined) return
    unlink(resting, level)
    link(resting, level)
  }

  private page(number: number): Page | undefined {
    if (this.latest !== undefined && this.latest.number === number) return this.latest
    const page = this.pages.get(number)
    if (page !== undefined) this.latest = page
    return page
  }

  private openPage(number: number): Page {
    const page = this.sparePages.pop() ?? newPage()
    page.number = number
    this.pages.set(number, page)
    const { directory } = this
    const index = this.indexOf(number)
    directory.push(page)
    for (let at = directory.length - 1; at > index; at--) directory[at] = directory[at - 1]!
    directory[index] = page
    this.latest = page
    return page
  }

  private open(priceTicks: number, page: Page, slot: number): Level {
    const level = this.spareLevels.pop() ?? newLevel()
    level.priceTicks = priceTicks
    level.page = page
    level.slot = slot
    page.levels[slot] = level
    page.bitmap[slot >> 5]! |= 1 << (slot & 31)
    page.count += 1
    if (this.top === undefined || this.sign * (priceTicks - this.top.priceTicks) > 0) this.top = level
    return level
  }

  private drop(level: Level): void {
    if (this.top === level) this.top = this.after(level)
    const { slot } = level
    const page = level.page!
    page.levels[slot] = undefined
    page.bitmap[slot >> 5]! &= ~(1 << (slot & 31))
    page.count -= 1
    this.spareLevels.push(level)
    if (page.count === 0) this.dropPage(page)
  }

  private dropPage(page: Page): void {
    const { directory } = this
    const last = directory.length - 1
    for (let at = this.indexOf(page.number); at < last; at++) directory[at] = directory[at + 1]!
    directory.pop()
    this.pages.delete(page.number)
    if (this.latest === page) this.latest = undefined
    this.sparePages.push(page)
  }

  /** Where that page stands or belongs. */
  private indexOf(number: number): number {
    const { directory } = this
    let low = 0
    let high = directory.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (directory[middle]!.number < number) low = middle + 1
      else high = middle
    }
    return low
  }
}

const pageOf = (key: number): number => ((key | 0) === key ? key >> pageBits : Math.floor(key / pageSize))

/** The first level of a page from that slot on. */
const firstFrom = ({ bitmap, levels }: Page, slot: number): Level | undefined => {
  let word = slot >> 5
  if (word >= words) return undefined
  let bits = bitmap[word]! & (-1 << (slot & 31))
  while (bits === 0) {
    word += 1
    if (word === words) return undefined
    bits = bitmap[word]!
  }
  return levels[(word << 5) + 31 - Math.clz32(bits & -bits)]
}

const newPage = (): Page => ({
  number: 0,
  levels: new Array<Level | undefined>(pageSize).fill(undefined),
  bitmap: new Int32Array(words),
  count: 0
})

export const newLevel = (): Level => ({
  priceTicks: 0,
  lots: 0,
  hidden: 0,
  head: undefined,
  tail: undefined,
  page: undefined,
  slot: 0
})

const link = (resting: Resting, level: Level): void => {
  const { tail } = level
  resting.previous = tail
  resting.next = undefined
  if (tail === undefined) level.head = resting
  else tail.next = resting
  level.tail = resting
}

const unlink = ({ next, previous }: Resting, level: Level): void => {
  if (previous === undefined) level.head = next
  else previous.next = next
  if (next === undefined) level.tail = previous
  else next.previous = previous
}
