import { btcUsdt as btc, ethUsdt as eth } from "@outcry/testkit/Instruments"
import { afterAll, describe, expect, it } from "vitest"
import { Recording } from "../src/Recording.ts"
import { ReplayMarket } from "../src/ReplayMarket.ts"
import { accountOrder, MarketProbe, runTo } from "./MarketProbe.ts"
import { baseUs, diff, RecordingFolder, snapshot, ticker, trade } from "./RecordingFiles.ts"

const folder = new RecordingFolder()
afterAll(() => folder[Symbol.dispose]())

let files = 0
const at = (ms: number): number => baseUs + ms * 1000

/** The book every test starts from: bids 100 (10 lots) and 99 (20), asks 102 (8) and 103 (30); update id 10. */
const start = snapshot(
  0,
  10,
  [
    [100, 10],
    [99, 20]
  ],
  [
    [102, 8],
    [103, 30]
  ]
)

const replay = async (
  lines: ReadonlyArray<string>,
  options: { readonly loop?: boolean; readonly framesMax?: number } = {}
) => {
  const recording = await Recording.open([folder.gz(`${(files += 1)}.gz`, lines)])
  const probe = new MarketProbe()
  const market = new ReplayMarket({ instrument: btc, source: recording, listener: probe, ...options })
  return { market, probe, recording, to: (ms: number) => runTo(market, at(ms)) }
}

