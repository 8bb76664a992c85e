import { comparing } from "@outcry/signals/Comparison"
import { describe, expect, it } from "vitest"
import { metricNames } from "../src/RunMetrics.ts"
import { IndicatorColumns } from "../src/vector/IndicatorColumns.ts"
import { runGrid } from "../src/vector/Grid.ts"
import { runSignal } from "../src/vector/VectorRun.ts"
import { crossOf, declaredCrossOf, walk } from "./CrossSignals.ts"

const pairs = (fasts: ReadonlyArray<number>, slows: ReadonlyArray<number>) =>
  fasts.flatMap((fast) => slows.map((slow) => ({ fast, slow })))

describe("a grid", () => {
  const bars = walk(11, 700)
  const points = pairs([2, 3, 5, 8, 13], [21, 34, 55, 89])
  const terms = { feeBps: 5, slippageBps: 1 }

  it("is each run alone, to the bit, for coded and declared rules, long, short and flat", () => {
    for (const otherwise of [0, -1, -0.5])
      for (const signal of [crossOf(otherwise), declaredCrossOf(otherwise)]) {
        const grid = runGrid(signal, points, bars, { terms })
        points.forEach((parameters, index) => {
          const { summary } = runSignal(signal, parameters, bars, { terms })
          expect(grid.summary(index)).toEqual({ ...summary, index })
        })
        expect(grid.metric("sharpe").length).toBe(points.length)
      }
  })

  it("answers the same for a declared comparison as for the coded rule", () => {
    for (const otherwise of [0, -1])
      expect(runGrid(declaredCrossOf(otherwise), points, bars, { terms }).summaries()).toEqual(
        runGrid(crossOf(otherwise), points, bars, { terms }).summaries()
      )
  })

  it("keeps what is held while either side of a declared comparison is missing, as the coded rule does", () => {
    const holed = {
      ...bars,
      volume: bars.close.map((price, row) => (row % 37 > 30 || row % 11 === 3 ? Number.NaN : price))
    }
    const columns = () => ({ mean: { indicator: "sma", given: { period: 5 }, of: ["volume"] } })
    for (const [above, otherwise] of [
      [1, 0],
      [0, 1],
      [-1, 1],
      [Number.NaN, 1]
    ] as const) {
      const declared = {
        ...crossOf(0),
        columns,
        rule: comparing({ over: "volume", under: "mean", above, otherwise })
      }
      // A rule that is called: a function without the declaration.
      const coded = {
        ...declared,
        rule: (...given: Parameters<typeof declared.rule>) => {
          const rule = declared.rule(...given)
          return (row: Parameters<typeof rule>[0]) => rule(row)
        }
      }
      const [a, b] = [declared, coded].map((signal) => runSignal(signal, { fast: 2, slow: 5 }, holed).result)
      expect(a).toEqual(b)
      expect(a!.fills.length).toBeGreaterThan(above === above ? 20 : 0)
    }
  })

  it("computes every column once, and again only what did not fit", () => {
    expect(runGrid(crossOf(0), points, bars).columns).toMatchObject({ computed: 9, reused: 31 })
    const bytesOfTwo = 2 * 700 * 8
    const small = runGrid(crossOf(0), points, bars, { cacheBytesMax: bytesOfTwo })
    expect(small.columns.bytes).toBeLessThanOrEqual(bytesOfTwo)
    expect(small.columns.computed).toBeGreaterThan(9)
    expect(small.summaries()).toEqual(runGrid(crossOf(0), points, bars).summaries())
  })

  it("lists the parameters a signal refuses and runs the others", () => {
    const grid = runGrid(crossOf(0), pairs([10, 60], [20, 50]), bars)
    expect(grid.refused.map(({ index, parameters }) => [index, parameters])).toEqual([
      [2, { fast: 60, slow: 20 }],
      [3, { fast: 60, slow: 50 }]
    ])
    expect(grid.refused[0]!.reason).toContain("fast must be shorter than slow")
    expect(grid.summaries().map(({ index }) => index)).toEqual([0, 1])
    expect(grid.metric("totalReturn")[2]).toBeNaN()
  })

  it("runs over a part of the bars with the history before it", () => {
    const store = new IndicatorColumns(bars)
    const range = { from: 300, to: 500 }
    const grid = runGrid(crossOf(0), points, bars, { range, store })
    const { result, summary } = runSignal(crossOf(0), points[3], bars, { range, store })
    expect(grid.summary(3)).toEqual({ ...summary, index: 3 })
    expect(result.curve.timeUs[0]).toBe(bars.timeOpen[300]! + bars.intervalUs)
    expect(result.curve.equity.length).toBe(200)
    // The slow average is there from the range's first row: it trades at once where its signal stands.
    expect(summary.warnings).toEqual([])
    expect(metricNames.filter((name) => summary.metrics[name] === undefined)).toEqual([])
  })
})
