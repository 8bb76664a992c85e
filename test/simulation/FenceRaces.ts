/**
 * The races of the fence on a real Postgres, which the simulated database cannot have, since its statements are one step
 * each: a zombie's open append against its successor's replay, appends of a fenced and of a halted owner, the second row
 * of a refused append, a takeover behind a lock, and owners that replace one another as fast as they can.
 */
import { SeededRandom } from "@outcry/model/SeededRandom"
import { Database } from "@outcry/store/Database"
import { Journal } from "@outcry/store/Journal"
import {
  type AppendAnswer,
  appendParameters,
  appendStatement,
  asRun,
  continuingStatement,
  groupAppends,
  prepareAppend
} from "@outcry/store/JournalBatch"
import type { JournalRow } from "@outcry/store/JournalRow"
import * as TestJournal from "@outcry/testkit/TestJournal"
import { Clock, Effect, Fiber, Stream } from "effect"
import { SqlClient } from "effect/sql"
import type { Violation } from "./Verdict.ts"

const statements = [appendStatement, continuingStatement]
const lockTimeoutMs = 5_000
/** A takeover behind a lock gives up after the journal's own lock_timeout, which is 2 s. */
const takeoverMsMax = 4_000

const row = (seq: number, over: Partial<JournalRow> = {}): JournalRow => ({
  seq,
  commandId: `command-${seq}`,
  commandPart: 0,
  type: "Noted",
  version: 1,
  timeUs: 1_795_217_412_123_456,
  opening: false,
  clientOrderId: null,
  fillKey: null,
  payload: { note: `n${seq}` },
  ...over
})

const parametersOf = (entityId: string, epoch: number, firstSeq: number) => {
  const prepared = prepareAppend({ entityId, epoch, firstSeq, events: [row(firstSeq)] })
  if (typeof prepared === "string") throw new Error(prepared)
  return appendParameters(groupAppends([{ prepared }]).groups, lockTimeoutMs)
}

const session = Effect.flatMap(Database, (database) => database.pool({ size: 1, purpose: "race" }))

/** Whether one of our sessions waits for a lock. */
const isWaiting = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.map(
    sql`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE 'test/%'`,
    (rows) => rows.length > 0
  )
)

const untilWaitingOrDone = (fiber: Fiber.Fiber<unknown, unknown>) =>
  Effect.gen(function* () {
    while (fiber.pollUnsafe() === undefined && !(yield* isWaiting)) yield* Effect.sleep(5)
  })

const rowsOf = (entityId: string) => Effect.flatMap(Journal, (journal) => Stream.runCollect(journal.read(entityId)))

/** What the successor has replayed is all that its predecessor ever wrote. */
const openInsert = Effect.fnUntraced(function* (entityId: string, statement: string) {
  const journal = yield* Journal
  const zombie = yield* session
  const { epoch } = yield* journal.claim(entityId, "account")
  yield* zombie.unsafe("BEGIN")
  yield* zombie.unsafe<AppendAnswer & object>(asRun(statement), parametersOf(entityId, epoch, 1))
  const successor = yield* Effect.forkChild(Effect.andThen(journal.claim(entityId, "account"), rowsOf(entityId)))
  yield* untilWaitingOrDone(successor)
  yield* zombie.unsafe("COMMIT")
  const replayed = yield* Fiber.join(successor)
  const last = yield* journal.lastSeq(entityId)
  return last === replayed.length
    ? []
    : [`a zombie's open append was committed after its successor had replayed ${replayed.length} of ${last} rows`]
})

const fencedAppend = Effect.fnUntraced(function* (entityId: string) {
  const journal = yield* Journal
  const { epoch } = yield* journal.claim(entityId, "account")
  yield* journal.append({ entityId, epoch, firstSeq: 1, events: [row(1)] })
  yield* journal.claim(entityId, "account")
  const outcome = yield* Effect.exit(journal.append({ entityId, epoch, firstSeq: 2, events: [row(2)] }))
  const last = yield* journal.lastSeq(entityId)
  return outcome._tag === "Success" || last !== 1 ? [`an owner that was fenced off appended row ${last}`] : []
})

const secondRow = Effect.fnUntraced(function* (entityId: string) {
  const journal = yield* Journal
  const { epoch } = yield* journal.claim(entityId, "account")
  yield* journal.append({ entityId, epoch, firstSeq: 1, events: [row(1), row(2)] })
  const events = [row(2, { commandId: "other" }), row(3, { commandId: "other", commandPart: 1 })]
  const outcome = yield* Effect.exit(journal.append({ entityId, epoch, firstSeq: 2, events }))
  const last = yield* journal.lastSeq(entityId)
  return outcome._tag === "Success" || last !== 2 ? [`of a refused append at 2, row ${last} was written`] : []
})

