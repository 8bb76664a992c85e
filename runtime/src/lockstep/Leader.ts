/**
 * Leads an exchange in lock-step: one thing after the other, each only when all that the last one caused has settled.
 *
 * The order of what could happen next is fixed, so that it is the same in every run and in a back-test (RecordedRun): a
 * strategy's batch to its account, then what the exchange has to tell, then a request to the exchange, then watchers,
 * then timers that are due, and only then does market time go on. Ends with the node only.
 */
import type { LockStep } from "@outcry/lockstep/LockStep"
import { Effect } from "effect"
import type { StepLink } from "./StepLink.ts"

/** Turns of the event loop in a row in which nothing may happen: more than any hand-over within the process takes. */
const calmTurns = 24

/** Until nothing is in flight and nothing has happened for so many turns. */
const settled = (lockStep: LockStep): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    let seen = -1
    let calm = 0
    let turn: NodeJS.Immediate
    const look = (): void => {
      if (lockStep.unsettled() !== undefined || lockStep.stirrings !== seen) {
        seen = lockStep.stirrings
        calm = 0
      } else calm += 1
      if (calm > calmTurns) resume(Effect.void)
      else turn = setImmediate(look)
    }
    look()
    return Effect.sync(() => clearImmediate(turn))
  })

/** `wanted`: those who must have arrived before the market moves. */
export const lead = Effect.fnUntraced(function* (lockStep: LockStep, link: StepLink, wanted: ReadonlyArray<string>) {
  const until = (holds: () => boolean): Effect.Effect<void> =>
    Effect.suspend(() => (holds() ? Effect.void : Effect.andThen(lockStep.stirred(lockStep.stirrings), until(holds))))
  yield* until(() => lockStep.missing(wanted).length === 0)
  yield* settled(lockStep)
  yield* Effect.logInfo(`lock-step: all ${wanted.length} are here, market time ${lockStep.timeUs}`)
  lockStep.open()
  yield* settled(lockStep)

  let waiting = 0
  let steps = 0
  let isNews = true
  let toldSpoiled = false
  for (;;) {
    yield* settled(lockStep)
    if (lockStep.spoiled !== undefined && !toldSpoiled) {
      toldSpoiled = true
      yield* Effect.logError(`lock-step: runs need not be equal from here on: ${lockStep.spoiled}`)
    }
    if (lockStep.letGo("intents")) continue
    if (waiting > 0) {
      const told = yield* link.ask({ advance: false, untilUs: null })
      waiting = told.waiting
      if (told.stream === "none") continue
      yield* lockStep.reached(told.step)
      isNews = true
      continue
    }
    if (lockStep.letGo("request")) {
      // What came of it waits there to be told.
      waiting = 1
      continue
    }
    if (isNews) {
      isNews = false
      for (const watcher of lockStep.dueWatchers()) {
        watcher.look()
        yield* settled(lockStep)
      }
      continue
    }
    if (lockStep.fireDue()) continue
    const since = lockStep.stirrings
    const told = yield* link.ask({ advance: true, untilUs: lockStep.nextTimerUs() ?? null })
    lockStep.advanceTo(told.timeUs)
    waiting = told.waiting
    isNews = true
    if (told.stream !== "none") {
      steps += 1
      yield* lockStep.reached(told.step)
    } else if (told.ended) {
      yield* Effect.logInfo(`lock-step: the recordings are over after ${steps} steps`)
      // Orders may still be canceled and placed at the last book.
      yield* lockStep.stirred(since)
    }
  }
})
