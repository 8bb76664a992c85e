/** Portfolios within constraints, against scipy, quadprog, closed forms and each other. */
import { SeededRandom } from "@outcry/model/SeededRandom"
import { describe, expect, it } from "vitest"
import { blackLitterman, impliedReturns } from "../src/BlackLitterman.ts"
import { dot, type Matrix, matrixOf, product, quadratic, rowsOf, transposed, zeros } from "../src/Matrix.ts"
import { maximumSharpe } from "../src/MaximumSharpe.ts"
import {
  efficientFrontier,
  maximumReturn,
  maximumUtility,
  minimumVariance,
  prepare,
  targetReturn,
  targetRisk
} from "../src/MeanVariance.ts"
import { parseConstraints, type PortfolioConstraints } from "../src/PortfolioConstraints.ts"
import { riskParity, riskShares } from "../src/RiskParity.ts"

const deviations = [0.16, 0.203, 0.248, 0.271]
const correlations = [
  [1, 0.488, 0.478, 0.515],
  [0.488, 1, 0.664, 0.655],
  [0.478, 0.664, 1, 0.861],
  [0.515, 0.655, 0.861, 1]
]
const covariance = matrixOf(
  "covariance",
  correlations.map((row, i) => row.map((value, j) => value * deviations[i]! * deviations[j]!))
)
const assets = [{ id: "A" }, { id: "B" }, { id: "C", sector: "tech" }, { id: "D", sector: "tech" }]
const expected = [0.06, 0.09, 0.07, 0.11]
const market = [0.2, 0.3, 0.35, 0.15]
const free: PortfolioConstraints = { weightMin: -2, weightMax: 2 }

const of = (constraints: PortfolioConstraints) =>
  prepare({ assets, covariance, expected, constraints, current: market, riskFree: 0.02 })

const near = (mine: ArrayLike<number>, reference: ArrayLike<number>, within: number): void => {
  expect(mine.length).toBe(reference.length)
  for (let at = 0; at < mine.length; at++)
    expect(Math.abs(mine[at]! - reference[at]!), `${at}: ${mine[at]} for ${reference[at]}`).toBeLessThanOrEqual(within)
}

/** `count` assets in three sectors with a few common movements, and expected returns. */
const universe = (seed: number, count: number) => {
  const random = new SeededRandom(seed)
  const factors = zeros(count, 3)
  for (let at = 0; at < factors.values.length; at++) factors.values[at] = 0.01 * (random.normal() + 0.7)
  const matrix: Matrix = product(factors, transposed(factors))
  for (let at = 0; at < count; at++) matrix.values[at * count + at]! += 1e-4 * (0.2 + random.fraction())
  return {
    assets: Array.from({ length: count }, (_, at) => ({ id: `X${at}`, sector: `S${at % 3}` })),
    covariance: matrix,
    expected: Array.from({ length: count }, () => 0.0004 + 0.0006 * random.normal()),
    current: Array.from({ length: count }, () => 1 / count)
  }
}

describe("without bounds that bind", () => {
  it("the least variance and the best Sharpe ratio are the closed forms", () => {
    // numpy: solve(S, ones), solve(S, e - rf), each divided by its sum
    near(
      minimumVariance(of(free)).weights,
      [0.7379535584667913, 0.30016634097837364, 0.13898281875761714, -0.17710271820278212],
      1e-12
    )
    const best = maximumSharpe(of(free))
    near(best.weights, [0.2369339534234316, 0.7474150423362419, -0.9636895492902204, 0.979340553530547], 1e-9)
    expect(best.sharpe).toBeCloseTo(0.43506459775059764, 10)
  })
})

