/** LEAN's daily bars and factors, and that raw prices with corporate actions earn what adjusted prices show. */
import type { BarColumns } from "@outcry/signals/BarColumns"
import { describe, expect, it } from "vitest"
import { type CorporateAction, corporateActionsOf } from "../../src/data/CorporateActions.ts"
import { DataError } from "../../src/data/DataError.ts"
import { dayUs, timeOfDate } from "../../src/data/DateText.ts"
import { parseFactors, readFactors } from "../../src/data/FactorFile.ts"
import { adjusted, parseLeanDaily, readLeanDaily } from "../../src/data/LeanDaily.ts"
import { archiveOf, equitiesMissing, factorsOf, shares, whySkippedEquities } from "./SharedData.ts"

const day = (text: string): number => timeOfDate(text)!
const rowAt = (bars: BarColumns, text: string): number => bars.timeOpen.indexOf(day(text))

/**
 * Growth of one share's worth, from the first close to the last: each dividend buys shares at the reference price less
 * the dividend. `exact` takes ratios as the factors have them.
 */
const heldGrowth = (bars: BarColumns, actions: ReadonlyArray<CorporateAction>, exact: boolean): number => {
  let held = 1
  for (const action of actions) {
    if (action.type === "split") held *= exact ? action.ratioOfFactors : action.ratio
    else held += (held * action.amount) / (action.referencePrice - action.amount)
  }
  return (held * bars.close.at(-1)!) / bars.close[0]!
}

describe("a factor file and daily bars by hand", () => {
  // A dividend of 2 on 100 after the 1st, a 2-for-1 split after the 3rd.
  const factors = parseFactors("20200101,0.98,0.5,100\n20200103,1,0.5,110\n20501231,1,1,0", "hand.factors.csv")
  const lines = ["20200101", "20200102", "20200103", "20200106"].map((date, at) => {
    const close = [1_000_000, 990_000, 1_100_000, 560_000][at]!
    return `${date} 00:00,${close},${close},${close},${close},${1000 * (at + 1)}`
  })
  const raw = parseLeanDaily(`${lines.join("\r\n")}\r\n`, "hand.zip", { instrument: "lean:HAND/USD" })

  it("reads prices in ten-thousandths and days as midnights", () => {
    expect([...raw.close]).toEqual([100, 99, 110, 56])
    expect(raw.timeOpen[3]).toBe(day("20200106"))
    expect(raw.intervalUs).toBe(dayUs)
    expect([
      ...parseLeanDaily("20200101 00:00,3,3.5,2,3,0.5", "c", { instrument: "c:B/U", priceScale: 1 }).high
    ]).toEqual([3.5])
  })

  it("adjusts by the factors of the row that holds for the day", () => {
    const total = adjusted(raw, factors)
    expect([...total.close]).toEqual([100 * 0.49, 99 * 0.5, 110 * 0.5, 56])
    expect([...total.volume]).toEqual([2000, 4000, 6000, 4000])
    expect([...adjusted(raw, factors, "splits").close]).toEqual([50, 49.5, 55, 56])
    expect([...raw.close]).toEqual([100, 99, 110, 56])
  })

  it("finds the dividend and the split on the trading day after", () => {
    const [dividend, split] = corporateActionsOf(factors, raw.timeOpen)
    expect(dividend).toMatchObject({ type: "dividend", time: day("20200102"), row: 1, referencePrice: 100 })
    expect(dividend?.type === "dividend" ? dividend.amount : 0).toBeCloseTo(2, 12)
    expect(split).toMatchObject({ type: "split", time: day("20200106"), row: 3, ratio: 2 })
  })

  it("leaves out what took effect outside the history", () => {
    expect(corporateActionsOf(factors, raw.timeOpen.subarray(1)).map(({ type }) => type)).toEqual(["split"])
    expect(corporateActionsOf(factors, raw.timeOpen.subarray(0, 3)).map(({ type }) => type)).toEqual(["dividend"])
    expect(corporateActionsOf(factors, new Float64Array())).toEqual([])
  })

  it.each([
    ["", "empty", /holds no row/],
    ["20200101,1,1", "badValue", /line 1: it has 3 cells/],
    ["20200230,1,1,1", "badValue", /line 1, date: "20200230" is not a day/],
    ["20200102,1,1,1\n20200101,1,1,1", "badValue", /line 2, date: 20200101 does not come after/],
    ["20200101,0,1,1", "badValue", /price factor: "0" is not above zero/],
    ["20200101,1,,1", "badValue", /split factor: "" is not above zero/],
    ["20200101,1,1,x", "badValue", /reference price: "x" is no price/]
  ])("refuses the factors %j", (text, problem, says) => {
    const attempt = () => parseFactors(text, "f.csv")
    expect(attempt).toThrow(DataError)
    expect(attempt).toThrow(says)
    expect(attempt).toThrow(expect.objectContaining({ problem }))
  })

  it.each([
    ["", /holds no bar/],
    ["20200101 00:00,1,2,3,4", /line 1: it has 5 cells/],
    ["20200101 09:30,1,2,3,4,5", /line 1, time: "20200101 09:30" is not a day/],
    ["20200101 00:00,1,2,3,4,5\n20201301 00:00,1,2,3,4,5", /line 2, time: "20201301"/],
    ["20200101 00:00,1,2,x,4,5", /low: "x" is no number/],
    ["20200101 00:00,1,2,3,4,", /volume: "" is no number/]
  ])("refuses the bars %j", (text, says) => {
    const attempt = () => parseLeanDaily(text, "b.zip", { instrument: "lean:X/USD" })
    expect(attempt).toThrow(DataError)
    expect(attempt).toThrow(says)
  })
})

