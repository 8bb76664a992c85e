import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@outcry/testkit/TestJournal"
import { Effect, Exit, Fiber, Redacted, Schedule, Scope } from "effect"
import { SqlClient } from "effect/sql"
import { spawn } from "node:child_process"
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { createServer } from "node:net"
import { dirname, join } from "node:path"
import { Database } from "../src/Database.ts"
import { embeddedPostgres } from "../src/EmbeddedPostgres.ts"
import { postgresBinaries } from "../src/PostgresBinaries.ts"
import { isAlive, readPostmaster } from "../src/PostmasterFile.ts"
import { canReach, type ServerUser, serverUser } from "../src/ServerUser.ts"

const fixture = join(import.meta.dirname, "OrphanParent.ts")

/** Runs the fixture and waits for its first line, or for its end. */
const startParent = (
  dataDir: string,
  stay: "stay" | "end",
  user: { readonly uid?: number; readonly gid?: number } = {}
) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly child: ReturnType<typeof spawn>; readonly line: string; readonly errors: () => string }>(
      (resume) => {
        const child = spawn(process.execPath, [fixture, dataDir, stay], { stdio: ["ignore", "pipe", "pipe"], ...user })
        let errors = ""
        child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()))
        const done = (line: string) => resume(Effect.succeed({ child, line, errors: () => errors }))
        child.stdout.once("data", (chunk: Buffer) => done(chunk.toString().trim()))
        child.once("close", () => done(""))
      }
    ),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

const ended = (child: ReturnType<typeof spawn>) =>
  Effect.callback<void>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) resume(Effect.void)
    else child.once("exit", () => resume(Effect.void))
  })

const query = <A extends object>(url: Redacted.Redacted, text: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe<A>(text)).pipe(
    Effect.provide(Database.layer({ url, poolSize: 1 }))
  )

const scoped = <A, E>(body: Effect.Effect<A, E, Scope.Scope>) => Effect.scoped(body)

