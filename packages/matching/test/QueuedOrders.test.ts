import { describe, expect, it } from "vitest"
import { aheadOf, type QueuedOrder, QueuedOrders } from "../src/QueuedOrders.ts"

const priceTicks = 100

/** One order of 5 lots behind `ahead` recorded lots at 100. */
const queue = (ahead: number) => {
  const orders = new QueuedOrders()
  orders.add({ orderId: 1, ownerId: 1, side: "buy", priceTicks, lots: 5 }, ahead)
  const order = orders.at("buy", priceTicks)[0] as QueuedOrder
  const print = (lots: number, timeUs: number): number => {
    const fills = orders.printed("buy", priceTicks, lots, timeUs)
    for (const [each, filled] of fills) orders.fill(each, filled)
    return fills.reduce((sum, [, filled]) => sum + filled, 0)
  }
  const book = (before: number, after: number, timeUs: number) =>
    orders.levelChanged("buy", priceTicks, before, after, timeUs)
  return { orders, order, print, book }
}

describe("QueuedOrders", () => {
  it("fills an order only with what prints beyond the lots ahead of it", () => {
    const { order, print } = queue(10)
    expect([print(4, 0), aheadOf(order)]).toEqual([0, 6])
    expect([print(8, 1), aheadOf(order), order.lots]).toEqual([2, 0, 3])
    expect(print(100, 2)).toBe(3)
  })

  it("moves forward for cancels only when the level shrinks below its place", () => {
    const { order, book } = queue(10)
    book(10, 25, 0)
    book(25, 12, 1)
    expect(aheadOf(order)).toBe(10)
    book(12, 3, 2)
    expect(aheadOf(order)).toBe(3)
  })

  it("counts a print and the book's change because of it once, whichever comes first", () => {
    const one = queue(10)
    one.print(4, 0)
    one.book(10, 6, 50_000)
    expect(aheadOf(one.order)).toBe(6)
    const two = queue(10)
    two.book(10, 6, 0)
    expect([two.print(4, 50_000), aheadOf(two.order)]).toEqual([0, 6])
    const grown = queue(10)
    grown.book(10, 20, 0)
    grown.book(20, 16, 10_000)
    expect([grown.print(4, 50_000), aheadOf(grown.order)]).toEqual([0, 6])
    const swept = queue(10)
    swept.print(10, 0)
    swept.book(10, 0, 50_000)
    expect(swept.print(3, 60_000)).toBe(3)
    const gone = queue(4)
    gone.book(4, 0, 0)
    expect(gone.print(4, 50_000)).toBe(0)
    expect(gone.print(2, 60_000)).toBe(2)
  })

  it("takes shrinking that no print explained in time for cancels", () => {
    const { print, book } = queue(4)
    book(4, 0, 0)
    expect(print(3, 10_000_000)).toBe(3)
  })

  it("serves several orders at a level in the order of their arrival, with recorded lots between them", () => {
    const { orders, order } = queue(2)
    orders.add({ orderId: 2, ownerId: 2, side: "buy", priceTicks, lots: 5 }, 6)
    const [, second] = orders.at("buy", priceTicks)
    expect(orders.printed("buy", priceTicks, 12, 0)).toEqual([
      [order, 5],
      [second, 1]
    ])
    expect(orders.lotsAt("buy", priceTicks)).toBe(10)
    expect([orders.remove(1)?.orderId, orders.remove(1), orders.size()]).toEqual([1, undefined, 1])
  })
})
