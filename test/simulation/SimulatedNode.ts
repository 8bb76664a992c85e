/**
 * A node of a simulated floor: Effect's sharding with the floor's own settings and the real account actor, over simulated
 * database, venue and network. `PeerWatch` reaches for sockets and SQL, so what it decides is decided here by the same
 * figures: a peer that refuses is dead, and so is one that is silent for three pings.
 */
import * as AccountActor from "@outcry/actor-account/Actor"
import { AccountHost, type AccountSettings } from "@outcry/actor-account/AccountHost"
import { Account } from "@outcry/actor-account/Protocol"
import type { Mark } from "@outcry/model/AccountEvent"
import { shardingConfig } from "@outcry/runtime/cluster/ClusterNetwork"
import { Journal } from "@outcry/store/Journal"
import { SpanRecorder } from "@outcry/telemetry/SpanRecorder"
import type { Database } from "@outcry/testkit/sim/Database"
import type { Machine } from "@outcry/testkit/sim/Machine"
import {
  listen,
  type RunnerTable,
  simulatedRunners,
  simulatedRunnerStorage,
  type Switchboard
} from "@outcry/testkit/sim/SimulatedCluster"
import { linkTo, simulatedJournal } from "@outcry/testkit/sim/SimulatedJournal"
import { venueSession } from "@outcry/testkit/sim/VenueSession"
import type { SimulatedVenue } from "@outcry/testkit/sim/Venue"
import { Execution, type ExecutionSession, UnknownAccount } from "@outcry/venue/Execution"
import { remembering } from "@outcry/runtime/cluster/ShardLocks"
import { Context, Effect, Layer, Option, Schedule } from "effect"
import {
  EntityId,
  MessageStorage,
  RunnerHealth,
  Runners,
  RunnerStorage,
  Sharding,
  ShardingConfig,
  Snowflake
} from "effect/cluster"

export interface Floor {
  readonly database: Database
  readonly venue: SimulatedVenue
  readonly board: Switchboard
  readonly runners: RunnerTable
  readonly nodes: ReadonlyArray<string>
  readonly accounts: ReadonlyArray<string>
  readonly settings: AccountSettings
  readonly orderExpiryUs: number
  readonly snapshotEvery: number
  readonly journalId: string
  readonly lockExpiryMs: number
  /** The latest quote as it reached that node. */
  readonly quote: (machine: Machine, instrument: string) => Mark | undefined
}

const shards = 4
const silentPings = 3

const config = (floor: Floor, machine: Machine, hosts: boolean) => {
  const options = { host: machine.name, port: 1, shards, shardLockExpirationMs: floor.lockExpiryMs }
  return ShardingConfig.layer({
    ...shardingConfig(options),
    ...(hosts ? {} : { runnerAddress: Option.none() })
  })
}

/** A peer whose door is shut, or that does not answer three pings in a row, is dead. */
const health = Layer.effect(
  RunnerHealth.RunnerHealth,
  Effect.map(Runners.Runners, (runners) =>
    RunnerHealth.RunnerHealth.of({
      isAlive: (address) =>
        runners.ping(address).pipe(Effect.timeout(750), Effect.retry({ times: silentPings - 1 }), Effect.isSuccess)
    })
  )
)

const peerWatch = (self: string) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const storage = yield* RunnerStorage.RunnerStorage
      const { isAlive } = yield* RunnerHealth.RunnerHealth
      const look = Effect.gen(function* () {
        for (const [runner, isHealthy] of yield* storage.getRunners)
          if (isHealthy && runner.address.host !== self && !(yield* isAlive(runner.address)))
            yield* storage.setRunnerHealth(runner.address, false)
      })
      yield* Effect.forkScoped(Effect.repeat(Effect.ignoreCause(look), Schedule.spaced(400)))
    })
  )

