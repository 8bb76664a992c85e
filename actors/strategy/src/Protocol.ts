/**
 * Strategy: one per strategy instance, runs a definition against its feeds and one account.
 *
 * Entity id: the instance's name. Ordering: events of one feed in order; one event at a time.
 * Durable messages: none; intents are durable in the account. Idempotency: the account's intent sequence and cause mark.
 * Surviving a crash: the snapshot, whether it is paused, the position and open orders as the account knows them.
 * Callers: the keeper, the gateway.
 */
import { Schema } from "effect"
import { Entity } from "effect/cluster"
import { Rpc } from "effect/rpc"

export const conditions = ["starting", "warming", "running", "paused", "waiting", "backoff", "locked"] as const

export class StrategyStatus extends Schema.Class<StrategyStatus>("StrategyStatus")({
  strategy: Schema.String,
  definition: Schema.String,
  version: Schema.Int,
  account: Schema.String,
  node: Schema.String,
  /** `waiting`: for its account or a feed; `backoff`: threw, will start again; `locked`: threw too often. */
  condition: Schema.Literals(conditions),
  detail: Schema.String,
  parameters: Schema.Json,
  feeds: Schema.Array(Schema.String),
  /** Events handled, by kind. */
  events: Schema.Array(Schema.Struct({ kind: Schema.String, count: Schema.Int })),
  warmupBarsLeft: Schema.Int,
  signals: Schema.Array(Schema.Struct({ name: Schema.String, count: Schema.Int, last: Schema.Number })),
  intents: Schema.Int,
  refused: Schema.Array(Schema.Struct({ reason: Schema.String, count: Schema.Int, detail: Schema.String })),
  orders: Schema.Int,
  fills: Schema.Int,
  errors: Schema.Int,
  restarts: Schema.Int,
  lastError: Schema.String
}) {}

export const Status = Rpc.make("Status", { success: StrategyStatus })

export class CannotControl extends Schema.TaggedError<CannotControl>()("CannotControl", {
  strategy: Schema.String,
  action: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `Strategy ${this.strategy} cannot ${this.action}: ${this.reason}.`
  }
}

/** `unlock` lets a locked strategy start again; its error count begins anew. */
export const Control = Rpc.make("Control", {
  payload: { action: Schema.Literals(["pause", "resume", "restart", "unlock"]) },
  success: StrategyStatus,
  error: CannotControl
})

export const Strategy = Entity.make("Strategy", [Status, Control])
