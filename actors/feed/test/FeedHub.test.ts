/** A feed and its hub on one node, over a venue whose events the test pushes by hand. */
import { assert, layer } from "@effect/vitest"
import type { MarketEvent } from "@outcry/model/MarketData"
import { OrderBook } from "@outcry/model/OrderBook"
import { SpanRecorder } from "@outcry/telemetry/SpanRecorder"
import { btcUsdt } from "@outcry/testkit/Instruments"
import { MarketData, type VenueEvent } from "@outcry/venue/MarketData"
import { Effect, Exit, Layer, Queue, Scope, Stream } from "effect"
import { TestRunner } from "effect/cluster"
import * as FeedActor from "../src/Actor.ts"
import { unpack } from "../src/FeedCodec.ts"
import { FeedHub } from "../src/FeedHub.ts"
import { Feed } from "../src/Protocol.ts"

const id = btcUsdt.id
const now = (): number => Date.now() * 1000
const at = () => ({ timeVenue: now(), timeReceived: now() })
const snapshot = (bid: number): VenueEvent => ({
  type: "delta",
  ...at(),
  snapshot: true,
  bids: [bid, 10, bid - 1, 7],
  asks: [bid + 1, 3]
})
const change = (bid: number, lots: number): VenueEvent => ({
  type: "delta",
  ...at(),
  snapshot: false,
  bids: [bid, lots],
  asks: []
})
const quote = (bidTicks: number, stamps = at()): VenueEvent => ({
  type: "quote",
  ...stamps,
  bidTicks,
  bidLots: 1,
  askTicks: bidTicks + 1,
  askLots: 1
})
const gap = (resumed: boolean): VenueEvent => ({ type: "gap", ...at(), reason: "sequence", resumed })

/** A feed with its hub; `restart` ends the feed's stream as a move to another owner does. */
const startFloor = Effect.gen(function* () {
  let venueReaders = 0
  let epoch = 0
  const incoming = new Set<Queue.Queue<ReadonlyArray<VenueEvent>>>()
  const session = {
    subscribe: () =>
      Stream.unwrap(
        Effect.acquireRelease(
          Effect.gen(function* () {
            const reader = yield* Queue.unbounded<ReadonlyArray<VenueEvent>>()
            venueReaders += 1
            incoming.add(reader)
            return reader
          }),
          (reader) => Effect.sync(() => incoming.delete(reader))
        ).pipe(Effect.map((reader) => Stream.fromEffect(Queue.take(reader)).pipe(Stream.forever)))
      ).pipe(
        Stream.map((events) => {
          if (events.length === 0) throw new Error("the venue's stream is broken")
          return events
        })
      ),
    instruments: Effect.succeed([btcUsdt]),
    clockOffset: Effect.succeed({ offsetUs: 0, errorUs: 0 })
  }
  const host = FeedActor.FeedHost.of({ node: "one", raiseEpoch: () => Effect.sync(() => ++epoch) })
  const services = yield* Layer.build(
    FeedHub.layer("one").pipe(
      Layer.provideMerge(FeedActor.layer),
      Layer.provide([
        Layer.succeed(FeedActor.FeedHost, host),
        Layer.succeed(MarketData, MarketData.of({ session: () => Effect.succeed(session) })),
        SpanRecorder.layerNoop
      ]),
      Layer.provideMerge(TestRunner.layer)
    )
  )
  const hub = yield* FeedHub.pipe(Effect.provideContext(services))
  const client = (yield* Feed.client.pipe(Effect.provideContext(services)))(id)
  const push = (...events: ReadonlyArray<VenueEvent>) =>
    Effect.gen(function* () {
      yield* until("the feed reads its venue", () => incoming.size === 1)
      for (const reader of incoming) Queue.offerUnsafe(reader, events)
    })
  return { hub, client, push, venueReaders: () => venueReaders }
})

const until = (what: string, holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (holds() ? Effect.void : Effect.andThen(Effect.sleep("5 millis"), until(what, holds)))).pipe(
    Effect.timeoutOrElse({
      duration: "15 seconds",
      orElse: () => Effect.die(new Error(`waited in vain until ${what}`))
    })
  )

/** A listener that keeps all it hears and builds the book from it. */
const listen = Effect.fnUntraced(function* (hub: FeedHub["Service"]) {
  const events: Array<MarketEvent> = []
  const book = new OrderBook()
  yield* hub.subscribe(id).pipe(
    Stream.runForEach((chunk) =>
      Effect.sync(() => {
        for (const event of chunk) {
          events.push(event)
          if (event.type === "delta") book.apply(event)
        }
      })
    ),
    Effect.forkScoped({ startImmediately: true })
  )
  return { events, book }
})

