/** Features against the plainest reading of their definitions, checks against spoiled columns, and no look into the future. */
import { indicatorNamed } from "@outcry/indicators/Registry"
import type { BarColumns } from "@outcry/signals/BarColumns"
import { describe, expect, it } from "vitest"
import { gather } from "../../src/data/BarRows.ts"
import { contentHash } from "../../src/data/Dataset.ts"
import { adjusted, readLeanDaily } from "../../src/data/LeanDaily.ts"
import { readFactors } from "../../src/data/FactorFile.ts"
import { dayUs } from "../../src/data/DateText.ts"
import { resampled } from "../../src/data/Resample.ts"
import { inspectFeatures, lookAheadOf } from "../../src/features/FeatureCheck.ts"
import { featureSetHash, featureSetOf } from "../../src/features/FeatureSet.ts"
import { FeatureSetRefused } from "../../src/features/FeatureSetRefused.ts"
import { datasetOfFeatures, featureTable } from "../../src/features/FeatureTable.ts"
import { minuteUs, seededBars } from "../data/SeededBars.ts"
import { archiveOf, equitiesMissing, factorsOf, whySkippedEquities } from "../data/SharedData.ts"

const features = {
  rsi: { kind: "indicator", indicator: "rsi", given: { period: 14 } },
  signal: { kind: "indicator", indicator: "macd", output: "signal", hidden: true },
  atr: { kind: "indicator", indicator: "atr" },
  smoothed: { kind: "indicator", indicator: "ema", given: { period: 5 }, of: ["rsi"] },
  return5: { kind: "return", rows: 5 },
  log1: { kind: "return", rows: 1, log: true },
  volumeLag: { kind: "lag", rows: 3, of: "volume" },
  volumeZ: { kind: "zscore", rows: 20, of: "volume" },
  returnRank: { kind: "rank", rows: 50, of: "return5" },
  range: { kind: "difference", of: "high", by: "low" },
  effort: { kind: "ratio", of: "range", by: "atr" },
  minute: { kind: "calendar", field: "minuteOfDay" },
  weekday: { kind: "calendar", field: "weekday" }
}
const given = { name: "intraday", instrument: "test:X/USD", intervalUs: minuteUs, features }
const set = featureSetOf(given)

