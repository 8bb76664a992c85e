/**
 * A node's side of the feeds: one stream per feed and node, however many strategies and clients listen; the events of a
 * feed of the same process come by a call beside it. Each listener has its own bounded queue; one that falls behind loses
 * whole chunks and is told so by a gap, then gets the book anew.
 */
import type { LockStep } from "@outcry/lockstep/LockStep"
import { patienceMs } from "@outcry/lockstep/Patience"
import { Doors } from "./Doors.ts"
import { UnreadableChunk, unpack } from "./FeedCodec.ts"
import { Feed } from "./Protocol.ts"
import type { Bar, FeedPosition, GapReason, MarketEvent, Quote } from "@outcry/model/MarketData"
import type { TraceContext } from "@outcry/model/Order"
import { OrderBook } from "@outcry/model/OrderBook"
import * as Metrics from "@outcry/telemetry/Metrics"
import { Clock, Context, Duration, Effect, Layer, Metric, Queue, Schedule, Scope, Stream } from "effect"
import type { Sharding } from "effect/cluster"
import { randomUUID } from "node:crypto"

/** Chunks a listener may be behind. */
const listenerChunksMax = 256
/** Silence after which a stream that has not ended is taken for dead: a feed says every second that it is alive. */
const silence = Duration.seconds(4)

/** A quote that stands is confirmed by whatever is heard of its feed, at most this often: each time its readers look anew. */
const confirmedEveryUs = 500_000

/** Pause before a broken stream is opened again. */
const againAfter = "100 millis"

type Chunk = ReadonlyArray<MarketEvent>

/** The feed's stream missed chunks: it is opened again rather than traded on what is left. */
class Missed {
  readonly _tag = "Missed"
  readonly reason: GapReason
  constructor(reason: GapReason) {
    this.reason = reason
  }
}

/** One feed as this node sees it. */
interface Line {
  readonly listeners: Set<Queue.Queue<Chunk>>
  readonly overrun: WeakSet<Queue.Queue<Chunk>>
  readonly book: OrderBook
  bookWhole: boolean
  quote: Quote | undefined
  /** When this node last heard that the quote stands, by its own clock. */
  confirmedUs: number
  position: { feedEpoch: number; seq: number }
  /** The first chunk of a stream stands for the present and may start anywhere. */
  opening: boolean
  /** Listeners were told of a break that has not been told as over. */
  interrupted: boolean
}

export class FeedHub extends Context.Service<
  FeedHub,
  {
    /** Every event from now on, after the present book and quote; chunks as they came. Ends with its scope only. */
    readonly subscribe: (instrument: string) => Stream.Stream<Chunk>
    /**
     * The latest quote this node has; opens the feed's stream on first use. `timeReceived` is when this node last heard
     * that it stands, by this node's clock: nodes' clocks differ, and a quiet market is not a stale one.
     */
    readonly quote: (instrument: string) => Quote | undefined
    readonly recentBars: (instrument: string, intervalUs: number, count: number) => Effect.Effect<ReadonlyArray<Bar>>
    /** Tells the feed that a strategy acted on this event, and under which root its trace goes on. */
    readonly recordTick: (tick: FeedPosition, root: TraceContext) => Effect.Effect<void>
  }
>()("@outcry/actor-feed/FeedHub") {
  static readonly layer = (node: string, lockStep?: LockStep): Layer.Layer<FeedHub, never, Sharding.Sharding> =>
    Layer.effect(FeedHub, make(node, lockStep))
}

const unpacked = (instrument: string, bytes: Uint8Array): Chunk | UnreadableChunk => {
  try {
    return unpack(instrument, bytes)
  } catch (error) {
    if (error instanceof UnreadableChunk) return error
    throw error
  }
}

