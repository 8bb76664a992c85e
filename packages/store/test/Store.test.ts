import { assert, describe, it, layer } from "@effect/vitest"
import { emptyDatabase, migratedDatabase, TestServer } from "@outcry/testkit/TestJournal"
import { Effect, Layer, Redacted } from "effect"
import { MachineId, Snowflake, SqlMessageStorage } from "effect/cluster"
import { SqlClient } from "effect/sql"
import { pruneClusterMessages } from "../src/ClusterPruning.ts"
import { Database } from "../src/Database.ts"
import { raiseFeedEpoch } from "../src/FeedEpoch.ts"
import { openInstallation } from "../src/Installation.ts"
import { listActors, removeActor, upsertActor } from "../src/Manifest.ts"
import { migrate } from "../src/Migrations.ts"

layer(emptyDatabase, { excludeTestServices: true, timeout: 120_000 })("migrations", (it) => {
  it.effect("run once when several nodes start together", () =>
    Effect.gen(function* () {
      const server = yield* TestServer
      const node = migrate.pipe(Effect.provide(Database.layer({ url: server.url, poolSize: 2 })))
      const applied = yield* Effect.all([node, node, node, node], { concurrency: "unbounded" })
      assert.deepStrictEqual(applied.flat(), [1, 2, 3, 4])
    })
  )

  it.effect("give every table an owner", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* migrate
      const without = yield* sql<{ table_name: string }>`
        SELECT table_name FROM information_schema.tables t WHERE table_schema = 'public' AND table_name <> 'outcry_migrations'
        AND NOT EXISTS (SELECT FROM information_schema.columns c WHERE c.table_name = t.table_name AND c.column_name = 'owner_id')`
      assert.deepStrictEqual(without, [])
    })
  )

  it.effect("refuse a database that a later release wrote, and leave it alone", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* migrate
      yield* sql`INSERT INTO outcry_migrations (migration_id, name) VALUES (999, 'future')`
      const refused = yield* Effect.flip(migrate)
      assert.strictEqual(refused._tag === "DatabaseTooNew" && refused.found, 999)
      yield* sql`DELETE FROM outcry_migrations WHERE migration_id = 999`
    })
  )

  it.effect("that fail say what the server said", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* migrate
      yield* sql`DELETE FROM outcry_migrations`
      const failed = yield* Effect.flip(migrate)
      assert.include(failed.message, "already exists")
    })
  )
})

