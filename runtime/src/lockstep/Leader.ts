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

/**
 * Turns of the event loop in a row in which nothing may happen. What is neither counted nor a stage of a chain is a handful
 * of fibers waking one another, each within a turn (see PromptScheduler).
 */
const calmTurns = 12

const saidEvery = "5 seconds"

/** Until nothing is in flight and nothing has happened for so many turns. */
const settled = (lockStep: LockStep): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    let seen = -1
    let calm = 0
    let leave: () => void
    const look = (): void => {
      if (lockStep.unsettled() !== undefined || lockStep.stirrings !== seen) {
        seen = lockStep.stirrings
        calm = 0
      } else calm += 1
      if (calm > calmTurns) return resume(Effect.void)
      // What waits for a socket takes many turns: the process rests meanwhile.
      if (lockStep.isBusy) {
        leave = lockStep.whenStirred(look)
        return
      }
      const turn = setImmediate(look)
      leave = () => clearImmediate(turn)
    }
    look()
    return Effect.sync(() => leave())
  })

/** Says now and then what the market waits for, where it waits for long. */
const watch = (lockStep: LockStep, wanted: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const before = lockStep.stirrings
    yield* Effect.sleep(saidEvery)
    const absent = lockStep.missing(wanted)
    const why = absent.length > 0 ? `${absent.join(", ")} to be ready` : lockStep.unsettled()
    if (before === lockStep.stirrings && why !== undefined) yield* Effect.logWarning(`lock-step: waits for ${why}`)
  }).pipe(Effect.forever)

/** `wanted`: those who must have arrived before the market moves. */
export const lead = Effect.fnUntraced(function* (lockStep: LockStep, link: StepLink, wanted: ReadonlyArray<string>) {
  yield* Effect.forkScoped(watch(lockStep, wanted))
  const until = (holds: () => boolean): Effect.Effect<void> =>
    Effect.suspend(() => (holds() ? Effect.void : Effect.andThen(lockStep.stirred(lockStep.stirrings), until(holds))))
  yield* until(() => lockStep.missing(wanted).length === 0)
  yield* settled(lockStep)
  yield* Effect.logInfo(`lock-step: all ${wanted.length} are here, market time ${lockStep.timeUs}`)
  lockStep.open()
  yield* settled(lockStep)

  const ask = (advance: boolean) =>
    link.ask({ advance, untilUs: lockStep.nextTimerUs() ?? null, spoiled: lockStep.spoiled ?? null })
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
      const told = yield* ask(false)
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
      const watchers = lockStep.dueWatchers()
      for (const watcher of watchers) {
        watcher.look()
        yield* settled(lockStep)
      }
      if (watchers.length > 0) continue
    }
    if (lockStep.fireDue()) continue
    const since = lockStep.stirrings
    const told = yield* ask(true)
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