describe("a feature table", () => {
  const bars = seededBars(31, 400)
  const { columns, timeOpen } = featureTable(set, bars)
  const window = (values: Float64Array, row: number, rows: number) => [...values.subarray(row - rows + 1, row + 1)]

  it("has the declared columns but the hidden one, over the bars' times", () => {
    expect(Object.keys(columns)).toEqual(Object.keys(features).filter((name) => name !== "signal"))
    expect(timeOpen).toEqual(bars.timeOpen)
  })

  it("holds the registry's indicators", () => {
    expect(columns["rsi"]).toEqual(indicatorNamed("rsi").make({ period: 14 }).batch([bars.close])[0])
    expect(columns["atr"]).toEqual(indicatorNamed("atr").make().batch([bars.high, bars.low, bars.close])[0])
    expect(columns["smoothed"]).toEqual(indicatorNamed("ema").make({ period: 5 }).batch([columns["rsi"]!])[0])
  })

  it("holds what each transformation means", () => {
    for (const row of [0, 1, 2, 3, 4, 5, 18, 19, 20, 53, 54, 55, 399]) {
      const at = (name: string) => columns[name]![row]!
      expect(at("return5")).toBe(row < 5 ? Number.NaN : bars.close[row]! / bars.close[row - 5]! - 1)
      expect(at("log1")).toBe(row < 1 ? Number.NaN : Math.log(bars.close[row]! / bars.close[row - 1]!))
      expect(at("volumeLag")).toBe(row < 3 ? Number.NaN : bars.volume[row - 3])
      const volumes = window(bars.volume, row, 20)
      const mean = volumes.reduce((sum, value) => sum + value, 0) / 20
      const deviation = Math.sqrt(volumes.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 20)
      if (row < 19) expect(at("volumeZ")).toBeNaN()
      else expect(at("volumeZ")).toBeCloseTo((bars.volume[row]! - mean) / deviation, 9)
      if (row < 54) expect(at("returnRank")).toBeNaN()
      else {
        const recent = window(columns["return5"]!, row, 50)
        const below = recent.filter((value) => value < recent[49]!).length
        const equal = recent.filter((value) => value === recent[49]!).length - 1
        expect(at("returnRank")).toBe((below + equal / 2) / 49)
      }
      expect(at("range")).toBe(bars.high[row]! - bars.low[row]!)
      if (row >= 20) expect(at("effort")).toBe(at("range") / columns["atr"]![row]!)
      // The bars begin on Sunday, 2020-03-01, at midnight.
      expect([at("minute"), at("weekday")]).toEqual([row, 7])
    }
  })

  it("is of the set's interval, made of smaller bars where they are smaller", () => {
    const larger = featureSetOf({ ...given, intervalUs: 5 * minuteUs })
    const table = featureTable(larger, bars)
    expect(table).toEqual(featureTable(larger, resampled(bars, 5 * minuteUs)))
    expect(table.timeOpen.length).toBe(80)
  })

  it("is refused for bars of another instrument or interval", () => {
    expect(() => featureTable(set, seededBars(1, 9, 0, "test:Y/USD"))).toThrow(
      /the bars are of test:Y\/USD, the set of test:X\/USD/
    )
    expect(() => featureTable(set, resampled(bars, 5 * minuteUs))).toThrow(/the bars last 300 s, the set's 60 s/)
  })

  it("goes into a data set with a hash of its content", () => {
    const dataset = datasetOfFeatures(featureTable(set, bars))
    expect(dataset.columns["timeOpen"]).toEqual(bars.timeOpen)
    expect(contentHash(dataset)).toBe(contentHash(datasetOfFeatures(featureTable(set, bars))))
    expect(contentHash(dataset)).not.toBe(contentHash(datasetOfFeatures(featureTable(set, seededBars(32, 400)))))
  })

  it("reads no bar after its row, and a column that does is found out", () => {
    expect(lookAheadOf((some) => featureTable(set, some), bars)).toEqual([])
    const peeking = (some: BarColumns) => {
      const table = featureTable(set, some)
      const tomorrow = some.close.map((_, row) => some.close[row + 1] ?? Number.NaN)
      const top = Math.max(...some.close)
      return { ...table, columns: { ...table.columns, tomorrow, scaled: some.close.map((price) => price / top) } }
    }
    const found = lookAheadOf(peeking, bars)
    expect(new Set(found.map(({ code, column }) => `${code} ${column}`))).toEqual(
      new Set(["lookAhead scaled", "lookAhead tomorrow"])
    )
    expect(found[0]?.detail).toMatch(/with \d+ bars and .* with 400/)
  })

  it("is the same for any beginning of the bars as for the whole, whatever the set", () => {
    const all = Object.fromEntries(
      ["sma", "kama", "stoch", "bbands", "supertrend", "ichimoku", "obv", "mfi", "swings", "engulfing", "vwap"].map(
        (indicator) => [indicator, { kind: "indicator", indicator }]
      )
    )
    const wide = featureSetOf({ ...given, features: all })
    expect(lookAheadOf((some) => featureTable(wide, some), bars, { cuts: 30, seed: 5 })).toEqual([])
  })
})

describe("a feature set", () => {
  it.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /\(unnamed\)/],
    ["no features", { ...given, features: {} }, /features: there are 0\. Declare 1 to 1000/],
    [
      "only hidden ones",
      { ...given, features: { a: { kind: "lag", rows: 1, of: "close", hidden: true } } },
      /all of them are hidden/
    ],
    ["a field too many", { ...given, period: 1 }, /period/],
    ["an interval of none", { ...given, intervalUs: 0 }, /intervalUs/],
    ["an instrument without venue", { ...given, instrument: "BTC" }, /instrument/],
    ["a bad name", { ...given, features: { "a b": features.rsi } }, /feature a b: that is no name/],
    [
      "a bar field's name",
      { ...given, features: { close: features.rsi } },
      /feature close: that is the name of a bar field/
    ],
    [
      "an unknown kind",
      { ...given, features: { a: { kind: "magic" } } },
      /feature a, kind: "magic" is no kind of feature\. Choose from indicator, return/
    ],
    [
      "a lag into the future",
      { ...given, features: { a: { kind: "lag", rows: -1, of: "close" } } },
      /feature a: .*rows/
    ],
    ["half a row", { ...given, features: { a: { kind: "return", rows: 1.5 } } }, /feature a: .*rows/],
    ["a misspelt field", { ...given, features: { a: { kind: "return", rows: 1, off: "close" } } }, /feature a: .*off/],
    [
      "a source declared later",
      { ...given, features: { a: { kind: "lag", rows: 1, of: "b" }, b: features.rsi } },
      /feature a, of: "b" is no bar field and no feature declared before it/
    ],
    [
      "an unknown indicator",
      { ...given, features: { a: { kind: "indicator", indicator: "rsj" } } },
      /feature a, indicator: There is no indicator "rsj"/
    ],
    [
      "an unknown output",
      { ...given, features: { a: { kind: "indicator", indicator: "macd", output: "x" } } },
      /macd has no output "x"\. Choose from macd, signal/
    ],
    [
      "a parameter out of range",
      { ...given, features: { a: { kind: "indicator", indicator: "rsi", given: { period: 0 } } } },
      /feature a, given\.period: /
    ],
    [
      "too few inputs",
      { ...given, features: { a: { kind: "indicator", indicator: "atr", of: ["close"] } } },
      /atr takes 3 inputs, not 1/
    ],
    [
      "no second series",
      { ...given, features: { a: { kind: "indicator", indicator: "correl" } } },
      /correl compares two series/
    ]
  ])("of %s is refused", (_, value, says) => {
    expect(() => featureSetOf(value)).toThrow(FeatureSetRefused)
    expect(() => featureSetOf(value)).toThrow(says)
  })

  it("has a hash of its meaning: not of the order of fields, but of everything else", () => {
    const reordered = {
      ...given,
      features: { ...features, rsi: { given: { period: 14 }, indicator: "rsi", kind: "indicator" } }
    }
    expect(featureSetHash(featureSetOf(reordered))).toBe(featureSetHash(set))
    const changed = [
      { ...given, instrument: "test:Y/USD" },
      { ...given, intervalUs: 2 * minuteUs },
      { ...given, features: { ...features, rsi: { ...features.rsi, given: { period: 15 } } } },
      { ...given, features: { ...features, more: features.rsi } }
    ]
    const hashes = new Set([featureSetHash(set), ...changed.map((each) => featureSetHash(featureSetOf(each)))])
    expect(hashes.size).toBe(5)
  })
})

