/**
 * The first shape of the store. Every row names its owner. The journal is partitioned by hash of `entity_id`: Postgres
 * wants the partition key in every unique index, and all uniqueness we promise is within one entity, so by hash each
 * promise holds over the whole journal; by time none would. What is older than an archived snapshot is taken out of a
 * partition by entity and sequence, and vacuum works a partition at a time.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const partitions = 8

const journalPartition = (index: number): string =>
  `CREATE TABLE journal_${index} PARTITION OF journal FOR VALUES WITH (MODULUS ${partitions}, REMAINDER ${index})`

const partitionIndexes = (index: number): ReadonlyArray<string> => {
  const name = `journal_${index}`
  // Named by us, because the journal tells from the name which promise an append broke.
  return [
    `CREATE UNIQUE INDEX ${name}_command ON ${name} (entity_id, command_id, command_part)`,
    `CREATE UNIQUE INDEX ${name}_intent ON ${name} (entity_id, client_order_id) WHERE type = 'OrderIntended'`,
    `CREATE UNIQUE INDEX ${name}_fill ON ${name} (entity_id, fill_key) WHERE fill_key IS NOT NULL`,
    `ALTER INDEX journal_command ATTACH PARTITION ${name}_command`,
    `ALTER INDEX journal_intent ATTACH PARTITION ${name}_intent`,
    `ALTER INDEX journal_fill ATTACH PARTITION ${name}_fill`
  ]
}

const statements: ReadonlyArray<string> = [
  `CREATE TABLE installation (
     only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
     owner_id text NOT NULL DEFAULT 'local',
     journal_id text NOT NULL,
     shard_count integer NOT NULL CHECK (shard_count > 0),
     created timestamptz NOT NULL DEFAULT now())`,
  // The fence. Its rows are locked FOR SHARE by every append and updated by every takeover; ids compare by byte, so
  // that all nodes lock in the same order whatever the database's locale is.
  `CREATE TABLE entity_epoch (
     entity_id text COLLATE "C" PRIMARY KEY,
     owner_id text NOT NULL DEFAULT 'local',
     kind text NOT NULL,
     epoch integer NOT NULL,
     trading_state text NOT NULL DEFAULT 'active' CHECK (trading_state IN ('active', 'reducing', 'halted')))`,
  // An account's journal belongs to the account actor of that very name, so (account, client_order_id) and
  // (account, symbol, venue_trade_id) are unique through entity_id; the check keeps the two from drifting apart.
  // fill_key is symbol and venue trade id in one text.
  `CREATE TABLE journal (
     entity_id text COLLATE "C" NOT NULL,
     seq bigint NOT NULL CHECK (seq > 0),
     epoch integer NOT NULL,
     command_part integer NOT NULL CHECK (command_part >= 0),
     version integer NOT NULL CHECK (version > 0),
     checksum integer NOT NULL,
     time_us bigint NOT NULL,
     opening boolean NOT NULL,
     owner_id text NOT NULL,
     command_id text COLLATE "C" NOT NULL,
     type text COLLATE "C" NOT NULL,
     client_order_id text COLLATE "C",
     account text COLLATE "C" CHECK (account = entity_id),
     fill_key text COLLATE "C",
     payload jsonb NOT NULL,
     PRIMARY KEY (entity_id, seq)
   ) PARTITION BY HASH (entity_id)`,
  ...Array.from({ length: partitions }, (_, index) => journalPartition(index)),
  `CREATE UNIQUE INDEX journal_command ON ONLY journal (entity_id, command_id, command_part)`,
  `CREATE UNIQUE INDEX journal_intent ON ONLY journal (entity_id, client_order_id) WHERE type = 'OrderIntended'`,
  `CREATE UNIQUE INDEX journal_fill ON ONLY journal (entity_id, fill_key) WHERE fill_key IS NOT NULL`,
  ...Array.from({ length: partitions }, (_, index) => partitionIndexes(index)).flat(),
  `CREATE TABLE snapshot (
     entity_id text COLLATE "C" PRIMARY KEY,
     owner_id text NOT NULL,
     seq bigint NOT NULL,
     version integer NOT NULL,
     state jsonb NOT NULL,
     hash text NOT NULL,
     checksum integer NOT NULL,
     saved timestamptz NOT NULL DEFAULT now())`,
  `CREATE TABLE feed_epoch (
     feed_id text COLLATE "C" PRIMARY KEY,
     owner_id text NOT NULL DEFAULT 'local',
     epoch integer NOT NULL)`,
  `CREATE TABLE actor (
     entity_type text COLLATE "C" NOT NULL,
     entity_id text COLLATE "C" NOT NULL,
     owner_id text NOT NULL DEFAULT 'local',
     config jsonb NOT NULL,
     desired_state text NOT NULL CHECK (desired_state IN ('running', 'paused', 'stopped')),
     updated timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (entity_type, entity_id))`
]

export const floor = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  for (const statement of statements) yield* sql.unsafe(statement)
})
