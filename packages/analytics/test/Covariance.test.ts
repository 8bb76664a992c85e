/** Covariance, its shrinkage, repair and components against ml-matrix, numpy and scikit-learn. */
import { EigenvalueDecomposition, Matrix as Oracle, solve } from "ml-matrix"
import { SeededRandom } from "@outcry/model/SeededRandom"
import { describe, expect, it } from "vitest"
import { correlationStability, rollingCorrelation } from "../src/CorrelationStability.ts"
import { conditionOf, correlationOf, ewmaCovariance, requireInvertible, sampleCovariance } from "../src/Covariance.ts"
import { eigenOf } from "../src/Eigen.ts"
import { cholesky, choleskySolve, elimination } from "../src/LinearSolve.ts"
import { diagonalOf, matrixOf, product, rowsOf, times, transposed } from "../src/Matrix.ts"
import { nearestCovariance } from "../src/NearestCovariance.ts"
import { principalComponents } from "../src/PrincipalComponents.ts"
import { ledoitWolf } from "../src/Shrinkage.ts"
import { benchmarkReturns, normalReturns, sampleReturns } from "./SampleReturns.ts"

/** numpy's `np.roll(r, 3) * 0.5 + b * 0.3`. */
const third = sampleReturns.map((_, at) => sampleReturns[(at + 17) % 20]! * 0.5 + benchmarkReturns[at]! * 0.3)
const three = [sampleReturns, benchmarkReturns, third]

const near = (mine: ArrayLike<number>, expected: ArrayLike<number>, within: number): void => {
  expect(mine.length).toBe(expected.length)
  for (let at = 0; at < mine.length; at++)
    expect(Math.abs(mine[at]! - expected[at]!), `${at}: ${mine[at]} for ${expected[at]}`).toBeLessThanOrEqual(within)
}

/** Assets that share two movements, each with its own noise. */
const assets = (seed: number, count: number, periods: number) => {
  const common = [normalReturns(seed, periods), normalReturns(seed + 1, periods, 0, 0.006)]
  return Array.from({ length: count }, (_, asset) => {
    const own = normalReturns(seed + 2 + asset, periods, 0, 0.004 + 0.001 * (asset % 5))
    return own.map(
      (value, at) => value + common[0]![at]! * (0.5 + (asset % 7) / 7) - common[1]![at]! * ((asset % 3) - 1)
    )
  })
}