describe("within constraints", () => {
  it("the best Sharpe ratio equals scipy's", () => {
    // scipy.optimize.minimize(SLSQP) of -(e - rf) @ x / sqrt(x @ S @ x), bounds (0, .35), sum 1, x[2] + x[3] <= .4 (.5)
    const sector = maximumSharpe(of({ weightMax: 0.35, sectors: { tech: { max: 0.4 } } }))
    near(sector.weights, [0.3, 0.35, 0, 0.35], 1e-9)
    expect(sector.sharpe).toBeCloseTo(0.3732278792068953, 9)
    expect(sector.binding.toSorted()).toEqual(["weight of B ≤ 0.35", "weight of C ≥ 0", "weight of D ≤ 0.35"])
    // The same with sum(abs(x - w)) <= .3
    const turnover = maximumSharpe(of({ weightMax: 0.35, sectors: { tech: { max: 0.5 } }, turnoverMax: 0.3 }))
    near(turnover.weights, [0.2, 0.35, 0.2, 0.25], 1e-8)
    expect(turnover.sharpe).toBeCloseTo(0.3432279909374444, 9)
    expect(turnover.binding).toContain("turnover ≤ 0.3")
  })

  it("hold for every goal, at random", () => {
    for (let seed = 1; seed <= 18; seed++) {
      const { assets, covariance, current, expected } = universe(seed, 6 + (seed % 12))
      const constraints: PortfolioConstraints = {
        weightMin: seed % 2 === 0 ? -0.2 : 0,
        weightMax: 0.4,
        sectors: { S0: { max: 0.45 }, S1: { min: 0.1 } },
        turnoverMax: 0.9,
        grossMax: 1.3,
        assets: { X0: { min: 0.05, max: 0.05 } },
        ...(seed % 3 === 0 ? { netMin: 0.7 } : {})
      }
      const prepared = prepare({ assets, covariance, expected, current, constraints })
      const safest = minimumVariance(prepared)
      const boldest = maximumReturn(prepared)
      const middle = (safest.deviation + boldest.deviation) / 2
      const sharpest = maximumSharpe(prepared)
      const risky = targetRisk(prepared, middle)
      expect(Math.abs(risky.deviation / middle - 1), `seed ${seed}`).toBeLessThan(1e-8)
      const target = (safest.expectedReturn! + boldest.expectedReturn!) / 2
      const paid = targetReturn(prepared, target)
      expect(paid.expectedReturn! - target).toBeGreaterThan(-1e-10)
      for (const { deviation, expectedReturn, sharpe, weights } of [
        safest,
        boldest,
        sharpest,
        risky,
        paid,
        maximumUtility(prepared, 5)
      ]) {
        const say = `seed ${seed}: ${weights.join(", ")}`
        const sum = weights.reduce((total, weight) => total + weight, 0)
        expect(sum, say).toBeLessThanOrEqual(1 + 1e-8)
        expect(sum, say).toBeGreaterThanOrEqual((constraints.netMin ?? 1) - 1e-8)
        for (const weight of weights) {
          expect(weight, say).toBeGreaterThanOrEqual(constraints.weightMin! - 1e-8)
          expect(weight, say).toBeLessThanOrEqual(0.4 + 1e-8)
        }
        expect(weights[0], say).toBeCloseTo(0.05, 8)
        const sector = (name: string) => weights.reduce((s, w, at) => s + (assets[at]!.sector === name ? w : 0), 0)
        expect(sector("S0"), say).toBeLessThanOrEqual(0.45 + 1e-8)
        expect(sector("S1"), say).toBeGreaterThanOrEqual(0.1 - 1e-8)
        expect(
          weights.reduce((s, w) => s + Math.abs(w), 0),
          say
        ).toBeLessThanOrEqual(1.3 + 1e-8)
        expect(
          weights.reduce((s, w, at) => s + Math.abs(w - current[at]!), 0),
          say
        ).toBeLessThanOrEqual(0.9 + 1e-8)
        expect(deviation, say).toBeGreaterThanOrEqual(safest.deviation * (1 - 1e-9))
        expect(expectedReturn!, say).toBeLessThanOrEqual(boldest.expectedReturn! + 1e-9)
        if (sharpest.sharpe! > 0) expect(sharpe!, say).toBeLessThanOrEqual(sharpest.sharpe! + 1e-7)
      }
    }
  })

  it("are met where they leave no room", () => {
    const { assets, covariance, current, expected } = universe(292, 17)
    const least = (constraints: PortfolioConstraints) =>
      minimumVariance(prepare({ assets, covariance, expected, current, constraints })).weights
    // A gross exposure of 1 with a net of 1 has no short positions.
    near(least({ weightMin: -0.2, grossMax: 1 }), least({}), 1e-7)
    near(least({ weightMin: -0.2, grossMax: 1, turnoverMax: 0 }), current, 1e-7)
    near(least({ weightMax: 1 / 17 }), current, 1e-7)
    near(
      least({ grossMax: 1, sectors: { S0: { min: 0.2, max: 0.2 } } }),
      least({ sectors: { S0: { max: 0.2, min: 0.2 } } }),
      1e-7
    )
  })

  it("the frontier rises in return and in risk, and is convex", () => {
    const { assets, covariance, expected } = universe(40, 12)
    const frontier = efficientFrontier(prepare({ assets, covariance, expected, constraints: { weightMax: 0.5 } }), 12)
    expect(frontier).toHaveLength(12)
    for (let at = 1; at < 12; at++) {
      expect(frontier[at]!.deviation).toBeGreaterThanOrEqual(frontier[at - 1]!.deviation)
      expect(frontier[at]!.expectedReturn).toBeGreaterThan(frontier[at - 1]!.expectedReturn!)
    }
    const slopes = frontier.slice(1).map(({ deviation }, at) => deviation ** 2 - frontier[at]!.deviation ** 2)
    for (let at = 1; at < slopes.length; at++) expect(slopes[at]!).toBeGreaterThanOrEqual(slopes[at - 1]! - 1e-12)
  })

  it("says which exclude each other", () => {
    const error = (constraints: PortfolioConstraints) => {
      try {
        return minimumVariance(of(constraints))
      } catch (cause) {
        return cause
      }
    }
    expect(error({ weightMax: 0.4, sectors: { tech: { max: 0.1 } } })).toMatchObject({
      _tag: "InfeasibleConstraints",
      conflicting: ["net = 1", "weight of A ≤ 0.4", "weight of B ≤ 0.4", "sector tech ≤ 0.1"],
      violation: expect.closeTo(0.1, 5)
    })
    expect(error({ turnoverMax: 0.1, sectors: { tech: { max: 0.2 } } })).toMatchObject({
      conflicting: expect.arrayContaining(["turnover ≤ 0.1", "sector tech ≤ 0.2"])
    })
    // More risk than the boldest has is not taken.
    expect(targetRisk(of({}), 5).weights).toEqual(maximumReturn(of({})).weights)
    expect(() => targetReturn(of({}), 0.2)).toThrow("expected return ≥ 0.2")
    expect(() => targetRisk(of({}), 0.1)).toThrow("Give at least 0.15")
  })

  it("refuses bad input by name", () => {
    const base = { assets, covariance, expected, constraints: {} }
    expect(() => prepare({ ...base, constraints: { assets: { Z: { max: 1 } } } })).toThrow(
      "constraints.assets.Z is not in"
    )
    expect(() => prepare({ ...base, constraints: { sectors: { food: { max: 1 } } } })).toThrow("Name one of tech")
    expect(() => prepare({ ...base, constraints: { turnoverMax: 1 } })).toThrow("current is missing")
    expect(() => prepare({ ...base, expected: [1] })).toThrow("expected has 1 values where assets has 4")
    expect(() => prepare({ ...base, covariance: zeros(4, 4) })).toThrow(
      expect.objectContaining({ _tag: "SingularCovariance" })
    )
    expect(() => maximumReturn(prepare({ assets, covariance, constraints: {} }))).toThrow("expected is missing")
    expect(() => maximumSharpe(prepare({ ...base, riskFree: 0.2 }))).toThrow("or a lower riskFree")
    expect(() => prepare({ ...base, assets: [...assets.slice(1), { id: "B" }] })).toThrow("names an asset twice")
  })
})

