/**
 * A venue of quotes and trades. Behind the touch a book is assumed that is as deep at each further tick as the touch
 * itself. Where the data hold no quotes, each print stands for both sides of one to takers; who comes to rest at its price
 * stands behind as many lots as were printed.
 */
import type { Side } from "@outcry/model/MarketData"
import { type MarketTape, tapeCodes } from "./MarketTape.ts"
import type { VenueOrder } from "./SimulatedVenue.ts"
import { TakerVenue, type TakerVenueOptions } from "./TakerVenue.ts"

/** Depth that is assumed behind the touch. */
export const levelsMaxDefault = 10

export class QuoteVenue extends TakerVenue {
  private readonly printsOnly: boolean
  private bidTicks = 0
  private bidLots = 0
  private askTicks = 0
  private askLots = 0

  /** `printsOnly`: the data have no quotes, prints stand for them. */
  constructor(options: TakerVenueOptions & { readonly printsOnly: boolean }) {
    super(options)
    this.printsOnly = options.printsOnly
  }

  advance(tape: MarketTape, row: number): void {
    switch (tape.code[row]) {
      case tapeCodes.quote:
        this.bidTicks = tape.a[row]!
        this.bidLots = tape.b[row]!
        this.askTicks = tape.c[row]!
        this.askLots = tape.d[row]!
        return this.priced(tape.time[row]!, true)
      case tapeCodes.trade: {
        const [ticks, lots] = [tape.a[row]!, tape.b[row]!]
        this.printed(ticks, lots, tape.c[row] === 1 ? "buy" : "sell", tape.time[row]!)
        if (!this.printsOnly) return
        this.bidTicks = this.askTicks = ticks
        this.bidLots = this.askLots = lots
        return this.priced(tape.time[row]!, false)
      }
      case tapeCodes.gap:
        if (tape.b[row] !== 1) this.split()
        return
      default:
    }
  }

  split(): void {
    this.bidTicks = 0
    this.askTicks = 0
  }

  protected ticksAt(side: Side, level: number): number {
    const touch = side === "buy" ? this.bidTicks : this.askTicks
    return touch === 0 ? 0 : side === "buy" ? Math.max(0, touch - level) : touch + level
  }

  protected lotsAt(side: Side, _level: number): number {
    return side === "buy" ? this.bidLots : this.askLots
  }

  protected standing(order: VenueOrder): number {
    const touch = order.side === "buy" ? this.bidTicks : this.askTicks
    if (touch === 0) return Number.NaN
    const better = order.side === "buy" ? order.priceTicks - touch : touch - order.priceTicks
    return better > 0 ? 0 : better < 0 ? Number.NaN : this.lotsAt(order.side, 0)
  }
}
