/** Pauses between attempts: exponential up to a ceiling, each drawn at random from its upper half ("equal jitter"). */
import { Effect, Random } from "effect"

const firstMs = 100
const ceilingMs = 10_000

/** How long to wait before attempt `attempt` + 1, ms; attempts count from 0. */
export const pauseMs = (attempt: number): Effect.Effect<number> =>
  Effect.map(Random.next, (random) => {
    const fullMs = Math.min(ceilingMs, firstMs * 2 ** Math.min(attempt, 16))
    return fullMs / 2 + random * (fullMs / 2)
  })

/** Sleeps before attempt `attempt` + 1. */
export const pause = (attempt: number): Effect.Effect<void> => Effect.flatMap(pauseMs(attempt), Effect.sleep)
