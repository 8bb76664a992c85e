/** A real Postgres with our tables and its journal, in a folder of its own that is removed afterwards. */
import { Database } from "@outcry/store/Database"
import { type EmbeddedPostgres, embeddedPostgres } from "@outcry/store/EmbeddedPostgres"
import { Journal } from "@outcry/store/Journal"
import { layerMigrations } from "@outcry/store/Migrations"
import { Context, Effect, Layer } from "effect"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { seedPostgres } from "./PostgresTemplate.ts"

/** A folder that the server's user can enter also when the tests run as root. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => {
    const directory = mkdtempSync(join(tmpdir(), "outcry-test-"))
    chmodSync(directory, 0o755)
    return directory
  }),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
)

/** The server beneath, to stop and start it. */
export class TestServer extends Context.Service<TestServer, EmbeddedPostgres>()("@outcry/testkit/TestServer") {
  static readonly layer = Layer.effect(
    TestServer,
    Effect.flatMap(temporaryFolder, (dataDir) => {
      seedPostgres(dataDir)
      return embeddedPostgres({ dataDir })
    })
  )
}

const database = Layer.unwrap(Effect.map(TestServer, ({ url }) => Database.layer({ url, applicationName: "test" })))

/** Server and pool, without tables. */
export const emptyDatabase = database.pipe(Layer.provideMerge(TestServer.layer))

/** Server, pool and tables. */
export const migratedDatabase = layerMigrations.pipe(Layer.provideMerge(emptyDatabase))

/** Server, tables and journal. */
export const layer = Journal.layer().pipe(Layer.provideMerge(migratedDatabase))
