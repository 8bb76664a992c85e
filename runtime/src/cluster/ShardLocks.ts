/**
 * Shard locks that cannot be forgotten. Sharding gives up an `acquire` that takes too long, and the database may have
 * granted it: should the shard be assigned to another node meanwhile, nobody would own it as long as this node lives.
 * What an unfinished `acquire` may have taken is let go with the next call that does not want it.
 */
import { Effect, Exit, Layer } from "effect"
import { type RunnerAddress, RunnerStorage, type ShardId } from "effect/cluster"

type Storage = RunnerStorage.RunnerStorage["Service"]

const nameOf = ({ group, id }: ShardId.ShardId): string => `${group}:${id}`

export const remembering = (storage: Storage): Storage => {
  const doubtful = new Map<string, ShardId.ShardId>()
  let wantedNow: ReadonlySet<string> = new Set()

  const letGo = (address: RunnerAddress.RunnerAddress, kept: ReadonlyArray<ShardId.ShardId>): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (doubtful.size === 0) return Effect.void
      const names = new Set(kept.map(nameOf))
      const stale = Array.from(doubtful).filter(([name]) => !names.has(name) && !wantedNow.has(name))
      return Effect.ignore(
        Effect.forEach(
          stale,
          ([name, shardId]) =>
            Effect.andThen(
              storage.release(address, shardId),
              Effect.sync(() => void doubtful.delete(name))
            ),
          { discard: true }
        )
      )
    })

  return RunnerStorage.RunnerStorage.of({
    ...storage,
    acquire: (address, shardIds) => {
      const wanted = Array.from(shardIds)
      const names = new Set(wanted.map(nameOf))
      return Effect.andThen(
        letGo(address, wanted),
        Effect.suspend(() => {
          wantedNow = names
          return storage.acquire(address, wanted)
        }).pipe(
          Effect.onExit((exit) =>
            Effect.sync(() => {
              wantedNow = new Set()
              for (const shardId of wanted)
                if (Exit.isSuccess(exit)) doubtful.delete(nameOf(shardId))
                else doubtful.set(nameOf(shardId), shardId)
            })
          )
        )
      )
    },
    refresh: (address, shardIds) => {
      const held = Array.from(shardIds)
      return Effect.andThen(letGo(address, held), storage.refresh(address, held))
    }
  })
}

/** Over the storage of the layer given. */
export const layer = <E, R>(
  storage: Layer.Layer<RunnerStorage.RunnerStorage, E, R>
): Layer.Layer<RunnerStorage.RunnerStorage, E, R> =>
  Layer.effect(RunnerStorage.RunnerStorage, Effect.map(RunnerStorage.RunnerStorage, remembering)).pipe(
    Layer.provide(storage)
  )
