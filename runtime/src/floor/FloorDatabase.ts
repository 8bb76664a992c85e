/**
 * The database of a floor: DATABASE_URL where it is set, else a Postgres of our own in the data folder. Each run has a
 * schema of its own, since the simulated exchange begins anew with each run and a journal must not outlive its venue.
 *
 * A database serves one floor at a time: a session holds an advisory lock for as long as the run lasts.
 */
import { Database } from "@outcry/store/Database"
import { embeddedPostgres } from "@outcry/store/EmbeddedPostgres"
import { migrate } from "@outcry/store/Migrations"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { environment } from "../cli/Output.ts"
import { type UserError, userError } from "../cli/UserError.ts"
import { defaults } from "../FloorConfig.ts"
import type { DataFolder } from "./DataFolder.ts"

export interface FloorDatabase {
  /** With the run's schema as its search path. */
  readonly url: string
  readonly embedded: boolean
}

/** Any constant will do, as long as no other program locks the same one. */
const advisoryLock = 7_166_230_542
/** What the schema of a run bears as its comment. */
export const schemaComment = "outcry run"

/** The same database, with a setting for every session. */
export const withSessionSetting = (url: string, name: string, value: string): string => {
  const parsed = new URL(url)
  const options = [parsed.searchParams.get("options"), `-c ${name}=${value}`].filter((each) => each !== null)
  parsed.searchParams.set("options", options.join(" "))
  // Postgres clients read a plus in a URL as a plus.
  return parsed.href.replaceAll("+", "%20")
}

/** The same database, seen through one schema. */
export const withSchema = (url: string, schema: string): string => withSessionSetting(url, "search_path", schema)

const takeTurn = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const session = yield* sql.reserve
  const rows = yield* session.execute(`SELECT pg_try_advisory_lock(${advisoryLock}) AS taken`, [], undefined)
  const taken = rows.some((row) => typeof row === "object" && row !== null && "taken" in row && row.taken === true)
  if (!taken)
    return yield* userError(
      "FloorRunning",
      "Another floor is running on this database.",
      "Stop that one, or give this one a database of its own with DATABASE_URL (unset it for an embedded one)."
    )
})

const makeSchema = Effect.fnUntraced(function* (schema: string) {
  const sql = yield* SqlClient.SqlClient
  const old = yield* sql<{ name: string }>`
    SELECT nspname AS name FROM pg_namespace
    WHERE nspname ~ '^run_[0-9_a-f]+$' AND obj_description(oid, 'pg_namespace') = ${schemaComment} ORDER BY nspname DESC OFFSET ${defaults.runsKept - 1}`
  for (const { name } of old) yield* sql`DROP SCHEMA ${sql(name)} CASCADE`
  yield* sql`CREATE SCHEMA ${sql(schema)}`
  yield* sql.unsafe(`COMMENT ON SCHEMA "${schema}" IS '${schemaComment}'`)
})

const unusable = (error: SqlError.SqlError): UserError =>
  userError(
    "DatabaseUnusable",
    `The database refused what a floor needs: ${error.message}.`,
    "Let this user create schemas, or unset DATABASE_URL to use the embedded Postgres."
  )

/** Starts or reaches the database, makes the run's schema and its tables. Lives as long as the scope. */
export const openFloorDatabase = Effect.fnUntraced(function* (folder: DataFolder, runId: string) {
  const configured = environment()["DATABASE_URL"] ?? ""
  if (configured !== "" && !/^postgres(?:ql)?:\/\//.test(configured))
    return yield* userError(
      "DatabaseUnreachable",
      "DATABASE_URL is not a postgresql:// address.",
      "Correct it, or unset it to use the embedded Postgres."
    )
  const base =
    configured === "" ? Redacted.value((yield* embeddedPostgres({ dataDir: folder.postgres })).url) : configured
  const admin = yield* Layer.build(
    Database.layer({ url: Redacted.make(base), applicationName: "outcry start", poolSize: 2 })
  )
  yield* Effect.andThen(takeTurn, makeSchema(runId)).pipe(
    Effect.provideContext(admin),
    Effect.catchTag("SqlError", (error) => Effect.fail(unusable(error)))
  )
  const url = withSchema(base, runId)
  yield* migrate.pipe(
    Effect.provide(Database.layer({ url: Redacted.make(url), applicationName: "outcry start", poolSize: 1 }))
  )
  const database: FloorDatabase = { url, embedded: configured === "" }
  return database
})
