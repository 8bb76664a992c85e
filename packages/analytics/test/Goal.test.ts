/** Goals as data, from a request to lots. */
import { describe, expect, it } from "vitest"
import { matrixOf } from "../src/Matrix.ts"
import { type Goal, optimise, parseGoal } from "../src/Optimisation.ts"
import { riskShares } from "../src/RiskParity.ts"
import { targetOrders } from "../src/TargetOrders.ts"

const universe = {
  assets: [{ id: "BTC" }, { id: "ETH" }, { id: "SOL" }],
  covariance: matrixOf("covariance", [
    [0.04, 0.02, 0.01],
    [0.02, 0.09, 0.03],
    [0.01, 0.03, 0.16]
  ]),
  expected: [0.08, 0.12, 0.2],
  constraints: {}
}

const goals: ReadonlyArray<Goal> = [
  { kind: "minimumVariance" },
  { kind: "maximumSharpe" },
  { kind: "maximumReturn" },
  { kind: "targetReturn", return: 0.12 },
  { kind: "targetRisk", deviation: 0.25 },
  { kind: "maximumUtility", riskAversion: 3 },
  { kind: "riskParity" },
  { kind: "riskParity", budgets: { BTC: 2, ETH: 1, SOL: 1 } }
]

describe("a goal", () => {
  it.each(goals)("goes through JSON and gives a portfolio: %j", (goal) => {
    expect(parseGoal(JSON.parse(JSON.stringify(goal)))).toEqual(goal)
    const { weights } = optimise(universe, goal)
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9)
  })

  it("is what its kind says", () => {
    const of = (goal: Goal) => optimise(universe, goal)
    const all = goals.map(of)
    expect(Math.min(...all.map(({ deviation }) => deviation))).toBe(of({ kind: "minimumVariance" }).deviation)
    expect(Math.max(...all.map(({ sharpe }) => sharpe!))).toBe(of({ kind: "maximumSharpe" }).sharpe)
    expect(Array.from(of({ kind: "maximumReturn" }).weights)).toEqual(
      [0, 0, 1].map((weight) => expect.closeTo(weight, 9))
    )
    expect(of({ kind: "targetReturn", return: 0.12 }).expectedReturn).toBeCloseTo(0.12, 9)
    expect(of({ kind: "targetRisk", deviation: 0.25 }).deviation).toBeCloseTo(0.25, 9)
    const budgeted = of({ kind: "riskParity", budgets: { BTC: 2, ETH: 1, SOL: 1 } })
    expect(Array.from(riskShares(universe.covariance, budgeted.weights))).toEqual(
      [0.5, 0.25, 0.25].map((share) => expect.closeTo(share, 10))
    )
  })

  it("of risk parity is refused where constraints say otherwise", () => {
    const constraints = { weightMax: 0.4, turnoverMax: 0.1, grossMax: 2, weightMin: -1 }
    expect(() => optimise({ ...universe, constraints, current: [0, 0, 1] }, { kind: "riskParity" })).toThrow(
      expect.objectContaining({
        _tag: "InfeasibleConstraints",
        conflicting: ["risk parity", "weight of BTC ≤ 0.4", "turnover ≤ 0.1"]
      })
    )
    const loose = { ...constraints, weightMax: 0.7, turnoverMax: 2 }
    expect(optimise({ ...universe, constraints: loose, current: [0, 0, 1] }, { kind: "riskParity" }).binding).toEqual(
      []
    )
    expect(() => optimise(universe, { kind: "riskParity", budgets: { BTC: 1 } })).toThrow("goal.budgets.ETH is missing")
  })

  it.each([
    [{ kind: "targetRisk", deviation: -1 }, "goal.deviation"],
    [{ kind: "targetReturn" }, "goal.return"],
    [{ kind: "fortune" }, "goal"],
    [{ kind: "minimumVariance", speed: 1 }, "goal.speed"]
  ])("that is wrong is refused by field: %j", (input, field) => {
    expect(() => parseGoal(input)).toThrow(expect.objectContaining({ _tag: "InvalidInput", field }))
  })

  it("becomes orders in lots", () => {
    const { weights } = optimise(universe, { kind: "maximumSharpe" })
    const prices = [60_000, 3000, 150]
    const assets = universe.assets.map(({ id: instrument }, at) => ({
      instrument,
      weight: weights[at]!,
      price: prices[at]!,
      lotSize: 0.0001,
      lots: 0
    }))
    const { cash, orders } = targetOrders(assets, 100_000)
    expect(orders).toHaveLength(3)
    expect(cash).toBeGreaterThanOrEqual(0)
    expect(cash).toBeLessThan(6)
  })
})
