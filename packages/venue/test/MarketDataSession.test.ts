import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, it } from "@effect/vitest"
import { make } from "@outcry/model/Instrument"
import { OrderBook } from "@outcry/model/OrderBook"
import { Effect, Schedule, type Scope } from "effect"
import { FrameDecoder } from "../src/binance/FrameDecoder.ts"
import { MalformedFrame } from "../src/binance/MarketFrame.ts"
import { type Execution } from "../src/Execution.ts"
import { MarketData, type VenueEvent } from "../src/MarketData.ts"
import { type ExchangeProcess, start } from "./ExchangeProcess.ts"
import { layer, marketDataAt, watchMarket } from "./Harness.ts"
import { btc, eth } from "./Recording.ts"
import { StubVenue } from "./StubVenue.ts"

const gaps = (events: ReadonlyArray<VenueEvent>): ReadonlyArray<string> =>
  events.flatMap((event) => (event.type === "gap" ? [`${event.reason} ${event.resumed}`] : []))

/** Hashes of the book after each of the events; the empty text while it is not whole. */
const bookHashes = (events: ReadonlyArray<VenueEvent>): ReadonlyArray<string> => {
  const book = new OrderBook()
  let whole = false
  return events.map((event) => {
    if (event.type === "gap") whole = event.resumed
    if (event.type === "delta") book.apply(event)
    return whole ? book.hash() : ""
  })
}

