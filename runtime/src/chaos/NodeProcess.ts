/**
 * One node of the floor, `outcry node` as shipped but with its fail points present: started, killed, frozen and started
 * again under the same name. Everything it needs to be told is in files of its own, so that a kill leaves no half state.
 */
import { type FailPointName, failPointNames } from "@outcry/actor-account/FailPoint"
import { exitCodes } from "../cli/UserError.ts"
import type { NodeConfig } from "../FloorConfig.ts"
import { type ChildProcess, type Ended, endedText, logTail, startChild } from "../floor/ChildProcess.ts"
import { Deferred, Effect, Exit, Schema, Scope } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { found, hopeless, instead, type Look, type NeverHappened, waitUntil } from "./WaitUntil.ts"

const program = fileURLToPath(new URL("../main.ts", import.meta.url))
const preload = new URL("./NodePreload.ts", import.meta.url).href

const Struck = Schema.fromJsonString(
  Schema.Struct({
    point: Schema.Literals(failPointNames),
    clientOrderId: Schema.String,
    /** Epoch ms of the strike, by the node's clock. */
    timeMs: Schema.Number
  })
)
/** What a node wrote just before a fail point killed or froze it. */
export type Struck = typeof Struck.Type

const bootMs = 60_000
const drainMs = 12_000
/**
 * An armed point that no order passes within this is a floor that does not trade. Another fault may last meanwhile: a ban
 * by the venue, or a database that is away, and then the node has to be given accounts first.
 */
const strikeMs = 60_000

export interface NodeProcess {
  readonly name: string
  readonly logFile: string
  readonly isRunning: Effect.Effect<boolean>
  /** Starts it and waits until it says that it is ready. */
  readonly start: Effect.Effect<void, NeverHappened>
  /** Whether it answers that it is ready now; the text says what is missing. */
  readonly readiness: Effect.Effect<string>
  /** Asks it to stop and waits for its end. */
  readonly stop: Effect.Effect<Ended>
  readonly kill: Effect.Effect<Ended>
  readonly freeze: Effect.Effect<void>
  readonly resume: Effect.Effect<void>
  /** Arms a fail point and waits until it has killed the node. */
  readonly dieAt: (point: FailPointName) => Effect.Effect<Struck, NeverHappened>
  /** The same, but it is stopped there and goes on from there when resumed. */
  readonly freezeAt: (point: FailPointName) => Effect.Effect<Struck, NeverHappened>
  /** Shifts its wall clock by that from the true one, now and when it starts again. */
  readonly shiftClock: (offsetMs: number) => Effect.Effect<void>
  /** Resident memory, MiB; 0 while it does not run. */
  readonly memoryMiB: Effect.Effect<number>
  readonly ended: Effect.Effect<Ended>
  readonly logTail: (lines: number) => string
}

const residentMiB = (pid: number): number => {
  const listed = spawnSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim()
  return Math.round(Number(listed) / 1024)
}

const againMs = 500

interface Running {
  readonly child: ChildProcess
  readonly scope: Scope.Closeable
}

/** What a node lacks by its own account; empty where it is ready. */
const missingOf = async (httpPort: number): Promise<string> => {
  const reply = await fetch(`http://127.0.0.1:${httpPort}/ready`, { signal: AbortSignal.timeout(2_000) })
  return reply.ok ? "" : await reply.text()
}