describe.skipIf(equitiesMissing)(`LEAN's published archives${whySkippedEquities}`, () => {
  const load = async (name: string) => {
    const raw = await readLeanDaily(archiveOf(name), { instrument: `lean:${name.toUpperCase()}/USD` })
    const factors = await readFactors(factorsOf(name))
    return { raw, factors, actions: corporateActionsOf(factors, raw.timeOpen) }
  }

  it("knows Apple's splits and its dividend of August 2012", async () => {
    const { raw, actions } = await load("aapl")
    expect(raw.timeOpen.length).toBe(5849)
    const splits = actions.filter((action) => action.type === "split")
    expect(splits.map(({ ratio, time }) => [ratio, time])).toEqual([
      [2, day("20000621")],
      [2, day("20050228")],
      [7, day("20140609")],
      [4, day("20200831")]
    ])
    const dividend = actions.find((action) => action.type === "dividend")
    expect(dividend?.time).toBe(day("20120809"))
    expect(dividend?.type === "dividend" ? dividend.amount : 0).toBeCloseTo(2.65, 3)
  })

  it.each(shares)("raw prices of %s with dividends and splits earn what the adjusted series shows", async (name) => {
    const { raw, factors, actions } = await load(name)
    const total = adjusted(raw, factors)
    const growth = total.close.at(-1)! / total.close[0]!
    expect(Math.abs(heldGrowth(raw, actions, true) / growth - 1)).toBeLessThan(1e-12)
    // Ratios of splits made whole again differ from the factors' by their rounding, at most some 6e-5 each.
    expect(Math.abs(heldGrowth(raw, actions, false) / growth - 1)).toBeLessThan(1e-4)
  })

  it.each(shares)(
    "the reference prices of %s are its raw closes, but for what the files are known to have wrong",
    async (name) => {
      const { raw, actions } = await load(name)
      const whole = actions.filter(({ row, timeBefore }) => raw.timeOpen[row - 1] === timeBefore)
      const off = whole.filter(({ row, referencePrice }) => Math.abs(raw.close[row - 1]! / referencePrice - 1) > 0.002)
      // Bank of America's first dividends refer to prices of before its merger of September 1998.
      const known = name === "bac" ? ["19980304", "19980603", "19980902"] : []
      expect(off.map(({ time }) => time)).toEqual(known.map(day))
      // QQQ traded under another symbol from December 2004 to March 2011, which its archive leaves out.
      expect(actions.length - whole.length).toBe(name === "qqq" ? 24 : 0)
    }
  )

  it("has no jump left at Apple's 7-for-1 split", async () => {
    const { raw, factors } = await load("aapl")
    const row = rowAt(raw, "20140609")
    expect(raw.close[row]! / raw.close[row - 1]!).toBeLessThan(0.15)
    const total = adjusted(raw, factors)
    expect(total.close[row]! / total.close[row - 1]!).toBeCloseTo((93.7 * 7) / 645.57, 5)
  })

  it("reads crypto as it is priced", async () => {
    const bars = await readLeanDaily(archiveOf("coinbase-btcusd"), { instrument: "coinbase:BTC/USD", priceScale: 1 })
    expect([bars.open[0], bars.high[0], bars.close.at(-1)]).toEqual([300, 370, 6253.67])
  })
})
