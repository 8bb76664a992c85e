import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { Purpose } from "../src/RateLimit.ts"
import * as VenueBreaker from "../src/VenueBreaker.ts"

const makeVenue = Effect.fnUntraced(function* () {
  const breaker = yield* VenueBreaker.make("sim")
  const venue = { isUp: true, asked: 0, probes: 0 }
  const request = Effect.sync(() => {
    venue.asked++
    return venue.isUp ? "answer" : "silence"
  })
  const ask = (purpose: Purpose) =>
    breaker.guard(purpose, request, (answer) => (answer === "answer" ? "said" : "silent"), "turned away")
  yield* breaker.probeWith(
    Effect.sync(() => {
      venue.probes++
      return venue.isUp ? ("said" as const) : ("silent" as const)
    })
  )
  return { breaker, venue, ask }
})

describe("VenueBreaker", () => {
  it.effect("opens after five silences in a row, and only then", () =>
    Effect.gen(function* () {
      const { ask, breaker, venue } = yield* makeVenue()
      venue.isUp = false
      for (let count = 0; count < 4; count++) assert.strictEqual(yield* ask("place"), "silence")
      venue.isUp = true
      assert.strictEqual(yield* ask("place"), "answer")
      venue.isUp = false
      for (let count = 0; count < 5; count++) assert.strictEqual(yield* ask("place"), "silence")
      assert.isTrue(yield* breaker.isOpen)
      assert.strictEqual(yield* ask("place"), "turned away")
      assert.strictEqual(yield* ask("read"), "turned away")
      assert.strictEqual(venue.asked, 10)
    }).pipe(Effect.scoped)
  )

  it.effect("does not count what was refused or never asked", () =>
    Effect.gen(function* () {
      const { breaker } = yield* makeVenue()
      for (let count = 0; count < 20; count++)
        yield* breaker.guard("place", Effect.succeed("refused"), () => (count % 2 === 0 ? "said" : "nothing"), "away")
      assert.isFalse(yield* breaker.isOpen)
    }).pipe(Effect.scoped)
  )

  it.effect("lets cancels and look-ups through while it is open", () =>
    Effect.gen(function* () {
      const { ask, venue } = yield* makeVenue()
      venue.isUp = false
      for (let count = 0; count < 5; count++) yield* ask("read")
      assert.strictEqual(yield* ask("cancel"), "silence")
      venue.isUp = true
      assert.strictEqual(yield* ask("lookup"), "answer")
      assert.strictEqual(yield* ask("place"), "turned away")
    }).pipe(Effect.scoped)
  )

  it.effect("is closed again by a probe, never by an order, and tells so", () =>
    Effect.gen(function* () {
      const { ask, breaker, venue } = yield* makeVenue()
      const told: Array<boolean> = []
      yield* breaker.changes.pipe(
        Stream.runForEach((closed) => Effect.sync(() => told.push(closed))),
        Effect.forkScoped({ startImmediately: true })
      )
      venue.isUp = false
      for (let count = 0; count < 5; count++) yield* ask("place")
      for (let spent = 0; spent < 5_000; spent += 50) yield* TestClock.adjust(50)
      assert.isAbove(venue.probes, 1)
      assert.isBelow(venue.probes, 12)
      assert.strictEqual(yield* ask("place"), "turned away")
      assert.strictEqual(venue.asked, 5)
      venue.isUp = true
      for (let spent = 0; spent < 11_000; spent += 50) yield* TestClock.adjust(50)
      assert.strictEqual(yield* ask("place"), "answer")
      assert.deepStrictEqual(told, [false, true])
    }).pipe(Effect.scoped)
  )

  it.effect("an interrupted request says nothing about the venue", () =>
    Effect.gen(function* () {
      const { breaker } = yield* makeVenue()
      for (let count = 0; count < 9; count++) {
        const fiber = yield* Effect.forkChild(
          breaker.guard("place", Effect.never, () => "silent", "away"),
          {
            startImmediately: true
          }
        )
        yield* Fiber.interrupt(fiber)
      }
      assert.isFalse(yield* breaker.isOpen)
    }).pipe(Effect.scoped)
  )
})