/** A node that is not started yet; the scope kills whatever process of it is left. */
export const makeNode = Effect.fnUntraced(function* (
  folder: string,
  floorFile: string,
  config: NodeConfig,
  proxiesFile: string
) {
  const outer = yield* Effect.scope
  const { httpPort, name } = config
  const logFile = join(folder, `${name}.log`)
  const armFile = join(folder, `${name}.failpoint`)
  const strikeFile = join(folder, `${name}.strikes`)
  const clockFile = join(folder, `${name}.clock`)
  let running: Running | undefined

  const current = Effect.suspend(() =>
    running === undefined ? Effect.die(new Error(`${name} was never started`)) : Effect.succeed(running.child)
  )

  const readiness = Effect.tryPromise(() => missingOf(httpPort)).pipe(
    Effect.catch((error) => Effect.succeed(`${name} does not answer: ${String(error.cause)}`))
  )

  const launch = Effect.gen(function* () {
    if (running !== undefined) yield* Scope.close(running.scope, Exit.void)
    const scope = yield* Scope.fork(outer)
    const child = yield* startChild({
      name,
      args: [
        "--conditions=faults",
        "--import",
        preload,
        program,
        "node",
        "--config",
        floorFile,
        "--name",
        name,
        "--lifeline"
      ],
      logFile,
      environment: {
        OUTCRY_FAILPOINT_FILE: armFile,
        OUTCRY_FAILPOINT_LOG: strikeFile,
        OUTCRY_PROXIES_FILE: proxiesFile,
        OUTCRY_CLOCK_FILE: clockFile
      },
      graceMs: drainMs
    }).pipe(Effect.provideService(Scope.Scope, scope))
    running = { child, scope }
    return child
  })

  const tail = (lines: number): string => logTail(logFile, lines)

  /** Launched again where it gave up, as an orchestrator does: another fault may have taken its database away meanwhile. */
  const start = Effect.gen(function* () {
    let child = yield* launch
    yield* waitUntil(
      { what: `${name} becomes ready`, withinMs: bootMs },
      Effect.gen(function* () {
        if (Deferred.isDoneUnsafe(child.ended)) {
          const ended = yield* Deferred.await(child.ended)
          if (ended.code === exitCodes.usage) return hopeless(`it ${endedText(ended)}`)
          yield* Effect.sleep(againMs)
          child = yield* launch
          return instead(`it ${endedText(ended)}`)
        }
        const missing = yield* readiness
        return missing === "" ? found(undefined) : instead(missing)
      }),
      Effect.sync(() => tail(12))
    )
  })

  const signalled = (signal: NodeJS.Signals) =>
    Effect.gen(function* () {
      const child = yield* current
      yield* child.signal(signal)
      return yield* Deferred.await(child.ended)
    })

  const send = (signal: NodeJS.Signals) => Effect.flatMap(current, (child) => child.signal(signal))

  const arm = Effect.fnUntraced(function* (text: string) {
    const child = yield* current
    rmSync(strikeFile, { force: true })
    writeFileSync(armFile, text)
    yield* child.signal("SIGUSR2")
    return child
  })

  /** The file is there a moment before its line is. */
  const struck = (): Look<Struck> => {
    const text = existsSync(strikeFile) ? readFileSync(strikeFile, "utf8") : ""
    return text.endsWith("\n") ? found(Schema.decodeUnknownSync(Struck)(text.trim())) : instead("it was not passed")
  }

  const dieAt = Effect.fnUntraced(function* (point: FailPointName) {
    const child = yield* arm(`${point} kill`)
    const strike = yield* waitUntil(
      { what: `an order of ${name} passes ${point}`, withinMs: strikeMs, everyMs: 2 },
      Effect.sync(() => {
        if (!Deferred.isDoneUnsafe(child.ended)) return instead("it lives")
        return existsSync(strikeFile) ? struck() : hopeless("it ended, and not by its fail point")
      }),
      Effect.sync(() => tail(12))
    ).pipe(Effect.onError(() => disarm))
    rmSync(armFile, { force: true })
    return strike
  })

  const freezeAt = Effect.fnUntraced(function* (point: FailPointName) {
    yield* arm(`${point} freeze`)
    const strike = yield* waitUntil(
      { what: `an order of ${name} passes ${point}`, withinMs: strikeMs, everyMs: 5 },
      Effect.sync(struck),
      Effect.sync(() => tail(12))
    ).pipe(Effect.onError(() => disarm))
    rmSync(armFile, { force: true })
    return strike
  })

  const disarm = Effect.andThen(
    Effect.sync(() => rmSync(armFile, { force: true })),
    Effect.suspend(() => (running === undefined ? Effect.void : running.child.signal("SIGUSR2")))
  )

  const shiftClock = (offsetMs: number) =>
    Effect.andThen(
      Effect.sync(() => writeFileSync(clockFile, String(offsetMs))),
      Effect.suspend(() => (running === undefined ? Effect.void : running.child.signal("SIGUSR2")))
    )

  const isRunning = Effect.sync(() => running !== undefined && !Deferred.isDoneUnsafe(running.child.ended))

  const memoryMiB = Effect.map(isRunning, (runs) => (runs ? residentMiB(running?.child.identity.pid ?? 0) : 0))

  const node: NodeProcess = {
    name,
    logFile,
    isRunning,
    start,
    readiness,
    stop: Effect.andThen(send("SIGCONT"), signalled("SIGTERM")),
    kill: signalled("SIGKILL"),
    freeze: send("SIGSTOP"),
    resume: send("SIGCONT"),
    dieAt,
    freezeAt,
    shiftClock,
    memoryMiB,
    ended: Effect.flatMap(current, (child) => Deferred.await(child.ended)),
    logTail: tail
  }
  return node
})
