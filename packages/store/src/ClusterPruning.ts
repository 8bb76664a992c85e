/**
 * Keeps the cluster's message tables small: deletes processed messages and their replies once they are older than a
 * bound, a bounded batch at a time, and reports the oldest message that nobody has processed (one that is claimed and
 * lost is read again only after minutes, so its age is what to alert on). It never touches an unprocessed message.
 */
import { Clock, Effect, Metric, Schedule } from "effect"
import { MachineId, Snowflake } from "effect/cluster"
import { SqlClient } from "effect/sql"

export interface PruningOptions {
  /** Prefix of the cluster's tables. Default "cluster". */
  readonly prefix?: string
  /** Processed messages younger than this stay. Default 1 h: a caller may still fetch their replies. */
  readonly maxAgeMs?: number
  /** Default 1 minute. */
  readonly intervalMs?: number
  /** Messages deleted by one statement. Default 5,000. */
  readonly batchSize?: number
  /** Statements of one round at most; what is left waits for the next. Default 20. */
  readonly batchesPerRound?: number
  /** Log a warning when a due message has waited longer. Default 1 minute. */
  readonly warnAgeMs?: number
}

export interface PruningReport {
  readonly messagesDeleted: number
  readonly repliesDeleted: number
  readonly unprocessed: number
  /** Age of the oldest unprocessed message that is due; 0 when there is none. */
  readonly oldestUnprocessedMs: number
}

const oldestSeconds = Metric.gauge("outcry_cluster_unprocessed_message_age_seconds", {
  description: "Age of the oldest cluster message that is due and not processed"
})
const prunedTotal = Metric.counter("outcry_cluster_pruned_messages_total", {
  description: "Processed cluster messages deleted",
  incremental: true
})

/** One round. Does nothing as long as the cluster has not made its tables. */
export const pruneClusterMessages = Effect.fn("ClusterPruning.prune")(function* (options: PruningOptions = {}) {
  const sql = yield* SqlClient.SqlClient
  const prefix = options.prefix ?? "cluster"
  const messages = sql(`${prefix}_messages`)
  const replies = sql(`${prefix}_replies`)
  const report = { messagesDeleted: 0, repliesDeleted: 0, unprocessed: 0, oldestUnprocessedMs: 0 }
  const tables = yield* sql<{ found: number }>`
    SELECT count(*)::int4 AS found FROM pg_tables
    WHERE schemaname = ANY(current_schemas(false)) AND tablename IN (${`${prefix}_messages`}, ${`${prefix}_replies`})`
  if (tables[0]?.found !== 2) return report satisfies PruningReport

  const nowMs = yield* Clock.currentTimeMillis
  // Message ids are snowflakes: they carry their time, and the primary key finds the old ones.
  const cutoff = Snowflake.make({
    machineId: MachineId.make(0),
    sequence: 0,
    timestamp: nowMs - (options.maxAgeMs ?? 3_600_000)
  })
  const batchSize = options.batchSize ?? 5_000
  for (let batch = 0; batch < (options.batchesPerRound ?? 20); batch++) {
    // Skipping locked rows lets several nodes prune at once.
    const rows = yield* sql<{ messages: number; replies: number }>`
      WITH old AS MATERIALIZED (
        SELECT id FROM ${messages} WHERE processed AND id < ${String(cutoff)}::text::bigint
        ORDER BY id LIMIT ${sql.literal(String(batchSize))} FOR UPDATE SKIP LOCKED
      ), gone AS (DELETE FROM ${messages} USING old WHERE ${messages}.id = old.id RETURNING 1),
      answers AS (DELETE FROM ${replies} USING old WHERE ${replies}.request_id = old.id RETURNING 1)
      SELECT (SELECT count(*) FROM gone)::int4 AS messages, (SELECT count(*) FROM answers)::int4 AS replies`
    report.messagesDeleted += rows[0]?.messages ?? 0
    report.repliesDeleted += rows[0]?.replies ?? 0
    if ((rows[0]?.messages ?? 0) < batchSize) break
  }

  const left = yield* sql<{ unprocessed: number; oldest: string | null }>`
    SELECT count(*)::int4 AS unprocessed,
      min(CASE WHEN deliver_at IS NULL OR deliver_at <= ${String(nowMs)}::text::bigint THEN id END)::text AS oldest
    FROM ${messages} WHERE NOT processed`
  const oldest = left[0]?.oldest ?? null
  report.unprocessed = left[0]?.unprocessed ?? 0
  report.oldestUnprocessedMs =
    oldest === null ? 0 : Math.max(0, nowMs - Snowflake.timestamp(Snowflake.Snowflake(oldest)))
  yield* Metric.update(oldestSeconds, report.oldestUnprocessedMs / 1_000)
  yield* Metric.update(prunedTotal, report.messagesDeleted)
  if (report.oldestUnprocessedMs > (options.warnAgeMs ?? 60_000)) {
    yield* Effect.logWarning(
      `A cluster message has waited ${Math.round(report.oldestUnprocessedMs / 1_000)} s without being processed (${report.unprocessed} in all). See which actor it is for in ${prefix}_messages; restarting that actor's node makes it be read again.`
    )
  }
  return report satisfies PruningReport
})

/** Prunes for the life of the scope. A failed round is logged and the next one tries again. */
export const clusterPruning = Effect.fnUntraced(function* (options: PruningOptions = {}) {
  yield* pruneClusterMessages(options).pipe(
    Effect.catchTag("SqlError", (error) =>
      Effect.logWarning(`Pruning the cluster's messages failed and will be tried again: ${error.message}`)
    ),
    Effect.repeat(Schedule.spaced(options.intervalMs ?? 60_000)),
    Effect.forkScoped
  )
})
