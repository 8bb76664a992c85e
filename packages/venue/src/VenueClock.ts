/** Keeps a venue's clock offset estimated by asking it for its time, quickly at first and then every few seconds. */
import { Clock, Effect, Option, Queue, type Scope } from "effect"
import { type ClockEstimate, ClockOffset, type ClockReading } from "./ClockOffset.ts"

/** Both local clocks at once, for use inside socket callbacks. */
export type ReadClock = () => ClockReading

export interface VenueClock {
  readonly read: ReadClock
  readonly estimate: Effect.Effect<ClockEstimate>
  /** Waits for a first sample, at most two seconds. */
  readonly ready: Effect.Effect<void>
  /** The venue disagrees with our idea of its time: ask it at once, and believe nothing older. Does not wait. */
  readonly refresh: Effect.Effect<void>
}

const quickSamples = 4
const resolutionUs = 1_000

export const readClock: Effect.Effect<ReadClock> = Clock.clockWith((clock) =>
  Effect.succeed(() => ({
    epochUs: Number(clock.currentTimeNanosUnsafe() / 1_000n),
    monotonicUs: Number(clock.monotonicTimeNanosUnsafe() / 1_000n)
  }))
)

/** `serverTimeMs` is one round trip for the venue's epoch milliseconds; its failures are only missed samples. */
export const make = <E>(serverTimeMs: Effect.Effect<number, E>): Effect.Effect<VenueClock, never, Scope.Scope> =>
  Effect.gen(function* () {
    const read = yield* readClock
    const offset = new ClockOffset()
    const sample = Effect.gen(function* () {
      const sent = read()
      const venueMs = yield* serverTimeMs
      offset.add(sent.monotonicUs, read().monotonicUs, venueMs * 1_000, resolutionUs)
    }).pipe(Effect.ignore)
    const doubts = yield* Queue.sliding<void>(1)
    yield* Effect.gen(function* () {
      for (let taken = 0; ; taken++) {
        yield* sample
        const pauseMs = offset.isKnown && taken >= quickSamples ? 5_000 : 200
        const doubted = yield* Effect.timeoutOption(Queue.take(doubts), pauseMs)
        if (Option.isNone(doubted)) continue
        offset.doubt()
        taken = 0
      }
    }).pipe(Effect.forkScoped)
    const ready: Effect.Effect<void> = Effect.gen(function* () {
      for (let waited = 0; !offset.isKnown && waited < 100; waited++) yield* Effect.sleep(20)
    })
    const refresh = Effect.asVoid(Queue.offer(doubts, undefined))
    return { read, estimate: Effect.sync(() => offset.estimate(read())), ready, refresh }
  })
