import { describe, expect, it } from "vitest"
import { SeededRandom } from "../src/SeededRandom.ts"

const draw = (random: SeededRandom, count: number) => Array.from({ length: count }, () => random.bits())

describe("SeededRandom", () => {
  it("repeats itself for one seed and differs for another", () => {
    expect(draw(new SeededRandom(7), 50)).toEqual(draw(new SeededRandom(7), 50))
    expect(draw(new SeededRandom(7), 50)).not.toEqual(draw(new SeededRandom(8), 50))
    expect(draw(new SeededRandom(1), 5)).not.toEqual(draw(new SeededRandom(1 + 2 ** 32), 5))
  })

  it("continues exactly from a snapshot", () => {
    const random = new SeededRandom(3)
    draw(random, 17)
    const snapshot = random.snapshot()
    const expected = draw(random, 20)
    const other = new SeededRandom(999)
    other.restore(snapshot)
    expect(draw(other, 20)).toEqual(expected)
  })

  it("has the moments its distributions promise", () => {
    const random = new SeededRandom(11)
    const count = 40_000
    const mean = (next: () => number) =>
      Array.from({ length: count }, next).reduce((sum, each) => sum + each, 0) / count
    expect(mean(() => random.fraction())).toBeCloseTo(0.5, 1.9)
    expect(mean(() => random.normal())).toBeCloseTo(0, 1.5)
    expect(mean(() => random.normal() ** 2)).toBeCloseTo(1, 1)
    expect(mean(() => random.exponential(4)) / 4).toBeCloseTo(1, 1)
  })

  it("stays within its bounds and reaches both ends", () => {
    const random = new SeededRandom(5)
    const drawn = new Set(Array.from({ length: 500 }, () => random.between(-2, 3)))
    expect([...drawn].toSorted((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3])
  })

  it("refuses a seed that is no number", () => {
    expect(() => new SeededRandom(Number.NaN)).toThrow("finite")
  })
})
