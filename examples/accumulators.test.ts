/** What the grid, cost averaging, the rebalancer and the signal follower do on a market made for it. */
import * as Amount from "@outcry/model/Amount"
import { btcUsdt, ethUsdt } from "@outcry/testkit/Instruments"
import { StrategyStage } from "@outcry/testkit/StrategyStage"
import { describe, expect, it } from "vitest"
import grid from "./09-grid.ts"
import costAveraging from "./10-dca.ts"
import rebalancer from "./11-portfolio-rebalancer.ts"
import follower from "./12-signal-follower.ts"

const [btc, eth] = [btcUsdt.id, ethUsdt.id]
const instruments = [btcUsdt, ethUsdt]

describe("the grid", () => {
  const make = () => {
    const stage = new StrategyStage(grid, { levels: 2, stepBps: 10, quantity: "0.05" }, instruments)
    stage.quote(eth, 299_999, 300_001)
    return stage
  }
  const laid = (centre: number) =>
    [1, 2].flatMap((level) => [
      `buy 500 ${eth} @ ${centre - level * 300} post-only`,
      `sell 500 ${eth} @ ${centre + level * 300} post-only`
    ])

  it("lays bids and offers a step apart, once", () => {
    const stage = make()
    stage.quote(eth, 300_009, 300_011)
    expect(stage.look()).toEqual(laid(300_000))
  })

  it("answers a filled bid with an offer a step higher, and that with the bid again", () => {
    const stage = make()
    stage.look()
    stage.quote(eth, 299_690, 299_700)
    expect(stage.look()).toEqual([`sell 500 ${eth} @ 300000 post-only`])
    stage.quote(eth, 300_000, 300_010)
    expect(stage.look()).toEqual([`buy 500 ${eth} @ 299700 post-only`])
    expect(stage.position(eth)).toBe(0)
    expect(stage.fills.map(({ priceTicks, side }) => `${side} ${priceTicks}`)).toEqual(["buy 299700", "sell 300000"])
  })

  it("is laid anew around a market that has left it, what it holds kept", () => {
    const stage = make()
    stage.quote(eth, 299_300, 299_302)
    expect(stage.position(eth)).toBe(1000)
    stage.look()
    stage.quote(eth, 297_999, 298_001)
    stage.quote(eth, 297_999, 298_001)
    expect(stage.look().slice(-4)).toEqual(
      [1, 2].flatMap((level) => [
        `buy 500 ${eth} @ ${298_000 - level * 298} post-only`,
        `sell 500 ${eth} @ ${298_000 + level * 298} post-only`
      ])
    )
    expect(stage.open).toBe(4)
  })

  it("remembers its levels over a restart", () => {
    const stage = make()
    stage.look()
    stage.restart()
    stage.quote(eth, 299_690, 299_700)
    expect(stage.look()).toEqual([`sell 500 ${eth} @ 300000 post-only`])
  })
})

describe("cost averaging", () => {
  const make = (given = {}) =>
    new StrategyStage(costAveraging, { spend: "50", everySec: 10, period: 3, ...given }, instruments)

  it("spends its amount each time, as exactly as lots allow, and twice of it below the average", () => {
    const stage = make()
    for (const close of [6_000_000, 6_000_000, 6_000_000]) stage.second(btc, close)
    stage.advance(10)
    stage.second(btc, 3_000_000)
    stage.advance(10)
    // At the start there was no price yet: it looked again half a second later, and so on until there was one.
    const spent = stage.fills.map(({ lots, priceTicks }) =>
      Amount.toNumber(BigInt(lots) * BigInt(priceTicks) * btcUsdt.tickLot)
    )
    expect(spent).toHaveLength(3)
    for (const [at, amount] of [50, 50, 100].entries()) {
      expect(spent[at]).toBeLessThanOrEqual(amount)
      expect(spent[at]).toBeGreaterThan(amount - 1)
    }
  })

  it("stops after as many purchases as it was told, over restarts too", () => {
    const stage = make({ purchases: 3 })
    stage.second(btc, 6_000_000)
    for (let step = 0; step < 10; step++) {
      stage.advance(4)
      stage.restart()
      stage.advance(3)
    }
    expect(stage.fills).toHaveLength(3)
  })

  it("keeps its rhythm over a restart: neither forgets a purchase nor makes one twice", () => {
    const stage = make()
    stage.second(btc, 6_000_000)
    stage.advance(5)
    const first = stage.fills.length
    stage.restart()
    stage.advance(1)
    expect(stage.fills).toHaveLength(first)
    stage.advance(10)
    expect(stage.fills).toHaveLength(first + 1)
  })
})

