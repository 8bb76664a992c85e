/**
 * Bench `journal`: durable order intents of 1, 64 and 512 accounts through `Journal.append`, against raw multi-row
 * inserts of the same rows into the same tables over one connection, with fsync on, in alternating windows of one run.
 * Each account sends its next intent when the last one is durable; a raw insert carries one row per account.
 */
import { Database } from "@outcry/store/Database"
import { embeddedPostgres } from "@outcry/store/EmbeddedPostgres"
import { Journal } from "@outcry/store/Journal"
import type { JournalRow } from "@outcry/store/JournalRow"
import { canonicalJson, rowChecksum } from "@outcry/store/JournalRow"
import { migrate } from "@outcry/store/Migrations"
import { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Bench, type BenchRow, fittedExponent, median, spread } from "./Bench.ts"

const sizes = [1, 64, 512] as const
const rounds = 7
const windowMs = 900

const intent = (account: string, seq: number): JournalRow => ({
  seq,
  commandId: `${account}-intent-${seq}`,
  commandPart: 0,
  type: "OrderIntended",
  version: 1,
  timeUs: 1_795_217_412_123_456,
  opening: true,
  clientOrderId: `${seq.toString(32).padStart(9, "0")}${account.slice(-9).padStart(9, "0")}`,
  fillKey: null,
  payload: {
    cause: { feedEpoch: 3, seq: 182_734 + seq },
    deadline: 1_795_217_415_123_456,
    instrument: "BTC/USDT",
    intent: seq,
    limitsVersion: 4,
    limitTicks: 6_123_450,
    lots: 1_250,
    marks: { ask: 6_123_460, bid: 6_123_440 },
    side: "buy",
    strategy: "ma-cross"
  }
})

interface Window {
  readonly rowsPerSecond: number
  readonly p50Ms: number
}

const ours = (accounts: ReadonlyArray<{ readonly id: string; readonly epoch: number; seq: number }>) =>
  Effect.gen(function* () {
    const journal = yield* Journal
    const latencies: Array<number> = []
    const begin = performance.now()
    const end = begin + windowMs
    yield* Effect.forEach(
      accounts,
      (account) =>
        Effect.gen(function* () {
          while (performance.now() < end) {
            const sent = performance.now()
            account.seq++
            yield* journal.append({
              entityId: account.id,
              epoch: account.epoch,
              firstSeq: account.seq,
              events: [intent(account.id, account.seq)]
            })
            latencies.push(performance.now() - sent)
          }
        }),
      { concurrency: "unbounded", discard: true }
    )
    const window: Window = {
      rowsPerSecond: (latencies.length / (performance.now() - begin)) * 1_000,
      p50Ms: median(latencies)
    }
    return window
  })

/** The fastest plain insert found: arrays beat a VALUES list and JSON. No fence, no last-sequence look-up. */
const rawInsert = `
INSERT INTO journal (entity_id, seq, epoch, command_part, version, checksum, time_us, opening, owner_id, command_id, type,
  client_order_id, account, payload)
SELECT id, seq::int8, 1, 0, 1, checksum, time_us::int8, true, 'local', command, 'OrderIntended', client, id, payload::jsonb
FROM unnest($1::text[], $2::float8[], $3::int4[], $4::float8[], $5::text[], $6::text[], $7::text[])
  AS r(id, seq, checksum, time_us, command, client, payload)`

const raw = (sql: SqlClient.SqlClient, accounts: ReadonlyArray<{ readonly id: string; seq: number }>) =>
  Effect.gen(function* () {
    const latencies: Array<number> = []
    const begin = performance.now()
    const end = begin + windowMs
    while (performance.now() < end) {
      const sent = performance.now()
      const rows = accounts.map((account) => {
        account.seq++
        const row = intent(account.id, account.seq)
        const payload = canonicalJson(row.payload)
        return { id: account.id, row, payload, checksum: rowChecksum(account.id, 1, row, payload) }
      })
      yield* sql.unsafe(rawInsert, [
        rows.map(({ id }) => id),
        rows.map(({ row }) => row.seq),
        rows.map(({ checksum }) => checksum),
        rows.map(({ row }) => row.timeUs),
        rows.map(({ row }) => row.commandId),
        rows.map(({ row }) => row.clientOrderId),
        rows.map(({ payload }) => payload)
      ])
      latencies.push(performance.now() - sent)
    }
    const rows = latencies.length * accounts.length
    const window: Window = { rowsPerSecond: (rows / (performance.now() - begin)) * 1_000, p50Ms: median(latencies) }
    return window
  })

const measure = Effect.gen(function* () {
  const database = yield* Database
  const journal = yield* Journal
  const sql = yield* database.pool({ size: 1, purpose: "bench", session: { plan_cache_mode: "force_generic_plan" } })
  const rows: Array<BenchRow> = []
  const points: Array<{ readonly n: number; readonly value: number }> = []
  for (const n of sizes) {
    const names = Array.from({ length: n }, (_, index) => `${n}-account-${index}`)
    const owned = yield* Effect.forEach(names, (id) =>
      Effect.map(journal.claim(id, "account"), ({ epoch }) => ({ id, epoch, seq: 0 }))
    )
    const plain = names.map((name) => ({ id: `raw-${name}`, seq: 0 }))
    const mine: Array<Window> = []
    const theirs: Array<Window> = []
    for (let round = -1; round < rounds; round++) {
      const first = yield* ours(owned)
      const second = yield* raw(sql, plain)
      // The first round warms plans and caches.
      if (round >= 0) {
        mine.push(first)
        theirs.push(second)
      }
    }
    const rates = mine.map((window) => window.rowsPerSecond)
    const value = median(rates)
    const yardstickValue = median(theirs.map((window) => window.rowsPerSecond))
    points.push({ n, value })
    rows.push({
      case: `${n} accounts`,
      value,
      unit: "intents/s",
      spread: spread(rates),
      yardstick: `raw inserts of ${n} rows, one connection`,
      yardstickValue,
      ratio: value / yardstickValue,
      goal: ">= 0.9 of the raw rate",
      met: value >= 0.9 * yardstickValue
    })
    const p50s = mine.map((window) => window.p50Ms)
    const rawP50 = median(theirs.map((window) => window.p50Ms))
    rows.push({
      case: `${n} accounts, p50`,
      value: median(p50s),
      unit: "ms",
      spread: spread(p50s),
      yardstick: `one raw commit of ${n} rows`,
      yardstickValue: rawP50,
      ratio: rawP50 / median(p50s),
      goal: "within 1 ms of one raw commit",
      met: median(p50s) <= rawP50 + 1
    })
  }
  const exponent = fittedExponent(points)
  return { rows, growth: points.map((point) => ({ case: "intents/s over accounts", ...point, exponent })) }
})

const program = Effect.gen(function* () {
  const directory = mkdtempSync(join(tmpdir(), "outcry-bench-"))
  // As root, the server's own user has to get in.
  chmodSync(directory, 0o755)
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(directory, { recursive: true, force: true })))
  const server = yield* embeddedPostgres({ dataDir: directory })
  const database = Database.layer({ url: server.url, applicationName: "bench" })
  return yield* Effect.andThen(migrate, measure.pipe(Effect.provide(Journal.layer()))).pipe(Effect.provide(database))
}).pipe(Effect.scoped)

export const journalBench: Bench = { name: "journal", run: () => Effect.runPromise(program) }
