/**
 * When a resting order trades, where the data hold no book: what public prints at its price mean for it. A print beyond
 * its price fills it in every model, since the whole level was taken before.
 *
 * `touch` is the upper bound and `through` the lower one: the truth lies between them, so run both. `queue` waits behind
 * the lots that stood at the level when the order came to it, as first in, first out books do (Moallemi and Yuan, "A Model
 * for Queue Position Valuation in a Limit Order Book", 2016). `share` takes a fixed part of what is printed.
 */
import { requireWithin } from "./InvalidModel.ts"

export type Queue =
  /** Optimistic: every print at the price is ours. */
  | { readonly kind: "touch" }
  /** Conservative: only prices beyond it. */
  | { readonly kind: "through" }
  | { readonly kind: "queue" }
  /** `share` of each print, from 0 to 1, rounded down to lots. */
  | { readonly kind: "share"; readonly share: number }

/** An order that waits. */
export interface Queued {
  /** Lots that are served before it; NaN while its level has not been seen. */
  aheadLots: number
}

export interface QueueModel {
  readonly queue: Queue
  /** How many lots of a print of `lots` at the order's own price are left for it; moves it up the queue. */
  readonly reach: (order: Queued, lots: number) => number
  /** The level shows `lots` now, our own not counted: nobody stands before an order who is not there. */
  readonly shown: (order: Queued, lots: number) => void
}

const seen = (order: Queued, lots: number): void => {
  if (!(order.aheadLots <= lots)) order.aheadLots = lots
}

const unmoved = (): void => undefined

/** Throws InvalidModel where a number makes no sense. */
export const queueModel = (queue: Queue): QueueModel => {
  switch (queue.kind) {
    case "touch":
      return { queue, reach: (_order, lots) => lots, shown: unmoved }
    case "through":
      return { queue, reach: () => 0, shown: unmoved }
    case "share": {
      const share = requireWithin("share queue", "share", queue.share, 0, 1)
      return { queue, reach: (_order, lots) => Math.floor(lots * share), shown: unmoved }
    }
    case "queue":
      return {
        queue,
        shown: seen,
        reach: (order, lots) => {
          // Of a level that was never shown nobody knows who stands before it: the print is theirs.
          if (Number.isNaN(order.aheadLots)) return 0
          const served = Math.min(order.aheadLots, lots)
          order.aheadLots -= served
          return lots - served
        }
      }
  }
}
