/**
 * One venue's public data for this node: one combined-stream socket, shared by all instruments and all readers.
 *
 * Guarantees whole books or an open gap: subscribes on demand, fetches snapshots, notices a silent stream by asking
 * REST whether the book has moved on without it, and reconnects with back-off and jitter. Buffers are bounded.
 */
import type { LockStep } from "@outcry/lockstep/LockStep"
import type { Instrument } from "@outcry/model/Instrument"
import { Effect, Metric, Schedule, type Scope, Semaphore, Stream } from "effect"
import type { HttpClient } from "effect/http"
import { pause, pauseMs } from "../Backoff.ts"
import type { MarketDataSession, VenueEvent } from "../MarketData.ts"
import type { VenueAddress } from "../VenueAddress.ts"
import * as VenueClock from "../VenueClock.ts"
import type { VenueGate } from "../VenueGates.ts"
import * as VenueSocket from "../VenueSocket.ts"
import { FrameDecoder } from "./FrameDecoder.ts"
import { InstrumentChannel } from "./InstrumentChannel.ts"
import { MalformedFrame, wireSymbol } from "./MarketFrame.ts"
import * as PublicRest from "./PublicRest.ts"

export interface SessionOptions {
  /** A stream quiet for so long is compared with REST. */
  readonly freshnessMs: number
  /** A connection on which not even pongs come is cut after at most twice this. */
  readonly silenceMs: number
  /** How long an instrument nobody reads stays subscribed, so that an actor may move without a gap. */
  readonly lingerMs: number
  /** Events are received at market time, and markers between them are passed on. */
  readonly lockStep?: LockStep
}

export const defaultOptions: SessionOptions = { freshnessMs: 3_000, silenceMs: 2_500, lingerMs: 30_000 }

const tickMs = 50
const snapshotLevels = 1_000
const snapshotsAtOnce = 2
const replyMs = 5_000
/** Binance takes five messages a second on a stream socket. */
const requestGapUs = 250_000
/** A connection that lived so long had succeeded: the next back-off starts anew. */
const settledUs = 10_000_000

const reconnects = Metric.counter("outcry_venue_reconnects_total", { incremental: true })
const malformedFrames = Metric.counter("outcry_venue_malformed_frames_total", { incremental: true })

interface Connection {
  readonly send: (text: string) => void
  readonly cut: (reason: string) => void
  /** Requests awaiting their reply, with the time they were sent, and what to do when granted. */
  readonly requests: Map<number, { readonly sentUs: number; readonly channel: InstrumentChannel }>
}

