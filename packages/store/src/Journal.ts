/**
 * The event journal: durable, gapless, one owner per entity. An owner claims (which raises the epoch and fences every
 * earlier owner off), only then replays, and appends under its epoch. An append is acknowledged after its commit. It also
 * keeps the entity's snapshot and trading state under the same fence. It does not know what events mean.
 */
import { Context, Effect, Layer, Option, Stream } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import { Database, type DatabaseUnreachable } from "./Database.ts"
import type { AppendRequest } from "./JournalBatch.ts"
import {
  type AppendError,
  Conflict,
  CorruptJournal,
  CorruptSnapshot,
  Fenced,
  JournalUnavailable
} from "./JournalError.ts"
import { canonicalJson, rowChecksum, snapshotChecksum, type StoredRow } from "./JournalRow.ts"
import { makeJournalWriter, outcomeOf } from "./JournalWriter.ts"

export type TradingState = "active" | "reducing" | "halted"

export interface Snapshot {
  readonly seq: number
  /** Version of the state's shape. */
  readonly version: number
  /** JSON. */
  readonly state: unknown
  /** The owner's own hash of the state, to compare with a replay. */
  readonly hash: string
}

export interface Claim {
  readonly epoch: number
  readonly tradingState: TradingState
}

export interface JournalOptions {
  /** Statements in flight at once; an entity always uses the same. Default 2. */
  readonly lanes?: number
  /** Appends that may wait in one lane before callers do. Default 4,096. */
  readonly queueCapacity?: number
  /** Rows of one statement; an append that has more goes alone. Default 2,048. */
  readonly maxBatchRows?: number
  /** Bounds the wait for an epoch row, and so a takeover. Default 2 s. */
  readonly lockTimeoutMs?: number
  /** A statement without an answer for so long, beside its wait for an epoch row, counts as lost. Default 10 s. */
  readonly statementTimeoutMs?: number
  /** Rows read at a time in a replay. Default 2,000. */
  readonly pageSize?: number
}

interface PageRow {
  readonly seq: number
  readonly epoch: number
  readonly command_id: string
  readonly command_part: number
  readonly type: string
  readonly version: number
  readonly time_us: number
  readonly opening: boolean
  readonly client_order_id: string | null
  readonly fill_key: string | null
  readonly payload: unknown
  readonly checksum: number
}

/** Plans that stay good while the tables grow from empty: no re-planning per batch, and never by scanning a partition. */
const sessionSettings = { plan_cache_mode: "force_generic_plan", enable_seqscan: "off", jit: "off" }

/** What a statement answers within its time; without an answer nobody knows what it did. */
const within =
  (limitMs: number) =>
  <A>(statement: Effect.Effect<A, SqlError.SqlError>): Effect.Effect<A, JournalUnavailable> =>
    statement.pipe(
      Effect.mapError((error) => new JournalUnavailable({ outcome: outcomeOf(error), reason: error.message })),
      Effect.timeoutOrElse({
        duration: limitMs,
        orElse: () =>
          Effect.fail(new JournalUnavailable({ outcome: "unknown", reason: `no answer within ${limitMs} ms` }))
      })
    )

const toRow = (row: PageRow): StoredRow => ({
  seq: row.seq,
  epoch: row.epoch,
  commandId: row.command_id,
  commandPart: row.command_part,
  type: row.type,
  version: row.version,
  timeUs: row.time_us,
  opening: row.opening,
  clientOrderId: row.client_order_id,
  fillKey: row.fill_key,
  payload: row.payload
})

/** The columns of a page's row, in order. */
type PageLine = readonly [
  seq: number,
  epoch: number,
  commandId: string,
  commandPart: number,
  type: string,
  version: number,
  timeUs: number,
  opening: boolean,
  clientOrderId: string | null,
  fillKey: string | null,
  payload: unknown,
  checksum: number
]

