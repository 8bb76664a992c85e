/**
 * The journal of a simulated node: the real service's contract over a database that may be out of reach. A statement whose
 * answer does not come is "unknown", since it may have been worked, and still may be; a connection that is refused is not.
 */
import { Journal } from "@outcry/store/Journal"
import { JournalUnavailable } from "@outcry/store/JournalError"
import { Effect, Option, Stream } from "effect"
import type { Database } from "./Database.ts"
import type { Machine } from "./Machine.ts"
import { isUnanswered, type Network } from "./Network.ts"

/** After this long without an answer a statement counts as lost. */
const statementTimeoutUs = 2_500_000
/** What a refused connection takes to be refused. */
const refusedUs = 2_000

const unavailable = (outcome: "notWritten" | "unknown", reason: string) => new JournalUnavailable({ outcome, reason })

export interface DatabaseLink {
  /** One statement, worked at once when it arrives. */
  readonly statement: <A>(work: () => A) => Effect.Effect<A, JournalUnavailable>
}

/** A machine's way to the database. */
export const linkTo = (network: Network, database: Database, machine: Machine): DatabaseLink => {
  const { world } = machine
  const random = world.chanceFor(`database link ${machine.process}`)
  return {
    statement: <A>(work: () => A) =>
      Effect.suspend(() => {
        if (!database.isUp)
          return Effect.andThen(
            Effect.sleep(refusedUs / 1000),
            Effect.fail(unavailable("notWritten", "connection refused"))
          )
        // A connection that breaks tells both sides at once, whichever of the two messages it takes along.
        const isAnswered = !random.chance(network.weather.lost)
        return network
          .call(machine, "database", isAnswered ? statementTimeoutUs : random.between(500, 400_000), () =>
            database.isUp ? { value: work(), isAnswered } : undefined
          )
          .pipe(
            Effect.flatMap((answer) =>
              answer === undefined || isUnanswered(answer) || !answer.isAnswered
                ? Effect.fail(unavailable("unknown", "the connection was lost"))
                : Effect.succeed(answer.value)
            )
          )
      })
  }
}

export const simulatedJournal = (database: Database, machine: Machine, link: DatabaseLink): Journal["Service"] => {
  const owner = machine.process
  const append: Journal["Service"]["append"] = (request) =>
    Effect.flatMap(
      link.statement(() => database.append(request, owner)),
      (refused) => (refused === undefined ? Effect.void : Effect.fail(refused))
    )
  return Journal.of({
    claim: (entityId) => link.statement(() => database.claim(entityId, owner)),
    heldEpoch: (entityId) => link.statement(() => database.heldEpoch(entityId)),
    append,
    waiting: Effect.succeed(0),
    read: (entityId, fromSeq = 1) =>
      Stream.unwrap(
        Effect.map(
          link.statement(() => database.replay(entityId, fromSeq, owner)),
          Stream.fromIterable
        )
      ),
    findCommand: (entityId, commandId) => link.statement(() => database.rowsOf(entityId, commandId)),
    lastSeq: (entityId) => link.statement(() => database.lastSeq(entityId)),
    saveSnapshot: (entityId, epoch, snapshot) =>
      Effect.flatMap(
        link.statement(() => database.saveSnapshot(entityId, epoch, snapshot)),
        (refused) => (refused === undefined ? Effect.void : Effect.fail(refused))
      ),
    loadSnapshot: (entityId) =>
      Effect.map(
        link.statement(() => database.snapshot(entityId)),
        Option.fromUndefinedOr
      ),
    setTradingState: (entityId, state) => link.statement(() => database.setTradingState(entityId, state)),
    tradingState: (entityId) => link.statement(() => database.tradingState(entityId))
  })
}
