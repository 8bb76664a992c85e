/**
 * One node of the floor, `outcry node` as shipped but with its fail points present: started, killed, frozen and started
 * again under the same name. Everything it needs to be told is in files of its own, so that a kill leaves no half state.
 */
import type { FailPointName } from "@outcry/actor-account/FailPoint"
import type { NodeConfig } from "@outcry/runtime/FloorConfig"
import { type ChildProcess, type Ended, endedText, logTail, startChild } from "@outcry/runtime/floor/ChildProcess"
import { Deferred, Effect, Exit, Schema, Scope } from "effect"
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { found, hopeless, instead, type NeverHappened, waitUntil } from "./WaitUntil.ts"

const program = fileURLToPath(new URL("../../runtime/src/main.ts", import.meta.url))

export const failPoints: ReadonlyArray<FailPointName> = ["intent.committed", "wire.sending", "wire.answered"]

const Struck = Schema.fromJsonString(
  Schema.Struct({
    point: Schema.Literals(["intent.committed", "wire.sending", "wire.answered"]),
    clientOrderId: Schema.String,
    /** Epoch ms of the kill. */
    timeMs: Schema.Number
  })
)
/** What a node wrote just before a fail point killed it. */
export type Struck = typeof Struck.Type

const bootMs = 30_000
const drainMs = 12_000
/** An armed point that no order passes within this is a floor that does not trade. */
const strikeMs = 15_000

export interface NodeProcess {
  readonly name: string
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
  readonly ended: Effect.Effect<Ended>
  readonly logTail: (lines: number) => string
}

interface Running {
  readonly child: ChildProcess
  readonly scope: Scope.Closeable
}

/** A node that is not started yet; the scope kills whatever process of it is left. */
export const makeNode = Effect.fnUntraced(function* (folder: string, floorFile: string, config: NodeConfig) {
  const outer = yield* Effect.scope
  const { httpPort, name } = config
  const logFile = join(folder, `${name}.log`)
  const armFile = join(folder, `${name}.failpoint`)
  const strikeFile = join(folder, `${name}.strikes`)
  let running: Running | undefined

  const current = Effect.suspend(() =>
    running === undefined ? Effect.die(new Error(`${name} was never started`)) : Effect.succeed(running.child)
  )

  const readiness = Effect.tryPromise(async () => {
    const reply = await fetch(`http://127.0.0.1:${httpPort}/ready`, { signal: AbortSignal.timeout(2_000) })
    return reply.ok ? "" : await reply.text()
  }).pipe(Effect.catch((error) => Effect.succeed(`${name} does not answer: ${String(error.cause)}`)))

  const launch = Effect.gen(function* () {
    if (running !== undefined) yield* Scope.close(running.scope, Exit.void)
    const scope = yield* Scope.fork(outer)
    const child = yield* startChild({
      name,
      args: ["--conditions=faults", program, "node", "--config", floorFile, "--name", name, "--lifeline"],
      logFile,
      environment: { OUTCRY_FAILPOINT_FILE: armFile, OUTCRY_FAILPOINT_LOG: strikeFile },
      graceMs: drainMs
    }).pipe(Effect.provideService(Scope.Scope, scope))
    running = { child, scope }
    return child
  })

  const tail = (lines: number): string => logTail(logFile, lines)

  const start = Effect.gen(function* () {
    const child = yield* launch
    yield* waitUntil(
      { what: `${name} becomes ready`, withinMs: bootMs },
      Effect.gen(function* () {
        if (Deferred.isDoneUnsafe(child.ended)) return hopeless(`it ${endedText(yield* Deferred.await(child.ended))}`)
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

  const dieAt = Effect.fnUntraced(function* (point: FailPointName) {
    const child = yield* current
    rmSync(strikeFile, { force: true })
    writeFileSync(armFile, point)
    yield* child.signal("SIGUSR2")
    return yield* waitUntil(
      { what: `an order of ${name} passes ${point}`, withinMs: strikeMs, everyMs: 2 },
      Effect.sync(() => {
        if (!Deferred.isDoneUnsafe(child.ended)) return instead("it lives")
        if (!existsSync(strikeFile)) return hopeless("it ended, and not by its fail point")
        return found(Schema.decodeUnknownSync(Struck)(readFileSync(strikeFile, "utf8").trim()))
      }),
      Effect.sync(() => tail(12))
    )
  })

  const node: NodeProcess = {
    name,
    isRunning: Effect.sync(() => running !== undefined && !Deferred.isDoneUnsafe(running.child.ended)),
    start,
    readiness,
    stop: Effect.andThen(send("SIGCONT"), signalled("SIGTERM")),
    kill: signalled("SIGKILL"),
    freeze: send("SIGSTOP"),
    resume: send("SIGCONT"),
    dieAt,
    ended: Effect.flatMap(current, (child) => Deferred.await(child.ended)),
    logTail: tail
  }
  return node
})
