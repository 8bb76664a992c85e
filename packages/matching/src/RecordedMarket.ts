/**
 * A market in which accounts' orders meet recorded steps: those rule the public book and prints.
 *
 * Takers walk the recorded book (and accounts' orders in it) and what they take is gone; makers wait behind the recorded
 * queue of their level (an iceberg with all its lots: the recording has nobody to hide from) and trade when prints reach or
 * pass them, or when the recorded book comes to cross them. Nothing trades more than was recorded. Between a break of the
 * stream and the next snapshot the market is closed: the last book stands, and nothing trades with it.
 *
 * Synchronous, and time is what the caller says: the exchange's `ReplayMarket` feeds it from files as time passes, a
 * back-test from memory. Reads nothing and knows no clock.
 */
import { opposite, type Side, sides, signOf } from "@outcry/model/MarketData"
import type { MarketListener, MarketTop } from "./MarketListener.ts"
import {
  type BookEvent,
  type Depth,
  type Match,
  type NewOrder,
  type Rehearsal,
  requireSensible
} from "./MatchingEngine.ts"
import { PublicFeed } from "./PublicFeed.ts"
import { type QueuedOrder, QueuedOrders } from "./QueuedOrders.ts"
import { RecordedBook } from "./RecordedBook.ts"
import type { RecordedDiff, RecordedSnapshot, RecordedStep, RecordedTrade } from "./RecordedStep.ts"
import { isByQuote, type Part, ReplayBook } from "./ReplayBook.ts"

export interface RecordedMarketOptions {
  readonly listener: MarketListener
  /** Market time before the first step, epoch µs. */
  readonly startUs: number
  /** Whether a snapshot will come, so that the diffs before it have to wait for it. */
  readonly beginsWithSnapshot: boolean
  /** Trade ids count up from here; default 1. */
  readonly firstTradeId?: number
  /**
   * The book built from the steps is crossed, which no venue's is: the market has closed itself until the next snapshot.
   * Without it a crossed book is taken for what a recording can look like between two frames.
   */
  readonly distrust?: (why: string) => void
}

/** Diffs held back until the first snapshot; more than any recording has before it. */
const heldDiffsMax = 1_000

export class RecordedMarket {
  private readonly feed: PublicFeed
  private readonly listener: MarketListener
  private readonly orders = new QueuedOrders()
  private readonly recorded = new RecordedBook((side, priceTicks, before, after) => {
    this.orders.levelChanged(side, priceTicks, before, after, this.nowUs)
    this.feed.touch(side, priceTicks)
  })
  private readonly book = new ReplayBook(this.recorded, this.orders)
  private readonly beginsWithSnapshot: boolean
  private readonly distrust: ((why: string) => void) | undefined
  private nowUs: number
  private nextTradeId: number
  /** Diffs that wait for the snapshot; undefined once the book stands. */
  private held: Array<RecordedDiff> | undefined
  private lastUpdateId = 0
  private gapsSeen = 0
  private broken = false

  constructor(options: RecordedMarketOptions) {
    this.nowUs = options.startUs
    this.nextTradeId = options.firstTradeId ?? 1
    this.beginsWithSnapshot = options.beginsWithSnapshot
    this.held = this.beginsWithSnapshot ? [] : undefined
    this.distrust = options.distrust
    this.listener = options.listener
    this.feed = new PublicFeed(this.listener, this.book)
  }

  /** Market time, epoch µs. */
  get timeUs(): number {
    return this.nowUs
  }

  /** Goes on to that time without a step; earlier times do nothing. */
  passTo(timeUs: number): void {
    this.nowUs = Math.max(this.nowUs, timeUs)
  }

  /** Applies one recorded step at that time, and tells all that came of it. */
  apply(step: RecordedStep, timeUs: number): void {
    this.passTo(timeUs)
    this.take(step)
    this.feed.flush(this.nowUs)
    this.listener.onSettled?.(this.nowUs)
  }

  /** The recording begins again: so do its update ids; the old book stands until there is a snapshot, or else goes. */
  startAgain(): void {
    this.lastUpdateId = 0
    if (this.beginsWithSnapshot) this.held = []
    else this.recorded.reset(0, [], [])
  }

  /** Between a break and the next snapshot: the last book stands, and an order that comes expires at once. */
  closed(): boolean {
    return this.broken
  }

  /** How often the recorded diffs did not follow on one another: the book may be off since then. */
  gaps(): number {
    return this.gapsSeen
  }

