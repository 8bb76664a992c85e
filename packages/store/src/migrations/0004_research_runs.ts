/** What back-tests, walk-forwards and studies left: figures to look through, and the whole record beside them. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const statements: ReadonlyArray<string> = [
  `CREATE TABLE research_run (
     run_id text COLLATE "C" PRIMARY KEY,
     owner_id text NOT NULL DEFAULT 'local',
     kind text NOT NULL CHECK (kind IN ('backtest', 'walkForward', 'optimisation', 'study')),
     name text NOT NULL,
     instruments jsonb NOT NULL,
     from_us bigint NOT NULL,
     to_us bigint NOT NULL,
     parameters jsonb NOT NULL,
     metrics jsonb NOT NULL,
     record bytea NOT NULL,
     created timestamptz NOT NULL DEFAULT now())`,
  `CREATE INDEX research_run_created ON research_run (created DESC, run_id)`
]

export const researchRuns = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  for (const statement of statements) yield* sql.unsafe(statement)
})