describe("ReplayMarket: the public market", () => {
  it("holds diffs back until the snapshot and applies those that are newer", async () => {
    const { market, probe, to } = await replay([
      diff(-20, [1, 9], [[98, 1]], []),
      diff(-10, [10, 12], [[99, 25]], [[104, 2]]),
      start,
      diff(10, [13, 14], [[100, 0]], []),
      trade(20, "buy", 102, 1)
    ])
    await to(0)
    expect(market.depth(9)).toEqual({ bids: [100, 10, 99, 25], asks: [102, 8, 103, 30, 104, 2] })
    await to(10)
    expect(market.top()).toEqual({ bidTicks: 99, bidLots: 25, askTicks: 102, askLots: 8 })
    expect([probe.depth(9), probe.top, market.gaps()]).toEqual([market.depth(9), market.top(), 0])
  })

  it("lets the newest of diffs and best-bid-and-ask frames rule the touch", async () => {
    const { market, to } = await replay([
      start,
      ticker(10, 20, [100, 3], [103, 6]),
      diff(
        20,
        [11, 15],
        [
          [101, 9],
          [100, 12],
          [99, 21]
        ],
        [
          [102, 7],
          [104, 1]
        ]
      ),
      diff(30, [16, 22], [[100, 2]], [[102, 4]]),
      ticker(40, 25, [99, 22], [102, 4]),
      ticker(50, 24, [101, 1], [102, 1])
    ])
    await to(10)
    expect(market.depth(2)).toEqual({ bids: [100, 3, 99, 20], asks: [103, 6] })
    await to(20)
    expect(market.depth(3)).toEqual({ bids: [100, 3, 99, 21], asks: [103, 6, 104, 1] })
    await to(30)
    expect(market.depth(3)).toEqual({ bids: [100, 2, 99, 21], asks: [102, 4, 103, 6, 104, 1] })
    await to(50)
    expect(market.depth(3)).toEqual({ bids: [99, 22], asks: [102, 4, 103, 6, 104, 1] })
  })

  it("prints what was recorded at the times it was recorded, then ends with its last book", async () => {
    const { market, probe, to } = await replay([start, trade(100, "sell", 100, 4), trade(250, "buy", 102, 3)])
    await to(249)
    expect(market.nextEventUs()).toBe(at(250))
    await to(10_000)
    expect(probe.trades).toEqual([
      { tradeId: 1, priceTicks: 100, lots: 4, buyerIsMaker: true, timeUs: at(100), recordedTimeUs: at(1370) },
      { tradeId: 2, priceTicks: 102, lots: 3, buyerIsMaker: false, timeUs: at(250), recordedTimeUs: at(1520) }
    ])
    expect([market.ended(), market.nextEventUs(), market.top().bidTicks]).toEqual([true, undefined, 100])
    market.submit(accountOrder(1, { type: "market", lots: 2 }), at(11_000))
    expect(probe.filledLots(1)).toBe(2)
  })

  it("begins again when it loops, times shifted and update ids anew", async () => {
    const { market, probe, to } = await replay([start, diff(10, [11, 30], [[100, 0]], []), trade(20, "buy", 102, 1)], {
      loop: true
    })
    await to(1_019)
    expect(market.top().bidTicks).toBe(99)
    await to(1_020)
    expect(market.top().bidTicks).toBe(100)
    await to(1_030)
    expect(market.top().bidTicks).toBe(99)
    await to(1_040)
    expect(probe.trades.map((each) => each.timeUs)).toEqual([at(20), at(1_040)])
    expect([market.ended(), market.gaps()]).toEqual([false, 0])
    await market.close()
  })

  it("begins again from an empty book when it loops without a snapshot", async () => {
    const lines = [diff(0, [5, 6], [[100, 1]], []), diff(10, [7, 8], [[99, 1]], [[102, 2]])]
    const { market, to } = await replay(lines, { loop: true })
    await to(1_009)
    expect(market.depth(5)).toEqual({ bids: [100, 1, 99, 1], asks: [102, 2] })
    await to(1_010)
    expect(market.depth(5)).toEqual({ bids: [100, 1], asks: [] })
    await market.close()
  })

  it("holds a bounded number of frames and says how far it may go", async () => {
    const lines = [start, ...Array.from({ length: 30_000 }, (_, index) => trade(index + 1, "buy", 102, 1))]
    const { market, probe } = await replay(lines, { framesMax: 1_000 })
    const ready = await market.prepare(at(30_000))
    expect(ready).toBeLessThan(at(10_000))
    expect(ready).toBeGreaterThanOrEqual(at(999))
    market.advanceTo(ready)
    await runTo(market, at(30_000))
    expect(probe.trades).toHaveLength(30_000)
  })

  it("starts without a snapshot from the diffs and counts where they do not follow", async () => {
    const { market, recording, to } = await replay([
      diff(0, [5, 6], [[100, 1]], [[102, 1]]),
      diff(1, [7, 8], [[99, 1]], []),
      diff(2, [10, 11], [], [[103, 4]])
    ])
    expect(recording.warnings).toEqual([expect.stringContaining("does not begin with a depth snapshot")])
    await to(5)
    expect(market.depth(5)).toEqual({ bids: [100, 1, 99, 1], asks: [102, 1, 103, 4] })
    expect(market.gaps()).toBe(1)
  })

  it("counts whole lots only: dust finer than a lot is no size", async () => {
    const dusty = diff(1, [11, 11], [[98, 3]], [[104, 1]])
      .replace("0.00003000", "0.00003900")
      .replace("0.00001000", "0.00000900")
    const { market, to } = await replay([start, dusty])
    await to(1)
    expect(market.depth(9)).toEqual({ bids: [100, 10, 99, 20, 98, 3], asks: [102, 8, 103, 30] })
  })

  it("refuses an instrument that was not recorded and prices between its ticks", async () => {
    const path = folder.gz("fit.gz", [start, trade(1, "buy", 102, 1).replace("1.02000000", "1.02500000")])
    const recording = await Recording.open([path])
    const listener = new MarketProbe()
    expect(() => new ReplayMarket({ instrument: eth, source: recording, listener })).toThrow(
      "holds btcusdt but not ethusdt"
    )
    const market = new ReplayMarket({ instrument: btc, source: recording, listener })
    const message = "fit.gz, line 2: the price 1.02500000 is no multiple of BTC/USDT's tick 0.01"
    await expect(market.prepare(at(1))).rejects.toThrow(message)
  })
})

