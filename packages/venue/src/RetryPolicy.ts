/**
 * The one policy by which requests are asked again: reads and look-ups only, a few times, with pauses that double, a
 * fifth of each left to chance. A venue's Retry-After is respected by the gate, which the next try passes too. Placements are never
 * asked again; of cancels the account decides.
 */
import { Effect, Schedule } from "effect"

/** Tries in all. */
const triesMost = 3

const pauses = Schedule.exponential("150 millis").pipe(Schedule.jittered, Schedule.upTo({ times: triesMost - 1 }))

/** Asks again while the answer says that it may help. */
export const retryRead = <A>(ask: Effect.Effect<A>, mayHelp: (answer: A) => boolean): Effect.Effect<A> =>
  Effect.repeat(ask, { while: mayHelp, schedule: pauses })
