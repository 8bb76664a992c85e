/**
 * Equal to published reference values, bar by bar: QuantConnect's, made with TA-Lib, thinkorswim and spreadsheets.
 * docs/indicators.md names each file, how precisely it is printed, and where its own warm-up differs.
 */
import { GoldenFile, goldenFiles, goldensMissing, goldensName } from "@outcry/testkit/GoldenFile"
import { describe, expect, it } from "vitest"
import type { Given } from "../src/Parameter.ts"
import { indicatorNamed } from "../src/Registry.ts"
import { candleFiles, filesOfOthers, type GoldenCase, goldenCases, otherFiles } from "./GoldenCases.ts"

const candles: Readonly<Record<string, string>> = {
  doji: "DOJI",
  dragonflydoji: "DRAGONFLYDOJI",
  gravestonedoji: "GRAVESTONEDOJI",
  longleggeddoji: "LONGLEGGEDDOJI",
  takuri: "TAKURI",
  rickshawman: "RICKSHAWMAN",
  hammer: "HAMMER",
  hangingman: "HANGINGMAN",
  invertedhammer: "INVERTEDHAMMER",
  shootingstar: "SHOOTINGSTAR",
  marubozu: "MARUBOZU",
  closingmarubozu: "CLOSINGMARUBOZU",
  belthold: "BELTHOLD",
  spinningtop: "SPINNINGTOP",
  highwave: "HIGHWAVE",
  longline: "LONGLINE",
  shortline: "SHORTLINE",
  engulfing: "ENGULFING",
  harami: "HARAMI",
  haramicross: "HARAMICROSS",
  dojistar: "DOJISTAR",
  piercing: "PIERCING",
  darkcloudcover: "DARKCLOUDCOVER",
  morningstar: "MORNINGSTAR",
  morningdojistar: "MORNINGDOJISTAR",
  eveningstar: "EVENINGSTAR",
  eveningdojistar: "EVENINGDOJISTAR",
  threewhitesoldiers: "3WHITESOLDIERS",
  threeblackcrows: "3BLACKCROWS",
  threeinside: "3INSIDE",
  threeoutside: "3OUTSIDE"
}

const answered = (file: GoldenFile, name: string, parameters: Given) => {
  const indicator = indicatorNamed(name)
  return indicator
    .make(parameters)
    .batch(indicator.inputs.map((field) => file.column(field === "value" ? "close" : field)))
}

/** Rows from `from` on where the file has a value: how many, and the worst distance beyond the tolerance. */
const compared = (mine: Float64Array, reference: Float64Array, within: number, from: number) => {
  let values = 0
  for (let row = from; row < reference.length; row++) {
    const expected = reference[row]!
    if (Number.isNaN(expected)) continue
    values++
    const distance = Math.abs(mine[row]! - expected)
    expect(distance <= within + 1e-9 * Math.abs(expected), `row ${row}: ${mine[row]} for ${expected}`).toBe(true)
  }
  return values
}

describe.skipIf(goldensMissing)(goldensName, () => {
  it.each(
    goldenCases.map((each): [string, string, number, GoldenCase] => [each.indicator, each.file, each.values, each])
  )("%s equals %s in %d values", (_, __, ___, each) => {
    const file = new GoldenFile(each.file)
    const outputs = answered(file, each.indicator, each.parameters)
    const counts = each.columns.flatMap((column, k) =>
      column === "" ? [] : [compared(outputs[k]!, file.column(column), each.within, each.from)]
    )
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(each.values)
  })

  it("leave no file out", () => {
    const told = [...goldenCases.map(({ file }) => file), ...otherFiles, ...filesOfOthers]
    expect([...new Set(told)].toSorted()).toEqual([...goldenFiles()].toSorted())
  })

  it("vwma of the average price equals the moving VWAP", () => {
    const file = new GoldenFile("spy_with_vwap.txt")
    const price = answered(file, "avgprice", {})[0]!
    const mine = indicatorNamed("vwma")
      .make({ period: 50 })
      .batch([price, file.column("volume")])[0]!
    expect(compared(mine, file.column("Moving VWAP 50"), 1e-4, 0)).toBe(452)
  })

  it("correl equals Pearson's correlation of SPY and QQQ over 252 closes", () => {
    const closes = ["SPY", "QQQ"].map((symbol) => new GoldenFile("spy_qqq_corr.csv", (row) => row[0] === symbol))
    const reference = closes[1]!.column("Correlation_Pearson")
    const mine = indicatorNamed("correl")
      .make({ period: 252 })
      .batch(closes.map((file) => file.column("close")))[0]!
    expect(compared(mine, reference, 1e-11, 251)).toBe(3713)
  })

  it("swings tell the file's pivot highs (1) and lows (-1), and a bar that is both (2)", () => {
    const file = new GoldenFile("spy_pivot_pnt_hl.txt")
    const [high, low] = answered(file, "swings", { left: 10, right: 10 })
    const mine = Array.from(high!, (value, row) => (value > 0 ? (low![row]! > 0 ? 2 : 1) : low![row]! > 0 ? -1 : 0))
    expect(mine).toEqual([...file.column("PPHL")])
    expect(mine.filter((point) => point !== 0).length).toBeGreaterThan(10)
  })

  it.each(Object.entries(candles))("%s equals CDL%s on every bar of SPY and EWZ", (name, title) => {
    // The files are of a TA-Lib before 0.6, to which bodies that share an end were no pattern.
    const touch: Given = "touch" in indicatorNamed(name).parameters ? { touch: "none" } : {}
    const hits = candleFiles.map(([path, rows]) => {
      const file = new GoldenFile(path)
      const reference = file.column(`CDL${title}`)
      const mine = answered(file, name, touch)[0]!
      const known = [...reference.keys()].filter((row) => !Number.isNaN(reference[row]!))
      expect(known.map((row) => mine[row])).toEqual(known.map((row) => reference[row]))
      expect(known.length).toBe(rows - indicatorNamed(name).warmup())
      return known.filter((row) => reference[row] !== 0).length
    })
    // In 4,300 bars every pattern comes up but one, which TA-Lib's own reference and hand-made bars cover.
    if (name === "threeblackcrows") expect(hits).toEqual([0, 0])
    else expect(Math.max(...hits)).toBeGreaterThan(0)
  })
})