describe("ReplayMarket: takers", () => {
  it("walks the recorded book and prints what it takes", async () => {
    const { market, probe, to } = await replay([start, trade(90, "buy", 102, 1)])
    await to(1)
    market.submit(accountOrder(1, { priceTicks: 103, lots: 12 }), at(5))
    expect(probe.matches(1).map((match) => [match.priceTicks, match.lots, match.makerOwnerId])).toEqual([
      [102, 8, 0],
      [103, 4, 0]
    ])
    expect(probe.trades.map((each) => [each.priceTicks, each.lots, each.buyerIsMaker])).toEqual([
      [102, 8, false],
      [103, 4, false]
    ])
    expect(market.depth(5).asks).toEqual([103, 26])
    expect(probe.depth(5)).toEqual(market.depth(5))
  })

  it("never takes the same recorded lots twice, only what is added to a level", async () => {
    const { market, probe, to } = await replay([
      start,
      diff(10, [11, 11], [], [[102, 6]]),
      diff(20, [12, 12], [], [[102, 9]]),
      diff(30, [13, 13], [], [[102, 0]]),
      diff(40, [14, 14], [], [[102, 5]])
    ])
    const take = async (orderId: number, ms: number): Promise<number> => {
      await to(ms)
      market.submit(accountOrder(orderId, { priceTicks: 102, lots: 100, timeInForce: "IOC" }), at(ms))
      return probe.filledLots(orderId)
    }
    expect([
      await take(1, 1),
      await take(2, 2),
      await take(3, 10),
      await take(4, 20),
      await take(5, 30),
      await take(6, 40)
    ]).toEqual([8, 0, 0, 3, 0, 5])
  })

  it("keeps FOK, post-only, IOC and quote amounts to the matching rules", async () => {
    const { market, probe, to } = await replay([start, trade(90, "buy", 102, 1)])
    await to(1)
    market.submit(accountOrder(1, { priceTicks: 102, lots: 9, timeInForce: "FOK" }), at(2))
    market.submit(accountOrder(2, { priceTicks: 102, postOnly: true }), at(2))
    market.submit(accountOrder(3, { priceTicks: 101, timeInForce: "IOC" }), at(2))
    expect([1, 2, 3].map((id) => probe.of(id).map((event) => ("reason" in event ? event.reason : event.type)))).toEqual(
      [["FillOrKillUnfilled"], ["PostOnlyWouldTrade"], ["expired"]]
    )
    market.submit(accountOrder(4, { type: "market", lots: 0, quoteTickLots: 102 * 8 + 103 * 2 + 5 }), at(3))
    expect(probe.filledLots(4)).toBe(10)
    expect(probe.of(4).every((event) => event.type === "match")).toBe(true)
    market.submit(accountOrder(5, { type: "market", lots: 1_000 }), at(4))
    expect(probe.of(5).at(-1)).toEqual({ type: "removed", orderId: 5, lots: 972, reason: "expired" })
    market.submit(accountOrder(6, { type: "market", lots: 1 }), at(5))
    expect(probe.of(6)).toEqual([{ type: "refused", orderId: 6, reason: "NoLiquidity" }])
  })

  it("lets two accounts trade with one another in their place in the queue", async () => {
    const { market, probe, to } = await replay([start, diff(5, [11, 11], [[100, 14]], [])])
    await to(1)
    market.submit(accountOrder(1, { priceTicks: 100, lots: 3 }), at(2))
    await to(5)
    market.submit(accountOrder(2, { ownerId: 2, side: "sell", priceTicks: 100, lots: 15, timeInForce: "IOC" }), at(6))
    expect(probe.matches(2).map((match) => [match.makerOrderId, match.lots])).toEqual([
      [0, 10],
      [1, 3],
      [0, 2]
    ])
  })
})

describe("ReplayMarket: an account's own orders", () => {
  it.each([
    ["NONE", [["match", 2]], 3],
    ["EXPIRE_MAKER", [["prevented", 1]], 0],
    ["EXPIRE_TAKER", [["prevented", 2]], 5],
    [
      "EXPIRE_BOTH",
      [
        ["prevented", 1],
        ["prevented", 2]
      ],
      0
    ]
  ] as const)("meet with %s as at the venue", async (selfTrade, told, left) => {
    const { market, probe, to } = await replay([start, ticker(60_000, 11, [100, 10], [102, 8])])
    await to(0)
    market.submit(accountOrder(1, { priceTicks: 101, lots: 5 }), at(1))
    const taker = accountOrder(2, { side: "sell", priceTicks: 101, lots: 2, timeInForce: "IOC", selfTrade })
    const { lots } = market.rehearse(taker)
    probe.events.splice(0)
    market.submit(taker, at(2))
    const events = probe.events.map(({ event }) => event).filter(({ type }) => type === "match" || type === "prevented")
    expect(events.map((event) => [event.type, event.type === "match" ? event.takerOrderId : event.orderId])).toEqual(
      told
    )
    expect(lots).toBe(selfTrade === "NONE" ? 2 : 0)
    expect(market.depth(1).bids).toEqual(left === 0 ? [100, 10] : [101, left])
  })

  it("is lowered in its place", async () => {
    const { market, to } = await replay([start, ticker(60_000, 11, [100, 10], [102, 8])])
    await to(0)
    market.submit(accountOrder(1, { priceTicks: 100, lots: 5 }), at(1))
    expect([market.reduce(1, 5, at(2)), market.reduce(7, 1, at(2)), market.reduce(1, 2, at(2))]).toEqual([
      false,
      false,
      true
    ])
    expect(market.depth(1).bids).toEqual([100, 12])
  })
})

