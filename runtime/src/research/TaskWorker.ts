/** A worker thread that runs tasks: told once of a study, in shared memory, then of batches of tasks. */
import type { StudySpec } from "@outcry/backtest/search/StudySpec"
import { Effect } from "effect"
import { parentPort, workerData } from "node:worker_threads"
import { reasonOf } from "../cli/UserError.ts"
import type { ResearchData } from "./ResearchData.ts"
import { loadResearchStrategy } from "./ResearchStrategy.ts"
import { type TaskAsked, type TaskOutcome, type TaskRunner, taskRunner } from "./TaskRunner.ts"

/** What a worker is started with. The columns of `data` lie in shared memory. */
export interface WorkerOrder {
  readonly spec: StudySpec
  readonly strategyPath: string
  readonly data: ReadonlyArray<ResearchData>
}

export type WorkerAnswer =
  | { readonly ready: true }
  | { readonly outcomes: ReadonlyArray<TaskOutcome>; readonly tookMs: number }
  /** Nothing can be run: why, in words. */
  | { readonly unusable: string }

const port = parentPort
if (port !== null) {
  const { data, spec, strategyPath } = workerData as WorkerOrder
  const say = (answer: WorkerAnswer): void => port.postMessage(answer)
  const serve = (runner: TaskRunner): void => {
    port.on("message", (tasks: ReadonlyArray<TaskAsked>) => {
      const startedMs = performance.now()
      try {
        say({ outcomes: runner.run(tasks), tookMs: performance.now() - startedMs })
      } catch (error) {
        // One of the tasks breaks the batch: each is tried alone, so that only it fails.
        const reason = reasonOf(error)
        const outcomes = tasks.flatMap((task): ReadonlyArray<TaskOutcome> => {
          try {
            return runner.run([task])
          } catch {
            return [{ failed: { index: task.index, reason } }]
          }
        })
        say({ outcomes, tookMs: performance.now() - startedMs })
      }
    })
    say({ ready: true })
  }
  Effect.runPromise(loadResearchStrategy(strategyPath)).then(
    (strategy) => {
      try {
        serve(taskRunner(spec, strategy, data))
      } catch (error) {
        say({ unusable: reasonOf(error) })
      }
    },
    (error: unknown) => say({ unusable: reasonOf(error) })
  )
}
