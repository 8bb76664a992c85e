/**
 * Moves the markets by the wall clock. Market time runs from the markets' own start (for a recording: its recorded
 * time) at `speed`; the venue's time, which frames and candles bear, is the wall clock at which that market time is
 * due: equal to real time at speed 1, so that clients can compare frames with `/api/v3/time`, signatures and their own
 * clocks. At `max` a recording runs as fast as it can be read and frames bear the time they were sent at.
 */
import type { Market } from "./Market.ts"

export type Speed = number | "max"

export interface DriverOptions {
  readonly markets: ReadonlyArray<Market>
  readonly speed: Speed
  /** Market time to run through before the start, at once: its prints lie in the past. */
  readonly warmUpUs: number
  /** Wall clock, epoch milliseconds with fractions. */
  readonly nowMs: () => number
  /** After each step of market time, at the latest every 100 ms of it. */
  readonly onStep: (marketUs: number) => void
  /** All recordings are over; once. */
  readonly onEnded: () => void
  readonly onFailure: (error: unknown) => void
}

const pauseMs = 4
export const stepUs = 100_000

export class Driver {
  readonly #options: DriverOptions
  /** Market time and wall time that belong together. */
  readonly #anchorUs: number
  #anchorMs: number
  #marketUs: number
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #ended = false

  constructor(options: DriverOptions) {
    this.#options = options
    const startUs = Math.min(...options.markets.map((market) => market.startUs))
    this.#anchorUs = startUs + options.warmUpUs
    this.#anchorMs = options.nowMs()
    this.#marketUs = startUs
  }

  /** The time the markets have been advanced to. */
  get marketUs(): number {
    return this.#marketUs
  }

  /** The venue's time of a market time, epoch milliseconds, whole. */
  venueMsOf(marketUs: number): number {
    const { nowMs, speed } = this.#options
    if (speed === "max") return Math.floor(nowMs())
    return Math.floor(this.#anchorMs + (marketUs - this.#anchorUs) / 1_000 / speed)
  }

  /** Resolves when the markets have run through the warm-up; from then on they run by themselves. */
  async start(): Promise<void> {
    await this.#advance(this.#anchorUs)
    // The warm-up took a moment; the market goes on from now.
    this.#anchorMs = this.#options.nowMs()
    this.#schedule()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    if (this.#stopped) return
    const pause = this.#options.speed === "max" && !this.#ended ? 0 : pauseMs
    this.#timer = setTimeout(() => {
      this.#advance(this.#targetUs()).then(
        () => this.#schedule(),
        (error: unknown) => this.#options.onFailure(error)
      )
    }, pause)
  }

  #targetUs(): number {
    const { nowMs, speed } = this.#options
    if (speed === "max") return this.#ended ? this.#marketUs : this.#marketUs + stepUs
    return this.#anchorUs + Math.floor((nowMs() - this.#anchorMs) * 1_000 * speed)
  }

  async #advance(targetUs: number): Promise<void> {
    const { markets, onEnded, onStep } = this.#options
    while (this.#marketUs < targetUs && !this.#stopped) {
      const boundaryUs = this.#marketUs - (this.#marketUs % stepUs) + stepUs
      let readyUs = Math.min(targetUs, boundaryUs)
      for (const market of markets) readyUs = Math.min(readyUs, await market.prepare(readyUs))
      for (const market of markets) market.advanceTo(readyUs)
      this.#marketUs = Math.max(this.#marketUs, readyUs)
      onStep(this.#marketUs)
      if (this.#ended || !markets.every((market) => market.ended())) continue
      this.#ended = true
      onEnded()
    }
  }
}
