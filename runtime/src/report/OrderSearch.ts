/** Finds the row by which an order, or an intent that was refused, came to be: in the database, over all accounts. Reads only. */
import type { WireEntry } from "@outcry/store/WireLog"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { userError } from "../cli/UserError.ts"
import type { Subject } from "./Dossier.ts"

interface Found extends Subject {
  readonly type: string
  readonly venueOrderId: string | null
}

const columns = `substr(entity_id, 9) AS account, seq::float8 AS seq, type,
  payload ->> 'clientOrderId' AS "clientOrderId", payload ->> 'venueOrderId' AS "venueOrderId"`

const byIntent = Effect.fnUntraced(function* (strategy: string, intentSeq: number) {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<Found>`
    SELECT ${sql.literal(columns)} FROM journal
    WHERE entity_id LIKE 'Account/%' AND type IN ('OrderIntended', 'IntentRefused')
      AND payload ->> 'strategy' = ${strategy} AND payload -> 'intentSeq' = ${String(intentSeq)}::text::jsonb
    ORDER BY seq LIMIT 20`
})

const byId = Effect.fnUntraced(function* (id: string) {
  const sql = yield* SqlClient.SqlClient
  const found = yield* sql<Found>`
    SELECT ${sql.literal(columns)} FROM journal
    WHERE entity_id LIKE 'Account/%' AND (
      (type IN ('OrderIntended', 'IntentRefused', 'ExternalOrderAdopted') AND starts_with(payload ->> 'clientOrderId', ${id}))
      OR (type IN ('OrderAccepted', 'ExternalOrderAdopted') AND payload ->> 'venueOrderId' = ${id}))
    ORDER BY seq LIMIT 50`
  // The venue's id leads to the acceptance; the order began with its intent.
  const named = found.filter(({ type }) => type === "OrderAccepted")
  const intents = yield* Effect.forEach(
    named,
    ({ account, clientOrderId }) => sql<Found>`
      SELECT ${sql.literal(columns)} FROM journal
      WHERE entity_id = ${`Account/${account}`} AND type = 'OrderIntended' AND client_order_id = ${clientOrderId}`
  )
  return [...found.filter(({ type }) => type !== "OrderAccepted"), ...intents.flat()]
})

const unknown = (text: string) =>
  userError(
    "UnknownOrder",
    `No journal here knows an order ${text}.`,
    "Give a client order id, its beginning, the venue's id, or STRATEGY/N; `outcry orders --status all` lists the latest."
  )

/** By client order id, venue order id, the beginning of a client order id, or `STRATEGY/N`. */
export const findSubject = Effect.fnUntraced(function* (text: string) {
  const intent = /^(.+)\/(\d{1,15})$/.exec(text)
  const found = yield* intent === null ? byId(text) : byIntent(intent[1]!, Number(intent[2]))
  const exact = found.filter(({ clientOrderId, venueOrderId }) => clientOrderId === text || venueOrderId === text)
  const candidates = exact.length > 0 ? exact : found
  // An intent that was sent again and refused as a repeat still means the order.
  const orders = candidates.filter(({ type }) => type !== "IntentRefused")
  const [first, ...others] = orders.length > 0 ? orders : candidates
  if (first === undefined) return yield* unknown(text)
  const rival = others.find(({ account, clientOrderId }) =>
    intent === null ? clientOrderId !== first.clientOrderId : account !== first.account
  )
  if (rival !== undefined)
    return yield* userError(
      "UnknownOrder",
      `${text} may be ${first.clientOrderId} of ${first.account} or ${rival.clientOrderId} of ${rival.account}.`,
      "Give more of its id."
    )
  const subject: Subject = { account: first.account, seq: first.seq, clientOrderId: first.clientOrderId }
  return subject
})

/** What went over the wire for an order, oldest first; nothing where a database of an older release keeps none. */
export const wireOf = Effect.fnUntraced(function* ({ account, clientOrderId }: Subject) {
  const sql = yield* SqlClient.SqlClient
  const kept = yield* sql<{ found: string | null }>`SELECT to_regclass('wire_log')::text AS found`
  if (typeof kept[0]?.found !== "string") return []
  return yield* sql<WireEntry>`
    SELECT account, client_order_id AS "clientOrderId", method, path, request, status, response,
      sent_us::float8 AS "sentUs", answered_us::float8 AS "answeredUs"
    FROM wire_log WHERE account = ${account} AND client_order_id = ${clientOrderId} ORDER BY sent_us, id`
})
