/**
 * The group commit: gathers appends and writes what has gathered in one statement, without waiting for more. A bounded
 * number of lanes, each a queue, a fiber and at most one statement in flight; an entity always takes the same lane, so
 * its appends keep their order. An append's caller resumes only after the commit. A refused or conflicting append fails
 * by itself and not the others of its batch. A full lane makes its callers wait.
 */
import { Deferred, Effect, Exit, Queue } from "effect"
import type { SqlClient } from "effect/sql"
import { SqlError } from "effect/sql"
import { crc32 } from "node:zlib"
import {
  type AppendAnswer,
  type AppendGroup,
  appendParameters,
  type AppendRequest,
  appendStatement,
  asRun,
  continuingStatement,
  groupAppends,
  prepareAppend,
  type PreparedAppend,
  type Refusal
} from "./JournalBatch.ts"
import { type AppendError, Conflict, DuplicateCommand, Fenced, Halted, JournalUnavailable } from "./JournalError.ts"

export interface WriterOptions {
  readonly lanes: number
  /** Appends that may wait in one lane. */
  readonly queueCapacity: number
  /** An append is never parted: one with more rows has a statement to itself. */
  readonly maxBatchRows: number
  readonly lockTimeoutMs: number
  /** After this long without an answer a batch counts as lost with an unknown outcome. */
  readonly statementTimeoutMs: number
}

/** Entities whose end is remembered; beyond it the memory starts afresh. */
const endsKept = 65_536

interface Pending {
  readonly prepared: PreparedAppend
  readonly done: Deferred.Deferred<void, AppendError>
}

type Group = AppendGroup<Pending>

const unavailable = (outcome: "notWritten" | "unknown", reason: string) => new JournalUnavailable({ outcome, reason })

const sqlState = (error: SqlError.SqlError): string | undefined => {
  const cause = error.reason.cause
  return typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string"
    ? cause.code
    : undefined
}

const serverMessage = (error: SqlError.SqlError): string => {
  const cause = error.reason.cause
  return cause instanceof Error && cause.message !== "" ? cause.message : error.message
}

/** Whether a row of the batch is to blame (unique, check, not null, data), so that the others may still be written. */
const blamesRow = (error: SqlError.SqlError): boolean => /^2[23]/.test(sqlState(error) ?? "")

/**
 * What a failed statement means for its rows. Only an answer of the server's that ends the transaction before its commit
 * is a sure no; a connection that could not be made never carried the statement. All else may have committed.
 */
export const outcomeOf = (error: SqlError.SqlError): "notWritten" | "unknown" =>
  /^(22|23|40|42|53|54|55P03|0A)/.test(sqlState(error) ?? "") || error.reason.operation === "connect"
    ? "notWritten"
    : "unknown"

const refusalError = (group: Group, [, verdict, heldEpoch, lastSeq]: Refusal): AppendError => {
  const { entityId, epoch, firstSeq } = group
  switch (verdict) {
    case "fenced":
      return new Fenced({ entityId, epoch, heldEpoch })
    case "halted":
      return new Halted({ entityId })
    case "position":
      return new Conflict({ entityId, firstSeq, reason: "position", detail: `the journal ends at ${lastSeq}` })
  }
}

const conflictError = (
  sql: SqlClient.SqlClient,
  append: Pending,
  error: SqlError.SqlError
): Effect.Effect<AppendError> =>
  Effect.gen(function* () {
    const { entityId, firstSeq, events } = append.prepared.request
    const constraint = error.reason._tag === "UniqueViolation" ? error.reason.constraint : ""
    const conflict = (reason: Conflict["reason"]) =>
      new Conflict({ entityId, firstSeq, reason, detail: serverMessage(error) })
    if (constraint.endsWith("_intent")) return conflict("clientOrderId")
    if (constraint.endsWith("_fill")) return conflict("fill")
    if (constraint.endsWith("_pkey")) return conflict("position")
    if (!constraint.endsWith("_command")) return conflict("invalid")
    const ids = [...new Set(events.map((event) => event.commandId))]
    const known = yield* sql<{ command_id: string }>`
      SELECT command_id FROM journal WHERE entity_id = ${entityId} AND ${sql.in("command_id", ids)} LIMIT 1`
    return new DuplicateCommand({ entityId, commandId: known[0]?.command_id ?? ids[0] ?? "" })
  }).pipe(Effect.catch((lost) => Effect.succeed(unavailable("notWritten", serverMessage(lost)))))

