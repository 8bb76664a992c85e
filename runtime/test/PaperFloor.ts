/**
 * A floor of actors in memory for tests of the gateway: the real protocols served by handlers over one account of the
 * testkit, a feed hub that publishes what the test says, and the real gateway on a free port.
 */
import { status as accountStatus } from "@outcry/actor-account/AccountView"
import { Account, type AccountStatus, Refused } from "@outcry/actor-account/Protocol"
import type { Fact } from "@outcry/actor-account/Protocol"
import { FeedHub } from "@outcry/actor-feed/FeedHub"
import { Feed, FeedStatus } from "@outcry/actor-feed/Protocol"
import { Strategy, StrategyStatus } from "@outcry/actor-strategy/Protocol"
import * as AccountEventCodec from "@outcry/model/AccountEventCodec"
import { versionKey } from "@outcry/model/AccountState"
import * as Limits from "@outcry/model/Limits"
import type { MarketEvent, Quote } from "@outcry/model/MarketData"
import { AccountFixture } from "@outcry/testkit/AccountFixture"
import { btcUsdt } from "@outcry/testkit/Instruments"
import { MarketData } from "@outcry/venue/MarketData"
import { Effect, Layer, PubSub, Stream } from "effect"
import { TestRunner } from "effect/cluster"
import { Reactivity } from "effect/reactivity"
import { SqlClient, type SqlConnection, SqlError, Statement } from "effect/sql"
import { defaults, type FloorConfig, type NodeConfig } from "../src/FloorConfig.ts"
import { Channels } from "../src/gateway/Channels.ts"
import { Gateway } from "../src/gateway/Gateway.ts"

export const token = "a-token-of-the-test"
export const account = "alpha"

export const floor: FloorConfig = {
  shards: defaults.shards,
  databaseUrl: "",
  venues: [],
  accounts: [{ name: account, venue: "sim", apiKey: "", secret: "", limits: Limits.defaults }],
  strategies: [{ name: "maker", module: "maker.ts", account, parameters: {} }],
  instruments: [btcUsdt.id],
  orderExpiryMs: defaults.orderExpiryMs,
  token,
  otlpEndpoints: [],
  shardLockExpirationMs: defaults.shardLockExpirationMs
}

export const node: NodeConfig = {
  name: "node-1",
  clusterHost: "127.0.0.1",
  clusterPort: 1,
  httpHost: "127.0.0.1",
  httpPort: 0
}

/** What the test holds of the floor. */
export class PaperFloor {
  readonly fixture = new AccountFixture()
  readonly paused = new Set<string>()
  cancelled = 0
  /** What the accounts were asked to do, oldest first. */
  readonly asked: Array<Readonly<Record<string, unknown>>> = []
  /** Whether each status that an account was asked for was to be hashed. */
  readonly hashed: Array<boolean> = []
  /** Whether the strategies answer. */
  strategiesUp = true
  databaseUp = true
  quote: Quote | undefined
  readonly #facts: PubSub.PubSub<ReadonlyArray<Fact>>
  readonly #market: PubSub.PubSub<ReadonlyArray<MarketEvent>>
  #published = 0
  #seq = 0

  private constructor(facts: PubSub.PubSub<ReadonlyArray<Fact>>, market: PubSub.PubSub<ReadonlyArray<MarketEvent>>) {
    this.#facts = facts
    this.#market = market
  }

  static readonly make = Effect.gen(function* () {
    const facts = yield* PubSub.bounded<ReadonlyArray<Fact>>(1024)
    return new PaperFloor(facts, yield* PubSub.bounded<ReadonlyArray<MarketEvent>>(1024))
  })

  /** The journal so far, as the account hands it out. */
  facts(): ReadonlyArray<Fact> {
    return this.fixture.events.map((event, index) => ({
      seq: index + 1,
      type: event.type,
      version: AccountEventCodec.versions[event.type],
      timeUs: this.fixture.now,
      payload: JSON.parse(
        JSON.stringify(
          AccountEventCodec.encode(event, (id, version) => this.fixture.state.versions.get(versionKey(id, version)))
        )
      )
    }))
  }

  /** Sends what came into the journal since the last call to whoever watches. */
  get commit(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const fresh = this.facts().slice(this.#published)
      this.#published += fresh.length
      return Effect.asVoid(PubSub.publish(this.#facts, fresh))
    })
  }

  /** A quote of BTC/USDT, in ticks. */
  publishQuote(bidTicks: number, askTicks: number): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#seq += 1
      const at = { instrument: btcUsdt.id, feedEpoch: 1, seq: this.#seq, timeVenue: this.#seq, timeReceived: this.#seq }
      this.quote = { type: "quote", ...at, bidTicks, bidLots: 1_000, askTicks, askLots: 2_000 }
      return Effect.asVoid(PubSub.publish(this.#market, [this.quote]))
    })
  }

  #status(hashed: boolean): AccountStatus {
    this.hashed.push(hashed)
    const where = { venue: "sim", node: node.name, epoch: 1, condition: "ready" as const }
    return accountStatus(
      this.fixture.state,
      where,
      () => undefined,
      ({ timeIntent }) => timeIntent,
      hashed
    )
  }

