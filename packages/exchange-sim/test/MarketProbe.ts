/** A listener that keeps everything and rebuilds the public book from what it is told, as a client would. */
import type { DepthChange, MarketListener, MarketTop, MarketTrade } from "@outcry/matching/MarketListener"
import type { BookEvent, Match } from "@outcry/matching/MatchingEngine"
import type { Market, MarketOrder } from "../src/Market.ts"

/** An order of an account: `buy 5 at 100`, changed by what is given. */
export const accountOrder = (orderId: number, order: Partial<MarketOrder>): MarketOrder => ({
  orderId,
  ownerId: 1,
  side: "buy",
  type: "limit",
  priceTicks: 100,
  lots: 5,
  quoteTickLots: 0,
  timeInForce: "GTC",
  postOnly: false,
  displayLots: 0,
  selfTrade: "NONE",
  ...order
})

export class MarketProbe implements MarketListener {
  readonly events: Array<{ readonly event: BookEvent; readonly timeUs: number }> = []
  readonly trades: Array<MarketTrade> = []
  steps = 0
  levelsChanged = 0
  top: MarketTop = { bidTicks: 0, bidLots: 0, askTicks: 0, askLots: 0 }
  private readonly book = { bids: new Map<number, number>(), asks: new Map<number, number>() }
  private readonly keep: boolean

  /** With `keep` false events and trades are counted by the caller's overrides only: for long runs. */
  constructor(keep = true) {
    this.keep = keep
  }

  onBookEvent(event: BookEvent, timeUs: number): void {
    if (this.keep) this.events.push({ event: { ...event }, timeUs })
  }

  onTrade(trade: MarketTrade): void {
    if (this.keep) this.trades.push(trade)
  }

  onTop(top: MarketTop): void {
    const same = (["bidTicks", "bidLots", "askTicks", "askLots"] as const).every((each) => top[each] === this.top[each])
    if (same) throw new Error(`The top was told again without a change: ${JSON.stringify(top)}`)
    this.top = top
  }

  onDepthChanged(change: DepthChange): void {
    this.steps += 1
    for (const side of ["bids", "asks"] as const) {
      const levels = change[side]
      for (let index = 0; index < levels.length; index += 2) {
        this.levelsChanged += 1
        if (levels[index + 1] === 0) this.book[side].delete(levels[index]!)
        else this.book[side].set(levels[index]!, levels[index + 1]!)
      }
    }
  }

  /** Events of one order. */
  of(orderId: number): ReadonlyArray<BookEvent> {
    const names = (event: BookEvent): boolean =>
      event.type === "match"
        ? event.makerOrderId === orderId || event.takerOrderId === orderId
        : event.orderId === orderId
    return this.events.map(({ event }) => event).filter(names)
  }

  matches(orderId: number): ReadonlyArray<Match> {
    return this.of(orderId).filter((event) => event.type === "match")
  }

  filledLots(orderId: number): number {
    return this.matches(orderId).reduce((sum, match) => sum + match.lots, 0)
  }

  /** The rebuilt book in the shape of `Market.depth`. */
  depth(levels: number): { readonly bids: ReadonlyArray<number>; readonly asks: ReadonlyArray<number> } {
    const bids = [...this.book.bids].toSorted((a, b) => b[0] - a[0])
    const asks = [...this.book.asks].toSorted((a, b) => a[0] - b[0])
    return { bids: bids.slice(0, levels).flat(), asks: asks.slice(0, levels).flat() }
  }
}

/** Prepares and advances to that time, however many steps that takes. */
export const runTo = async (market: Market, timeUs: number): Promise<void> => {
  for (;;) {
    const ready = await market.prepare(timeUs)
    market.advanceTo(ready)
    if (ready >= timeUs || market.ended()) return
  }
}