const haltedAppend = Effect.fnUntraced(function* (entityId: string) {
  const journal = yield* Journal
  const owner = yield* session
  const { epoch } = yield* journal.claim(entityId, "account")
  yield* owner.unsafe("BEGIN")
  yield* owner.unsafe(asRun(appendStatement), parametersOf(entityId, epoch, 1))
  // The halt waits for the append in flight; from its return on nothing that opens gets in, whoever the owner is.
  const halt = yield* Effect.forkChild(journal.setTradingState(entityId, "halted"))
  yield* untilWaitingOrDone(halt)
  const early = halt.pollUnsafe() !== undefined
  yield* owner.unsafe("COMMIT")
  yield* Fiber.join(halt)
  const events = [row(2, { opening: true, type: "OrderIntended", clientOrderId: "o1" })]
  const outcome = yield* Effect.exit(journal.append({ entityId, epoch, firstSeq: 2, events }))
  return [
    ...(early ? ["a halt did not wait for the append in flight"] : []),
    ...(outcome._tag === "Success" ? ["a halted account appended an opening intent"] : [])
  ]
})

const boundedTakeover = Effect.fnUntraced(function* (entityId: string) {
  const journal = yield* Journal
  const blocker = yield* session
  yield* journal.claim(entityId, "account")
  yield* blocker.unsafe("BEGIN")
  yield* blocker`SELECT 1 FROM entity_epoch WHERE entity_id = ${entityId} FOR SHARE`
  const startedMs = yield* Clock.currentTimeMillis
  const outcome = yield* Effect.exit(journal.claim(entityId, "account"))
  const tookMs = (yield* Clock.currentTimeMillis) - startedMs
  yield* blocker`ROLLBACK`
  return outcome._tag === "Success" || tookMs > takeoverMsMax
    ? [`a takeover behind a lock ended ${outcome._tag} after ${tookMs} ms`]
    : []
})

const owners = 4
const roundsEach = 12

/** Owners that claim, replay and append as fast as they can: the journal must read as if they had come one by one. */
const storm = Effect.fnUntraced(function* (entityId: string, random: SeededRandom) {
  const journal = yield* Journal
  const found: Array<string> = []
  const acknowledged: Array<{ readonly seq: number; readonly epoch: number }> = []
  const own = Effect.gen(function* () {
    for (let round = 0; round < roundsEach; round++) {
      const claimed = yield* Effect.exit(journal.claim(entityId, "account"))
      if (claimed._tag === "Failure") continue
      const { epoch } = claimed.value
      const before = (yield* rowsOf(entityId)).length
      for (let count = random.between(1, 4), seq = before + 1; count > 0; count--, seq++) {
        const events = [row(seq, { commandId: `${epoch}.${seq}` })]
        const outcome = yield* Effect.exit(journal.append({ entityId, epoch, firstSeq: seq, events }))
        if (outcome._tag === "Failure") break
        acknowledged.push({ seq, epoch })
      }
    }
  })
  yield* Effect.all(
    Array.from({ length: owners }, () => own),
    { concurrency: "unbounded", discard: true }
  )
  const rows = yield* rowsOf(entityId)
  for (const [index, { epoch, seq }] of rows.entries()) {
    if (seq !== index + 1) found.push(`row ${index + 1} is missing`)
    if (index > 0 && epoch < rows[index - 1]!.epoch) found.push(`row ${seq} of epoch ${epoch} follows a later epoch`)
  }
  for (const { epoch, seq } of acknowledged)
    if (rows[seq - 1]?.epoch !== epoch) found.push(`row ${seq}, acknowledged to epoch ${epoch}, is not there`)
  return found
})

const races = [
  ["fenced", fencedAppend],
  ["second row", secondRow],
  ["halted", haltedAppend],
  ["bounded", boundedTakeover]
] as const

const all = Effect.gen(function* () {
  const found: Array<string> = []
  for (const [index, statement] of statements.entries()) found.push(...(yield* openInsert(`open ${index}`, statement)))
  for (const [name, race] of races) found.push(...(yield* race(name)))
  for (let seed = 1; seed <= 3; seed++) found.push(...(yield* storm(`storm ${seed}`, new SeededRandom(seed))))
  return found.map((detail): Violation => ({ invariant: "I5 owners", detail }))
})

/** Starts a Postgres of its own; ends with what was broken. */
export const runRaces = (): Promise<ReadonlyArray<Violation>> =>
  Effect.runPromise(Effect.scoped(all.pipe(Effect.provide(TestJournal.layer), Effect.orDie)))
