import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, type Scope } from "effect"
import { TestClock } from "effect/testing"
import * as RateGate from "../src/RateGate.ts"
import { LeasesUnreachable, RateLeases } from "../src/RateLeases.ts"
import type { Purpose, RateLimit } from "../src/RateLimit.ts"
import { readClock } from "../src/VenueClock.ts"

const second = 1_000_000
const limits: ReadonlyArray<RateLimit> = [
  { counts: "weight", windowUs: 60 * second, limit: 100 },
  { counts: "orders", windowUs: 10 * second, limit: 20 }
]

const passage = (purpose: Purpose, weight = 1, key = "alpha"): RateGate.Passage => ({
  purpose,
  weight,
  orders: purpose === "place" ? 1 : 0,
  key
})

const makeGate = Effect.fnUntraced(function* (leases?: RateLeases["Service"], given = limits) {
  const read = yield* readClock
  const gate = yield* RateGate.make(
    { venue: "sim", address: "here", limits: given },
    leases ?? (yield* RateLeases),
    read
  )
  const admit = (given: RateGate.Passage, withinUs = 0) => gate.admit(given, read().monotonicUs + withinUs)
  /** Sends so many, one after the other, and counts those that passed. */
  const many = Effect.fnUntraced(function* (count: number, given: RateGate.Passage) {
    let passed = 0
    for (let index = 0; index < count; index++) {
      const admission = yield* admit(given, 10_000)
      if (admission._tag === "Admitted") {
        passed++
        yield* admission.ended(undefined)
      }
    }
    return passed
  })
  return { ...gate, admit, many }
})

/** Time goes on while the fiber waits. */
const during = Effect.fnUntraced(function* <A>(work: Effect.Effect<A>, forMs: number, stepMs = 10) {
  const fiber = yield* Effect.forkChild(work, { startImmediately: true })
  for (let spent = 0; spent < forMs && fiber.pollUnsafe() === undefined; spent += stepMs)
    yield* TestClock.adjust(stepMs)
  return yield* Fiber.join(fiber)
})

const scoped = <A, E>(body: () => Effect.Effect<A, E, RateLeases | Scope.Scope>) =>
  Effect.suspend(() => body()).pipe(Effect.scoped, Effect.provide(RateLeases.layerMemory))

