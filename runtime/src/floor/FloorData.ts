/**
 * The journals of a floor for whoever looks at them from outside: of the floor that runs from a data folder, of one that
 * has ended (its own Postgres is started for as long as it takes), or of a database that is named. Reads only: every
 * session is read-only.
 */
import { Database } from "@outcry/store/Database"
import { embeddedPostgres } from "@outcry/store/EmbeddedPostgres"
import { Effect, Layer, Option, Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { existsSync, readFileSync } from "node:fs"
import { userError } from "../cli/UserError.ts"
import { FloorFile } from "../FloorConfig.ts"
import { type DataFolder, dataFolderAt } from "./DataFolder.ts"
import { schemaComment, withSchema, withSessionSetting } from "./FloorDatabase.ts"
import { isRunning } from "./ProcessIdentity.ts"
import { readRunFile, type RunFile } from "./RunFile.ts"
import { holdStartLock } from "./StartLock.ts"

export interface FloorDataOptions {
  readonly data: Option.Option<string>
  /** A database's address, in place of a data folder. */
  readonly database: Option.Option<string>
}

export interface FloorData {
  /** What is looked at, in words. */
  readonly place: string
  /** The floor that runs on these data now; undefined where none does. */
  readonly run: RunFile | undefined
  /** Accounts that have a journal, or that the floor is configured with. */
  readonly accounts: ReadonlyArray<string>
}

interface Source {
  readonly place: string
  readonly run: RunFile | undefined
  readonly url: string
  readonly configured: ReadonlyArray<string>
}

const decodeFloor = Schema.decodeUnknownOption(Schema.fromJsonString(FloorFile))

const floorFileIn = (folder: DataFolder): FloorFile | undefined =>
  existsSync(folder.floorFile) ? Option.getOrUndefined(decodeFloor(readFileSync(folder.floorFile, "utf8"))) : undefined

const nothingThere = (folder: DataFolder) =>
  userError(
    "NoFloor",
    `No floor has run from ${folder.root} yet.`,
    "Start one with `outcry start`, name its folder with --data, or its database with --database."
  )

const inFolder = Effect.fnUntraced(function* (folder: DataFolder) {
  const noted = Option.getOrUndefined(readRunFile(folder))
  const floor = floorFileIn(folder)
  if (noted === undefined || floor === undefined) return yield* nothingThere(folder)
  const configured = floor.accounts.map(({ name }) => name)
  if (noted.phase !== "ended" && isRunning(noted.starter)) {
    const running: Source = { place: `${noted.runId}, running`, run: noted, url: floor.databaseUrl, configured }
    return running
  }
  const place = `${noted.runId}, stopped`
  if (noted.database === "external") {
    const external: Source = { place, run: undefined, url: floor.databaseUrl, configured }
    return external
  }
  // A start meanwhile would want the same server.
  yield* holdStartLock(folder)
  const server = yield* embeddedPostgres({ dataDir: folder.postgres })
  const url = withSchema(Redacted.value(server.url), noted.runId)
  const stopped: Source = { place, run: undefined, url, configured }
  return stopped
})

/** The schema of the newest run, where the address names none that holds a journal. */
const newestSchema = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const here = yield* sql<{ found: string | null }>`SELECT to_regclass('journal')::text AS found`
  if (typeof here[0]?.found === "string") return undefined
  const runs = yield* sql<{ name: string }>`
    SELECT nspname AS name FROM pg_namespace
    WHERE obj_description(oid, 'pg_namespace') = ${schemaComment} ORDER BY nspname DESC LIMIT 1`
  const newest = runs[0]?.name
  if (newest !== undefined) return newest
  return yield* userError(
    "NoFloor",
    "The database holds no journal.",
    "Correct --database; its search_path may name the schema of a run."
  )
})

const connection = (url: string) =>
  Database.layer({
    url: Redacted.make(withSessionSetting(url, "default_transaction_read_only", "on")),
    applicationName: "outcry inspect",
    poolSize: 2
  })

const named = Effect.fnUntraced(function* (url: string) {
  const newest = yield* Effect.provide(newestSchema, connection(url))
  const source: Source = {
    place: newest ?? "the database",
    run: undefined,
    url: newest === undefined ? url : withSchema(url, newest),
    configured: []
  }
  return source
})

const accountsIn = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ name: string }>`
    SELECT substr(entity_id, 9) AS name FROM entity_epoch WHERE entity_id LIKE 'Account/%' ORDER BY entity_id`
  return rows.map(({ name }) => name)
})

/** Lives as long as the scope; provide `database` to what reads. */
export const openFloorData = Effect.fnUntraced(function* (options: FloorDataOptions) {
  const source = yield* Option.match(options.database, {
    onNone: () => inFolder(dataFolderAt(Option.getOrUndefined(options.data))),
    onSome: named
  })
  const database = yield* Layer.build(connection(source.url))
  const found = yield* Effect.provideContext(accountsIn, database)
  const floor: FloorData = {
    place: source.place,
    run: source.run,
    accounts: [...new Set([...source.configured, ...found])]
  }
  return { floor, database }
})
