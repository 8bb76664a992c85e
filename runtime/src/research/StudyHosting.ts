/** The studies that live on a node: their orders from the manifest, and what is kept of them when they end. */
import { StudyHost } from "@outcry/actor-study/StudyHost"
import { rankedRuns } from "@outcry/backtest/search/Goal"
import { keepRun } from "@outcry/store/ResearchRuns"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { keepOrder, keptOrder } from "./StudyOrder.ts"

const desiredOf = { running: "running", paused: "paused", cancelled: "stopped", finished: "stopped" } as const

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
            const ranked = rankedRuns([...state.results.values()], state.spec.goal).map(({ summary }) => summary)
            const best = ranked[0]
            yield* keepRun(
              {
                runId: study,
                kind: "study",
                name: state.spec.name,
                instruments: state.spec.data.map(({ id }) => id),
                from: state.spec.range.from,
                to: state.spec.range.to,
                parameters: best?.parameters ?? {},
                metrics: best?.metrics ?? {}
              },
              { spec: state.spec, runs: ranked, failed: [...state.failed] }
            )
          }).pipe(inDatabase, Effect.orDie)
      })
    })
  )
