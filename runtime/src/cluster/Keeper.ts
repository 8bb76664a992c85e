/**
 * Keeps the floor's actors awake: each node looks which of them its shards hold and wakes those that it has not yet. An
 * actor that moved is thus awake within a moment of its shard, whether or not anybody calls it.
 */
import { Account } from "@outcry/actor-account/Protocol"
import { Feed } from "@outcry/actor-feed/Protocol"
import { Strategy } from "@outcry/actor-strategy/Protocol"
import * as Metrics from "@outcry/telemetry/Metrics"
import { Clock, Duration, Effect, Layer, Metric, Schedule } from "effect"
import { EntityId, ShardId, Sharding } from "effect/cluster"
import type { FloorConfig } from "../FloorConfig.ts"

const lookEvery = Duration.millis(100)
const wakeWithin = Duration.seconds(2)
/** One that is awake is asked again this often: whoever has died meanwhile wakes by being asked. */
const askEveryMs = 5000

/** Shards of the default group that this node owns. */
export const shardsOwned = (shards: number) =>
  Effect.map(Sharding.Sharding, (sharding) => {
    let owned = 0
    for (let id = 1; id <= shards; id++) if (sharding.hasShardId(ShardId.make("default", id))) owned++
    return owned
  })

export const layer = (floor: FloorConfig) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const sharding = yield* Sharding.Sharding
      const feeds = yield* Feed.client
      const accounts = yield* Account.client
      const strategies = yield* Strategy.client
      const wanted = [
        ...floor.accounts.map(({ name }) => ({
          entity: Account,
          id: name,
          wake: Effect.asVoid(accounts(name).Status({}))
        })),
        ...floor.instruments.map((id) => ({ entity: Feed, id, wake: Effect.asVoid(feeds(id).Status()) })),
        ...floor.strategies.map(({ name }) => ({
          entity: Strategy,
          id: name,
          wake: Effect.asVoid(strategies(name).Status())
        }))
      ]
      /** When each was last known to be awake, epoch ms. */
      const awake = new Map<string, number>()
      const waking = new Set<string>()

      const look = Effect.fnUntraced(function* (actor: (typeof wanted)[number]) {
        const key = `${actor.entity.type}/${actor.id}`
        const shard = yield* actor.entity.getShardId(EntityId.make(actor.id))
        if (!sharding.hasShardId(shard)) return void awake.delete(key)
        const now = yield* Clock.currentTimeMillis
        if (waking.has(key) || now - (awake.get(key) ?? -askEveryMs) < askEveryMs) return
        waking.add(key)
        yield* actor.wake.pipe(
          Effect.timeout(wakeWithin),
          Effect.andThen(Effect.sync(() => void awake.set(key, now))),
          Effect.catchCause((cause) =>
            Effect.andThen(
              Effect.sync(() => void awake.delete(key)),
              Effect.logDebug(`${key} did not wake`, cause)
            )
          ),
          Effect.ensuring(Effect.sync(() => void waking.delete(key))),
          Effect.forkScoped
        )
      })

      let owned = 0
      const measure = Effect.gen(function* () {
        const now = yield* shardsOwned(floor.shards)
        const direction = now > owned ? "acquired" : "released"
        if (now !== owned)
          yield* Metric.update(Metric.withAttributes(Metrics.shardMoves, { direction }), Math.abs(now - owned))
        owned = now
        yield* Metric.update(Metric.withAttributes(Metrics.shardsOwned, { group: "default" }), now)
        for (const { type } of [Account, Feed, Strategy]) {
          const resident = Array.from(awake.keys()).filter((key) => key.startsWith(`${type}/`)).length
          yield* Metric.update(Metric.withAttributes(Metrics.actorsResident, { actor: type }), resident)
        }
      })

      yield* Effect.forEach(wanted, look, { discard: true }).pipe(
        Effect.andThen(measure),
        Effect.repeat(Schedule.spaced(lookEvery)),
        Effect.forkScoped
      )
    })
  )
