/**
 * The fenced batch append: what one statement writes, for many entities at once, and how appends are put together into
 * it. Pure text and data; `Journal` runs it. Two races are closed here (see the tests, which show both open without it):
 * the epoch rows are locked FOR SHARE, so that a takeover waits for an append in flight and then replays it; and the
 * rows of one entity are inserted together or not at all, only if the first is exactly the next one.
 */
import { planted } from "@outcry/model/Planted"
import type { JournalRow } from "./JournalRow.ts"
import { canonicalJson, rowChecksum } from "./JournalRow.ts"

/** One call of `append`. */
export interface AppendRequest {
  readonly entityId: string
  readonly epoch: number
  readonly firstSeq: number
  readonly events: ReadonlyArray<JournalRow>
}

/** An append that passed the checks, with its rows already as JSON. */
export interface PreparedAppend {
  readonly request: AppendRequest
  readonly opening: boolean
  readonly nextSeq: number
  /** One JSON object a row, without the opening brace and the group number, which the batch puts in front. */
  readonly rows: ReadonlyArray<string>
  readonly bytes: number
}

/** Checks and encodes an append; a text says what is wrong with it. */
export const prepareAppend = (request: AppendRequest): PreparedAppend | string => {
  if (request.events.length === 0) return "it holds no event"
  const rows: Array<string> = []
  let opening = false
  let bytes = 0
  let seq = request.firstSeq
  for (const row of request.events) {
    if (row.seq !== seq)
      return `its events are not numbered one by one from ${request.firstSeq}: ${row.seq} stands where ${seq} is due`
    let payload: string
    try {
      payload = canonicalJson(row.payload)
    } catch (cause) {
      return `the payload of event ${row.seq} cannot be stored: ${cause instanceof Error ? cause.message : String(cause)}`
    }
    const text =
      `"s":${row.seq},"n":${row.commandPart},"v":${row.version},"h":${rowChecksum(request.entityId, request.epoch, row, payload)}` +
      `,"u":${row.timeUs},"o":${row.opening},"c":${JSON.stringify(row.commandId)},"t":${JSON.stringify(row.type)}` +
      (row.clientOrderId === null ? "" : `,"i":${JSON.stringify(row.clientOrderId)}`) +
      (row.fillKey === null ? "" : `,"f":${JSON.stringify(row.fillKey)}`) +
      `,"p":${payload}}`
    rows.push(text)
    bytes += text.length
    opening ||= row.opening
    seq++
  }
  return { request, opening, nextSeq: seq, rows, bytes }
}

/** Appends of one owner of one entity, one after the other without a gap. */
export interface AppendGroup<A> {
  readonly entityId: string
  readonly epoch: number
  readonly firstSeq: number
  readonly members: Array<A>
}

/** Puts appends together by entity and epoch, in order. An append that does not continue its group is returned apart. */
export const groupAppends = <A extends { readonly prepared: PreparedAppend }>(
  appends: Iterable<A>
): { readonly groups: Array<AppendGroup<A>>; readonly broken: Array<A> } => {
  const open = new Map<string, { readonly group: AppendGroup<A>; nextSeq: number }>()
  const groups: Array<AppendGroup<A>> = []
  const broken: Array<A> = []
  for (const append of appends) {
    const { request, nextSeq } = append.prepared
    const key = `${request.epoch} ${request.entityId}`
    const found = open.get(key)
    if (found === undefined) {
      const group = { entityId: request.entityId, epoch: request.epoch, firstSeq: request.firstSeq, members: [append] }
      groups.push(group)
      open.set(key, { group, nextSeq })
    } else if (found.nextSeq === request.firstSeq) {
      found.group.members.push(append)
      found.nextSeq = nextSeq
    } else {
      broken.push(append)
    }
  }
  return { groups, broken }
}

const lookUp =
  "LEFT JOIN LATERAL (SELECT j.seq FROM journal j WHERE j.entity_id = c.e ORDER BY j.seq DESC LIMIT 1) l ON true"

/**
 * `$1` entity ids, `$2` the groups, `$3` their rows, `$4` lock_timeout. Answers one row: how many rows were written, and
 * what was refused as `[group, verdict, epoch in force, last seq]`. A single autocommit statement, so that a client
 * which freezes cannot hold the locks. lock_timeout is set before the first lock is asked for, and for this statement.
 */
