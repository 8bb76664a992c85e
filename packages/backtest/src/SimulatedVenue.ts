/**
 * What a venue does to an order, seen from a run: one venue an instrument, shared by all accounts, so that nobody takes
 * what another has taken. It knows ticks and lots, no money and no accounts; what happens it reports at once.
 *
 * An order never trades at a price that stood when it was decided: `stamp` counts the prices that the venue has seen, an
 * order bears the count at its decision, and waits for the next one where none has come since.
 */
import type { Side } from "@outcry/model/MarketData"
import type { Liquidity, TimeInForce } from "@outcry/model/Order"
import type { MarketTape } from "./MarketTape.ts"

/** An order at the venue, or on its way. Triggers never get here: the account watches them. */
export interface VenueOrder {
  /** Unique in the run. */
  readonly orderId: number
  readonly clientOrderId: string
  /** Place of its account. */
  readonly account: number
  readonly side: Side
  readonly type: "limit" | "market"
  /** 0 for a market order. Price and lots change only when the instrument is split. */
  priceTicks: number
  lots: number
  readonly timeInForce: TimeInForce
  readonly postOnly: boolean
  /** The venue's `stamp` and the time when it was decided, epoch µs. */
  readonly stamp: number
  readonly timeDecided: number
  restLots: number
  /** Lots served before it at its price; NaN while that is not known. */
  aheadLots: number
}

export interface VenueListener {
  readonly accepted: (order: VenueOrder, timeUs: number) => void
  /** `order.restLots` is what is left after this fill. */
  readonly filled: (order: VenueOrder, priceTicks: number, lots: number, liquidity: Liquidity, timeUs: number) => void
  readonly ended: (order: VenueOrder, how: "canceled" | "expired", timeUs: number) => void
  readonly rejected: (order: VenueOrder, reason: string, timeUs: number) => void
  /** Whether some account holds an order that prices may wake. */
  readonly watches: () => boolean
  /** Within a bar the price is here now: orders that accounts hold may be woken by it. */
  readonly priced: (priceTicks: number) => void
  /** The nearest price that wakes an order which an account holds: beyond `from`, up to `to`. */
  readonly nextTrigger: (from: number, to: number) => number | undefined
}

export interface SimulatedVenue {
  /** Prices seen so far. */
  readonly stamp: number
  /** Nothing rests and nothing waits: only the market itself moves. */
  readonly idle: boolean
  /** Within a bar: what is submitted now is worked at once. */
  readonly walking: boolean
  readonly submit: (order: VenueOrder, timeUs: number) => void
  /** False where the order is not, or no longer, here. */
  readonly cancel: (orderId: number, timeUs: number) => boolean
  /** The market moves by one row of this instrument. */
  readonly advance: (tape: MarketTape, row: number) => void
  /** The instrument was split and its orders were changed in place: the prices before say nothing any more. */
  readonly split: () => void
}

/** Whether a limit order reaches the price at which it would take. */
export const reaches = (order: VenueOrder, farTicks: number): boolean =>
  farTicks > 0 &&
  (order.type === "market" || (order.side === "buy" ? order.priceTicks >= farTicks : order.priceTicks <= farTicks))
