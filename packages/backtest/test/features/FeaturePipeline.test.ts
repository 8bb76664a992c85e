/** Sets declared once for many instruments, and the way from bars to features that are checked. */
import { describe, expect, it } from "vitest"
import { copyOf, minuteUs, seededBars } from "../data/SeededBars.ts"
import { contentHash, datasetOfBars } from "../../src/data/Dataset.ts"
import { FeatureCatalog } from "../../src/features/FeatureCatalog.ts"
import { FeaturePipeline } from "../../src/features/FeaturePipeline.ts"
import { featureTable } from "../../src/features/FeatureTable.ts"

const features = { rsi: { kind: "indicator", indicator: "rsi" }, obv: { kind: "indicator", indicator: "obv" } }
const momentum = {
  name: "momentum",
  instruments: ["test:X/USD", "test:Y/USD"],
  intervalsUs: [minuteUs, 5 * minuteUs],
  features
}
const catalog = FeatureCatalog.of({ sets: [momentum, { ...momentum, name: "other", intervalsUs: [minuteUs] }] })
const dataOf = (bars: ReturnType<typeof seededBars>) => ({
  contentHash: contentHash(datasetOfBars(bars)),
  bars: () => bars
})

describe("a feature catalog", () => {
  it("holds a set for each instrument and interval", () => {
    expect(catalog.sets.length).toBe(6)
    expect(catalog.find("momentum", "test:Y/USD", 5 * minuteUs)).toMatchObject({
      instrument: "test:Y/USD",
      intervalUs: 5 * minuteUs
    })
  })

  it.each<[string, () => unknown, RegExp]>([
    [
      "an unknown name",
      () => catalog.find("x", "test:X/USD", minuteUs),
      /Feature set x: there is no such set\. Choose from momentum, other/
    ],
    [
      "another interval",
      () => catalog.find("other", "test:X/USD", 5 * minuteUs),
      /not declared for test:X\/USD at 300 s\. Add it, or choose from test:X\/USD at 60 s/
    ],
    [
      "a set declared twice",
      () => FeatureCatalog.of({ sets: [momentum, momentum] }),
      /declared twice for test:X\/USD, 60 s/
    ],
    ["a document that is none", () => FeatureCatalog.of({ set: [] }), /\(document\).*Give sets with name/],
    [
      "a feature that is none",
      () => FeatureCatalog.of({ sets: [{ ...momentum, features: { a: {} } }] }),
      /feature a, kind/
    ],
    ["features that are none", () => FeatureCatalog.of({ sets: [{ ...momentum, features: 3 }] }), /features/]
  ])("refuses %s", (_, attempt, says) => {
    expect(attempt).toThrow(says)
  })
})

describe("a feature pipeline", () => {
  it("computes, checks and keeps", () => {
    const pipeline = new FeaturePipeline(catalog)
    const bars = seededBars(1, 300)
    const { report, table } = pipeline.features("momentum", "test:X/USD", minuteUs, dataOf(bars))
    expect(table).toEqual(featureTable(catalog.find("momentum", "test:X/USD", minuteUs), bars))
    expect(report.findings).toEqual([])
    const again = pipeline.features("momentum", "test:X/USD", minuteUs, dataOf(bars))
    expect(again.table).toBe(table)
    expect(again.report).toBe(report)
    pipeline.features("momentum", "test:X/USD", 5 * minuteUs, dataOf(bars))
    expect(pipeline.stats()).toMatchObject({ hits: 1, misses: 2, entries: 2 })
    pipeline.forgetData(contentHash(datasetOfBars(bars)))
    expect(pipeline.stats()).toMatchObject({ invalidations: 2, entries: 0, bytes: 0 })
  })

  it("tells of gaps in a column, and refuses one without values", () => {
    const pipeline = new FeaturePipeline(catalog)
    const bars = copyOf(seededBars(2, 300))
    bars.close.fill(Number.NaN, 100, 150)
    const { report } = pipeline.features("momentum", "test:X/USD", minuteUs, dataOf(bars))
    expect(report.findings.map(({ code, column }) => [code, column])).toEqual([
      ["coverage", "rsi"],
      ["coverage", "obv"]
    ])
    const few = seededBars(3, 10)
    expect(() => pipeline.features("momentum", "test:X/USD", minuteUs, dataOf(few))).toThrow(
      /feature rsi, row 1: none of 10 rows has a value\. Give more bars/
    )
  })
})
