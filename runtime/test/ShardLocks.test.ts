/** A lock storage that grants at once and answers late: what was given up on must not stay taken. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { RunnerAddress, RunnerStorage, ShardId } from "effect/cluster"
import { remembering } from "../src/cluster/ShardLocks.ts"

const self = RunnerAddress.make("127.0.0.1", 1)
const [one, two, three] = [1, 2, 3].map((id) => ShardId.make("default", id))

const slow = Effect.gen(function* () {
  const held = new Set<string>()
  let answers = false
  const memory = yield* RunnerStorage.makeMemory
  const storage = remembering(
    RunnerStorage.RunnerStorage.of({
      ...memory,
      acquire: (_address, shardIds) =>
        Effect.suspend(() => {
          const wanted = Array.from(shardIds)
          for (const { id } of wanted) held.add(String(id))
          return answers ? Effect.succeed(wanted) : Effect.never
        }),
      refresh: (_address, shardIds) => Effect.succeed(Array.from(shardIds)),
      release: (_address, { id }) => Effect.sync(() => void held.delete(String(id)))
    })
  )
  return { storage, held, answer: () => void (answers = true) }
})

describe("shard locks", () => {
  it.live("that an unfinished acquire may have taken are let go by the next call that does not want them", () =>
    Effect.gen(function* () {
      const { held, storage } = yield* slow
      yield* Effect.timeoutOption(storage.acquire(self, [one!, two!]), 5)
      assert.deepStrictEqual([...held], ["1", "2"])
      yield* storage.refresh(self, [two!])
      assert.deepStrictEqual([...held], ["2"])
    })
  )

  it.live("stay where a later acquire got them", () =>
    Effect.gen(function* () {
      const { answer, held, storage } = yield* slow
      yield* Effect.timeoutOption(storage.acquire(self, [one!, two!]), 5)
      answer()
      yield* storage.acquire(self, [one!, three!])
      assert.deepStrictEqual([...held].toSorted(), ["1", "3"])
      yield* storage.refresh(self, [one!, three!])
      assert.deepStrictEqual([...held].toSorted(), ["1", "3"])
    })
  )
})
