import type { MarketListener } from "@outcry/matching/MarketListener"
import { btcUsdt as btc, ethUsdt as eth } from "@outcry/testkit/Instruments"
import { describe, expect, it } from "vitest"
import { AgentMarket } from "../src/AgentMarket.ts"
import { accountOrder, MarketProbe } from "./MarketProbe.ts"

const second = 1_000_000
const startUs = 1_700_000_000 * second

const open = (seed: number, listener: MarketListener, instrument = btc) =>
  new AgentMarket({ instrument, seed, startUs, listener, priceTicks: instrument === btc ? 6_000_000 : 260_000 })

/** Mid prices at each second. */
const mids = (market: AgentMarket, seconds: number): ReadonlyArray<number> =>
  Array.from({ length: seconds }, (_, index) => {
    market.advanceTo(startUs + index * second)
    const top = market.top()
    return (top.bidTicks + top.askTicks) / 2
  })

const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, each) => sum + each, 0) / values.length
const quantile = (values: ReadonlyArray<number>, share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))]!

/** A minute of trading with the same three API orders at the same times, advanced in steps of that length. */
const minute = (seed: number, stepUs: number): string => {
  const market = open(seed, new MarketProbe())
  const orders = [
    { atUs: startUs + 10 * second + 7, order: accountOrder(1, { priceTicks: 5_990_000, lots: 500 }) },
    { atUs: startUs + 20 * second, order: accountOrder(2, { side: "sell", type: "market", lots: 40_000 }) },
    { atUs: startUs + 31 * second, order: accountOrder(3, { type: "market", lots: 0, quoteTickLots: 6e9 }) }
  ]
  for (let timeUs = startUs; timeUs <= startUs + 60 * second; timeUs += stepUs) {
    while (orders[0] !== undefined && orders[0].atUs <= timeUs) {
      const { order, atUs } = orders.shift()!
      market.submit(order, atUs)
    }
    market.advanceTo(timeUs)
  }
  market.advanceTo(startUs + 60 * second)
  return market.hash()
}

