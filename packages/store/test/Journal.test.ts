import { assert, layer } from "@effect/vitest"
import { Effect, Exit, Option, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { Journal } from "../src/Journal.ts"
import { event, journalDatabase, session } from "./TestDatabase.ts"

const intended = (seq: number, clientOrderId: string) =>
  event(seq, { type: "OrderIntended", opening: true, clientOrderId, commandId: `intent-${seq}` })

layer(journalDatabase({ lanes: 1, pageSize: 3, maxBatchRows: 64 }), { excludeTestServices: true, timeout: 120_000 })(
  "Journal",
  (it) => {
    it.effect("reads back, over several pages, exactly what was appended", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const { epoch } = yield* journal.claim("round-trip", "account")
        const events = Array.from({ length: 8 }, (_, index) =>
          event(index + 1, { fillKey: index === 4 ? "BTC/USDT 77" : null })
        )
        yield* journal.append({ entityId: "round-trip", epoch, firstSeq: 1, events })
        const read = yield* Stream.runCollect(journal.read("round-trip"))
        assert.deepStrictEqual(
          read,
          events.map((row) => ({ ...row, epoch }))
        )
        assert.deepStrictEqual(
          (yield* Stream.runCollect(journal.read("round-trip", 7))).map((row) => row.seq),
          [7, 8]
        )
      })
    )

    it.effect("refuses an owner whose epoch was passed, and one that never claimed", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const first = yield* journal.claim("zombie", "account")
        const second = yield* journal.claim("zombie", "account")
        const refused = yield* Effect.flip(
          journal.append({ entityId: "zombie", epoch: first.epoch, firstSeq: 1, events: [event(1)] })
        )
        assert.strictEqual(refused._tag === "Fenced" && refused.heldEpoch, second.epoch)
        yield* journal.append({ entityId: "zombie", epoch: second.epoch, firstSeq: 1, events: [event(1)] })
        const stranger = yield* Effect.flip(
          journal.append({ entityId: "nobody", epoch: 1, firstSeq: 1, events: [event(1)] })
        )
        assert.strictEqual(stranger._tag === "Fenced" && stranger.heldEpoch, null)
      })
    )

    it.effect("writes a zombie's and its successor's appends of one batch each by its own epoch", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const first = yield* journal.claim("both", "account")
        const second = yield* journal.claim("both", "account")
        const append = (epoch: number) =>
          Effect.exit(journal.append({ entityId: "both", epoch, firstSeq: 1, events: [event(1)] }))
        const exits = yield* Effect.all([append(first.epoch), append(second.epoch)], { concurrency: "unbounded" })
        assert.deepStrictEqual(exits.map(Exit.isSuccess), [false, true])
      })
    )

    it.effect("chains appends of one entity that wait in the same batch", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const { epoch } = yield* journal.claim("pipeline", "account")
        yield* Effect.forEach(
          Array.from({ length: 50 }, (_, index) => index * 2 + 1),
          (seq) => journal.append({ entityId: "pipeline", epoch, firstSeq: seq, events: [event(seq), event(seq + 1)] }),
          { concurrency: "unbounded", discard: true }
        )
        assert.strictEqual(yield* journal.lastSeq("pipeline"), 100)
      })
    )

    it.effect("writes an append of more rows than a batch has, and the small ones that wait with it", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const { epoch } = yield* journal.claim("large", "account")
        const rows = Array.from({ length: 67 }, (_, index) => event(index + 1))
        yield* Effect.forEach(
          [rows.slice(0, 1), rows.slice(1, 66), rows.slice(66)],
          (events) => journal.append({ entityId: "large", epoch, firstSeq: events[0]?.seq ?? 0, events }),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(
          yield* Stream.runCollect(journal.read("large")),
          rows.map((row) => ({ ...row, epoch }))
        )
      })
    )

    it.effect("refuses a second event of the same command, and finds the first", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const { epoch } = yield* journal.claim("again", "account")
        yield* journal.append({ entityId: "again", epoch, firstSeq: 1, events: [event(1, { commandId: "submit-1" })] })
        const refused = yield* Effect.flip(
          journal.append({ entityId: "again", epoch, firstSeq: 2, events: [event(2, { commandId: "submit-1" })] })
        )
        assert.strictEqual(refused._tag === "DuplicateCommand" && refused.commandId, "submit-1")
        assert.deepStrictEqual(
          (yield* journal.findCommand("again", "submit-1")).map((row) => row.seq),
          [1]
        )
        assert.deepStrictEqual(yield* journal.findCommand("again", "submit-2"), [])
      })
    )

    it.effect("keeps client order ids of intents and keys of fills unique, but not those of later reports", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const { epoch } = yield* journal.claim("unique", "account")
        const append = (row: ReturnType<typeof event>) =>
          journal.append({ entityId: "unique", epoch, firstSeq: row.seq, events: [row] })
        yield* append(intended(1, "abc"))
        yield* append(event(2, { type: "OrderAccepted", clientOrderId: "abc" }))
        yield* append(event(3, { type: "OrderFilled", clientOrderId: "abc", fillKey: "BTC/USDT 1" }))
        const order = yield* Effect.flip(append(intended(4, "abc")))
        assert.strictEqual(order._tag === "Conflict" && order.reason, "clientOrderId")
        const fill = yield* Effect.flip(append(event(4, { type: "OrderFilled", fillKey: "BTC/USDT 1" })))
        assert.strictEqual(fill._tag === "Conflict" && fill.reason, "fill")
        yield* append(event(4, { type: "OrderFilled", fillKey: "ETH/USDT 1" }))
      })
    )

    it.effect("fails only the bad ones among many appends of one batch", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const names = Array.from({ length: 40 }, (_, index) => `many-${index}`)
        const epochs = yield* Effect.forEach(names, (name) =>
          Effect.map(journal.claim(name, "account"), ({ epoch }) => epoch)
        )
        const bad: Record<string, ReturnType<typeof event>> = {
          "many-7": event(1, { payload: { text: "a\u0000b" } }),
          "many-23": event(1, { version: 0 }),
          "many-31": event(5)
        }
        const exits = yield* Effect.forEach(
          names,
          (entityId, index) => {
            const row = bad[entityId] ?? event(1)
            return Effect.exit(
              journal.append({ entityId, epoch: epochs[index] ?? 0, firstSeq: row.seq, events: [row] })
            )
          },
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(
          names.filter((_, index) => Exit.isFailure(exits[index] ?? Exit.void)),
          Object.keys(bad)
        )
        assert.strictEqual(yield* journal.lastSeq("many-7"), 0)
        assert.strictEqual(yield* journal.lastSeq("many-39"), 1)
      })
    )

    it.effect("when one of several chained appends is refused, those before it stay and those after it fail", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const { epoch } = yield* journal.claim("chain", "account")
        const rows = [event(1), event(2, { commandId: "command-1" }), event(3)]
        const exits = yield* Effect.forEach(
          rows,
          (row) => Effect.exit(journal.append({ entityId: "chain", epoch, firstSeq: row.seq, events: [row] })),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(exits.map(Exit.isSuccess), [true, false, false])
        assert.strictEqual(yield* journal.lastSeq("chain"), 1)
      })
    )

    it.effect("refuses opening events while halted and writes the others, whoever the owner is", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        yield* journal.setTradingState("kill", "halted")
        const { epoch, tradingState } = yield* journal.claim("kill", "account")
        assert.strictEqual(tradingState, "halted")
        const [cancel, open] = yield* Effect.all(
          [
            Effect.exit(journal.append({ entityId: "kill", epoch, firstSeq: 1, events: [event(1)] })),
            Effect.flip(
              journal.append({ entityId: "kill", epoch, firstSeq: 2, events: [event(2), intended(3, "kkk")] })
            )
          ],
          { concurrency: "unbounded" }
        )
        assert.isTrue(Exit.isSuccess(cancel))
        assert.strictEqual(open._tag, "Halted")
        assert.strictEqual(yield* journal.lastSeq("kill"), 1)
        yield* journal.setTradingState("kill", "active")
        yield* journal.append({ entityId: "kill", epoch, firstSeq: 2, events: [event(2), intended(3, "kkk")] })
        assert.strictEqual(yield* journal.tradingState("kill"), "active")
      })
    )

    it.effect("refuses appends that are empty, misnumbered or not JSON before they reach the database", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const { epoch } = yield* journal.claim("invalid", "account")
        const reason = (events: ReadonlyArray<ReturnType<typeof event>>) =>
          Effect.map(Effect.flip(journal.append({ entityId: "invalid", epoch, firstSeq: 1, events })), (error) =>
            error._tag === "Conflict" ? error.reason : error._tag
          )
        assert.strictEqual(yield* reason([]), "invalid")
        assert.strictEqual(yield* reason([event(1), event(3)]), "invalid")
        assert.strictEqual(yield* reason([event(1, { payload: { amount: 12n } })]), "invalid")
        assert.strictEqual(yield* reason([event(1, { payload: { price: Number.NaN } })]), "invalid")
      })
    )

    it.effect("finds a changed field, a changed payload and a missing row", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const sql = yield* SqlClient.SqlClient
        const damage = (entityId: string, statement: string) =>
          Effect.gen(function* () {
            const { epoch } = yield* journal.claim(entityId, "account")
            yield* journal.append({ entityId, epoch, firstSeq: 1, events: [event(1), event(2), event(3)] })
            yield* sql.unsafe(statement.replace("@", `entity_id = '${entityId}' AND seq = 2`))
            return yield* Effect.flip(Stream.runDrain(journal.read(entityId)))
          })
        const found = [
          yield* damage("damage-1", "UPDATE journal SET time_us = time_us + 1 WHERE @"),
          yield* damage("damage-2", "UPDATE journal SET payload = jsonb_set(payload, '{note}', '\"n9\"') WHERE @"),
          yield* damage("damage-3", "DELETE FROM journal WHERE @")
        ]
        assert.deepStrictEqual(
          found.map((error) => error._tag === "CorruptJournal" && [error.entityId, error.seq]),
          [
            ["damage-1", 2],
            ["damage-2", 2],
            ["damage-3", 2]
          ]
        )
      })
    )

    it.effect("finds a row missing at the end of a page, and more than one in a row", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const sql = yield* SqlClient.SqlClient
        const rows = Array.from({ length: 10 }, (_, index) => event(index + 1))
        for (const [entityId, from, to] of [
          ["hole-1", 3, 3],
          ["hole-2", 2, 4],
          ["hole-3", 2, 8]
        ] as const) {
          const { epoch } = yield* journal.claim(entityId, "account")
          yield* journal.append({ entityId, epoch, firstSeq: 1, events: rows })
          assert.strictEqual(yield* Stream.runCount(journal.read(entityId)), rows.length)
          yield* sql`DELETE FROM journal WHERE entity_id = ${entityId} AND seq BETWEEN ${from} AND ${to}`
          const found = yield* Effect.flip(Stream.runDrain(journal.read(entityId)))
          assert.deepStrictEqual([found._tag, found._tag === "CorruptJournal" && found.seq], ["CorruptJournal", from])
        }
      })
    )

    it.effect("keeps the newest snapshot of the owner, refuses a zombie's and one ahead of the journal", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const old = yield* journal.claim("snapshot", "account")
        yield* journal.append({ entityId: "snapshot", epoch: old.epoch, firstSeq: 1, events: [event(1), event(2)] })
        const { epoch } = yield* journal.claim("snapshot", "account")
        const state = { b: 2, a: { z: "1.50", y: [1e21, 0.1] } }
        const at = (seq: number) => ({ seq, version: 1, state, hash: `h${seq}` })
        assert.isTrue(Option.isNone(yield* journal.loadSnapshot("snapshot")))
        assert.strictEqual((yield* Effect.flip(journal.saveSnapshot("snapshot", old.epoch, at(2))))._tag, "Fenced")
        assert.strictEqual((yield* Effect.flip(journal.saveSnapshot("snapshot", epoch, at(3))))._tag, "Conflict")
        yield* journal.saveSnapshot("snapshot", epoch, at(2))
        yield* journal.saveSnapshot("snapshot", epoch, at(1))
        assert.deepStrictEqual(Option.getOrThrow(yield* journal.loadSnapshot("snapshot")), at(2))
      })
    )

    it.effect("finds a damaged snapshot", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const sql = yield* session
        const { epoch } = yield* journal.claim("bad-snapshot", "account")
        yield* journal.append({ entityId: "bad-snapshot", epoch, firstSeq: 1, events: [event(1)] })
        yield* journal.saveSnapshot("bad-snapshot", epoch, { seq: 1, version: 1, state: { cash: "10" }, hash: "h" })
        yield* sql.unsafe(`UPDATE snapshot SET state = '{"cash": "99"}' WHERE entity_id = 'bad-snapshot'`)
        const found = yield* Effect.flip(journal.loadSnapshot("bad-snapshot"))
        assert.strictEqual(found._tag, "CorruptSnapshot")
      })
    )
  }
)
