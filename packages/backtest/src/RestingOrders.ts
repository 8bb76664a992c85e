/**
 * Limit orders that rest at a simulated venue, by price and then by time: buys from the highest, sells from the lowest.
 * What prints and quotes mean for them is the queue model's word. Fills are at the order's own price: it was there first.
 */
import type { QueueModel } from "@outcry/matching/models/QueueModel"
import { opposite, type Side } from "@outcry/model/MarketData"
import type { VenueListener, VenueOrder } from "./SimulatedVenue.ts"

export class RestingOrders {
  readonly buy: Array<VenueOrder> = []
  readonly sell: Array<VenueOrder> = []
  private readonly model: QueueModel
  private readonly listener: VenueListener

  constructor(model: QueueModel, listener: VenueListener) {
    this.model = model
    this.listener = listener
  }

  get size(): number {
    return this.buy.length + this.sell.length
  }

  /** After all of its price. */
  add(order: VenueOrder): void {
    const queue = this[order.side]
    const sign = order.side === "buy" ? 1 : -1
    let at = queue.length
    while (at > 0 && (queue[at - 1]!.priceTicks - order.priceTicks) * sign < 0) at--
    queue.splice(at, 0, order)
  }

  remove(orderId: number): VenueOrder | undefined {
    for (const queue of [this.buy, this.sell]) {
      const at = queue.findIndex((order) => order.orderId === orderId)
      if (at >= 0) return queue.splice(at, 1)[0]
    }
    return undefined
  }

  /** A public print: those beyond it are served first, then those at it as far as the model lets it reach them. */
  traded(priceTicks: number, lots: number, aggressor: Side, timeUs: number): void {
    const side = opposite(aggressor)
    const queue = this[side]
    let left = lots
    for (let at = 0; at < queue.length && left > 0;) {
      const order = queue[at]!
      const beyond = side === "buy" ? order.priceTicks - priceTicks : priceTicks - order.priceTicks
      if (beyond < 0) return
      const reached = beyond > 0 ? left : this.model.reach(order, left)
      const filled = Math.min(order.restLots, reached)
      left -= filled
      this.fill(order, filled, timeUs)
      if (queue[at] === order) at++
    }
  }

  /** The other side's best is here: resting orders that it reaches are filled, up to its lots. Returns what it has left. */
  crossed(side: Side, farTicks: number, farLots: number, timeUs: number): number {
    const queue = this[side]
    let left = farLots
    while (queue.length > 0 && left > 0) {
      const order = queue[0]!
      if (side === "buy" ? order.priceTicks < farTicks : order.priceTicks > farTicks) break
      const filled = Math.min(order.restLots, left)
      left -= filled
      this.fill(order, filled, timeUs)
      if (queue[0] === order) break
    }
    return left
  }

  /** So many lots stand at an order's price, NaN where that is not known. */
  level(order: VenueOrder, lots: number): void {
    if (!Number.isNaN(lots)) this.model.shown(order, lots)
  }

  private fill(order: VenueOrder, lots: number, timeUs: number): void {
    if (lots <= 0) return
    order.restLots -= lots
    if (order.restLots === 0) this.remove(order.orderId)
    this.listener.filled(order, order.priceTicks, lots, "maker", timeUs)
  }
}
