/**
 * A run in which nothing fails, with every core busy: whatever changes its place was taken over without need. The nodes
 * compete with as many processes that only compute as there are cores.
 */
import { Effect } from "effect"
import { spawn } from "node:child_process"
import os from "node:os"
import type { Harness } from "./Harness.ts"
import type { Violation } from "./Stage.ts"
import { conclude } from "./Verdict.ts"

export interface QuietRun {
  readonly minutes: number
  /** Lives of accounts that began though none of their nodes had failed. */
  readonly falseTakeovers: number
  readonly violations: ReadonlyArray<Violation>
}

const burners = Effect.acquireRelease(
  Effect.sync(() =>
    os.cpus().map(() => spawn(process.execPath, ["-e", "for (;;) Math.sqrt(2)"], { stdio: "ignore", detached: false }))
  ),
  (children) =>
    Effect.sync(() => {
      for (const child of children) child.kill("SIGKILL")
    })
)

const epochs = Effect.fnUntraced(function* (harness: Harness) {
  const known = new Map<string, number>()
  for (const account of harness.accounts) {
    const rows = yield* harness.observer.rows(account, Math.max(1, yield* harness.observer.lastSeq(account)))
    known.set(account, rows.at(-1)?.epoch ?? 0)
  }
  return known
})

export const quietRun = Effect.fnUntraced(function* (
  harness: Harness,
  minutes: number,
  progress: (minute: number) => void
) {
  yield* harness.steady
  const before = yield* epochs(harness)
  yield* Effect.scoped(
    Effect.gen(function* () {
      yield* burners
      for (let minute = 1; minute <= minutes; minute++) {
        yield* Effect.sleep("1 minute")
        progress(minute)
      }
    })
  )
  yield* harness.trades(1)
  const after = yield* epochs(harness)
  const outcome = yield* conclude(harness)
  const falseTakeovers = harness.accounts.reduce(
    (sum, account) => sum + Math.max(0, (after.get(account) ?? 0) - (before.get(account) ?? 0)),
    0
  )
  const taken: ReadonlyArray<Violation> =
    falseTakeovers === 0 ? [] : [{ invariant: "I7", detail: `${falseTakeovers} takeovers of nodes that lived` }]
  const run: QuietRun = { minutes, falseTakeovers, violations: [...outcome.violations, ...taken] }
  return run
})
