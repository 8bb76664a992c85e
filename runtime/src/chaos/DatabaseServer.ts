/**
 * The Postgres of a fault run with what can happen to it: stopped, crashed, its sessions killed, its disk full, and a
 * stand-by promoted in its place. Who uses it goes through the run's links, which are told where the primary is.
 */
import { Database, sqlErrorText } from "@outcry/store/Database"
import { type EmbeddedPostgres, embeddedPostgres, type StopMode } from "@outcry/store/EmbeddedPostgres"
import type { PostgresError } from "@outcry/store/PostgresError"
import { serverUser } from "@outcry/store/ServerUser"
import { Effect, Exit, Layer, Redacted, Schema, Scope } from "effect"
import { SqlClient, SqlError } from "effect/sql"
import { spawnSync } from "node:child_process"
import { chownSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { reasonOf } from "../cli/UserError.ts"
import { type FaultProxy, openFaultProxy } from "./FaultProxy.ts"
import { mountSmallDisk, type SmallDisk } from "./SmallDisk.ts"

/** A verb of the database could not be done; says which and why. */
export class DatabaseVerbFailed extends Schema.TaggedError<DatabaseVerbFailed>()("DatabaseVerbFailed", {
  verb: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `The database could not be made to ${this.verb}: ${this.reason}`
  }
}

type Verb = Effect.Effect<void, DatabaseVerbFailed>

/** Whether a commit waits for the stand-by. */
export type Replication = "sync" | "async"

export interface DatabaseServer {
  /** Address of the first primary, which the floor is told. */
  readonly url: Redacted.Redacted
  readonly port: number
  readonly stop: (mode: StopMode) => Effect.Effect<void>
  readonly start: Verb
  /** Ends every session but the one that does it. */
  readonly endSessions: Verb
  /** Kills one back-end by force: the server restarts all sessions and recovers. */
  readonly crashSession: Verb
  /** The disk of limited size, or why there is none. */
  readonly disk: SmallDisk | string
  /** Makes a stand-by of the primary and waits until it follows. */
  readonly prepareStandby: (replication: Replication) => Verb
  /** What the primary commits from now on does not reach its stand-by. */
  readonly holdStandby: Effect.Effect<void>
  /** Crashes the primary for good, promotes its stand-by and returns the port where it is. */
  readonly promote: Effect.Effect<number, DatabaseVerbFailed>
}

/** Little enough that a disk fills within a run, and that a stand-by can always follow. */
const settings = {
  max_wal_size: "192MB",
  min_wal_size: "32MB",
  wal_keep_size: "64MB",
  max_wal_senders: "4",
  shared_buffers: "64MB"
}
const standbyName = "outcry_standby"
const standbyWithinMs = 20_000

const failed = (verb: string) => (error: unknown) =>
  new DatabaseVerbFailed({ verb, reason: SqlError.isSqlError(error) ? sqlErrorText(error) : reasonOf(error) })

/** One session with a server, for as long as the effect takes. */
const asking = <A, E>(verb: string, url: Redacted.Redacted, work: Effect.Effect<A, E, SqlClient.SqlClient>) =>
  work.pipe(
    Effect.provide(Database.layer({ url, applicationName: "fault run", poolSize: 1 }).pipe(Layer.fresh)),
    Effect.scoped,
    Effect.mapError(failed(verb))
  )

interface Standby {
  readonly server: EmbeddedPostgres
  readonly scope: Scope.Closeable
  /** Between it and its primary. */
  readonly proxy: FaultProxy
}

/** Copies a running server's files in backup mode; its log since then comes by streaming. */
const copyRunning = Effect.fnUntraced(function* (from: string, directory: string) {
  const sql = yield* SqlClient.SqlClient
  const [place] = yield* sql<{ data_directory: string }>`SHOW data_directory`
  const pgdata = join(directory, "pgdata")
  // As text: the driver knows no type `pg_lsn`, and not every position of a log is one in UTF-8.
  yield* sql`SELECT pg_backup_start('outcry', true)::text`
  const copied = yield* Effect.sync(() => {
    rmSync(directory, { recursive: true, force: true })
    mkdirSync(directory, { recursive: true, mode: 0o755 })
    copyFileSync(join(from, "password"), join(directory, "password"))
    // Files may come and go meanwhile: what is missing is in the log.
    return spawnSync("cp", ["-a", place!.data_directory, pgdata], { encoding: "utf8" })
  })
  const [stopped] = yield* sql<{ labelfile: string }>`SELECT labelfile FROM pg_backup_stop(false)`
  yield* Effect.sync(() => {
    rmSync(join(pgdata, "postmaster.pid"), { force: true })
    rmSync(join(pgdata, "postmaster.opts"), { force: true })
    const { ids } = serverUser()
    for (const [name, text] of [
      ["backup_label", stopped!.labelfile],
      ["standby.signal", ""]
    ] as const) {
      const file = join(pgdata, name)
      writeFileSync(file, text, { mode: 0o600 })
      if (ids !== undefined) chownSync(file, ids.uid, ids.gid)
    }
  })
  if (copied.error !== undefined) return yield* Effect.fail(copied.error)
})

/** Starts the server; the scope ends it and whatever took its place. */
export const startDatabase = Effect.fnUntraced(function* (folder: string) {
  const outer = yield* Effect.scope
  const disk = yield* mountSmallDisk(join(folder, "postgres"))
  const first: EmbeddedPostgres = yield* embeddedPostgres({ dataDir: join(folder, "postgres"), settings })
  let primary = first
  let standby: Standby | undefined
  let standbys = 0

  const waitUntilFollowed = Effect.fnUntraced(function* (replication: Replication) {
    const sql = yield* SqlClient.SqlClient
    for (let waitedMs = 0; waitedMs < standbyWithinMs; waitedMs += 50) {
      const rows =
        yield* sql`SELECT 1 FROM pg_stat_replication WHERE sync_state = ${replication} AND state = 'streaming'`
      if (rows.length > 0) return
      yield* Effect.sleep("50 millis")
    }
    return yield* new DatabaseVerbFailed({ verb: "follow", reason: `nothing streams after ${standbyWithinMs} ms` })
  })

  const dropStandby = Effect.suspend(() => {
    const old = standby
    standby = undefined
    return old === undefined ? Effect.void : Scope.close(old.scope, Exit.void)
  })

  const prepareStandby = Effect.fnUntraced(function* (replication: Replication) {
    const verb = "get a stand-by"
    yield* dropStandby
    standbys += 1
    const directory = join(folder, `postgres-${standbys + 1}`)
    yield* asking(verb, primary.url, copyRunning(primary.directory, directory))
    const scope = yield* Scope.fork(outer)
    const proxy = yield* Effect.acquireRelease(
      Effect.promise(() => openFaultProxy(primary.port)),
      (opened) => Effect.promise(() => opened.close())
    ).pipe(Effect.provideService(Scope.Scope, scope))
    const { password, username } = new URL(Redacted.value(primary.url))
    const conninfo = `host=127.0.0.1 port=${proxy.port} user=${username} password=${password} application_name=${standbyName}`
    const server = yield* embeddedPostgres({
      dataDir: directory,
      settings: { ...settings, primary_conninfo: conninfo, hot_standby: "on" }
    }).pipe(Effect.provideService(Scope.Scope, scope), Effect.mapError(failed(verb)))
    standby = { server, scope, proxy }
    const waitedFor = replication === "sync" ? standbyName : ""
    const wait = Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql.unsafe(`ALTER SYSTEM SET synchronous_standby_names = '${waitedFor}'`)
      yield* sql`SELECT pg_reload_conf()`
      // Commits wait only once the checkpointer has read the setting, which it does before it begins anew.
      yield* sql`CHECKPOINT`
      yield* waitUntilFollowed(replication)
    })
    yield* asking(verb, primary.url, wait)
  })

  const holdStandby = Effect.sync(() => {
    standby?.proxy.disturb({ up: { hold: true }, down: { hold: true }, connects: "hang" })
  })

  const promote = Effect.gen(function* () {
    const next = standby
    if (next === undefined)
      return yield* new DatabaseVerbFailed({ verb: "be replaced by its stand-by", reason: "it has none" })
    standby = undefined
    yield* primary.stop("immediate")
    const promoting = Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`SELECT pg_promote(true, 20)`
    })
    yield* asking("be replaced by its stand-by", next.server.url, promoting)
    primary = next.server
    return primary.port
  })

  const others = "backend_type = 'client backend' AND pid <> pg_backend_pid()"
  const database: DatabaseServer = {
    url: first.url,
    port: first.port,
    disk,
    stop: (mode) => Effect.suspend(() => primary.stop(mode)),
    start: Effect.suspend(() => primary.start).pipe(Effect.mapError((error: PostgresError) => failed("start")(error))),
    endSessions: Effect.suspend(() =>
      asking(
        "end its sessions",
        primary.url,
        Effect.flatMap(SqlClient.SqlClient, (sql) =>
          sql.unsafe(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${others}`)
        )
      )
    ).pipe(Effect.asVoid),
    crashSession: Effect.suspend(() =>
      asking(
        "lose a session",
        primary.url,
        Effect.flatMap(SqlClient.SqlClient, (sql) =>
          sql.unsafe<{ pid: number }>(`SELECT pid FROM pg_stat_activity WHERE ${others} LIMIT 1`)
        )
      )
    ).pipe(
      Effect.map(([victim]) => {
        if (victim !== undefined) process.kill(victim.pid, "SIGKILL")
      })
    ),
    prepareStandby,
    holdStandby,
    promote
  }
  return database
})
