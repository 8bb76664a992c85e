/**
 * Feed: one per instrument, owner of its market data stream.
 *
 * Entity id: the instrument id, `venue:symbol`. Ordering: events carry a gapless (feedEpoch, seq).
 * Durable messages: none; what is lost shows as a gap. Idempotency: reads only.
 * Surviving a crash: the feed epoch (it rises), nothing else; the book is built anew.
 * Callers: any node, at most one `Events` stream per node.
 */
import { Schema } from "effect"
import { Entity } from "effect/cluster"
import { Rpc } from "effect/rpc"

/**
 * Market events of one instrument, packed by FeedCodec; a chunk holds what gathered since the last. Where the feed is in
 * the process of whoever asks, events go through the door of that name, and the chunks are empty.
 */
export const Events = Rpc.make("Events", {
  payload: { node: Schema.String, door: Schema.optionalKey(Schema.String) },
  success: Schema.Uint8Array,
  stream: true
})

/** The latest closed bars, oldest first, packed like `Events`. */
export const RecentBars = Rpc.make("RecentBars", {
  payload: { intervalUs: Schema.Int, count: Schema.Int },
  success: Schema.Uint8Array
})

/** A strategy acted, and this event is what it acted on: the feed records the tick's span as the root of that trace. */
export const RecordTick = Rpc.make("RecordTick", {
  payload: { feedEpoch: Schema.Int, seq: Schema.Int, traceId: Schema.String, spanId: Schema.String }
})

export class FeedStatus extends Schema.Class<FeedStatus>("FeedStatus")({
  instrument: Schema.String,
  node: Schema.String,
  feedEpoch: Schema.Int,
  seq: Schema.Int,
  /** `live`: the book is whole and fresh; else why not. */
  condition: Schema.Literals(["starting", "live", "stale", "resyncing"]),
  bid: Schema.String,
  ask: Schema.String,
  last: Schema.String,
  ageMs: Schema.Number,
  gaps: Schema.Int,
  subscribers: Schema.Int,
  clockOffsetMs: Schema.Number
}) {}

export const Status = Rpc.make("Status", { success: FeedStatus })

export const Feed = Entity.make("Feed", [Events, RecentBars, RecordTick, Status])
