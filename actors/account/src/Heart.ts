/**
 * Whether the process stood still: stopped by a signal, suspended with its machine, or stuck. Whoever slept past his lease
 * may have a successor, so a life that finds out ends before it does anything more. The checks are made where something
 * would be done, since after a pause any timer may come before the heart's own.
 */
import { Clock, Effect } from "effect"

/** A pause that is taken for a stop, and a jump of the wall clock that is. */
const pauseMsMax = 1_000
const beatEvery = "100 millis"

/** The process of this life stood still; whether the account is still ours is not known. */
export class StoodStill extends Error {
  readonly _tag = "StoodStill"
  constructor(reason: string) {
    super(`${reason}: another node may have taken over`)
  }
}

interface Heart {
  /** Why nothing more may be done, or undefined. Once stopped it stays so. */
  readonly stopped: () => StoodStill | undefined
  /** Beats until it finds that it stood still, and fails with that. */
  readonly beat: Effect.Effect<never, StoodStill>
}

/** Where nobody else may take over, it does not matter how long the process stood still. */
export const tirelessHeart: Heart = { stopped: () => undefined, beat: Effect.never }

export const makeHeart = Effect.map(Clock.Clock, (clock): Heart => {
  let monotonicMs = Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)
  let wallMs = clock.currentTimeMillisUnsafe()
  let stop: StoodStill | undefined

  const stopped = (): StoodStill | undefined => {
    if (stop !== undefined) return stop
    const pauseMs = Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n) - monotonicMs
    // A machine that was suspended may show it in the wall clock alone.
    const jumpMs = clock.currentTimeMillisUnsafe() - wallMs - pauseMs
    if (pauseMs > pauseMsMax) stop = new StoodStill(`the process stood still for ${Math.round(pauseMs)} ms`)
    else if (Math.abs(jumpMs) > pauseMsMax) stop = new StoodStill(`the clock jumped by ${Math.round(jumpMs)} ms`)
    return stop
  }

  const step = Effect.suspend(() => {
    const found = stopped()
    if (found !== undefined) return Effect.fail(found)
    monotonicMs = Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)
    wallMs = clock.currentTimeMillisUnsafe()
    return Effect.sleep(beatEvery)
  })

  return { stopped, beat: Effect.forever(step, { disableYield: true }) }
})
