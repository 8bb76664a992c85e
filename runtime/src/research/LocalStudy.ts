/** A study on the threads of this process alone: the same state machine as the actor's, without journal and cluster. */
import type { StudyCommand } from "@outcry/backtest/search/StudyMessages"
import { decideStudy, evolveStudy, initialStudy, type StudyState, taskOf } from "@outcry/backtest/search/StudyState"
import { Effect } from "effect"
import { BatchSize } from "./BatchSize.ts"
import type { PreparedStudy } from "./StudyRequest.ts"
import { makeTaskThreads, StudyUnusable, type TaskThread } from "./TaskPool.ts"

const forever = Number.MAX_SAFE_INTEGER

/**
 * Runs to the end and returns the state, with every result in it; `onProgress` when the threads are ready and after
 * each batch.
 */
export const runLocally = Effect.fn("LocalStudy.run")(function* (
  { data, order }: PreparedStudy,
  threads: number,
  onProgress: (state: StudyState) => Effect.Effect<void>
) {
  const state = initialStudy(order.spec)
  const execute = (command: StudyCommand): void => {
    const decision = decideStudy(state, command)
    for (const event of decision.refused === undefined ? decision.events : []) evolveStudy(state, event)
  }
  const workOn = Effect.fnUntraced(function* (thread: TaskThread, name: string) {
    const size = new BatchSize()
    for (let batches = 1; state.status === "running"; batches++) {
      const owner = `${name}/${batches}`
      execute({ type: "Lease", owner, count: size.size, now: 0, leaseUs: forever })
      const tasks = [...state.leases].flatMap(([index, lease]) => (lease.owner === owner ? [taskOf(state, index)] : []))
      if (tasks.length === 0) {
        // The others are at the last of a generation, or of the study.
        yield* Effect.sleep("2 millis")
        continue
      }
      const { outcomes, tookMs } = yield* thread.run(tasks)
      size.took(tasks.length, tookMs)
      for (const outcome of outcomes)
        execute(
          "summary" in outcome
            ? { type: "Finish", owner, index: outcome.summary.index, summary: outcome.summary }
            : { type: "Fail", owner, ...outcome.failed }
        )
      yield* onProgress(state)
    }
  })
  const pool = yield* makeTaskThreads({ spec: order.spec, strategyPath: order.strategy, data }, threads)
  yield* Effect.forEach(pool, ({ ready }) => ready, { concurrency: "unbounded", discard: true })
  yield* onProgress(state)
  yield* Effect.forEach(pool, (thread, at) => workOn(thread, `thread-${at + 1}`), { concurrency: "unbounded" })
  if (state.results.size === 0)
    return yield* new StudyUnusable({
      reason: `No run of the study gave a result: ${[...state.failed.values()][0] ?? "there was none"}`
    })
  return state
}, Effect.scoped)