describe("constraints as data", () => {
  it("come back from JSON as they went", () => {
    const constraints = { weightMax: 0.2, assets: { A: { min: 0.1 } }, sectors: { tech: { max: 0.3 } }, grossMax: 1.5 }
    expect(parseConstraints(JSON.parse(JSON.stringify(constraints)))).toEqual(constraints)
    expect(parseConstraints({})).toEqual({})
  })

  it.each([
    [{ assets: { A: { max: "much" } } }, "assets.A.max"],
    [{ sector: {} }, "sector"],
    [{ grossMax: -1 }, "grossMax"],
    [{ weightMin: 0.5, weightMax: 0.2 }, "weightMin, weightMax"],
    [{ assets: { A: { min: 0.5, max: 0.2 } } }, "assets.A"],
    [{ sectors: { tech: { min: 0.5, max: 0.2 } } }, "sectors.tech"],
    [{ netMin: 1.2 }, "netMin, netMax"],
    [7, "constraints"]
  ])("name the field that is wrong: %j", (input, field) => {
    expect(() => parseConstraints(input)).toThrow(expect.objectContaining({ _tag: "InvalidInput", field }))
  })
})

describe("risk parity", () => {
  it("shares the risk as it is told, at random", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { covariance } = universe(seed, 2 + seed * 2)
      const budgets = Array.from({ length: covariance.rows }, (_, at) => (seed % 2 === 0 ? 1 : 1 + at))
      const whole = budgets.reduce((a, b) => a + b, 0)
      const weights = riskParity(covariance, seed % 2 === 0 ? undefined : budgets)
      expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12)
      near(
        riskShares(covariance, weights),
        budgets.map((part) => part / whole),
        1e-10
      )
    }
  })

  it("is inverse to deviations where nothing correlates", () => {
    const weights = riskParity(
      matrixOf("m", [
        [0.04, 0],
        [0, 0.01]
      ])
    )
    near(weights, [1 / 3, 2 / 3], 1e-12)
    expect(() =>
      riskParity(
        matrixOf("m", [
          [1, 1],
          [1, 1]
        ])
      )
    ).toThrow("singular")
    expect(() => riskParity(covariance, [1, 0, 1, 1])).toThrow("budgets[1] is 0")
  })
})

