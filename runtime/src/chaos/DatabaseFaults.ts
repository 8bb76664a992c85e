/** What happens to the database: stopped, crashed, its sessions ended, its disk full, its stand-by promoted. */
import { Effect } from "effect"
import { type Fault, FaultImpossible } from "./Stage.ts"

const stoppedMs = 10_000
const fullMs = 4_000

const stopped: Fault = {
  name: "postgres stopped for 10 s and restarted",
  needs: "database",
  strike: Effect.fnUntraced(function* ({ harness, note }) {
    yield* harness.database.stop("fast")
    yield* note("postgres is stopped (fast)")
    yield* Effect.sleep(stoppedMs)
    yield* harness.database.start
    yield* note("postgres is started")
  })
}

const crashed: Fault = {
  name: "postgres stopped at once (immediate)",
  needs: "database",
  strike: Effect.fnUntraced(function* ({ harness, note, random }) {
    yield* harness.database.stop("immediate")
    yield* note("postgres crashes (immediate)")
    yield* Effect.sleep(random.between(0, 2_000))
    yield* harness.database.start
    yield* note("postgres is started and recovers")
  })
}

const sessionsEnded: Fault = {
  name: "postgres back-ends terminated",
  needs: "database",
  strike: Effect.fnUntraced(function* ({ harness, note, random }) {
    for (let times = 0; times < 3; times++) {
      yield* harness.database.endSessions
      yield* note("every session is ended (pg_terminate_backend)")
      yield* Effect.sleep(random.between(200, 1_200))
    }
  })
}

const sessionCrashed: Fault = {
  name: "postgres back-end killed",
  needs: "database",
  strike: Effect.fnUntraced(function* ({ harness, note }) {
    yield* harness.database.crashSession
    yield* note("one back-end is killed (SIGKILL): postgres restarts all and recovers")
    yield* Effect.sleep("2 seconds")
  })
}

const diskFull: Fault = {
  name: "database disk full",
  needs: "database",
  strike: Effect.fnUntraced(function* ({ harness, note }) {
    const { database } = harness
    const { disk } = database
    if (typeof disk === "string") return yield* new FaultImpossible({ reason: disk })
    yield* Effect.sync(() => disk.fill())
    yield* note("the database's disk is full")
    yield* Effect.ensuring(
      Effect.sleep(fullMs),
      Effect.sync(() => disk.free())
    )
    yield* note("it has room again")
    // Without room for its log the server ends itself; whoever keeps it starts it again.
    yield* database.start
  })
}

const promoted: Fault = {
  name: "stand-by promoted (synchronous)",
  needs: "database",
  strike: Effect.fnUntraced(function* ({ harness, note }) {
    yield* harness.database.prepareStandby("sync")
    yield* note("a stand-by follows; every commit waits for it")
    yield* Effect.sleep("1 second")
    const port = yield* harness.database.promote
    harness.links.moveDatabase(port)
    yield* note("the primary crashes for good and its stand-by is promoted")
  })
}

/** Trading whose facts only the primary has. */
const tailMs = 1_500

const promotedBehind: Fault = {
  name: "stand-by promoted (asynchronous, behind)",
  needs: "database",
  losesFacts: true,
  strike: Effect.fnUntraced(function* ({ harness, note }) {
    yield* harness.database.prepareStandby("async")
    yield* note("a stand-by follows; no commit waits for it")
    yield* harness.database.holdStandby
    yield* note("it hears no more of the primary")
    yield* Effect.sleep(tailMs)
    const port = yield* harness.database.promote
    harness.links.moveDatabase(port)
    yield* note("the primary crashes for good and its stand-by is promoted: the last commits are gone")
  })
}

/** The last of them is no promise kept but a loss that must be told: it is never drawn by chance. */
export const databaseFaults = { stopped, crashed, sessionsEnded, sessionCrashed, diskFull, promoted }
export { promotedBehind }
