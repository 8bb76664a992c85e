import type { BarColumns } from "@outcry/signals/BarColumns"
import { describe, expect, it } from "vitest"
import { type RunTerms, termsOf, type TermsGiven } from "../src/vector/RunTerms.ts"
import { runPortfolio } from "../src/vector/PortfolioRun.ts"
import { runSignal } from "../src/vector/VectorRun.ts"
import { equitiesMissing, whySkippedEquities } from "./data/SharedData.ts"
import { rawBarsOf } from "./Shares.ts"
import { crossOf, dayUs, declaredCrossOf, randomSignal, walk } from "./CrossSignals.ts"
import { averageAt, slowRun } from "./SlowRun.ts"

const near = (ours: number, theirs: number, name: string): void => {
  const scale = Math.max(Math.abs(theirs), 1e-3)
  expect(Math.abs(ours - theirs) / scale, `${name}: ${ours} and ${theirs}`).toBeLessThan(1e-12)
}

const sameRun = (
  ours: ReturnType<typeof runSignal>,
  bars: BarColumns,
  targets: ReadonlyArray<number>,
  terms: RunTerms
): void => {
  const theirs = slowRun(bars, targets, terms)
  theirs.equity.forEach((value, row) =>
    near(ours.result.curve.equity[row]! / terms.cash, value / terms.cash, `row ${row}`)
  )
  expect(Object.keys(ours.summary.metrics).toSorted()).toEqual(Object.keys(theirs.metrics).toSorted())
  for (const [name, value] of Object.entries(theirs.metrics)) near(ours.summary.metrics[name]!, value, name)
}

/** What `randomSignal` names for every row, by asking it. */
const targetsOf = (seed: number, rows: number, allowed: ReadonlyArray<number>): ReadonlyArray<number> => {
  const rule = randomSignal(allowed).rule(() => 0, { seed })
  let held = 0
  return Array.from({ length: rows }, () => {
    const target = rule({ value: () => 0, held, heldRows: 0, now: 0 })
    if (!Number.isNaN(target)) held = target
    return held
  })
}

