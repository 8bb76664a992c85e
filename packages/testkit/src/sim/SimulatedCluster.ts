/**
 * What a simulated node's sharding stands on: shard locks and the list of runners in the simulated database, and a
 * transport to the other nodes over the simulated network. A lock has an owner, is kept by being used and is lost by the
 * expiry of its session, which a frozen node does not notice before it asks.
 */
import { Effect, Option, Schema } from "effect"
import { Message, Reply, type Runner, RunnerAddress, Runners, RunnerStorage, Sharding } from "effect/cluster"
import {
  type AlreadyProcessingMessage,
  type EntityNotAssignedToRunner,
  type MailboxFull,
  PersistenceError,
  RunnerUnavailable
} from "effect/cluster/ClusterError"
import * as MachineId from "effect/cluster/MachineId"
import * as ShardId from "effect/cluster/ShardId"
import type { RpcSerialization } from "effect/rpc"
import type { Database } from "./Database.ts"
import type { Machine } from "./Machine.ts"
import type { Network } from "./Network.ts"
import type { DatabaseLink } from "./SimulatedJournal.ts"

/** Runners by address, as the cluster's table has them. */
export type RunnerTable = Map<string, { readonly runner: Runner.Runner; healthy: boolean; readonly machineId: number }>

const nameOf = (address: RunnerAddress.RunnerAddress): string => address.host

const nameOfShard = ({ group, id }: ShardId.ShardId): string => `${group}:${id}`

export const addressOf = (name: string): RunnerAddress.RunnerAddress => RunnerAddress.make(name, 1)

export const simulatedRunnerStorage = (
  database: Database,
  runners: RunnerTable,
  machine: Machine,
  link: DatabaseLink
): RunnerStorage.RunnerStorage["Service"] => {
  const { process } = machine
  const persisted = <A>(work: () => A) =>
    Effect.mapError(link.statement(work), (cause) => new PersistenceError({ cause }))
  let isOpen = false
  // The lock's connection is made again after it was found broken; what it held is gone then.
  const locked = (shardIds: Iterable<ShardId.ShardId>, mayTake: boolean) => {
    const wanted = Array.from(shardIds, nameOfShard)
    const opens = !isOpen
    isOpen = true
    return persisted(() => {
      if (opens) database.openSession(process)
      return database.lock(process, wanted, mayTake)
    }).pipe(
      Effect.flatMap((held) =>
        held === undefined
          ? Effect.fail(new PersistenceError({ cause: "the session with the locks was closed" }))
          : Effect.succeed(held.map(ShardId.fromString))
      ),
      Effect.tapError(() => Effect.sync(() => void (isOpen = false)))
    )
  }
  // The server notices that the process is gone when its connection breaks.
  machine.onKilled(() => machine.world.after(1_500, () => database.endSession(process)))
  return RunnerStorage.RunnerStorage.of({
    register: (runner, healthy) =>
      persisted(() => {
        const key = nameOf(runner.address)
        const machineId = runners.get(key)?.machineId ?? runners.size + 1
        runners.set(key, { runner, healthy, machineId })
        return MachineId.make(machineId)
      }),
    unregister: (address) => Effect.asVoid(persisted(() => runners.delete(nameOf(address)))),
    getRunners: persisted(() => Array.from(runners.values(), ({ healthy, runner }) => [runner, healthy] as const)),
    setRunnerHealth: (address, healthy) =>
      persisted(() => {
        const found = runners.get(nameOf(address))
        if (found !== undefined && found.healthy !== healthy) {
          machine.world.note(machine.name, `calls ${nameOf(address)} ${healthy ? "healthy" : "dead"}`)
          found.healthy = healthy
        }
      }),
    acquire: (_address, shardIds) => locked(shardIds, true),
    refresh: (_address, shardIds) => locked(shardIds, false),
    release: (_address, shardId) => Effect.asVoid(persisted(() => database.unlock(process, nameOfShard(shardId)))),
    releaseAll: () => Effect.asVoid(persisted(() => database.unlock(process, undefined)))
  })
}

type Failure = EntityNotAssignedToRunner | MailboxFull | AlreadyProcessingMessage | RunnerUnavailable
type Answer =
  | { readonly _tag: "Reply"; readonly reply: Reply.Encoded }
  | { readonly _tag: "Failed"; readonly error: Failure }

/** A connection that says nothing for this long is given up. */
const silentUs = 5_500_000
const codecFor: RpcSerialization.CodecFor = Schema.toCodecJson

