/**
 * The shell of a feed: reads the venue's stream, lets the state stamp it, and publishes each chunk once to at most one
 * stream per node: packed, or by a call where the subscriber is in this process. A subscriber that falls behind misses
 * chunks and sees it by the sequence.
 */
import type { LockStep } from "@outcry/lockstep/LockStep"
import * as Metrics from "@outcry/telemetry/Metrics"
import * as Names from "@outcry/telemetry/SpanNames"
import * as Attributes from "@outcry/telemetry/Attributes"
import { SpanRecorder } from "@outcry/telemetry/SpanRecorder"
import type { MarketEvent } from "@outcry/model/MarketData"
import { priceText } from "@outcry/model/Instrument"
import { MarketData } from "@outcry/venue/MarketData"
import { Clock, Context, Duration, Effect, Metric, PubSub, Schedule, type Scope, Stream } from "effect"
import { Entity } from "effect/cluster"
import { type Door, Doors } from "./Doors.ts"
import { pack } from "./FeedCodec.ts"
import { Feed, FeedStatus } from "./Protocol.ts"
import { FeedState } from "./State.ts"

/** Chunks a slow node may be behind before it misses some. */
const chunksBehindMax = 512
const barTick = Duration.millis(100)
const aliveEvery = Duration.seconds(1)
const aliveEveryUs = 1_000_000

/** What the feed needs from its node besides the venue. */
export class FeedHost extends Context.Service<
  FeedHost,
  {
    readonly node: string
    /** Raises and returns the epoch of a feed that starts anew; durable. */
    readonly raiseEpoch: (instrument: string) => Effect.Effect<number>
    /** Absent in normal running. In lock-step bars are closed by trades alone. */
    readonly lockStep?: LockStep
  }
>()("@outcry/actor-feed/FeedHost") {}

/** Packed once, whatever the number of nodes that read it. */
interface Chunk {
  /** Of its first event; of the next one to come where it is empty. */
  readonly firstSeq: number
  readonly bytes: Uint8Array
}

const kinds = { quote: "quote", trade: "trade", delta: "book", bar: "bar", gap: undefined } as const

/** Counts what is published by kind, a chunk at a time. */
const makeTickCounts = (feed: string) => {
  const counters = new Map(
    ["quote", "trade", "book", "bar"].map((kind) => [kind, Metric.withAttributes(Metrics.feedTicks, { feed, kind })])
  )
  return Effect.fnUntraced(function* (events: ReadonlyArray<MarketEvent>) {
    const counts = new Map<string, number>()
    for (const { type } of events) {
      const kind = kinds[type]
      if (kind !== undefined) counts.set(kind, (counts.get(kind) ?? 0) + 1)
    }
    for (const [kind, count] of counts) yield* Metric.update(counters.get(kind)!, count)
  })
}

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
  const { lockStep } = host
  if (lockStep !== undefined) yield* lockStep.stage(`events of ${id}`, "feed", () => state.seq)
  const clock = yield* Clock.Clock
  const hub = yield* PubSub.sliding<Chunk>(chunksBehindMax)
  const ticks = makeTickCounts(id)
  const staleness = Metric.withAttributes(Metrics.feedStaleness, { feed: id })
  const offset = Metric.withAttributes(Metrics.clockOffset, { venue })
  const silenced = Effect.andThen(Metric.update(staleness, 0), Metric.update(offset, 0))
  yield* silenced
  // Its age grows where the feed goes to; here it would stand still.
  yield* Effect.addFinalizer(() => silenced)
  const doors = yield* Doors
  const near = new Set<Door>()
  let subscribers = 0
  let publishedUs = 0
  let gapsTold = 0

  /**
   * Two fibers publish: the venue's stream and the clock. Stamping and publishing are one step that no other fiber can
   * come between, so that chunks leave in the order of their sequence numbers.
   */
  const publish = (stamp: () => ReadonlyArray<MarketEvent>): Effect.Effect<void> =>
    Effect.suspend(() => {
      const events = stamp()
      const now = Number(clock.currentTimeNanosUnsafe() / 1000n)
      // Without news an empty chunk tells the nodes that the feed is alive.
      if (events.length === 0 && now - publishedUs < aliveEveryUs) return Effect.void
      publishedUs = now
      state.publishedAt(events, now)
      for (const door of near) door(events)
      if (subscribers > near.size)
        PubSub.publishUnsafe(hub, { firstSeq: state.seq - events.length + 1, bytes: pack(feedEpoch, events) })
      return ticks(events)
    })

  const lost = Effect.flatMap(nowUs, (timeReceived) =>
    publish(() => state.take([{ type: "gap", reason: "disconnected", resumed: false, timeVenue: 0, timeReceived }]))
  )
  // The stream ends only with its scope. Should it fail, what stood last is void, and is not confirmed by the clock.
  yield* session.subscribe(instrument).pipe(
    Stream.runForEach((chunk) => publish(() => state.take(chunk))),
    Effect.catchCause((cause) => Effect.logError(`feed ${id} no longer reads its venue; it begins anew`, cause)),
    Effect.andThen(lost),
    Effect.andThen(Effect.sleep(aliveEvery)),
    Effect.forever,
    Effect.forkScoped
  )
  yield* Effect.gen(function* () {
    const now = yield* nowUs
    const { offsetUs } = yield* session.clockOffset
    yield* publish(() => (state.condition === "live" && lockStep === undefined ? state.tick(now + offsetUs, now) : []))
    if (state.condition === "live") lockStep?.arrive(`feed ${id}`)
    yield* Metric.update(staleness, state.lastReceived === 0 ? 0 : Math.max(0, now - state.lastReceived) / 1e6)
    yield* Metric.update(offset, offsetUs / 1e6)
    if (state.gaps > gapsTold)
      yield* Metric.update(Metric.withAttributes(Metrics.feedGaps, { feed: id, kind: "book" }), state.gaps - gapsTold)
    gapsTold = state.gaps
  }).pipe(Effect.repeat(Schedule.spaced(barTick)), Effect.forkScoped)

  /** Begins with the opening, through that door; what is published next follows it. */
  const open = (door: Door): Effect.Effect<void, never, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.sync(() => {
        door(state.opening())
        near.add(door)
      }),
      () => Effect.sync(() => near.delete(door))
    )
  const alive = Stream.map(Stream.tick(aliveEvery), () => pack(feedEpoch, []))

  return Feed.of({
    Events: ({ payload }) =>
      Stream.unwrap(
        Effect.gen(function* () {
          subscribers += 1
          yield* Effect.addFinalizer(() => Effect.sync(() => void subscribers--))
          const door = payload.door === undefined ? undefined : doors.get(payload.door)
          if (door !== undefined) {
            yield* open(door)
            return alive
          }
          const subscription = yield* PubSub.subscribe(hub)
          const openedAt = state.seq
          const opening = pack(feedEpoch, state.opening())
          // What was published between listening and looking is in the opening already.
          const live = Stream.fromSubscription(subscription).pipe(
            Stream.filter(({ firstSeq }) => firstSeq > openedAt),
            Stream.map(({ bytes }) => bytes)
          )
          return Stream.concat(Stream.succeed(opening), live)
        })
      ),
    RecentBars: ({ payload }) =>
      Effect.sync(() => pack(feedEpoch, state.recentBars(payload.intervalUs, payload.count))),
    RecordTick: ({ payload }) =>
      Effect.sync(() => {
        const times = payload.feedEpoch === feedEpoch ? state.timesOf(payload.seq) : undefined
        if (times === undefined) return
        spans.recordUnsafe({
          traceId: payload.traceId,
          spanId: payload.spanId,
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
