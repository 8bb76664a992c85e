/**
 * Whether a node can do its part: the database answers, it owns shards, and prices of every instrument reach it. Each
 * check has a name, so that whoever waits sees on what.
 */
import { FeedHub } from "@outcry/actor-feed/FeedHub"
import { Effect, Schema } from "effect"
import { Sharding, ShardId } from "effect/cluster"
import { SqlClient } from "effect/sql"
import type { FloorConfig } from "../FloorConfig.ts"

export const Check = Schema.Struct({ name: Schema.String, ok: Schema.Boolean, detail: Schema.String })
export type Check = typeof Check.Type

export const Readiness = Schema.Struct({ node: Schema.String, ready: Schema.Boolean, checks: Schema.Array(Check) })
export type Readiness = typeof Readiness.Type

const databaseTimeoutMs = 1_000

export const makeReadiness = Effect.fnUntraced(function* (floor: FloorConfig, node: string) {
  const sql = yield* SqlClient.SqlClient
  const sharding = yield* Sharding.Sharding
  const hub = yield* FeedHub

  const database = sql`SELECT 1`.pipe(
    Effect.timeout(databaseTimeoutMs),
    Effect.match({
      onFailure: (error): Check => ({ name: "database", ok: false, detail: error.message }),
      onSuccess: (): Check => ({ name: "database", ok: true, detail: "" })
    })
  )

  const shards = Effect.gen(function* () {
    const down = yield* sharding.isShutdown
    let owned = 0
    for (let id = 1; id <= floor.shards; id++) if (sharding.hasShardId(ShardId.make("default", id))) owned += 1
    const check: Check = {
      name: "shards",
      ok: !down && owned > 0,
      detail: down ? "leaving the cluster" : `${owned} owned`
    }
    return check
  })

  const prices = Effect.sync((): ReadonlyArray<Check> =>
    floor.instruments.map((id) => {
      const quoted = hub.quote(id) !== undefined
      return { name: `prices ${id}`, ok: quoted, detail: quoted ? "" : "no quote yet" }
    })
  )

  const ask = Effect.gen(function* () {
    const checks = [yield* database, yield* shards, ...(yield* prices)]
    const readiness: Readiness = { node, ready: checks.every(({ ok }) => ok), checks }
    return readiness
  })
  return { ask }
})
