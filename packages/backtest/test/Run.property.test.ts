import { invariants } from "@outcry/model/Account"
import { stateHash } from "@outcry/model/AccountHash"
import { initial } from "@outcry/model/AccountState"
import * as Amount from "@outcry/model/Amount"
import { baseAmount, notional } from "@outcry/model/Instrument"
import { btcUsdt, ethUsdt } from "@outcry/testkit/Instruments"
import { describe, expect, it } from "vitest"
import type { BacktestResult } from "../src/BacktestResult.ts"
import { BacktestRun } from "../src/BacktestRun.ts"
import { type BacktestSpec, strategySpec } from "../src/BacktestSpec.ts"
import { evolveRun } from "../src/CorporateAction.ts"
import type { MarketTape } from "../src/MarketTape.ts"
import { btc, eth } from "./Fixtures.ts"
import { randomTrader, wildTape } from "./RandomTrader.ts"

const kinds = ["quotes", "bars"] as const

const specOf = (tape: MarketTape, more: Partial<BacktestSpec> = {}): BacktestSpec => ({
  tape,
  instruments: [btcUsdt, ethUsdt],
  strategies: ["one", "two"].map((id) => strategySpec(randomTrader, { id, parameters: { chance: 0.3 } })),
  accounts: [{ balances: { USDT: "50000" }, loans: { BTC: "1", ETH: "5" } }],
  fees: { kind: "basisPoints", makerBps: -1, takerBps: 7 },
  slippage: { kind: "random", bpsMax: 3 },
  volumeShareMax: 0.2,
  keepFacts: true,
  ...more
})

const done = (spec: BacktestSpec): { readonly run: BacktestRun; readonly result: BacktestResult } => {
  const run = new BacktestRun(spec)
  while (run.step(1000));
  return { run, result: run.finish() }
}

const latency = { kind: "jitter", orderUs: 300_000, reportUs: 200_000, jitterUs: 400_000 } as const

