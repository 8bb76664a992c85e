/**
 * Accounts' orders that rest in a recorded book, each with its place in the recorded queue.
 *
 * An order joins behind the recorded lots of its level. Prints at the level move it forward by their size; cancels in
 * front of it cannot be seen, so it moves forward for them only when the level shrinks below its place. A print and the
 * shrinking of the book that it causes arrive as two frames in either order and count once.
 */
import { type Side, signOf } from "@outcry/model/MarketData"
import type { RestingOrder } from "./OrderBook.ts"

export interface QueuedOrder extends RestingOrder {
  lots: number
  /** Recorded lots ahead, if only prints had moved the queue. */
  aheadByPrints: number
  /** Recorded lots the level had at its smallest: no more can be ahead. */
  aheadByBook: number
}

interface Queue {
  /** The earliest first. */
  readonly orders: Array<QueuedOrder>
  /** Recent prints that the recorded book has not yet shown, and recent shrinking that no print has explained. */
  printed: { lots: number; timeUs: number }
  shrunk: { lots: number; timeUs: number }
}

/** A print and the book's change because of it arrive this close together (depth diffs come every 100 ms). */
const togetherUs = 250_000

/** Recorded lots that stand before an order. */
export const aheadOf = (order: QueuedOrder): number => Math.max(0, Math.min(order.aheadByPrints, order.aheadByBook))

export class QueuedOrders {
  private readonly byId = new Map<number, QueuedOrder>()
  private readonly queues = { buy: new Map<number, Queue>(), sell: new Map<number, Queue>() }

  size(): number {
    return this.byId.size
  }

  has(orderId: number): boolean {
    return this.byId.has(orderId)
  }

  /** Adds an order behind that many recorded lots and the accounts' orders already there. */
  add(order: RestingOrder, recordedLots: number): void {
    const queued = { ...order, aheadByPrints: recordedLots, aheadByBook: recordedLots }
    this.byId.set(order.orderId, queued)
    const queues = this.queues[order.side]
    const queue = queues.get(order.priceTicks)
    if (queue === undefined) {
      queues.set(order.priceTicks, {
        orders: [queued],
        printed: { lots: 0, timeUs: 0 },
        shrunk: { lots: 0, timeUs: 0 }
      })
    } else {
      queue.orders.push(queued)
    }
  }

  remove(orderId: number): QueuedOrder | undefined {
    const order = this.byId.get(orderId)
    if (order === undefined) return undefined
    this.byId.delete(orderId)
    const queues = this.queues[order.side]
    const orders = queues.get(order.priceTicks)!.orders
    orders.splice(orders.indexOf(order), 1)
    if (orders.length === 0) queues.delete(order.priceTicks)
    return order
  }

  /** Trades some of an order; one with nothing left goes. Returns its rest. */
  fill(order: QueuedOrder, lots: number): number {
    order.lots -= lots
    if (order.lots === 0) this.remove(order.orderId)
    return order.lots
  }

  /** Lowers an order in its place; undefined where it is not here or `lots` is not below its own. */
  reduce(orderId: number, lots: number): QueuedOrder | undefined {
    const order = this.byId.get(orderId)
    if (order === undefined || !Number.isSafeInteger(lots) || lots <= 0 || lots >= order.lots) return undefined
    order.lots = lots
    return order
  }

  /** Orders at a price, the earliest first. */
  at(side: Side, priceTicks: number): ReadonlyArray<QueuedOrder> {
    return this.queues[side].get(priceTicks)?.orders ?? []
  }

  lotsAt(side: Side, priceTicks: number): number {
    return this.at(side, priceTicks).reduce((sum, order) => sum + order.lots, 0)
  }

  /** Prices with orders, best first. */
  prices(side: Side): ReadonlyArray<number> {
    return [...this.queues[side].keys()].toSorted((a, b) => signOf(side) * (b - a))
  }

  best(side: Side): number | undefined {
    let best: number | undefined
    for (const priceTicks of this.queues[side].keys()) {
      if (best === undefined || signOf(side) * (priceTicks - best) > 0) best = priceTicks
    }
    return best
  }

  /** The recorded level changed size. */
  levelChanged(side: Side, priceTicks: number, before: number, after: number, timeUs: number): void {
    const queue = this.queues[side].get(priceTicks)
    if (queue === undefined) return
    for (const order of queue.orders) order.aheadByBook = Math.min(order.aheadByBook, after)
    if (after >= before) return
    const explained = spend(queue.printed, before - after, timeUs)
    add(queue.shrunk, before - after - explained, timeUs)
  }

  /** A print of that size at that price moves the queue; returns the lots of it that reach each of our orders, in turn. */
  printed(side: Side, priceTicks: number, lots: number, timeUs: number): ReadonlyArray<readonly [QueuedOrder, number]> {
    const queue = this.queues[side].get(priceTicks)
    if (queue === undefined) return []
    const explained = spend(queue.shrunk, lots, timeUs)
    const fills: Array<readonly [QueuedOrder, number]> = []
    let ours = 0
    for (const order of queue.orders) {
      const reaching = lots - Math.max(explained, aheadOf(order)) - ours
      if (reaching > 0) fills.push([order, Math.min(reaching, order.lots)])
      ours += Math.max(0, Math.min(reaching, order.lots))
    }
    const recorded = lots - ours
    for (const order of queue.orders) {
      order.aheadByPrints -= recorded
      order.aheadByBook -= recorded - Math.min(explained, recorded)
    }
    add(queue.printed, Math.max(0, recorded - explained), timeUs)
    return fills
  }

  /** One of our takers took recorded lots of a level, from the front. */
  taken(side: Side, priceTicks: number, lots: number): void {
    for (const order of this.at(side, priceTicks)) {
      order.aheadByPrints -= lots
      order.aheadByBook -= lots
    }
  }
}

/** Uses up to `lots` of what is remembered, if it is recent. */
const spend = (memory: { lots: number; timeUs: number }, lots: number, timeUs: number): number => {
  if (timeUs - memory.timeUs > togetherUs) memory.lots = 0
  const spent = Math.min(memory.lots, lots)
  memory.lots -= spent
  return spent
}

const add = (memory: { lots: number; timeUs: number }, lots: number, timeUs: number): void => {
  if (timeUs - memory.timeUs > togetherUs) memory.lots = 0
  memory.lots += lots
  memory.timeUs = timeUs
}