describe("RateGate", () => {
  it.effect("lets through what is leased and refuses the rest at the deadline, by name", () =>
    scoped(() =>
      Effect.gen(function* () {
        const gate = yield* makeGate()
        assert.strictEqual(yield* during(gate.many(30, passage("place")), 2_000), 19)
        const refused = yield* during(gate.admit(passage("place"), 1_000_000), 2_000)
        assert.deepStrictEqual(refused, { _tag: "Refused", reason: "rate budget: orders-10s used up" })
      })
    )
  )

  it.effect("waits for the next window where the deadline allows", () =>
    scoped(() =>
      Effect.gen(function* () {
        const gate = yield* makeGate()
        yield* during(gate.many(30, passage("place")), 2_000)
        const admission = yield* during(gate.admit(passage("place"), 12 * second), 12_000, 50)
        assert.strictEqual(admission._tag, "Admitted")
      })
    )
  )

  it.effect("serves cancels first, then look-ups, placements and reads", () =>
    scoped(() =>
      Effect.gen(function* () {
        const gate = yield* makeGate()
        // All of the weight, reserve included.
        yield* during(gate.many(100, passage("cancel")), 5_000)
        const order: Array<Purpose> = []
        const fibers = yield* Effect.forEach(["read", "place", "lookup", "cancel"] as const, (purpose) =>
          Effect.forkChild(
            Effect.tap(gate.admit(passage(purpose, 20), 90 * second), () => Effect.sync(() => order.push(purpose))),
            { startImmediately: true }
          )
        )
        for (let spent = 0; spent < 70_000; spent += 100) yield* TestClock.adjust(100)
        for (const fiber of fibers) yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(order, ["cancel", "lookup", "place"])
      })
    )
  )

  it.effect("finds room for placements, look-ups and cancels when those behind them have used up theirs", () =>
    scoped(() =>
      Effect.gen(function* () {
        const gate = yield* makeGate()
        assert.strictEqual(yield* during(gate.many(100, passage("read")), 5_000), 66)
        assert.strictEqual(yield* during(gate.many(1, passage("place")), 1_000), 1)
        assert.strictEqual(yield* during(gate.many(1, passage("read")), 1_000), 0)
        assert.strictEqual(yield* during(gate.many(30, passage("place")), 5_000), 9)
        assert.strictEqual(yield* during(gate.many(30, passage("lookup")), 5_000), 9)
        assert.strictEqual(yield* during(gate.many(30, passage("cancel")), 5_000), 10)
      })
    )
  )

  it.effect("what one node reads leaves room for what another places", () =>
    scoped(() =>
      Effect.gen(function* () {
        const [one, two] = [yield* makeGate(), yield* makeGate()]
        assert.strictEqual(yield* during(one.many(100, passage("read")), 5_000), 66)
        assert.strictEqual(yield* during(two.many(1, passage("read")), 1_000), 0)
        assert.strictEqual(yield* during(two.many(1, passage("place")), 1_000), 1)
      })
    )
  )

  it.effect("a process that begins anew does not use up a day's orders", () =>
    scoped(() =>
      Effect.gen(function* () {
        const daily: ReadonlyArray<RateLimit> = [{ counts: "orders", windowUs: 86_400 * second, limit: 200_000 }]
        for (let start = 0; start < 101; start++) {
          const gate = yield* makeGate(undefined, daily)
          assert.strictEqual(yield* during(gate.many(1, passage("place")), 1_000), 1, `start ${start}`)
        }
      })
    )
  )

  it.effect("one key's orders do not hold up another's", () =>
    scoped(() =>
      Effect.gen(function* () {
        const gate = yield* makeGate()
        yield* during(gate.many(30, passage("place")), 2_000)
        const stuck = yield* Effect.forkChild(gate.admit(passage("place"), 9 * second), { startImmediately: true })
        assert.strictEqual(yield* during(gate.many(5, passage("place", 1, "beta")), 1_000), 5)
        yield* Fiber.interrupt(stuck)
      })
    )
  )

  it.effect("two nodes together stay within the budget", () =>
    scoped(() =>
      Effect.gen(function* () {
        const [one, two] = [yield* makeGate(), yield* makeGate()]
        const both = Effect.all([one.many(80, passage("cancel")), two.many(80, passage("cancel"))], { concurrency: 2 })
        const [first, other] = yield* during(both, 5_000)
        assert.isAtMost(first + other, 95)
        assert.isAbove(first, 0)
        assert.isAbove(other, 0)
      })
    )
  )

  for (const [status, who] of [
    [429, "a 429"],
    [418, "a ban"]
  ] as const)
    it.effect(`${who} shuts the gate on every node until Retry-After`, () =>
      scoped(() =>
        Effect.gen(function* () {
          const [one, two] = [yield* makeGate(), yield* makeGate()]
          assert.strictEqual(yield* during(two.many(1, passage("cancel")), 1_000), 1)
          const admission = yield* during(one.admit(passage("read"), second), 1_000)
          assert(admission._tag === "Admitted")
          yield* admission.ended({ status, headers: { "retry-after": "5" }, body: "" })
          assert.strictEqual((yield* one.status).blockedForUs, 5 * second)
          assert.deepStrictEqual(yield* one.admit(passage("cancel"), second), {
            _tag: "Refused",
            reason: "rate budget: weight-1m the venue asked us to wait"
          })
          // The other node looks every second.
          for (let spent = 0; spent < 1_200; spent += 100) yield* TestClock.adjust(100)
          assert.isAbove((yield* two.status).blockedForUs, 3 * second)
          assert.strictEqual(yield* during(two.many(1, passage("cancel")), 1_000), 0)
          const after = yield* during(two.admit(passage("cancel"), 9 * second), 9_000)
          assert.strictEqual(after._tag, "Admitted")
        })
      )
    )

  it.effect("too many orders of one key stop its placements, and neither cancels nor other keys", () =>
    scoped(() =>
      Effect.gen(function* () {
        const gate = yield* makeGate()
        const admission = yield* during(gate.admit(passage("place"), second), 1_000)
        assert(admission._tag === "Admitted")
        yield* admission.ended({ status: 429, headers: { "retry-after": "5" }, body: `{"code":-1015,"msg":""}` })
        assert.strictEqual(yield* during(gate.many(1, passage("place")), 1_000), 0)
        assert.strictEqual(yield* during(gate.many(1, passage("cancel")), 1_000), 1)
        assert.strictEqual(yield* during(gate.many(1, passage("place", 1, "beta")), 1_000), 1)
        assert.strictEqual((yield* gate.status).blockedForUs, 0)
      })
    )
  )

  it.effect("without the leases uses what it has, then lets only a few cancels through", () =>
    scoped(() =>
      Effect.gen(function* () {
        const leases = yield* RateLeases
        let away = false
        const cut: RateLeases["Service"] = {
          ...leases,
          lease: (request) => (away ? Effect.fail(new LeasesUnreachable("gone")) : leases.lease(request))
        }
        const gate = yield* makeGate(cut)
        assert.strictEqual(yield* during(gate.many(1, passage("place")), 1_000), 1)
        away = true
        const placed = yield* during(gate.many(30, passage("place")), 5_000)
        assert.isBelow(placed, 19)
        assert.strictEqual(yield* during(gate.many(3, passage("lookup", 20)), 5_000), 0)
        // A hundredth of the limit, and what was left of the lease.
        assert.isAbove(yield* during(gate.many(40, passage("cancel")), 5_000), 0)
        assert.strictEqual(yield* during(gate.many(5, passage("cancel")), 5_000), 0)
        away = false
        yield* TestClock.adjust(200)
        assert.strictEqual(yield* during(gate.many(5, passage("cancel")), 5_000), 5)
      })
    )
  )

  it.effect("stops at the venue's own count, which knows what others use", () =>
    scoped(() =>
      Effect.gen(function* () {
        const gate = yield* makeGate()
        const admission = yield* during(gate.admit(passage("read"), second), 1_000)
        assert(admission._tag === "Admitted")
        yield* admission.ended({ status: 200, headers: { "x-mbx-used-weight-1m": "80" }, body: "" })
        assert.strictEqual(yield* during(gate.many(1, passage("read")), 1_000), 0)
        assert.strictEqual(yield* during(gate.many(30, passage("cancel")), 5_000), 20)
        const status = yield* gate.status
        assert.strictEqual(status.budgets.find(({ budget }) => budget.endsWith("weight-1m"))?.usedRatio, 1)
      })
    )
  )

  const told = (used: number) => ({ status: 200, headers: { "x-mbx-used-weight-1m": String(used) }, body: "" })

  it.effect("counts what is answered once, in whatever order the answers come", () =>
    scoped(() =>
      Effect.gen(function* () {
        const gate = yield* makeGate()
        const sent = Array.from({ length: 6 }, () => gate.admit(passage("read", 10), second))
        const admissions = yield* during(Effect.all(sent, { concurrency: "unbounded" }), 2_000)
        // The last that the venue counted is answered first.
        for (const [index, admission] of admissions.toReversed().entries()) {
          assert(admission._tag === "Admitted")
          yield* admission.ended(told(60 - 10 * index))
        }
        assert.strictEqual((yield* gate.status).budgets[0]?.usedRatio, 0.6)
        assert.strictEqual(yield* during(gate.many(20, passage("cancel")), 5_000), 20)
      })
    )
  )

  it.effect("does not take the count of the window before for that of the present one", () =>
    scoped(() =>
      Effect.gen(function* () {
        const gate = yield* makeGate()
        yield* TestClock.adjust(59_000)
        const late = yield* during(gate.admit(passage("read"), second), 1_000)
        assert(late._tag === "Admitted")
        yield* TestClock.adjust(2_000)
        const first = yield* during(gate.admit(passage("read"), second), 1_000)
        assert(first._tag === "Admitted")
        yield* first.ended(told(1))
        yield* late.ended(told(80))
        assert.strictEqual(yield* during(gate.many(5, passage("read")), 1_000), 5)
      })
    )
  )

  it.effect("an interrupted request does not hold its place for ever", () =>
    scoped(() =>
      Effect.gen(function* () {
        const gate = yield* makeGate()
        const first = yield* during(gate.admit(passage("read"), second), 1_000)
        assert(first._tag === "Admitted")
        for (let index = 0; index < 5; index++) {
          const fiber = yield* Effect.forkChild(gate.admit(passage("read", 60), second), { startImmediately: true })
          yield* Fiber.interrupt(fiber)
        }
        yield* first.ended({ status: 200, headers: { "x-mbx-used-weight-1m": "1" }, body: "" })
        assert.strictEqual(yield* during(gate.many(1, passage("cancel", 90)), 3_000), 1)
      })
    )
  )
})
