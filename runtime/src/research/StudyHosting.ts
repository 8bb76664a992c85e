/** The studies that live on a node: their orders from the manifest, and what is kept of them when they end. */
import { StudyHost } from "@outcry/actor-study/StudyHost"
import type { RunSummary } from "@outcry/backtest/BacktestResult"
import { rankedRuns } from "@outcry/backtest/search/Goal"
import type { StudySpec } from "@outcry/backtest/search/StudySpec"
import { keepRun } from "@outcry/store/ResearchRuns"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { keepOrder, keptOrder } from "./StudyOrder.ts"

const desiredOf = { running: "running", paused: "paused", cancelled: "stopped", finished: "stopped" } as const

export interface EndedStudy {
  readonly study: string
  readonly spec: StudySpec
  readonly runs: ReadonlyArray<RunSummary>
  /** Runs given up, with why. */
  readonly failed: ReadonlyArray<readonly [number, string]>
}

/** Keeps what a study came to, the best run in front. */
export const keepStudy = ({ failed, runs, spec, study }: EndedStudy, kind: "study" | "optimisation") => {
  const ranked = rankedRuns(runs, spec.goal).map(({ summary }) => summary)
  const [best] = ranked
  return keepRun(
    {
      runId: study,
      kind,
      name: spec.name,
      instruments: spec.data.map(({ id }) => id),
      from: spec.range.from,
      to: spec.range.to,
      parameters: best?.parameters ?? {},
      metrics: best?.metrics ?? {}
    },
    { spec, runs: ranked, failed }
  )
}

export const layer = (node: string) =>
  Layer.effect(
    StudyHost,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const inDatabase = Effect.provideService(SqlClient.SqlClient, sql)
      return StudyHost.of({
        node,
        spec: (study) =>
          keptOrder(study).pipe(
            inDatabase,
            Effect.map((kept) => kept?.order.spec),
            Effect.orDie
          ),
        statusChanged: (study, { state }) =>
          Effect.gen(function* () {
            const kept = yield* keptOrder(study)
            if (kept === undefined) return
            yield* keepOrder(study, kept.order, desiredOf[state.status])
            if (state.status !== "finished") return
            const runs = [...state.results.values()]
            yield* keepStudy({ study, spec: state.spec, runs, failed: [...state.failed] }, "study")
          }).pipe(inDatabase, Effect.orDie)
      })
    })
  )