describe("features that are checked", () => {
  const bars = seededBars(41, 300)

  it("have no findings where they are sound, and their profile is told", () => {
    const table = featureTable(
      featureSetOf({ ...given, features: { rsi: features.rsi, five: features.return5 } }),
      bars
    )
    const report = inspectFeatures(table)
    expect(report.findings).toEqual([])
    const five = [...table.columns["five"]!].slice(5)
    const mean = five.reduce((sum, value) => sum + value, 0) / 295
    expect(report.columns[1]).toMatchObject({
      name: "five",
      rows: 300,
      finite: 295,
      warmup: 5,
      missing: 0,
      infinite: 0,
      coverage: 1,
      min: Math.min(...five),
      max: Math.max(...five)
    })
    expect(report.columns[1]?.mean).toBeCloseTo(mean, 12)
    expect(report.columns[1]?.deviation).toBeCloseTo(
      Math.sqrt(five.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 294),
      12
    )
  })

  it.each<[string, (column: Float64Array) => void, object]>([
    [
      "infinite values",
      (column) => {
        column[50] = Infinity
        column[60] = -Infinity
      },
      { code: "infinite", row: 50, count: 2 }
    ],
    [
      "missing values",
      (column) => {
        column.fill(Number.NaN, 100, 110)
      },
      { code: "coverage", row: 100, count: 10 }
    ],
    [
      "one value throughout",
      (column) => {
        column.fill(3, 14)
      },
      { code: "constant", row: 14, count: 286 }
    ],
    [
      "no value",
      (column) => {
        column.fill(Number.NaN)
      },
      { code: "empty", row: 0, count: 300 }
    ]
  ])("with %s are found out", (_, spoil, expected) => {
    const table = featureTable(featureSetOf({ ...given, features: { rsi: features.rsi } }), bars)
    spoil(table.columns["rsi"]!)
    expect(inspectFeatures(table).findings).toContainEqual(expect.objectContaining({ column: "rsi", ...expected }))
  })

  it("say that a window was longer than the bars", () => {
    const short = gather(bars, [0, 1, 2])
    expect(inspectFeatures(featureTable(set, short)).findings.map(({ code }) => code)).toContain("empty")
  })

  it.skipIf(equitiesMissing)(
    `of twenty years of SPY are whole and look nowhere ahead${whySkippedEquities}`,
    async () => {
      const raw = await readLeanDaily(archiveOf("spy"), { instrument: "lean:SPY/USD" })
      const daily = adjusted(raw, await readFactors(factorsOf("spy")))
      const { minute: _, ...rest } = features
      const spy = featureSetOf({ name: "daily", instrument: "lean:SPY/USD", intervalUs: dayUs, features: rest })
      expect(inspectFeatures(featureTable(spy, daily)).findings).toEqual([])
      expect(lookAheadOf((some) => featureTable(spy, some), daily, { cuts: 5 })).toEqual([])
    }
  )
})
