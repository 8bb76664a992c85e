import { describe, expect, it } from "vitest"
import type { BookEvent, NewOrder } from "../src/MatchingEngine.ts"
import { RecordedMarket } from "../src/RecordedMarket.ts"
import type { RecordedStep } from "../src/RecordedStep.ts"

const snapshot: RecordedStep = { type: "snapshot", updateId: 10, bids: [100, 10, 99, 20], asks: [102, 8, 103, 30] }
const print = (buyer: "taker" | "maker", priceTicks: number, lots: number): RecordedStep => ({
  type: "trade",
  priceTicks,
  lots,
  buyerIsMaker: buyer === "maker",
  venueUs: 5
})

const market = (distrust?: (why: string) => void) => {
  const told: Array<string> = []
  const market = new RecordedMarket({
    startUs: 1_000,
    beginsWithSnapshot: true,
    ...(distrust === undefined ? {} : { distrust }),
    listener: {
      onBookEvent: (event: BookEvent, timeUs) => {
        const what = event.type === "match" ? `${event.lots} at ${event.priceTicks}` : event.orderId
        told.push(`${timeUs} ${event.type} ${what}`)
      },
      onTrade: ({ timeUs, lots, priceTicks }) => told.push(`${timeUs} print ${lots} at ${priceTicks}`),
      onDepthChanged: ({ bids, asks }, timeUs) => told.push(`${timeUs} levels ${bids.join(" ")} | ${asks.join(" ")}`),
      onTop: ({ bidTicks, askTicks }, timeUs) => told.push(`${timeUs} top ${bidTicks} ${askTicks}`),
      onSettled: (timeUs) => told.push(`${timeUs} settled`)
    }
  })
  return { market, take: () => told.splice(0) }
}

const order = (orderId: number, given: Partial<NewOrder>): NewOrder => ({
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
  selfTrade: "NONE",
  ...given
})

describe("RecordedMarket", () => {
  it("tells prints and events at once and levels and top at the end of each step, at the time it is given", () => {
    const { market: recorded, take } = market()
    recorded.apply(snapshot, 2_000)
    expect(take()).toEqual(["2000 levels 100 10 99 20 | 102 8 103 30", "2000 top 100 102", "2000 settled"])
    recorded.submit(order(1, { type: "market", timeInForce: "IOC", lots: 9 }))
    expect(take()).toEqual([
      "2000 match 8 at 102",
      "2000 print 8 at 102",
      "2000 match 1 at 103",
      "2000 print 1 at 103",
      "2000 levels  | 102 0 103 29",
      "2000 top 100 103"
    ])
  })

  it("works orders at the last step's time or the time that has passed since, never an earlier one", () => {
    const { market: recorded, take } = market()
    recorded.apply(snapshot, 2_000)
    recorded.passTo(2_500)
    recorded.passTo(2_400)
    take()
    recorded.submit(order(1, {}))
    expect([take()[0], recorded.timeUs]).toEqual(["2500 rested 1", 2_500])
    recorded.apply(print("maker", 100, 12), 2_600)
    expect(take()).toContain("2600 match 2 at 100")
    expect([recorded.cancel(1), recorded.cancel(1), take()[0]]).toEqual([true, false, "2600 removed 1"])
  })

  it("closes itself where a source may be asked for a new snapshot and its book is crossed", () => {
    const doubts: Array<string> = []
    const { market: recorded, take } = market((why) => doubts.push(why))
    recorded.apply(snapshot, 2_000)
    recorded.apply({ type: "diff", firstUpdateId: 11, updateId: 11, bids: [103, 1], asks: [] }, 3_000)
    expect([recorded.closed(), doubts]).toEqual([true, ["its best bid is not below its best ask"]])
    take()
    recorded.submit(order(1, {}))
    expect(take()).toEqual(["3000 removed 1"])
    recorded.apply(snapshot, 4_000)
    expect(recorded.closed()).toBe(false)
  })

  it("begins again with the update ids of a recording that begins again", () => {
    const { market: recorded } = market()
    recorded.apply(snapshot, 2_000)
    recorded.apply({ type: "diff", firstUpdateId: 11, updateId: 20, bids: [100, 3], asks: [] }, 3_000)
    recorded.startAgain()
    recorded.apply({ type: "diff", firstUpdateId: 11, updateId: 11, bids: [100, 4], asks: [] }, 4_000)
    recorded.apply(snapshot, 5_000)
    expect([recorded.depth(1).bids, recorded.gaps()]).toEqual([[100, 4], 0])
  })
})
