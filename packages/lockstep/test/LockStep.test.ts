import { it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { describe, expect } from "vitest"
import { LockStep } from "../src/LockStep.ts"
import { markerName, markerOf } from "../src/StepProtocol.ts"

describe("LockStep", () => {
  it.effect("is not settled while anything is in flight, waits in a queue or lags in its chain", () =>
    Effect.gen(function* () {
      const lockStep = new LockStep(1_000)
      const done = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkChild(lockStep.tracked(Deferred.await(done)), { startImmediately: true })
      expect(lockStep.unsettled()).toBe("1 in flight")
      yield* Deferred.succeed(done, undefined)
      yield* Fiber.join(fiber)
      expect(lockStep.unsettled()).toBeUndefined()
      let [queued, published, handled] = [1, 7, 6]
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* lockStep.backlog("the inbox", () => queued)
          expect(lockStep.unsettled()).toBe("1 in the inbox")
          queued = 0
          yield* lockStep.stage("events", "feed", () => published)
          yield* lockStep.stage("events", "strategy", () => handled)
          expect(lockStep.unsettled()).toBe("events: strategy at 6 instead of 7")
          handled = 7
          expect(lockStep.unsettled()).toBeUndefined()
          published = 8
        })
      )
      // What has ended holds nobody up.
      expect(lockStep.unsettled()).toBeUndefined()
    })
  )

  it.effect("counts work that is interrupted as ended", () =>
    Effect.gen(function* () {
      const lockStep = new LockStep(0)
      const tracked = yield* Effect.forkChild(lockStep.tracked(Effect.never), { startImmediately: true })
      const turn = yield* Effect.forkChild(lockStep.inTurn("request", "a", Effect.never), { startImmediately: true })
      expect(lockStep.letGo("request")).toBe(true)
      yield* Effect.yieldNow
      expect(lockStep.unsettled()).toBe("2 in flight")
      yield* Fiber.interrupt(tracked)
      yield* Fiber.interrupt(turn)
      expect(lockStep.unsettled()).toBeUndefined()
    })
  )

  it.effect("lets turns go one at a time, by key and then as they came, each kind by itself", () =>
    Effect.gen(function* () {
      const lockStep = new LockStep(0)
      const went: Array<string> = []
      const come = (kind: "intents" | "request", key: string, name: string) =>
        Effect.forkChild(
          lockStep.inTurn(
            kind,
            key,
            Effect.andThen(
              Effect.yieldNow,
              Effect.sync(() => void went.push(name))
            )
          ),
          { startImmediately: true }
        )
      yield* come("request", "b", "b1")
      yield* come("request", "a", "a1")
      const gone = yield* come("request", "a", "gone")
      yield* come("request", "a", "a2")
      yield* come("intents", "z", "z")
      yield* Fiber.interrupt(gone)
      expect(lockStep.unsettled()).toBeUndefined()
      const seen: Array<ReadonlyArray<string>> = []
      while (lockStep.letGo("request")) {
        expect(lockStep.unsettled()).toBe("1 in flight")
        while (lockStep.isBusy) yield* Effect.yieldNow
        seen.push(went.slice())
      }
      expect(seen).toEqual([["a1"], ["a1", "a2"], ["a1", "a2", "b1"]])
      expect([lockStep.letGo("intents"), lockStep.letGo("intents")]).toEqual([true, false])
    })
  )

  it.effect("fires the timer that is due first, by its time and then by key, and none before its time", () =>
    Effect.gen(function* () {
      const lockStep = new LockStep(100)
      const fired: Array<string> = []
      const timer = (key: string, dueUs: number) => {
        let due: number | undefined = dueUs
        return lockStep.timer({
          key,
          dueUs: () => due,
          fire: () => {
            due = undefined
            fired.push(key)
          }
        })
      }
      yield* timer("b", 200)
      yield* timer("a", 200)
      yield* timer("c", 150)
      expect([lockStep.nextTimerUs(), lockStep.fireDue()]).toEqual([150, false])
      lockStep.advanceTo(200)
      while (lockStep.fireDue()) expect(fired.length).toBeGreaterThan(0)
      expect([fired, lockStep.nextTimerUs()]).toEqual([["c", "a", "b"], undefined])
    })
  )

  it.effect("takes market time and the end of an output from markers; time never goes back", () =>
    Effect.gen(function* () {
      const lockStep = new LockStep(500)
      const through = yield* Effect.forkChild(lockStep.reached(3), { startImmediately: true })
      lockStep.marker(markerName({ step: 3, timeUs: 700, isOver: false }))
      expect([lockStep.timeUs, through.pollUnsafe()]).toEqual([700, undefined])
      lockStep.marker("depthUpdate")
      lockStep.marker(markerName({ step: 3, timeUs: 600, isOver: true }))
      yield* Fiber.join(through)
      expect(lockStep.timeUs).toBe(700)
      expect(markerOf("step 3 600 soon")).toBeUndefined()
    })
  )

  it.effect("opens for all who wait, and is spoiled by what starts anew only then", () =>
    Effect.gen(function* () {
      const lockStep = new LockStep(0)
      const waiting = yield* Effect.forkChild(lockStep.opened, { startImmediately: true })
      lockStep.arrive("feed")
      expect(lockStep.missing(["feed", "account"])).toEqual(["account"])
      lockStep.startsAnew("the account")
      expect(lockStep.spoiled).toBeUndefined()
      lockStep.open()
      yield* Fiber.join(waiting)
      lockStep.startsAnew("the account")
      lockStep.spoil("something else")
      expect(lockStep.spoiled).toBe("the account had to start anew")
    })
  )
})
