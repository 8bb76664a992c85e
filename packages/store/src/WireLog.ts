/**
 * The wire log: each request that was to place an order and its reply, keys and signatures taken out by whoever sent it.
 * Best effort and bounded: `offer` never waits and never fails, and what the database cannot take in time is dropped and
 * counted. Nothing decides on it. Rows are kept 90 days.
 */
import { Clock, Context, Effect, Layer, Metric, Queue, Schedule } from "effect"
import { SqlClient, type SqlError } from "effect/sql"

export interface WireEntry {
  readonly account: string
  readonly clientOrderId: string
  readonly method: string
  readonly path: string
  readonly request: string
  /** HTTP status; 0 where no reply came. */
  readonly status: number
  readonly response: string
  /** Epoch µs. */
  readonly sentUs: number
  readonly answeredUs: number
}

export interface WireLogOptions {
  /** Entries that may wait to be written. Default 4,096. */
  readonly waitingMax?: number
  /** Default 90 days. */
  readonly keptMs?: number
  /** Default 1 h. */
  readonly pruneEveryMs?: number
}

const batchMax = 256
/** Characters of a request or a reply that are kept. */
const textMax = 16_384
const pruneBatch = 5_000
const writeWithin = "5 seconds"
const dayMs = 86_400_000

const dropped = Metric.counter("outcry_wire_log_dropped_total", {
  description: "Entries of the wire log that were not written",
  incremental: true
})

/** What Postgres can hold as text, and no more of it than is kept. */
const storable = (text: string): string => text.slice(0, textMax).replaceAll("\u0000", "").toWellFormed()

const make = Effect.fnUntraced(function* (options: WireLogOptions) {
  const sql = yield* SqlClient.SqlClient
  const waiting = yield* Queue.dropping<WireEntry>(options.waitingMax ?? 4_096)

  const write = Effect.fnUntraced(function* (batch: ReadonlyArray<WireEntry>) {
    const rows = batch.map((entry) => ({
      account: entry.account,
      client_order_id: entry.clientOrderId,
      sent_us: Math.round(entry.sentUs),
      answered_us: Math.round(entry.answeredUs),
      method: entry.method,
      path: storable(entry.path),
      request: storable(entry.request),
      status: entry.status,
      response: storable(entry.response)
    }))
    yield* sql`
      INSERT INTO wire_log (account, client_order_id, sent_us, answered_us, method, path, request, status, response)
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) AS entry(account text, client_order_id text,
        sent_us bigint, answered_us bigint, method text, path text, request text, status integer, response text)`
  })

  const read = Effect.fn("WireLog.read")(
    (account: string, clientOrderId: string) => sql<WireEntry>`
      SELECT account, client_order_id AS "clientOrderId", method, path, request, status, response,
        sent_us::float8 AS "sentUs", answered_us::float8 AS "answeredUs"
      FROM wire_log WHERE account = ${account} AND client_order_id = ${clientOrderId} ORDER BY sent_us, id`
  )

  const prune = Effect.gen(function* () {
    const before = (yield* Clock.currentTimeMillis) - (options.keptMs ?? 90 * dayMs)
    for (;;) {
      const gone = yield* sql<{ id: string }>`
        DELETE FROM wire_log WHERE id IN (
          SELECT id FROM wire_log WHERE sent_us < ${String(before * 1000)}::text::bigint
          LIMIT ${sql.literal(String(pruneBatch))} FOR UPDATE SKIP LOCKED
        ) RETURNING id::text AS id`
      if (gone.length < pruneBatch) return
    }
  })

  const writeNext = Effect.gen(function* () {
    const batch = yield* Queue.takeBetween(waiting, 1, batchMax)
    yield* write(batch).pipe(
      Effect.timeout(writeWithin),
      Effect.catch((error) =>
        Effect.andThen(
          Metric.update(dropped, batch.length),
          Effect.logWarning(`${batch.length} entries of the wire log were not written: ${error.message}`)
        )
      )
    )
  })
  yield* Effect.forkScoped(Effect.forever(writeNext))
  yield* prune.pipe(
    Effect.catch((error) => Effect.logWarning(`the wire log could not be pruned: ${error.message}`)),
    Effect.repeat(Schedule.spaced(options.pruneEveryMs ?? 3_600_000)),
    Effect.forkScoped
  )

  return WireLog.of({
    offer: (entry) =>
      Effect.suspend(() => (Queue.offerUnsafe(waiting, entry) ? Effect.void : Metric.update(dropped, 1))),
    write,
    read
  })
})

export class WireLog extends Context.Service<
  WireLog,
  {
    /** Takes an entry to be written soon; drops it while too many wait. */
    readonly offer: (entry: WireEntry) => Effect.Effect<void>
    /** Writes at once. */
    readonly write: (batch: ReadonlyArray<WireEntry>) => Effect.Effect<void, SqlError.SqlError>
    /** Of one order, oldest first. */
    readonly read: (
      account: string,
      clientOrderId: string
    ) => Effect.Effect<ReadonlyArray<WireEntry>, SqlError.SqlError>
  }
>()("@outcry/store/WireLog") {
  static readonly layer = (options: WireLogOptions = {}): Layer.Layer<WireLog, never, SqlClient.SqlClient> =>
    Layer.effect(WireLog, make(options))
}
