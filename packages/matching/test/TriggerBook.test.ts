import { SeededRandom } from "@outcry/model/SeededRandom"
import { describe, expect, it } from "vitest"
import { type Trigger, TriggerBook } from "../src/TriggerBook.ts"

/** The rules once more, plainly: one list in order of arrival, looked through with every print. */
class NaiveTriggers {
  private waiting: Array<{ readonly trigger: Trigger; following: boolean; best: number; began: number }> = []
  private count = 0

  add(trigger: Trigger, lastTicks: number): void {
    const following = trigger.priceTicks === 0
    this.waiting.push({ trigger, following, best: following ? lastTicks : 0, began: ++this.count })
  }

  remove(orderId: number): boolean {
    const before = this.waiting.length
    this.waiting = this.waiting.filter(({ trigger }) => trigger.orderId !== orderId)
    return this.waiting.length < before
  }

  printed(ticks: number): ReadonlyArray<number> {
    const trailing = this.waiting.filter((each) => each.following).toSorted((a, b) => a.began - b.began)
    const touched = this.waiting.filter(
      ({ following, trigger }) =>
        !following && (trigger.waitsFor === "rise" ? ticks >= trigger.priceTicks : ticks <= trigger.priceTicks)
    )
    const rising = touched.filter(({ trigger }) => trigger.waitsFor === "rise")
    const falling = touched.filter(({ trigger }) => trigger.waitsFor === "fall")
    const inOrder = [
      ...rising.toSorted((a, b) => a.trigger.priceTicks - b.trigger.priceTicks),
      ...falling.toSorted((a, b) => b.trigger.priceTicks - a.trigger.priceTicks)
    ]
    for (const each of inOrder) {
      if (each.trigger.trailBps === 0) continue
      Object.assign(each, { following: true, best: ticks, began: ++this.count })
    }
    const fired = inOrder.filter(({ trigger }) => trigger.trailBps === 0)
    for (const each of trailing) {
      const { side, trailBps } = each.trigger
      if (each.best === 0 || (side === "sell" ? ticks > each.best : ticks < each.best)) each.best = ticks
      else if (
        side === "sell"
          ? ticks * 10_000 <= each.best * (10_000 - trailBps)
          : ticks * 10_000 >= each.best * (10_000 + trailBps)
      )
        fired.push(each)
    }
    this.waiting = this.waiting.filter((each) => !fired.includes(each))
    return fired.map(({ trigger }) => trigger.orderId)
  }
}

const printed = (book: TriggerBook, ticks: number): ReadonlyArray<number> => {
  const fired: Array<number> = []
  book.printed(ticks, (orderId) => fired.push(orderId))
  return fired
}

const stop = (orderId: number, more: Partial<Trigger> = {}): Trigger => ({
  orderId,
  side: "sell",
  waitsFor: "fall",
  priceTicks: 90,
  trailBps: 0,
  ...more
})

describe("the trigger book", () => {
  it("fires what a print reaches, and each order once", () => {
    const book = new TriggerBook()
    book.add(stop(1), 100)
    book.add(stop(2, { waitsFor: "rise", priceTicks: 110 }), 100)
    expect(printed(book, 91)).toEqual([])
    expect(printed(book, 90)).toEqual([1])
    expect(printed(book, 80)).toEqual([])
    expect(printed(book, 120)).toEqual([2])
    expect(book.size).toBe(0)
  })

  it("fires the price that was passed first before the others, and of equal ones the earlier", () => {
    const book = new TriggerBook()
    for (const [orderId, priceTicks] of [90, 95, 90, 97].entries()) book.add(stop(orderId + 1, { priceTicks }), 100)
    expect(printed(book, 85)).toEqual([4, 2, 1, 3])
  })

  it("fires no order that was removed", () => {
    const book = new TriggerBook()
    for (const trigger of [stop(1), stop(2, { waitsFor: "rise", priceTicks: 110 }), stop(3, { trailBps: 100 })]) {
      book.add(trigger, 100)
      expect(book.remove(trigger.orderId)).toBe(true)
      expect(book.remove(trigger.orderId)).toBe(false)
    }
    expect([...printed(book, 1), ...printed(book, 1_000)]).toEqual([])
  })

  it.each([
    // Binance's own scenarios A to E, prices in hundreds.
    {
      name: "stop-loss buy",
      side: "buy",
      waitsFor: "rise",
      at: 44_000,
      bps: 500,
      path: [37_000, 44_000, 46_000, 42_000],
      fires: 44_100
    },
    {
      name: "stop-loss sell",
      side: "sell",
      waitsFor: "fall",
      at: 39_000,
      bps: 1_000,
      path: [41_500, 39_000, 37_000, 41_000],
      fires: 36_900
    },
    {
      name: "take-profit buy",
      side: "buy",
      waitsFor: "fall",
      at: 38_000,
      bps: 850,
      path: [42_000, 38_000, 37_000, 39_000, 38_000],
      fires: 40_145
    },
    {
      name: "take-profit sell",
      side: "sell",
      waitsFor: "rise",
      at: 42_000,
      bps: 750,
      path: [39_000, 42_000, 45_000, 44_000, 46_500],
      fires: 43_012.5
    },
    {
      name: "stop-loss sell without a price",
      side: "sell",
      waitsFor: "fall",
      at: 0,
      bps: 700,
      path: [42_000, 39_500, 45_500],
      fires: 42_315
    }
  ] as const)("follows the best price: $name", ({ at, bps, fires, path, side, waitsFor }) => {
    const book = new TriggerBook()
    book.add({ orderId: 7, side, waitsFor, priceTicks: at * 100, trailBps: bps }, 4_000_000)
    for (const price of path) expect(printed(book, price * 100)).toEqual([])
    const short = side === "sell" ? 1 : -1
    expect(printed(book, fires * 100 + short)).toEqual([])
    expect(printed(book, fires * 100)).toEqual([7])
  })

  it("fires what the plain rules fire, in their order, under any prints", () => {
    let fires = 0
    for (let seed = 1; seed <= 200; seed++) {
      const random = new SeededRandom(seed)
      const [book, naive] = [new TriggerBook(), new NaiveTriggers()]
      let last = 10_000
      for (let step = 1; step <= 150; step++) {
        if (random.chance(0.35)) {
          const trailBps = random.chance(0.4) ? random.between(1, 300) : 0
          const trigger: Trigger = {
            orderId: step,
            side: random.pick(["buy", "sell"]),
            waitsFor: random.pick(["rise", "fall"]),
            priceTicks: trailBps > 0 && random.chance(0.5) ? 0 : last + random.between(-200, 200),
            trailBps
          }
          book.add(trigger, last)
          naive.add(trigger, last)
        } else if (random.chance(0.1)) {
          const orderId = random.between(1, step)
          expect(book.remove(orderId)).toBe(naive.remove(orderId))
        }
        last = Math.max(1, last + random.between(-80, 80))
        const fired = printed(book, last)
        expect(fired, `seed ${seed}, step ${step}`).toEqual(naive.printed(last))
        fires += fired.length
      }
    }
    expect(fires).toBeGreaterThan(2_000)
  })

  it("refuses an order that waits for nothing", () => {
    expect(() => new TriggerBook().add(stop(1, { priceTicks: 0 }), 100)).toThrow("waits for nothing")
  })
})