describe("a vectorised run", () => {
  it.skipIf(equitiesMissing)(
    `equals a plain loop for an average cross on 23 years of SPY${whySkippedEquities}`,
    async () => {
      const bars = await rawBarsOf("spy")
      for (const otherwise of [0, -1]) {
        let held = 0
        const targets = Array.from(bars.close, (_, row) => {
          const [fast, slow] = [averageAt(bars.close, row, 23), averageAt(bars.close, row, 106)]
          // Prices are whole cents, so averages can be equal but for rounding; for these windows they never are.
          expect(Math.abs(fast - slow)).not.toBeLessThan(1e-9)
          if (fast > slow) held = 1
          else if (fast <= slow) held = otherwise
          return held
        })
        const given = { feeBps: 5, slippageBps: 2 }
        for (const signal of [crossOf(otherwise), declaredCrossOf(otherwise)]) {
          const ours = runSignal(signal, { fast: 23, slow: 106 }, bars, { terms: given })
          sameRun(ours, bars, targets, termsOf(given))
          expect(ours.result.trades.length).toBe(ours.summary.trades)
          expect(ours.summary.trades).toBeGreaterThan(30)
        }
      }
    }
  )

  it("equals a plain loop for any targets, costs, sizes and fills", () => {
    const cases: ReadonlyArray<readonly [TermsGiven, ReadonlyArray<number>]> = [
      [{}, [0, 1]],
      [{ feeBps: 10 }, [0, 1, -1]],
      [{ feeBps: 7, slippageBps: 3, fillAt: "close" }, [0, 1, -1]],
      [{ sizing: { kind: "fraction", fraction: 0.5 }, feeBps: 1 }, [0, 0.25, 0.5, 1, -0.75, -1]],
      [{ sizing: { kind: "fraction", fraction: 2 }, grossMax: 1.5 }, [0, 1, -1]],
      [{ borrowPerYear: 0.05, fundingPerYear: 0.1 }, [0, 1, -0.5, -1]],
      [{ borrowPerYear: 0.05, fundingPerYear: -0.2, fillAt: "close" }, [0, 1, -1]]
    ]
    for (const [given, allowed] of cases)
      for (let seed = 1; seed <= 12; seed++) {
        const bars = walk(seed, 300)
        const ours = runSignal(randomSignal(allowed), { seed }, bars, { terms: given })
        sameRun(ours, bars, targetsOf(seed, 300, allowed), termsOf(given))
      }
  })

  it("closes a position whose equity is gone and trades no more", () => {
    const bars = walk(3, 200, 0.25)
    const given = { sizing: { kind: "fraction", fraction: 4 }, grossMax: 4 } as const
    const ours = runSignal(randomSignal([-1, 1, 0.5]), { seed: 4 }, bars, { terms: given })
    sameRun(ours, bars, targetsOf(4, 200, [-1, 1, 0.5]), termsOf(given))
    expect(ours.summary.warnings.map(({ code }) => code)).toContain("ruined")
    expect(ours.result.curve.exposure.at(-1)).toBe(0)
    expect(ours.summary.metrics["totalReturn"]).toBeLessThanOrEqual(-1)
  })

  it("trades at the next open what a close decided, and says so when told to trade at that close", () => {
    const bars = walk(5, 60)
    const late = runSignal(randomSignal([0, 1]), { seed: 2 }, bars)
    for (const [at, order] of late.result.orders.entries()) {
      const row = bars.timeOpen.indexOf(order.timeEnd)
      expect(order.timeIntent).toBe(bars.timeOpen[row - 1]! + dayUs)
      expect(late.result.fills[at]!.price).toBe(bars.open[row])
    }
    const flattering = runSignal(randomSignal([0, 1]), { seed: 2 }, bars, { terms: { fillAt: "close" } })
    expect(flattering.result.warnings.map(({ code }) => code)).toEqual(["filledAtDecisionClose"])
    for (const fill of flattering.result.fills)
      expect(fill.price).toBe(bars.close[bars.timeOpen.indexOf(fill.timeUs - dayUs)])
  })

  it("accounts for every unit of cash in its round trips, fees and costs", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { result } = runSignal(randomSignal([0, 1, -1, 0.5]), { seed }, walk(seed, 250), {
        terms: { feeBps: 8, slippageBps: 4, fundingPerYear: 0.07 }
      })
      const profits = result.trades.reduce((sum, { profit }) => sum + profit, 0)
      near(profits / result.equityStart, (result.equityEnd - result.equityStart) / result.equityStart, `seed ${seed}`)
      near(result.costs.fees, -result.fills.reduce((sum, { fee }) => sum + fee, 0), "fees")
    }
  })

  it("repeats itself to the hash, and hashes differently for other parameters", () => {
    const bars = walk(9, 300)
    const hash = (fast: number) => runSignal(crossOf(0), { fast, slow: 30 }, bars).result.hash
    expect(hash(5)).toBe(hash(5))
    expect(hash(5)).not.toBe(hash(6))
  })

  it("sizes by quantity and by notional, and cuts what equity does not cover", () => {
    const bars = walk(6, 100)
    const always = randomSignal([1])
    const fixed = runSignal(always, { seed: 1 }, bars, { terms: { sizing: { kind: "quantity", quantity: 7 } } })
    expect(fixed.result.fills.map(({ quantity }) => quantity)).toEqual([7])
    const notional = runSignal(always, { seed: 1 }, bars, { terms: { sizing: { kind: "notional", notional: 5000 } } })
    near(notional.result.fills[0]!.quantity * notional.result.fills[0]!.price, 5000, "notional")
    const cut = runSignal(always, { seed: 1 }, bars, { terms: { sizing: { kind: "quantity", quantity: 1e6 } } })
    near(cut.result.fills[0]!.quantity * cut.result.fills[0]!.price, 100_000, "all of the cash")
    expect(cut.summary.warnings.map(({ code }) => code)).toEqual(["sizeCut"])
  })
})