const verified = (
  entityId: string,
  page: ReadonlyArray<PageLine>,
  firstSeq: number,
  /** The first sequence behind the page, if there is one. */
  next: number | null
): Effect.Effect<Array<StoredRow>, CorruptJournal> => {
  const rows: Array<StoredRow> = []
  for (const [
    seq,
    epoch,
    commandId,
    commandPart,
    type,
    version,
    timeUs,
    opening,
    clientOrderId,
    fillKey,
    payload,
    checksum
  ] of page) {
    const due = firstSeq + rows.length
    if (seq !== due) {
      return Effect.fail(
        new CorruptJournal({ entityId, seq: due, reason: `the row is missing; the next one is ${seq}` })
      )
    }
    const row: StoredRow = {
      seq,
      epoch,
      commandId,
      commandPart,
      type,
      version,
      timeUs,
      opening,
      clientOrderId,
      fillKey,
      payload
    }
    if (rowChecksum(entityId, epoch, row, canonicalJson(payload)) !== checksum) {
      return Effect.fail(
        new CorruptJournal({ entityId, seq: row.seq, reason: "its checksum does not match its content" })
      )
    }
    rows.push(row)
  }
  const due = firstSeq + rows.length
  if (next !== null && next !== due)
    return Effect.fail(
      new CorruptJournal({ entityId, seq: due, reason: `the row is missing; the next one is ${next}` })
    )
  return Effect.succeed(rows)
}