describe("the portfolio rebalancer", () => {
  const make = () => {
    const stage = new StrategyStage(
      rebalancer,
      { capital: 10_000, shareFirst: 0.5, shareSecond: 0.3, band: 0.05, everySec: 5 },
      instruments
    )
    stage.quote(btc, 5_000_000, 5_000_000)
    stage.quote(eth, 250_000, 250_000)
    return stage
  }

  it("buys its weights at the start and leaves them alone while they stand", () => {
    const stage = make()
    stage.advance(60)
    expect(stage.look()).toEqual([`buy 12000 ${eth}`, `buy 10000 ${btc}`])
  })

  it("trades back to its weights when prices have strayed, selling before it buys", () => {
    const stage = make()
    stage.advance(10)
    stage.look()
    // 10,000 in bitcoin, 3,000 in ether, 2,000 cash.
    stage.quote(btc, 10_000_000, 10_000_000)
    stage.advance(10)
    expect(stage.look()).toEqual([`sell 2500 ${btc}`, `buy 6000 ${eth}`])
    const value = stage.position(btc) + stage.position(eth) * 0.25
    expect(value).toBeCloseTo(7500 + 18_000 * 0.25, 6)
  })

  it("waits while a price is unknown, and refuses weights above the whole", () => {
    const stage = new StrategyStage(rebalancer, {}, instruments)
    stage.quote(btc, 5_000_000, 5_000_000)
    stage.advance(60)
    expect(stage.look()).toEqual([])
    expect(() => new StrategyStage(rebalancer, { shareFirst: 0.7, shareSecond: 0.4 }, instruments)).toThrow(
      /add up to 1/
    )
  })
})

describe("the signal follower", () => {
  const startUs = Date.UTC(2026, 0, 5, 9, 0, 0) * 1000
  const make = (signals: string, given = {}) => {
    const stage = new StrategyStage(follower, { signals, quantity: "0.1", ...given }, instruments, startUs)
    stage.quote(eth, 300_000, 300_002)
    return stage
  }

  it("holds the target of each signal from its time on", () => {
    const stage = make("+5s 1; +10s -0.5; 2026-01-05T09:00:15Z 0")
    stage.advance(4.9)
    expect(stage.position(eth)).toBe(0)
    stage.advance(0.2)
    expect(stage.position(eth)).toBe(1000)
    stage.advance(5)
    expect(stage.position(eth)).toBe(-500)
    stage.advance(5)
    expect(stage.look()).toEqual([`buy 1000 ${eth}`, `sell 1500 ${eth}`, `buy 500 ${eth}`])
  })

  it("does not trade on what is old when it is first seen", () => {
    const stage = make("2026-01-05T08:00:00Z 1; 2026-01-05T08:59:55Z -1", { staleSec: 3 })
    stage.advance(60)
    expect(stage.look()).toEqual([])
    expect(make("2026-01-05T08:00:00Z 1; 2026-01-05T08:59:55Z -1").look()).toEqual([`sell 1000 ${eth}`])
  })

  it("follows each signal once, over restarts", () => {
    const stage = make("+5s 1; +10s 0")
    stage.advance(6)
    stage.restart()
    stage.advance(1)
    stage.restart()
    stage.advance(5)
    expect(stage.look()).toEqual([`buy 1000 ${eth}`, `sell 1000 ${eth}`])
  })

  it("refuses a list that cannot be read, with how to write it", () => {
    expect(() => make("tomorrow 1")).toThrow(/Write `TIME TARGET; TIME TARGET/)
    expect(() => make("2026-13-45T09:30:00Z 1")).toThrow(/Write `TIME TARGET/)
  })
})
