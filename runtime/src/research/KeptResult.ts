/**
 * Where results of research are kept beyond the command that made them: schema `research` of DATABASE_URL, else of a
 * Postgres of our own in the data folder, which runs for as long as the scope.
 */
import type { BacktestResult } from "@outcry/backtest/BacktestResult"
import type { Metric } from "@outcry/backtest/report/Figure"
import { Database } from "@outcry/store/Database"
import { embeddedPostgres } from "@outcry/store/EmbeddedPostgres"
import { migrate } from "@outcry/store/Migrations"
import { keepRun, type ResearchKind } from "@outcry/store/ResearchRuns"
import { Effect, Layer, Predicate, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { environment } from "../cli/Output.ts"
import { userError } from "../cli/UserError.ts"
import { dataFolderAt } from "../floor/DataFolder.ts"
import { withSchema } from "../floor/FloorDatabase.ts"
import type { ResearchStrategy } from "./ResearchStrategy.ts"
import { figureRecord } from "./RunFigures.ts"

const schema = "research"

/** Whether a database is at hand without starting one. */
export const isDatabaseGiven = (): boolean => (environment()["DATABASE_URL"] ?? "") !== ""

/** The connection, its tables made. `data` is the folder as given. */
export const openKept = Effect.fn("KeptResult.open")(function* (data: string | undefined) {
  const configured = environment()["DATABASE_URL"] ?? ""
  if (configured !== "" && !/^postgres(?:ql)?:\/\//.test(configured))
    return yield* userError(
      "DatabaseUnreachable",
      "DATABASE_URL is not a postgresql:// address.",
      "Correct it, or unset it to use the embedded Postgres."
    )
  const folder = dataFolderAt(data).postgres
  const base = configured === "" ? (yield* embeddedPostgres({ dataDir: folder })).url : Redacted.make(configured)
  const settings = { applicationName: "outcry research", poolSize: 1 }
  const makeSchema = Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`CREATE SCHEMA IF NOT EXISTS ${sql(schema)}`
  })
  yield* Effect.provide(makeSchema, Database.layer({ url: base, ...settings }))
  const url = Redacted.make(withSchema(Redacted.value(base), schema))
  const context = yield* Layer.build(Database.layer({ url, ...settings }))
  yield* Effect.provideContext(migrate, context)
  return context
})

const recordOf = (value: unknown): Readonly<Record<string, unknown>> => (Predicate.isObject(value) ? value : {})

/** Keeps a run under its hash in the database at hand; true where it was not kept yet. */
export const keepResult = (
  { name }: ResearchStrategy,
  result: BacktestResult,
  metrics: ReadonlyArray<Metric>,
  kind: ResearchKind = "backtest"
) => {
  const { from, hash, instruments, strategies, to } = result
  const parameters = recordOf(strategies[0]?.parameters)
  const run = { runId: hash, kind, name, instruments, from, to, parameters, metrics: figureRecord(metrics) }
  return keepRun(run, result).pipe(Effect.withSpan("KeptResult.keep"))
}
