/**
 * The database of research: DATABASE_URL where it is set, else a Postgres of our own in the data folder, apart from the
 * floor's, whose schemas come and go with its runs. What is kept here stays.
 *
 * The embedded server lives as long as the command that started it; another command meanwhile uses the same.
 */
import { Database } from "@outcry/store/Database"
import { embeddedPostgres } from "@outcry/store/EmbeddedPostgres"
import { migrate } from "@outcry/store/Migrations"
import { Effect, Layer, Option, Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { environment } from "../cli/Output.ts"
import { userError } from "../cli/UserError.ts"
import { type DataFolder, writePrivate } from "../floor/DataFolder.ts"
import { withSchema } from "../floor/FloorDatabase.ts"
import { identityOf, isRunning, ProcessIdentity } from "../floor/ProcessIdentity.ts"

const schema = "research"

const ServerFile = Schema.Struct({ starter: ProcessIdentity, url: Schema.String })
const decode = Schema.decodeUnknownOption(Schema.fromJsonString(ServerFile))

export interface ResearchFolder {
  readonly root: string
  /** Data sets of the column store. */
  readonly datasets: string
  /** Configuration of the nodes that work a study. */
  readonly nodesFile: string
  readonly logs: string
  readonly postgres: string
  readonly serverFile: string
}

export const researchFolderOf = ({ root: data }: DataFolder): ResearchFolder => {
  const root = join(data, "research")
  return {
    root,
    datasets: join(data, "datasets"),
    nodesFile: join(root, "nodes.json"),
    logs: join(root, "logs"),
    postgres: join(root, "postgres"),
    serverFile: join(root, "server.json")
  }
}

/** The server that a command which still runs has started. */
const runningServer = (folder: ResearchFolder): string | undefined => {
  try {
    const noted = Option.getOrUndefined(decode(readFileSync(folder.serverFile, "utf8")))
    return noted !== undefined && isRunning(noted.starter) ? noted.url : undefined
  } catch {
    return undefined
  }
}

const server = Effect.fnUntraced(function* (folder: ResearchFolder) {
  const configured = environment()["DATABASE_URL"] ?? ""
  if (configured !== "" && !/^postgres(?:ql)?:\/\//.test(configured))
    return yield* userError(
      "DatabaseUnreachable",
      "DATABASE_URL is not a postgresql:// address.",
      "Correct it, or unset it to use the embedded Postgres."
    )
  if (configured !== "") return configured
  const running = runningServer(folder)
  if (running !== undefined) return running
  mkdirSync(folder.root, { recursive: true })
  const started = yield* embeddedPostgres({ dataDir: folder.postgres })
  const url = Redacted.value(started.url)
  writePrivate(folder.serverFile, JSON.stringify({ starter: identityOf(process.pid), url }))
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder.serverFile, { force: true })))
  return url
})

export interface ResearchDatabase {
  /** With the schema of research as its search path. */
  readonly url: string
}

/** Starts or reaches it and makes its tables; lives as long as the scope. */
export const openResearchDatabase = Effect.fn("ResearchDatabase.open")(function* (folder: ResearchFolder) {
  const base = yield* server(folder)
  const makeSchema = Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(`CREATE SCHEMA IF NOT EXISTS ${schema}`))
  const at = (url: string) =>
    Database.layer({ url: Redacted.make(url), applicationName: "outcry research", poolSize: 2 })
  yield* makeSchema.pipe(Effect.provide(at(base)))
  const url = withSchema(base, schema)
  yield* migrate.pipe(Effect.provide(at(url)))
  const database: ResearchDatabase = { url }
  return database
})

/** The same with its client, for what asks it directly. */
export const layer = (folder: ResearchFolder) =>
  Layer.unwrap(
    Effect.map(openResearchDatabase(folder), ({ url }) =>
      Database.layer({ url: Redacted.make(url), applicationName: "outcry research", poolSize: 2 })
    )
  )
