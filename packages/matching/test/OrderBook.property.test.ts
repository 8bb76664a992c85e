import { describe, expect, it } from "vitest"
import type { BookEvent, NewOrder } from "../src/MatchingEngine.ts"
import { NaiveBook } from "../src/NaiveBook.ts"
import { OrderBook } from "../src/OrderBook.ts"
import { orderFlow, run, type Step } from "./OrderFlow.ts"

const seeds = Array.from({ length: 60 }, (_, index) => index + 1)
const stepsPerFlow = 120

/** Names seed and step in whatever fails inside. */
const at = (seed: number, index: number, check: () => void): void => {
  try {
    check()
  } catch (cause) {
    throw new Error(`seed ${seed}, step ${index}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

const matches = (events: ReadonlyArray<BookEvent>) => events.filter((event) => event.type === "match")
/** Shown and hidden; every id of a flow is looked at. */
const restingLots = (book: OrderBook): number => {
  let lots = 0
  for (let orderId = 1; orderId <= stepsPerFlow; orderId++) lots += book.find(orderId)?.lots ?? 0
  return lots
}
const takerOf = (step: Step): number => (step.type === "submit" ? step.order.orderId : step.orderId)
const endsWithout = (events: ReadonlyArray<BookEvent>, orderId: number): boolean =>
  events.some((event) => (event.type === "removed" || event.type === "prevented") && event.orderId === orderId)
const submitted = (step: Step): NewOrder | undefined => (step.type === "submit" ? step.order : undefined)

/** Runs every flow on a fast book and hands each step with its events to `check`. */
const everyStep = (
  check: (book: OrderBook, step: Step, events: ReadonlyArray<BookEvent>, lotsBefore: number) => void,
  change: (step: Step) => Step = (step) => step
) => {
  let steps = 0
  for (const seed of seeds) {
    const book = new OrderBook()
    orderFlow(seed, stepsPerFlow).forEach((original, index) => {
      const step = change(original)
      const before = restingLots(book)
      const events = run(book, step)
      steps += 1
      at(seed, index, () => check(book, step, events, before))
    })
  }
  expect(steps).toBe(seeds.length * stepsPerFlow)
}

/** Without what takes an order's place in its queue away while it rests: refills of icebergs, and moves. */
const keepingPriority = (step: Step): Step => {
  if (step.type === "move") return { type: "cancel", orderId: 0 }
  return step.type === "submit" ? { type: "submit", order: { ...step.order, displayLots: 0 } } : step
}

describe("the fast book", () => {
  it("emits the naive book's events and equals it by hash and depth after every step", () => {
    const kinds = new Map<string, number>()
    for (const seed of [...seeds, ...seeds.map((each) => each * 7919)]) {
      const options = seed % 5 === 0 ? { maxOrders: 7, firstTradeId: seed } : {}
      const fast = new OrderBook(options)
      const naive = new NaiveBook(options)
      orderFlow(seed, stepsPerFlow).forEach((step, index) =>
        at(seed, index, () => {
          const events = run(fast, step)
          expect(events).toEqual(run(naive, step))
          expect(fast.hash()).toBe(naive.hash())
          expect(fast.depth(5)).toEqual(naive.depth(5))
          expect([fast.bestBidTicks(), fast.bestAskTicks()]).toEqual([naive.bestBidTicks(), naive.bestAskTicks()])
          for (const event of events) {
            const kind = "reason" in event ? event.reason : event.type
            kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
          }
        })
      )
    }
    // The flows are worth something only if they reach every kind of event.
    const reached = [
      "rested",
      "match",
      "prevented",
      "canceled",
      "expired",
      "reduced",
      "PostOnlyWouldTrade",
      "FillOrKillUnfilled"
    ]
    for (const kind of [...reached, "NoLiquidity", "BookFull"]) expect(kinds.get(kind) ?? 0, kind).toBeGreaterThan(20)
  })

  it("is never crossed", () => {
    everyStep((book) => {
      const bid = book.bestBidTicks()
      const ask = book.bestAskTicks()
      if (bid !== undefined && ask !== undefined) expect(bid).toBeLessThan(ask)
    })
  })

  it("conserves lots: what enters is traded, resting, removed or refused", () => {
    everyStep((book, step, events, before) => {
      let expected = before
      for (const event of events) {
        if (event.type === "match") expected -= event.lots
        if (event.type === "rested") expected += event.lots
        if (event.type === "removed" && event.reason === "canceled") expected -= event.lots
        if (event.type === "prevented" && event.orderId !== takerOf(step)) expected -= event.lots
      }
      if (step.type === "move") return
      if (step.type !== "reduce") expect(restingLots(book)).toBe(expected)
      else expect(restingLots(book)).toBeLessThanOrEqual(before)
      const order = submitted(step)
      if (order === undefined || order.quoteTickLots > 0) return
      const left = events.reduce((sum, event) => {
        if (event.type === "refused") return order.lots
        if (event.type === "prevented" && event.orderId !== order.orderId) return sum
        return sum + event.lots
      }, 0)
      expect(left).toBe(order.lots)
    })
  })

  it("spends at most the quote amount, and all of it but less than one lot unless the book runs out", () => {
    let spentAll = 0
    everyStep((book, step, events) => {
      const order = submitted(step)
      if (order === undefined || order.quoteTickLots === 0) return
      const fills = matches(events)
      const spent = fills.reduce((sum, event) => sum + event.priceTicks * event.lots, 0)
      expect(spent).toBeLessThanOrEqual(order.quoteTickLots)
      if (fills.length === 0 || endsWithout(events, order.orderId)) return
      spentAll += 1
      const next = order.side === "buy" ? book.bestAskTicks() : book.bestBidTicks()
      if (spent < order.quoteTickLots) expect(order.quoteTickLots - spent).toBeLessThan(next!)
    })
    expect(spentAll).toBeGreaterThan(50)
  })

  it("fills FOK wholly or not at all, never lets post-only take, and never trades past a limit", () => {
    everyStep((_, step, events) => {
      const order = submitted(step)
      if (order === undefined) return
      const fills = matches(events)
      const traded = fills.reduce((sum, event) => sum + event.lots, 0)
      if (order.timeInForce === "FOK" && order.quoteTickLots === 0) expect([0, order.lots]).toContain(traded)
      if (order.postOnly) expect(traded).toBe(0)
      if (order.timeInForce !== "GTC" || order.type === "market")
        expect(events.map((event) => event.type)).not.toContain("rested")
      const worse = order.side === "buy" ? 1 : -1
      for (const fill of fills) {
        if (order.type === "limit") expect(worse * (fill.priceTicks - order.priceTicks)).toBeLessThanOrEqual(0)
      }
    })
  })

  it("serves the best price first and, at one price, the earliest order", () => {
    const arrivals = new Map<number, number>()
    let arrival = 0
    let seen = 0
    everyStep((_, step, events) => {
      if (step.type === "submit") arrivals.set(step.order.orderId, arrival++)
      const fills = matches(events)
      for (let index = 1; index < fills.length; index++) {
        const [one, two] = [fills[index - 1]!, fills[index]!]
        const worsening = (one.takerSide === "buy" ? 1 : -1) * (two.priceTicks - one.priceTicks)
        expect(worsening).toBeGreaterThanOrEqual(0)
        if (worsening > 0) continue
        seen += 1
        expect(arrivals.get(one.makerOrderId)!).toBeLessThan(arrivals.get(two.makerOrderId)!)
      }
    }, keepingPriority)
    expect(seen).toBeGreaterThan(100)
  })

  it("never trades an order with its owner's where the taker forbids it", () => {
    let owns = 0
    everyStep((_, step, events) => {
      const order = submitted(step)
      for (const event of matches(events)) {
        if (event.makerOwnerId !== event.takerOwnerId || event.takerOwnerId === 0) continue
        owns += 1
        if (order !== undefined) expect(order.selfTrade).toBe("NONE")
      }
    })
    expect(owns).toBeGreaterThan(20)
  })

  it("shows of an iceberg at most what it displays", () => {
    let hidden = 0
    everyStep((book) => {
      const { asks, bids } = book.depth(1_000)
      const shown = [...bids, ...asks].filter((_, index) => index % 2 === 1).reduce((sum, lots) => sum + lots, 0)
      expect(shown).toBeLessThanOrEqual(restingLots(book))
      if (shown < restingLots(book)) hidden += 1
    })
    expect(hidden).toBeGreaterThan(100)
  })

  it("does not hash equally when only the queue order differs", () => {
    const order = (orderId: number): NewOrder => ({
      orderId,
      ownerId: 1,
      side: "buy",
      type: "limit",
      priceTicks: 100,
      lots: 5,
      quoteTickLots: 0,
      timeInForce: "GTC",
      postOnly: false,
      displayLots: 0,
      selfTrade: "NONE"
    })
    const books = [new OrderBook(), new OrderBook()]
    for (const orderId of [1, 2]) books[0]!.submit(order(orderId), () => {})
    for (const orderId of [2, 1]) books[1]!.submit(order(orderId), () => {})
    expect(books[0]!.depth(5)).toEqual(books[1]!.depth(5))
    expect(books[0]!.hash()).not.toBe(books[1]!.hash())
  })
})
