import { describe, expect, it } from "vitest"
import type { RunSummary } from "../src/BacktestResult.ts"
import type { Goal } from "../src/search/Goal.ts"
import { type DeflatedSharpe, overfitCheck } from "../src/search/OverfitCheck.ts"
import { PointGrid } from "../src/search/ParameterSpace.ts"
import { purgedFolds, trainTestSplit, walkWindows } from "../src/search/SampleSplit.ts"
import { walkForward } from "../src/search/WalkForward.ts"
import { runSignal } from "../src/vector/VectorRun.ts"
import { crossOf, walk } from "./CrossSignals.ts"

describe("windows", () => {
  it("roll, or grow from the beginning, and their tests meet", () => {
    expect(walkWindows(100, { train: 40, test: 20, mode: "rolling" })).toEqual([
      { train: { from: 0, to: 40 }, test: { from: 40, to: 60 } },
      { train: { from: 20, to: 60 }, test: { from: 60, to: 80 } },
      { train: { from: 40, to: 80 }, test: { from: 80, to: 100 } }
    ])
    expect(walkWindows(100, { train: 40, test: 20, mode: "anchored", purge: 5 })).toEqual([
      { train: { from: 0, to: 40 }, test: { from: 45, to: 65 } },
      { train: { from: 0, to: 60 }, test: { from: 65, to: 85 } }
    ])
  })

  it("keep train and test apart by the purge and the embargo", () => {
    for (const { test, train } of purgedFolds(103, 4, { purge: 7, embargo: 3 }))
      for (const { from, to } of train) expect(to <= test.from - 7 || from >= test.to + 3).toBe(true)
    const tests = purgedFolds(103, 4).map(({ test }) => test)
    expect(tests[0]!.from).toBe(0)
    expect(tests.at(-1)!.to).toBe(103)
    tests.slice(1).forEach(({ from }, at) => expect(from).toBe(tests[at]!.to))
    expect(trainTestSplit(100, 0.25, { purge: 5 })).toEqual({
      train: [{ from: 0, to: 70 }],
      test: { from: 75, to: 100 }
    })
  })

  it("that do not fit are refused", () => {
    expect(() => walkWindows(50, { train: 40, test: 20, mode: "rolling" })).toThrow("need 60 rows and there are 50")
    expect(() => walkWindows(500, { train: 40, test: 20, step: 10, mode: "rolling" })).toThrow("step is 10")
    expect(() => trainTestSplit(100, 1)).toThrow("testShare is 1")
    expect(() => trainTestSplit(10, 0.5, { purge: 4 })).toThrow("leaves 1 rows to learn from")
    expect(() => purgedFolds(10, 1)).toThrow("folds is 1")
  })
})

describe("walk-forward", () => {
  const bars = walk(22, 900, 0.015)
  const points = new PointGrid({
    fast: { kind: "integer", min: 2, max: 10, step: 4 },
    slow: { kind: "integer", min: 20, max: 60, step: 20 }
  }).points()
  const goal: Goal = { objectives: [{ metric: "totalReturn", direction: "maximise" }] }
  const terms = { feeBps: 5 }

  it("tests each choice on rows that the choice did not see, and joins what came of it", () => {
    for (const mode of ["rolling", "anchored"] as const) {
      const found = walkForward(crossOf(0), points, bars, goal, { train: 300, test: 150, mode, terms })
      expect(found.steps.length).toBe(4)
      let level = 100_000
      const joined: Array<number> = []
      for (const { chosen, test, tested, train } of found.steps) {
        expect(train.to).toBeLessThanOrEqual(test.from)
        const returns = points.map(
          (point) => runSignal(crossOf(0), point, bars, { terms, range: train }).summary.metrics["totalReturn"]!
        )
        expect(chosen!.metrics["totalReturn"]).toBe(Math.max(...returns))
        const { result, summary } = runSignal(crossOf(0), chosen!.parameters, bars, { terms, range: test })
        expect(tested).toEqual(summary)
        joined.push(...result.curve.equity.map((value) => (value * level) / 100_000))
        level = joined.at(-1)!
      }
      expect(found.equity.length).toBe(600)
      found.equity.forEach((value, at) => expect(Math.abs(value / joined[at]! - 1)).toBeLessThan(1e-12))
      expect(found.metrics["totalReturn"]).toBeCloseTo(level / 100_000 - 1, 10)
      const annual = (which: "chosen" | "tested") =>
        found.steps.reduce((sum, step) => sum + step[which]!.metrics["annualReturn"]!, 0) / 4
      expect(annual("chosen")).toBeGreaterThan(0)
      expect(found.efficiency).toBeCloseTo(annual("tested") / annual("chosen"), 10)
    }
  })

  it("does not change the past when the future does", () => {
    const given = { train: 300, test: 150, mode: "rolling", terms } as const
    const whole = walkForward(crossOf(0), points, bars, goal, given)
    const other = { ...bars, close: bars.close.map((price, row) => (row < 600 ? price : price * 1.5)) }
    other.high.forEach((high, row) => (other.high[row] = row < 600 ? high : high * 2))
    const changed = walkForward(crossOf(0), points, other, goal, given)
    expect(changed.steps.slice(0, 2).map(({ chosen, tested }) => [chosen, tested?.metrics])).toEqual(
      whole.steps.slice(0, 2).map(({ chosen, tested }) => [chosen, tested?.metrics])
    )
    expect(changed.equity.slice(0, 300)).toEqual(whole.equity.slice(0, 300))
    expect(changed.equity.slice(300)).not.toEqual(whole.equity.slice(300))
  })

  it("waits where no run keeps the limits, and says so", () => {
    const strict = { ...goal, constraints: [{ metric: "trades", min: 10_000 }] }
    const found = walkForward(crossOf(0), points, bars, strict, { train: 300, test: 150, mode: "rolling" })
    expect(found.equity).toEqual(Array.from({ length: 600 }, () => 100_000))
    expect(found.warnings.map(({ code }) => code)).toEqual(["nothingChosen"])
    expect(found.efficiency).toBeUndefined()
  })
})