/** Lives as long as its scope; nothing is connected before the first subscription. */
export const make = (
  venue: VenueAddress,
  gate: VenueGate,
  options: SessionOptions = defaultOptions
): Effect.Effect<MarketDataSession, never, Scope.Scope | HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const rest = yield* PublicRest.make(venue, gate, yield* VenueClock.readClock)
    const clock = yield* VenueClock.make(rest.serverTimeMs)
    const { lockStep } = options
    const read: VenueClock.ReadClock =
      lockStep === undefined ? clock.read : () => ({ ...clock.read(), epochUs: lockStep.timeUs })
    const snapshotPermits = yield* Semaphore.make(snapshotsAtOnce)
    const scope = yield* Effect.scope
    const context = yield* Effect.context<never>()
    const runFork = Effect.runForkWith(context)
    const decoder = new FrameDecoder()
    const channels = new Map<string, InstrumentChannel>()
    let connection: Connection | undefined
    let nextRequestId = 1
    let lastRequestUs = 0

    const receive = (text: string): void => {
      const now = read()
      const frame = decoder.decode(text)
      if (frame.type === "reply") return answered(frame.id, frame.error, now.monotonicUs)
      if (frame.type === "other") return lockStep?.marker(frame.name)
      if (frame.type === "malformed") {
        runFork(
          Effect.andThen(Metric.update(malformedFrames, 1), Effect.logWarning(frame.error.message, { venue: venue.id }))
        )
        return
      }
      const channel = channels.get(wireSymbol(frame.instrument))
      if (channel === undefined) return
      if (frame.type === "depth") {
        channel.heard(now.monotonicUs)
        channel.builder.depth(frame, now.epochUs)
      } else if (frame.type === "top") channel.builder.top(frame, now.epochUs)
      else channel.builder.trade(frame, now.epochUs)
      channel.publish()
    }

    const answered = (id: number, error: string, nowUs: number): void => {
      const request = connection?.requests.get(id)
      if (request === undefined) return
      connection?.requests.delete(id)
      if (error !== "") return connection?.cut(`subscription refused: ${error}`)
      request.channel.subscribed = true
      request.channel.heard(nowUs)
      request.channel.snapshotAttempts = 0
    }

    const request = (method: "SUBSCRIBE" | "UNSUBSCRIBE", channel: InstrumentChannel, nowUs: number): void => {
      if (connection === undefined) return
      const id = nextRequestId++
      lastRequestUs = nowUs
      if (method === "SUBSCRIBE") connection.requests.set(id, { sentUs: nowUs, channel })
      connection.send(JSON.stringify({ method, params: channel.streams, id }))
    }

    const clockOffset = lockStep === undefined ? clock.estimate : Effect.succeed({ offsetUs: 0, errorUs: 0 })

    const fetchSnapshot = (channel: InstrumentChannel): Effect.Effect<void> =>
      Effect.gen(function* () {
        const text = yield* rest.depth(channel.instrument, snapshotLevels)
        const snapshot = decoder.snapshot(text, channel.instrument)
        if (snapshot instanceof MalformedFrame) return yield* Effect.logWarning(snapshot.message, { venue: venue.id })
        if (!channel.subscribed) return
        const { offsetUs } = yield* clockOffset
        const timeReceived = read().epochUs
        channel.builder.snapshot(snapshot, timeReceived + offsetUs, timeReceived)
        if (!channel.builder.needsSnapshot) channel.snapshotAttempts = 0
        channel.publish()
      }).pipe(
        snapshotPermits.withPermits(1),
        Effect.catch((error) => Effect.logWarning(error.message, { venue: venue.id })),
        Effect.andThen(
          Effect.suspend(() => (channel.builder.needsSnapshot ? pause(channel.snapshotAttempts++) : Effect.void))
        ),
        Effect.ensuring(
          Effect.sync(() => {
            channel.fetching = false
          })
        )
      )

    /** Silence may only mean a quiet market: the stream is stale when REST has moved on and the stream does not follow. */
    const verify = (channel: InstrumentChannel): Effect.Effect<void> =>
      Effect.gen(function* () {
        const snapshot = decoder.snapshot(yield* rest.depth(channel.instrument, 5), channel.instrument)
        if (snapshot instanceof MalformedFrame) return yield* Effect.fail(snapshot)
        yield* Effect.sleep(1_000)
        const behind = channel.builder.state === "live" && channel.builder.updateId < snapshot.lastUpdateId
        if (!behind) channel.heard(clock.read().monotonicUs)
        else {
          channel.interrupt("stale")
          connection?.cut(`stream of ${channel.instrument.id} stopped while its book moved on`)
        }
      }).pipe(
        Effect.catch((error) =>
          Effect.gen(function* () {
            yield* Effect.logWarning(error.message, { venue: venue.id })
            const waitMs = yield* pauseMs(channel.checkFailures++)
            channel.checkAgainUs = clock.read().monotonicUs + waitMs * 1_000
          })
        ),
        Effect.ensuring(
          Effect.sync(() => {
            channel.fetching = false
          })
        )
      )

    const tend = (channel: InstrumentChannel, nowUs: number): Effect.Effect<unknown> | undefined => {
      const symbol = wireSymbol(channel.instrument)
      const mayRequest = connection === undefined || nowUs - lastRequestUs >= requestGapUs
      if (!channel.isRead && nowUs - channel.idleSinceUs > options.lingerMs * 1_000) {
        if (!mayRequest) return undefined
        channels.delete(symbol)
        request("UNSUBSCRIBE", channel, nowUs)
        return undefined
      }
      if (connection === undefined || channel.fetching) return undefined
      if (!channel.subscribed) {
        const asked = [...connection.requests.values()].find((each) => each.channel === channel)
        if (asked === undefined && mayRequest) request("SUBSCRIBE", channel, nowUs)
        else if (asked !== undefined && nowUs - asked.sentUs > replyMs * 1_000)
          connection.cut("no reply to a subscription")
        return undefined
      }
      if (channel.builder.needsSnapshot) {
        channel.fetching = true
        return fetchSnapshot(channel)
      }
      if (nowUs - channel.lastHeardUs < options.freshnessMs * 1_000 || nowUs < channel.checkAgainUs) return undefined
      channel.fetching = true
      return verify(channel)
    }

    yield* Effect.gen(function* () {
      const nowUs = clock.read().monotonicUs
      // What somebody waits for comes before the ends of what nobody reads.
      const inOrder = Array.from(channels.values()).toSorted((a, b) => Number(b.isRead) - Number(a.isRead))
      for (const channel of inOrder) {
        const work = tend(channel, nowUs)
        if (work !== undefined) yield* Effect.forkIn(work, scope)
      }
    }).pipe(Effect.repeat(Schedule.spaced(tickMs)), Effect.forkScoped)

    yield* Effect.gen(function* () {
      for (let attempt = 0; ;) {
        while (channels.size === 0) yield* Effect.sleep(tickMs)
        const startedUs = clock.read().monotonicUs
        const reason = yield* VenueSocket.run(
          { url: `${venue.wsUrl}/stream`, handshakeMs: replyMs, silenceMs: options.silenceMs },
          {
            opened: (send, cut) => {
              lastRequestUs = 0
              connection = { send, cut, requests: new Map() }
            },
            received: receive
          }
        )
        connection = undefined
        for (const channel of channels.values()) channel.interrupt("disconnected")
        attempt = clock.read().monotonicUs - startedUs > settledUs ? 0 : attempt + 1
        yield* Metric.update(reconnects, 1)
        yield* Effect.logWarning(`Market data disconnected: ${reason}. Reconnecting.`, { venue: venue.id, attempt })
        yield* pause(attempt)
      }
    }).pipe(Effect.forkScoped)

    const open = (instrument: Instrument): InstrumentChannel => {
      const symbol = wireSymbol(instrument)
      const existing = channels.get(symbol)
      if (existing !== undefined) return existing
      decoder.add(instrument)
      const channel = new InstrumentChannel(instrument, read)
      channels.set(symbol, channel)
      return channel
    }

    const subscribe = (instrument: Instrument): Stream.Stream<ReadonlyArray<VenueEvent>> =>
      Stream.unwrap(
        Effect.acquireRelease(
          Effect.sync(() => {
            const channel = open(instrument)
            return { channel, reader: channel.join() }
          }),
          ({ channel, reader }) => Effect.sync(() => channel.leave(reader))
        ).pipe(Effect.map(({ reader }) => reader.chunks))
      )

    return { subscribe, instruments: rest.instruments, clockOffset }
  })
