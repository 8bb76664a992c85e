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
  /** All frames up to this time are held. */
  #heldUs = 0
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
      await this.#prepare()
      if (!this.#steps.step(untilUs)) break
    }
    if (!this.#steps.ended || this.#endTold) return
    this.#endTold = true
    this.#options.onEnded()
  }

  stop(): void {
    // Nothing moves by itself.
  }

  /** Until all frames up to the next one, and all that share its time, are held. */
  async #prepare(): Promise<void> {
    for (;;) {
      const { ended, marketUs, nextUs } = this.#steps
      if (ended || (nextUs !== undefined && nextUs <= this.#heldUs)) return
      const untilUs = Math.max(this.#heldUs, marketUs, nextUs ?? 0) + aheadUs
      let heldUs = untilUs
      for (const market of this.#options.markets) {
        const readyUs = await market.prepare(untilUs)
        // Where its memory is full, frames of that very time may be missing.
        heldUs = Math.min(heldUs, readyUs < untilUs ? readyUs - 1 : readyUs)
      }
      this.#heldUs = heldUs
    }
  }
}