const statement = (position: { readonly lastSeq: string; readonly join: string }): string => `
WITH bound AS MATERIALIZED (SELECT set_config('lock_timeout', $4, true) AS value),
claimed AS MATERIALIZED (
  SELECT * FROM json_to_recordset($2::text::json) AS x(g int4, e text, p int4, s int8, o bool)
), held AS MATERIALIZED (
  SELECT w.entity_id, w.epoch, w.trading_state, w.owner_id FROM entity_epoch w
  WHERE w.entity_id = ANY($1::text[]) AND (SELECT value FROM bound) IS NOT NULL
  ORDER BY w.entity_id FOR SHARE OF w
), verdict AS MATERIALIZED (
  SELECT c.g, c.e AS entity_id, c.p AS epoch, h.owner_id, h.epoch AS held_epoch, ${position.lastSeq} AS last_seq,
    CASE WHEN h.epoch IS DISTINCT FROM c.p THEN 'fenced'
         WHEN c.s <> ${position.lastSeq} + 1 THEN 'position'
         WHEN c.o AND h.trading_state = 'halted' THEN 'halted'
         ELSE 'written' END AS outcome
  FROM claimed c
  LEFT JOIN held h ON h.entity_id = c.e
  ${position.join}
), put AS (
  INSERT INTO journal (entity_id, seq, epoch, command_part, version, checksum, time_us, opening, owner_id, command_id,
    type, client_order_id, account, fill_key, payload)
  SELECT v.entity_id, r.s, v.epoch, r.n, r.v, r.h, r.u, r.o, v.owner_id, r.c, r.t, r.i,
    CASE WHEN r.i IS NOT NULL OR r.f IS NOT NULL THEN v.entity_id END, r.f, r.p
  FROM json_to_recordset($3::text::json) AS r(g int4, s int8, n int4, v int4, h int4, u int8, o bool, c text, t text, i text, f text, p jsonb)
  JOIN verdict v ON v.g = r.g
  WHERE v.outcome = 'written'
  RETURNING 1
)
SELECT (SELECT count(*)::int4 FROM put) AS written,
  (SELECT json_agg(json_build_array(v.g, v.outcome, v.held_epoch, v.last_seq)) FROM verdict v WHERE v.outcome <> 'written') AS refused`

/** Looks up where each journal ends, and writes a group only if it continues there. */
export const appendStatement = statement({ lastSeq: "coalesce(l.seq, 0)", join: lookUp })

/**
 * The same without the look-up, which is a fifth of the cost: only for groups that continue what this writer itself has
 * committed under the same epoch. Under a held epoch nobody else can have appended since, and the primary key refuses a
 * position that is taken.
 */
export const continuingStatement = statement({ lastSeq: "(c.s - 1)", join: "" })

/** The statement as it is run: with the bug that a fault run has planted in it, if any. */
export const asRun = (text: string): string => {
  if (planted("noForShare")) return text.replace("FOR SHARE OF w", "")
  if (planted("noEpochCheck")) return text.replace("h.epoch IS DISTINCT FROM c.p", "false")
  if (planted("secondRowOfRefusedAppend"))
    return text.replace(/WHEN c\.s <> .*\n/, "").replace("RETURNING 1", "ON CONFLICT DO NOTHING RETURNING 1")
  return text
}

/** Why a group was not written, as the statement says it. */
export type Refusal = readonly [
  group: number,
  verdict: "fenced" | "position" | "halted",
  heldEpoch: number | null,
  lastSeq: number
]

export interface AppendAnswer {
  readonly written: number
  readonly refused: ReadonlyArray<Refusal> | null
}

/** The statement's parameters. */
export const appendParameters = (
  groups: ReadonlyArray<AppendGroup<{ readonly prepared: PreparedAppend }>>,
  lockTimeoutMs: number
): ReadonlyArray<unknown> => {
  let heads = ""
  let rows = ""
  const ids: Array<string> = []
  for (let index = 0; index < groups.length; index++) {
    const group = groups[index]
    if (group === undefined) continue
    let opening = false
    for (const { prepared } of group.members) {
      opening ||= prepared.opening
      for (const row of prepared.rows) rows += `${rows === "" ? "" : ","}{"g":${index},${row}`
    }
    heads += `${index === 0 ? "" : ","}{"g":${index},"e":${JSON.stringify(group.entityId)},"p":${group.epoch},"s":${group.firstSeq},"o":${opening}}`
    ids.push(group.entityId)
  }
  return [ids, `[${heads}]`, `[${rows}]`, `${lockTimeoutMs}ms`]
}
