/** What a session makes of a venue that answers wrongly, is down, keeps another time or falls silent. */
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import type { OrderTerms } from "@outcry/model/Order"
import { Clock, Effect, type Scope, Stream } from "effect"
import type { Execution, ExecutionSession } from "../src/Execution.ts"
import { account } from "./ExchangeProcess.ts"
import { instrument, nowUs, ok, order, resting, session, sessionsAt, watchReports } from "./Harness.ts"
import { absent, orderBody, StubVenue } from "./StubVenue.ts"

const orderTerms: OrderTerms = resting(5_000_000)

describe("a venue in trouble", () => {
  let stub: StubVenue
  beforeEach(() => {
    stub = new StubVenue()
  })
  afterEach(() => stub.stop())

  const test = <E>(
    name: string,
    body: (alpha: ExecutionSession) => Effect.Effect<void, E, Execution | Scope.Scope>,
    before: () => void = () => undefined
  ) =>
    it.live(name, () =>
      Effect.gen(function* () {
        before()
        const address = yield* Effect.promise(() => stub.start())
        yield* Effect.flatMap(session("alpha"), body).pipe(Effect.provide(sessionsAt(address)))
      })
    )

  /** Until the stub has seen it; the test's own time-out ends it otherwise. */
  const until = (holds: () => boolean): Effect.Effect<void> =>
    Effect.suspend(() => (holds() ? Effect.void : Effect.andThen(Effect.sleep(10), until(holds))))

  for (const [name, other] of [
    ["client id", { clientOrderId: "another" }],
    ["symbol", { symbol: "ETHUSDT" }],
    ["venue id", { orderId: 8 }]
  ] as const)
    test(`an answer to a look-up that bears another ${name} is no answer`, (alpha) =>
      Effect.gen(function* () {
        const btc = yield* instrument(alpha)
        stub.onRequest = ({ path }) => (path === "order" ? { body: orderBody(other) } : undefined)
        const named = { clientOrderId: "mine", instrument: btc, venueOrderId: "7" }
        assert.strictEqual((yield* alpha.lookup(named))._tag, "Unclear")
        if (name !== "venue id")
          assert.strictEqual((yield* alpha.lookup({ clientOrderId: "mine", instrument: btc }))._tag, "Unclear")
      }))

  test("the first of a list is not taken for ours", (alpha) =>
    Effect.gen(function* () {
      const btc = yield* instrument(alpha)
      stub.onRequest = ({ path }) =>
        path === "openOrders" ? { body: [orderBody({ clientOrderId: "another" })] } : undefined
      const found = yield* alpha.lookup({ clientOrderId: "mine", instrument: btc, timeIntent: nowUs() })
      assert.strictEqual(found._tag, "Absent")
    }))

  test("a reply about another order does not accept ours, nor cancel it", (alpha) =>
    Effect.gen(function* () {
      const btc = yield* instrument(alpha)
      stub.onRequest = ({ path }) => (path === "order" ? { body: orderBody({ clientOrderId: "another" }) } : undefined)
      assert.strictEqual((yield* alpha.place(order("mine", btc, orderTerms)))._tag, "Unknown")
      assert.strictEqual((yield* alpha.cancel({ clientOrderId: "mine", instrument: btc }))._tag, "Unknown")
    }))

  for (const [name, body] of [
    ["half a JSON", '{"symbol":"BTCUS'],
    ["HTML", "<html>hello</html>"],
    ["nothing", ""],
    ["an empty object", "{}"],
    ["null", "null"],
    ["an error with status 200", '{"code":-1000,"msg":"oops"}'],
    ["an order without its numbers", '{"symbol":"BTCUSDT","clientOrderId":"mine"}'],
    ["a price between two ticks", JSON.stringify(orderBody({ price: "50000.001" }))],
    ["a status nobody knows", JSON.stringify(orderBody({ status: "HALF_DONE" }))]
  ] as const)
    test(`${name} for a reply is unknown to an order and unreachable to a read, never "nothing there"`, (alpha) =>
      Effect.gen(function* () {
        const btc = yield* instrument(alpha)
        stub.onRequest = ({ path }) => (path === "time" ? undefined : { body })
        assert.strictEqual((yield* alpha.place(order("mine", btc, orderTerms)))._tag, "Unknown")
        assert.strictEqual((yield* alpha.cancel({ clientOrderId: "mine", instrument: btc }))._tag, "Unknown")
        assert.strictEqual((yield* alpha.lookup({ clientOrderId: "mine", instrument: btc }))._tag, "Unclear")
        const since = { instrument: btc, afterTradeId: "", sinceUs: 0 }
        assert.strictEqual((yield* alpha.fillsSince(since))._tag, "Unreachable")
        for (const read of [alpha.openOrders(), alpha.balances, alpha.instruments])
          assert.strictEqual((yield* read)._tag, "Unreachable")
      }))

  test("a read is asked again, a placement is not", (alpha) =>
    Effect.gen(function* () {
      const btc = yield* instrument(alpha)
      let failures = 2
      stub.onRequest = ({ path }) => (path === "openOrders" && failures-- > 0 ? { status: 503, body: "" } : undefined)
      assert.deepStrictEqual(ok(yield* alpha.openOrders()), [])
      stub.onRequest = ({ path }) => (path === "order" ? { status: 503, body: "" } : undefined)
      assert.strictEqual((yield* alpha.place(order("mine", btc, orderTerms)))._tag, "Unknown")
      assert.lengthOf(
        stub.requests.filter(({ method }) => method === "POST"),
        1
      )
    }))

  test("a refusal is not asked again", (alpha) =>
    Effect.gen(function* () {
      stub.onRequest = ({ path }) =>
        path === "account" ? { status: 401, body: { code: -2015, msg: "Invalid API-key" } } : undefined
      const read = yield* alpha.balances
      assert(read._tag === "Unreachable")
      assert.include(read.reason, "-2015")
      assert.lengthOf(
        stub.requests.filter(({ path }) => path === "account"),
        1
      )
    }))

  test("a venue in maintenance gets no orders until it answers again; cancels are tried all the while", (alpha) =>
    Effect.gen(function* () {
      const btc = yield* instrument(alpha)
      const reports = yield* watchReports(alpha)
      yield* reports.until("the connection", (events) => events.at(-1)?._tag === "Connected")
      stub.onRequest = () => ({ status: 503, body: "<html>Service Unavailable</html>" })
      for (let count = 0; count < 5; count++)
        assert.strictEqual((yield* alpha.cancel({ clientOrderId: "mine", instrument: btc }))._tag, "Unknown")
      yield* reports.until("the loss", (events) => events.at(-1)?._tag === "Disconnected")
      const before = stub.requests.length
      const refused = yield* alpha.place(order("mine", btc, orderTerms))
      assert(refused._tag === "NotSent")
      assert.include(refused.reason, "venue unavailable")
      assert.strictEqual((yield* alpha.openOrders())._tag, "Unreachable")
      assert.lengthOf(
        stub.requests.slice(before).filter(({ path }) => path !== "time"),
        0
      )
      yield* alpha.cancel({ clientOrderId: "mine", instrument: btc })
      assert.lengthOf(
        stub.requests.filter(({ method }) => method === "DELETE"),
        6
      )
      stub.onRequest = ({ path }) => (path === "order" ? { body: orderBody() } : undefined)
      yield* reports.until("the return", (events) => events.at(-1)?._tag === "Connected")
      assert.strictEqual((yield* alpha.place(order("mine", btc, orderTerms)))._tag, "Accepted")
    }))

  test("a venue that trades no symbol is in maintenance, not empty", (alpha) =>
    Effect.gen(function* () {
      yield* instrument(alpha)
      stub.symbols = [{ ...(stub.symbols[0] as object), status: "BREAK" }]
      const read = yield* alpha.instruments
      assert(read._tag === "Unreachable")
      assert.include(read.reason, "maintenance")
    }))

  test("a 429 holds everything back until Retry-After, and nothing is sent twice", (alpha) =>
    Effect.gen(function* () {
      const btc = yield* instrument(alpha)
      stub.onRequest = ({ path }) =>
        path === "order"
          ? { status: 429, body: { code: -1003, msg: "Too many" }, headers: { "retry-after": "1" } }
          : undefined
      const askedAt = nowUs()
      const placed = yield* alpha.place(order("mine", btc, orderTerms))
      assert.strictEqual(placed._tag, "Rejected")
      stub.onRequest = ({ path }) => (path === "order" ? { body: orderBody() } : undefined)
      const late = yield* alpha.place(order("mine", btc, orderTerms, 300_000))
      assert(late._tag === "NotSent")
      assert.include(late.reason, "rate budget")
      assert.strictEqual((yield* alpha.cancel({ clientOrderId: "mine", instrument: btc }))._tag, "Canceled")
      assert.isAtLeast(nowUs() - askedAt, 1_000_000)
      assert.lengthOf(
        stub.requests.filter(({ method }) => method === "POST"),
        1
      )
    }))

  for (const aheadMs of [30_000, -30_000])
    test(`a clock of the venue that jumps by ${aheadMs / 1_000} s is found out with the first refusal`, (alpha) =>
      Effect.gen(function* () {
        const btc = yield* instrument(alpha)
        const answersOrders = ({ path }: { readonly path: string }) =>
          path === "order" ? { body: orderBody() } : undefined
        // What is asked before the refusal must not find it out.
        stub.onRequest = (request) =>
          request.path === "time" ? { body: { serverTime: Date.now() } } : answersOrders(request)
        stub.aheadMs = aheadMs
        const refused = yield* alpha.place(order("mine", btc, orderTerms))
        assert(refused._tag === "Rejected")
        assert.strictEqual(refused.code, "-1021")
        stub.onRequest = answersOrders
        const times = stub.requests.filter(({ path }) => path === "time").length
        yield* until(() => stub.requests.filter(({ path }) => path === "time").length > times)
        // The reply to that request is on its way; the estimate follows it within milliseconds and not the usual seconds.
        yield* Effect.repeat(alpha.clockOffset, {
          until: ({ offsetUs }) => Math.abs(offsetUs - aheadMs * 1_000) < 1_000_000
        })
        assert.strictEqual((yield* alpha.place(order("mine", btc, orderTerms)))._tag, "Accepted")
      }))

  test("a read that met the wrong clock succeeds when it is asked again", (alpha) =>
    Effect.gen(function* () {
      yield* instrument(alpha)
      stub.aheadMs = 30_000
      assert.deepStrictEqual(ok(yield* alpha.openOrders()), [])
    }))

  test("a user stream that is open and silent is recycled, and leaves no socket behind", (alpha) =>
    Effect.gen(function* () {
      const reports = yield* watchReports(alpha)
      yield* reports.until("the connection", (events) => events.at(-1)?._tag === "Connected")
      stub.pongs = false
      yield* until(() => stub.connects >= 3)
      stub.pongs = true
      yield* reports.until("the return", (events) => events.at(-1)?._tag === "Connected")
      yield* until(() => stub.webSockets.size === 1)
    }))

  test(
    "a user stream whose subscription is not answered is recycled",
    (alpha) =>
      Effect.gen(function* () {
        const reports = yield* watchReports(alpha)
        yield* until(() => stub.connects >= 2)
        assert.isFalse(reports.events.some(({ _tag }) => _tag === "Connected"))
        stub.subscribes = true
        yield* reports.until("the connection", (events) => events.at(-1)?._tag === "Connected")
        yield* until(() => stub.webSockets.size === 1)
      }),
    () => {
      stub.subscribes = false
    }
  )

  test(
    "a report that was made before the user stream was subscribed is not waited for",
    (alpha) =>
      Effect.gen(function* () {
        const btc = yield* instrument(alpha)
        const reports = yield* watchReports(alpha)
        yield* until(() => stub.webSockets.size === 1)
        const connected = () => reports.events.at(-1)?._tag === "Connected"
        stub.onRequest = async ({ path }) => {
          if (path !== "order") return { body: [] }
          // The venue worked it while nobody was subscribed, and answers after somebody is.
          for (const socket of stub.webSockets) stub.confirm(socket)
          while (!connected()) await new Promise((resolve) => setTimeout(resolve, 5))
          return { body: orderBody() }
        }
        assert.strictEqual((yield* alpha.place(order("mine", btc, orderTerms)))._tag, "Accepted")
        yield* Effect.sleep("3 seconds")
        assert.isTrue(connected())
        assert.strictEqual(stub.connects, 1)
      }),
    () => {
      stub.subscribes = false
    }
  )

  it.live("closes every socket with its node", () =>
    Effect.gen(function* () {
      const address = yield* Effect.promise(() => stub.start())
      yield* Effect.gen(function* () {
        const alpha = yield* session("alpha")
        yield* alpha.events.pipe(
          Stream.takeUntil(({ _tag }) => _tag === "Connected"),
          Stream.runDrain
        )
        yield* alpha.openOrders()
        assert.isAbove(stub.sockets.size, 0)
      }).pipe(Effect.scoped, Effect.provide(sessionsAt(address)))
      yield* until(() => stub.sockets.size === 0)
    })
  )

  test("keeps what went over the wire, without key, signature and its time", (alpha) =>
    Effect.gen(function* () {
      const btc = yield* instrument(alpha)
      const { apiKey } = account("alpha")
      stub.onRequest = ({ path }) =>
        path === "order" ? { body: orderBody({ echo: apiKey, more: "x".repeat(9_000) }) } : undefined
      // The clock that the session stamps by: `Date.now` is its milliseconds, cut off.
      const clockUs = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos / 1000n))
      const before = yield* clockUs
      const { wire } = yield* alpha.place(order("mine", btc, orderTerms))
      assert(wire !== undefined)
      assert.deepStrictEqual([wire.method, wire.path, wire.status], ["POST", "/api/v3/order", 200])
      assert.isTrue(before <= wire.sentUs && wire.sentUs <= wire.answeredUs && wire.answeredUs <= (yield* clockUs))
      assert.match(wire.request, /newClientOrderId=mine/)
      assert.match(wire.request, /timestamp=…/)
      assert.match(wire.request, /signature=…/)
      assert.notInclude(JSON.stringify(wire), apiKey)
      assert.isAtMost(wire.response.length, 4_096)
      stub.onRequest = () => absent
      const late = yield* alpha.place(order("mine", btc, orderTerms, -1_000))
      assert.isUndefined(late.wire)
    }))
})