/** Starts the lanes in the current scope. When it closes, what still waits is failed as not written. */
export const makeJournalWriter = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, options: WriterOptions) {
  const settle = (members: ReadonlyArray<Pending>, exit: Exit.Exit<void, AppendError>) => {
    for (const member of members) Deferred.doneUnsafe(member.done, exit)
  }

  // Where each entity's journal ends by our own last commit. Forgotten on any doubt; then the database is asked.
  const ends = new Map<string, { readonly epoch: number; readonly seq: number }>()
  const continues = (group: Group): boolean => {
    const end = ends.get(group.entityId)
    return end !== undefined && end.epoch === group.epoch && end.seq + 1 === group.firstSeq
  }
  const committed = (group: Group) => {
    if (ends.size >= endsKept && !ends.has(group.entityId)) ends.clear()
    const last = group.members.at(-1)
    if (last !== undefined) ends.set(group.entityId, { epoch: group.epoch, seq: last.prepared.nextSeq - 1 })
  }

  const execute = (groups: ReadonlyArray<Group>) =>
    sql
      .unsafe<AppendAnswer & object>(
        asRun(groups.every(continues) ? continuingStatement : appendStatement),
        appendParameters(groups, options.lockTimeoutMs)
      )
      .pipe(
        Effect.timeoutOrElse({
          duration: options.statementTimeoutMs,
          orElse: () => Effect.fail(unavailable("unknown", `no answer within ${options.statementTimeoutMs} ms`))
        })
      )

  const write = (groups: ReadonlyArray<Group>): Effect.Effect<void> =>
    groups.length === 0
      ? Effect.void
      : execute(groups).pipe(
          Effect.matchEffect({
            onSuccess: (answers) => accept(groups, answers[0]),
            onFailure: (error) =>
              SqlError.isSqlError(error) && blamesRow(error)
                ? isolate(groups, error)
                : Effect.sync(() => {
                    const lost = SqlError.isSqlError(error)
                      ? unavailable(outcomeOf(error), serverMessage(error))
                      : error
                    // The database may have gone back to an earlier state (a failover): nothing remembered is trusted.
                    ends.clear()
                    for (const group of groups) {
                      settle(group.members, Exit.fail(lost))
                    }
                  })
          })
        )

  const accept = (groups: ReadonlyArray<Group>, answer: AppendAnswer | undefined): Effect.Effect<void> => {
    const refused = new Map((answer?.refused ?? []).map((refusal) => [refusal[0], refusal]))
    const retries: Array<Group> = []
    let expected = 0
    for (const [index, group] of groups.entries()) {
      const refusal = refused.get(index)
      if (refusal === undefined) {
        for (const { prepared } of group.members) expected += prepared.rows.length
      } else if (group.members.length === 1 || refusal[1] === "fenced") {
        ends.delete(group.entityId)
        settle(group.members, Exit.fail(refusalError(group, refusal)))
      } else {
        retries.push(group)
      }
    }
    // The count is the server's own word that these rows are in; without it nobody is told so.
    const sure = answer?.written === expected
    for (const [index, group] of groups.entries()) {
      if (refused.has(index)) continue
      if (sure) committed(group)
      else ends.delete(group.entityId)
      settle(
        group.members,
        sure
          ? Exit.void
          : Exit.fail(unavailable("unknown", `${answer?.written} rows written where ${expected} were due`))
      )
    }
    return retries.length === 0 ? Effect.void : Effect.forEach(retries, oneByOne, { discard: true })
  }

  /** The statement failed as a whole for the sake of one row: halves are tried until the culprit stands alone. */
  const isolate = (groups: ReadonlyArray<Group>, error: SqlError.SqlError): Effect.Effect<void> => {
    const [only] = groups
    if (groups.length > 1 || only === undefined) {
      const middle = groups.length >> 1
      return Effect.andThen(write(groups.slice(0, middle)), write(groups.slice(middle)))
    }
    const [append] = only.members
    if (only.members.length > 1 || append === undefined) return oneByOne(only)
    ends.delete(only.entityId)
    return Effect.map(conflictError(sql, append, error), (failure) => settle([append], Exit.fail(failure)))
  }

  const oneByOne = (group: Group): Effect.Effect<void> =>
    Effect.forEach(
      group.members,
      (member) =>
        write([
          {
            entityId: group.entityId,
            epoch: group.epoch,
            firstSeq: member.prepared.request.firstSeq,
            members: [member]
          }
        ]),
      { discard: true }
    )

  const lane = Effect.gen(function* () {
    const queue = yield* Queue.bounded<Pending>(options.queueCapacity)
    let waiting: Array<Pending> = []
    yield* Effect.addFinalizer(() =>
      Effect.flatMap(Queue.clear(queue), (rest) =>
        Effect.sync(() => settle([...waiting, ...rest], Exit.fail(unavailable("notWritten", "the journal is closing"))))
      )
    )
    const step = Effect.gen(function* () {
      if (waiting.length === 0) {
        waiting.push(yield* Queue.take(queue))
        // Lets every fiber that is ready now add its append; nothing is waited for.
        yield* Effect.yieldNow
      }
      waiting = waiting.concat(yield* Queue.clear(queue))
      let count = 0
      for (let rows = 0; count < waiting.length; count++) {
        rows += waiting[count]?.prepared.rows.length ?? 0
        if (count > 0 && rows > options.maxBatchRows) break
      }
      const batch = waiting.slice(0, count)
      waiting = waiting.slice(count)
      const { groups, broken } = groupAppends(batch)
      for (const append of broken) {
        const { entityId, firstSeq } = append.prepared.request
        settle(
          [append],
          Exit.fail(
            new Conflict({
              entityId,
              firstSeq,
              reason: "position",
              detail: "it does not continue the append before it"
            })
          )
        )
      }
      // Whoever waits is told something, also when the journal closes in the middle of a statement.
      yield* write(groups).pipe(
        Effect.onInterrupt(() =>
          Effect.sync(() => settle(batch, Exit.fail(unavailable("unknown", "the journal is closing"))))
        )
      )
    })
    yield* Effect.forkScoped(Effect.forever(step))
    return queue
  })

  const lanes = yield* Effect.forEach(Array.from({ length: options.lanes }), () => lane)

  const append = (request: AppendRequest): Effect.Effect<void, AppendError> =>
    Effect.suspend(() => {
      const { entityId, firstSeq } = request
      const prepared = prepareAppend(request)
      if (typeof prepared === "string")
        return Effect.fail(new Conflict({ entityId, firstSeq, reason: "invalid", detail: prepared }))
      const queue = lanes[(crc32(entityId) >>> 0) % lanes.length]
      if (queue === undefined) return Effect.die(new Error("the journal has no lane"))
      const done = Deferred.makeUnsafe<void, AppendError>()
      return Effect.flatMap(Queue.offer(queue, { prepared, done }), (taken) =>
        taken ? Deferred.await(done) : Effect.fail(unavailable("notWritten", "the journal is closed"))
      )
    })

  return { append, waiting: Effect.sync(() => lanes.reduce((sum, queue) => sum + Queue.sizeUnsafe(queue), 0)) }
})
