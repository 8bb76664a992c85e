/**
 * The circuit breaker of one venue on this node. Requests that end without the venue's answer, several in a row, open
 * it: new orders and reads are then turned away at once, while cancels and look-ups go on trying, and a probe asks for
 * the account until it is answered: the venue's time and its lists may come from servers that never stop.
 *
 * Effect's own breaker keeps the circuit; that an order is never the probe, and a cancel never turned away, is ours.
 */
import * as Metrics from "@outcry/telemetry/Metrics"
import { Duration, Effect, Exit, Latch, Metric, Queue, Schedule, type Scope, Stream } from "effect"
import { CircuitBreaker } from "effect/persistence"
import type { Purpose } from "./RateLimit.ts"

/** Failures in a row that open it. */
const failuresMost = 5
/** First and longest time between two probes. */
const probeFirst = Duration.millis(500)
const probeMost = Duration.seconds(10)

/** `silent`: the venue did not answer, or answered that it cannot; `said` is whatever else came; `nothing` was asked. */
export type Verdict = "said" | "silent" | "nothing"

export interface VenueBreaker {
  /** Runs the request unless it is turned away. */
  readonly guard: <A>(
    purpose: Purpose,
    request: Effect.Effect<A>,
    judge: (answer: A) => Verdict,
    turnedAway: A
  ) => Effect.Effect<A>
  readonly isOpen: Effect.Effect<boolean>
  /** False when it opens, true when it closes. */
  readonly changes: Stream.Stream<boolean>
  /** Asks by this, as a look-up would, while it is open. Never ends. */
  readonly probeWith: (ask: Effect.Effect<Verdict>) => Effect.Effect<void, never, Scope.Scope>
}

const outcomes = {
  said: CircuitBreaker.success,
  silent: CircuitBreaker.failure(),
  nothing: CircuitBreaker.ignored
}

export const make = (venue: string): Effect.Effect<VenueBreaker, never, Scope.Scope> =>
  Effect.gen(function* () {
    const breaker = yield* CircuitBreaker.make({
      tripPolicy: CircuitBreaker.consecutive(failuresMost),
      openDuration: Schedule.min([Schedule.exponential(probeFirst), Schedule.spaced(probeMost)])
    })
    const openGauge = Metric.withAttributes(Metrics.venueBreaker, { venue })
    const readers = new Set<Queue.Queue<boolean>>()
    /** Open while the circuit is. */
    const silent = yield* Latch.make()
    const key = { key: venue }
    // The store is this process's memory: it has no errors.
    const isOpen = breaker.state(venue).pipe(
      Effect.map(({ _tag }) => _tag !== "Closed"),
      Effect.orDie
    )

    yield* breaker.transitions.pipe(
      Stream.runForEach(({ from, to }) =>
        Effect.gen(function* () {
          if (to === "HalfOpen" || (from === "HalfOpen" && to === "Open")) return
          const closed = to === "Closed"
          yield* closed ? silent.close : silent.open
          yield* Metric.update(openGauge, closed ? 0 : 1)
          yield* closed
            ? Effect.logInfo(`${venue} answers again: orders go out.`)
            : Effect.logWarning(
                `${venue} did not answer ${failuresMost} times in a row: no new orders until it does. Cancels go on trying.`
              )
          for (const reader of readers) yield* Queue.offer(reader, closed)
        })
      ),
      Effect.forkScoped({ startImmediately: true })
    )

    const judged = <A>(request: Effect.Effect<A>, judge: (answer: A) => Verdict) =>
      breaker.execute(request, {
        ...key,
        classify: (exit) => (Exit.isSuccess(exit) ? outcomes[judge(exit.value)] : CircuitBreaker.ignored)
      })

    const guard: VenueBreaker["guard"] = (purpose, request, judge, turnedAway) =>
      Effect.suspend(() => {
        const tried = judged(request, judge)
        const insists = purpose === "cancel" || purpose === "lookup"
        if (insists) return tried.pipe(Effect.catch(() => request))
        const away = Effect.succeed(turnedAway)
        return Effect.flatMap(isOpen, (open) => (open ? away : tried.pipe(Effect.catch(() => away))))
      })

    const probeWith: VenueBreaker["probeWith"] = (ask) =>
      Effect.gen(function* () {
        const probe = judged(ask, (verdict) => verdict).pipe(Effect.ignore)
        yield* Effect.gen(function* () {
          yield* silent.await
          const state = yield* Effect.orDie(breaker.state(venue))
          // While another probes, a look now and then.
          yield* Effect.sleep(state._tag === "Open" ? Duration.max(state.retryAfter, Duration.millis(50)) : probeFirst)
          if (yield* isOpen) yield* probe
        }).pipe(Effect.forever, Effect.forkScoped)
      })

    return {
      guard,
      probeWith,
      isOpen,
      changes: Stream.unwrap(
        Effect.acquireRelease(
          Effect.tap(Queue.sliding<boolean>(1), (reader) => Effect.sync(() => readers.add(reader))),
          (reader) => Effect.sync(() => readers.delete(reader))
        ).pipe(Effect.map((reader) => Stream.fromQueue(reader)))
      )
    }
  }).pipe(Effect.provide(CircuitBreaker.layerStoreMemory()))