const make = Effect.fnUntraced(function* (options: JournalOptions) {
  const lanes = options.lanes ?? 2
  const lockTimeoutMs = options.lockTimeoutMs ?? 2_000
  const statementTimeoutMs = options.statementTimeoutMs ?? 10_000
  const pageSize = options.pageSize ?? 2_000
  const database = yield* Database
  const sql: SqlClient.SqlClient = yield* database.pool({
    size: lanes + 3,
    purpose: "journal",
    session: sessionSettings
  })
  const writer = yield* makeJournalWriter(sql, {
    lanes,
    queueCapacity: options.queueCapacity ?? 4_096,
    maxBatchRows: options.maxBatchRows ?? 2_048,
    lockTimeoutMs,
    statementTimeoutMs
  })
  const patience = `${lockTimeoutMs}ms`
  const answered = within(statementTimeoutMs)
  const answeredOnceLocked = within(lockTimeoutMs + statementTimeoutMs)
  const columns = sql.literal(
    `seq::float8 AS seq, epoch, command_id, command_part, type, version, time_us::float8 AS time_us, opening,
     client_order_id, fill_key, payload, checksum`
  )

  // An autocommit statement each: an owner that freezes in it cannot keep the row locked.
  const claim = Effect.fn("Journal.claim")(function* (entityId: string, kind: string, ownerId: string = "local") {
    const rows = yield* sql<{ epoch: number; trading_state: TradingState }>`
      INSERT INTO entity_epoch (entity_id, owner_id, kind, epoch)
      SELECT ${entityId}, ${ownerId}, ${kind}, 1 FROM (SELECT set_config('lock_timeout', ${patience}, true) AS value) bound
      WHERE bound.value IS NOT NULL
      ON CONFLICT (entity_id) DO UPDATE SET epoch = entity_epoch.epoch + 1, kind = excluded.kind
      RETURNING epoch, trading_state`.pipe(answeredOnceLocked)
    const row = rows[0]
    if (row === undefined) return yield* Effect.die(new Error("an upsert returned no row"))
    const claimed: Claim = { epoch: row.epoch, tradingState: row.trading_state }
    return claimed
  })

  // A page is one JSON text: the driver's work by row and column cost more than all of ours. Bounded on both sides, since
  // a planner without statistics would read and sort the whole rest for each page; what lies behind shows a hole at its end.
  const page = (entityId: string, fromSeq: number) => {
    const [from, behind] = [String(fromSeq), String(fromSeq + pageSize)]
    return sql<{ page: string; next: number | null }>`
      SELECT (SELECT coalesce(json_agg(json_build_array(seq, epoch, command_id, command_part, type, version, time_us,
          opening, client_order_id, fill_key, payload, checksum) ORDER BY seq), '[]')::text
        FROM journal WHERE entity_id = ${entityId} AND seq >= ${from}::text::bigint AND seq < ${behind}::text::bigint
      ) AS page, (SELECT seq::float8 FROM journal
        WHERE entity_id = ${entityId} AND seq >= ${behind}::text::bigint ORDER BY journal.seq LIMIT 1) AS next`.pipe(
      answered,
      Effect.flatMap((rows) => {
        const { next, page } = rows[0]!
        return verified(entityId, JSON.parse(page) as ReadonlyArray<PageLine>, fromSeq, next)
      })
    )
  }

  const read = (entityId: string, fromSeq: number = 1): Stream.Stream<StoredRow, CorruptJournal | JournalUnavailable> =>
    Stream.paginate(
      fromSeq,
      (from) =>
        Effect.map(
          page(entityId, from),
          (rows) => [rows, rows.length < pageSize ? Option.none<number>() : Option.some(from + rows.length)] as const
        )
      // The next page is under way while this one is worked.
    ).pipe(Stream.bufferArray({ capacity: 2 }))

  const findCommand = Effect.fn("Journal.findCommand")(function* (entityId: string, commandId: string) {
    const rows = yield* sql<PageRow>`
      SELECT ${columns} FROM journal WHERE entity_id = ${entityId} AND command_id = ${commandId} ORDER BY command_part`.pipe(
      answered
    )
    return rows.map(toRow)
  })

  const lastSeq = Effect.fn("Journal.lastSeq")(function* (entityId: string) {
    const rows = yield* sql<{ seq: number }>`
      SELECT seq::float8 AS seq FROM journal WHERE entity_id = ${entityId} ORDER BY journal.seq DESC LIMIT 1`.pipe(
      answered
    )
    return rows[0]?.seq ?? 0
  })

  const saveSnapshot = Effect.fn("Journal.saveSnapshot")(function* (
    entityId: string,
    epoch: number,
    snapshot: Snapshot
  ) {
    const { seq, version, hash } = snapshot
    const state = yield* Effect.try({
      try: () => canonicalJson(snapshot.state),
      catch: (cause) =>
        new Conflict({
          entityId,
          firstSeq: seq,
          reason: "invalid",
          detail: `the snapshot cannot be stored: ${String(cause)}`
        })
    })
    const checksum = snapshotChecksum(entityId, seq, version, hash, state)
    const rows = yield* sql<{ held_epoch: number | null; last_seq: number; saved: boolean }>`
      WITH bound AS MATERIALIZED (SELECT set_config('lock_timeout', ${patience}, true) AS value),
      held AS MATERIALIZED (
        SELECT w.epoch, w.owner_id FROM entity_epoch w
        WHERE w.entity_id = ${entityId} AND (SELECT value FROM bound) IS NOT NULL FOR SHARE OF w
      ), last AS MATERIALIZED (
        SELECT coalesce((SELECT j.seq FROM journal j WHERE j.entity_id = ${entityId} ORDER BY j.seq DESC LIMIT 1), 0) AS seq
      ), put AS (
        INSERT INTO snapshot AS kept (entity_id, owner_id, seq, version, state, hash, checksum)
        SELECT ${entityId}, held.owner_id, ${String(seq)}::text::bigint, ${version}, ${state}::text::jsonb, ${hash}, ${checksum}
        FROM held, last WHERE held.epoch = ${epoch} AND last.seq >= ${String(seq)}::text::bigint
        ON CONFLICT (entity_id) DO UPDATE SET seq = excluded.seq, version = excluded.version, state = excluded.state,
          hash = excluded.hash, checksum = excluded.checksum, saved = now() WHERE kept.seq <= excluded.seq
        RETURNING 1
      )
      SELECT (SELECT epoch FROM held) AS held_epoch, last.seq::float8 AS last_seq, EXISTS (SELECT FROM put) AS saved FROM last`.pipe(
      answeredOnceLocked
    )
    const answer = rows[0]
    if (answer?.saved === true) return
    const heldEpoch = answer?.held_epoch ?? null
    if (heldEpoch !== epoch) return yield* new Fenced({ entityId, epoch, heldEpoch })
    const last = answer?.last_seq ?? 0
    // A newer snapshot is there already: this one came late and is not needed.
    if (seq <= last) return
    return yield* new Conflict({
      entityId,
      firstSeq: seq,
      reason: "position",
      detail: `the snapshot is ahead of the journal, which ends at ${last}`
    })
  })

  const loadSnapshot = Effect.fn("Journal.loadSnapshot")(function* (entityId: string) {
    const rows = yield* sql<Snapshot & { checksum: number }>`
      SELECT seq::float8 AS seq, version, state, hash, checksum FROM snapshot WHERE entity_id = ${entityId}`.pipe(
      answered
    )
    const row = rows[0]
    if (row === undefined) return Option.none<Snapshot>()
    const { seq, version, state, hash } = row
    if (snapshotChecksum(entityId, seq, version, hash, canonicalJson(state)) !== row.checksum) {
      return yield* new CorruptSnapshot({ entityId, seq })
    }
    return Option.some<Snapshot>({ seq, version, state, hash })
  })

  const setTradingState = Effect.fn("Journal.setTradingState")(function* (entityId: string, state: TradingState) {
    // Waits for appends in flight; every later one sees it. An entity not yet claimed is halted before its first owner.
    yield* sql`
      INSERT INTO entity_epoch (entity_id, kind, epoch, trading_state)
      SELECT ${entityId}, 'unclaimed', 0, ${state} FROM (SELECT set_config('lock_timeout', ${patience}, true) AS value) bound
      WHERE bound.value IS NOT NULL
      ON CONFLICT (entity_id) DO UPDATE SET trading_state = excluded.trading_state`.pipe(answeredOnceLocked)
  })

  const tradingState = Effect.fn("Journal.tradingState")(function* (entityId: string) {
    const rows = yield* sql<{ trading_state: TradingState }>`
      SELECT trading_state FROM entity_epoch WHERE entity_id = ${entityId}`.pipe(answered)
    return rows[0]?.trading_state ?? "active"
  })

  const heldEpoch = Effect.fn("Journal.heldEpoch")(function* (entityId: string) {
    const rows = yield* sql<{ epoch: number }>`
      SELECT epoch FROM entity_epoch WHERE entity_id = ${entityId}`.pipe(answered)
    return rows[0]?.epoch ?? 0
  })

  return Journal.of({
    claim,
    heldEpoch,
    append: writer.append,
    waiting: writer.waiting,
    read,
    findCommand,
    lastSeq,
    saveSnapshot,
    loadSnapshot,
    setTradingState,
    tradingState
  })
})

