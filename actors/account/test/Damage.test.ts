/** A journal that cannot be read: the account stands still and says why, the others on its node do not notice. */
import { assert, layer } from "@effect/vitest"
import { Journal } from "@outcry/store/Journal"
import * as TestJournal from "@outcry/testkit/TestJournal"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { entityIdOf } from "../src/Ledger.ts"
import * as Harness from "@outcry/testkit/AccountHarness"
import {
  join,
  ready,
  replayIsLive,
  resting,
  startNode,
  statusOf,
  until,
  untilFact
} from "@outcry/testkit/AccountHarness"

const venues = new Harness.Venues()

/** An account with a few facts, at rest: its node is gone, nothing follows. */
const grown = Effect.fnUntraced(function* (account: string, options: Harness.NodeOptions = {}) {
  const node = yield* startNode("one", options)
  const run = yield* join(node, account)
  const { id } = yield* run.place()
  yield* untilFact(account, "OrderAccepted", id)
  yield* node.stop
})

/** The same with a snapshot; the sequence that one stands at, whatever the account had still to say after it. */
const grownWithSnapshot = Effect.fnUntraced(function* (account: string) {
  const sql = yield* SqlClient.SqlClient
  yield* grown(account, { snapshotEvery: 1 })
  const rows = yield* sql<{ seq: number }>`SELECT seq FROM snapshot WHERE entity_id = ${entityIdOf(account)}`
  assert.strictEqual(rows.length, 1)
  return rows[0]!.seq
})

const frozen = (node: Harness.TestNode, account: string) =>
  until(
    `${account} is frozen`,
    Effect.map(statusOf(node, account), (status) => (status.condition === "frozen" ? status : undefined))
  )

layer(TestJournal.layer.pipe(Layer.provideMerge(venues.layer)), { excludeTestServices: true, timeout: 120_000 })(
  "an account whose journal is damaged",
  (it) => {
    it.effect("is frozen by a changed byte, refuses intents with the remedy, and comes up once the row is mended", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* grown("flipped")
        const entity = entityIdOf("flipped")
        const seq = yield* (yield* Journal).lastSeq(entity)
        const swap = (from: string, to: string) => sql`
          UPDATE journal SET payload = replace(payload::text, ${from}, ${to})::jsonb
          WHERE entity_id = ${entity} AND type = 'OrderIntended'`
        yield* swap("59900.00", "59900.01")
        const node = yield* startNode("two", { damagedRetryMs: 200 })
        const status = yield* frozen(node, "flipped")
        assert.include(status.reason!, "checksum does not match")
        assert.include(status.remedy!, "backup")
        const client = node.client("flipped")
        const refused = yield* Effect.flip(client.Join({ strategy: "s", epoch: 2 }))
        assert.include(refused.message, "checksum does not match")
        assert.strictEqual((yield* Effect.flip(client.Cancel({ clientOrderIds: "all" })))._tag, "NotReady")
        const other = yield* join(node, "healthy")
        yield* other.place()
        assert.strictEqual((yield* statusOf(node, "flipped")).condition, "frozen")
        yield* swap("59900.01", "59900.00")
        assert.isAtLeast((yield* ready(node, "flipped")).seq, seq)
        yield* (yield* join(node, "flipped", "s", 3)).place()
      })
    )

    it.effect("is frozen where a row is missing, in the middle as behind its snapshot", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* grown("holed")
        yield* sql`DELETE FROM journal WHERE entity_id = ${entityIdOf("holed")} AND seq = 3`
        const seq = yield* grownWithSnapshot("cut")
        yield* sql`DELETE FROM journal WHERE entity_id = ${entityIdOf("cut")} AND seq >= ${seq}`
        const node = yield* startNode("two")
        assert.include((yield* frozen(node, "holed")).reason!, "damaged at 3: the row is missing")
        assert.include((yield* frozen(node, "cut")).reason!, `damaged at ${seq}: the row is missing`)
        yield* ready(node, "untouched")
      })
    )

    it.effect("does not miss a damaged snapshot: the journal has everything", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* grownWithSnapshot("snapshot")
        const hash = yield* Harness.hashOfReplay("snapshot")
        const damaged = yield* sql`
          UPDATE snapshot SET state = jsonb_set(state, '{seq}', '2') WHERE entity_id = ${entityIdOf("snapshot")} RETURNING 1`
        assert.strictEqual(damaged.length, 1)
        assert.strictEqual(yield* Harness.hashOfReplay("snapshot"), hash)
        const node = yield* startNode("two")
        yield* (yield* join(node, "snapshot", "s", 2)).place(resting({ lots: 10 }))
        yield* replayIsLive(node, "snapshot")
      })
    )
  }
)

layer(TestJournal.layer.pipe(Layer.provideMerge(venues.layer)), { excludeTestServices: true, timeout: 120_000 })(
  "an account whose process stood still",
  (it) => {
    it.effect("is not what one is taken for that needs longer than that to read its journal", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const slow = Journal.of({
          ...journal,
          claim: (...claim) => Effect.delay(journal.claim(...claim), "1300 millis")
        })
        const node = yield* Effect.provideService(startNode("one"), Journal, slow)
        const run = yield* join(node, "slow")
        const { id } = yield* run.place(resting())
        yield* untilFact("slow", "OrderAccepted", id)
        assert.strictEqual((yield* statusOf(node, "slow")).epoch, 1)
      })
    )

    it.effect("sends nothing of what it had just committed, and begins anew from its journal", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        let stalling = false
        // The whole process stops right after the commit, as under SIGSTOP; what it does next is up before any timer.
        const stall = Effect.sync(() => {
          if (!stalling) return
          stalling = false
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_300)
        })
        const stopping = Journal.of({
          ...journal,
          append: (request) => Effect.tap(journal.append(request), () => stall)
        })
        const node = yield* Effect.provideService(startNode("one"), Journal, stopping)
        const venue = venues.of("still")
        const run = yield* join(node, "still")
        const { epoch } = yield* statusOf(node, "still")
        stalling = true
        yield* Effect.ignore(run.submit([{ place: resting() }]))
        yield* until(
          "the life has ended",
          Effect.map(statusOf(node, "still"), (status) => status.condition !== "ready" || status.epoch > epoch)
        )
        yield* untilFact("still", "OrderNotPlaced")
        assert.deepStrictEqual(venue.placed, [])
        assert.isAbove((yield* ready(node, "still")).epoch, epoch)
        yield* replayIsLive(node, "still")
      })
    )
  }
)
