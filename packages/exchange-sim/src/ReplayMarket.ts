/**
 * A market that replays a recording or mirrors a live source: its frames rule the public book and prints, and accounts'
 * orders meet them.
 *
 * Takers walk the recorded book (and accounts' orders in it) and what they take is gone; makers wait behind the recorded
 * queue of their level (an iceberg with all its lots: the recording has nobody to hide from) and trade when prints reach or pass them, or when the recorded book comes to cross them. Nothing
 * trades more than was recorded. The market time is the receive time, so the recording keeps its own rhythm. Between a
 * break of the stream and the next snapshot the market is closed: the last book stands, and nothing trades with it.
 */
import {
  type BookEvent,
  type Depth,
  type Match,
  type Rehearsal,
  requireSensible
} from "@outcry/matching/MatchingEngine"
import type { Instrument } from "@outcry/model/Instrument"
import { opposite, type Side, sides, signOf } from "@outcry/model/MarketData"
import type { FrameSource } from "./FrameSource.ts"
import type { Market, MarketListener, MarketOrder, MarketTop } from "./Market.ts"
import { PublicFeed } from "./PublicFeed.ts"
import { type QueuedOrder, QueuedOrders } from "./QueuedOrders.ts"
import { RecordedBook } from "./RecordedBook.ts"
import { isByQuote, type Part, ReplayBook } from "./ReplayBook.ts"
import { ReplayFrames, type TimedStep } from "./ReplayFrames.ts"
import type { ReplayDiff, ReplaySnapshot, ReplayTrade } from "./ReplayStep.ts"

export interface ReplayMarketOptions {
  readonly instrument: Instrument
  readonly source: FrameSource
  readonly listener: MarketListener
  /** Starts again when the recording is over, times shifted; default false: the market then says `ended`. */
  readonly loop?: boolean
  /** Frames held in memory; default 20,000. */
  readonly framesMax?: number
  /** Trade ids count up from here; default 1. */
  readonly firstTradeId?: number
}

/** Diffs held back until the first snapshot; more than any recording has before it. */
const heldDiffsMax = 1_000

export class ReplayMarket implements Market {
  readonly instrument: Instrument
  readonly startUs: number
  private readonly source: FrameSource
  private readonly symbol: string
  private readonly frames: ReplayFrames
  private readonly feed: PublicFeed
  private readonly listener: MarketListener
  private readonly orders = new QueuedOrders()
  private readonly recorded = new RecordedBook((side, priceTicks, before, after) => {
    this.orders.levelChanged(side, priceTicks, before, after, this.nowUs)
    this.feed.touch(side, priceTicks)
  })
  private readonly book = new ReplayBook(this.recorded, this.orders)
  private readonly beginsWithSnapshot: boolean
  private nowUs: number
  private round = 0
  private nextTradeId: number
  /** Diffs that wait for the snapshot; undefined once the book stands. */
  private held: Array<ReplayDiff> | undefined
  private lastUpdateId = 0
  private gapsSeen = 0
  private broken = false

  constructor(options: ReplayMarketOptions) {
    const { instrument, source, listener } = options
    const symbol = instrument.symbol.replace("/", "").toLowerCase()
    if (!source.symbols.includes(symbol)) {
      throw new RangeError(
        `The recording holds ${source.symbols.join(", ")} but not ${symbol}: name a file of it or leave out ${instrument.symbol}`
      )
    }
    this.instrument = instrument
    this.source = source
    this.symbol = symbol
    this.startUs = source.startUs
    this.nowUs = source.startUs
    this.nextTradeId = options.firstTradeId ?? 1
    this.beginsWithSnapshot = source.beginsWithSnapshot(symbol)
    this.held = this.beginsWithSnapshot ? [] : undefined
    const { loop = false, framesMax = 20_000 } = options
    this.frames = new ReplayFrames({ instrument, source, symbol, loop, framesMax })
    this.listener = listener
    this.feed = new PublicFeed(listener, this.book)
  }

  prepare(timeUs: number): Promise<number> {
    return this.frames.fill(timeUs)
  }

