/**
 * Moves the markets in lock-step: only when it is asked to, until there is something to tell. The venue's time, which
 * frames, executions and candles bear, is market time itself; signatures and receive windows keep the real clock.
 */
import type { Market } from "./Market.ts"
import { MarketSteps } from "./MarketSteps.ts"

export interface LockStepDriverOptions {
  readonly markets: ReadonlyArray<Market>
  /** After each step of market time. */
  readonly onStep: (marketUs: number) => void
  /** All recordings are over; once. */
  readonly onEnded: () => void
}

/** Frames are read ahead of market time by at least this much at once. */
const aheadUs = 10_000_000

export class LockStepDriver {
  readonly #options: LockStepDriverOptions
  readonly #steps: MarketSteps
  #endTold = false

  constructor(options: LockStepDriverOptions) {
    this.#options = options
    this.#steps = new MarketSteps(options)
  }

  get marketUs(): number {
    return this.#steps.marketUs
  }

  get ended(): boolean {
    return this.#steps.ended
  }

  /** Market time, epoch milliseconds, whole. */
  venueMsOf(marketUs: number): number {
    return Math.floor(marketUs / 1_000)
  }

  /** Resolves when every book has two sides. */
  async start(): Promise<void> {
    await this.advance(Number.MAX_SAFE_INTEGER, () => this.#steps.isOpen)
  }

  /** Steps until there is enough, that time is reached or all is over. Rejects where a recording cannot be read. */
  async advance(untilUs: number, isEnough: () => boolean): Promise<void> {
    while (!isEnough()) {
      for (const market of this.#steps.lacking) await this.#prepare(market)
      if (!this.#steps.step(untilUs)) break
    }
    if (!this.#steps.ended || this.#endTold) return
    this.#endTold = true
    this.#options.onEnded()
  }

  stop(): void {
    // Nothing moves by itself.
  }

  async #prepare(market: Market): Promise<void> {
    for (let untilUs = this.marketUs; market.nextEventUs() === undefined && !market.ended();)
      await market.prepare((untilUs += aheadUs))
  }
}