describe("market data against the exchange process", () => {
  let exchange: ExchangeProcess
  beforeAll(async () => {
    exchange = await start(["alpha"], ["--activity", "0.5", "--weight-limit", "1000000"])
  })
  afterAll(() => exchange.stop())

  const test = <E>(name: string, body: () => Effect.Effect<void, E, MarketData | Execution | Scope.Scope>) =>
    it.live(name, () =>
      Effect.suspend(() =>
        body().pipe(Effect.provide(layer(exchange)), Effect.ensuring(Effect.promise(() => exchange.faults([]))))
      )
    )
  const faults = (...rules: ReadonlyArray<Record<string, unknown>>) => Effect.promise(() => exchange.faults(rules))

  /** The exchange's own book by REST, as a hash. */
  const truth = Effect.promise(async () => {
    const reply = await fetch(`${exchange.address.restUrl}/api/v3/depth?symbol=BTCUSDT&limit=1000`)
    const snapshot = new FrameDecoder().snapshot(await reply.text(), btc)
    if (snapshot instanceof MalformedFrame) throw snapshot
    const book = new OrderBook()
    book.apply({ snapshot: true, bids: snapshot.bids, asks: snapshot.asks })
    return book.hash()
  })

  /** Diffs come every 100 ms and REST in between, so both are compared until they speak of the same moment. */
  const requireTruth = (events: ReadonlyArray<VenueEvent>, from = 0) =>
    truth.pipe(
      Effect.delay(130),
      Effect.repeat({ until: (hash) => bookHashes(events.slice(from)).includes(hash), schedule: Schedule.recurs(60) }),
      Effect.map((hash) => assert.include(bookHashes(events.slice(from)), hash))
    )

  test("begins with a whole book, goes on with quotes, trades and deltas, and equals the exchange's book", () =>
    Effect.gen(function* () {
      const watch = yield* watchMarket(btc)
      yield* watch.until("all kinds of events", (events) =>
        ["quote", "trade", "delta", "gap"].every((type) => events.some((event) => event.type === type))
      )
      const firstWhole = watch.events.findIndex((event) => event.type === "delta")
      const first = watch.events[firstWhole]
      assert.isTrue(first?.type === "delta" && first.snapshot)
      assert.deepStrictEqual(gaps(watch.events).slice(0, 2), ["started false", "started true"])
      yield* requireTruth(watch.events)
    }))

  test("serves several readers and instruments from one socket, each beginning with the whole book", () =>
    Effect.gen(function* () {
      const one = yield* watchMarket(btc)
      const other = yield* watchMarket(eth)
      yield* one.until("the first book", (events) => gaps(events).includes("started true"))
      yield* other.until("the other book", (events) => gaps(events).includes("started true"))
      const late = yield* watchMarket(btc)
      yield* late.until("an introduction", (events) => gaps(events)[0] === "started true")
      assert.isTrue(late.events[0]?.type === "delta" && late.events[0].snapshot)
      yield* requireTruth(late.events)
      assert.isTrue(other.events.every((event) => event.type !== "quote" || event.bidTicks < 2_000_000))
    }))

  for (const [kind, reason] of [
    ["depthDrop", "sequence"],
    ["depthGap", "sequence"],
    ["depthBack", "sequence"],
    ["depthCrossed", "crossed"]
  ] as const) {
    test(`answers ${kind} with a gap, resynchronises by REST and is right again`, () =>
      Effect.gen(function* () {
        const watch = yield* watchMarket(btc)
        yield* watch.until("a whole book", (events) => gaps(events).includes("started true"))
        // The exchange makes three depth streams; of any three strikes in a row one is on ours.
        yield* faults({ kind, count: 3, symbol: "BTCUSDT" })
        yield* watch.until("the gap's end", (events) => gaps(events).includes(`${reason} true`))
        const open = watch.events.findIndex((event) => event.type === "gap" && event.reason === reason)
        const closed = watch.events.findIndex(
          (event) => event.type === "gap" && event.reason === reason && event.resumed
        )
        const between = watch.events.slice(open + 1, closed)
        // Only trades and the new snapshot: no quote and no change of a broken book.
        assert.isTrue(between.every((event) => event.type === "trade" || (event.type === "delta" && event.snapshot)))
        yield* requireTruth(watch.events, closed - 1)
      }))
  }

  test("reconnects after a cut, and says what was missed", () =>
    Effect.gen(function* () {
      const watch = yield* watchMarket(btc)
      yield* watch.until("a whole book", (events) => gaps(events).includes("started true"))
      yield* faults({ kind: "streamDisconnect", count: 1 })
      yield* watch.until("the return", (events) => gaps(events).includes("disconnected true"))
      assert.deepStrictEqual(gaps(watch.events).slice(-2), ["disconnected false", "disconnected true"])
      yield* requireTruth(watch.events)
    }))

  test("recycles a connection that stays open and falls silent", () =>
    Effect.gen(function* () {
      const watch = yield* watchMarket(btc)
      yield* watch.until("a whole book", (events) => gaps(events).includes("started true"))
      yield* faults({ kind: "streamFreeze", count: 1, delayMs: 600_000 })
      yield* watch.until("the return", (events) => gaps(events).includes("disconnected true"))
      assert.include(gaps(watch.events), "disconnected false")
      yield* requireTruth(watch.events)
    }))

  test("tells a stream that stopped from a quiet market, by the book that moves on without it", () =>
    Effect.gen(function* () {
      const watch = yield* watchMarket(btc)
      yield* watch.until("a whole book", (events) => gaps(events).includes("started true"))
      // Best prices and trades go on; only the diffs stop.
      yield* faults({ kind: "depthDrop", symbol: "BTCUSDT" })
      yield* watch.until("the stale stream", (events) => gaps(events).includes("stale false"))
      yield* faults()
      yield* watch.until("the return", (events) => gaps(events).includes("stale true"))
      yield* requireTruth(watch.events, watch.events.findLastIndex((event) => event.type === "gap") - 1)
    }))

  test("notices a venue that is frozen and recovers with it", () =>
    Effect.gen(function* () {
      const watch = yield* watchMarket(btc)
      yield* watch.until("a whole book", (events) => gaps(events).includes("started true"))
      exchange.freeze()
      yield* watch
        .until("the loss", (events) => events.at(-1)?.type === "gap")
        .pipe(Effect.ensuring(Effect.sync(exchange.thaw)))
      yield* watch.until(
        "the return",
        (events) => gaps(events).at(-1)?.endsWith("true") === true && gaps(events).length > 2
      )
      yield* requireTruth(watch.events, watch.events.findLastIndex((event) => event.type === "gap") - 1)
    }))

  test("names an unknown venue, and one that cannot be reached", () =>
    Effect.gen(function* () {
      const data = yield* MarketData
      const error = yield* data.session("nowhere").pipe(Effect.flip)
      assert.match(error.message, /"nowhere" cannot be reached: it is not among the configured venues/)
      const venue = yield* data.session("sim")
      assert.deepStrictEqual((yield* venue.instruments).map(({ id }) => id).toSorted(), [
        "sim:BTC/USDT",
        "sim:ETH/USDT"
      ])
    }))
})

