/** Which strategies are locked, kept in the manifest: a lock holds wherever the strategy lives next, until it is lifted. */
import type { StrategyLocks } from "@outcry/actor-strategy/StrategyHost"
import { listActors, removeActor, upsertActor } from "@outcry/store/Manifest"
import { Effect, Option, Schedule, Schema } from "effect"
import { SqlClient } from "effect/sql"

const entityType = "Strategy"
const Locked = Schema.Struct({ lockedFor: Schema.String })
const decode = Schema.decodeUnknownOption(Locked)

/** The database may be away for a moment: a lock is not passed over for that. */
const again = Schedule.spaced("500 millis")

export const makeStrategyLocks = Effect.map(SqlClient.SqlClient, (sql): StrategyLocks => {
  const lasting = <A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>): Effect.Effect<A> =>
    effect.pipe(Effect.provideService(SqlClient.SqlClient, sql), Effect.retry(again), Effect.orDie)
  return {
    find: (strategy) =>
      lasting(
        Effect.map(listActors(entityType), (actors) => {
          const found = actors.find(({ desiredState, entityId }) => entityId === strategy && desiredState === "stopped")
          return Option.getOrUndefined(decode(found?.config))?.lockedFor
        })
      ),
    lock: (strategy, reason) =>
      lasting(
        upsertActor({
          entityType,
          entityId: strategy,
          ownerId: "local",
          config: { lockedFor: reason },
          desiredState: "stopped"
        })
      ),
    unlock: (strategy) => Effect.asVoid(lasting(removeActor(entityType, strategy)))
  }
})
