/** The two races of the fence, each shown open in a weakened statement and closed in ours, on real sessions. */
import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { Journal } from "../src/Journal.ts"
import {
  type AppendAnswer,
  appendParameters,
  appendStatement,
  continuingStatement,
  groupAppends,
  prepareAppend
} from "../src/JournalBatch.ts"
import { event, journalDatabase, session, until } from "./TestDatabase.ts"

const parametersOf = (entityId: string, epoch: number, firstSeq: number, count = 1) => {
  const events = Array.from({ length: count }, (_, index) => event(firstSeq + index))
  const prepared = prepareAppend({ entityId, epoch, firstSeq, events })
  if (typeof prepared === "string") throw new Error(prepared)
  return appendParameters(groupAppends([{ prepared }]).groups, 5_000)
}

const statements = [
  ["looking up the end", appendStatement],
  ["continuing", continuingStatement]
] as const

const waitsForLock = (application: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows =
      yield* sql`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = ${application}`
    return rows.length > 0
  })

layer(journalDatabase(), { excludeTestServices: true, timeout: 120_000 })("the fence", (it) => {
  for (const [name, statement] of statements) {
    it.effect(`without FOR SHARE (${name}), a zombie's open append commits after its successor has replayed`, () =>
      Effect.gen(function* () {
        const withoutShare = statement.replace("FOR SHARE OF w", "")
        assert.notStrictEqual(withoutShare, statement)
        const journal = yield* Journal
        const zombie = yield* session
        const { epoch } = yield* journal.claim(`leak ${name}`, "account")
        yield* zombie.unsafe("BEGIN")
        const answer = yield* zombie.unsafe<AppendAnswer & object>(withoutShare, parametersOf(`leak ${name}`, epoch, 1))
        assert.strictEqual(answer[0]?.written, 1)
        const successor = yield* journal.claim(`leak ${name}`, "account")
        assert.strictEqual(successor.epoch, epoch + 1)
        const replayed = yield* Stream.runCollect(journal.read(`leak ${name}`))
        assert.strictEqual(replayed.length, 0)
        yield* zombie.unsafe("COMMIT")
        assert.strictEqual(yield* journal.lastSeq(`leak ${name}`), 1)
      })
    )

    it.effect(`ours (${name}) makes the successor wait for the open append and replay it`, () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const zombie = yield* session
        const { epoch } = yield* journal.claim(`held ${name}`, "account")
        yield* zombie.unsafe("BEGIN")
        yield* zombie.unsafe(statement, parametersOf(`held ${name}`, epoch, 1))
        const successor = yield* Effect.forkChild(
          Effect.andThen(journal.claim(`held ${name}`, "account"), Stream.runCollect(journal.read(`held ${name}`)))
        )
        yield* until(waitsForLock("test/journal"))
        yield* zombie.unsafe("COMMIT")
        const replayed = yield* Fiber.join(successor)
        assert.deepStrictEqual(
          replayed.map((row) => [row.seq, row.epoch]),
          [[1, epoch]]
        )
      })
    )
  }

  it.effect("an append that waited for a takeover sees the new epoch and is refused", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const successor = yield* session
      const { epoch } = yield* journal.claim("late", "account")
      yield* successor.unsafe("BEGIN")
      yield* successor`UPDATE entity_epoch SET epoch = epoch + 1 WHERE entity_id = 'late'`
      const append = yield* Effect.forkChild(
        Effect.flip(journal.append({ entityId: "late", epoch, firstSeq: 1, events: [event(1)] }))
      )
      yield* until(waitsForLock("test/journal"))
      yield* successor.unsafe("COMMIT")
      const refused = yield* Fiber.join(append)
      assert.strictEqual(refused._tag, "Fenced")
      assert.strictEqual(yield* journal.lastSeq("late"), 0)
    })
  )

  it.effect("a takeover that cannot get the row gives up within lock_timeout and says so", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const blocker = yield* session
      yield* journal.claim("stuck", "account")
      yield* blocker.unsafe("BEGIN")
      yield* blocker`SELECT 1 FROM entity_epoch WHERE entity_id = 'stuck' FOR SHARE`
      const failure = yield* Effect.flip(journal.claim("stuck", "account"))
      assert.strictEqual(failure.outcome, "notWritten")
      yield* blocker.unsafe("ROLLBACK")
      assert.strictEqual((yield* journal.claim("stuck", "account")).epoch, 2)
    })
  )

  it.effect("with a bare ON CONFLICT DO NOTHING the second row of a refused append gets in", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const sql = yield* session
      const { epoch } = yield* journal.claim("torn", "account")
      yield* journal.append({ entityId: "torn", epoch, firstSeq: 1, events: [event(1), event(2)] })
      const weak = (seq: number) => sql`
        INSERT INTO journal (entity_id, seq, epoch, command_part, version, checksum, time_us, opening, owner_id, command_id, type, payload)
        VALUES ('torn', ${sql.literal(String(seq))}, ${epoch}, 0, 1, 0, 0, false, 'local', ${`other-${seq}`}, 'Noted', '{}')
        ON CONFLICT DO NOTHING RETURNING seq`
      assert.strictEqual((yield* weak(2)).length, 0)
      assert.strictEqual((yield* weak(3)).length, 1)
    })
  )

  it.effect("ours refuses both rows", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const { epoch } = yield* journal.claim("whole", "account")
      yield* journal.append({ entityId: "whole", epoch, firstSeq: 1, events: [event(1), event(2)] })
      const events = [event(2, { commandId: "x" }), event(3, { commandId: "x", commandPart: 1 })]
      const refused = yield* Effect.flip(journal.append({ entityId: "whole", epoch, firstSeq: 2, events }))
      assert.strictEqual(refused._tag === "Conflict" && refused.reason, "position")
      assert.strictEqual(yield* journal.lastSeq("whole"), 2)
    })
  )

  it.effect("two sessions that append the same position under one epoch cannot both get in", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const [one, two] = [yield* session, yield* session]
      const { epoch } = yield* journal.claim("twice", "account")
      yield* one.unsafe("BEGIN")
      yield* one.unsafe(appendStatement, parametersOf("twice", epoch, 1))
      const second = yield* Effect.forkChild(Effect.flip(two.unsafe(appendStatement, parametersOf("twice", epoch, 1))))
      yield* until(waitsForLock("test/session"))
      yield* one.unsafe("COMMIT")
      assert.strictEqual((yield* Fiber.join(second)).reason._tag, "UniqueViolation")
      assert.strictEqual(yield* journal.lastSeq("twice"), 1)
    })
  )
})
