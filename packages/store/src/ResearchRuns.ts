/**
 * The history of research: each run's figures as columns, to be listed and compared, and its whole record compressed
 * beside them. A run is named by what it is a function of, so keeping the same one twice keeps it once.
 */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { gunzipSync, gzipSync } from "node:zlib"

export const researchKinds = ["backtest", "walkForward", "optimisation", "study"] as const
export type ResearchKind = (typeof researchKinds)[number]

export interface ResearchRun {
  readonly runId: string
  readonly kind: ResearchKind
  /** Of the strategy or the study. */
  readonly name: string
  readonly instruments: ReadonlyArray<string>
  /** Epoch µs. */
  readonly from: number
  readonly to: number
  /** JSON. */
  readonly parameters: Readonly<Record<string, unknown>>
  readonly metrics: Readonly<Record<string, number>>
}

export interface KeptRun extends ResearchRun {
  /** Epoch ms. */
  readonly createdMs: number
}

/** There is no run of that name. */
export class ResearchRunUnknown extends Schema.TaggedError<ResearchRunUnknown>()("ResearchRunUnknown", {
  runId: Schema.String
}) {
  override get message(): string {
    return `There is no run ${this.runId}. \`outcry report --list\` names those that are kept.`
  }
}

interface Row {
  readonly run_id: string
  readonly kind: ResearchKind
  readonly name: string
  readonly instruments: ReadonlyArray<string>
  readonly from_us: number
  readonly to_us: number
  readonly parameters: Readonly<Record<string, unknown>>
  readonly metrics: Readonly<Record<string, number>>
  readonly created_ms: number
}

const keptOf = (row: Row): KeptRun => ({
  runId: row.run_id,
  kind: row.kind,
  name: row.name,
  instruments: row.instruments,
  from: row.from_us,
  to: row.to_us,
  parameters: row.parameters,
  metrics: row.metrics,
  createdMs: row.created_ms
})

const columns = `run_id, kind, name, instruments, from_us::float8 AS from_us, to_us::float8 AS to_us, parameters, metrics,
  (extract(epoch FROM created) * 1000)::float8 AS created_ms`

/** Keeps a run and its record (anything JSON can carry); true where it was not kept yet. */
export const keepRun = Effect.fn("ResearchRuns.keep")(function* (run: ResearchRun, record: unknown) {
  const sql = yield* SqlClient.SqlClient
  const { from, instruments, kind, metrics, name, parameters, runId, to } = run
  const packed = gzipSync(JSON.stringify(record))
  const rows = yield* sql`
    INSERT INTO research_run (run_id, kind, name, instruments, from_us, to_us, parameters, metrics, record)
    VALUES (${runId}, ${kind}, ${name}, ${JSON.stringify(instruments)}::text::jsonb, ${String(from)}::text::bigint,
      ${String(to)}::text::bigint, ${JSON.stringify(parameters)}::text::jsonb, ${JSON.stringify(metrics)}::text::jsonb,
      ${packed})
    ON CONFLICT (run_id) DO NOTHING RETURNING run_id`
  return rows.length > 0
})

/** The newest first. */
export const listRuns = Effect.fn("ResearchRuns.list")(function* (options: {
  readonly kind?: ResearchKind
  readonly name?: string
  readonly limit: number
}) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Row>`
    SELECT ${sql.literal(columns)} FROM research_run
    WHERE (${options.kind ?? ""} = '' OR kind = ${options.kind ?? ""})
      AND (${options.name ?? ""} = '' OR name = ${options.name ?? ""})
    ORDER BY created DESC, run_id LIMIT ${options.limit}`
  return rows.map(keptOf)
})

/** A run by its id, or by the beginning of it where only one begins so; with its record. */
export const findRun = Effect.fn("ResearchRuns.find")(function* (runId: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<Row & { readonly record: Uint8Array }>`
    SELECT ${sql.literal(columns)}, record FROM research_run WHERE starts_with(run_id, ${runId}) LIMIT 2`
  const [row, another] = rows
  if (row === undefined || another !== undefined) return yield* new ResearchRunUnknown({ runId })
  return { run: keptOf(row), record: JSON.parse(gunzipSync(row.record).toString()) as unknown }
})