describe.each(kinds)("any run over %s", (kind) => {
  it("keeps the account's invariants, its cash, its positions and every strategy's share", () => {
    let fills = 0
    for (let seed = 1; seed <= 12; seed++) {
      const { result, run } = done(
        specOf(wildTape(seed, 500, kind, false), { seed, ...(seed % 2 === 0 ? { latency } : {}) })
      )
      const { state } = run.account()!
      expect(invariants(state), `seed ${seed}`).toEqual([])
      const totals = new Map([
        ["USDT", Amount.from("50000")],
        ["BTC", Amount.from("1")],
        ["ETH", Amount.from("5")]
      ])
      const add = (asset: string, amount: bigint): unknown => totals.set(asset, totals.get(asset)! + amount)
      const held = new Map<string, number>()
      for (const fact of run.facts()) {
        if (fact.type === "BalanceAdjusted" || fact.type === "FundingPaid") add(fact.asset, fact.amount)
        if (fact.type !== "OrderFilled") continue
        const instrument = fact.instrument === btc ? btcUsdt : ethUsdt
        const sign = fact.side === "buy" ? 1n : -1n
        add("USDT", -sign * notional(instrument, fact.priceTicks, fact.lots) - fact.fee)
        add(instrument.base, sign * baseAmount(instrument, fact.lots))
      }
      for (const { instrument, lots, side, strategy } of result.fills)
        for (const key of [instrument, `${strategy} ${instrument}`])
          held.set(key, (held.get(key) ?? 0) + (side === "buy" ? lots : -lots))
      for (const [asset, amount] of totals)
        expect(state.balances.get(asset)?.total, `seed ${seed} ${asset}`).toBe(amount)
      for (const id of [btc, eth]) {
        expect(state.positions.get(id)?.lots ?? 0).toBe(held.get(id) ?? 0)
        for (const strategy of ["one", "two"])
          expect(state.strategies.get(strategy)?.positions.get(id)?.lots ?? 0).toBe(held.get(`${strategy} ${id}`) ?? 0)
      }
      fills += result.fills.length
    }
    expect(fills).toBeGreaterThan(200)
  })

  it("comes to the same state when its facts are replayed, splits included", () => {
    let splits = 0
    for (let seed = 1; seed <= 8; seed++) {
      const { run } = done(specOf(wildTape(seed, 400, kind, true), { seed }))
      const { state } = run.account()!
      const replayed = run.facts().reduce(evolveRun, initial(state.account))
      expect(stateHash(replayed), `seed ${seed}`).toBe(stateHash(state))
      expect(invariants(state), `seed ${seed}`).toEqual([])
      splits += run.facts().filter(({ type }) => type === "SplitApplied").length
    }
    expect(splits).toBeGreaterThan(10)
  })

  it("is the same for the same seed, and another for another", () => {
    const hashOf = (seed: number): string => done(specOf(wildTape(1, 400, kind, false), { seed, latency })).result.hash
    expect(hashOf(7)).toBe(hashOf(7))
    expect(hashOf(7)).not.toBe(hashOf(8))
  })

  it("adds its round trips up to what equity gained", () => {
    for (let seed = 1; seed <= 6; seed++) {
      const { result } = done(specOf(wildTape(seed, 400, kind, false), { seed }))
      const profit = result.trades.reduce((sum, trade) => sum + trade.profit, 0)
      expect(result.equityEnd - result.equityStart, `seed ${seed}`).toBeCloseTo(profit, 6)
      const fees = result.trades.reduce((sum, trade) => sum + trade.fees, 0)
      expect(result.costs.fees).toBeCloseTo(-fees, 9)
    }
  })

  it("decides nothing by what comes later: whatever the future, the past is the same", () => {
    for (let seed = 1; seed <= 6; seed++) {
      const tape = wildTape(seed, 400, kind, true)
      const row = 200 + seed
      const untilUs = tape.time[row]!
      const other = wildTape(seed, 400, kind, true)
      // Every number after the row is another one.
      for (let at = row + 1; at < other.length; at++)
        for (const column of [other.a, other.b, other.c, other.d]) if (other.code[at]! <= 3) column[at]! += 7
      const decided = (of: MarketTape) => {
        const { result } = done(specOf(of, { seed }))
        return {
          orders: result.orders
            .filter(({ timeIntent }) => timeIntent <= untilUs)
            .map(({ lots, orderSeq, priceTicks, side, strategy, type }) => ({
              lots,
              orderSeq,
              priceTicks,
              side,
              strategy,
              type
            })),
          fills: result.fills.filter(({ timeUs }) => timeUs < untilUs),
          hash: result.hash
        }
      }
      const { hash, ...past } = decided(tape)
      const { hash: otherHash, ...same } = decided(other)
      expect(otherHash).not.toBe(hash)
      expect(past.orders.length).toBeGreaterThan(20)
      expect(same, `seed ${seed}`).toEqual(past)
    }
  })
})

it("leaves one strategy's fills alone when another trades beside it", () => {
  const tape = wildTape(3, 300, "bars", false)
  const plain = {
    slippage: { kind: "none" },
    accounts: [{ balances: { USDT: "90000000" }, loans: { BTC: "90", ETH: "900" } }]
  } as const
  const alone = done({ ...specOf(tape, plain), strategies: [marketOnly("one")], volumeShareMax: Infinity }).result
  const both = done({
    ...specOf(tape, plain),
    strategies: [marketOnly("two"), marketOnly("one")],
    volumeShareMax: Infinity
  }).result
  expect(alone.fills.length).toBeGreaterThan(20)
  expect(both.fills.filter(({ strategy }) => strategy === "one")).toEqual(alone.fills)
})

const marketOnly = (id: string) =>
  strategySpec(
    {
      ...randomTrader,
      onBar: (bar, ctx) => {
        if (ctx.random() < 0.2) ctx[ctx.random() < 0.5 ? "buy" : "sell"](bar.instrument, { quantity: 1000 })
      }
    },
    { id, parameters: { chance: 1 } }
  )
