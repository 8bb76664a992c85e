/**
 * Replay from a real Postgres: rows are read through the journal (order, gaps and checksums verified), decoded from the
 * stored form and applied. The yardstick reads the same rows by plain SQL in the same pages and only has their JSON parsed.
 */
import { type AccountEvent, fillKey } from "@outcry/model/AccountEvent"
import { decode, encode, versions } from "@outcry/model/AccountEventCodec"
import { type AccountState, evolve, initial, instrumentAt } from "@outcry/model/AccountState"
import { Database } from "@outcry/store/Database"
import { embeddedPostgres } from "@outcry/store/EmbeddedPostgres"
import { Journal } from "@outcry/store/Journal"
import type { JournalRow } from "@outcry/store/JournalRow"
import { migrate } from "@outcry/store/Migrations"
import { Effect, Stream } from "effect"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const entityId = "bench"
const runs = 5
const pageSize = 2_000

const rowsOf = (events: ReadonlyArray<AccountEvent>): ReadonlyArray<JournalRow> => {
  const state = initial(entityId)
  return events.map((event, at) => {
    evolve(state, event)
    return {
      seq: at + 1,
      commandId: `c-${at}`,
      commandPart: 0,
      type: event.type,
      version: versions[event.type],
      timeUs: 1_750_000_000_000_000 + at,
      opening: event.type === "OrderIntended",
      clientOrderId: event.type === "OrderIntended" ? event.clientOrderId : null,
      fillKey: event.type === "OrderFilled" ? fillKey(event) : null,
      payload: JSON.parse(JSON.stringify(encode(event, (id, version) => instrumentAt(state, id, version)))) as unknown
    }
  })
}

const write = Effect.fnUntraced(function* (events: ReadonlyArray<AccountEvent>) {
  const journal = yield* Journal
  const { epoch } = yield* journal.claim(entityId, "account")
  const rows = rowsOf(events)
  for (let at = 0; at < rows.length; at += 1000)
    yield* journal.append({ entityId, epoch, firstSeq: at + 1, events: rows.slice(at, at + 1000) })
})

const replay = Effect.gen(function* () {
  const journal = yield* Journal
  const state: AccountState = initial(entityId)
  const at = (id: string, version: number) => instrumentAt(state, id, version)
  yield* Stream.runForEachArray(journal.read(entityId), (rows) =>
    Effect.sync(() => {
      for (const row of rows) evolve(state, decode(row.type, row.version, row.payload, at))
    })
  )
  return state.seq
})

const plain = Effect.gen(function* () {
  const database = yield* Database
  const sql = yield* database.pool({ size: 1, purpose: "bench" })
  const readAll = Effect.gen(function* () {
    let read = 0
    for (;;) {
      const page = yield* sql.unsafe<{ readonly seq: number; readonly payload: unknown }>(
        `SELECT seq::float8 AS seq, payload FROM journal WHERE entity_id = $1 AND seq > $2 ORDER BY seq LIMIT ${pageSize}`,
        [entityId, read]
      )
      if (page.length === 0) return read
      read = page.at(-1)!.seq
    }
  })
  return { readAll }
})

const rate = <E, R>(work: Effect.Effect<number, E, R>, expected: number) =>
  Effect.gen(function* () {
    const begin = performance.now()
    const events = yield* work
    if (events !== expected) return yield* Effect.die(new Error(`${events} of ${expected} events were read`))
    return (events / (performance.now() - begin)) * 1000
  })

const measure = Effect.fnUntraced(function* (events: ReadonlyArray<AccountEvent>) {
  yield* write(events)
  const { readAll } = yield* plain
  const rates = { ours: new Array<number>(), yardstick: new Array<number>() }
  for (let run = -1; run < runs; run++) {
    const pair = [yield* rate(replay, events.length), yield* rate(readAll, events.length)] as const
    if (run < 0) continue
    rates.ours.push(pair[0])
    rates.yardstick.push(pair[1])
  }
  return rates
})

/** Events per second of both, each run over the whole journal. */
export const replayFromPostgres = (events: ReadonlyArray<AccountEvent>) =>
  Effect.gen(function* () {
    const directory = mkdtempSync(join(tmpdir(), "outcry-bench-"))
    // As root, the server's own user has to get in.
    chmodSync(directory, 0o755)
    yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(directory, { recursive: true, force: true })))
    const server = yield* embeddedPostgres({ dataDir: directory })
    const database = Database.layer({ url: server.url, applicationName: "bench" })
    return yield* Effect.andThen(migrate, measure(events).pipe(Effect.provide(Journal.layer({ pageSize })))).pipe(
      Effect.provide(database)
    )
  }).pipe(Effect.scoped, Effect.runPromise)
