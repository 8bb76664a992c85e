/** The solver against Goldfarb and Idnani's (quadprog), on portfolios and at random; what it says where there is no solution. */
import { SeededRandom } from "@outcry/model/SeededRandom"
import { describe, expect, it } from "vitest"
import type { InfeasibleConstraints } from "../src/AnalyticsError.ts"
import type { LinearRow, QuadraticProgram } from "../src/ConvexProblem.ts"
import { type Matrix, matrixOf, product, quadratic, rowsOf, transposed, zeros } from "../src/Matrix.ts"
import { solveQuadratic } from "../src/QuadraticProgram.ts"
import { solveByDualMethod } from "./DualMethod.ts"

const row = (name: string, values: ReadonlyArray<number>, bound: number): LinearRow => ({
  name,
  indices: values.map((_, at) => at),
  values,
  bound
})

const box = (size: number, least: number, most: number): Array<LinearRow> =>
  Array.from({ length: size }, (_, at) => [
    { name: `least ${at}`, indices: [at], values: [-1], bound: -least },
    { name: `most ${at}`, indices: [at], values: [1], bound: most }
  ]).flat()

/** F Fᵀ + d: a covariance with a few common movements. */
const covariance = (random: SeededRandom, size: number, scale = 1e-4): Matrix => {
  const factors = zeros(size, 4)
  for (let at = 0; at < factors.values.length; at++) factors.values[at] = random.normal() + 0.5
  const matrix = product(factors, transposed(factors))
  for (let at = 0; at < size; at++) matrix.values[at * size + at]! += 0.1 + random.fraction()
  return { ...matrix, values: matrix.values.map((value) => value * scale) }
}

const minimumVariance = (random: SeededRandom, size: number, most: number): QuadraticProgram => ({
  quadratic: covariance(random, size),
  linear: new Float64Array(size),
  equalities: [
    row(
      "sum",
      Array.from({ length: size }, () => 1),
      1
    )
  ],
  inequalities: box(size, 0, most)
})

