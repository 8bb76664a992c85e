/** Works a study over a cluster of nodes of its own until it has ended: progress, then its results. */
import type { RunSummary } from "@outcry/backtest/BacktestResult"
import { Database } from "@outcry/store/Database"
import { Clock, Effect, Queue, Redacted } from "effect"
import { availableParallelism } from "node:os"
import { step } from "../floor/Progress.ts"
import { openResearchDatabase, type ResearchFolder } from "../research/ResearchDatabase.ts"
import { startStudyNodes, studyClient } from "../research/StudyCluster.ts"
import { keepOrder, keptOrder } from "../research/StudyOrder.ts"
import type { PreparedStudy } from "../research/StudyRequest.ts"
import { message, onStderr } from "./Output.ts"
import { stopRequests } from "./StopSignal.ts"
import { endProgress, progressLine } from "./StudyReport.ts"
import { durationText } from "./TimeText.ts"
import { userError } from "./UserError.ts"

const lookEvery = "250 millis"
/** As many results as one answer holds. */
const page = 2_000

export interface WatchOptions {
  readonly folder: ResearchFolder
  readonly nodes: number
  readonly threads: number | undefined
}

const stopped = userError(
  "StudyStopped",
  "The study was stopped before it had ended; what is done is kept.",
  "Run the same command again to go on with it."
)

/** Fails with StudyStopped where it was asked to stop first. */
export const workOnNodes = Effect.fnUntraced(function* (prepared: PreparedStudy, options: WatchOptions) {
  const { order, study } = prepared
  const threads = options.threads ?? Math.max(1, Math.floor(availableParallelism() / options.nodes))
  const requests = yield* stopRequests({ lifeline: false })
  const { url } = yield* step("database", openResearchDatabase(options.folder))
  const inDatabase = Effect.provide(
    Database.layer({ url: Redacted.make(url), applicationName: "outcry study", poolSize: 2 })
  )
  const known = yield* inDatabase(keptOrder(study))
  if (known === undefined) yield* inDatabase(keepOrder(study, order, "running"))
  else if (known.desired !== "stopped") yield* message(onStderr.dim(`  ${study} was begun before and goes on`))
  const supervisor = yield* step(
    `${options.nodes} nodes, ${threads} threads each`,
    startStudyNodes({ folder: options.folder, databaseUrl: url, nodes: options.nodes, threads })
  )
  const actor = (yield* studyClient(url))(study)
  const startedMs = yield* Clock.currentTimeMillis
  const untilEnded = Effect.gen(function* () {
    for (;;) {
      const status = yield* Effect.option(Effect.timeout(actor.Status(), "3 seconds"))
      if (status._tag === "Some") {
        const { done, failed, total } = status.value
        yield* progressLine(done + failed, total, startedMs, yield* Clock.currentTimeMillis)
        if (status.value.status !== "running" && status.value.status !== "paused") return status.value
      }
      yield* Effect.sleep(lookEvery)
    }
  })
  const ended = yield* Effect.raceFirst(untilEnded, Effect.andThen(Queue.take(requests), Effect.fail(stopped))).pipe(
    Effect.ensuring(endProgress)
  )
  const runs: Array<RunSummary> = []
  for (;;) {
    const results = yield* actor.Results({ from: (runs.at(-1)?.index ?? -1) + 1, count: page })
    runs.push(...results)
    if (results.length < page) break
  }
  const tookMs = (yield* Clock.currentTimeMillis) - startedMs
  const lost = supervisor.failovers().length
  yield* message(
    onStderr.dim(
      `  ${study}: ${ended.status}, ${runs.length.toLocaleString("en")} runs in ${durationText(tookMs)}` +
        (ended.failed === 0 ? "" : `; ${ended.failed} failed, \`outcry study show ${study}\` says why`) +
        (lost === 0 ? "" : `; ${lost} nodes were lost and started again`)
    )
  )
  yield* supervisor.stop
  return { study, spec: order.spec, runs, failed: [] as ReadonlyArray<readonly [number, string]> }
})