const make = Effect.fnUntraced(function* (node: string, lockStep: LockStep | undefined) {
  const client = yield* Feed.client
  const scope = yield* Effect.scope
  const services = yield* Effect.context<never>()
  const doors = yield* Doors
  const clock = yield* Clock.Clock
  const lines = new Map<string, Line>()

  const send = (line: Line, chunk: Chunk): void => {
    for (const listener of line.listeners) {
      if (line.overrun.has(listener) || Queue.isFullUnsafe(listener)) line.overrun.add(listener)
      else Queue.offerUnsafe(listener, chunk)
    }
  }

  const opening = (line: Line, instrument: string): Chunk => {
    const at = { instrument, ...line.position }
    const events: Array<MarketEvent> = []
    const time = line.quote?.timeReceived ?? 0
    if (line.bookWhole) {
      const { asks, bids } = line.book.depth()
      events.push({ type: "delta", ...at, timeVenue: time, timeReceived: time, snapshot: true, bids, asks })
    }
    if (line.quote !== undefined) events.push({ ...line.quote, ...at })
    return events
  }

  const gap = (line: Line, instrument: string, reason: GapReason, timeUs: number, resumed: boolean): MarketEvent => ({
    type: "gap",
    instrument,
    ...line.position,
    timeVenue: timeUs,
    timeReceived: timeUs,
    reason,
    resumed
  })

  /** Nothing is known any more: no quote and no book until the feed has sent them anew. */
  const forget = (line: Line): void => {
    line.bookWhole = false
    line.quote = undefined
    line.book.clear()
  }

  const broken = (line: Line, instrument: string, reason: GapReason, timeUs: number): void => {
    lockStep?.startsAnew(`the stream of ${instrument}`)
    forget(line)
    line.opening = true
    if (!line.interrupted) send(line, [gap(line, instrument, reason, timeUs, false)])
    line.interrupted = true
  }

  const apply = (line: Line, event: MarketEvent): void => {
    if (event.type === "quote") line.quote = event
    else if (event.type === "delta") {
      if (event.snapshot) line.bookWhole = true
      if (line.bookWhole) line.book.apply(event)
    } else if (event.type === "gap") {
      if (event.resumed) line.interrupted = false
      else forget(line)
    }
  }

  const confirm = (line: Line, chunk: Chunk): void => {
    const now = clock.currentTimeMillisUnsafe() * 1000
    const isDue = Math.abs(now - line.confirmedUs) >= confirmedEveryUs
    if (isDue || chunk.some(({ type }) => type === "quote")) line.confirmedUs = now
  }

  /** In lock-step everything is timed by the replay. */
  const standing = ({ confirmedUs, quote }: Line): Quote | undefined =>
    quote === undefined || lockStep !== undefined ? quote : { ...quote, timeReceived: confirmedUs }

  /** What a chunk of the feed sets in motion; a chunk before it that is missing ends the stream. */
  const receive = (line: Line, instrument: string, chunk: Chunk): Missed | undefined => {
    const { opening } = line
    const wasInterrupted = line.interrupted
    for (const event of chunk) {
      const sameFeed = event.feedEpoch === line.position.feedEpoch
      if (!opening && !(sameFeed && event.seq === line.position.seq + 1))
        return new Missed(sameFeed ? "overrun" : "moved")
      line.position = { feedEpoch: event.feedEpoch, seq: event.seq }
      line.opening = false
      apply(line, event)
    }
    confirm(line, chunk)
    if (chunk.length > 0) send(line, chunk)
    // The stream alone had broken, the feed had not: nobody else says that it is over.
    if (wasInterrupted && line.interrupted && line.bookWhole) {
      line.interrupted = false
      send(line, [gap(line, instrument, "moved", chunk.at(-1)?.timeReceived ?? 0, true)])
    }
    return undefined
  }

  /** The feed's stream, by its door where it is in this process. Ends when the feed does. */
  const follow = (line: Line, instrument: string) =>
    Effect.suspend(() => {
      const door = randomUUID()
      let isOpen = true
      let missed: Missed | undefined
      doors.set(door, (events) => {
        if (isOpen && missed === undefined) missed = receive(line, instrument, events)
      })
      return client(instrument)
        .Events({ node, door })
        .pipe(
          Stream.timeout(lockStep === undefined ? silence : Duration.millis(patienceMs)),
          Stream.runForEach((bytes) =>
            Effect.suspend((): Effect.Effect<void, Missed | UnreadableChunk> => {
              const chunk = unpacked(instrument, bytes)
              if (chunk instanceof UnreadableChunk) return Effect.fail(chunk)
              missed ??= receive(line, instrument, chunk)
              return missed === undefined ? Effect.void : Effect.fail(missed)
            })
          ),
          Effect.ensuring(
            Effect.sync(() => {
              isOpen = false
              doors.delete(door)
            })
          )
        )
    })

  const run = (line: Line, instrument: string) =>
    follow(line, instrument).pipe(
      Effect.as<GapReason>("moved"),
      Effect.catchTag("Missed", ({ reason }) =>
        Effect.as(
          Metric.update(Metric.withAttributes(Metrics.feedGaps, { feed: instrument, kind: "fanout" }), 1),
          reason
        )
      ),
      Effect.catchCause((cause) =>
        Effect.as(Effect.logDebug(`feed ${instrument} interrupted`, cause), "moved" as const)
      ),
      Effect.flatMap((reason) =>
        Effect.map(Clock.currentTimeMillis, (ms) => broken(line, instrument, reason, ms * 1000))
      ),
      Effect.andThen(Effect.sleep(againAfter)),
      Effect.forever
    )

  const lineOf = (instrument: string): Line => {
    const known = lines.get(instrument)
    if (known !== undefined) return known
    const line: Line = {
      listeners: new Set(),
      overrun: new WeakSet(),
      book: new OrderBook(),
      bookWhole: false,
      quote: undefined,
      confirmedUs: 0,
      position: { feedEpoch: 0, seq: 0 },
      opening: true,
      interrupted: false
    }
    lines.set(instrument, line)
    if (lockStep !== undefined)
      Effect.runSyncWith(services)(
        Scope.provide(
          lockStep.stage(`events of ${instrument}`, "hub", () => line.position.seq),
          scope
        )
      )
    Effect.runForkWith(services)(Effect.forkIn(run(line, instrument), scope))
    return line
  }

  /** After an overrun: the gap, then the book and quote of the present, then live again. */
  const rejoin = (line: Line, instrument: string, listener: Queue.Queue<Chunk>): Chunk => {
    if (!line.overrun.has(listener) || Queue.sizeUnsafe(listener) > 0) return []
    line.overrun.delete(listener)
    const timeUs = line.quote?.timeReceived ?? 0
    const lost = gap(line, instrument, "overrun", timeUs, false)
    // While the feed itself is interrupted, its own resumption comes later.
    if (!line.bookWhole) return [lost]
    return [lost, ...opening(line, instrument), gap(line, instrument, "overrun", timeUs, true)]
  }

  const subscribe = (instrument: string): Stream.Stream<Chunk> =>
    Stream.unwrap(
      Effect.gen(function* () {
        const line = lineOf(instrument)
        const listener = yield* Effect.acquireRelease(Queue.bounded<Chunk>(listenerChunksMax), (queue) =>
          Effect.sync(() => void line.listeners.delete(queue))
        )
        line.listeners.add(listener)
        const first = opening(line, instrument)
        if (first.length > 0) Queue.offerUnsafe(listener, first)
        const take = Effect.map(Queue.takeAll(listener), (chunks): Chunk => {
          const again = rejoin(line, instrument, listener)
          return chunks.length === 1 && again.length === 0 ? chunks[0] : [...chunks.flat(), ...again]
        })
        return Stream.fromEffect(take).pipe(Stream.forever)
      })
    )

  return FeedHub.of({
    subscribe,
    quote: (instrument) => standing(lineOf(instrument)),
    recentBars: (instrument, intervalUs, count) =>
      client(instrument)
        .RecentBars({ intervalUs, count })
        .pipe(
          Effect.timeout("2 seconds"),
          Effect.retry({ times: 3, schedule: Schedule.spaced("300 millis") }),
          Effect.map((bytes) => unpack(instrument, bytes).filter((event): event is Bar => event.type === "bar")),
          Effect.catchCause(() => Effect.succeed([]))
        ),
    recordTick: (tick, root) =>
      client(tick.instrument)
        .RecordTick({ feedEpoch: tick.feedEpoch, seq: tick.seq, traceId: root.traceId, spanId: root.spanId })
        .pipe(Effect.timeout("2 seconds"), Effect.ignoreCause)
  })
})
