/**
 * When an order that waits for a price has it, and how a trailing stop follows: the same rule in our emulation and at a
 * venue. It looks at the side it would trade on: a sell at the bid, a buy at the ask.
 *
 * A sell stop fires at or below its trigger, a buy stop at or above; what takes a profit the other way round.
 */
import type { Mark } from "./AccountEvent.ts"
import { isStop, type OrderTerms } from "./Order.ts"

const basisPoints = 10_000
/** A trail that has moved by less than this part of itself is not worth a fact. */
const moveShare = 20

/** Whether the price touches a trigger; a limit order counts as one that takes its profit at its limit. */
export const touches = (terms: OrderTerms, mark: Mark): boolean => {
  const trigger = terms.triggerTicks ?? terms.priceTicks
  if (trigger === 0) return false
  const below = (terms.side === "sell") === isStop(terms.type)
  const price = terms.side === "sell" ? mark.bidTicks : mark.askTicks
  return below ? price <= trigger : price >= trigger
}

/** What a trailing stop keeps from the price, in ticks: at least one. */
const trailOf = (terms: OrderTerms, price: number): number =>
  terms.trailTicks ?? Math.max(1, Math.round((price * (terms.trailBps ?? 0)) / basisPoints))

/** Where a trailing stop stands now, or undefined while it need not move. */
export const trailed = (terms: OrderTerms, mark: Mark): number | undefined => {
  const sells = terms.side === "sell"
  const price = sells ? mark.bidTicks : mark.askTicks
  const trail = trailOf(terms, price)
  const next = sells ? Math.max(1, price - trail) : price + trail
  if (terms.triggerTicks === undefined) return next
  const gain = sells ? next - terms.triggerTicks : terms.triggerTicks - next
  return gain >= Math.max(1, Math.floor(trail / moveShare)) ? next : undefined
}
