import { assert, layer } from "@effect/vitest"
import { migratedDatabase, TestServer } from "@outcry/testkit/TestJournal"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { Database } from "../src/Database.ts"
import { blockedRates, blockRate, leaseRate } from "../src/RateLeases.ts"

const dayUs = 86_400_000_000

layer(migratedDatabase, { excludeTestServices: true, timeout: 120_000 })("rate leases", (it) => {
  it.effect("never add up to more than the budget, however many nodes ask at once", () =>
    Effect.gen(function* () {
      const server = yield* TestServer
      const node = (seed: number) =>
        Effect.gen(function* () {
          const grants: Array<number> = []
          for (let turn = 0; turn < 40; turn++) {
            const wanted = 1 + ((seed * 7 + turn * 13) % 29)
            const lease = yield* leaseRate({ budget: "many", windowUs: dayUs, limit: 1_000, wanted })
            assert.isAtMost(lease.granted, wanted)
            grants.push(lease.granted)
          }
          return grants
        }).pipe(Effect.provide(Database.layer({ url: server.url, poolSize: 2 })))
      const grants = yield* Effect.all([1, 2, 3, 4].map(node), { concurrency: "unbounded" })
      assert.strictEqual(
        grants.flat().reduce((sum, each) => sum + each, 0),
        1_000
      )
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{ leased: number }>`SELECT leased::int4 FROM rate_lease WHERE budget = 'many'`
      assert.strictEqual(rows[0]?.leased, 1_000)
    })
  )

  it.effect("leave the reserve to whom it is open to", () =>
    Effect.gen(function* () {
      const lease = (limit: number) => leaseRate({ budget: "reserve", windowUs: dayUs, limit, wanted: 100 })
      assert.strictEqual((yield* lease(80)).granted, 80)
      assert.strictEqual((yield* lease(80)).granted, 0)
      assert.strictEqual((yield* lease(100)).granted, 20)
    })
  )

  it.effect("begin anew with each window of the database's clock, and lapse with it", () =>
    Effect.gen(function* () {
      const request = { budget: "window", windowUs: dayUs, limit: 10, wanted: 10 }
      const sql = yield* SqlClient.SqlClient
      assert.strictEqual((yield* leaseRate(request)).granted, 10)
      const none = yield* leaseRate(request)
      assert.strictEqual(none.granted, 0)
      const [left] = yield* sql<{ us: number }>`
        SELECT extract(epoch FROM date_trunc('day', clock_timestamp(), 'UTC') + interval '1 day' - clock_timestamp())::float8 * 1e6 AS us`
      assert.isAtLeast(none.validForUs, left!.us - 1)
      assert.isBelow(none.validForUs, left!.us + 5_000_000)
      yield* sql`UPDATE rate_lease SET window_start = window_start - interval '1 day' WHERE budget = 'window'`
      assert.strictEqual((yield* leaseRate(request)).granted, 10)
    })
  )

  it.effect("go on with the window that a clock ahead had begun, but not with one far ahead", () =>
    Effect.gen(function* () {
      const request = { budget: "ahead", windowUs: dayUs, limit: 10, wanted: 6 }
      const sql = yield* SqlClient.SqlClient
      yield* leaseRate(request)
      yield* sql`UPDATE rate_lease SET window_start = window_start + interval '1 day' WHERE budget = 'ahead'`
      const lease = yield* leaseRate(request)
      assert.strictEqual(lease.granted, 4)
      assert.isAtMost(lease.validForUs, dayUs)
      yield* sql`UPDATE rate_lease SET window_start = window_start + interval '9 days' WHERE budget = 'ahead'`
      assert.strictEqual((yield* leaseRate(request)).granted, 6)
    })
  )

  it.effect("tell every node of a block until it ends, and keep the longer of two", () =>
    Effect.gen(function* () {
      yield* blockRate("blocked", 60_000_000)
      yield* blockRate("blocked", 1_000_000)
      const [block] = yield* blockedRates(["blocked", "many", "elsewhere"])
      assert.strictEqual(block?.budget, "blocked")
      assert.isAbove(block!.blockedForUs, 50_000_000)
      const lease = yield* leaseRate({ budget: "blocked", windowUs: dayUs, limit: 10, wanted: 3 })
      assert.strictEqual(lease.granted, 3)
      assert.isAbove(lease.blockedForUs, 50_000_000)
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE rate_lease SET blocked_until = clock_timestamp() - interval '1 second' WHERE budget = 'blocked'`
      assert.deepStrictEqual(yield* blockedRates(["blocked"]), [])
      assert.strictEqual(
        (yield* leaseRate({ budget: "blocked", windowUs: dayUs, limit: 10, wanted: 1 })).blockedForUs,
        0
      )
      assert.deepStrictEqual(yield* blockedRates([]), [])
    })
  )
})
