/**
 * A real Postgres 18 of our own, for the life of a scope: initialised in a data folder on first use, listening on
 * 127.0.0.1 only, with a generated password. A server left behind by a killed parent is stopped (only when it really
 * serves this folder) and started anew. It runs in a process group of its own, so that Ctrl-C reaches the nodes and not
 * the database beneath them. It is never configured less durable than Postgres' defaults.
 */
import { Effect, Redacted, Schedule } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  chownSync
} from "node:fs"
import { createServer } from "node:net"
import { PortInUse, PostgresStartFailed, type PostgresError } from "./PostgresError.ts"
import { openPostgresFolder, type PostgresFolder } from "./PostgresFolder.ts"
import { type PostgresBinaries, postgresBinaries } from "./PostgresBinaries.ts"
import { forgetPostmaster, isAlive, readPostmaster, servesFolder } from "./PostmasterFile.ts"
import { type ServerUser, serverUser } from "./ServerUser.ts"

export interface EmbeddedPostgresOptions {
  /** Made when it does not exist. */
  readonly dataDir: string
  /** 0 or nothing takes a free one. */
  readonly port?: number
  /** Upper bound for starting and for stopping gracefully, each. Default 30 s. */
  readonly timeoutMs?: number
  /** Further server settings, e.g. `{ max_connections: "300" }`. */
  readonly settings?: Readonly<Record<string, string>>
}

/** `fast` ends sessions and writes a checkpoint; `immediate` is a crash: nothing is written, the next start recovers. */
export type StopMode = "fast" | "immediate"

export interface EmbeddedPostgres {
  /** `postgresql://postgres:…@127.0.0.1:port/postgres` */
  readonly url: Redacted.Redacted
  readonly port: number
  readonly directory: string
  /** Process id of the postmaster that runs now. */
  readonly pid: () => number
  readonly stop: (mode: StopMode) => Effect.Effect<void>
  /** Starts it again on the same port after `stop`, or after it died by itself. */
  readonly start: Effect.Effect<void, PostgresError>
}

const major = "18"
const logLimitBytes = 16 * 1024 * 1024

const pollMs = 15

/** Looks every few milliseconds until `look` answers, for at most about `timeoutMs`; undefined when it never did. */
const waitFor = Effect.fnUntraced(function* <A>(timeoutMs: number, look: () => A | undefined) {
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    const seen = look()
    if (seen !== undefined || waitedMs >= timeoutMs) return seen
    yield* Effect.sleep(pollMs)
  }
})

const logTail = (file: string): string => {
  try {
    return readFileSync(file, "utf8").trimEnd().split("\n").slice(-12).join("\n")
  } catch {
    return ""
  }
}

const portIsFree = (port: number): Effect.Effect<number, PortInUse> =>
  Effect.callback((resume) => {
    const server = createServer()
    server.once("error", () => resume(Effect.fail(new PortInUse({ port }))))
    server.listen(port, "127.0.0.1", () => {
      const address = server.address()
      const found = typeof address === "object" && address !== null ? address.port : port
      server.close(() => resume(Effect.succeed(found)))
    })
  })

/** Runs as the server's user, away from folders that user may not enter, and without the caller's PG* variables. */
const spawnOptions = (user: ServerUser) => ({
  ...user.ids,
  cwd: "/",
  env: { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" }
})

const killGroup = (pid: number): void => {
  try {
    process.kill(-pid, "SIGKILL")
  } catch {
    // It ended by itself.
  }
}

const initdb = (binaries: PostgresBinaries, user: ServerUser) => (draft: string, password: string) =>
  Effect.callback<void, PostgresStartFailed>((resume) => {
    const passwordFile = `${draft}.password`
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
    if (user.ids !== undefined) chownSync(passwordFile, user.ids.uid, user.ids.gid)
    const child = spawn(
      binaries.initdb,
      [
        "-D",
        draft,
        "-U",
        "postgres",
        "--auth=scram-sha-256",
        `--pwfile=${passwordFile}`,
        "--encoding=UTF8",
        "--no-locale"
      ],
      // A group of its own: it starts servers beneath it, which must end with it.
      { ...spawnOptions(user), stdio: ["ignore", "pipe", "pipe"], detached: true }
    )
    let output = ""
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000)
    }
    child.stdout.on("data", collect)
    child.stderr.on("data", collect)
    const end = (reason: string | undefined) => {
      rmSync(passwordFile, { force: true })
      resume(
        reason === undefined
          ? Effect.void
          : Effect.fail(new PostgresStartFailed({ reason: `initdb ${reason}`, logFile: "(none yet)", logTail: output }))
      )
    }
    child.once("error", (cause) => end(cause.message))
    child.once("close", (code, signal) => end(code === 0 ? undefined : `ended with ${code ?? signal}`))
    return Effect.callback<void>((ended) => {
      rmSync(passwordFile, { force: true })
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return ended(Effect.void)
      child.once("close", () => ended(Effect.void))
      killGroup(child.pid)
    })
  })

const untilGone = (pid: number, timeoutMs: number): Effect.Effect<boolean> =>
  Effect.map(
    waitFor(timeoutMs, () => (isAlive(pid) ? undefined : true)),
    (gone) => gone === true
  )

const signal = (pid: number, name: NodeJS.Signals) =>
  Effect.sync(() => {
    try {
      process.kill(pid, name)
    } catch {
      // It ended between the look and the signal.
    }
  })

/** Ends a postmaster: fast where asked, then immediate, then by force. */
const endProcess = Effect.fnUntraced(function* (pid: number, mode: StopMode, timeoutMs: number) {
  if (!isAlive(pid)) return
  if (mode === "fast") {
    yield* signal(pid, "SIGINT")
    if (yield* untilGone(pid, timeoutMs)) return
  }
  yield* signal(pid, "SIGQUIT")
  if (yield* untilGone(pid, 10_000)) return
  yield* signal(pid, "SIGKILL")
  yield* untilGone(pid, 5_000)
})

