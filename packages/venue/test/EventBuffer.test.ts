import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { EventBuffer } from "../src/EventBuffer.ts"

describe("EventBuffer", () => {
  it.effect("hands over what gathered as one chunk, in order", () =>
    Effect.gen(function* () {
      const buffer = new EventBuffer<number>(10, () => [-1])
      buffer.push([1, 2])
      buffer.push([])
      buffer.push([3])
      assert.deepStrictEqual(yield* buffer.chunks.pipe(Stream.take(1), Stream.runCollect), [[1, 2, 3]])
    })
  )

  it.effect("wakes a waiting reader", () =>
    Effect.gen(function* () {
      const buffer = new EventBuffer<number>(10, () => [-1])
      const reader = yield* buffer.chunks.pipe(
        Stream.take(2),
        Stream.runCollect,
        Effect.forkChild({ startImmediately: true })
      )
      buffer.push([1])
      yield* Effect.yieldNow
      buffer.push([2])
      assert.deepStrictEqual((yield* Fiber.join(reader)).flat(), [1, 2])
    })
  )

  it.effect("puts the notice of loss in place of what did not fit, and goes on after it", () =>
    Effect.gen(function* () {
      const buffer = new EventBuffer<number>(3, () => [-1, -2])
      buffer.push([1, 2, 3])
      buffer.push([4])
      buffer.push([5])
      assert.strictEqual(buffer.overruns, 1)
      assert.deepStrictEqual(yield* buffer.chunks.pipe(Stream.take(1), Stream.runCollect), [[-1, -2, 5]])
    })
  )
})
