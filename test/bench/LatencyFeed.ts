/**
 * What both processes of bench `latency` run: a feed whose venue is a metronome, and a listener that decides on each of
 * its quotes as a strategy does. Times are epoch µs of one clock that both processes share, CLOCK_MONOTONIC.
 */
import * as FeedActor from "@outcry/actor-feed/Actor"
import { FeedHub } from "@outcry/actor-feed/FeedHub"
import { make } from "@outcry/model/Instrument"
import { defineStrategy } from "@outcry/model/Strategy"
import { StrategyRunner } from "@outcry/model/StrategyRunner"
import { SpanRecorder } from "@outcry/telemetry/SpanRecorder"
import { btcUsdtSpec } from "@outcry/testkit/Instruments"
import { MarketData, type MarketDataSession, type VenueEvent } from "@outcry/venue/MarketData"
import { Effect, Layer, Queue, Schema, Stream } from "effect"

export const shards = 8
export const ratesPerSecond = [1_000, 10_000, 50_000] as const
export const secondsEach = 3

/** Several, so that one of them lives in the process that measures. */
export const instruments = Array.from({ length: 16 }, (_, index) => make({ ...btcUsdtSpec, symbol: `L${index}/USDT` }))

export const monotonicUs = (): number => Number(process.hrtime.bigint() / 1000n)

export interface Percentiles {
  readonly p50: number
  readonly p99: number
  readonly count: number
}

export const percentiles = (values: ReadonlyArray<number>): Percentiles => {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
  return { p50: at(0.5), p99: at(0.99), count: sorted.length }
}

/** Ticks of one venue at whatever rate is set; each stamped as it is made. */
export class Metronome {
  perSecond = 0
  private readonly readers = new Set<Queue.Queue<ReadonlyArray<VenueEvent>>>()
  /** What makes epoch µs of the monotonic clock. */
  readonly epochUs: number
  private ticks = 0

  constructor(epochUs: number) {
    this.epochUs = epochUs
  }

  get session(): MarketDataSession {
    return {
      subscribe: () =>
        Stream.unwrap(
          Effect.acquireRelease(
            Effect.gen({ self: this }, function* () {
              const reader = yield* Queue.unbounded<ReadonlyArray<VenueEvent>>()
              this.readers.add(reader)
              return reader
            }),
            (reader) => Effect.sync(() => this.readers.delete(reader))
          ).pipe(Effect.map((reader) => Stream.fromQueue(reader)))
        ),
      instruments: Effect.succeed(instruments),
      clockOffset: Effect.succeed({ offsetUs: 0, errorUs: 0 })
    }
  }

  /** As many as are due every millisecond, one chunk each: a socket's frames do not wait for one another either. */
  start(): () => void {
    let last = monotonicUs()
    let owed = 0
    const timer = setInterval(() => {
      const now = monotonicUs()
      owed += ((now - last) * this.perSecond) / 1e6
      last = now
      for (; owed >= 1; owed--) this.tick()
    }, 1)
    return () => clearInterval(timer)
  }

  private tick(): void {
    const timeReceived = monotonicUs() + this.epochUs
    const bidTicks = 6_000_000 + (this.ticks++ % 100)
    const event = {
      type: "quote",
      timeVenue: timeReceived,
      timeReceived,
      bidTicks,
      bidLots: 1000,
      askTicks: bidTicks + 1,
      askLots: 1000
    } as const
    for (const reader of this.readers) Queue.offerUnsafe(reader, [event])
  }
}

/** The feeds of a node, and its hub. */
export const feeds = (node: string, metronome: Metronome) => {
  let epoch = 0
  return FeedHub.layer(node).pipe(
    Layer.provideMerge(FeedActor.layer),
    Layer.provide([
      Layer.succeed(FeedActor.FeedHost, FeedActor.FeedHost.of({ node, raiseEpoch: () => Effect.sync(() => ++epoch) })),
      Layer.succeed(MarketData, MarketData.of({ session: () => Effect.succeed(metronome.session) })),
      SpanRecorder.layerNoop
    ])
  )
}

const eager = defineStrategy({
  name: "eager",
  version: 1,
  parameters: Schema.Struct({ instrument: Schema.String }),
  state: Schema.Struct({}),
  feeds: ({ instrument }) => [{ instrument, quotes: true }],
  initial: () => ({}),
  onQuote: (quote, ctx) => void ctx.buy(ctx.parameters.instrument, { price: quote.bidTicks, quantity: 1000 })
})

/** Decides on every quote of the feed; `took` hears how long after the tick each intent stood, in µs. */
export const decideOn = (
  hub: FeedHub["Service"],
  instrument: string,
  epochUs: number,
  took: (us: number, intentUs: number) => void
) => {
  const runner = new StrategyRunner(eager, { instrument }, { instruments, seed: 1 })
  return hub.subscribe(instrument).pipe(
    Stream.runForEach((chunk) =>
      Effect.sync(() => {
        for (const event of chunk) {
          runner.handle(event)
          const [intent] = runner.intents()
          if (intent === undefined) continue
          const now = monotonicUs() + epochUs
          took(now - event.timeReceived, now)
          runner.clearIntents()
          runner.orderEnded(
            { instrument, orderSeq: intent.intentSeq, status: "refused", filledLots: 0, reason: "" },
            event.timeReceived
          )
        }
      })
    )
  )
}
