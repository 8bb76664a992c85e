/**
 * Markets taken from one thing that happens to the next: a recorded frame (with all of the same microsecond), or the end
 * of a tenth of a second, at which depth is published. Synchronous; between two steps market time stands still, so that
 * whatever orders come are worked at the time of the last one.
 */
import { stepUs } from "./Driver.ts"
import type { Market } from "./Market.ts"

export interface MarketStepsOptions {
  /** Their frames ahead must be held: see `nextUs`. */
  readonly markets: ReadonlyArray<Market>
  /** After each step. */
  readonly onStep: (marketUs: number) => void
}

export class MarketSteps {
  readonly #options: MarketStepsOptions
  #marketUs: number

  constructor(options: MarketStepsOptions) {
    this.#options = options
    this.#marketUs = Math.min(...options.markets.map((market) => market.startUs))
  }

  /** The time the markets have been advanced to. */
  get marketUs(): number {
    return this.#marketUs
  }

  /** All recordings are over. */
  get ended(): boolean {
    return this.#options.markets.every((market) => market.ended())
  }

  /**
   * When the next frame of any market is due; undefined where a market does not know and has not ended. All frames up to
   * then must be held before the next step, those of the same microsecond included.
   */
  get nextUs(): number | undefined {
    let next = Number.MAX_SAFE_INTEGER
    for (const market of this.#options.markets) {
      const due = market.nextEventUs()
      if (due === undefined && !market.ended()) return undefined
      next = Math.min(next, due ?? next)
    }
    return next
  }

  /** Every market has a bid and an ask, or nothing comes any more: where trading may begin. */
  get isOpen(): boolean {
    const isTwoSided = (market: Market): boolean => market.top().bidTicks > 0 && market.top().askTicks > 0
    return this.ended || this.#options.markets.every(isTwoSided)
  }

  /** Takes one step, at most to that time. False where that time is reached, or all is over. */
  step(untilUs: number): boolean {
    const { markets, onStep } = this.#options
    if (this.ended || this.#marketUs >= untilUs) return false
    const boundaryUs = this.#marketUs - (this.#marketUs % stepUs) + stepUs
    let nextUs = Math.min(untilUs, boundaryUs)
    for (const market of markets) nextUs = Math.min(nextUs, Math.max(this.#marketUs, market.nextEventUs() ?? nextUs))
    // First the time: what happens within the step happens at it.
    this.#marketUs = nextUs
    for (const market of markets) market.advanceTo(nextUs)
    onStep(nextUs)
    return true
  }
}
