/**
 * Brings the database to this release's shape. Any number of nodes may start at once: they take turns under an advisory
 * lock, and all pending migrations commit together or not at all. A database newer than this release is refused.
 */
import { Effect, Layer, Schema } from "effect"
import { Migrator, SqlClient } from "effect/sql"
import { floor } from "./migrations/0001_floor.ts"
import { rateLeases } from "./migrations/0002_rate_leases.ts"
import { wireLog } from "./migrations/0003_wire_log.ts"
import { researchRuns } from "./migrations/0004_research_runs.ts"

const table = "outcry_migrations"

const migrations: Record<string, Effect.Effect<void, unknown, SqlClient.SqlClient>> = {
  "0001_floor": floor,
  "0002_rate_leases": rateLeases,
  "0003_wire_log": wireLog,
  "0004_research_runs": researchRuns
}

/** Any constant will do, as long as no other program locks the same one. */
const advisoryLock = 7_166_230_541

export class MigrationFailed extends Schema.TaggedError<MigrationFailed>()("MigrationFailed", {
  reason: Schema.String,
  cause: Schema.Defect()
}) {
  override get message(): string {
    return `The database could not be brought to this release's shape: ${this.reason}. Nothing was changed. See that this user may create tables and that no other program uses the schema, then start again.`
  }
}

/** The database was written by a later release. */
export class DatabaseTooNew extends Schema.TaggedError<DatabaseTooNew>()("DatabaseTooNew", {
  found: Schema.Number,
  known: Schema.Number
}) {
  override get message(): string {
    return `The database has migration ${this.found} and this release knows only ${this.known}. Start the release that wrote it, or restore a backup made before the upgrade.`
  }
}

/** What the server said, beneath the wrappings of the driver and the migrator. */
const rootMessage = (error: Error): string => (error.cause instanceof Error ? rootMessage(error.cause) : error.message)

/** Applies what is pending and returns the numbers of what it applied. Waits up to 60 s for another node's turn to end. */
export const migrate = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const run = Effect.gen(function* () {
    yield* sql`SELECT set_config('lock_timeout', '60s', true)`
    yield* sql`SELECT pg_advisory_xact_lock(${sql.literal(String(advisoryLock))})`
    const applied = yield* Migrator.make({})({ loader: Migrator.fromRecord(migrations), table })
    const newest = yield* sql<{ id: number }>`SELECT max(migration_id) AS id FROM ${sql(table)}`
    const found = newest[0]?.id ?? 0
    const known = Math.max(...Object.keys(migrations).map((name) => Number.parseInt(name)))
    if (found > known) return yield* new DatabaseTooNew({ found, known })
    return applied.map(([id]) => id)
  })
  return yield* sql.withTransaction(run).pipe(
    Effect.catchTags({
      MigrationError: (cause) =>
        Effect.fail(new MigrationFailed({ reason: `${cause.message}: ${rootMessage(cause)}`, cause })),
      SqlError: (cause) => Effect.fail(new MigrationFailed({ reason: rootMessage(cause), cause }))
    })
  )
}).pipe(Effect.withSpan("Migrations.migrate"))

/** Migrates while the layer is built; provide it before whatever needs the tables. */
export const layerMigrations: Layer.Layer<never, MigrationFailed | DatabaseTooNew, SqlClient.SqlClient> =
  Layer.effectDiscard(migrate)
