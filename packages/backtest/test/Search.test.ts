import { SeededRandom } from "@outcry/model/SeededRandom"
import { describe, expect, it } from "vitest"
import type { RunSummary } from "../src/BacktestResult.ts"
import { RunRefused } from "../src/RunRefused.ts"
import { betterRun, checkedGoal, type Goal, paretoFront, rankedRuns } from "../src/search/Goal.ts"
import {
  checkedSpace,
  coordinateOf,
  drawnPoint,
  type ParameterSpace,
  PointGrid,
  pointKey,
  valueAt
} from "../src/search/ParameterSpace.ts"
import { heatMap, importances } from "../src/search/Sensitivity.ts"
import { tpeBatch } from "../src/search/Tpe.ts"

const space: ParameterSpace = {
  fast: { kind: "integer", min: 2, max: 10, step: 2 },
  rate: { kind: "number", min: 0.1, max: 0.4, step: 0.1 },
  window: { kind: "integer", min: 1, max: 100, scale: "log", step: 10 },
  side: { kind: "choice", options: ["long", "both"] },
  exits: { kind: "boolean" }
}

const run = (
  index: number,
  metrics: Record<string, number>,
  parameters: RunSummary["parameters"] = {}
): RunSummary => ({
  index,
  parameters,
  metrics,
  trades: 0,
  warnings: []
})

const shuffled = <A>(items: ReadonlyArray<A>, random: SeededRandom): ReadonlyArray<A> =>
  items
    .map((item) => [random.fraction(), item] as const)
    .toSorted((a, b) => a[0] - b[0])
    .map(([, item]) => item)

describe("a parameter space", () => {
  it("numbers every point of its grid once", () => {
    const grid = new PointGrid(space)
    expect(grid.count).toBe(5 * 4 * 3 * 2 * 2)
    expect(grid.at(0)).toEqual({ fast: 2, rate: 0.1, window: 1, side: "long", exits: false })
    expect(grid.at(grid.count - 1)).toEqual({ fast: 10, rate: 0.4, window: 100, side: "both", exits: true })
    expect(new Set(grid.points().map(pointKey)).size).toBe(grid.count)
    // 0.1 + 0.2 is written 0.3.
    expect(new Set(grid.points().map(({ rate }) => rate))).toEqual(new Set([0.1, 0.2, 0.3, 0.4]))
  })

  it("draws only values of its grid, all of them, and knows where each lies", () => {
    const random = new SeededRandom(1)
    const keys = new Set(new PointGrid(space).points().map(pointKey))
    const seen = new Set<string>()
    for (let draw = 0; draw < 4000; draw++) {
      const point = drawnPoint(space, random)
      const key = pointKey(point)
      expect(keys.has(key)).toBe(true)
      seen.add(key)
      for (const [name, dimension] of Object.entries(space))
        expect(valueAt(dimension, coordinateOf(dimension, point[name]!))).toBe(point[name])
    }
    expect(seen.size).toBe(keys.size)
  })

  it("draws continuous values within their range, evenly on the scale they have", () => {
    const random = new SeededRandom(2)
    const free = { kind: "number", min: 0.001, max: 10, scale: "log" } as const
    const values = Array.from({ length: 4000 }, () => Number(valueAt(free, random.fraction())))
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0.001)
    expect(Math.max(...values)).toBeLessThanOrEqual(10)
    expect(values.filter((value) => value < 0.1).length / 4000).toBeCloseTo(0.5, 1)
    for (const value of values.slice(0, 50))
      expect(Number(valueAt(free, coordinateOf(free, value)))).toBeCloseTo(value, 9)
  })

  it("is refused by parameter and with what to do", () => {
    const cases: ReadonlyArray<readonly [ParameterSpace, string]> = [
      [{}, "space is empty"],
      [{ a: { kind: "integer", min: 5, max: 5 } }, "space.a.max is 5 where min is 5"],
      [{ a: { kind: "integer", min: 0.5, max: 5 } }, "space.a.min and max must be whole"],
      [{ a: { kind: "number", min: 0, max: 5, scale: "log" } }, "space.a.min is 0 on a logarithmic scale"],
      [{ a: { kind: "number", min: 1, max: 5, scale: "log", step: 1 } }, "space.a.step is 1"],
      [{ a: { kind: "integer", min: 1, max: 5, step: 0.5 } }, "space.a.step is 0.5"],
      [{ a: { kind: "number", min: 1, max: 5, step: -1 } }, "space.a.step is -1"],
      [{ a: { kind: "choice", options: [] } }, "space.a.options is empty"],
      [{ a: { kind: "choice", options: ["x", "x"] } }, "names a value twice"]
    ]
    for (const [given, problem] of cases) {
      expect(() => checkedSpace(given)).toThrow(RunRefused)
      expect(() => checkedSpace(given)).toThrow(problem)
    }
    expect(() => new PointGrid({ a: { kind: "number", min: 0, max: 1 } })).toThrow("space.a.step is missing")
    expect(() => new PointGrid(space, 100)).toThrow("makes a grid of 240 points")
  })
})

