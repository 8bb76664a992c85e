/** Lessons about connections: weight that nobody counted, streams that freeze, books with holes, sockets left behind. */
import { assert, describe, it } from "@effect/vitest"
import { OrderBook } from "@outcry/model/OrderBook"
import { nowUs, resting, until } from "@outcry/testkit/AccountHarness"
import { btcUsdt } from "@outcry/testkit/Instruments"
import { Execution } from "@outcry/venue/Execution"
import { MarketData, type VenueEvent } from "@outcry/venue/MarketData"
import { VenueGates } from "@outcry/venue/VenueGates"
import { Deferred, Effect, Fiber, Layer, type Scope, Stream } from "effect"
import * as Floor from "./ExchangeFloor.ts"

type Services = Floor.Exchange | MarketData | Execution | VenueGates | Scope.Scope

const name = "alpha"

/** An exchange and a node's pools of its own for each. */
const lesson = <E>(text: string, body: () => Effect.Effect<void, E, Services>, args: ReadonlyArray<string> = []) =>
  it.live(text, () =>
    Effect.suspend(body).pipe(
      Effect.scoped,
      Effect.provide(
        Layer.unwrap(Effect.map(Floor.Exchange, ({ address }) => Floor.pools(address, [name]))).pipe(
          Layer.provideMerge(Floor.exchange([name], args))
        )
      )
    )
  )

const gaps = (events: ReadonlyArray<VenueEvent>): ReadonlyArray<string> =>
  events.flatMap((event) => (event.type === "gap" ? [`${event.reason} ${event.resumed}`] : []))

/** Reads on behind the test; `hold` keeps it from reading until the test lets it. */
const read = Effect.fnUntraced(function* (hold?: Deferred.Deferred<void>) {
  const session = yield* (yield* MarketData).session("sim")
  const events: Array<VenueEvent> = []
  yield* session.subscribe(btcUsdt).pipe(
    Stream.runForEach((chunk) => {
      events.push(...chunk)
      const isWhole = hold !== undefined && gaps(events).includes("started true")
      return isWhole ? Deferred.await(hold) : Effect.void
    }),
    Effect.forkScoped({ startImmediately: true })
  )
  return events
})

const untilSeen = (what: string, holds: () => boolean) => until(what, Effect.sync(holds))

/** The changes of the book since it was whole, and its hash after all of them. */
const bookOf = (events: ReadonlyArray<VenueEvent>) => {
  const book = new OrderBook()
  const changes: Array<string> = []
  for (const event of events) {
    if (event.type !== "delta") continue
    book.apply(event)
    if (!event.snapshot) changes.push(JSON.stringify([event.bids, event.asks]))
  }
  return { changes, hash: book.hash() }
}

