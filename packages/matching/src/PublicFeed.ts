/**
 * Collects what one market step changed and tells the listener in order: order events and prints at once, then the changed
 * levels and the top at the end of the step. Hashes all of it, so that equal runs can be told from different ones.
 */
import { type Side, sides } from "@outcry/model/MarketData"
import { BookHash } from "./BookHash.ts"
import type { MarketListener, MarketTop, MarketTrade } from "./MarketListener.ts"
import type { BookEvent } from "./MatchingEngine.ts"

/** The public book, as the feed reads it. */
export interface PublicBook {
  readonly lotsAt: (side: Side, priceTicks: number) => number
  readonly top: () => MarketTop
}

const eventTypes = ["rested", "refused", "removed", "reduced", "match", "prevented"] as const

export class PublicFeed {
  private readonly listener: MarketListener
  private readonly book: PublicBook
  private readonly changed = { buy: new Set<number>(), sell: new Set<number>() }
  private readonly eventsHash = new BookHash()
  private last: MarketTop = { bidTicks: 0, bidLots: 0, askTicks: 0, askLots: 0 }

  constructor(listener: MarketListener, book: PublicBook) {
    this.listener = listener
    this.book = book
  }

  /** A level may have changed in this step. */
  touch(side: Side, priceTicks: number): void {
    this.changed[side].add(priceTicks)
  }

  event(event: BookEvent, timeUs: number): void {
    this.eventsHash.add(timeUs)
    this.eventsHash.add(eventTypes.indexOf(event.type))
    if (event.type === "match") {
      this.eventsHash.add(event.makerOrderId)
      this.eventsHash.add(event.takerOrderId)
    } else {
      this.eventsHash.add(event.orderId)
      if (event.type !== "refused") this.eventsHash.add(event.lots)
    }
    this.listener.onBookEvent(event, timeUs)
  }

  trade(trade: MarketTrade): void {
    this.eventsHash.add(trade.tradeId)
    this.eventsHash.add(trade.priceTicks)
    this.eventsHash.add(trade.buyerIsMaker ? -trade.lots : trade.lots)
    this.eventsHash.add(trade.timeUs)
    this.listener.onTrade(trade)
  }

  /** Ends the step. */
  flush(timeUs: number): void {
    const { buy, sell } = this.changed
    if (buy.size === 0 && sell.size === 0) return
    const [bids, asks] = sides.map((side) => {
      const levels: Array<number> = []
      for (const priceTicks of this.changed[side]) levels.push(priceTicks, this.book.lotsAt(side, priceTicks))
      for (const number of levels) this.eventsHash.add(number)
      return levels
    })
    buy.clear()
    sell.clear()
    this.listener.onDepthChanged({ bids: bids!, asks: asks! }, timeUs)
    const top = this.book.top()
    const { bidTicks, bidLots, askTicks, askLots } = this.last
    this.last = top
    if (top.bidTicks === bidTicks && top.bidLots === bidLots && top.askTicks === askTicks && top.askLots === askLots)
      return
    this.listener.onTop(top, timeUs)
  }

  /** Hash of everything told so far. */
  hash(): string {
    return this.eventsHash.text()
  }
}
