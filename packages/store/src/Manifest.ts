/**
 * The actors that should exist: what a node reads at start to know which strategies, feeds and accounts to wake, with
 * their configuration. It says what is desired, not what is running.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export type DesiredState = "running" | "paused" | "stopped"

export interface ActorRecord {
  readonly entityType: string
  readonly entityId: string
  readonly ownerId: string
  /** JSON. The actor's own schema decodes it. */
  readonly config: unknown
  readonly desiredState: DesiredState
}

interface ActorRow {
  readonly entity_type: string
  readonly entity_id: string
  readonly owner_id: string
  readonly config: unknown
  readonly desired_state: DesiredState
}

/** Adds the actor or replaces its configuration and desired state. */
export const upsertActor = Effect.fn("Manifest.upsertActor")(function* (actor: ActorRecord) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    INSERT INTO actor (entity_type, entity_id, owner_id, config, desired_state)
    VALUES (${actor.entityType}, ${actor.entityId}, ${actor.ownerId}, ${JSON.stringify(actor.config)}::text::jsonb, ${actor.desiredState})
    ON CONFLICT (entity_type, entity_id) DO UPDATE
    SET config = excluded.config, desired_state = excluded.desired_state, owner_id = excluded.owner_id, updated = now()`
})

/** All actors, or those of one type, in order of type and id. */
export const listActors = Effect.fn("Manifest.listActors")(function* (entityType?: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<ActorRow>`
    SELECT entity_type, entity_id, owner_id, config, desired_state FROM actor
    WHERE ${entityType === undefined ? sql`true` : sql`entity_type = ${entityType}`} ORDER BY entity_type, entity_id`
  return rows.map((row): ActorRecord => ({
    entityType: row.entity_type,
    entityId: row.entity_id,
    ownerId: row.owner_id,
    config: row.config,
    desiredState: row.desired_state
  }))
})

/** Forgets the actor; its journal stays. Returns whether it was there. */
export const removeActor = Effect.fn("Manifest.removeActor")(function* (entityType: string, entityId: string) {
  const sql = yield* SqlClient.SqlClient
  const rows =
    yield* sql`DELETE FROM actor WHERE entity_type = ${entityType} AND entity_id = ${entityId} RETURNING entity_id`
  return rows.length > 0
})