describe("connections", () => {
  lesson("IP ban from uncounted weight: after every kind of call we have counted what the venue counts", () =>
    Effect.gen(function* () {
      const { address } = yield* Floor.Exchange
      const { rates } = (yield* VenueGates).gate("sim")
      const alpha = yield* (yield* Execution).session(name)
      const events = yield* read()
      yield* untilSeen("the book is whole", () => gaps(events).includes("started true"))
      const timeIntent = yield* nowUs
      const request = { clientOrderId: "weigh", instrument: btcUsdt, timeIntent, deadlineUs: timeIntent + 20_000_000 }
      // All in one minute.
      yield* until(
        "the minute is young enough",
        Effect.map(nowUs, (now) => now % 60_000_000 < 45_000_000)
      )
      for (let round = 0; round < 10; round++) {
        yield* alpha.openOrders()
        yield* alpha.openOrders([btcUsdt])
        yield* alpha.balances
        yield* alpha.fillsSince({ instrument: btcUsdt, afterTradeId: "1", sinceUs: 0 })
        yield* alpha.lookup({ clientOrderId: "nowhere", instrument: btcUsdt, timeIntent })
      }
      yield* alpha.place({ ...request, terms: resting({ priceTicks: 1_000_000 }) })
      yield* alpha.cancel(request)
      // The venue says on every reply what it has counted in this minute; ours must not lag behind it.
      const counted = yield* until(
        "both were read in one minute",
        Effect.gen(function* () {
          const minute = Effect.map(nowUs, (now) => Math.floor(now / 60_000_000))
          const before = yield* minute
          const venues = yield* Effect.promise(async () => {
            const reply = await fetch(`${address.restUrl}/api/v3/time`)
            return Number(reply.headers.get("x-mbx-used-weight-1m"))
          })
          const { budgets } = yield* rates.status
          if ((yield* minute) !== before) return undefined
          const ours = budgets.filter(({ budget }) => budget.includes("/ip/")).map(({ usedRatio }) => usedRatio * 6000)
          return { venues, ours: Math.max(...ours) }
        })
      )
      assert.isAbove(counted.venues, 500)
      // This last request is the test's own.
      assert.isAtLeast(counted.ours + 2, counted.venues)
    })
  )

  lesson(
    "IP ban from uncounted weight: of more calls than a minute has room for, those without room are not sent",
    () =>
      Effect.gen(function* () {
        const { rates } = (yield* VenueGates).gate("sim")
        const alpha = yield* (yield* Execution).session(name)
        assert.strictEqual((yield* alpha.openOrders([btcUsdt]))._tag, "Ok")
        let answered = 0
        yield* Effect.forEach(
          Array.from({ length: 60 }),
          () => Effect.tap(alpha.balances, () => Effect.sync(() => (answered += 1))),
          {
            concurrency: "unbounded"
          }
        ).pipe(Effect.forkScoped({ startImmediately: true }))
        yield* untilSeen("the first are answered", () => answered >= 10)
        // What is kept free for cancels is there, and nobody has asked us to wait.
        yield* until(
          "the cancel is answered",
          Effect.map(alpha.cancel({ clientOrderId: "nowhere", instrument: btcUsdt }), (cancel) => {
            // A busy machine may leave it without an answer for a second; never without room.
            if (cancel._tag === "Unknown") assert.notInclude(cancel.reason, "rate budget")
            return cancel._tag === "NotOpen" ? cancel : undefined
          })
        )
        assert.strictEqual((yield* rates.status).blockedForUs, 0)
      }),
    ["--weight-limit", "600"]
  )

  lesson("IP ban from uncounted weight: told to wait, nothing more is sent until then, and no ban follows", () =>
    Effect.gen(function* () {
      const { rates } = (yield* VenueGates).gate("sim")
      const alpha = yield* (yield* Execution).session(name)
      assert.strictEqual((yield* alpha.openOrders())._tag, "Ok")
      yield* Floor.during([
        // Harmless: it counts what comes in.
        { kind: "latency", method: "*", path: "*", delayMs: 0 },
        { kind: "rateLimit", method: "GET", path: "/api/v3/openOrders", delayMs: 1_000, count: 1 }
      ])
      const requests = Floor.struck("*")
      const isBlocked = Effect.map(rates.status, ({ blockedForUs }) => blockedForUs > 0)
      yield* Effect.forkScoped(alpha.openOrders())
      yield* until("the venue asks us to wait", isBlocked)
      const before = yield* requests
      const waiting = yield* Effect.forkChild(
        Effect.forEach(Array.from({ length: 20 }), () => alpha.openOrders(), { concurrency: "unbounded" })
      )
      let sent = before
      yield* until(
        "the wait is over",
        Effect.gen(function* () {
          const now = yield* requests
          if (!(yield* isBlocked)) return true
          sent = now
          return false
        })
      )
      // One may have been on its way when the answer came.
      assert.isAtMost(sent, before + 1)
      const answers = yield* Fiber.join(waiting)
      assert.deepStrictEqual([...new Set(answers.map(({ _tag }) => _tag))], ["Ok"])
    })
  )

  lesson("frozen watch streams: silence on an open socket is told as a gap, and the quotes come back", () =>
    Effect.gen(function* () {
      const events = yield* read()
      yield* untilSeen("quotes come", () => events.some(({ type }) => type === "quote"))
      yield* Floor.during([{ kind: "streamFreeze", count: 1, delayMs: 600_000 }])
      yield* untilSeen("the loss is told", () => gaps(events).includes("disconnected false"))
      const lost = events.findIndex((event) => event.type === "gap" && event.reason === "disconnected")
      yield* untilSeen("quotes come again", () => {
        const back = events.findIndex((event, at) => at > lost && event.type === "gap" && event.resumed)
        return back !== -1 && events.slice(back).some(({ type }) => type === "quote")
      })
      const back = events.findIndex((event, at) => at > lost && event.type === "gap" && event.resumed)
      assert.isFalse(events.slice(lost, back).some(({ type }) => type === "quote"))
    })
  )

  lesson(
    "coalesced book updates: a reader that falls behind gets every change that a quick one got",
    () =>
      Effect.gen(function* () {
        const hold = yield* Deferred.make<void>()
        const slow = yield* read(hold)
        const quick = yield* read()
        yield* untilSeen("both have begun", () =>
          [slow, quick].every((events) => gaps(events).includes("started true"))
        )
        const seen = bookOf(slow).changes.length
        yield* untilSeen("the quick one is far ahead", () => bookOf(quick).changes.length >= seen + 15)
        assert.isAtMost(bookOf(slow).changes.length, seen + 1)
        yield* Deferred.succeed(hold, undefined)
        const target = bookOf(quick)
        const caught = yield* until(
          "the slow one has caught up",
          Effect.sync(() => {
            const { changes } = bookOf(slow)
            const at = changes.indexOf(target.changes.at(-1)!)
            return at === -1 ? undefined : changes.slice(0, at + 1)
          })
        )
        const common = Math.min(caught.length, target.changes.length)
        assert.isAtLeast(common, 15)
        assert.deepStrictEqual(caught.slice(-common), target.changes.slice(-common))
        assert.notInclude(gaps(slow), "overrun false")
      }),
    ["--activity", "3"]
  )
})

/** Open connections of this process. */
const sockets = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length

describe("clients", () => {
  it.live(
    "leaking, orphaned clients: whoever comes and goes, and however often it reconnects, leaves no socket behind",
    () =>
      Effect.gen(function* () {
        const { address } = yield* Floor.Exchange
        const before = sockets()
        const visit = Effect.gen(function* () {
          const events = yield* read()
          const alpha = yield* (yield* Execution).session(name)
          yield* untilSeen("the book is whole", () => gaps(events).includes("started true"))
          assert.strictEqual((yield* alpha.openOrders())._tag, "Ok")
          const most = sockets()
          for (let cut = 0; cut < 3; cut++) {
            const told = events.length
            yield* (yield* Floor.Exchange).faults([{ kind: "streamDisconnect", count: 1 }])
            yield* untilSeen("it is back", () => gaps(events.slice(told)).includes("disconnected true"))
          }
          yield* untilSeen("each lost socket is gone", () => sockets() <= most)
          return most
        }).pipe(Effect.scoped)
        for (let round = 0; round < 3; round++) {
          const most = yield* visit.pipe(Effect.provide(Floor.pools(address, [name]), { local: true }))
          assert.isAbove(most, before)
          yield* untilSeen("nothing is left behind", () => sockets() <= before)
        }
      }).pipe(Effect.scoped, Effect.provide(Floor.exchange([name])))
  )
})
