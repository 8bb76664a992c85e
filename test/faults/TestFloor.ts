/** One floor for all tests of a file: started before the first, stopped after the last, broken by each in between. */
import { Effect, Exit, References, Scope } from "effect"
import { afterAll, beforeAll } from "vitest"
import type { FloorSpec } from "@outcry/runtime/chaos/FloorSpec"
import { type Harness, startHarness } from "@outcry/runtime/chaos/Harness"

export interface TestFloor {
  /** Runs against the floor; what fails, fails the test. */
  readonly run: <A, E>(body: (harness: Harness) => Effect.Effect<A, E>) => Promise<A>
}

const quiet = Effect.provideService(References.MinimumLogLevel, "None")

export const testFloor = (options: Partial<FloorSpec>): TestFloor => {
  const scope = Scope.makeUnsafe()
  let harness: Harness | undefined
  beforeAll(async () => {
    harness = await Effect.runPromise(startHarness(options).pipe(Effect.provideService(Scope.Scope, scope), quiet))
  }, 120_000)
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)), 60_000)
  return {
    run: (body) =>
      harness === undefined
        ? Promise.reject(new Error("the floor did not start"))
        : Effect.runPromise(quiet(body(harness)))
  }
}
