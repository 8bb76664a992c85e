/** The epoch of a feed's sequence numbers: raised each time a feed actor starts, so that `(feedEpoch, seq)` never repeats. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** Raises and returns the feed's epoch; the first is 1. */
export const raiseFeedEpoch = Effect.fn("FeedEpoch.raise")(function* (feedId: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ epoch: number }>`
    INSERT INTO feed_epoch (feed_id, epoch) VALUES (${feedId}, 1)
    ON CONFLICT (feed_id) DO UPDATE SET epoch = feed_epoch.epoch + 1 RETURNING epoch`
  const epoch = rows[0]?.epoch
  return epoch === undefined ? yield* Effect.die(new Error("an upsert returned no row")) : epoch
})
