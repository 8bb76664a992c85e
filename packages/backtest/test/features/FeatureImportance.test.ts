/** Importance against values worked out by hand and against what is true by construction; the same for the same seed. */
import { SeededRandom } from "@outcry/model/SeededRandom"
import { describe, expect, it } from "vitest"
import {
  forwardReturns,
  informationCoefficient,
  mutualInformation,
  permutationImportance
} from "../../src/features/FeatureImportance.ts"
import { FeatureSetRefused } from "../../src/features/FeatureSetRefused.ts"

const normals = (seed: number, rows: number): Float64Array => {
  const random = new SeededRandom(seed)
  return Float64Array.from({ length: rows }, () => random.normal())
}

describe("forward returns", () => {
  it("are of later rows, and end where those do", () => {
    expect([...forwardReturns(Float64Array.of(100, 110, 99, 198), 2)]).toEqual([
      99 / 100 - 1,
      198 / 110 - 1,
      Number.NaN,
      Number.NaN
    ])
    expect(() => forwardReturns(Float64Array.of(1), 0)).toThrow(FeatureSetRefused)
  })
})

describe("the information coefficient", () => {
  it("is Spearman's and Pearson's correlation, worked by hand", () => {
    const x = Float64Array.of(1, 2, 3, 4, 5)
    const y = Float64Array.of(2, 1, 4, 3, 100)
    // Σd² = 4, ρ = 1 − 6·4 ÷ (5·24) = 0.8; t = 0.8 · √(3 ÷ 0.36).
    const ranked = informationCoefficient(x, y)
    expect(ranked.coefficient).toBeCloseTo(0.8, 14)
    expect(ranked.tStatistic).toBeCloseTo(0.8 * Math.sqrt(3 / 0.36), 12)
    // Deviations of y from 22: Σxy = 198, Σx² = 10, Σy² = 7610.
    expect(informationCoefficient(x, y, { by: "value" }).coefficient).toBeCloseTo(198 / Math.sqrt(10 * 7610), 12)
  })

  it("shares ranks among equal values", () => {
    // Ranks 1.5, 1.5, 3, 4 against 1, 2, 3, 4: covariance 4.5, variances 4.5 and 5.
    expect(informationCoefficient(Float64Array.of(7, 7, 8, 9), Float64Array.of(1, 2, 3, 4)).coefficient).toBeCloseTo(
      4.5 / Math.sqrt(4.5 * 5),
      14
    )
  })

  it("leaves out rows without a number, and has none for a constant", () => {
    const x = Float64Array.of(1, Number.NaN, 2, 3, 4, Infinity)
    const y = Float64Array.of(1, 9, 2, Number.NaN, 5, 6)
    expect(informationCoefficient(x, y)).toMatchObject({ rows: 3, coefficient: 1 })
    expect(informationCoefficient(new Float64Array(9).fill(0.1), normals(1, 9)).coefficient).toBeNaN()
    expect(informationCoefficient(Float64Array.of(1, 2), Float64Array.of(1, 2)).coefficient).toBeNaN()
    expect(() => informationCoefficient(x, Float64Array.of(1))).toThrow(/they have 6 and 1 rows/)
  })

  it("counts overlapping returns as fewer", () => {
    const [x, y] = [normals(1, 1_000), normals(2, 1_000)]
    const mixed = x.map((value, row) => value * 0.3 + y[row]!)
    const once = informationCoefficient(x, mixed)
    const overlapping = informationCoefficient(x, mixed, { overlap: 10 })
    expect(overlapping.coefficient).toBe(once.coefficient)
    expect(overlapping.tStatistic / once.tStatistic).toBeCloseTo(Math.sqrt(98 / 998), 12)
    expect(once.tStatistic).toBeGreaterThan(5)
    expect(Math.abs(informationCoefficient(x, y).tStatistic)).toBeLessThan(3)
  })
})

