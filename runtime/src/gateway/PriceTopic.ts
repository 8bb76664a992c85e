/** `prices.<venue>.<symbol>`: top of book and last trade of one instrument, from this node's stream of its feed. */
import { FeedHub } from "@outcry/actor-feed/FeedHub"
import type { Price } from "@outcry/client/Wire"
import { type Instrument, priceText, quantityText } from "@outcry/model/Instrument"
import type { MarketEvent } from "@outcry/model/MarketData"
import { Effect, Stream } from "effect"
import { TopicHub } from "./Topic.ts"

/** Runs in the scope of the gateway; the topic is live for as long. */
export const makePriceTopic = Effect.fnUntraced(function* (instrument: Instrument) {
  const hub = yield* FeedHub
  let seq = 0
  let ts = 0
  let price: Price = {
    instrument: instrument.id,
    feedEpoch: 0,
    bid: "",
    bidQuantity: "",
    ask: "",
    askQuantity: "",
    last: "",
    timeVenue: 0
  }
  const topic = new TopicHub({ snapshot: () => ({ seq, ts, data: price }), conflated: true, keep: 0 })

  /** Whether subscribers should hear of it. */
  const apply = (event: MarketEvent): boolean => {
    if (event.type === "quote") {
      price = {
        ...price,
        feedEpoch: event.feedEpoch,
        bid: event.bidLots > 0 ? priceText(instrument, event.bidTicks) : "",
        bidQuantity: event.bidLots > 0 ? quantityText(instrument, event.bidLots) : "",
        ask: event.askLots > 0 ? priceText(instrument, event.askTicks) : "",
        askQuantity: event.askLots > 0 ? quantityText(instrument, event.askLots) : "",
        timeVenue: event.timeVenue
      }
    } else if (event.type === "trade") {
      price = {
        ...price,
        feedEpoch: event.feedEpoch,
        last: priceText(instrument, event.priceTicks),
        timeVenue: event.timeVenue
      }
    } else if (event.type === "gap" && !event.resumed) {
      price = { ...price, bid: "", bidQuantity: "", ask: "", askQuantity: "" }
      topic.gap(event.reason, event.seq, event.timeReceived)
      return false
    } else return false
    seq = event.seq
    ts = event.timeReceived
    return true
  }

  yield* hub.subscribe(instrument.id).pipe(
    Stream.runForEach((events) =>
      Effect.sync(() => {
        let changed = false
        for (const event of events) changed = apply(event) || changed
        // One message for what gathered since the last: nobody needs the prices in between.
        if (changed) topic.publish({ type: "delta", seq, ts, data: price })
      })
    ),
    Effect.forkScoped
  )
  return topic
})
