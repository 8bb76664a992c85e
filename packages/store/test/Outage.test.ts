/** The journal across restarts and losses of the database: every append ends known or "unknown", and none doubles. */
import { assert, layer } from "@effect/vitest"
import { TestServer } from "@outcry/testkit/TestJournal"
import { Effect, Exit, Fiber, Schedule, Stream } from "effect"
import { Database } from "../src/Database.ts"
import { Journal } from "../src/Journal.ts"
import type { AppendError, CorruptJournal, CorruptSnapshot } from "../src/JournalError.ts"
import { event, journalDatabase, session, until } from "./TestDatabase.ts"

const journalBackends = (state: string) => `
  SELECT pid FROM pg_stat_activity WHERE application_name = 'test/journal' AND ${state}`

layer(journalDatabase({ lockTimeoutMs: 20_000 }), { excludeTestServices: true, timeout: 120_000 })(
  "the journal in an outage",
  (it) => {
    it.effect("an append cut off while it waits is unknown; claimed anew and replayed, nothing is doubled", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const sql = yield* session
        const blocker = yield* session
        const { epoch } = yield* journal.claim("cut", "account")
        yield* blocker.unsafe("BEGIN")
        yield* blocker`UPDATE entity_epoch SET kind = kind WHERE entity_id = 'cut'`
        const append = yield* Effect.forkChild(
          Effect.flip(journal.append({ entityId: "cut", epoch, firstSeq: 1, events: [event(1)] }))
        )
        yield* until(Effect.map(sql.unsafe(journalBackends("wait_event_type = 'Lock'")), (rows) => rows.length === 1))
        yield* sql.unsafe(
          `SELECT pg_terminate_backend(pid) FROM (${journalBackends("wait_event_type = 'Lock'")}) waiting`
        )
        const failure = yield* Fiber.join(append)
        assert.strictEqual(failure._tag === "JournalUnavailable" && failure.outcome, "unknown")
        yield* blocker.unsafe("COMMIT")
        const again = yield* journal.claim("cut", "account")
        const replayed = yield* Stream.runCollect(journal.read("cut"))
        assert.deepStrictEqual(replayed, [])
        yield* journal.append({ entityId: "cut", epoch: again.epoch, firstSeq: 1, events: [event(1)] })
        assert.strictEqual(yield* journal.lastSeq("cut"), 1)
      })
    )

    it.effect("writes again after the database restarted beneath it; what was acknowledged is there, once", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const server = yield* TestServer
        const acknowledged = new Map<string, number>()
        const names = Array.from({ length: 16 }, (_, index) => `restart-${index}`)
        let outages = 0
        let finished = false
        // An owner as an account actor is one: on a doubt it claims, replays and goes on from what it finds.
        const owner = (entityId: string) =>
          Effect.gen(function* () {
            while (!finished) {
              const { epoch } = yield* journal.claim(entityId, "account")
              let seq = (yield* Stream.runCollect(journal.read(entityId))).length
              assert.isAtLeast(seq, acknowledged.get(entityId) ?? 0)
              while (!finished) {
                const exit = yield* Effect.exit(
                  journal.append({ entityId, epoch, firstSeq: seq + 1, events: [event(seq + 1)] })
                )
                if (Exit.isFailure(exit)) break
                seq++
                acknowledged.set(entityId, seq)
              }
            }
          }).pipe(
            Effect.tapError(() => Effect.sync(() => outages++)),
            Effect.retry({
              while: (error) => error._tag === "JournalUnavailable",
              times: 5_000,
              schedule: Schedule.spaced(10)
            })
          )
        const owners = yield* Effect.forkChild(Effect.forEach(names, owner, { concurrency: "unbounded" }))
        const total = Effect.sync(() => [...acknowledged.values()].reduce((sum, seq) => sum + seq, 0))
        for (const mode of ["immediate", "fast"] as const) {
          const before = yield* total
          yield* until(Effect.map(total, (now) => now > before + 200))
          yield* server.stop(mode)
          yield* until(Effect.sync(() => outages > 0))
          yield* server.start
          outages = 0
        }
        const after = yield* total
        yield* until(Effect.map(total, (now) => now > after + 200))
        finished = true
        yield* Fiber.join(owners)
        for (const entityId of names) {
          const rows = yield* Stream.runCollect(journal.read(entityId))
          assert.isAtLeast(rows.length, acknowledged.get(entityId) ?? 0)
          assert.strictEqual(new Set(rows.map((row) => row.commandId)).size, rows.length)
        }
      })
    )

    it.effect("says that nothing was written when the database is down before the append", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const server = yield* TestServer
        const { epoch } = yield* journal.claim("down", "account")
        yield* server.stop("fast")
        const append = Effect.flip(journal.append({ entityId: "down", epoch, firstSeq: 1, events: [event(1)] }))
        // The first use of a connection that died with the server may be a doubt; a refused connection is none.
        yield* until(
          Effect.map(append, (error) => error._tag === "JournalUnavailable" && error.outcome === "notWritten")
        )
        yield* server.start
        yield* until(
          Effect.map(
            Effect.exit(journal.append({ entityId: "down", epoch, firstSeq: 1, events: [event(1)] })),
            Exit.isSuccess
          )
        )
        assert.strictEqual(yield* journal.lastSeq("down"), 1)
      })
    )

    it.effect("an append that gets no answer in time is unknown, and those behind it go on", () =>
      Effect.gen(function* () {
        const blocker = yield* session
        yield* Effect.gen(function* () {
          const journal = yield* Journal
          const { epoch } = yield* journal.claim("slow", "account")
          const other = yield* journal.claim("quick", "account")
          yield* blocker.unsafe("BEGIN")
          yield* blocker`UPDATE entity_epoch SET kind = kind WHERE entity_id = 'slow'`
          const failure = yield* Effect.flip(
            journal.append({ entityId: "slow", epoch, firstSeq: 1, events: [event(1)] })
          )
          assert.strictEqual(failure._tag === "JournalUnavailable" && failure.outcome, "unknown")
          yield* journal.append({ entityId: "quick", epoch: other.epoch, firstSeq: 1, events: [event(1)] })
          yield* blocker.unsafe("COMMIT")
        }).pipe(Effect.provide(Journal.layer({ lanes: 1, statementTimeoutMs: 2_000, lockTimeoutMs: 20_000 })))
      })
    )

    it.effect("whatever gets no answer in time is unknown, reads and claims as well", () =>
      Effect.gen(function* () {
        const blocker = yield* session
        yield* Effect.gen(function* () {
          const journal = yield* Journal
          const { epoch } = yield* journal.claim("silent", "account")
          yield* blocker.unsafe("BEGIN")
          // Before a table is open to it, no statement can bound its own wait.
          yield* blocker.unsafe("LOCK TABLE entity_epoch, journal, snapshot IN ACCESS EXCLUSIVE MODE")
          const asked: Record<string, Effect.Effect<unknown, AppendError | CorruptJournal | CorruptSnapshot>> = {
            claim: journal.claim("silent", "account"),
            heldEpoch: journal.heldEpoch("silent"),
            read: Stream.runCollect(journal.read("silent")),
            findCommand: journal.findCommand("silent", "command-1"),
            lastSeq: journal.lastSeq("silent"),
            saveSnapshot: journal.saveSnapshot("silent", epoch, { seq: 0, version: 1, state: {}, hash: "" }),
            loadSnapshot: journal.loadSnapshot("silent"),
            setTradingState: journal.setTradingState("silent", "halted"),
            tradingState: journal.tradingState("silent")
          }
          const failures = yield* Effect.forEach(
            Object.entries(asked),
            ([name, statement]) => Effect.map(Effect.flip(Effect.asVoid(statement)), (error) => [name, error] as const),
            { concurrency: "unbounded" }
          )
          for (const [name, error] of failures)
            assert.strictEqual(error._tag === "JournalUnavailable" && error.outcome, "unknown", name)
          yield* blocker.unsafe("ROLLBACK")
          yield* until(Effect.map(Effect.exit(journal.claim("silent", "account")), Exit.isSuccess))
        }).pipe(Effect.provide(Journal.layer({ statementTimeoutMs: 2_000, lockTimeoutMs: 500 })))
      })
    )

    it.effect("closing the journal tells those who wait", () =>
      Effect.gen(function* () {
        const database = yield* Database
        const blocker = yield* session
        const waiting = yield* Effect.gen(function* () {
          const journal = yield* Journal
          const { epoch } = yield* journal.claim("close", "account")
          yield* blocker.unsafe("BEGIN")
          yield* blocker`UPDATE entity_epoch SET kind = kind WHERE entity_id = 'close'`
          const append = (seq: number) =>
            Effect.forkDetach(
              Effect.flip(journal.append({ entityId: "close", epoch, firstSeq: seq, events: [event(seq)] }))
            )
          const first = yield* append(1)
          yield* until(
            Effect.map(
              blocker.unsafe(`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'`),
              (rows) => rows.length > 0
            )
          )
          const second = yield* append(2)
          yield* until(Effect.map(journal.waiting, (count) => count === 1))
          return [first, second]
        }).pipe(
          Effect.provide(Journal.layer({ lanes: 1, lockTimeoutMs: 20_000 })),
          Effect.provideService(Database, database)
        )
        const failures = yield* Effect.forEach(waiting, Fiber.join)
        yield* blocker.unsafe("ROLLBACK")
        assert.deepStrictEqual(
          failures.map((error) => error._tag === "JournalUnavailable" && error.outcome),
          ["unknown", "notWritten"]
        )
      })
    )
  }
)