describe("the verdict on over-fitting", () => {
  const trials = (peak: number, around: number, trades = 100): ReadonlyArray<RunSummary> =>
    Array.from({ length: 25 }, (_, index) => {
      const [x, y] = [index % 5, Math.floor(index / 5)]
      const near = Math.abs(x - 2) + Math.abs(y - 2)
      const sharpe = near === 0 ? peak : near === 1 ? around : 0
      return { index, parameters: { x, y }, metrics: { sharpe }, trades, warnings: [] }
    })
  const of =
    (probability: number): DeflatedSharpe =>
    () =>
      probability
  const given = { best: 12, periodsPerYear: 252, observations: 2000, skewness: 0, kurtosis: 3 }
  const flagsOf = (changes: Partial<Parameters<typeof overfitCheck>[0]>) => {
    const { flags, verdict } = overfitCheck({
      ...given,
      trials: trials(2, 1.6),
      deflatedSharpe: of(0.99),
      ...changes
    })
    return [verdict, ...flags.map(({ flag }) => flag)]
  }

  it("weighs luck, walk-forward, neighbours and how much there is to judge by", () => {
    expect(flagsOf({ efficiency: 0.8 })).toEqual(["sound"])
    expect(flagsOf({ deflatedSharpe: of(0.6) })).toEqual(["overfit", "deflatedSharpeLow"])
    expect(flagsOf({ deflatedSharpe: of(Number.NaN) })).toEqual(["overfit", "deflatedSharpeLow"])
    expect(flagsOf({ efficiency: 0.2 })).toEqual(["overfit", "walkForwardFails"])
    expect(flagsOf({ trials: trials(2, 0.3) })).toEqual(["doubtful", "isolatedPeak"])
    expect(flagsOf({ trials: trials(2, 1.6, 12) })).toEqual(["doubtful", "fewTrades"])
    expect(flagsOf({ observations: 60 })).toEqual(["doubtful", "fewObservations"])
    expect(flagsOf({ trials: trials(-0.5, -1) })).toEqual(["overfit", "notProfitable"])
  })

  it("asks for the deflated Sharpe ratio per period, of all trials", () => {
    const asked: Array<Parameters<DeflatedSharpe>[0]> = []
    overfitCheck({
      ...given,
      trials: trials(2, 1),
      deflatedSharpe: (each) => {
        asked.push(each)
        return 1
      }
    })
    expect(asked[0]!.sharpe).toBeCloseTo(2 / Math.sqrt(252), 12)
    expect(asked[0]!.trialSharpes.length).toBe(25)
    expect(Math.max(...asked[0]!.trialSharpes)).toBe(asked[0]!.sharpe)
    expect(() => overfitCheck({ ...given, best: 99, trials: trials(2, 1), deflatedSharpe: of(1) })).toThrow("Run 99")
  })
})
