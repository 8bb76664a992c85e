/**
 * Which bars a strategy has had, and how many it still needs before it may trade. Past bars and live ones overlap, and a
 * restored state has had some already: each bar is given once, in order. Pure.
 */
import type { Bar, MarketEvent } from "./MarketData.ts"
import type { FeedDeclaration } from "./Strategy.ts"

export interface WarmUpState {
  /** Opening time of the last bar given, by instrument. */
  readonly last: ReadonlyArray<readonly [string, number]>
  /** Bars still needed, by instrument. */
  readonly left: ReadonlyArray<readonly [string, number]>
}

export class WarmUp {
  private readonly last: Map<string, number>
  private readonly left: Map<string, number>
  private readonly intervals = new Map<string, number>()

  constructor(feeds: ReadonlyArray<FeedDeclaration>, restored: WarmUpState | undefined) {
    this.last = new Map(restored?.last)
    this.left = new Map(restored?.left)
    for (const { barSeconds, instrument, warmupBars } of feeds) {
      if (barSeconds === undefined) continue
      this.intervals.set(instrument, barSeconds * 1_000_000)
      if (restored === undefined) this.left.set(instrument, warmupBars ?? 0)
    }
  }

  get state(): WarmUpState {
    return { last: Array.from(this.last), left: Array.from(this.left) }
  }

  /** Bars that the feed furthest behind still needs. */
  get barsLeft(): number {
    return Math.max(0, ...this.left.values())
  }

  /** Those not given before; each is taken as given now. */
  fresh(bars: ReadonlyArray<Bar>): ReadonlyArray<Bar> {
    return bars.filter((bar) => this.isFresh(bar))
  }

  /** False for a bar that was given before; true for anything else. Call once per event. */
  isFresh(event: MarketEvent): boolean {
    if (event.type !== "bar" || event.intervalUs !== this.intervals.get(event.instrument)) return true
    if (event.timeOpen <= (this.last.get(event.instrument) ?? -1)) return false
    this.last.set(event.instrument, event.timeOpen)
    const left = this.left.get(event.instrument) ?? 0
    if (left > 0) this.left.set(event.instrument, left - 1)
    return true
  }
}
