/**
 * Everything that breaks real floors, as asked for, one after the other: scenarios on floors side by side, then kills, then
 * freezes, then the quiet minutes, each on a floor of its own with nothing left of the one before.
 */
import { Effect } from "effect"
import type { FaultFindings } from "./FaultReport.ts"
import * as FaultText from "./FaultText.ts"
import type { FloorSpec } from "./FloorSpec.ts"
import { freezeRun } from "./FreezeRun.ts"
import { type Harness, startHarness } from "./Harness.ts"
import { killRun } from "./KillRun.ts"
import { quietRun } from "./QuietRun.ts"
import type { ScenarioResult } from "./ScenarioRun.ts"
import { runSuite } from "./ScenarioSuite.ts"
import type { Violation } from "./Stage.ts"

export interface FaultRunOptions {
  /** 0: none of them. */
  readonly scenarios: number
  readonly kills: number
  readonly freezes: number
  readonly quietMinutes: number
  readonly seed: number | undefined
  readonly nodes: number | undefined
  readonly accounts: number | undefined
  readonly floors: number
  readonly keep: boolean
  readonly spec?: Partial<FloorSpec>
}

/** Two nodes a floor: the cores are shared by the floors side by side, and whatever is taken over has one place to go. */
const scenarioFloor = { nodes: 2, accounts: 4, shardLockExpirationMs: 3_000 }
const failoverFloor = { nodes: 3, accounts: 6 }

export const runAll = Effect.fnUntraced(function* (
  options: FaultRunOptions,
  say: (text: string) => void,
  onScenario: (result: ScenarioResult, done: number) => void = () => undefined
) {
  const { freezes, kills, quietMinutes, scenarios, seed } = options
  const folders: Array<string> = []
  const specOf = (base: Partial<FloorSpec>): Partial<FloorSpec> => ({
    ...base,
    ...(options.nodes === undefined ? {} : { nodes: options.nodes }),
    ...(options.accounts === undefined ? {} : { accounts: options.accounts }),
    ...(seed === undefined ? {} : { seed }),
    ...options.spec
  })

  /** A floor for one run, kept where something was violated. */
  const onFloor = <A extends { readonly violations: ReadonlyArray<Violation> }, E>(
    what: string,
    body: (harness: Harness) => Effect.Effect<A, E>
  ) =>
    Effect.scoped(
      Effect.gen(function* () {
        say(`starting a floor for ${what}`)
        const harness = yield* startHarness(specOf(failoverFloor))
        if (options.keep) harness.keepFolder()
        const outcome = yield* body(harness).pipe(
          Effect.onError(() =>
            Effect.sync(() => {
              harness.keepFolder()
              say(`the logs of all processes are in ${harness.folder}`)
            })
          )
        )
        if (outcome.violations.length > 0) harness.keepFolder()
        if (options.keep || outcome.violations.length > 0) folders.push(harness.folder)
        return outcome
      })
    )

  const suite =
    scenarios === 0
      ? undefined
      : yield* Effect.scoped(
          runSuite(
            {
              first: seed ?? 1,
              count: scenarios,
              floors: options.floors,
              spec: specOf(scenarioFloor),
              keep: options.keep
            },
            {
              started: (folder, floor) => say(`floor ${floor} trades in ${folder}`),
              ended: (result, done) => {
                say(FaultText.scenarioLine(result, done, scenarios))
                onScenario(result, done)
              }
            }
          )
        )
  if (suite !== undefined) folders.push(...suite.folders)
  const killed =
    kills === 0
      ? undefined
      : yield* onFloor(`${kills} kills`, (harness) =>
          killRun(harness, kills, (kill, number) => say(FaultText.killLine(kill, number, kills)))
        )
  const frozen =
    freezes === 0
      ? undefined
      : yield* onFloor(`${freezes} freezes`, (harness) =>
          freezeRun(harness, freezes, (freeze, number) => say(FaultText.freezeLine(freeze, number, freezes)))
        )
  const quiet =
    quietMinutes === 0
      ? undefined
      : yield* onFloor(`${quietMinutes} quiet minutes`, (harness) =>
          quietRun(harness, quietMinutes, (minute) => say(`minute ${minute}/${quietMinutes}`))
        )
  const found: FaultFindings = {
    ...(suite === undefined ? {} : { suite }),
    ...(killed === undefined ? {} : { kills: killed }),
    ...(frozen === undefined ? {} : { freezes: frozen }),
    ...(quiet === undefined ? {} : { quiet })
  }
  return { found, folders, spec: specOf(scenarios > 0 ? scenarioFloor : failoverFloor) }
})