describe("a goal", () => {
  const goal: Goal = {
    objectives: [{ metric: "sharpe", direction: "maximise" }],
    constraints: [
      { metric: "trades", min: 30 },
      { metric: "maxDrawdown", max: 0.3 }
    ]
  }

  it("puts runs that keep its limits first, then the better, then the lower index; whatever the order they come in", () => {
    const runs = [
      run(0, { sharpe: 3, trades: 5, maxDrawdown: 0.1 }),
      run(1, { sharpe: 1, trades: 40, maxDrawdown: 0.2 }),
      run(2, { sharpe: 2, trades: 40, maxDrawdown: 0.2 }),
      run(3, { sharpe: 2, trades: 40, maxDrawdown: 0.25 }),
      run(4, { sharpe: 9, trades: 40, maxDrawdown: 0.33 }),
      run(5, { trades: 40, maxDrawdown: 0.2 }),
      run(6, { sharpe: 5, trades: 40 })
    ]
    const random = new SeededRandom(5)
    for (let turn = 0; turn < 20; turn++) {
      const mixed = shuffled(runs, random)
      expect(rankedRuns(mixed, goal).map(({ summary }) => summary.index)).toEqual([2, 3, 1, 5, 4, 0, 6])
      expect(mixed.reduce((a, b) => betterRun(a, b, goal)).index).toBe(2)
    }
    expect(rankedRuns(runs, goal).map(({ violation }) => violation === 0)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false
    ])
  })

  it("finds the Pareto front that comparing all pairs finds", () => {
    const two: Goal = {
      objectives: [
        { metric: "annualReturn", direction: "maximise" },
        { metric: "maxDrawdown", direction: "minimise" }
      ]
    }
    const random = new SeededRandom(8)
    for (let turn = 0; turn < 30; turn++) {
      const runs = Array.from({ length: 40 }, (_, index) =>
        run(index, { annualReturn: random.between(0, 12), maxDrawdown: random.between(0, 12) })
      )
      const beaten = (a: RunSummary) =>
        runs.some((b) => {
          const [ra, rb] = [a.metrics["annualReturn"]!, b.metrics["annualReturn"]!]
          const [da, db] = [a.metrics["maxDrawdown"]!, b.metrics["maxDrawdown"]!]
          return rb >= ra && db <= da && (rb > ra || db < da)
        })
      expect(paretoFront(shuffled(runs, random), two)).toEqual(runs.filter((each) => !beaten(each)))
      const ranked = rankedRuns(shuffled(runs, random), two)
      expect(ranked).toEqual(rankedRuns(runs, two))
      expect(ranked.map(({ front }) => front)).toEqual(ranked.map(({ front }) => front).toSorted((a, b) => a - b))
    }
  })

  it("that orders nothing or contradicts itself is refused", () => {
    expect(() => checkedGoal({ objectives: [] })).toThrow("goal.objectives is empty")
    expect(() => checkedGoal({ ...goal, constraints: [{ metric: "trades" }] })).toThrow("goal.constraints[0]")
    expect(() => checkedGoal({ ...goal, constraints: [{ metric: "trades", min: 2, max: 1 }] })).toThrow(".min")
  })
})