describe("Black and Litterman", () => {
  const prior = impliedReturns(covariance, market, 2.5)

  it("equals the formula with inverses", () => {
    // numpy: M = inv(inv(tau S) + P' inv(Om) P); mu = M (inv(tau S) pi + P' inv(Om) q); S + M
    near(prior, [0.04965774, 0.08159430212500002, 0.11007061499999998, 0.11636353825000001], 1e-15)
    const posterior = blackLitterman(covariance, prior, [
      { weights: [0, 0, 1, -1], return: 0.05 },
      { weights: [0.5, -0.5, 0, 0], return: 0.02, confidence: 0.25 }
    ])
    near(
      posterior.expected,
      [0.04976786909485514, 0.06455925821831385, 0.10791448947567045, 0.08625817850448461],
      1e-13
    )
    near(
      rowsOf(posterior.covariance)[2]!,
      [0.01998092889753623, 0.03498197196107304, 0.0644882498383069, 0.06076133262701597],
      1e-14
    )
  })

  it("gives the market back without views, and a certain view in full", () => {
    const silent = blackLitterman(covariance, prior, [])
    near(silent.expected, prior, 0)
    const { weights } = maximumUtility(prepare({ assets, covariance, expected: prior, constraints: free }), 2.5)
    near(weights, market, 1e-9)
    const view = { weights: [1, 0, 0, -1], return: -0.01, confidence: 1 }
    expect(dot(view.weights, blackLitterman(covariance, prior, [view]).expected)).toBeCloseTo(-0.01, 12)
    expect(() => blackLitterman(covariance, prior, [view, view])).toThrow("Leave out views")
    expect(() => blackLitterman(covariance, prior, [{ weights: [1], return: 1 }])).toThrow(
      "views[0].weights has 1 values"
    )
    expect(quadratic(silent.covariance, market)).toBeCloseTo(1.05 * quadratic(covariance, market), 14)
  })
})
