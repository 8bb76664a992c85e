/**
 * Moves the markets by the wall clock. Market time runs from the markets' own start (for a recording: its recorded
 * time) at `speed`; the venue's time, which frames and candles bear, is the wall clock at which that market time is
 * due: equal to real time at speed 1, so that clients can compare frames with `/api/v3/time`, signatures and their own
 * clocks. At `max` a recording runs as fast as it can be read and frames bear the time they were sent at; when it is over,
 * time goes on at the pace of the clock, since accounts still trade with the last book. With a live source market time is
 * the wall clock.
 */
import { setImmediate as others } from "node:timers/promises"
import type { Market } from "./Market.ts"

export type Speed = number | "max"

export interface DriverOptions {
  readonly markets: ReadonlyArray<Market>
  readonly speed: Speed
  /** Market time to run through before the start, at once: its prints lie in the past. */
  readonly warmUpUs: number
  /** Market time is the wall clock: frames are due when they are received. */
  readonly live: boolean
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
/** Steps at a stretch: a market that catches up must not keep the connections from being served. */
const stepsAtOnce = 5

export class Driver {
  readonly #options: DriverOptions
  /** Market time and wall time that belong together. */
  #anchorUs: number
  #anchorMs: number
  #marketUs: number
  #lastMs = 0
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #ended = false

  constructor(options: DriverOptions) {
    this.#options = options
    const startUs = Math.min(...options.markets.map((market) => market.startUs))
    this.#anchorUs = startUs + options.warmUpUs
    this.#anchorMs = options.live ? startUs / 1_000 : options.nowMs()
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
    await this.#advance(this.#options.live ? this.#targetUs() : this.#anchorUs)
    // The warm-up took a moment; the market goes on from now.
    if (!this.#options.live) this.#anchorMs = this.#options.nowMs()
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
    const { speed } = this.#options
    if (speed === "max" && !this.#ended) return this.#marketUs + stepUs
    return this.#anchorUs + Math.floor((this.#nowMs() - this.#anchorMs) * 1_000 * (speed === "max" ? 1 : speed))
  }

  /** Market time goes on where the clock is set back: a market that waited for it would trade on an old book meanwhile. */
  #nowMs(): number {
    const nowMs = this.#options.nowMs()
    if (nowMs < this.#lastMs) this.#anchorMs -= this.#lastMs - nowMs
    this.#lastMs = nowMs
    return nowMs
  }

  async #advance(targetUs: number): Promise<void> {
    const { markets, onEnded, onStep } = this.#options
    for (let step = 1; this.#marketUs < targetUs && !this.#stopped; step++) {
      if (step % stepsAtOnce === 0) await others()
      const boundaryUs = this.#marketUs - (this.#marketUs % stepUs) + stepUs
      let readyUs = Math.min(targetUs, boundaryUs)
      for (const market of markets) readyUs = Math.min(readyUs, await market.prepare(readyUs))
      for (const market of markets) market.advanceTo(readyUs)
      this.#marketUs = Math.max(this.#marketUs, readyUs)
      onStep(this.#marketUs)
      if (this.#ended || !markets.every((market) => market.ended())) continue
      this.#ended = true
      if (this.#options.speed === "max") {
        this.#anchorUs = this.#marketUs
        this.#anchorMs = this.#options.nowMs()
      }
      onEnded()
    }
  }
}
