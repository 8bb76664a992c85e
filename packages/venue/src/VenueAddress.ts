/** Where a venue that speaks Binance's spot protocol is found. */
import { Schema } from "effect"

export const VenueAddress = Schema.Struct({
  /** The first part of its instruments' ids, `sim`. */
  id: Schema.String.check(Schema.isNonEmpty()),
  /** Scheme, host and port of the REST API without a path, `http://127.0.0.1:4400`. */
  restUrl: Schema.String.check(Schema.isPattern(/^https?:\/\/[^/]+$/)),
  /** The same for the public streams, `ws://127.0.0.1:4400`. */
  wsUrl: Schema.String.check(Schema.isPattern(/^wss?:\/\/[^/]+$/)),
  /** The same for the WebSocket API with the user streams, where that is another host. */
  wsApiUrl: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^wss?:\/\/[^/]+$/)))
})
export type VenueAddress = typeof VenueAddress.Type
