/** Damages the database of a stopped floor, as a failing disk or a careless hand would: one statement behind everybody's back. */
import { Database } from "@outcry/store/Database"
import { embeddedPostgres } from "@outcry/store/EmbeddedPostgres"
import { Effect, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { withSchema } from "../src/floor/FloorDatabase.ts"

export const damage = (dataFolder: string, statement: string): Promise<void> => {
  const { runId } = JSON.parse(readFileSync(join(dataFolder, "run.json"), "utf8"))
  return Effect.gen(function* () {
    const server = yield* embeddedPostgres({ dataDir: join(dataFolder, "postgres") })
    const url = Redacted.make(withSchema(Redacted.value(server.url), runId))
    yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(statement)).pipe(
      Effect.provide(Database.layer({ url, applicationName: "test", poolSize: 1 }))
    )
  }).pipe(Effect.scoped, Effect.runPromise)
}