describe("embedded Postgres", () => {
  it.live("starts on loopback with a password of its own, keeps its data, and leaves no process", () =>
    scoped(
      Effect.gen(function* () {
        const dataDir = yield* temporaryFolder
        const first = yield* scoped(
          Effect.gen(function* () {
            const server = yield* embeddedPostgres({ dataDir })
            yield* query(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")
            const [listen] = yield* query<{ listen_addresses: string }>(server.url, "SHOW listen_addresses")
            assert.strictEqual(listen?.listen_addresses, "127.0.0.1")
            const [fsync] = yield* query<{ fsync: string }>(server.url, "SHOW fsync")
            assert.strictEqual(fsync?.fsync, "on")
            return { pid: server.pid(), url: server.url }
          })
        )
        assert.isFalse(isAlive(first.pid))
        assert.strictEqual(statSync(join(dataDir, "password")).mode & 0o777, 0o600)
        const server = yield* embeddedPostgres({ dataDir })
        assert.deepStrictEqual(yield* query(server.url, "SELECT answer FROM kept"), [{ answer: 42 }])
        const wrong = Redacted.make(Redacted.value(server.url).replace(/:[^:@/]+@/, ":wrong@"))
        const refused = yield* Effect.flip(query(wrong, "SELECT 1"))
        assert.strictEqual(refused._tag, "DatabaseUnreachable")
      })
    )
  )

  it.live("stops the server that a killed parent left behind and starts anew on the same data", () =>
    scoped(
      Effect.gen(function* () {
        const dataDir = yield* temporaryFolder
        const parent = yield* startParent(dataDir, "stay")
        const orphan = Number(parent.line.split(" ")[0])
        assert.isTrue(isAlive(orphan), parent.errors())
        parent.child.kill("SIGKILL")
        yield* ended(parent.child)
        assert.isTrue(isAlive(orphan))
        const server = yield* embeddedPostgres({ dataDir })
        assert.isFalse(isAlive(orphan))
        assert.isTrue(isAlive(server.pid()))
      })
    )
  )

  it.live("recovers when parent and postmaster were both killed, leaving its back-ends and its lock file", () =>
    scoped(
      Effect.gen(function* () {
        const dataDir = yield* temporaryFolder
        const parent = yield* startParent(dataDir, "stay")
        process.kill(Number(parent.line.split(" ")[0]), "SIGKILL")
        parent.child.kill("SIGKILL")
        yield* ended(parent.child)
        const server = yield* embeddedPostgres({ dataDir })
        assert.deepStrictEqual(yield* query(server.url, "SELECT 1 AS one"), [{ one: 1 }])
      })
    )
  )

  it.live("refuses a folder that another live process uses, and does not disturb it", () =>
    scoped(
      Effect.gen(function* () {
        const dataDir = yield* temporaryFolder
        const parent = yield* startParent(dataDir, "stay")
        const refused = yield* Effect.flip(scoped(embeddedPostgres({ dataDir })))
        assert.strictEqual(refused._tag, "DataDirUnusable")
        assert.include(refused.message, `process ${parent.child.pid} is using it`)
        assert.isTrue(isAlive(Number(parent.line.split(" ")[0])))
        parent.child.kill("SIGKILL")
        yield* ended(parent.child)
        yield* scoped(embeddedPostgres({ dataDir }))
      })
    )
  )

  it.live("ignores a lock file whose number now belongs to another program, and does not signal that one", () =>
    scoped(
      Effect.gen(function* () {
        const dataDir = yield* temporaryFolder
        const pgdata = yield* scoped(
          Effect.map(embeddedPostgres({ dataDir }), ({ directory }) => join(directory, "pgdata"))
        )
        writeFileSync(join(pgdata, "postmaster.pid"), `${process.pid}\n${pgdata}\n0\n5432\n\n\n\nready\n`)
        const server = yield* embeddedPostgres({ dataDir })
        assert.notStrictEqual(readPostmaster(pgdata)?.pid, process.pid)
        assert.isTrue(isAlive(server.pid()))
      })
    )
  )

  it.live("begins again after a crash in the middle of the initialisation", () =>
    scoped(
      Effect.gen(function* () {
        const dataDir = yield* temporaryFolder
        mkdirSync(join(dataDir, "draft-0123"))
        writeFileSync(join(dataDir, "draft-0123", "PG_VERSION"), "18\n")
        writeFileSync(join(dataDir, "password"), "from-before\n", { mode: 0o644 })
        const server = yield* embeddedPostgres({ dataDir })
        assert.include(Redacted.value(server.url), "from-before")
        assert.deepStrictEqual(
          readdirSync(dataDir).filter((name) => name.startsWith("draft-")),
          []
        )
        assert.deepStrictEqual(yield* query(server.url, "SELECT 1 AS one"), [{ one: 1 }])
      })
    )
  )

  it.live("names the port that is in use", () =>
    scoped(
      Effect.gen(function* () {
        const dataDir = yield* temporaryFolder
        const port = yield* Effect.acquireRelease(
          Effect.callback<{ readonly server: ReturnType<typeof createServer>; readonly port: number }>((resume) => {
            const server = createServer().listen(0, "127.0.0.1", () => {
              const address = server.address()
              resume(
                Effect.succeed({ server, port: typeof address === "object" && address !== null ? address.port : 0 })
              )
            })
          }),
          ({ server }) => Effect.sync(() => server.close())
        )
        const refused = yield* Effect.flip(scoped(embeddedPostgres({ dataDir, port: port.port })))
        assert.strictEqual(refused._tag === "PortInUse" && refused.port, port.port)
      })
    )
  )

  it.live("says what is wrong with a folder of another version, without its password, or that is a file", () =>
    scoped(
      Effect.gen(function* () {
        const parent = yield* temporaryFolder
        const reason = (dataDir: string) =>
          Effect.map(Effect.flip(scoped(embeddedPostgres({ dataDir }))), (error) =>
            error._tag === "DataDirUnusable" ? error.reason : error._tag
          )
        const old = join(parent, "old")
        mkdirSync(join(old, "pgdata"), { recursive: true })
        writeFileSync(join(old, "password"), "x\n")
        writeFileSync(join(old, "pgdata", "PG_VERSION"), "15\n")
        assert.include(yield* reason(old), "15")
        rmSync(join(old, "password"))
        assert.include(yield* reason(old), "password file is missing")
        const file = join(parent, "file")
        writeFileSync(file, "")
        assert.include(yield* reason(file), "EEXIST")
        assert.isFalse(existsSync(join(old, "owner.json")))
      })
    )
  )

  it.live("shows the end of the log when the server refuses its settings", () =>
    scoped(
      Effect.gen(function* () {
        const dataDir = yield* temporaryFolder
        const failed = yield* Effect.flip(scoped(embeddedPostgres({ dataDir, settings: { max_connections: "none" } })))
        assert.strictEqual(failed._tag, "PostgresStartFailed")
        assert.include(failed.message, "max_connections")
      })
    )
  )

  it.live("works in a folder that only its owner may enter, also as root", () =>
    scoped(
      Effect.gen(function* () {
        const dataDir = yield* temporaryFolder
        chmodSync(dataDir, 0o700)
        yield* scoped(embeddedPostgres({ dataDir }))
        const server = yield* embeddedPostgres({ dataDir })
        assert.deepStrictEqual(yield* query(server.url, "SELECT 1 AS one"), [{ one: 1 }])
        const pointer = join(dataDir, "location")
        assert.strictEqual(existsSync(pointer), process.getuid?.() === 0)
        if (existsSync(pointer)) {
          const place = dirname(readFileSync(pointer, "utf8").trim())
          yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(place, { recursive: true, force: true })))
          yield* server.stop("fast")
        }
      })
    )
  )

  it.live("works for an ordinary user", () =>
    scoped(
      Effect.gen(function* () {
        const dataDir = yield* temporaryFolder
        const nobody: ServerUser = { name: "nobody", ids: { uid: 65_534, gid: 65_534 } }
        // As root it is tried as nobody, where nobody can get at the checkout; else this process is the ordinary user.
        const asNobody =
          process.getuid?.() === 0 && canReach(nobody, process.execPath) && canReach(nobody, dirname(fixture))
        if (asNobody) chmodSync(dataDir, 0o777)
        const parent = yield* startParent(dataDir, "end", asNobody ? nobody.ids : {})
        yield* ended(parent.child)
        assert.strictEqual(parent.child.exitCode, 0, parent.errors())
        assert.isFalse(isAlive(Number(parent.line.split(" ")[0])))
      })
    )
  )

  it.live("runs from a copy when the package's library links are missing or its folder is closed to the server", () =>
    scoped(
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const user = serverUser()
        const real = dirname(dirname(dirname(postgresBinaries(user).postgres)))
        const root = join(folder, "private", "package")
        mkdirSync(root, { recursive: true })
        cpSync(join(real, "native"), join(root, "native"), { recursive: true, verbatimSymlinks: true })
        rmSync(join(root, "native", "lib", "libpq.so.5"), { force: true })
        chmodSync(join(folder, "private"), 0o700)
        const cache = join(folder, "cache")
        mkdirSync(cache)
        const found = postgresBinaries(user, { root, cache })
        assert.isTrue(found.postgres.startsWith(cache))
        assert.isTrue(canReach(user, found.postgres))
        const version = spawn(found.postgres, ["--version"], { ...user.ids, cwd: "/", stdio: "ignore" })
        yield* ended(version)
        assert.strictEqual(version.exitCode, 0)
        // A second look finds the copy and makes no other; a broken one is replaced.
        assert.strictEqual(postgresBinaries(user, { root, cache }).postgres, found.postgres)
        assert.strictEqual(readdirSync(cache).length, 1)
        rmSync(join(cache, readdirSync(cache)[0] ?? "", "complete"), { recursive: true })
        symlinkSync("/nowhere", join(cache, readdirSync(cache)[0] ?? "", "leftover"))
        assert.strictEqual(postgresBinaries(user, { root, cache }).postgres, found.postgres)
      })
    )
  )

  it.live("interrupted in the middle of its making, it leaves no process and no half-made cluster", () =>
    scoped(
      Effect.gen(function* () {
        const dataDir = yield* temporaryFolder
        const home = () => {
          const pointer = join(dataDir, "location")
          return existsSync(pointer) ? dirname(readFileSync(pointer, "utf8").trim()) : dataDir
        }
        const drafts = () => readdirSync(home()).filter((name) => name.startsWith("draft-"))
        const making = yield* Effect.forkChild(scoped(embeddedPostgres({ dataDir })), { startImmediately: true })
        // Its own server works on the draft by then.
        const draft = yield* Effect.sync(() => drafts().find((name) => existsSync(join(home(), name, "base")))).pipe(
          Effect.repeat({ until: (found) => found !== undefined, schedule: Schedule.spaced(5) })
        )
        yield* Fiber.interrupt(making)
        assert.deepStrictEqual(drafts(), [])
        const left = readdirSync("/proc").filter((pid) => {
          try {
            return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(String(draft))
          } catch {
            return false
          }
        })
        assert.deepStrictEqual(left, [])
        assert.isFalse(existsSync(join(dataDir, "owner.json")))
      })
    )
  )

  it.live("interrupted in the middle of a start, it leaves nothing running and nothing owned", () =>
    scoped(
      Effect.gen(function* () {
        const dataDir = yield* temporaryFolder
        yield* scoped(embeddedPostgres({ dataDir }))
        const scope = yield* Scope.make()
        yield* embeddedPostgres({ dataDir }).pipe(Scope.provide(scope), Effect.timeoutOption(20))
        yield* Scope.close(scope, Exit.void)
        assert.isFalse(existsSync(join(dataDir, "owner.json")))
        assert.isUndefined(readPostmaster(join(dataDir, "pgdata")))
      })
    )
  )
})
