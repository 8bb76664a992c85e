/**
 * What the public can see of one market: update ids, recent prints, candles, the last day; and the changes since a
 * stream was last flushed. Fed by the market, read by REST and the streams. Times are the venue's (epoch ms).
 */
import type { DepthChange, MarketTop, MarketTrade } from "@outcry/matching/MarketListener"
import type { Depth } from "@outcry/matching/MatchingEngine"
import type { Instrument } from "@outcry/model/Instrument"
import { type Candle, type Interval, Klines, type Print } from "./Klines.ts"
import type { Market } from "./Market.ts"

/** Prints of one price, side and instant, as the aggregate trade stream shows them. */
export interface AggregatePrint extends Print {
  readonly aggregateId: number
  readonly firstTradeId: number
  readonly lastTradeId: number
}

/** The changes of one depth frame; ids are gapless from frame to frame of the same speed. */
export interface DepthFrame {
  readonly firstUpdateId: number
  readonly lastUpdateId: number
  readonly bids: ReadonlyMap<number, number>
  readonly asks: ReadonlyMap<number, number>
}

export interface TapeListener {
  readonly onTrade: (tape: MarketTape, print: Print) => void
  readonly onAggregate: (tape: MarketTape, print: AggregatePrint) => void
  readonly onTop: (tape: MarketTape, top: MarketTop, updateId: number) => void
  readonly onCandleClosed: (tape: MarketTape, interval: Interval, candle: Candle) => void
}

const printsMost = 10_000

class Accumulator {
  #first: number | undefined
  #last = 0
  #bids = new Map<number, number>()
  #asks = new Map<number, number>()

  add(change: DepthChange, updateId: number): void {
    this.#first ??= updateId
    this.#last = updateId
    put(this.#bids, change.bids)
    put(this.#asks, change.asks)
  }

  take(): DepthFrame | undefined {
    if (this.#first === undefined) return undefined
    const frame = { firstUpdateId: this.#first, lastUpdateId: this.#last, bids: this.#bids, asks: this.#asks }
    this.#first = undefined
    this.#bids = new Map()
    this.#asks = new Map()
    return frame
  }
}

const put = (levels: Map<number, number>, flat: ReadonlyArray<number>): void => {
  for (let index = 0; index + 1 < flat.length; index += 2) levels.set(flat[index]!, flat[index + 1]!)
}

export class MarketTape {
  readonly symbol: string
  readonly market: Market
  readonly klines: Klines
  readonly #listener: TapeListener
  readonly #idBase: number
  readonly #fast = new Accumulator()
  readonly #slow = new Accumulator()
  #updateId: number
  #aggregateId = 0
  #pending: AggregatePrint | undefined
  #prints: Array<Print> = []
  #aggregates: Array<AggregatePrint> = []

  constructor(symbol: string, market: Market, idBase: number, listener: TapeListener) {
    this.symbol = symbol
    this.market = market
    this.#listener = listener
    this.#idBase = idBase
    this.#updateId = idBase + 1
    this.klines = new Klines(market.instrument, (interval, candle) => listener.onCandleClosed(this, interval, candle))
  }

  get instrument(): Instrument {
    return this.market.instrument
  }

  get updateId(): number {
    return this.#updateId
  }

  depth(levels: number): Depth {
    return this.market.depth(levels)
  }

  onDepthChanged(change: DepthChange): void {
    this.#updateId++
    this.#fast.add(change, this.#updateId)
    this.#slow.add(change, this.#updateId)
  }

  onTop(top: MarketTop): void {
    this.#listener.onTop(this, top, this.#updateId)
  }

  onTrade(trade: MarketTrade, timeMs: number): void {
    const print: Print = {
      tradeId: this.#idBase + trade.tradeId,
      priceTicks: trade.priceTicks,
      lots: trade.lots,
      buyerIsMaker: trade.buyerIsMaker,
      timeMs
    }
    this.#prints.push(print)
    if (this.#prints.length > 2 * printsMost) this.#prints = this.#prints.slice(-printsMost)
    this.klines.add(print)
    this.#listener.onTrade(this, print)
    this.#aggregate(print)
  }

  /** Ends the current aggregate and closes candles; to be called after each step of the market. */
  settle(timeMs: number): void {
    this.#flushAggregate()
    this.klines.advance(timeMs)
  }

  takeDepth(speed: "fast" | "slow"): DepthFrame | undefined {
    return speed === "fast" ? this.#fast.take() : this.#slow.take()
  }

  lastPrint(): Print | undefined {
    return this.#prints.at(-1)
  }

  prints(): ReadonlyArray<Print> {
    return this.#prints
  }

  aggregates(): ReadonlyArray<AggregatePrint> {
    return this.#aggregates
  }

  #aggregate(print: Print): void {
    const pending = this.#pending
    if (
      pending !== undefined &&
      pending.timeMs === print.timeMs &&
      pending.priceTicks === print.priceTicks &&
      pending.buyerIsMaker === print.buyerIsMaker
    ) {
      this.#pending = { ...pending, lots: pending.lots + print.lots, lastTradeId: print.tradeId }
      return
    }
    this.#flushAggregate()
    this.#pending = {
      ...print,
      aggregateId: this.#idBase + ++this.#aggregateId,
      firstTradeId: print.tradeId,
      lastTradeId: print.tradeId
    }
  }

  #flushAggregate(): void {
    const pending = this.#pending
    if (pending === undefined) return
    this.#pending = undefined
    this.#aggregates.push(pending)
    if (this.#aggregates.length > 2 * printsMost) this.#aggregates = this.#aggregates.slice(-printsMost)
    this.#listener.onAggregate(this, pending)
  }
}