const execution = (floor: Floor, machine: Machine) => {
  const sessions = new Map<string, ExecutionSession>()
  return Layer.succeed(
    Execution,
    Execution.of({
      session: (account) =>
        Effect.suspend(() => {
          if (!floor.accounts.includes(account)) return Effect.fail(new UnknownAccount(account))
          const known = sessions.get(account) ?? venueSession(floor.venue, floor.board.network, machine, account)
          sessions.set(account, known)
          return Effect.succeed(known)
        })
    })
  )
}

const accountHost = (floor: Floor, machine: Machine) =>
  Layer.succeed(
    AccountHost,
    AccountHost.of({
      node: machine.name,
      journalId: floor.journalId,
      orderExpiryUs: floor.orderExpiryUs,
      snapshotEvery: floor.snapshotEvery,
      settings: (account) => (floor.accounts.includes(account) ? floor.settings : undefined),
      mark: (instrument) => floor.quote(machine, instrument)
    })
  )

const lookEvery = 250
const askEveryMs = 5_000

/** Wakes the accounts of the shards that this node holds, as the floor's keeper does. */
const keeper = (floor: Floor, machine: Machine) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const sharding = yield* Sharding.Sharding
      const client = yield* Account.client
      const awakeMs = new Map<string, number>()
      const look = Effect.gen(function* () {
        for (const account of floor.accounts) {
          const shard = yield* Account.getShardId(EntityId.make(account))
          if (!sharding.hasShardId(shard)) awakeMs.delete(account)
          else if (machine.clockUs / 1000 - (awakeMs.get(account) ?? -Infinity) > askEveryMs) {
            awakeMs.set(account, machine.clockUs / 1000)
            yield* Effect.timeout(client(account).Status({}), 2_000).pipe(
              Effect.tapCause(() => Effect.sync(() => awakeMs.delete(account))),
              Effect.ignoreCause
            )
          }
        }
      })
      yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced(lookEvery)))
    })
  )

const cluster = (floor: Floor, machine: Machine, hosts: boolean) => {
  const link = linkTo(floor.board.network, floor.database, machine)
  return Sharding.layer.pipe(
    Layer.provideMerge(hosts ? health : RunnerHealth.layerNoop),
    Layer.provideMerge(
      Layer.effect(Runners.Runners, simulatedRunners(floor.board, machine)).pipe(
        Layer.provide(Snowflake.layerGenerator)
      )
    ),
    Layer.provideMerge(MessageStorage.layerNoop),
    Layer.provideMerge(
      Layer.succeed(
        RunnerStorage.RunnerStorage,
        remembering(simulatedRunnerStorage(floor.database, floor.runners, machine, link))
      )
    ),
    Layer.provide(config(floor, machine, hosts)),
    Layer.provideMerge(Layer.succeed(Journal, simulatedJournal(floor.database, machine, link)))
  )
}

/** Boots a node: a process that hosts accounts as long as it lives. */
export const startNode = (floor: Floor, machine: Machine): void => {
  const actors = AccountActor.layer.pipe(
    Layer.provide([accountHost(floor, machine), SpanRecorder.layerNoop, execution(floor, machine)])
  )
  const node = Layer.mergeAll(peerWatch(machine.name), keeper(floor, machine)).pipe(
    Layer.provideMerge(actors),
    Layer.provideMerge(Layer.effectDiscard(listen(floor.board, machine))),
    Layer.provideMerge(cluster(floor, machine, true))
  )
  machine.world.note(machine.name, `starts as ${machine.process}`)
  machine.fork(Layer.launch(node), Context.empty())
}

export type AccountClient = ReturnType<Effect.Success<typeof Account.client>>

/** A process that hosts nothing and talks to the accounts: `work` gets their client. */
export const startClient = (
  floor: Floor,
  machine: Machine,
  work: (client: (account: string) => AccountClient) => Effect.Effect<void>
): void => {
  const program = Effect.flatMap(Account.client, (client) => Effect.andThen(work(client), Effect.never))
  machine.fork(Effect.scoped(Effect.provide(program, cluster(floor, machine, false))), Context.empty())
}
