/** What a runner is made with, what it counts, and what of it goes on elsewhere. */
import type { Instrument } from "./Instrument.ts"
import type { RandomSnapshot } from "./SeededRandom.ts"

export interface SignalCount {
  count: number
  last: number
}

/** Everything needed to go on elsewhere; the strategy's own state in its schema's encoded form. */
export interface RunnerSnapshot<S> {
  readonly state: S
  readonly random: RandomSnapshot
  readonly timers: ReadonlyArray<readonly [string, number]>
}

export interface RunnerOptions {
  readonly instruments: ReadonlyArray<Instrument>
  readonly seed: number
  /** Intents that may wait to be taken; one more throws. Default: no bound. */
  readonly intentsMax?: number
}
