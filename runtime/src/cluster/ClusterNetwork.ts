/**
 * The cluster of a floor: Effect's sharding over sockets with TCP_NODELAY, Postgres advisory locks for ownership, a quick
 * ping and a watch of every node over its peers, so that a dead node is found by whoever is left and not after its locks
 * expire. Lock expiry bounds only frozen and vanished nodes.
 */
import { NodeCrypto, NodeSocket, NodeSocketServer } from "@effect/platform-node"
import { Duration, Effect, Equal, Layer, Option, Schedule } from "effect"
import {
  RunnerAddress,
  RunnerHealth,
  Runners,
  RunnerStorage,
  ShardingConfig,
  SocketRunner,
  SqlMessageStorage,
  SqlRunnerStorage
} from "effect/cluster"
import { RpcClient, RpcSerialization } from "effect/rpc"
import { Socket } from "effect/socket"

export interface ClusterOptions {
  readonly host: string
  readonly port: number
  readonly shards: number
  readonly shardLockExpirationMs: number
}

const pingTimeout = Duration.millis(750)
/** Further pings before a peer is called dead: one lost packet or a pause of the collector is no death. */
const pingRetries = 2
const watchEvery = Duration.millis(400)

/** The stock transport leaves Nagle's algorithm on, which stalls every small reply. */
const clientProtocol = Layer.effect(
  Runners.RpcClientProtocol,
  Effect.gen(function* () {
    const serialization = yield* RpcSerialization.RpcSerialization
    return {
      codecFor: serialization.codecFor,
      make: Effect.fnUntraced(function* (address: RunnerAddress.RunnerAddress) {
        const socket = yield* NodeSocket.makeNet({
          openTimeout: 1000,
          timeout: 5500,
          host: address.host,
          port: address.port,
          noDelay: true
        })
        return yield* RpcClient.makeProtocolSocket().pipe(
          Effect.provideService(Socket.Socket, socket),
          Effect.provideService(RpcSerialization.RpcSerialization, serialization)
        )
      }, Effect.orDie)
    }
  })
)

const socketServer = Layer.unwrap(
  Effect.gen(function* () {
    const config = yield* ShardingConfig.ShardingConfig
    const address = Option.getOrThrow(Option.orElse(config.runnerListenAddress, () => config.runnerAddress))
    return NodeSocketServer.layer({ host: address.host, port: address.port, noDelay: true })
  })
)

const isAlive = (runners: Runners.Runners["Service"], address: RunnerAddress.RunnerAddress): Effect.Effect<boolean> =>
  runners.ping(address).pipe(Effect.timeout(pingTimeout), Effect.retry({ times: pingRetries }), Effect.isSuccess)

/** Faster than the stock health check, which gives up after a minute. */
const health = Layer.effect(
  RunnerHealth.RunnerHealth,
  Effect.map(Runners.Runners, (runners) =>
    RunnerHealth.RunnerHealth.of({ isAlive: (address) => isAlive(runners, address) })
  )
)

/** The stock check runs on one node only; if that one dies, detection would wait for its lock. So all watch all. */
const peerWatch = (self: RunnerAddress.RunnerAddress) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const storage = yield* RunnerStorage.RunnerStorage
      const runners = yield* Runners.Runners
      yield* Effect.gen(function* () {
        const known = yield* storage.getRunners
        const peers = known.filter(([runner, healthy]) => healthy && !Equal.equals(runner.address, self))
        yield* Effect.forEach(
          peers,
          ([runner]) =>
            Effect.flatMap(isAlive(runners, runner.address), (alive) =>
              alive
                ? Effect.void
                : Effect.andThen(
                    Effect.logWarning(
                      `node at ${runner.address.host}:${runner.address.port} does not answer: its shards move`
                    ),
                    storage.setRunnerHealth(runner.address, false)
                  )
            ),
          { concurrency: 8, discard: true }
        )
      }).pipe(
        Effect.catchCause((cause) => Effect.logDebug("peer watch interrupted", cause)),
        Effect.repeat(Schedule.spaced(watchEvery)),
        Effect.forkScoped
      )
    })
  )

const shardingConfig = (options: ClusterOptions): Partial<ShardingConfig.ShardingConfig["Service"]> => ({
  runnerAddress: Option.some(RunnerAddress.make(options.host, options.port)),
  shardsPerGroup: options.shards,
  shardLockExpiration: Duration.millis(options.shardLockExpirationMs),
  shardLockRefreshInterval: Duration.millis(Math.min(1000, options.shardLockExpirationMs / 4)),
  refreshAssignmentsInterval: Duration.millis(500),
  runnerHealthCheckInterval: Duration.seconds(1),
  runnerJoinDebounce: Duration.millis(200),
  entityMessagePollInterval: Duration.seconds(2),
  entityReplyPollInterval: Duration.millis(500),
  sendRetryInterval: Duration.millis(50),
  // A zombie's handlers must not go on with side effects: accounts end within half a second.
  entityTerminationTimeout: Duration.millis(300),
  entityMaxIdleTime: Duration.infinity,
  maxResidentEntities: 200_000,
  simulateRemoteSerialization: false
})

/** A node of the cluster; needs the database. */
export const layer = (options: ClusterOptions) => {
  const config = shardingConfig(options)
  return peerWatch(Option.getOrThrow(config.runnerAddress!)).pipe(
    Layer.provideMerge(SocketRunner.layer),
    Layer.provide([socketServer, clientProtocol]),
    Layer.provide(health.pipe(Layer.provide(Runners.layerRpc), Layer.provide(clientProtocol))),
    Layer.provideMerge(SqlMessageStorage.layer.pipe(Layer.provide(NodeCrypto.layerDigest))),
    Layer.provideMerge(Layer.orDie(SqlRunnerStorage.layer)),
    Layer.provide(ShardingConfig.layer(config)),
    Layer.provide(RpcSerialization.layerSchemaBinary())
  )
}

export interface ClientOptions {
  readonly shards: number
  /** How often it looks which nodes there are, ms: the least time in which it notices a move. */
  readonly refreshMs: number
}

/** Talks to the actors of a cluster without hosting any; needs the database, from which it learns where they are. */
export const layerClient = ({ refreshMs, shards }: ClientOptions) =>
  SocketRunner.layerClientOnly.pipe(
    Layer.provide(clientProtocol),
    Layer.provideMerge(SqlMessageStorage.layer.pipe(Layer.provide(NodeCrypto.layerDigest))),
    Layer.provideMerge(Layer.orDie(SqlRunnerStorage.layer)),
    Layer.provide(
      ShardingConfig.layer({
        runnerAddress: Option.none(),
        shardsPerGroup: shards,
        refreshAssignmentsInterval: Duration.millis(refreshMs),
        sendRetryInterval: Duration.millis(50),
        simulateRemoteSerialization: false
      })
    ),
    Layer.provide(RpcSerialization.layerSchemaBinary())
  )