describe("AgentMarket", () => {
  it("gives the same events for the same seed and orders, however it is advanced", () => {
    const hash = minute(1, second)
    expect(minute(1, second)).toBe(hash)
    expect(minute(1, 60 * second)).toBe(hash)
    expect(new Set([1, 2, 3, 4].map((seed) => minute(seed, second))).size).toBe(4)
  })

  it("tells enough to rebuild its book and top, which is never crossed", () => {
    const probe = new MarketProbe()
    const market = open(3, probe)
    for (let at = 0; at < 120; at++) {
      market.advanceTo(startUs + at * second)
      expect(probe.depth(1_000)).toEqual(market.depth(1_000))
      expect(probe.top).toEqual(market.top())
      expect(probe.top.bidTicks).toBeLessThan(probe.top.askTicks)
    }
  })

  it("prints every match once, under its trade id, without gaps", () => {
    const probe = new MarketProbe()
    open(4, probe).advanceTo(startUs + 60 * second)
    const matches = probe.events.flatMap(({ event }) => (event.type === "match" ? [event] : []))
    expect(matches.length).toBeGreaterThan(100)
    expect(probe.trades.map((trade) => trade.tradeId)).toEqual(matches.map((_, index) => index + 1))
    matches.forEach((match, index) => {
      const { priceTicks, lots, buyerIsMaker } = probe.trades[index]!
      expect([priceTicks, lots, buyerIsMaker]).toEqual([match.priceTicks, match.lots, match.takerSide === "sell"])
    })
  })

  it.each([btc, eth])("is as busy as a market that strategies can trade on: $symbol", (instrument) => {
    const probe = new MarketProbe()
    const market = open(5, probe, instrument)
    const seconds = 900
    const prices = mids(market, seconds)
    expect(probe.steps / seconds).toBeGreaterThan(18)
    expect(probe.levelsChanged / seconds).toBeLessThan(75)
    expect(probe.trades.length / seconds).toBeGreaterThan(3)
    expect(probe.trades.length / seconds).toBeLessThan(12)
    const sign = (index: number): number =>
      Math.sign(mean(prices.slice(index - 4, index + 1)) - mean(prices.slice(index - 19, index + 1)))
    let crosses = 0
    for (let index = 20; index < seconds; index++) if (sign(index) !== sign(index - 1)) crosses += 1
    expect(seconds / crosses).toBeLessThan(25)
  })

  it("fills resting quotes near the touch and market orders at once", () => {
    const probe = new MarketProbe()
    const market = open(6, probe)
    let orderId = 0
    let filled = 0
    for (let at = 1; at <= 120; at += 4) {
      market.advanceTo(startUs + at * second)
      const { bidTicks, askTicks } = market.top()
      for (const [side, priceTicks] of [
        ["buy", bidTicks],
        ["sell", askTicks]
      ] as const) {
        orderId += 1
        market.submit(accountOrder(orderId, { side, priceTicks, lots: 100, postOnly: true }), startUs + at * second)
      }
    }
    market.advanceTo(startUs + 130 * second)
    for (let id = 1; id <= orderId; id++) if (probe.filledLots(id) === 100) filled += 1
    expect(filled / orderId).toBeGreaterThan(0.5)
    market.submit(accountOrder(999, { type: "market", lots: 1_000 }), startUs + 131 * second)
    expect(probe.filledLots(999)).toBe(1_000)
  })

  it("lets only an account's own order be canceled, and tells its rest", () => {
    const probe = new MarketProbe()
    const market = open(6, probe)
    market.submit(accountOrder(1, { priceTicks: 1_000_000, lots: 7 }), startUs)
    expect(market.cancel(1, startUs + 5)).toBe(true)
    expect(market.cancel(1, startUs + 6)).toBe(false)
    const crowds = probe.events.find(({ event }) => event.type === "rested" && event.orderId < 0)!.event
    expect(crowds.type === "rested" && market.cancel(crowds.orderId, startUs + 7)).toBe(false)
    expect(probe.of(1).map((event) => event.type)).toEqual(["rested", "removed"])
    expect(() => market.submit(accountOrder(-4, {}), startUs + 8)).toThrow("above 0")
  })

  it("quotes both sides again within seconds after an account has swept the book", () => {
    const market = open(7, new MarketProbe())
    market.advanceTo(startUs + 10 * second)
    const before = market.top()
    market.submit(accountOrder(1, { type: "market", side: "sell", lots: 1_000_000_000 }), startUs + 10 * second)
    expect(market.top().bidTicks).toBe(0)
    market.advanceTo(startUs + 15 * second)
    expect(market.top().bidTicks).toBeGreaterThan(before.bidTicks * 0.99)
    expect(market.depth(100).bids.length).toBeGreaterThan(10)
  })

  it("stays healthy for a day: both sides quoted, sane spreads, a plausible price", { timeout: 120_000 }, () => {
    const market = open(8, new MarketProbe(false))
    const spreadsBps: Array<number> = []
    const day = 24 * 3600
    for (let at = 0; at < day; at++) {
      market.advanceTo(startUs + at * second)
      const { bidTicks, askTicks } = market.top()
      if (bidTicks === 0 || askTicks === 0) throw new Error(`One side is empty at second ${at}`)
      if (bidTicks < 5_400_000 || askTicks > 6_600_000) throw new Error(`${bidTicks} to ${askTicks} at second ${at}`)
      spreadsBps.push(((askTicks - bidTicks) / bidTicks) * 10_000)
    }
    expect(spreadsBps).toHaveLength(day)
    expect(quantile(spreadsBps, 0.5)).toBeLessThan(2)
    expect(quantile(spreadsBps, 0.99)).toBeLessThan(10)
    expect(quantile(spreadsBps, 1)).toBeLessThan(100)
    const depth = market.depth(1_000)
    expect(depth.bids.length + depth.asks.length).toBeLessThan(1_000)
  })

  it("moves two instruments together, with a difference that reverts within a minute", () => {
    const seconds = 1_800
    const [bitcoin, ether] = [mids(open(9, new MarketProbe()), seconds), mids(open(9, new MarketProbe(), eth), seconds)]
    const logs = bitcoin.map((price, index) => Math.log(price / 6_000_000) - Math.log(ether[index]! / 260_000))
    const center = mean(logs)
    const deviation = Math.sqrt(mean(logs.map((each) => (each - center) ** 2)))
    expect(deviation * 10_000).toBeGreaterThan(15)
    const covariance = (lag: number) =>
      mean(logs.slice(lag).map((each, index) => (each - center) * (logs[index]! - center)))
    expect(covariance(60) / covariance(0)).toBeLessThan(0.3)
    let returns = 0
    for (let index = 1; index < seconds; index++)
      if ((logs[index]! - center) * (logs[index - 1]! - center) < 0) returns += 1
    expect(returns).toBeGreaterThan(seconds / 60)
  })
})