layer(Layer.empty, { excludeTestServices: true, timeout: 120_000 })("a node's hub of feeds", (it) => {
  it.effect("opens one stream for any number of listeners, and a late one begins with the same book", () =>
    Effect.gen(function* () {
      const { client, hub, push, venueReaders } = yield* startFloor
      const early = yield* listen(hub)
      yield* push(snapshot(100), quote(100))
      for (let lots = 1; lots <= 40; lots++) yield* push(change(100 - (lots % 7), lots))
      yield* until("all has come", () => early.events.filter((event) => event.type === "delta").length === 41)
      const others = yield* Effect.forEach([1, 2, 3, 4], () => listen(hub))
      for (const late of others) {
        yield* until("the late one has the book", () => late.events.some((event) => event.type === "quote"))
        assert.strictEqual(late.book.hash(), early.book.hash())
      }
      yield* push(change(90, 5))
      for (const late of others)
        yield* until("it follows", () => late.book.hash() === early.book.hash() && late.book.lotsAt("buy", 90) === 5)
      assert.deepStrictEqual([(yield* client.Status()).subscribers, venueReaders()], [1, 1])
    })
  )

  it.effect("delivers every sequence number once and in order, bars of the clock among them", () =>
    Effect.gen(function* () {
      const { hub, push } = yield* startFloor
      const { events } = yield* listen(hub)
      yield* push(snapshot(100))
      const trade: VenueEvent = { type: "trade", ...at(), priceTicks: 100, lots: 1, aggressor: "buy", venueTradeId: 1 }
      yield* push(trade)
      yield* Effect.repeat(push(quote(100)), { times: 400 })
      yield* until("a bar has closed", () => events.some((event) => event.type === "bar"))
      yield* Effect.repeat(push(quote(101)), { times: 50 })
      yield* until("all has come", () => events.filter((event) => event.type === "quote").length === 452)
      const seqs = events.map((event) => event.seq)
      const first = seqs.findIndex((seq, index) => index > 0 && seq === seqs[index - 1]! + 1)
      for (let index = first; index < seqs.length; index++) assert.strictEqual(seqs[index], seqs[index - 1]! + 1)
    })
  )

  it.effect("hears the same through its door as a node elsewhere by the stream", () =>
    Effect.gen(function* () {
      const { client, hub, push } = yield* startFloor
      const { events } = yield* listen(hub)
      yield* push(snapshot(100), quote(100))
      yield* until("the floor is up", () => events.some((event) => event.type === "quote"))
      const elsewhere: Array<MarketEvent> = []
      yield* client.Events({ node: "two", door: "of another process" }).pipe(
        Stream.runForEach((bytes) => Effect.sync(() => elsewhere.push(...unpack(id, bytes)))),
        Effect.forkScoped
      )
      yield* until("it has begun", () => elsewhere.length === 2)
      yield* push(change(99, 5), quote(101))
      yield* push(gap(false))
      yield* push(gap(true), snapshot(200), quote(200))
      yield* until("all has come", () => elsewhere.length === 8)
      assert.deepStrictEqual(events.slice(-6), elsewhere.slice(2))
      assert.strictEqual((yield* client.Status()).subscribers, 2)
    })
  )

  it.effect("voids what stood and begins anew should its venue's stream break", () =>
    Effect.gen(function* () {
      const { hub, push, venueReaders } = yield* startFloor
      yield* listen(hub)
      yield* push(snapshot(100), quote(100))
      yield* until("the quote is here", () => hub.quote(id)?.bidTicks === 100)
      yield* push()
      yield* until("the quote is void", () => hub.quote(id) === undefined)
      yield* until("the venue is read again", () => venueReaders() === 2)
      yield* push(gap(true), snapshot(200), quote(200))
      yield* until("the new quote is here", () => hub.quote(id)?.bidTicks === 200)
    })
  )

  it.effect("has no quote after a gap until the feed sends one anew", () =>
    Effect.gen(function* () {
      const { hub, push } = yield* startFloor
      assert.strictEqual(hub.quote(id), undefined)
      yield* push(snapshot(100), quote(100))
      yield* until("the quote is here", () => hub.quote(id)?.bidTicks === 100)
      yield* push(gap(false))
      yield* until("the quote is forgotten", () => hub.quote(id) === undefined)
      yield* push(gap(true), snapshot(200), quote(200))
      yield* until("the new one is here", () => hub.quote(id)?.bidTicks === 200)
    })
  )

  it.effect("says by its own clock when it last heard that a quote stands, though the feed's clock is another", () =>
    Effect.gen(function* () {
      const { hub, push } = yield* startFloor
      const { events } = yield* listen(hub)
      const startedUs = now()
      const stamp = startedUs - 10_000_000
      yield* push(snapshot(100), quote(100, { timeVenue: stamp, timeReceived: stamp }))
      yield* until("the quote is here", () => hub.quote(id)?.bidTicks === 100)
      const heardUs = hub.quote(id)!.timeReceived
      assert.isAtLeast(heardUs, startedUs)
      assert.isAtMost(heardUs, now())
      // The market stands still; that the feed lives is enough.
      yield* until("it is confirmed", () => hub.quote(id)!.timeReceived > heardUs + 1_000_000)
      assert.isAtMost(hub.quote(id)!.timeReceived, now())
      assert.deepStrictEqual(
        events.filter((event) => event.type === "quote").map(({ timeReceived }) => timeReceived),
        [stamp]
      )
      yield* push(gap(false))
      yield* until("the quote is forgotten", () => hub.quote(id) === undefined)
    })
  )

  it.effect("tells a listener that fell behind what it lost, then gives it the book of the present", () =>
    Effect.gen(function* () {
      const { hub, push } = yield* startFloor
      const prompt = yield* listen(hub)
      yield* push(snapshot(1000), quote(1000))
      yield* until("the floor is up", () => prompt.events.some((event) => event.type === "quote"))
      const scope = yield* Effect.scope
      const pull = yield* Stream.toPull(hub.subscribe(id)).pipe(Scope.provide(scope))
      const opened = yield* pull
      for (let step = 1; step <= 600; step++) {
        yield* push(change(1000 - (step % 50), step))
        if (step % 20 === 0)
          yield* until("it is through", () => prompt.events.filter((event) => event.type === "delta").length >= step)
      }
      const rest: Array<MarketEvent> = []
      while (!rest.some((event) => event.type === "gap" && event.resumed))
        for (const chunk of yield* pull) rest.push(...chunk)
      const lost = rest.findIndex((event) => event.type === "gap" && event.reason === "overrun" && !event.resumed)
      assert.isAtLeast(lost, 0)
      // What it was given before the cut is bounded, and what follows stands for all that was left out.
      assert.isBelow(lost, 300)
      const book = new OrderBook()
      for (const chunk of opened) for (const event of chunk) if (event.type === "delta") book.apply(event)
      for (const event of rest) if (event.type === "delta") book.apply(event)
      yield* until(
        "the prompt one has all",
        () => prompt.events.filter((event) => event.type === "delta").length === 601
      )
      assert.strictEqual(book.hash(), prompt.book.hash())
    })
  )
})

