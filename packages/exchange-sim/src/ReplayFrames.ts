/**
 * One symbol's frames ahead of market time, in a bounded buffer: read from their source as needed, their times never
 * going backwards, from the beginning again where a recording loops.
 */
import type { RecordedStep } from "@outcry/matching/RecordedStep"
import type { Instrument } from "@outcry/model/Instrument"
import type { FrameSource } from "./FrameSource.ts"
import type { RecordedFrame } from "./RecordedFrame.ts"
import { stepOf } from "./ReplayStep.ts"

export interface TimedStep {
  readonly step: RecordedStep
  /** Market time: the receive time, later by the length of the recording for each time it was looped. */
  readonly timeUs: number
  /** 0 for the first time through the recording. */
  readonly round: number
}

export interface ReplayFramesOptions {
  readonly source: FrameSource
  readonly instrument: Instrument
  readonly symbol: string
  readonly loop: boolean
  /** Most frames held; one batch of the source more can come. */
  readonly framesMax: number
}

/** Between the last frame of one round and the first of the next. */
const pauseUs = 1_000_000

export class ReplayFrames {
  private readonly options: ReplayFramesOptions
  private batches: AsyncGenerator<ReadonlyArray<RecordedFrame>, void>
  private buffer: Array<TimedStep> = []
  private head = 0
  private round = 0
  private shiftUs = 0
  private lastUs = 0
  private exhausted = false
  /** All that has been received is held; more may come. */
  private caughtUp = false
  private reading: Promise<void> = Promise.resolve()

  constructor(options: ReplayFramesOptions) {
    this.options = options
    this.batches = options.source.frames(options.symbol)
  }

  /** The next frame, left where it is. */
  peek(): TimedStep | undefined {
    return this.buffer[this.head]
  }

  drop(): void {
    this.head += 1
    // Now and then, so that dropping one frame costs nothing.
    if (this.head >= 4096 || this.head === this.buffer.length) {
      this.buffer = this.buffer.slice(this.head)
      this.head = 0
    }
  }

  /** No frame is left and none will come. */
  ended(): boolean {
    return this.exhausted && this.head >= this.buffer.length
  }

  /** Reads until the frames up to that time are held, or the buffer is full; resolves with the time they reach. Rejects as the source does. */
  async fill(timeUs: number): Promise<number> {
    // One reader at a time: a generator's batches would come out of order otherwise.
    const turn = this.reading.then(() => this.readUntil(timeUs))
    this.reading = turn.catch(() => {})
    await turn
    return this.exhausted || this.caughtUp ? timeUs : Math.min(timeUs, this.lastUs)
  }

  /** Closes the file being read. */
  async close(): Promise<void> {
    this.exhausted = true
    await this.batches.return()
  }

  private async readUntil(timeUs: number): Promise<void> {
    this.caughtUp = false
    while (
      !this.exhausted &&
      !this.caughtUp &&
      this.lastUs <= timeUs &&
      this.buffer.length - this.head < this.options.framesMax
    ) {
      const next = await this.batches.next()
      if (next.done === true) this.again()
      else if (next.value.length === 0) this.caughtUp = true
      else for (const frame of next.value) this.push(frame)
    }
  }

  private push(frame: RecordedFrame): void {
    this.lastUs = Math.max(this.lastUs, frame.receivedUs + this.shiftUs)
    this.buffer.push({ step: stepOf(this.options.instrument, frame), timeUs: this.lastUs, round: this.round })
  }

  private again(): void {
    const { source, symbol, loop } = this.options
    if (!loop || source.endUs === undefined) {
      this.exhausted = true
      return
    }
    this.round += 1
    this.shiftUs += source.endUs - source.startUs + pauseUs
    this.batches = source.frames(symbol)
  }
}