layer(migratedDatabase, { excludeTestServices: true, timeout: 120_000 })("store", (it) => {
  it.effect("nodes that initialise together agree on one journal id", () =>
    Effect.gen(function* () {
      const open = openInstallation({ shardCount: 48 })
      const all = yield* Effect.all([open, open, open], { concurrency: "unbounded" })
      assert.match(all[0]?.journalId ?? "", /^[0-9a-f]{32}$/)
      assert.deepStrictEqual(new Set(all.map((installation) => installation.journalId)).size, 1)
    })
  )

  it.effect("another shard count than the stored one refuses to start", () =>
    Effect.gen(function* () {
      yield* openInstallation({ shardCount: 48 })
      const refused = yield* Effect.flip(openInstallation({ shardCount: 64 }))
      assert.strictEqual(refused._tag === "ShardCountMismatch" && refused.stored, 48)
    })
  )

  it.effect("keeps the manifest of actors", () =>
    Effect.gen(function* () {
      const actor = {
        entityType: "strategy",
        entityId: "ma",
        ownerId: "local",
        config: { fast: 5, names: ["a", "b"] },
        desiredState: "running"
      } as const
      yield* upsertActor(actor)
      yield* upsertActor({ ...actor, entityId: "mm", config: null })
      yield* upsertActor({ ...actor, entityType: "account" })
      yield* upsertActor({ ...actor, desiredState: "paused" })
      assert.deepStrictEqual(yield* listActors("strategy"), [
        { ...actor, desiredState: "paused" },
        { ...actor, entityId: "mm", config: null }
      ])
      assert.isTrue(yield* removeActor("strategy", "mm"))
      assert.isFalse(yield* removeActor("strategy", "mm"))
      assert.strictEqual((yield* listActors()).length, 2)
    })
  )

  it.effect("never gives a feed the same epoch twice", () =>
    Effect.gen(function* () {
      const raised = yield* Effect.all(
        Array.from({ length: 10 }, () => raiseFeedEpoch("binance:BTC/USDT")),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        raised.toSorted((a, b) => a - b),
        Array.from({ length: 10 }, (_, index) => index + 1)
      )
    })
  )

  it.effect(
    "prunes old processed messages with their replies, in batches, and reports the oldest unprocessed one",
    () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        assert.strictEqual((yield* pruneClusterMessages()).messagesDeleted, 0)
        yield* Layer.build(SqlMessageStorage.layerMigrations({}))
        const nowMs = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
        const put = (ageMs: number, sequence: number, processed: boolean, deliverAt: number | null = null) =>
          Effect.gen(function* () {
            const id = String(Snowflake.make({ machineId: MachineId.make(1), sequence, timestamp: nowMs - ageMs }))
            yield* sql`INSERT INTO cluster_messages (id, shard_id, entity_type, entity_id, kind, processed, request_id, deliver_at)
            VALUES (${id}::text::bigint, 'default:1', 't', 'e', 0, ${processed}, ${id}::text::bigint, ${deliverAt === null ? null : String(deliverAt)}::text::bigint)`
            yield* sql`INSERT INTO cluster_replies (id, kind, request_id, payload) VALUES (${id}::text::bigint, 0, ${id}::text::bigint, '{}')`
          })
        for (let sequence = 0; sequence < 7; sequence++) yield* put(7_200_000, sequence, true)
        yield* put(1_000, 8, true)
        yield* put(90_000, 9, false)
        yield* put(9_000_000, 10, false, nowMs + 60_000)
        const report = yield* pruneClusterMessages({ batchSize: 3 })
        assert.deepStrictEqual([report.messagesDeleted, report.repliesDeleted, report.unprocessed], [7, 7, 2])
        assert.isTrue(report.oldestUnprocessedMs >= 90_000 && report.oldestUnprocessedMs < 9_000_000)
        assert.strictEqual((yield* sql`SELECT 1 FROM cluster_replies`).length, 3)
      }).pipe(Effect.scoped)
  )

  it.effect("names a database that does not exist and a wrong password, without printing the password", () =>
    Effect.gen(function* () {
      const server = yield* TestServer
      const url = Redacted.value(server.url)
      const message = (changed: string) =>
        Effect.map(Effect.flip(Layer.build(Database.layer({ url: Redacted.make(changed) }))), (error) => error.message)
      const missing = yield* message(url.replace(/\/postgres$/, "/nowhere"))
      assert.include(missing, 'database "nowhere" does not exist')
      const wrong = yield* message(url.replace(/:[^:@/]+@/, ":s3cret-word@"))
      assert.include(wrong, "user and password")
      assert.notInclude(wrong, "s3cret-word")
    }).pipe(Effect.scoped)
  )
})

describe("an unreachable database", () => {
  it.live("is named with the remedy", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Layer.build(
          Database.layer({ url: Redacted.make(`postgresql://${["u", "s3cret-word"].join(":")}@127.0.0.1:1/x`) })
        )
      )
      assert.strictEqual(error.address, "127.0.0.1:1/x")
      assert.include(error.message, "DATABASE_URL")
      assert.notInclude(error.message, "s3cret-word")
      const noUrl = yield* Effect.flip(Layer.build(Database.layer({ url: Redacted.make("s3cret-word") })))
      assert.notInclude(noUrl.message, "s3cret-word")
    }).pipe(Effect.scoped)
  )
})