describe("ReplayMarket: makers", () => {
  it("shows a resting order in the public book and takes it out when canceled", async () => {
    const { market, probe, to } = await replay([start, trade(90, "buy", 102, 1)])
    await to(1)
    market.submit(accountOrder(1, { priceTicks: 101, lots: 4 }), at(2))
    market.submit(accountOrder(2, { priceTicks: 100, lots: 4 }), at(2))
    expect(market.depth(2).bids).toEqual([101, 4, 100, 14])
    expect([probe.depth(2), probe.top]).toEqual([market.depth(2), market.top()])
    expect([market.cancel(1, at(3)), market.cancel(1, at(3))]).toEqual([true, false])
    expect([market.depth(2).bids, probe.depth(2).bids]).toEqual([
      [100, 10 + 4, 99, 20],
      [100, 14, 99, 20]
    ])
  })

  it("fills behind the recorded queue, out of the recorded print", async () => {
    const { market, probe, to } = await replay([
      start,
      trade(10, "sell", 100, 6),
      trade(20, "sell", 100, 6),
      trade(30, "buy", 102, 2)
    ])
    await to(1)
    market.submit(accountOrder(1, { lots: 5 }), at(2))
    await to(10)
    expect(probe.filledLots(1)).toBe(0)
    await to(30)
    expect(probe.matches(1)).toMatchObject([
      { lots: 2, priceTicks: 100, takerOwnerId: 0, takerSide: "sell", makerRemainingLots: 3 }
    ])
    expect(probe.trades.map((each) => [each.timeUs, each.lots])).toEqual([
      [at(10), 6],
      [at(20), 2],
      [at(20), 4],
      [at(30), 2]
    ])
  })

  it("moves forward when an account's taker takes the recorded lots ahead of it", async () => {
    const { market, probe, to } = await replay([start, trade(10, "sell", 100, 8)])
    await to(1)
    market.submit(accountOrder(1, { lots: 5 }), at(2))
    market.submit(accountOrder(2, { ownerId: 2, side: "sell", lots: 4 }), at(3))
    expect(probe.matches(2)).toMatchObject([{ makerOrderId: 0, lots: 4, makerRemainingLots: 6 }])
    await to(10)
    expect(probe.filledLots(1)).toBe(2)
  })

  it("fills at its own price when a print passes it, never beyond the print", async () => {
    const { market, probe, to } = await replay([start, trade(10, "sell", 99, 7)])
    await to(1)
    market.submit(accountOrder(1, { lots: 5, priceTicks: 101 }), at(2))
    market.submit(accountOrder(2, { lots: 5, priceTicks: 100 }), at(2))
    await to(10)
    expect([probe.filledLots(1), probe.filledLots(2)]).toEqual([5, 2])
    expect(probe.trades.map((each) => [each.priceTicks, each.lots])).toEqual([
      [101, 5],
      [100, 2]
    ])
  })

  it("fills when the recorded book comes to cross it, and those lots are gone", async () => {
    const { market, probe, to } = await replay([
      start,
      diff(
        10,
        [11, 11],
        [[100, 0]],
        [
          [101, 3],
          [102, 0]
        ]
      ),
      diff(20, [12, 12], [], [[103, 31]])
    ])
    await to(1)
    market.submit(accountOrder(1, { lots: 5, priceTicks: 101 }), at(2))
    await to(10)
    expect(probe.matches(1)).toMatchObject([{ lots: 3, priceTicks: 101, makerRemainingLots: 2 }])
    expect(market.top()).toEqual({ bidTicks: 101, bidLots: 2, askTicks: 103, askLots: 30 })
    expect(probe.depth(9)).toEqual(market.depth(9))
    await to(20)
    expect(probe.filledLots(1)).toBe(3)
  })
})
