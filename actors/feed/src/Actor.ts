/**
 * The shell of a feed: reads the venue's stream, lets the state stamp it, and publishes each chunk once, packed, to at
 * most one stream per node. A subscriber that falls behind misses chunks and sees it by the sequence.
 */
import * as Names from "@outcry/telemetry/SpanNames"
import * as Attributes from "@outcry/telemetry/Attributes"
import { SpanRecorder } from "@outcry/telemetry/SpanRecorder"
import { causeTrace } from "@outcry/telemetry/TraceContext"
import type { MarketEvent } from "@outcry/model/MarketData"
import { priceText } from "@outcry/model/Instrument"
import { MarketData } from "@outcry/venue/MarketData"
import { Clock, Context, Duration, Effect, PubSub, Schedule, Stream } from "effect"
import { Entity } from "effect/cluster"
import { pack } from "./FeedCodec.ts"
import { Feed, FeedStatus } from "./Protocol.ts"
import { FeedState } from "./State.ts"

/** Chunks a slow node may be behind before it misses some. */
const chunksBehindMax = 512
const barTick = Duration.millis(100)

/** What the feed needs from its node besides the venue. */
export class FeedHost extends Context.Service<
  FeedHost,
  {
    readonly node: string
    /** Raises and returns the epoch of a feed that starts anew; durable. */
    readonly raiseEpoch: (instrument: string) => Effect.Effect<number>
  }
>()("@outcry/actor-feed/FeedHost") {}

const nowUs = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos / 1000n))

const build = Effect.gen(function* () {
  const address = yield* Entity.CurrentAddress
  const host = yield* FeedHost
  const venues = yield* MarketData
  const spans = yield* SpanRecorder
  const id: string = address.entityId
  const venue = id.slice(0, id.indexOf(":"))
  const again = Schedule.min([Schedule.exponential("200 millis"), Schedule.spaced("5 seconds")])
  const session = yield* venues.session(venue).pipe(Effect.retry(again), Effect.orDie)
  const instruments = yield* session.instruments.pipe(Effect.retry(again), Effect.orDie)
  const instrument = instruments.find((known) => known.id === id)
  if (instrument === undefined)
    return yield* Effect.die(new Error(`${id} is not traded at ${venue}; correct the floor's instruments`))
  const feedEpoch = yield* host.raiseEpoch(id)
  const state = new FeedState(id, feedEpoch)
  const hub = yield* PubSub.sliding<Uint8Array>(chunksBehindMax)
  let subscribers = 0

  const publish = (events: ReadonlyArray<MarketEvent>): Effect.Effect<void> =>
    events.length === 0
      ? Effect.void
      : Effect.flatMap(nowUs, (now) => {
          state.publishedAt(events, now)
          return PubSub.publish(hub, pack(feedEpoch, events))
        })

  yield* session.subscribe(instrument).pipe(
    Stream.runForEach((chunk) => Effect.suspend(() => publish(state.take(chunk)))),
    Effect.forkScoped
  )
  yield* Effect.gen(function* () {
    const now = yield* nowUs
    const { offsetUs } = yield* session.clockOffset
    if (state.condition === "live") yield* publish(state.tick(now + offsetUs, now))
  }).pipe(Effect.repeat(Schedule.spaced(barTick)), Effect.forkScoped)

  return Feed.of({
    Events: () =>
      Stream.unwrap(
        Effect.gen(function* () {
          const subscription = yield* PubSub.subscribe(hub)
          subscribers += 1
          yield* Effect.addFinalizer(() => Effect.sync(() => void subscribers--))
          return Stream.concat(
            Stream.sync(() => pack(feedEpoch, state.opening())),
            Stream.fromSubscription(subscription)
          )
        })
      ),
    RecentBars: ({ payload }) =>
      Effect.sync(() => pack(feedEpoch, state.recentBars(payload.intervalUs, payload.count))),
    RecordCause: ({ payload }) =>
      Effect.sync(() => {
        const times = payload.feedEpoch === feedEpoch ? state.timesOf(payload.seq) : undefined
        if (times === undefined) return
        spans.recordUnsafe({
          ...causeTrace(id, feedEpoch, payload.seq),
          name: Names.FEED_TICK,
          startUs: times.receivedUs,
          endUs: times.publishedUs,
          attributes: {
            ...Attributes.order({ instrument: id, venue }),
            [Attributes.FEED_EPOCH]: feedEpoch,
            [Attributes.FEED_SEQ]: payload.seq
          }
        })
      }),
    Status: () =>
      Effect.gen(function* () {
        const now = yield* nowUs
        const { offsetUs } = yield* session.clockOffset
        const text = (ticks: number): string => (ticks > 0 ? priceText(instrument, ticks) : "")
        const quote = state.latestQuote()
        return new FeedStatus({
          instrument: id,
          node: host.node,
          feedEpoch,
          seq: state.seq,
          condition: state.condition,
          bid: text(quote?.bidTicks ?? 0),
          ask: text(quote?.askTicks ?? 0),
          last: text(state.lastTradeTicks),
          ageMs: state.lastReceived === 0 ? 0 : Math.max(0, (now - state.lastReceived) / 1000),
          gaps: state.gaps,
          subscribers,
          clockOffsetMs: offsetUs / 1000
        })
      })
  })
})

/** The feeds of this node. Streams run side by side, so handlers are concurrent; the state changes in one fiber only. */
export const layer = Feed.toLayer(build, {
  concurrency: "unbounded",
  maxIdleTime: Duration.infinity,
  mailboxCapacity: 4096,
  disableFatalDefects: true
})
