/** Keeps a venue's clock offset estimated by asking it for its time, quickly at first and then every few seconds. */
import { Clock, Effect, type Scope } from "effect"
import { type ClockEstimate, ClockOffset, type ClockReading } from "./ClockOffset.ts"

/** Both local clocks at once, for use inside socket callbacks. */
export type ReadClock = () => ClockReading

export interface VenueClock {
  readonly read: ReadClock
  readonly estimate: Effect.Effect<ClockEstimate>
  /** Waits for a first sample, at most two seconds. */
  readonly ready: Effect.Effect<void>
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
    yield* Effect.gen(function* () {
      for (let taken = 0; ; taken++) {
        yield* sample
        yield* Effect.sleep(offset.isKnown && taken >= quickSamples ? 5_000 : 200)
      }
    }).pipe(Effect.forkScoped)
    const ready: Effect.Effect<void> = Effect.gen(function* () {
      for (let waited = 0; !offset.isKnown && waited < 100; waited++) yield* Effect.sleep(20)
    })
    return { read, estimate: Effect.sync(() => offset.estimate(read())), ready }
  })