  /** Works an order completely at the present time; throws a RangeError where it makes no sense (see `requireSensible`). */
  submit(order: NewOrder): void {
    requireSensible(order)
    if (order.orderId < 0 || order.ownerId <= 0)
      throw new RangeError(`Order ${order.orderId}: an account's ids are above 0`)
    if (this.orders.has(order.orderId)) throw new RangeError(`Order ${order.orderId} already rests in the book`)
    const reason = this.broken ? undefined : this.book.refusal(order)
    if (this.broken) this.emit({ type: "removed", orderId: order.orderId, lots: order.lots, reason: "expired" })
    else if (reason === undefined) this.work(order)
    else this.emit({ type: "refused", orderId: order.orderId, reason })
    this.feed.flush(this.nowUs)
  }

  /** Removes a resting order; false where it does not rest here. */
  cancel(orderId: number): boolean {
    const order = this.orders.remove(orderId)
    if (order === undefined) return false
    this.feed.touch(order.side, order.priceTicks)
    this.emit({ type: "removed", orderId, lots: order.lots, reason: "canceled" })
    this.feed.flush(this.nowUs)
    return true
  }

  /** Lowers a resting order to that many lots in its place; false where it does not rest here with more. */
  reduce(orderId: number, lots: number): boolean {
    const order = this.orders.reduce(orderId, lots)
    if (order === undefined) return false
    this.feed.touch(order.side, order.priceTicks)
    this.emit({ type: "reduced", orderId, lots })
    this.feed.flush(this.nowUs)
    return true
  }

  /** What an order would trade at once, as the book stands; changes nothing. */
  rehearse(order: NewOrder): Rehearsal {
    let [lots, tickLots] = [0, 0]
    for (const part of this.book.plan(order).parts) {
      if (part.prevented) continue
      lots += part.lots
      tickLots += part.lots * part.priceTicks
    }
    return { lots, tickLots }
  }

  depth(levels: number): Depth {
    return this.book.depth(levels)
  }

  top(): MarketTop {
    return this.book.top()
  }

  /** Hash of the public book and of all that has been emitted so far: equal runs hash equally. */
  hash(): string {
    return this.feed.hash()
  }

  private work(order: NewOrder): void {
    const { orderId, ownerId, side, priceTicks } = order
    const byQuote = isByQuote(order)
    const { parts, complete, ended } = this.book.plan(order)
    let rest = order.lots
    for (const part of parts) {
      if (part.prevented) this.prevent(order, part, byQuote ? 0 : rest)
      else {
        rest -= part.lots
        this.trade(order, part, byQuote ? 0 : rest)
      }
    }
    if (complete || ended) return
    if (order.type === "limit" && order.timeInForce === "GTC") {
      this.orders.add({ orderId, ownerId, side, priceTicks, lots: rest }, this.recorded.availableAt(side, priceTicks))
      this.feed.touch(side, priceTicks)
      this.emit({ type: "rested", orderId, side, priceTicks, lots: rest })
    } else {
      this.emit({ type: "removed", orderId, lots: byQuote ? 0 : rest, reason: "expired" })
    }
  }

  /** Ends maker, taker or both instead of a trade between them. */
  private prevent({ orderId, selfTrade }: NewOrder, { maker, priceTicks }: Part, takerLots: number): void {
    if (maker === undefined) return
    if (selfTrade !== "EXPIRE_TAKER") {
      this.orders.remove(maker.orderId)
      this.feed.touch(maker.side, priceTicks)
      this.emit({
        type: "prevented",
        orderId: maker.orderId,
        counterOrderId: orderId,
        priceTicks,
        lots: maker.lots
      })
    }
    if (selfTrade === "EXPIRE_MAKER") return
    this.emit({ type: "prevented", orderId, counterOrderId: maker.orderId, priceTicks, lots: takerLots })
  }

  /** One of our takers trades with recorded lots or with another of our orders. */
  private trade(order: NewOrder, { priceTicks, lots, maker }: Part, takerRemainingLots: number): void {
    const makerSide = opposite(order.side)
    if (maker === undefined) {
      this.recorded.take(makerSide, priceTicks, lots)
      this.orders.taken(makerSide, priceTicks, lots)
    }
    this.match({
      makerOrderId: maker?.orderId ?? 0,
      takerOrderId: order.orderId,
      makerOwnerId: maker?.ownerId ?? 0,
      takerOwnerId: order.ownerId,
      takerSide: order.side,
      priceTicks,
      lots,
      makerRemainingLots:
        maker === undefined ? this.recorded.availableAt(makerSide, priceTicks) : this.orders.fill(maker, lots),
      takerRemainingLots
    })
  }

