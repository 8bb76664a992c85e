/** One node of a floor: the database, the venues, the cluster and the actors on it, wired by what the floor configures. */
import * as AccountActor from "@outcry/actor-account/Actor"
import { AccountHost } from "@outcry/actor-account/AccountHost"
import * as FeedActor from "@outcry/actor-feed/Actor"
import { FeedHost } from "@outcry/actor-feed/Actor"
import { FeedHub } from "@outcry/actor-feed/FeedHub"
import * as StrategyActor from "@outcry/actor-strategy/Actor"
import * as StudyActor from "@outcry/actor-study/Actor"
import { StrategyHost, type StrategySettings, UnknownInstrument } from "@outcry/actor-strategy/StrategyHost"
import { LockStep } from "@outcry/lockstep/LockStep"
import { patienceMs } from "@outcry/lockstep/Patience"
import { clusterPruning } from "@outcry/store/ClusterPruning"
import { Database } from "@outcry/store/Database"
import { raiseFeedEpoch } from "@outcry/store/FeedEpoch"
import { type Installation, openInstallation } from "@outcry/store/Installation"
import { Journal } from "@outcry/store/Journal"
import { layerMigrations } from "@outcry/store/Migrations"
import { WireLog } from "@outcry/store/WireLog"
import * as CcxtUserStream from "@outcry/venue/ccxt/UserStream"
import * as ExecutionPool from "@outcry/venue/ExecutionPool"
import { MarketData } from "@outcry/venue/MarketData"
import * as MarketDataPool from "@outcry/venue/MarketDataPool"
import { VenueGates } from "@outcry/venue/VenueGates"
import { Context, Effect, Layer, Redacted, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import type { FloorConfig, NodeConfig } from "../FloorConfig.ts"
import * as StudyHosting from "../research/StudyHosting.ts"
import * as StudyWorkers from "../research/StudyWorkers.ts"
import { lead } from "../lockstep/Leader.ts"
import { openStepLink } from "../lockstep/StepLink.ts"
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
const venues = (floor: FloorConfig, lockStep: LockStep | undefined) =>
  Layer.merge(
    MarketDataPool.layer({
      venues: floor.venues,
      // A market that stands still is no stale stream.
      ...(lockStep === undefined
        ? {}
        : { session: { lockStep, freshnessMs: Number.MAX_SAFE_INTEGER, silenceMs: patienceMs } })
    }),
    ExecutionPool.layer({
      venues: floor.venues,
      accounts: floor.accounts.map(({ apiKey, name, secret, venue }) => ({ account: name, venue, apiKey, secret })),
      ...(lockStep === undefined
        ? {}
        : {
            session: {
              replyMs: patienceMs,
              userStream: {
                ...CcxtUserStream.defaultOptions,
                silenceMs: patienceMs,
                reportMs: 10 * patienceMs,
                lockStep
              }
            }
          })
    })
  ).pipe(Layer.provideMerge(VenueGates.layer({ venues: floor.venues })), Layer.provide(SharedRates.layer))

const feedHost = (node: NodeConfig, lockStep: LockStep | undefined) =>
  Layer.effect(
    FeedHost,
    Effect.map(SqlClient.SqlClient, (sql) =>
      FeedHost.of({
        node: node.name,
        ...(lockStep === undefined ? {} : { lockStep }),
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

const accountHost = (floor: FloorConfig, node: NodeConfig, lockStep: LockStep | undefined) =>
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
        ...(lockStep === undefined ? {} : { lockStep }),
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

const strategyHost = (floor: FloorConfig, node: NodeConfig, lockStep: LockStep | undefined) =>
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
        ...(lockStep === undefined ? {} : { lockStep }),
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

/** Leads the exchange of the floor; undefined in normal running. */
const led = Effect.fnUntraced(function* (floor: FloorConfig) {
  const venue = floor.venues[0]
  if (floor.lockStep !== true || venue === undefined) return undefined
  const link = yield* openStepLink(venue.wsUrl)
  const lockStep = new LockStep(link.timeUs)
  if (link.step > 0) lockStep.spoil("the node had to start anew")
  const wanted = [
    ...floor.instruments.map((id) => `feed ${id}`),
    ...floor.accounts.map(({ name }) => `account ${name}`),
    ...floor.strategies.map(({ name }) => `strategy ${name}`)
  ]
  yield* Effect.forkScoped(lead(lockStep, link, wanted))
  return lockStep
})

/** Studies compete with trading for the cores: a node has them only where it is told to. */
const studies = (floor: FloorConfig, node: NodeConfig) => {
  const threads = floor.studyThreads ?? 0
  if (threads === 0) return Layer.empty
  return StudyWorkers.layer({ node: node.name, threads }).pipe(
    Layer.provide(StudyActor.layer.pipe(Layer.provide(StudyHosting.layer(node.name))))
  )
}

/** Runs the node's actors and provides what the gateway needs: the cluster, the feeds' hub and the database. */
export const layer = (floor: FloorConfig, node: NodeConfig) =>
  Layer.unwrap(Effect.map(led(floor), (lockStep) => nodeLayer(floor, node, lockStep)))

const nodeLayer = (floor: FloorConfig, node: NodeConfig, lockStep: LockStep | undefined) => {
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
    Layer.provide([
      feedHost(node, lockStep),
      accountHost(floor, node, lockStep),
      strategyHost(floor, node, lockStep),
      WireLog.layer()
    ])
  )
  return Layer.mergeAll(Keeper.layer(floor), pruning, studies(floor, node)).pipe(
    Layer.provide(actors),
    Layer.provideMerge(FeedHub.layer(node.name, lockStep)),
    Layer.provideMerge(cluster),
    Layer.provide(Installed.layer(floor)),
    Layer.provideMerge(venues(floor, lockStep)),
    Layer.provideMerge(database(floor, node))
  )
}