describe("a quadratic program", () => {
  it("of 50 assets at least variance equals quadprog's", () => {
    const problem = minimumVariance(new SeededRandom(50), 50, 0.1)
    const { residual, x } = solveQuadratic(problem)
    const oracle = solveByDualMethod(problem)
    for (const [at, weight] of x.entries()) expect(Math.abs(weight - oracle[at]!)).toBeLessThan(1e-9)
    expect(residual).toBeLessThan(1e-12)
    expect(x.filter((weight) => Math.abs(weight) < 1e-14).length).toBeGreaterThan(20)
  })

  it("equals quadprog's at random", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = new SeededRandom(seed)
      const size = random.between(2, 25)
      const problem: QuadraticProgram = {
        ...minimumVariance(random, size, Math.max(0.3, 2 / size)),
        linear: Float64Array.from({ length: size }, () => random.normal() * 1e-3),
        inequalities: [
          ...box(size, -0.2, Math.max(0.3, 2 / size)),
          row(
            "half",
            Array.from({ length: size }, (_, at) => (at % 2 === 0 ? 1 : 0)),
            0.6
          ),
          row(
            "tilt",
            Array.from({ length: size }, () => random.normal()),
            2
          )
        ]
      }
      const { x } = solveQuadratic(problem)
      const oracle = solveByDualMethod(problem)
      for (const [at, weight] of x.entries())
        expect(Math.abs(weight - oracle[at]!), `seed ${seed}, ${at}: ${weight} for ${oracle[at]}`).toBeLessThan(1e-6)
    }
  })

  it("solves linear programs, and programs whose only solution leaves no room", () => {
    const most = {
      quadratic: zeros(3, 3),
      linear: [-1, -3, -2],
      equalities: [row("sum", [1, 1, 1], 1)],
      inequalities: box(3, 0, 0.6)
    }
    expect(Array.from(solveQuadratic(most).x)).toEqual([0, 0.6, 0.4].map((value) => expect.closeTo(value, 10)))
    const tight = { ...minimumVariance(new SeededRandom(3), 4, 0.25) }
    for (const weight of solveQuadratic(tight).x) expect(weight).toBeCloseTo(0.25, 7)
  })

  it("is no worse than any other point", () => {
    const random = new SeededRandom(77)
    const problem = minimumVariance(random, 12, 0.3)
    const least = quadratic(problem.quadratic, solveQuadratic(problem).x)
    for (let round = 0; round < 500; round++) {
      const draws = Array.from({ length: 12 }, () => random.exponential(1))
      const sum = draws.reduce((a, b) => a + b, 0)
      const weights = draws.map((value) => value / sum)
      if (Math.max(...weights) <= 0.3) expect(quadratic(problem.quadratic, weights)).toBeGreaterThanOrEqual(least)
    }
  })

  it("names rows that exclude each other, and no others", () => {
    const problem = minimumVariance(new SeededRandom(9), 6, 0.4)
    const error = (inequalities: ReadonlyArray<LinearRow>) => {
      try {
        return solveQuadratic({ ...problem, inequalities })
      } catch (cause) {
        return cause
      }
    }
    const first = [1, 1, 0, 0, 0, 0]
    expect(
      error([
        ...problem.inequalities,
        row("tech at most", first, 0.2),
        row(
          "tech at least",
          first.map((v) => -v),
          -0.5
        )
      ])
    ).toMatchObject({
      _tag: "InfeasibleConstraints",
      conflicting: ["tech at most", "tech at least"],
      violation: expect.closeTo(0.3, 5)
    })
    // Of two conflicts one is told, whole.
    const two = error([
      ...problem.inequalities,
      row("first at least", [-1], -0.5),
      { name: "second at least", indices: [1], values: [-1], bound: -0.6 }
    ])
    expect(two).toMatchObject({ violation: expect.closeTo(0.3, 5) })
    expect([
      ["most 0", "first at least"],
      ["most 1", "second at least"]
    ]).toContainEqual((two as InfeasibleConstraints).conflicting)
    expect(error(box(6, 0, 0.1))).toMatchObject({
      _tag: "InfeasibleConstraints",
      conflicting: ["sum", "most 0", "most 1", "most 2", "most 3", "most 4", "most 5"],
      violation: expect.closeTo(0.4, 5)
    })
  })

  it("takes equations that say the same, and names those that do not agree", () => {
    const problem = minimumVariance(new SeededRandom(8), 5, 1)
    const [sum] = problem.equalities
    const doubled = row("twice", [2, 2, 2, 2, 2], 2)
    const pair = row("pair", [1, 1, 0, 0, 0], 0.5)
    const rest = row("rest", [0, 0, 1, 1, 1], 0.5)
    const once = solveQuadratic({ ...problem, equalities: [sum!, pair] }).x
    const repeated = solveQuadratic({ ...problem, equalities: [sum!, doubled, pair, rest] }).x
    for (const [at, weight] of repeated.entries()) expect(Math.abs(weight - once[at]!)).toBeLessThan(1e-9)
    expect(() => solveQuadratic({ ...problem, equalities: [sum!, { ...doubled, bound: 3 }] })).toThrow(
      expect.objectContaining({ _tag: "InfeasibleConstraints", conflicting: ["sum", "twice"] })
    )
  })

  it("refuses what is not bounded, and bad shapes by name", () => {
    const free = { quadratic: zeros(2, 2), linear: [1, 1], equalities: [], inequalities: [row("most", [1, 1], 1)] }
    expect(() => solveQuadratic(free)).toThrow(expect.objectContaining({ _tag: "NotSolved" }))
    expect(() => solveQuadratic({ ...free, quadratic: matrixOf("m", [[1]]) })).toThrow("quadratic is 1 × 1")
    expect(() => solveQuadratic({ ...free, inequalities: [row("far", [1, 1, 1], 1)] })).toThrow(
      'inequality "far" indices'
    )
    expect(() => solveQuadratic({ ...free, inequalities: [row("x", [1], Number.NaN)] })).toThrow(
      'inequality "x" has NaN'
    )
    expect(rowsOf(free.quadratic)).toEqual([
      [0, 0],
      [0, 0]
    ])
  })
})