  /** A recorded taker trades with one of our resting orders, at our price. */
  private fillMaker(maker: QueuedOrder, lots: number, recordedUs: number | undefined): void {
    const { orderId, ownerId, side, priceTicks } = maker
    this.match(
      {
        makerOrderId: orderId,
        takerOrderId: 0,
        makerOwnerId: ownerId,
        takerOwnerId: 0,
        takerSide: opposite(side),
        priceTicks,
        lots,
        makerRemainingLots: this.orders.fill(maker, lots),
        takerRemainingLots: 0
      },
      recordedUs
    )
  }

  private match(match: Omit<Match, "type" | "tradeId">, recordedUs?: number): void {
    const { priceTicks, lots, takerSide } = match
    const tradeId = this.nextTradeId++
    this.feed.touch(opposite(takerSide), priceTicks)
    this.emit({ type: "match", tradeId, ...match })
    this.print(tradeId, priceTicks, lots, takerSide === "sell", recordedUs)
  }

  private print(tradeId: number, priceTicks: number, lots: number, buyerIsMaker: boolean, recordedUs?: number): void {
    const print = { tradeId, priceTicks, lots, buyerIsMaker, timeUs: this.nowUs }
    this.feed.trade(recordedUs === undefined ? print : { ...print, recordedTimeUs: recordedUs })
  }

  private emit(event: BookEvent): void {
    this.feed.event(event, this.nowUs)
  }

  private take(step: RecordedStep): void {
    if (step.type === "trade") return this.tradeRecorded(step)
    if (step.type === "break") return this.breakOff()
    if (step.type === "snapshot") this.stand(step)
    else if (step.type === "diff") this.diff(step)
    else if (this.held === undefined) {
      this.recorded.ticker(step.updateId, step.bidTicks, step.bidLots, step.askTicks, step.askLots)
    }
    if (this.broken) return
    if (this.distrust === undefined || !this.isCrossed()) return this.uncross()
    this.breakOff()
    this.distrust("its best bid is not below its best ask")
  }

  /** No fill comes of a book that may be wrong; the levels, and our places in their queues, wait for the next snapshot. */
  private breakOff(): void {
    this.broken = true
    this.held = []
  }

  private isCrossed(): boolean {
    const [bid, ask] = [this.recorded.best("buy"), this.recorded.best("sell")]
    return bid !== undefined && ask !== undefined && bid >= ask
  }

  private stand(snapshot: RecordedSnapshot): void {
    this.recorded.reset(snapshot.updateId, snapshot.bids, snapshot.asks)
    this.lastUpdateId = snapshot.updateId
    const held = this.held ?? []
    this.held = undefined
    this.broken = false
    for (const diff of held) this.diff(diff)
  }

  private diff(diff: RecordedDiff): void {
    if (this.held !== undefined) {
      if (this.held.length >= heldDiffsMax) this.held.shift()
      this.held.push(diff)
      return
    }
    if (diff.updateId <= this.lastUpdateId) return
    if (this.lastUpdateId > 0 && diff.firstUpdateId > this.lastUpdateId + 1) this.gapsSeen += 1
    this.lastUpdateId = diff.updateId
    this.recorded.diff(diff.updateId, diff.bids, diff.asks)
  }

  /** A recorded print meets our orders first where they stand at a better price, then in their turn at its own. */
  private tradeRecorded({ priceTicks, lots, buyerIsMaker, venueUs }: RecordedTrade): void {
    if (this.broken) return this.print(this.nextTradeId++, priceTicks, lots, buyerIsMaker, venueUs)
    const side: Side = buyerIsMaker ? "buy" : "sell"
    let rest = lots
    for (const ours of this.orders.prices(side)) {
      if (signOf(side) * (ours - priceTicks) <= 0) break
      for (const maker of this.orders.at(side, ours).slice()) {
        const filled = Math.min(rest, maker.lots)
        if (filled === 0) break
        rest -= filled
        this.fillMaker(maker, filled, venueUs)
      }
    }
    for (const [maker, filled] of this.orders.printed(side, priceTicks, rest, this.nowUs)) {
      rest -= filled
      this.fillMaker(maker, filled, venueUs)
    }
    if (rest > 0) this.print(this.nextTradeId++, priceTicks, rest, buyerIsMaker, venueUs)
  }

  /** Where the recorded book has come to cross our orders, those who came would have traded with us. */
  private uncross(): void {
    for (const side of sides) {
      const other = opposite(side)
      for (let ours = this.orders.best(side); ours !== undefined; ours = this.orders.best(side)) {
        const theirs = this.recorded.best(other)
        if (theirs === undefined || signOf(side) * (ours - theirs) < 0) break
        const maker = this.orders.at(side, ours)[0]!
        const lots = Math.min(maker.lots, this.recorded.availableAt(other, theirs))
        this.recorded.take(other, theirs, lots)
        this.feed.touch(other, theirs)
        this.fillMaker(maker, lots, undefined)
      }
    }
  }
}
