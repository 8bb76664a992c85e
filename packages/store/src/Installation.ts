/**
 * The identity of this installation: a random journal id, made once, from which client order ids are derived (so that a
 * fresh database never repeats an old one's), and the shard count, which every node must agree on for ever.
 */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { randomBytes } from "node:crypto"

export interface Installation {
  /** 32 lower-case hexadecimal characters. */
  readonly journalId: string
  readonly shardCount: number
  /** Epoch microseconds. */
  readonly createdUs: number
}

export class ShardCountMismatch extends Schema.TaggedError<ShardCountMismatch>()("ShardCountMismatch", {
  stored: Schema.Number,
  configured: Schema.Number
}) {
  override get message(): string {
    return `This database was set up with ${this.stored} shards and this node is configured for ${this.configured}. Set the shard count back to ${this.stored} on every node; with different counts two nodes would own the same account.`
  }
}

/** Reads the installation, or initialises it with this shard count. Nodes that start at once agree on one identity. */
export const openInstallation = Effect.fn("Installation.open")(function* (options: { readonly shardCount: number }) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    INSERT INTO installation (journal_id, shard_count)
    VALUES (${randomBytes(16).toString("hex")}, ${options.shardCount}) ON CONFLICT (only_row) DO NOTHING`
  const rows = yield* sql<{ journal_id: string; shard_count: number; created_ms: number }>`
    SELECT journal_id, shard_count, (extract(epoch FROM created) * 1000)::float8 AS created_ms FROM installation`
  const row = rows[0]
  if (row === undefined) return yield* Effect.die(new Error("the installation row vanished while it was read"))
  if (row.shard_count !== options.shardCount) {
    return yield* new ShardCountMismatch({ stored: row.shard_count, configured: options.shardCount })
  }
  const installation: Installation = {
    journalId: row.journal_id,
    shardCount: row.shard_count,
    createdUs: Math.round(row.created_ms * 1000)
  }
  return installation
})
