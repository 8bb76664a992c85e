/**
 * A market that replays a recording or mirrors a live source: a `RecordedMarket` whose steps are read ahead of market
 * time. That time is the receive time of the frames, so the recording keeps its own rhythm.
 */
import type { MarketListener, MarketTop } from "@outcry/matching/MarketListener"
import type { Depth, NewOrder, Rehearsal } from "@outcry/matching/MatchingEngine"
import { RecordedMarket } from "@outcry/matching/RecordedMarket"
import type { Instrument } from "@outcry/model/Instrument"
import type { FrameSource } from "./FrameSource.ts"
import type { Market } from "./Market.ts"
import { ReplayFrames } from "./ReplayFrames.ts"

export interface ReplayMarketOptions {
  readonly instrument: Instrument
  readonly source: FrameSource
  readonly listener: MarketListener
  /** Starts again when the recording is over, times shifted; default false: the market then says `ended`. */
  readonly loop?: boolean
  /** Frames held in memory; default 20,000. */
  readonly framesMax?: number
  /** Trade ids count up from here; default 1. */
  readonly firstTradeId?: number
}

export class ReplayMarket implements Market {
  readonly instrument: Instrument
  readonly startUs: number
  private readonly frames: ReplayFrames
  private readonly recorded: RecordedMarket
  private round = 0

  constructor(options: ReplayMarketOptions) {
    const { firstTradeId = 1, framesMax = 20_000, instrument, listener, loop = false, source } = options
    const symbol = instrument.symbol.replace("/", "").toLowerCase()
    if (!source.symbols.includes(symbol)) {
      throw new RangeError(
        `The recording holds ${source.symbols.join(", ")} but not ${symbol}: name a file of it or leave out ${instrument.symbol}`
      )
    }
    this.instrument = instrument
    this.startUs = source.startUs
    this.frames = new ReplayFrames({ instrument, source, symbol, loop, framesMax })
    const beginsWithSnapshot = source.beginsWithSnapshot(symbol)
    const { startUs } = source
    this.recorded = new RecordedMarket({
      listener,
      startUs,
      beginsWithSnapshot,
      firstTradeId,
      ...(source.distrust === undefined ? {} : { distrust: (why) => source.distrust?.(symbol, why) })
    })
  }

  prepare(timeUs: number): Promise<number> {
    return this.frames.fill(timeUs)
  }

  /** Replays what is held up to that time: call `prepare` first. */
  advanceTo(timeUs: number): void {
    for (let next = this.frames.peek(); next !== undefined && next.timeUs <= timeUs; next = this.frames.peek()) {
      this.frames.drop()
      if (next.round !== this.round) {
        this.round = next.round
        this.recorded.startAgain()
      }
      this.recorded.apply(next.step, next.timeUs)
    }
    this.recorded.passTo(timeUs)
  }

  nextEventUs(): number | undefined {
    return this.frames.peek()?.timeUs
  }

  ended(): boolean {
    return this.frames.ended()
  }

  closed(): boolean {
    return this.recorded.closed()
  }

  /** How often the recorded diffs did not follow on one another: the book may be off since then. */
  gaps(): number {
    return this.recorded.gaps()
  }

  /** Lets go of the source, closing the file being read; the market stays as it is. */
  close(): Promise<void> {
    return this.frames.close()
  }

  /** Advances to that time first, as far as frames are held. While the market is closed an order expires at once. */
  submit(order: NewOrder, timeUs: number): void {
    this.advanceTo(timeUs)
    this.recorded.submit(order)
  }

  cancel(orderId: number, timeUs: number): boolean {
    this.advanceTo(timeUs)
    return this.recorded.cancel(orderId)
  }

  reduce(orderId: number, lots: number, timeUs: number): boolean {
    this.advanceTo(timeUs)
    return this.recorded.reduce(orderId, lots)
  }

  rehearse(order: NewOrder): Rehearsal {
    return this.recorded.rehearse(order)
  }

  depth(levels: number): Depth {
    return this.recorded.depth(levels)
  }

  top(): MarketTop {
    return this.recorded.top()
  }

  hash(): string {
    return this.recorded.hash()
  }
}
