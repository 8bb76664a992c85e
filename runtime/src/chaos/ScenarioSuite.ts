/**
 * Many scenarios, on a few floors side by side: each floor takes the next scenario as soon as it is at rest. A floor that
 * could not come to rest is left, with its folder, and another one takes its place.
 */
import { Effect, Exit, Scope } from "effect"
import type { FloorSpec } from "./FloorSpec.ts"
import { startHarness } from "./Harness.ts"
import { scenarioOf } from "./ScenarioPlan.ts"
import { openTheatre, runScenario, type ScenarioResult, type Theatre } from "./ScenarioRun.ts"
import type { Violation } from "./Stage.ts"
import { conclude } from "./Verdict.ts"

export interface SuiteOptions {
  /** Number of the first scenario. */
  readonly first: number
  readonly count: number
  readonly floors: number
  readonly spec: Partial<FloorSpec>
  /** Leaves the folders of all floors. */
  readonly keep: boolean
}

export interface SuiteProgress {
  readonly started: (folder: string, floor: number) => void
  readonly ended: (result: ScenarioResult, done: number) => void
}

export interface SuiteOutcome {
  readonly results: ReadonlyArray<ScenarioResult>
  /** What only the whole record of a floor shows, at its end. */
  readonly atEnd: ReadonlyArray<Violation>
  /** Folders of floors in which something was violated. */
  readonly folders: ReadonlyArray<string>
}

interface Stand {
  readonly scope: Scope.Closeable
  readonly theatre: Theatre
}

export const runSuite = Effect.fnUntraced(function* (options: SuiteOptions, progress: SuiteProgress) {
  const results: Array<ScenarioResult> = []
  const atEnd: Array<Violation> = []
  const folders = new Set<string>()
  const outer = yield* Effect.scope
  let next = options.first

  const open = Effect.fnUntraced(function* (floor: number) {
    const scope = yield* Scope.fork(outer)
    const harness = yield* startHarness({ ...options.spec, seed: floor }).pipe(
      Effect.provideService(Scope.Scope, scope)
    )
    if (options.keep) harness.keepFolder()
    progress.started(harness.folder, floor)
    const stand: Stand = { scope, theatre: openTheatre(harness) }
    return stand
  })

  const leave = Effect.fnUntraced(function* ({ scope, theatre }: Stand, clean: boolean) {
    if (!clean) {
      theatre.harness.keepFolder()
      folders.add(theatre.harness.folder)
    }
    yield* Scope.close(scope, Exit.void)
  })

  const floor = Effect.fnUntraced(function* (number: number) {
    let stand: Stand | undefined
    let clean = true
    while (next < options.first + options.count) {
      const scenario = scenarioOf(next++)
      stand ??= yield* open(number)
      const result = yield* runScenario(stand.theatre, scenario)
      results.push(result)
      progress.ended(result, results.length)
      clean &&= result.violations.length === 0
      if (!result.floorLost) continue
      yield* leave(stand, clean)
      stand = undefined
      clean = true
    }
    if (stand === undefined) return
    const outcome = yield* conclude(stand.theatre.harness, "faulty")
    atEnd.push(
      ...outcome.violations.map(({ detail, invariant }) => ({
        invariant,
        detail: `floor ${number}, at its end: ${detail}`
      }))
    )
    yield* leave(stand, clean && outcome.violations.length === 0)
  })

  const floors = Array.from({ length: Math.min(options.floors, options.count) }, (_, index) => index + 1)
  yield* Effect.forEach(floors, floor, { concurrency: "unbounded", discard: true })
  const outcome: SuiteOutcome = {
    results: results.toSorted((a, b) => a.seed - b.seed),
    atEnd,
    folders: [...folders]
  }
  return outcome
})
