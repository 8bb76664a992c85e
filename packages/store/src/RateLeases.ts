/**
 * Leases of parts of a venue's rate limits: what the nodes of a cluster may use of one budget within one window, as rows
 * of Postgres. A lease is one statement on one locked row, so the sum of a window's leases never exceeds the limit given;
 * what a node does not use lapses with the window. Windows are cut by the database's clock, as multiples of their length
 * since 1970 in UTC, and it is that clock that says how much of one is left.
 */
import { Effect } from "effect"
import { SqlClient, type Statement } from "effect/sql"

export interface LeaseRequest {
  readonly budget: string
  readonly windowUs: number
  /** The most that may be leased of this window in all, by anyone; lower for whom the reserve is closed. */
  readonly limit: number
  readonly wanted: number
}

export interface Lease {
  /** At most what was wanted; 0 where the window is used up. */
  readonly granted: number
  /** What was left of the window when the statement ran, µs. */
  readonly validForUs: number
  /** How long the venue has asked us all to stay away from this budget, µs; 0: not. */
  readonly blockedForUs: number
}

interface LeaseRow {
  readonly granted: number
  readonly valid_us: number
  readonly blocked_us: number
}

const leaseOf = (row: LeaseRow): Lease => ({
  granted: row.granted,
  validForUs: Math.floor(row.valid_us),
  blockedForUs: Math.ceil(row.blocked_us)
})

/**
 * Leases a part of the window that runs. A clock that went back (another server took over) waits for the window it had
 * cut as long as that is at most one ahead.
 */
export const leaseRate = Effect.fn("RateLeases.lease")(function* (request: LeaseRequest) {
  const sql = yield* SqlClient.SqlClient
  const { budget, limit, wanted } = request
  const seconds = sql`${String(request.windowUs / 1e6)}::text::float8`
  const length = sql`make_interval(secs => ${seconds})`
  const start = sql`to_timestamp(floor(extract(epoch FROM clock_timestamp()) / ${seconds}) * ${seconds})`
  const most = (taken: Statement.Fragment) =>
    sql`LEAST(${String(wanted)}::text::bigint, GREATEST(0, ${String(limit)}::text::bigint - ${taken}))`
  // The row's window goes on where it is this one or the one after; else a new one begins.
  const goesOn = sql`(held.window_start BETWEEN excluded.window_start AND excluded.window_start + ${length})`
  const taken = sql`(CASE WHEN ${goesOn} THEN held.leased ELSE 0 END)`
  const rows = yield* sql<LeaseRow>`
    INSERT INTO rate_lease AS held (budget, window_start, leased, granted)
    VALUES (${budget}, ${start}, ${most(sql`0`)}, ${most(sql`0`)})
    ON CONFLICT (budget) DO UPDATE SET
      window_start = CASE WHEN ${goesOn} THEN held.window_start ELSE excluded.window_start END,
      leased = ${taken} + ${most(taken)},
      granted = ${most(taken)}
    RETURNING granted::int4,
      GREATEST(0, LEAST(${seconds}, extract(epoch FROM window_start + ${length} - clock_timestamp()))::float8 * 1e6) AS valid_us,
      GREATEST(0, extract(epoch FROM NULLIF(blocked_until, '-infinity') - clock_timestamp())::float8 * 1e6) AS blocked_us`
  const row = rows[0]
  return row === undefined ? yield* Effect.die(new Error("an upsert returned no row")) : leaseOf(row)
})

/** Keeps every node away from a budget for a time; a longer block that stands is left alone. */
export const blockRate = Effect.fn("RateLeases.block")(function* (budget: string, forUs: number) {
  const sql = yield* SqlClient.SqlClient
  const until = sql`clock_timestamp() + make_interval(secs => ${String(forUs / 1e6)}::text::float8)`
  yield* sql`
    INSERT INTO rate_lease AS held (budget, window_start, leased, granted, blocked_until)
    VALUES (${budget}, 'epoch', 0, 0, ${until})
    ON CONFLICT (budget) DO UPDATE SET blocked_until = GREATEST(held.blocked_until, excluded.blocked_until)`
})

/** The blocks that stand on these budgets, µs from now. */
export const blockedRates = Effect.fn("RateLeases.blocked")(function* (budgets: ReadonlyArray<string>) {
  const sql = yield* SqlClient.SqlClient
  if (budgets.length === 0) return []
  const rows = yield* sql<{ budget: string; blocked_us: number }>`
    SELECT budget, extract(epoch FROM blocked_until - clock_timestamp())::float8 * 1e6 AS blocked_us
    FROM rate_lease WHERE ${sql.in("budget", budgets)} AND blocked_until > clock_timestamp()`
  return rows.map((row) => ({ budget: row.budget, blockedForUs: Math.ceil(row.blocked_us) }))
})