layer(Layer.empty, { excludeTestServices: true, timeout: 120_000 })("a feed that starts anew", (it) => {
  it.effect("bears a higher epoch and begins again at one", () =>
    Effect.gen(function* () {
      let epoch = 0
      const statuses: Array<readonly [number, number]> = []
      for (let owner = 0; owner < 2; owner++) {
        const scope = yield* Scope.make()
        const session = {
          subscribe: () => Stream.concat(Stream.succeed([snapshot(100)]), Stream.never),
          instruments: Effect.succeed([btcUsdt]),
          clockOffset: Effect.succeed({ offsetUs: 0, errorUs: 0 })
        }
        const services = yield* Layer.buildWithScope(
          FeedActor.layer.pipe(
            Layer.provide([
              Layer.succeed(
                FeedActor.FeedHost,
                FeedActor.FeedHost.of({ node: `n${owner}`, raiseEpoch: () => Effect.sync(() => ++epoch) })
              ),
              Layer.succeed(MarketData, MarketData.of({ session: () => Effect.succeed(session) })),
              SpanRecorder.layerNoop
            ]),
            Layer.provideMerge(TestRunner.layer)
          ),
          scope
        )
        const client = (yield* Feed.client.pipe(Effect.provideContext(services)))(id)
        const status = yield* client.Status().pipe(Effect.repeat({ until: ({ condition }) => condition === "live" }))
        statuses.push([status.feedEpoch, status.seq])
        yield* Scope.close(scope, Exit.void)
      }
      assert.deepStrictEqual(statuses, [
        [1, 1],
        [2, 1]
      ])
    })
  )
})