/** Stops the postmaster of this folder, if one lives. A pid that is not our postmaster is left alone. */
const stopServer = Effect.fnUntraced(function* (pgdata: string, mode: StopMode, timeoutMs: number) {
  const running = readPostmaster(pgdata)
  if (running === undefined) return
  if (servesFolder(running.pid, pgdata)) yield* endProcess(running.pid, mode, timeoutMs)
  // Its number may belong to another program by now, which would make Postgres refuse to start for ever.
  if (!servesFolder(running.pid, pgdata)) forgetPostmaster(pgdata)
})

const launch = (
  binaries: PostgresBinaries,
  user: ServerUser,
  folder: PostgresFolder,
  port: number,
  settings: Readonly<Record<string, string>>
) =>
  Effect.callback<ChildProcess, PostgresStartFailed>((resume) => {
    if (existsSync(folder.logFile) && statSync(folder.logFile).size > logLimitBytes) truncateSync(folder.logFile)
    const log = openSync(folder.logFile, "a", 0o600)
    const all = {
      listen_addresses: "127.0.0.1",
      port: String(port),
      unix_socket_directories: "",
      max_connections: "200",
      jit: "off",
      log_line_prefix: "%m [%p] ",
      ...settings
    }
    const flags = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])
    const child = spawn(binaries.postgres, ["-D", folder.pgdata, ...flags], {
      ...spawnOptions(user),
      detached: true,
      stdio: ["ignore", log, log]
    })
    closeSync(log)
    child.once("error", (cause) =>
      resume(Effect.fail(new PostgresStartFailed({ reason: cause.message, logFile: folder.logFile, logTail: "" })))
    )
    child.once("spawn", () => {
      child.unref()
      resume(Effect.succeed(child))
    })
  })

const untilReady = Effect.fnUntraced(function* (child: ChildProcess, folder: PostgresFolder, timeoutMs: number) {
  const ended = () => child.exitCode !== null || child.signalCode !== null
  const state = yield* waitFor(timeoutMs, () => {
    if (ended()) return "ended"
    const seen = readPostmaster(folder.pgdata)
    return seen !== undefined && seen.pid === child.pid && seen.ready ? "ready" : undefined
  })
  if (state === "ready") return
  const reason =
    state === "ended"
      ? `it ended with ${child.exitCode ?? child.signalCode}`
      : `it was not ready within ${timeoutMs} ms`
  return yield* new PostgresStartFailed({ reason, logFile: folder.logFile, logTail: logTail(folder.logFile) })
})

/**
 * Starts the server; when the scope closes it is stopped and no process of it is left. Fails with `PortInUse`,
 * `DataDirUnusable` (also when another live process uses the folder) or `PostgresStartFailed` with the log's tail.
 */
export const embeddedPostgres = Effect.fn("EmbeddedPostgres.start")(function* (options: EmbeddedPostgresOptions) {
  const timeoutMs = options.timeoutMs ?? 30_000
  const fromSystem = <A>(reason: string, run: () => A) =>
    Effect.try({
      try: run,
      catch: (cause) =>
        new PostgresStartFailed({
          reason: `${reason}: ${cause instanceof Error ? cause.message : String(cause)}`,
          logFile: "(none)",
          logTail: ""
        })
    })
  const user = yield* fromSystem("no user to run it as", serverUser)
  const binaries = yield* fromSystem("its programs were not found", () => postgresBinaries(user))
  const folder = yield* openPostgresFolder({
    dataDir: options.dataDir,
    user,
    major,
    initialise: initdb(binaries, user)
  })

  const startOn = Effect.fnUntraced(function* (port: number) {
    yield* stopServer(folder.pgdata, "fast", timeoutMs)
    yield* portIsFree(port)
    const attempt = launch(binaries, user, folder, port, options.settings ?? {}).pipe(
      Effect.flatMap((child) =>
        untilReady(child, folder, timeoutMs).pipe(
          // Ended by its own handle: an early failure may come before it has written its lock file.
          Effect.onError(() => (child.pid === undefined ? Effect.void : endProcess(child.pid, "fast", timeoutMs)))
        )
      )
    )
    // The back-ends of a postmaster that was killed hold its shared memory until they notice, within a few seconds.
    yield* attempt.pipe(
      Effect.retry({
        while: (error) => /shared memory block|lock file/.test(error.logTail.split("\n").slice(-4).join("\n")),
        times: 40,
        schedule: Schedule.spaced(250)
      })
    )
  })

  yield* Effect.addFinalizer(() => stopServer(folder.pgdata, "fast", timeoutMs))
  const port = yield* stopServer(folder.pgdata, "fast", timeoutMs).pipe(
    Effect.andThen(portIsFree(options.port ?? 0)),
    Effect.tap((found) => startOn(found)),
    // A free port may be taken by someone else before Postgres binds it; then another one is tried.
    Effect.retry({
      while: (error) =>
        (options.port ?? 0) === 0 && /Address already in use/.test("logTail" in error ? error.logTail : ""),
      times: 3
    })
  )
  const server: EmbeddedPostgres = {
    url: Redacted.make(`postgresql://postgres:${folder.password}@127.0.0.1:${port}/postgres`),
    port,
    directory: folder.directory,
    pid: () => readPostmaster(folder.pgdata)?.pid ?? 0,
    stop: (mode) => stopServer(folder.pgdata, mode, timeoutMs),
    start: startOn(port)
  }
  return server
})
