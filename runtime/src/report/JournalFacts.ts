/**
 * The accounts' journals as they are in the database, read in order and in batches: what a report is made of. Reads only.
 */
import { entityIdOf } from "@outcry/actor-account/Ledger"
import { Effect, Option, Stream } from "effect"
import { SqlClient } from "effect/sql"

/** A row of an account's journal, payload in stored form. */
export interface JournalFact {
  readonly entityId: string
  readonly seq: number
  readonly type: string
  readonly version: number
  readonly timeUs: number
  readonly payload: Readonly<Record<string, unknown>>
}

const batchRows = 5_000

/** Every fact of one account, oldest first. */
export const factsOf = (account: string) =>
  Stream.paginate(0, (afterSeq) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<JournalFact>`
        SELECT entity_id AS "entityId", seq::float8 AS seq, type, version, time_us::float8 AS "timeUs", payload
        FROM journal WHERE entity_id = ${entityIdOf(account)} AND seq > ${afterSeq} ORDER BY seq LIMIT ${batchRows}`
      const next = rows.length < batchRows ? undefined : rows.at(-1)?.seq
      return [rows, Option.fromUndefinedOr(next)] as const
    })
  )

/** A position by the sum of its unique fills: computed by the database, independent of any fold. */
export interface FillSum {
  /** Entity id of the account's journal. */
  readonly entityId: string
  readonly instrument: string
  /** Decimal, signed. */
  readonly quantity: string
  readonly fills: number
}

/**
 * Σ ± quantity over unique (account, instrument, venue trade id, side), without those that were taken back. The side is
 * the fill's own: of a trade with ourselves there are two.
 */
export const fillSums = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<FillSum>`
    SELECT entity_id AS "entityId", payload ->> 'instrument' AS instrument,
      trim_scale(sum(CASE payload ->> 'side' WHEN 'buy' THEN 1 ELSE -1 END * (payload ->> 'quantity')::numeric))::text AS quantity,
      count(*)::float8 AS fills
    FROM (
      SELECT DISTINCT ON (entity_id, payload ->> 'instrument', payload ->> 'venueTradeId', payload ->> 'side') entity_id, payload
      FROM journal WHERE type = 'OrderFilled'
      ORDER BY entity_id, payload ->> 'instrument', payload ->> 'venueTradeId', payload ->> 'side', seq
    ) unique_fills
    WHERE (entity_id, payload ->> 'instrument', payload ->> 'venueTradeId', payload ->> 'side') NOT IN (
      SELECT entity_id, payload ->> 'instrument', payload ->> 'venueTradeId', payload ->> 'side'
      FROM journal WHERE type = 'FillBusted')
    GROUP BY entity_id, payload ->> 'instrument' ORDER BY 1, 2`
})
