/**
 * An account's journal and snapshot as they lie in the database, damage included: every row is handed on, with what is
 * wrong with it. Reads only; the account itself refuses to read past damage.
 */
import { entityIdOf } from "@outcry/actor-account/Ledger"
import { canonicalJson, rowChecksum, snapshotChecksum, type StoredRow } from "@outcry/store/JournalRow"
import { Effect, Option, Stream } from "effect"
import { SqlClient } from "effect/sql"

export interface InspectedRow {
  readonly row: StoredRow
  /** Whether its checksum fits its content. */
  readonly sound: boolean
}

export interface InspectedSnapshot {
  readonly seq: number
  readonly version: number
  readonly state: unknown
  readonly hash: string
  readonly sound: boolean
}

const batchRows = 2_000

interface Stored extends StoredRow {
  readonly checksum: number
}

const inspected = (entityId: string, { checksum, ...row }: Stored): InspectedRow => ({
  row,
  sound: rowChecksum(entityId, row.epoch, row, canonicalJson(row.payload)) === checksum
})

/** Every row of one account after `afterSeq`, oldest first. */
export const rowsOf = (account: string, afterSeq = 0) => {
  const entityId = entityIdOf(account)
  return Stream.paginate(afterSeq, (after) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<Stored>`
        SELECT seq::float8 AS seq, epoch, command_id AS "commandId", command_part AS "commandPart", type, version,
          time_us::float8 AS "timeUs", opening, client_order_id AS "clientOrderId", fill_key AS "fillKey", payload, checksum
        FROM journal WHERE entity_id = ${entityId} AND seq > ${String(after)}::text::bigint ORDER BY seq LIMIT ${batchRows}`
      const next = rows.length < batchRows ? undefined : rows.at(-1)?.seq
      return [rows.map((row) => inspected(entityId, row)), Option.fromUndefinedOr(next)] as const
    })
  )
}

/** The account's snapshot; undefined where there is none yet. */
export const snapshotOf = Effect.fnUntraced(function* (account: string) {
  const sql = yield* SqlClient.SqlClient
  const entityId = entityIdOf(account)
  const rows = yield* sql<Omit<InspectedSnapshot, "sound"> & { readonly checksum: number }>`
    SELECT seq::float8 AS seq, version, state, hash, checksum FROM snapshot WHERE entity_id = ${entityId}`
  const found = rows[0]
  if (found === undefined) return undefined
  const { checksum, hash, seq, state, version } = found
  const sound = snapshotChecksum(entityId, seq, version, hash, canonicalJson(state)) === checksum
  const snapshot: InspectedSnapshot = { seq, version, state, hash, sound }
  return snapshot
})
