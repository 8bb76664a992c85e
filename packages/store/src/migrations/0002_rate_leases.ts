/** The parts of venues' rate limits that nodes have leased: one row a budget, for the window that runs. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export const rateLeases = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql.unsafe(
    `CREATE TABLE rate_lease (
       budget text COLLATE "C" PRIMARY KEY,
       owner_id text NOT NULL DEFAULT 'local',
       window_start timestamptz NOT NULL,
       leased bigint NOT NULL CHECK (leased >= 0),
       granted bigint NOT NULL CHECK (granted >= 0),
       blocked_until timestamptz NOT NULL DEFAULT '-infinity')`
  )
})