describe("TPE", () => {
  const bowl: ParameterSpace = {
    x: { kind: "number", min: -5, max: 5 },
    y: { kind: "number", min: 0.01, max: 100, scale: "log" },
    kind: { kind: "choice", options: ["a", "b", "c"] }
  }
  const loss = ({ kind, x, y }: Record<string, unknown>): number =>
    (Number(x) - 2) ** 2 + Math.log10(Number(y)) ** 2 * 4 + (kind === "b" ? 0 : 3)

  const search = (seed: number, trials: number, batch: number, evenly = false) => {
    const done: Array<{ readonly point: Record<string, unknown>; readonly loss: number }> = []
    for (let from = 0; from < trials; from += batch) {
      const ranked = done.toSorted((a, b) => a.loss - b.loss).map(({ point }) => point as Record<string, number>)
      const points = tpeBatch({
        space: bowl,
        seed,
        from,
        count: Math.min(batch, trials - from),
        ranked,
        ...(evenly ? { startup: trials } : {})
      })
      for (const point of points) done.push({ point, loss: loss(point) })
    }
    return Math.min(...done.map((each) => each.loss))
  }

  it("finds far better points than as many drawn evenly", () => {
    const seeds = Array.from({ length: 15 }, (_, at) => at + 1)
    const median = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[values.length >> 1]!
    const [modelled, even] = [
      median(seeds.map((seed) => search(seed, 80, 1))),
      median(seeds.map((seed) => search(seed, 80, 1, true)))
    ]
    expect(modelled).toBeLessThan(even / 3)
    expect(median(seeds.map((seed) => search(seed, 80, 8)))).toBeLessThan(even / 2)
  })

  it("asks for the same points for the same seed and runs, and others for another seed", () => {
    const ask = {
      space: bowl,
      seed: 3,
      from: 20,
      count: 6,
      ranked: tpeBatch({ space: bowl, seed: 1, from: 0, count: 20, ranked: [] })
    }
    expect(tpeBatch(ask)).toEqual(tpeBatch(ask))
    expect(tpeBatch(ask)).not.toEqual(tpeBatch({ ...ask, seed: 4 }))
    // A point of a batch does not depend on how many come after it.
    expect(tpeBatch({ ...ask, count: 2 })).toEqual(tpeBatch(ask).slice(0, 2))
  })

  it("tries no point twice while there are others", () => {
    const small: ParameterSpace = { a: { kind: "integer", min: 1, max: 6 }, b: { kind: "boolean" } }
    const ranked: Array<Record<string, number | string | boolean>> = []
    for (let from = 0; from < 12; from += 3)
      ranked.push(...tpeBatch({ space: small, seed: 2, from, count: 3, ranked, startup: 3 }))
    expect(new Set(ranked.map(pointKey)).size).toBe(12)
  })
})

describe("sensitivity", () => {
  const runs = new PointGrid({
    strong: { kind: "integer", min: 1, max: 5 },
    weak: { kind: "integer", min: 1, max: 5 },
    none: { kind: "boolean" }
  })
    .points()
    .map((parameters, index) =>
      run(index, { sharpe: 2 * Number(parameters["strong"]) + 0.5 * Number(parameters["weak"]) }, parameters)
    )

  it("shares a figure's variance out among the parameters that make it", () => {
    const found = importances(runs, "sharpe")
    expect(found.map(({ parameter }) => parameter)).toEqual(["strong", "weak", "none"])
    // The figure is a sum, so the shares are those of the squares of the factors.
    expect(found[0]!.share).toBeCloseTo(4 / 4.25, 10)
    expect(found[1]!.share).toBeCloseTo(0.25 / 4.25, 10)
    expect(found[2]!.share).toBe(0)
    expect(importances(runs, "sortino")).toEqual([])
  })

  it("lays a figure out over two parameters", () => {
    const map = heatMap(runs.slice(0, 49), "sharpe", "strong", "weak")
    expect(map.x).toEqual([1, 2, 3, 4, 5])
    expect(map.y).toEqual([1, 2, 3, 4, 5])
    expect(map.cells[2]![1]).toEqual({ mean: 5.5, low: 5.5, high: 5.5, count: 2 })
    expect(map.cells[4]![4]?.count).toBe(1)
  })
})