  /** Replays what is held up to that time: call `prepare` first. */
  advanceTo(timeUs: number): void {
    for (let next = this.frames.peek(); next !== undefined && next.timeUs <= timeUs; next = this.frames.peek()) {
      this.frames.drop()
      this.nowUs = Math.max(this.nowUs, next.timeUs)
      this.apply(next)
      this.feed.flush(this.nowUs)
      this.listener.onSettled?.(this.nowUs)
    }
    this.nowUs = Math.max(this.nowUs, timeUs)
  }

  nextEventUs(): number | undefined {
    return this.frames.peek()?.timeUs
  }

  ended(): boolean {
    return this.frames.ended()
  }

  closed(): boolean {
    return this.broken
  }

  /** How often the recorded diffs did not follow on one another: the book may be off since then. */
  gaps(): number {
    return this.gapsSeen
  }

  /** Lets go of the source, closing the file being read; the market stays as it is. */
  close(): Promise<void> {
    return this.frames.close()
  }

  /** Advances to that time first, as far as frames are held. While the market is closed an order expires at once. */
  submit(order: MarketOrder, timeUs: number): void {
    requireSensible(order)
    if (order.orderId < 0 || order.ownerId <= 0)
      throw new RangeError(`Order ${order.orderId}: an account's ids are above 0`)
    if (this.orders.has(order.orderId)) throw new RangeError(`Order ${order.orderId} already rests in the book`)
    this.advanceTo(timeUs)
    const reason = this.broken ? undefined : this.book.refusal(order)
    if (this.broken) this.emit({ type: "removed", orderId: order.orderId, lots: order.lots, reason: "expired" })
    else if (reason === undefined) this.work(order)
    else this.emit({ type: "refused", orderId: order.orderId, reason })
    this.feed.flush(this.nowUs)
  }

  cancel(orderId: number, timeUs: number): boolean {
    this.advanceTo(timeUs)
    const order = this.orders.remove(orderId)
    if (order === undefined) return false
    this.feed.touch(order.side, order.priceTicks)
    this.emit({ type: "removed", orderId, lots: order.lots, reason: "canceled" })
    this.feed.flush(this.nowUs)
    return true
  }

  reduce(orderId: number, lots: number, timeUs: number): boolean {
    this.advanceTo(timeUs)
    const order = this.orders.reduce(orderId, lots)
    if (order === undefined) return false
    this.feed.touch(order.side, order.priceTicks)
    this.emit({ type: "reduced", orderId, lots })
    this.feed.flush(this.nowUs)
    return true
  }

  rehearse(order: MarketOrder): Rehearsal {
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

  hash(): string {
    return this.feed.hash()
  }

  private work(order: MarketOrder): void {
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
  private prevent({ orderId, selfTrade }: MarketOrder, { maker, priceTicks }: Part, takerLots: number): void {
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
  private trade(order: MarketOrder, { priceTicks, lots, maker }: Part, takerRemainingLots: number): void {
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

  private apply({ step, round }: TimedStep): void {
    if (round !== this.round) this.startAgain(round)
    if (step.type === "trade") return this.tradeRecorded(step)
    if (step.type === "break") return this.breakOff()
    if (step.type === "snapshot") this.stand(step)
    else if (step.type === "diff") this.diff(step)
    else if (this.held === undefined) {
      this.recorded.ticker(step.updateId, step.bidTicks, step.bidLots, step.askTicks, step.askLots)
    }
    if (this.broken) return
    if (this.source.distrust === undefined || !this.isCrossed()) return this.uncross()
    this.breakOff()
    this.source.distrust(this.symbol, "its best bid is not below its best ask")
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

  /** Update ids begin again; the old book stands until there is a snapshot, or else goes. */
  private startAgain(round: number): void {
    this.round = round
    this.lastUpdateId = 0
    if (this.beginsWithSnapshot) this.held = []
    else this.recorded.reset(0, [], [])
  }

  private stand(snapshot: ReplaySnapshot): void {
    this.recorded.reset(snapshot.updateId, snapshot.bids, snapshot.asks)
    this.lastUpdateId = snapshot.updateId
    const held = this.held ?? []
    this.held = undefined
    this.broken = false
    for (const diff of held) this.diff(diff)
  }

  private diff(diff: ReplayDiff): void {
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
  private tradeRecorded({ priceTicks, lots, buyerIsMaker, venueUs }: ReplayTrade): void {
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
