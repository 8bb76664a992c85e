/**
 * Who of the cluster is alive: every node looks after every other, so that a dead one is found by whoever is left.
 *
 * A node is dead when its port refuses connections, or when it is silent and its heart-beat in the database is old as
 * well. Silence alone is not believed for long: on a machine at full load the peer may be slow, and so may we.
 */
import { Clock, Duration, Effect, Equal, Layer, Schedule } from "effect"
import { type RunnerAddress, RunnerHealth, Runners, RunnerStorage } from "effect/cluster"
import { SqlClient } from "effect/sql"
import { createConnection } from "node:net"

const watchEvery = Duration.millis(400)
const pingWithinMs = 750
/** Unanswered pings, one after the other, that count as silence. */
const silentPings = 3
/** An answer that was due this much earlier was held up on this side: it says nothing of the peer. */
const ownDelayMs = 150
/** A node stamps its heart-beat every second: one that is younger says that the node lives. */
const heartbeatMsMax = 2_000
/** However young its heart-beat, a node that has not answered for this long cannot be reached from here. */
const silentMsMax = 8_000
const connectWithinMs = 300
/** A port that is refused twice in a row has nobody behind it. */
const refusedApart = Duration.millis(50)

type Reach = "answers" | "refuses" | "silent" | "we were late"

const isRefused = (address: RunnerAddress.RunnerAddress): Effect.Effect<boolean> =>
  Effect.callback<boolean>((resume) => {
    const socket = createConnection({ host: address.host, port: address.port, timeout: connectWithinMs })
    const end = (refused: boolean) => () => {
      socket.destroy()
      resume(Effect.succeed(refused))
    }
    socket.once("connect", end(false))
    socket.once("timeout", end(false))
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code === "ECONNREFUSED")())
    return Effect.sync(() => socket.destroy())
  })

const reach = Effect.fnUntraced(function* (runners: Runners.Runners["Service"], address: RunnerAddress.RunnerAddress) {
  const startedMs = yield* Clock.currentTimeMillis
  const answered = yield* runners.ping(address).pipe(Effect.timeout(pingWithinMs), Effect.isSuccess)
  if (answered) return "answers"
  const tookMs = (yield* Clock.currentTimeMillis) - startedMs
  if (yield* isRefused(address)) return "refuses"
  const reached: Reach = tookMs > pingWithinMs + ownDelayMs ? "we were late" : "silent"
  return reached
})

/** Judges peers by all that can be known of them; remembers since when each has been silent. */
const makeJudge = Effect.gen(function* () {
  const runners = yield* Runners.Runners
  const sql = yield* SqlClient.SqlClient
  const silentSince = new Map<string, number>()

  /** Undefined where the database does not say. */
  const heartbeatAgeMs = (address: RunnerAddress.RunnerAddress) =>
    sql<{ age: number }>`
      SELECT (extract(epoch FROM now() - last_heartbeat) * 1000)::float8 AS age FROM cluster_runners
      WHERE address = ${`${address.host}:${address.port}`}`.pipe(
      Effect.timeout(pingWithinMs),
      Effect.map((rows) => rows[0]?.age),
      Effect.orElseSucceed(() => undefined)
    )

  const isAlive = Effect.fnUntraced(function* (address: RunnerAddress.RunnerAddress) {
    const key = `${address.host}:${address.port}`
    const fromMs = yield* Clock.currentTimeMillis
    for (let silent = 0; silent < silentPings;) {
      const reached = yield* reach(runners, address)
      if (reached === "answers") {
        silentSince.delete(key)
        return true
      }
      if (reached === "refuses") {
        yield* Effect.sleep(refusedApart)
        if (yield* isRefused(address)) return false
      } else if (reached === "silent") silent += 1
    }
    const sinceMs = silentSince.get(key) ?? fromMs
    silentSince.set(key, sinceMs)
    const silentMs = (yield* Clock.currentTimeMillis) - sinceMs
    const ageMs = yield* heartbeatAgeMs(address)
    return ageMs !== undefined && ageMs < heartbeatMsMax && silentMs < silentMsMax
  })
  return { isAlive }
})

/** Faster than the stock health check, which gives up after a minute. Needs the database. */
export const health = Layer.effect(
  RunnerHealth.RunnerHealth,
  Effect.map(makeJudge, ({ isAlive }) => RunnerHealth.RunnerHealth.of({ isAlive }))
)

/** The stock check runs on one node only; if that one dies, detection would wait for its lock. So all watch all. */
export const layer = (self: RunnerAddress.RunnerAddress) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const storage = yield* RunnerStorage.RunnerStorage
      const { isAlive } = yield* RunnerHealth.RunnerHealth
      const look = Effect.fnUntraced(function* (address: RunnerAddress.RunnerAddress) {
        if (yield* isAlive(address)) return
        yield* Effect.logWarning(`node at ${address.host}:${address.port} does not answer: its shards move`)
        yield* storage.setRunnerHealth(address, false)
      })
      yield* Effect.gen(function* () {
        const known = yield* storage.getRunners
        const peers = known.filter(([runner, healthy]) => healthy && !Equal.equals(runner.address, self))
        yield* Effect.forEach(peers, ([runner]) => look(runner.address), { concurrency: 8, discard: true })
      }).pipe(
        Effect.catchCause((cause) => Effect.logDebug("peer watch interrupted", cause)),
        Effect.repeat(Schedule.spaced(watchEvery)),
        Effect.forkScoped
      )
    })
  )
