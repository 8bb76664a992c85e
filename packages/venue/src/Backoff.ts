/** Pauses between attempts: exponential up to a ceiling, each drawn at random from its upper half ("equal jitter"). */
import { Effect, Random } from "effect"

const firstMs = 100
const ceilingMs = 10_000

/** Sleeps before attempt `attempt` + 1; attempts count from 0. */
export const pause = (attempt: number): Effect.Effect<void> =>
  Effect.gen(function* () {
    const fullMs = Math.min(ceilingMs, firstMs * 2 ** Math.min(attempt, 16))
    yield* Effect.sleep(fullMs / 2 + (yield* Random.next) * (fullMs / 2))
  })