describe("mutual information", () => {
  it("of a column with itself is the entropy of its bins, of independent ones about nothing", () => {
    const x = normals(3, 10_000)
    expect(mutualInformation(x, x, 8).nats).toBeCloseTo(Math.log(8), 10)
    const independent = mutualInformation(x, normals(4, 10_000), 8)
    expect(Math.abs(independent.corrected)).toBeLessThan(0.002)
    expect(independent.nats).toBeGreaterThan(independent.corrected)
  })

  it("sees what correlation does not", () => {
    const x = normals(5, 5_000)
    const square = x.map((value) => value * value)
    expect(Math.abs(informationCoefficient(x, square).coefficient)).toBeLessThan(0.05)
    expect(mutualInformation(x, square).corrected).toBeGreaterThan(1)
  })

  it("is that of a table worked by hand", () => {
    // Joint counts 2, 1 / 1, 2 of six rows: Σ p ln(p ÷ pq) = ⅔ ln(4/3) + ⅓ ln(2/3).
    const found = mutualInformation(Float64Array.of(0, 0, 0, 1, 1, 1), Float64Array.of(0, 0, 1, 0, 1, 1), 2)
    expect(found.nats).toBeCloseTo((2 / 3) * Math.log(4 / 3) + (1 / 3) * Math.log(2 / 3), 14)
    expect(found.corrected).toBeCloseTo(found.nats - 1 / 12, 14)
  })

  it("is nothing for a constant or for no rows", () => {
    expect(mutualInformation(new Float64Array(50).fill(1), normals(1, 50)).nats).toBe(0)
    expect(mutualInformation(new Float64Array(), new Float64Array())).toEqual({ nats: 0, corrected: 0, rows: 0 })
    expect(() => mutualInformation(new Float64Array(), new Float64Array(), 1)).toThrow(
      /bins: 1 is no whole number of 2/
    )
  })
})

describe("permutation importance", () => {
  const rows = 2_000
  const columns = { strong: normals(1, rows), weak: normals(2, rows), none: normals(3, rows) }
  const target = columns.strong.map((value, row) => 2 * value + 0.5 * columns.weak[row]!)
  const score = (given: Readonly<Record<string, Float64Array>>): number => {
    let squares = 0
    for (let row = 0; row < rows; row++)
      squares += (2 * given["strong"]![row]! + 0.5 * given["weak"]![row]! - target[row]!) ** 2
    return -squares / rows
  }

  it("orders features by what the model loses without them: twice coefficient² × variance", () => {
    const before = columns.strong.slice()
    const [first, second, third] = permutationImportance(columns, score, { seed: 7 })
    expect([first?.feature, second?.feature, third?.feature]).toEqual(["strong", "weak", "none"])
    expect(Math.abs(first!.importance - 8)).toBeLessThan(0.5)
    expect(Math.abs(second!.importance - 0.5)).toBeLessThan(0.05)
    expect([third?.importance, third?.deviation]).toEqual([0, 0])
    expect(columns.strong).toEqual(before)
  })

  it("is the same for a seed, and a feature's does not depend on which others there are", () => {
    const of = (given: typeof columns | Pick<typeof columns, "strong" | "weak">, seed: number) =>
      permutationImportance(given, score, { seed, repeats: 3 }).find(({ feature }) => feature === "weak")
    const { none: _, ...fewer } = columns
    expect(of(columns, 1)).toEqual(of(columns, 1))
    expect(of(fewer, 1)).toEqual(of(columns, 1))
    expect(of(columns, 2)).not.toEqual(of(columns, 1))
  })

  it("shuffles whole blocks, and keeps every value", () => {
    const counting = { count: Float64Array.from({ length: 25 }, (_, row) => row) }
    const seen: Array<ReadonlyArray<number>> = []
    permutationImportance(counting, ({ count }) => seen.push([...count!]), { seed: 1, repeats: 4, blockRows: 10 })
    for (const order of seen) {
      expect(order.toSorted((a, b) => a - b)).toEqual([...counting.count])
      for (let row = 1; row < 25; row++) if (order[row]! % 10 !== 0) expect(order[row]).toBe(order[row - 1]! + 1)
    }
    expect(new Set(seen.map(String)).size).toBeGreaterThan(1)
    expect(() => permutationImportance(counting, () => 0, { seed: 1, repeats: 0 })).toThrow(/repeats/)
  })
})