describe("covariance", () => {
  it("shrunk towards the identity equals scikit-learn's", () => {
    // sklearn.covariance.ledoit_wolf(column_stack([r, b, c]))
    const { covariance, intensity } = ledoitWolf(three, "identity")
    expect(intensity).toBeCloseTo(0.14100793388761926, 12)
    const expected = [2.14843833e-4, 1.38469521e-4, 4.27638463e-5, 1.206575e-4, 2.6628754e-5, 7.50380421e-5]
    near(
      [0, 1, 2, 4, 5, 8].map((at) => covariance.values[at]!),
      expected,
      1e-12
    )
  })

  it("shrunk towards constant correlation equals the paper's sums written out", () => {
    // numpy: pi, theta and rho of the appendix as loops over i, j and t
    const { covariance, intensity } = ledoitWolf(three)
    expect(intensity).toBeCloseTo(0.23064612591003786, 12)
    const expected = [
      2.276475e-4, 1.4603850744746317e-4, 5.462977621376412e-5, 1.18e-4, 3.56058370488738e-5, 6.4891875e-5
    ]
    near(
      [0, 1, 2, 4, 5, 8].map((at) => covariance.values[at]!),
      expected,
      1e-15
    )
  })

  it("of more assets than periods is singular, says so, and shrunk is not", () => {
    const few = assets(5, 30, 20)
    const sample = sampleCovariance(few)
    expect(conditionOf(sample)).toMatchObject({ rank: 19, definite: false })
    expect(() => requireInvertible("covariance", sample)).toThrow(
      expect.objectContaining({ _tag: "SingularCovariance", field: "covariance" })
    )
    expect(() => requireInvertible("covariance", sample)).toThrow("shrink it (ledoitWolf)")
    for (const target of ["identity", "constantCorrelation"] as const)
      requireInvertible("covariance", ledoitWolf(few, target).covariance)
  })

  it("weighted towards the recent becomes the plain mean of products for λ of 1", () => {
    const flat = ewmaCovariance(three, 1)
    expect(flat.values[1]).toBeCloseTo(
      sampleReturns.reduce((sum, value, at) => sum + value * benchmarkReturns[at]!, 0) / 20,
      15
    )
    // Only the last period counts for a tiny λ.
    expect(ewmaCovariance(three, 1e-9).values[1]).toBeCloseTo(sampleReturns[19]! * benchmarkReturns[19]!, 12)
  })

  it("repaired has possible correlations, the nearest, and the same variances", () => {
    const broken = matrixOf("covariance", [
      [4, 3.6, 4.2],
      [3.6, 4, -5.4],
      [4.2, -5.4, 9]
    ])
    const { change, covariance } = nearestCovariance(broken)
    expect(eigenOf(covariance).values.at(-1)).toBeGreaterThan(0)
    near(diagonalOf(covariance), [4, 4, 9], 1e-12)
    // No matrix of correlations within a small step of the answer is nearer to the broken one.
    const target = correlationOf(broken).values
    const random = new SeededRandom(3)
    for (let round = 0; round < 200; round++) {
      const factor = cholesky(correlationOf(covariance))!
      const moved = factor.values.map((value) => value + 0.01 * random.normal())
      const other = correlationOf(product({ ...factor, values: moved }, transposed({ ...factor, values: moved })))
      const distance = Math.hypot(...other.values.map((value, at) => value - target[at]!))
      expect(distance).toBeGreaterThan(change - 1e-6)
    }
    expect(nearestCovariance(sampleCovariance(three)).change).toBe(0)
  })

  it("refuses bad input by name", () => {
    expect(() => sampleCovariance([])).toThrow("returns has no assets")
    expect(() => sampleCovariance([[1, 2], [1]])).toThrow("returns[1] has 1 values")
    expect(() =>
      sampleCovariance([
        [1, 2, 3],
        [1, 2]
      ])
    ).toThrow("returns[1] has 2 values where returns[0] has 3")
    expect(() =>
      correlationOf(
        matrixOf("m", [
          [0, 0],
          [0, 1]
        ])
      )
    ).toThrow("Leave out the asset that does not vary")
    expect(() =>
      correlationOf(
        matrixOf("m", [
          [1, 2],
          [0, 1]
        ])
      )
    ).toThrow("differs from its mirror image")
    expect(() => matrixOf("m", [[1, 2], [0]])).toThrow("m[1] has 1 entries")
    expect(() =>
      ledoitWolf([
        [1, 1, 1],
        [1, 2, 3]
      ])
    ).toThrow("returns[0] does not vary")
    expect(() => ledoitWolf([[1, 2, 3]])).toThrow("Take the target identity")
  })
})

describe("linear algebra", () => {
  it.each([1, 2, 5, 30, 60])("eigenvalues and solutions of %i rows equal ml-matrix's", (size) => {
    const covariance = sampleCovariance(assets(size, size, size * 2 + 5))
    const oracle = new EigenvalueDecomposition(new Oracle(rowsOf(covariance)), { assumeSymmetric: true })
    const { values, vectors } = eigenOf(covariance)
    const scale = values[0]!
    near(
      values,
      oracle.realEigenvalues.toSorted((a, b) => b - a),
      1e-12 * scale
    )
    for (let k = 0; k < size; k++) {
      const vector = vectors.values.subarray(k * size, (k + 1) * size)
      near(
        times(covariance, vector),
        vector.map((entry) => entry * values[k]!),
        1e-12 * scale
      )
    }
    const right = Float64Array.from({ length: size }, (_, at) => Math.sin(at + 1))
    const expected = solve(new Oracle(rowsOf(covariance)), Oracle.columnVector(Array.from(right))).to1DArray()
    const size1 = Math.max(...expected.map(Math.abs))
    near(choleskySolve(cholesky(covariance)!, right.slice()), expected, 1e-9 * size1)
    near(elimination(covariance)!(right), expected, 1e-9 * size1)
  })

  it("finds what has no solution", () => {
    const singular = matrixOf("m", [
      [1, 2],
      [2, 4]
    ])
    expect(cholesky(singular)).toBeUndefined()
    expect(elimination(singular)).toBeUndefined()
    expect(
      elimination(
        matrixOf("m", [
          [0, 1],
          [1, 0]
        ])
      )!(Float64Array.of(3, 4))
    ).toEqual(Float64Array.of(4, 3))
  })
})

