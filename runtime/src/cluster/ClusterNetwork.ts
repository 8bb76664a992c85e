/**
 * The cluster of a floor: Effect's sharding over sockets with TCP_NODELAY, Postgres advisory locks for ownership, a quick
 * ping and a watch of every node over its peers, so that a dead node is found by whoever is left and not after its locks
 * expire. Lock expiry bounds only frozen and vanished nodes.
 */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import { Duration, Effect, Layer, Option } from "effect"
import {
  RunnerAddress,
  Runners,
  ShardingConfig,
  SocketRunner,
  SqlMessageStorage,
  SqlRunnerStorage
} from "effect/cluster"
import { RpcClient, RpcSerialization } from "effect/rpc"
import { Socket } from "effect/socket"
import * as ClusterSocket from "./ClusterSocket.ts"
import * as PeerWatch from "./PeerWatch.ts"
import * as ShardLocks from "./ShardLocks.ts"

export interface ClusterOptions {
  readonly host: string
  readonly port: number
  readonly shards: number
  readonly shardLockExpirationMs: number
}

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
    return ClusterSocket.layer({ host: address.host, port: address.port })
  })
)

export const shardingConfig = (options: ClusterOptions): Partial<ShardingConfig.ShardingConfig["Service"]> => ({
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
  // A zombie's handlers must not go on with side effects: with the time to notice, accounts end within half a second.
  entityTerminationTimeout: Duration.millis(200),
  entityMaxIdleTime: Duration.infinity,
  maxResidentEntities: 200_000,
  simulateRemoteSerialization: false
})

/** A node of the cluster; needs the database. */
export const layer = (options: ClusterOptions) => {
  const config = shardingConfig(options)
  return PeerWatch.layer(Option.getOrThrow(config.runnerAddress!)).pipe(
    Layer.provideMerge(SocketRunner.layer),
    Layer.provide([socketServer, clientProtocol]),
    Layer.provide(PeerWatch.health.pipe(Layer.provide(Runners.layerRpc), Layer.provide(clientProtocol))),
    Layer.provideMerge(SqlMessageStorage.layer.pipe(Layer.provide(NodeCrypto.layerDigest))),
    Layer.provideMerge(ShardLocks.layer(Layer.orDie(SqlRunnerStorage.layer))),
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