export class Journal extends Context.Service<
  Journal,
  {
    /** Raises the epoch and commits. Replay only after it returned. Waits for appends in flight, at most `lockTimeoutMs`. */
    readonly claim: (entityId: string, kind: string, ownerId?: string) => Effect.Effect<Claim, JournalUnavailable>
    /** The epoch in force; 0 when it was never claimed. */
    readonly heldEpoch: (entityId: string) => Effect.Effect<number, JournalUnavailable>
    /**
     * Appends all events or none and returns after the commit. An owner may send the next append before this one
     * returned. After `Fenced` stop; after `JournalUnavailable` with "unknown" claim anew and replay. Interrupting it
     * does not take the append back.
     */
    readonly append: (request: AppendRequest) => Effect.Effect<void, AppendError>
    /** Appends that wait for a batch now. */
    readonly waiting: Effect.Effect<number>
    /** The events from `fromSeq` (default 1) on, checked for damage and gaps. */
    readonly read: (entityId: string, fromSeq?: number) => Stream.Stream<StoredRow, CorruptJournal | JournalUnavailable>
    /** The events of one command, in order; none when it was never journalled. */
    readonly findCommand: (
      entityId: string,
      commandId: string
    ) => Effect.Effect<ReadonlyArray<StoredRow>, JournalUnavailable>
    /** 0 when the journal is empty. */
    readonly lastSeq: (entityId: string) => Effect.Effect<number, JournalUnavailable>
    /** Replaces the snapshot unless a newer one is there. Refused when ahead of the journal. */
    readonly saveSnapshot: (
      entityId: string,
      epoch: number,
      snapshot: Snapshot
    ) => Effect.Effect<void, Fenced | Conflict | JournalUnavailable>
    readonly loadSnapshot: (
      entityId: string
    ) => Effect.Effect<Option.Option<Snapshot>, CorruptSnapshot | JournalUnavailable>
    /** Durable; in force for every append that commits after it returned, whoever the owner is. */
    readonly setTradingState: (entityId: string, state: TradingState) => Effect.Effect<void, JournalUnavailable>
    readonly tradingState: (entityId: string) => Effect.Effect<TradingState, JournalUnavailable>
  }
>()("@outcry/store/Journal") {
  /** Opens a small pool of its own, so that the shared one's load does not delay a commit. */
  static readonly layer = (options: JournalOptions = {}): Layer.Layer<Journal, DatabaseUnreachable, Database> =>
    Layer.effect(Journal, make(options))
}