describe("market data of a venue that answers as it is told to", () => {
  let stub: StubVenue
  let isDown: boolean
  /** When the stub was asked for the book, by its levels, and what it was sent on the stream, with the time. */
  let asked: Array<{ readonly levels: string | null; readonly atMs: number }>
  let sent: Array<{ readonly method: string; readonly atMs: number }>
  beforeEach(() => {
    stub = new StubVenue()
    isDown = false
    asked = []
    sent = []
    stub.onMessage = (text, socket) => {
      const { id, method }: { readonly id: number; readonly method: string } = JSON.parse(text)
      sent.push({ method, atMs: performance.now() })
      socket.send(JSON.stringify({ result: null, id }))
    }
    stub.onRequest = ({ params, path }) => {
      if (path !== "depth") return undefined
      asked.push({ levels: params.get("limit"), atMs: performance.now() })
      if (isDown) return { status: 503, body: "" }
      return { body: { lastUpdateId: 1, bids: [["50000.00", "1"]], asks: [["50001.00", "1"]] } }
    }
  })
  afterEach(() => stub.stop())

  const until = (holds: () => boolean): Effect.Effect<void> =>
    Effect.suspend(() => (holds() ? Effect.void : Effect.andThen(Effect.sleep(10), until(holds))))

  const test = <E>(name: string, body: () => Effect.Effect<void, E, MarketData | Scope.Scope>, lingerMs?: number) =>
    it.live(
      name,
      () =>
        Effect.gen(function* () {
          const address = yield* Effect.promise(() => stub.start())
          yield* Effect.suspend(body).pipe(Effect.provide(marketDataAt(address, lingerMs)))
        }),
      60_000
    )

  test("asks ever less often about a silent stream while the venue does not answer", () =>
    Effect.gen(function* () {
      const watch = yield* watchMarket(btc)
      yield* watch.until("a whole book", (events) => gaps(events).includes("started true"))
      isDown = true
      const checks = () => asked.filter(({ levels }) => levels === "5").length
      const before = checks()
      yield* until(() => checks() > before)
      yield* Effect.sleep(3_000)
      assert.isAtMost(checks() - before, 12)
      isDown = false
      const answered = checks()
      yield* until(() => checks() > answered + 1)
    }))

  test("fetches a new book quickly again once it had one", () =>
    Effect.gen(function* () {
      isDown = true
      const watch = yield* watchMarket(btc)
      const books = () => asked.filter(({ levels }) => levels === "1000")
      yield* until(() => books().length >= 6)
      const waitedMs = books()[5]!.atMs - books()[4]!.atMs
      isDown = false
      yield* watch.until("a whole book", (events) => gaps(events).includes("started true"))
      isDown = true
      const before = books().length
      const depth = { e: "depthUpdate", E: 1, s: "BTCUSDT", U: 8, u: 9, b: [], a: [] }
      for (const socket of stub.webSockets) socket.send(JSON.stringify({ stream: "btcusdt@depth@100ms", data: depth }))
      yield* until(() => books().length >= before + 2)
      assert.isBelow(books()[before + 1]!.atMs - books()[before]!.atMs, waitedMs)
    }))

  test(
    "ends subscriptions no faster than it makes them",
    () =>
      Effect.gen(function* () {
        const bases = ["AA", "BB", "CC", "DD", "EE"]
        yield* Effect.gen(function* () {
          for (const base of bases) yield* watchMarket(make({ ...btc, base, symbol: `${base}/USDT` }))
          yield* until(() => sent.length === bases.length)
        }).pipe(Effect.scoped)
        const endedMs = performance.now()
        const ends = () => sent.filter(({ method }) => method === "UNSUBSCRIBE")
        yield* until(() => ends().length === bases.length)
        assert.isAbove(ends().at(-1)!.atMs - endedMs, 4 * 250)
      }),
    50
  )
})
