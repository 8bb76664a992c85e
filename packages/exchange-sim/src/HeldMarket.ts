/**
 * A market whose recorded steps are all in memory: what `ReplayMarket` does from files, without waiting. For back-tests.
 */
import type { MarketListener, MarketTop } from "@outcry/matching/MarketListener"
import type { Depth, NewOrder, Rehearsal } from "@outcry/matching/MatchingEngine"
import { RecordedMarket } from "@outcry/matching/RecordedMarket"
import type { Instrument } from "@outcry/model/Instrument"
import type { FrameSource } from "./FrameSource.ts"
import { wireSymbol } from "./Listings.ts"
import type { Market } from "./Market.ts"
import { ReplayFrames, type TimedStep } from "./ReplayFrames.ts"

/** One instrument's recording as it is replayed once. */
export interface HeldRecording {
  readonly instrument: Instrument
  readonly steps: ReadonlyArray<TimedStep>
  /** First market time, epoch µs: that of the whole recording, whichever instrument it begins with. */
  readonly startUs: number
  readonly beginsWithSnapshot: boolean
}

/** Reads one instrument's steps whole. Rejects with a RecordingError. */
export const holdRecording = async (source: FrameSource, instrument: Instrument): Promise<HeldRecording> => {
  const symbol = wireSymbol(instrument).toLowerCase()
  const frames = new ReplayFrames({ instrument, source, symbol, loop: false, framesMax: Number.MAX_SAFE_INTEGER })
  await frames.fill(Number.MAX_SAFE_INTEGER)
  const steps: Array<TimedStep> = []
  for (let next = frames.peek(); next !== undefined; next = frames.peek()) {
    steps.push(next)
    frames.drop()
  }
  return { instrument, steps, startUs: source.startUs, beginsWithSnapshot: source.beginsWithSnapshot(symbol) }
}

export class HeldMarket implements Market {
  readonly instrument: Instrument
  readonly startUs: number
  readonly #steps: ReadonlyArray<TimedStep>
  readonly #recorded: RecordedMarket
  #at = 0

  constructor({ beginsWithSnapshot, instrument, startUs, steps }: HeldRecording, listener: MarketListener) {
    this.instrument = instrument
    this.startUs = startUs
    this.#steps = steps
    this.#recorded = new RecordedMarket({ listener, startUs, beginsWithSnapshot })
  }

  prepare(timeUs: number): Promise<number> {
    return Promise.resolve(timeUs)
  }

  advanceTo(timeUs: number): void {
    for (let next = this.#steps[this.#at]; next !== undefined && next.timeUs <= timeUs; next = this.#steps[this.#at]) {
      this.#at += 1
      this.#recorded.apply(next.step, next.timeUs)
    }
    this.#recorded.passTo(timeUs)
  }

  nextEventUs(): number | undefined {
    return this.#steps[this.#at]?.timeUs
  }

  ended(): boolean {
    return this.#at >= this.#steps.length
  }

  closed(): boolean {
    return this.#recorded.closed()
  }

  submit(order: NewOrder, timeUs: number): void {
    this.advanceTo(timeUs)
    this.#recorded.submit(order)
  }

  cancel(orderId: number, timeUs: number): boolean {
    this.advanceTo(timeUs)
    return this.#recorded.cancel(orderId)
  }

  reduce(orderId: number, lots: number, timeUs: number): boolean {
    this.advanceTo(timeUs)
    return this.#recorded.reduce(orderId, lots)
  }

  rehearse(order: NewOrder): Rehearsal {
    return this.#recorded.rehearse(order)
  }

  depth(levels: number): Depth {
    return this.#recorded.depth(levels)
  }

  top(): MarketTop {
    return this.#recorded.top()
  }

  hash(): string {
    return this.#recorded.hash()
  }
}
