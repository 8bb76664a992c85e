/** The requests that placed orders and their replies, as they went over the wire: for looking back, never read to trade. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const statements: ReadonlyArray<string> = [
  `CREATE TABLE wire_log (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     owner_id text NOT NULL DEFAULT 'local',
     account text COLLATE "C" NOT NULL,
     client_order_id text COLLATE "C" NOT NULL,
     sent_us bigint NOT NULL,
     answered_us bigint NOT NULL,
     method text NOT NULL,
     path text NOT NULL,
     request text NOT NULL,
     status integer NOT NULL,
     response text NOT NULL)`,
  `CREATE INDEX wire_log_order ON wire_log (account, client_order_id, sent_us)`,
  // Rows come in order of time, so that a few pages of summary find the old ones.
  `CREATE INDEX wire_log_sent ON wire_log USING brin (sent_us)`
]

export const wireLog = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  for (const statement of statements) yield* sql.unsafe(statement)
})