describe("a portfolio", () => {
  it("of one instrument is the run of that instrument", () => {
    const terms = { feeBps: 6, slippageBps: 1, borrowPerYear: 0.03, fundingPerYear: 0.01 }
    for (const fillAt of ["nextOpen", "close"] as const)
      for (let seed = 1; seed <= 10; seed++) {
        const bars = walk(seed, 200)
        const signal = randomSignal([0, 1, -1, 0.5])
        const alone = runSignal(signal, { seed }, bars, { terms: { ...terms, fillAt } })
        const together = runPortfolio(signal, [{ bars, parameters: { seed } }], { ...terms, fillAt })
        expect(together.result.fills).toEqual(alone.result.fills)
        together.result.curve.equity.forEach((value, at) =>
          near(value / 1e5, alone.result.curve.equity[at]! / 1e5, `row ${at}`)
        )
        for (const [name, value] of Object.entries(alone.summary.metrics))
          near(together.summary.metrics[name]!, value, name)
      }
  })

  it("shares its cash: what the first take, the last lack", () => {
    const members = ["test:A/USD", "test:B/USD", "test:C/USD"].map((name, at) => ({
      bars: walk(at + 1, 120, 0.02, name),
      parameters: { seed: 7 }
    }))
    const always = randomSignal([1])
    const even = runPortfolio(always, members, { sizing: { kind: "fraction", fraction: 1 / 3 } })
    expect(even.summary.warnings).toEqual([])
    expect(new Set(even.result.fills.map(({ instrument }) => instrument)).size).toBe(3)
    const greedy = runPortfolio(always, members, { sizing: { kind: "fraction", fraction: 0.6 } })
    expect(greedy.summary.warnings).toEqual([expect.objectContaining({ code: "sizeCut", count: 2 })])
    const first = greedy.result.curve.exposure.find((value) => value > 0)!
    expect(first).toBeLessThan(120_000)
    const profits = even.result.trades.reduce((sum, { profit }) => sum + profit, 0)
    near(even.result.equityEnd / 1e5, (1e5 + profits) / 1e5, "cash conserved")
  })

  it("goes on with an instrument's last close where it has no bar", () => {
    const whole = walk(1, 100, 0.02, "test:A/USD")
    const all = walk(2, 100, 0.02, "test:B/USD")
    const keep = (column: Float64Array) => column.filter((_, row) => row < 40 || row > 43)
    const holed = {
      ...all,
      timeOpen: keep(all.timeOpen),
      open: keep(all.open),
      high: keep(all.high),
      low: keep(all.low),
      close: keep(all.close),
      volume: keep(all.volume)
    }
    const { result } = runPortfolio(
      randomSignal([1]),
      [
        { bars: whole, parameters: { seed: 1 } },
        { bars: holed, parameters: { seed: 1 } }
      ],
      { sizing: { kind: "quantity", quantity: 100 } }
    )
    expect(result.curve.timeUs.length).toBe(100)
    const quantity = 100
    expect(result.curve.exposure[42]).toBeCloseTo(quantity * (whole.close[42]! + all.close[39]!), 6)
  })

  it("refuses instruments twice, other intervals, and none at all", () => {
    const bars = walk(1, 50)
    const member = { bars, parameters: { seed: 1 } }
    expect(() => runPortfolio(randomSignal([1]), [])).toThrow("members is empty")
    expect(() => runPortfolio(randomSignal([1]), [member, member])).toThrow("members[1].bars.instrument")
    const other = { bars: { ...bars, instrument: "test:B/USD", intervalUs: 60_000_000 }, parameters: { seed: 1 } }
    expect(() => runPortfolio(randomSignal([1]), [member, other])).toThrow("members[1].bars.intervalUs")
  })
})
