/** A real Postgres with our tables for one test file, in a folder of its own that is removed afterwards. */
import { Context, Effect, Layer } from "effect"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Database } from "../src/Database.ts"
import { type EmbeddedPostgres, embeddedPostgres } from "../src/EmbeddedPostgres.ts"
import { Journal, type JournalOptions } from "../src/Journal.ts"
import type { JournalRow } from "../src/JournalRow.ts"
import { layerMigrations } from "../src/Migrations.ts"

/** A folder that the server's user can enter also when the tests run as root. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => {
    const directory = mkdtempSync(join(tmpdir(), "outcry-store-"))
    chmodSync(directory, 0o755)
    return directory
  }),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
)

export class TestServer extends Context.Service<TestServer, EmbeddedPostgres>()("@outcry/store/test/TestServer") {
  static readonly layer = Layer.effect(
    TestServer,
    Effect.flatMap(temporaryFolder, (dataDir) => embeddedPostgres({ dataDir }))
  )
}

const database = Layer.unwrap(Effect.map(TestServer, ({ url }) => Database.layer({ url, applicationName: "test" })))

/** Server and pool, without tables. */
export const emptyDatabase = database.pipe(Layer.provideMerge(TestServer.layer))

/** Server, pool and tables. */
export const migratedDatabase = layerMigrations.pipe(Layer.provideMerge(emptyDatabase))

export const journalDatabase = (options: JournalOptions = {}) =>
  Journal.layer(options).pipe(Layer.provideMerge(migratedDatabase))

/** One session of its own, where BEGIN and COMMIT can be sent by hand. */
export const session = Effect.flatMap(Database, (database) => database.pool({ size: 1, purpose: "session" }))

/** Looks again and again until the answer is true; the test's own time-out ends it otherwise. */
export const until = <E, R>(look: Effect.Effect<boolean, E, R>): Effect.Effect<void, E, R> =>
  Effect.flatMap(look, (seen) => (seen ? Effect.void : Effect.andThen(Effect.sleep(5), until(look))))

/** An event with everything but its number filled in. */
export const event = (seq: number, over: Partial<JournalRow> = {}): JournalRow => ({
  seq,
  commandId: `command-${seq}`,
  commandPart: 0,
  type: "Noted",
  version: 1,
  timeUs: 1_795_217_412_123_456,
  opening: false,
  clientOrderId: null,
  fillKey: null,
  payload: { note: `n${seq}`, nested: { z: 1, a: [1.5, null, "ü"] } },
  ...over
})
