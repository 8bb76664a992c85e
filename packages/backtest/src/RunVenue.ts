/** Which simulated venue an instrument's orders meet: by what the tape holds of it. */
import type { QueueModel } from "@outcry/matching/models/QueueModel"
import { queueModel } from "@outcry/matching/models/QueueModel"
import type { SlippageModel } from "@outcry/matching/models/SlippageModel"
import type { BacktestSpec } from "./BacktestSpec.ts"
import { BarVenue } from "./BarVenue.ts"
import { BookVenue } from "./BookVenue.ts"
import { levelsMaxDefault, QuoteVenue } from "./QuoteVenue.ts"
import type { RunMarket } from "./RunMarket.ts"
import type { SimulatedVenue, VenueListener } from "./SimulatedVenue.ts"

const queueOf = (spec: BacktestSpec, market: RunMarket): QueueModel =>
  queueModel(spec.queue ?? { kind: market.source === "bars" ? "touch" : "queue" })

export const venueOf = (
  spec: BacktestSpec,
  market: RunMarket,
  slippage: SlippageModel,
  listener: VenueListener
): SimulatedVenue => {
  const queue = queueOf(spec, market)
  if (market.source === "bars")
    return new BarVenue({
      queue,
      slippage,
      listener,
      spanUs: market.spanUs,
      volumeShareMax: spec.volumeShareMax ?? Infinity
    })
  const { source } = market
  const { levelsMax } = spec
  // Where levels are recorded a taker may walk them all.
  if (source === "book")
    return new BookVenue({ queue, slippage, listener, built: market, levelsMax: levelsMax ?? Number.MAX_SAFE_INTEGER })
  const assumed = { levelsMax: levelsMax ?? levelsMaxDefault, printsOnly: source === "trades" }
  return new QuoteVenue({ queue, slippage, listener, ...assumed })
}
