/** One node of a floor: the database, the venues, the cluster and the actors on it, wired by what the floor configures. */
import * as AccountActor from "@outcry/actor-account/Actor"
import { AccountHost } from "@outcry/actor-account/AccountHost"
import * as FeedActor from "@outcry/actor-feed/Actor"
import { FeedHost } from "@outcry/actor-feed/Actor"
import { FeedHub } from "@outcry/actor-feed/FeedHub"
import * as StrategyActor from "@outcry/actor-strategy/Actor"
import { StrategyHost, type StrategySettings, UnknownInstrument } from "@outcry/actor-strategy/StrategyHost"
import { clusterPruning } from "@outcry/store/ClusterPruning"
import { Database } from "@outcry/store/Database"
import { raiseFeedEpoch } from "@outcry/store/FeedEpoch"
import { type Installation, openInstallation } from "@outcry/store/Installation"
import { Journal } from "@outcry/store/Journal"
import { layerMigrations } from "@outcry/store/Migrations"
import { WireLog } from "@outcry/store/WireLog"
import * as ExecutionPool from "@outcry/venue/ExecutionPool"
import { MarketData } from "@outcry/venue/MarketData"
import * as MarketDataPool from "@outcry/venue/MarketDataPool"
import { VenueGates } from "@outcry/venue/VenueGates"
import { Context, Effect, Layer, Redacted, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import type { FloorConfig, NodeConfig } from "../FloorConfig.ts"
import * as ClusterNetwork from "./ClusterNetwork.ts"
import * as Keeper from "./Keeper.ts"
import * as SharedRates from "./SharedRates.ts"
import { makeStrategyLocks } from "./StrategyLocks.ts"
import * as StrategyModules from "./StrategyModules.ts"

const database = (floor: FloorConfig, node: NodeConfig) => {
  const connection = Database.layer({
    url: Redacted.make(floor.databaseUrl),
    applicationName: `outcry ${node.name}`,
    poolSize: 10
  })
  return Journal.layer().pipe(Layer.provideMerge(layerMigrations.pipe(Layer.provideMerge(connection))))
}

/** What reaches the venues, and the gates that all of it passes. */
const venues = (floor: FloorConfig) =>
  Layer.merge(
    MarketDataPool.layer({ venues: floor.venues }),
    ExecutionPool.layer({
      venues: floor.venues,
      accounts: floor.accounts.map(({ apiKey, name, secret, venue }) => ({ account: name, venue, apiKey, secret }))
    })
  ).pipe(Layer.provideMerge(VenueGates.layer({ venues: floor.venues })), Layer.provide(SharedRates.layer))

const feedHost = (node: NodeConfig) =>
  Layer.effect(
    FeedHost,
    Effect.map(SqlClient.SqlClient, (sql) =>
      FeedHost.of({
        node: node.name,
        raiseEpoch: (instrument) =>
          raiseFeedEpoch(instrument).pipe(
            Effect.provideService(SqlClient.SqlClient, sql),
            Effect.retry(Schedule.spaced("500 millis")),
            Effect.orDie
          )
      })
    )
  )

/** What the database says this installation is; a node that does not agree with it must not join the cluster. */
class Installed extends Context.Service<Installed, Installation>()("@outcry/runtime/Installed") {
  static readonly layer = (floor: FloorConfig) =>
    Layer.effect(Installed, openInstallation({ shardCount: floor.shards }))
}

const accountHost = (floor: FloorConfig, node: NodeConfig) =>
  Layer.effect(
    AccountHost,
    Effect.gen(function* () {
      const { journalId } = yield* Installed
      const hub = yield* FeedHub
      return AccountHost.of({
        node: node.name,
        journalId,
        orderExpiryUs: floor.orderExpiryMs * 1000,
        snapshotEvery: 1000,
        settings: (account) => {
          const found = floor.accounts.find(({ name }) => name === account)
          if (found === undefined) return undefined
          const instruments = floor.instruments.filter((id) => id.startsWith(`${found.venue}:`))
          return { venue: found.venue, limits: found.limits, instruments }
        },
        mark: (instrument) => hub.quote(instrument)
      })
    })
  )

const strategyHost = (floor: FloorConfig, node: NodeConfig) =>
  Layer.effect(
    StrategyHost,
    Effect.gen(function* () {
      const hub = yield* FeedHub
      const data = yield* MarketData
      const settings = new Map<string, StrategySettings>()
      for (const { account, module, name, parameters } of floor.strategies)
        settings.set(name, { definition: yield* StrategyModules.load(module), parameters, account })
      return StrategyHost.of({
        node: node.name,
        locks: yield* makeStrategyLocks,
        snapshotEveryUs: 5_000_000,
        settings: (strategy) => settings.get(strategy),
        instrument: (id) =>
          data.session(id.slice(0, id.indexOf(":"))).pipe(
            Effect.flatMap((session) => session.instruments),
            Effect.map((all) => all.find((instrument) => instrument.id === id && floor.instruments.includes(id))),
            Effect.catch(() => Effect.undefined),
            Effect.flatMap((found) =>
              found === undefined ? Effect.fail(new UnknownInstrument(id, floor.instruments)) : Effect.succeed(found)
            )
          ),
        subscribe: hub.subscribe,
        recentBars: hub.recentBars,
        recordTick: hub.recordTick
      })
    })
  )

const pruning = Layer.effectDiscard(clusterPruning())

/** Runs the node's actors and provides what the gateway needs: the cluster, the feeds' hub and the database. */
export const layer = (floor: FloorConfig, node: NodeConfig) => {
  const cluster = Layer.unwrap(
    Effect.map(Installed, ({ shardCount }) =>
      ClusterNetwork.layer({
        host: node.clusterHost,
        port: node.clusterPort,
        shards: shardCount,
        shardLockExpirationMs: floor.shardLockExpirationMs
      })
    )
  )
  const actors = Layer.mergeAll(FeedActor.layer, AccountActor.layer, StrategyActor.layer).pipe(
    Layer.provide([feedHost(node), accountHost(floor, node), strategyHost(floor, node), WireLog.layer()])
  )
  return Layer.mergeAll(Keeper.layer(floor), pruning).pipe(
    Layer.provide(actors),
    Layer.provideMerge(FeedHub.layer(node.name)),
    Layer.provideMerge(cluster),
    Layer.provide(Installed.layer(floor)),
    Layer.provideMerge(venues(floor)),
    Layer.provideMerge(database(floor, node))
  )
}