type Incoming = Parameters<Sharding.Sharding["Service"]["send"]>[0]

/** What listens on a machine for the messages of others. */
export interface Listener {
  readonly machine: Machine
  readonly serve: (message: Incoming, answer: (answer: Answer) => void) => void
}

/** The doors of all nodes by name. */
export class Switchboard {
  readonly network: Network
  private readonly listeners = new Map<string, Listener>()

  constructor(network: Network) {
    this.network = network
  }

  listen(listener: Listener): void {
    this.listeners.set(listener.machine.name, listener)
  }

  /** Calls back once: with an answer, or "refused" when nobody listens or the other side dies; else after a long silence. */
  call(
    from: Machine,
    to: string,
    work: (listener: Listener, answer: (answer: Answer) => void) => void,
    done: (answer: Answer | "refused") => void
  ): () => void {
    const { network } = this
    let isOpen = true
    let forget = (): void => {}
    const finish = (answer: Answer | "refused"): void => {
      from.post(() => {
        if (!isOpen) return
        isOpen = false
        forget()
        done(answer)
      })
    }
    const hangUp = () => {
      isOpen = false
      forget()
    }
    from.world.after(silentUs, () => isOpen && finish("refused"))
    const answerOver = (answer: Answer | "refused") => network.send(to, from.name, () => finish(answer))
    network.send(from.name, to, () => {
      const listener = this.listeners.get(to)
      if (listener === undefined || !listener.machine.alive) return answerOver("refused")
      const off = listener.machine.onKilled(() => answerOver("refused"))
      const before = forget
      forget = () => {
        before()
        off()
      }
      listener.machine.post(() => work(listener, answerOver))
    })
    return hangUp
  }
}

const pong: Answer = { _tag: "Failed", error: new RunnerUnavailable({ address: addressOf("pong") }) }

/** The runners service of a machine: sends to the entities of other machines. */
export const simulatedRunners = (board: Switchboard, machine: Machine) =>
  Runners.make({
    codecFor,
    ping: (address) =>
      Effect.callback<void, RunnerUnavailable>((resume) =>
        Effect.sync(
          board.call(
            machine,
            nameOf(address),
            (_listener, answer) => answer(pong),
            (answer) => resume(answer === pong ? Effect.void : Effect.fail(new RunnerUnavailable({ address })))
          )
        )
      ),
    send: ({ address, message }) => {
      if (message._tag === "OutgoingEnvelope")
        return Effect.sync(() => {
          const incoming = new Message.IncomingEnvelope({ envelope: message.envelope })
          board.call(
            machine,
            nameOf(address),
            (listener, answer) => listener.serve(incoming, answer),
            () => {}
          )
        })
      return Effect.orDie(Message.serializeRequest(message, codecFor)).pipe(
        Effect.flatMap((envelope) =>
          Effect.callback<Answer | "refused">((resume) =>
            Effect.sync(
              board.call(
                machine,
                nameOf(address),
                (listener, answer) =>
                  listener.serve(
                    new Message.IncomingRequest({
                      envelope,
                      lastSentReply: Option.none(),
                      codecFor,
                      respond: (reply) =>
                        Effect.map(Reply.serializeOrDefect(reply, codecFor), (encoded) =>
                          answer({ _tag: "Reply", reply: encoded })
                        )
                    }),
                    answer
                  ),
                (answer) => resume(Effect.succeed(answer))
              )
            )
          )
        ),
        Effect.flatMap((answer) => {
          if (answer === "refused") return Effect.fail(new RunnerUnavailable({ address }))
          if (answer._tag === "Failed") return Effect.fail(answer.error)
          return Schema.decodeEffect(Reply.Reply(message.rpc, codecFor))(answer.reply).pipe(
            Effect.provideContext(message.context),
            Effect.orDie,
            Effect.flatMap(message.respond)
          )
        })
      )
    },
    notify: () => Effect.void,
    onRunnerUnavailable: () => Effect.void
  })

/** Lets a machine's entities be reached by the others. */
export const listen = (board: Switchboard, machine: Machine) =>
  Effect.gen(function* () {
    const sharding = yield* Sharding.Sharding
    const context = yield* Effect.context<never>()
    board.listen({
      machine,
      serve: (message, answer) => {
        machine.fork(
          sharding.send(message).pipe(Effect.catch((error) => Effect.sync(() => answer({ _tag: "Failed", error })))),
          context
        )
      }
    })
  })
