/**
 * A venue of book deltas and trades: takers walk the recorded levels, makers wait behind the lots that stand at their price
 * and move up as those go. What takers took is back at the next delta: the recording knows nothing of us.
 */
import type { Side } from "@outcry/model/MarketData"
import type { OrderBook } from "@outcry/model/OrderBook"
import { type MarketTape, tapeCodes } from "./MarketTape.ts"
import type { VenueOrder } from "./SimulatedVenue.ts"
import { TakerVenue, type TakerVenueOptions } from "./TakerVenue.ts"

/** The book as its deltas build it. */
export interface BuiltBook {
  readonly book: OrderBook
  readonly apply: (tape: MarketTape, row: number) => void
}

// No shell around matching's RecordedMarket: a run chooses its model of the queue and of slippage and how deep takers walk,
// and takes of the levels what comes back at the next delta. There the queue is the recording's own, and what was taken
// stays gone until new lots appear at its level, as at an exchange; RecordedRun is the back-test over that core.
export class BookVenue extends TakerVenue {
  private readonly built: BuiltBook
  private readonly levelsMax: number
  /** Flat ticks and lots of a side, looked up when a taker walks; undefined after a change. */
  private depth: { readonly bids: ReadonlyArray<number>; readonly asks: ReadonlyArray<number> } | undefined

  constructor(options: TakerVenueOptions & { readonly built: BuiltBook }) {
    super(options)
    this.built = options.built
    this.levelsMax = options.levelsMax
  }

  advance(tape: MarketTape, row: number): void {
    switch (tape.code[row]) {
      case tapeCodes.delta:
        this.built.apply(tape, row)
        this.depth = undefined
        return this.priced(tape.time[row]!, true)
      case tapeCodes.trade:
        return this.printed(tape.a[row]!, tape.b[row]!, tape.c[row] === 1 ? "buy" : "sell", tape.time[row]!)
      case tapeCodes.gap:
        if (tape.b[row] !== 1) this.split()
        return
      default:
    }
  }

  split(): void {
    this.built.book.clear()
    this.depth = undefined
  }

  protected ticksAt(side: Side, level: number): number {
    if (level === 0) return side === "buy" ? this.built.book.bidTicks : this.built.book.askTicks
    return this.levels(side)[level * 2] ?? 0
  }

  protected lotsAt(side: Side, level: number): number {
    if (level === 0) return side === "buy" ? this.built.book.bidLots : this.built.book.askLots
    return this.levels(side)[level * 2 + 1] ?? 0
  }

  protected standing(order: VenueOrder): number {
    return this.built.book.lotsAt(order.side, order.priceTicks)
  }

  private levels(side: Side): ReadonlyArray<number> {
    this.depth ??= this.built.book.depth(this.levelsMax)
    return side === "buy" ? this.depth.bids : this.depth.asks
  }
}
