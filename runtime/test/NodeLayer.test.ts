/** One node of a floor in this process: the keeper wakes what is configured, and what does not fit refuses to start. */
import { assert, layer } from "@effect/vitest"
import { Account } from "@outcry/actor-account/Protocol"
import { Feed } from "@outcry/actor-feed/Protocol"
import { Strategy } from "@outcry/actor-strategy/Protocol"
import * as Limits from "@outcry/model/Limits"
import { SpanRecorder } from "@outcry/telemetry/SpanRecorder"
import * as TestJournal from "@outcry/testkit/TestJournal"
import { credentials, startExchange } from "@outcry/testkit/ExchangeProcess"
import { Effect, Exit, Layer, Redacted } from "effect"
import { fileURLToPath } from "node:url"
import * as NodeLayer from "../src/cluster/NodeLayer.ts"
import type { FloorConfig } from "../src/FloorConfig.ts"
import { freePorts } from "../src/floor/FreePort.ts"

const floorOf = Effect.fnUntraced(function* (over: Partial<FloorConfig> = {}) {
  const { url } = yield* TestJournal.TestServer
  const { address } = yield* startExchange(["paper"])
  const floor: FloorConfig = {
    shards: 12,
    databaseUrl: Redacted.value(url),
    venues: [address],
    accounts: [
      {
        name: "paper",
        venue: "sim",
        apiKey: credentials("paper").apiKey,
        secret: credentials("paper").secret,
        limits: Limits.defaults
      }
    ],
    strategies: [
      {
        name: "maker",
        module: fileURLToPath(new URL("../../examples/02-market-maker.ts", import.meta.url)),
        account: "paper",
        parameters: {}
      }
    ],
    instruments: ["sim:BTC/USDT", "sim:ETH/USDT"],
    orderExpiryMs: 2_500,
    token: "t",
    otlpEndpoints: [],
    shardLockExpirationMs: 3_000,
    ...over
  }
  const node = {
    name: "node-1",
    clusterHost: "127.0.0.1",
    clusterPort: (yield* freePorts(1))[0]!,
    httpHost: "127.0.0.1",
    httpPort: 1
  }
  return NodeLayer.layer(floor, node).pipe(Layer.provide(SpanRecorder.layerNoop))
})

const until = <A, E, R>(what: string, look: Effect.Effect<A | false, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(look, (answer) =>
    answer === false ? Effect.andThen(Effect.sleep("20 millis"), until(what, look)) : Effect.succeed(answer)
  ).pipe(
    Effect.timeoutOrElse({
      duration: "90 seconds",
      orElse: () => Effect.die(new Error(`waited in vain until ${what}`))
    })
  )

layer(TestJournal.layer, { excludeTestServices: true, timeout: 120_000 })("a node", (it) => {
  it.effect("wakes its feeds, accounts and strategies by itself, and they trade", () =>
    Effect.gen(function* () {
      const services = yield* Layer.build(yield* floorOf())
      yield* Effect.gen(function* () {
        const account = (yield* Account.client)("paper")
        const strategy = (yield* Strategy.client)("maker")
        const feed = (yield* Feed.client)("sim:ETH/USDT")
        yield* until(
          "the maker has a fill",
          Effect.map(account.Status({}), (status) =>
            status.positions.some((row) => row.strategy === "maker" && row.fills > 0)
          )
        )
        assert.strictEqual((yield* strategy.Status()).condition, "running")
        yield* until(
          "its feed is live and read by the node's hub alone",
          Effect.map(
            feed.Status(),
            ({ condition, feedEpoch, subscribers }) => condition === "live" && feedEpoch === 1 && subscribers === 1
          )
        )
        assert.deepStrictEqual(
          [(yield* account.Status({})).differences, (yield* account.Status({})).node],
          [0, "node-1"]
        )
      }).pipe(Effect.provideContext(services))
    })
  )

  for (const [what, over, expected] of [
    [
      "another number of shards than the database was set up with",
      { shards: 13 },
      /set up with 12 shards and this node is configured for 13/
    ],
    [
      "a strategy whose module is not there",
      { strategies: [{ name: "x", module: "/nowhere/x.ts", account: "paper", parameters: {} }] },
      /there is no such file/
    ]
  ] as const)
    it.effect(`refuses to start with ${what}, and says so`, () =>
      Effect.gen(function* () {
        const exit = yield* Effect.exit(Effect.scoped(Layer.build(yield* floorOf(over))))
        assert.match(Exit.isFailure(exit) ? String(exit.cause) : "started", expected)
      })
    )
})