  readonly #strategyStatus = (): StrategyStatus =>
    new StrategyStatus({
      strategy: "maker",
      definition: "maker",
      version: 1,
      account,
      node: node.name,
      condition: this.paused.has("maker") ? "paused" : "running",
      detail: "",
      parameters: {},
      feeds: [btcUsdt.id],
      events: [],
      warmupBarsLeft: 0,
      signals: [],
      intents: 0,
      refused: [],
      orders: 0,
      fills: 0,
      errors: 0,
      restarts: 0,
      lastError: ""
    })

  /** The whole floor with its gateway; the port is the service's. */
  get layer() {
    const stream = <A>(hub: PubSub.PubSub<A>, first: () => A): Stream.Stream<A> =>
      Stream.unwrap(
        Effect.map(PubSub.subscribe(hub), (subscription) =>
          Stream.concat(Stream.sync(first), Stream.fromSubscription(subscription))
        )
      )
    const accounts = Account.toLayer(
      {
        Submit: () => Effect.succeed([]),
        Cancel: ({ payload }) =>
          Effect.sync(() => {
            this.asked.push({ rpc: "Cancel", ...payload })
            return ++this.cancelled
          }),
        ClosePositions: ({ payload }) =>
          Effect.sync(() => {
            this.asked.push({ rpc: "ClosePositions", ...payload })
            return { canceled: 1, closing: [], left: ["0.00001 BTC is less than can be sold"] }
          }),
        Resolve: ({ payload }) =>
          Effect.gen({ self: this }, function* () {
            this.asked.push({ rpc: "Resolve", ...payload })
            if (payload.price === "0.001")
              return yield* new Refused({ account, field: "price", reason: "is no multiple of the tick" })
            return { status: payload.as, filledQuantity: "0" }
          }),
        AdjustBalance: ({ payload }) =>
          Effect.sync(() => {
            this.asked.push({ rpc: "AdjustBalance", ...payload })
            return { total: payload.amount }
          }),
        SetTradingState: ({ payload }) =>
          Effect.sync(() => void this.asked.push({ rpc: "SetTradingState", ...payload })),
        Join: () =>
          Effect.succeed({
            intentSeq: 0,
            placed: 0,
            fills: 0,
            seq: 0,
            causes: [],
            positions: [],
            openOrders: [],
            endedOrders: []
          }),
        Watch: ({ payload }) =>
          stream(this.#facts, () => this.facts().slice(0, this.#published)).pipe(
            Stream.map((facts) => facts.filter(({ seq }) => seq > payload.afterSeq))
          ),
        Status: ({ payload: { hashed = false } }) => Effect.sync(() => this.#status(hashed))
      },
      { concurrency: "unbounded" }
    )
    const feeds = Feed.toLayer({
      Events: () => Stream.empty,
      RecentBars: () => Effect.succeed(new Uint8Array()),
      RecordTick: () => Effect.void,
      Status: () =>
        Effect.succeed(
          new FeedStatus({
            instrument: btcUsdt.id,
            node: node.name,
            feedEpoch: 1,
            seq: 1,
            condition: "live",
            bid: "",
            ask: "",
            last: "",
            ageMs: 0,
            gaps: 0,
            subscribers: 0,
            clockOffsetMs: 0
          })
        )
    })
    const strategies = Strategy.toLayer({
      Status: () =>
        Effect.suspend(() =>
          this.strategiesUp ? Effect.sync(this.#strategyStatus) : Effect.die(new Error("it is moving"))
        ),
      Control: ({ payload }) =>
        Effect.sync(() => {
          if (payload.action === "pause") this.paused.add("maker")
          return this.#strategyStatus()
        })
    })
    const hub = Layer.succeed(FeedHub, {
      subscribe: () => stream(this.#market, () => (this.quote === undefined ? [] : [this.quote])),
      quote: () => this.quote,
      recentBars: () => Effect.succeed([]),
      recordTick: () => Effect.void
    })
    const data = Layer.succeed(MarketData, {
      session: () =>
        Effect.succeed({
          subscribe: () => Stream.empty,
          instruments: Effect.succeed([btcUsdt]),
          clockOffset: Effect.succeed({ offsetUs: 0, errorUs: 0 })
        })
    })
    const answer = Effect.suspend(() =>
      this.databaseUp
        ? Effect.succeed([])
        : Effect.fail(
            new SqlError.SqlError({ reason: new SqlError.ConnectionError({ cause: new Error("it is down") }) })
          )
    )
    const connection: SqlConnection.Connection = {
      execute: () => answer,
      executeRaw: () => answer,
      executeStream: () => Stream.fromEffect(answer),
      executeValues: () => answer,
      executeValuesUnprepared: () => answer,
      executeUnprepared: () => answer
    }
    const sql = Layer.effect(
      SqlClient.SqlClient,
      SqlClient.make({
        acquirer: Effect.succeed(connection),
        compiler: Statement.makeCompilerSqlite(),
        driver: "test",
        spanAttributes: []
      })
    ).pipe(Layer.provide(Reactivity.layer))
    return Gateway.layer(floor, node).pipe(
      Layer.provide(Channels.layer(floor)),
      Layer.provide([hub, data]),
      Layer.provide(Layer.mergeAll(accounts, feeds, strategies)),
      Layer.provideMerge(TestRunner.layer),
      Layer.provide(sql)
    )
  }
}