describe("principal components", () => {
  const returns = assets(17, 8, 120)

  it.each(["covariance", "correlation"] as const)("of the %s explain all of it, and rebuild it", (of) => {
    const { explained, explainedCumulative, loadings, scores, variances, weights } = principalComponents(returns, of)
    expect(explainedCumulative.at(-1)).toBeCloseTo(1, 12)
    for (let k = 1; k < 8; k++) expect(explained[k]! <= explained[k - 1]!).toBe(true)
    const covariance = sampleCovariance(returns)
    const whole = of === "covariance" ? covariance : correlationOf(covariance)
    near(product(transposed(loadings), loadings).values, whole.values, 1e-12)
    near(
      product(weights, transposed(weights)).values,
      Array.from({ length: 64 }, (_, at) => (at % 9 === 0 ? 1 : 0)),
      1e-12
    )
    // Scores do not correlate, and vary as their component says.
    const spread = product(scores, transposed(scores)).values.map((value) => value / 119)
    near(
      spread,
      Array.from({ length: 64 }, (_, at) => (at % 9 === 0 ? variances[at / 9]! : 0)),
      1e-12
    )
  })

  it("have the sign that makes their largest weight positive", () => {
    const { weights } = principalComponents(returns)
    const turned = principalComponents(returns.map((series) => series.map((value) => -value))).weights
    near(turned.values, weights.values, 1e-12)
    for (const row of rowsOf(weights))
      expect(row.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a))).toBeGreaterThan(0)
  })
})

describe("correlation's stability", () => {
  it("is 0 for what repeats, and grows where the sign turns", () => {
    const a = normalReturns(1, 120)
    const noise = normalReturns(2, 120)
    const steady = a.map((value, at) => value + noise[at]!)
    const turning = a.map((value, at) => (Math.floor(at / 30) % 2 === 0 ? value : -value))
    const { change, pairs, windows } = correlationStability([a, steady, turning], 30)
    expect(windows).toBe(4)
    expect(pairs.map(({ first, second }) => [first, second])).toEqual([
      [0, 1],
      [0, 2],
      [1, 2]
    ])
    expect(pairs[1]).toMatchObject({
      change: expect.closeTo(2, 10),
      least: expect.closeTo(-1, 10),
      most: expect.closeTo(1, 10)
    })
    expect(pairs[0]!.change).toBeLessThan(0.4)
    expect(change).toBeCloseTo(pairs.reduce((sum, pair) => sum + pair.change, 0) / 3, 12)
    const repeated = correlationStability(
      [
        [...a, ...a],
        [...noise, ...noise]
      ],
      120
    )
    expect(repeated.change).toBeCloseTo(0, 12)
    expect(rollingCorrelation(a, turning, 30)[59]).toBeCloseTo(-1, 12)
    // Every ten periods: ends at 30, 40 ... 120.
    expect(correlationStability([a, steady], 30, 10).windows).toBe(10)
    expect(() => correlationStability([a], 30)).toThrow("Give at least two")
    expect(() => correlationStability([a, steady], 100)).toThrow("make no two windows. Give at least 200")
  })
})
