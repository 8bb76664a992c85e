/** From a file to the store and onto a tape: nothing lost, nothing changed in silence, and the whole return at the end. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { importBars } from "../../src/data/BarCsv.ts"
import { inspectBars } from "../../src/data/BarIntegrity.ts"
import { ColumnStore } from "../../src/data/ColumnStore.ts"
import { addCorporateActions, corporateActionsOf } from "../../src/data/CorporateActions.ts"
import { timeOfDate } from "../../src/data/DateText.ts"
import { readFactors } from "../../src/data/FactorFile.ts"
import { adjusted } from "../../src/data/LeanDaily.ts"
import { readBars, storeBars } from "../../src/data/StoredBars.ts"
import { parseTradingDays, readTradingDays } from "../../src/data/TradingDays.ts"
import { tapeCodes } from "../../src/MarketTape.ts"
import { TapeBuilder } from "../../src/TapeBuilder.ts"
import { rawBarsOf, shareOf } from "../Shares.ts"
import {
  equitiesMissing,
  factorsOf,
  marketHours,
  marketHoursMissing,
  whySkippedEquities,
  whySkippedMarketHours
} from "./SharedData.ts"

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), "outcry-bars-"))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const text = [0, 1, 3, 2, 6, 6].map((at) => `${1_583_020_800 + at * 60},1,2,0.5,1.5,3`).join("\n")
const given = () => {
  const { bars, notes } = importBars(text, "a.csv", { instrument: "test:X/USD" })
  return { bars, notes, source: "a.csv", createdBy: "outcry test" }
}

describe("bars on their way into the store", () => {
  it("are refused with the remedy, and leave nothing behind", async () => {
    const store = await ColumnStore.open(folder())
    await expect(storeBars(store, "x", given(), "refuse")).rejects.toThrow(/line 4: .*unsorted.*policy "repair"/)
    expect(readdirSync(store.folder)).toEqual([])
  })

  it("are repaired, and the manifest tells what was inferred, changed and found", async () => {
    const store = await ColumnStore.open(folder())
    const manifest = await storeBars(store, "x", given(), "repair")
    expect(manifest.notes).toEqual([
      "There is no header; columns by their place: time = 1, open = 2, high = 3, low = 4, close = 5, volume = 6.",
      'Times are read as seconds since 1970, as the first is written: "1583020800".',
      "The interval is taken to be 60 s, as between 1 of 5 rows.",
      "Repaired: 2 rows were put in order of time.",
      "Repaired: 1 rows that repeated another.",
      "Repaired: 2 rows were filled in with the close before them and no volume."
    ])
    expect(manifest.findings.map(({ code }) => code)).toEqual(["zeroVolume"])
    const { bars, filled } = await readBars(store, "x", { from: manifest.from + 60_000_000 })
    expect(filled).toEqual(Uint8Array.of(0, 0, 0, 1, 1, 0))
    expect(bars.timeOpen.length).toBe(6)
  })

  it("have no marks where nothing was filled in", async () => {
    const store = await ColumnStore.open(folder())
    await storeBars(store, "x", given(), "repair", { fillGaps: false })
    expect((await readBars(store, "x")).filled).toBeUndefined()
  })
})

describe("a market's days", () => {
  const hours = (holidays: string) =>
    `{"entries":{"M":{"sunday":[],"monday":[{"state":"market"}],"tuesday":[{"state":"premarket"}],"wednesday":[],"thursday":[],"friday":[],"saturday":[],"holidays":[${holidays}]}}}`

  it("are those with a session, less holidays", () => {
    const trades = parseTradingDays(hours('"3/9/2020"'), "h.json", "M")
    const days = ["20200302", "20200303", "20200309", "20200316"].map((day) => trades(timeOfDate(day)!))
    expect(days).toEqual([true, false, false, true])
  })

  it.each([
    ["x", "M", /no database of market hours/],
    [hours(""), "N", /N: there is no such market/],
    [hours('"31/2/2020"'), "M", /"31\/2\/2020" is no day/]
  ])("are refused from %s for %s", (json, market, says) => {
    expect(() => parseTradingDays(json, "h.json", market)).toThrow(says)
  })

  it.skipIf(equitiesMissing || marketHoursMissing)(
    `leave no gap in twenty-three years of SPY${whySkippedEquities}${whySkippedMarketHours}`,
    async () => {
      const calendar = await readTradingDays(marketHours, "Equity-usa-[*]")
      const bars = await rawBarsOf("spy")
      expect(inspectBars(bars, { calendar })).toEqual([])
    }
  )
})

describe.skipIf(equitiesMissing)(`raw bars with corporate actions on a tape${whySkippedEquities}`, () => {
  it.each(["aapl", "ibm", "spy", "eem"])("a holder of %s through the tape earns the adjusted return", async (name) => {
    const instrument = shareOf(name)
    const raw = await rawBarsOf(name)
    const factors = await readFactors(factorsOf(name))
    const builder = new TapeBuilder([instrument.id])
    builder.addBars(raw, instrument)
    addCorporateActions(builder, instrument.id, corporateActionsOf(factors, raw.timeOpen))
    const tape = builder.build()
    // One share from the first close on; a dividend buys shares at the last close less the dividend.
    let [held, close, paid] = [1, 0, 0]
    for (let row = 0; row < tape.length; row++) {
      if (tape.code[row] === tapeCodes.bar) close = tape.d[row]! / 10_000
      if (tape.code[row] === tapeCodes.split) {
        held *= tape.a[row]!
        close /= tape.a[row]!
      }
      if (tape.code[row] === tapeCodes.dividend) {
        held += (held * tape.a[row]!) / (close - tape.a[row]!)
        paid += 1
      }
    }
    const total = adjusted(raw, factors)
    expect(paid).toBeGreaterThan(30)
    // What is left: seven places of the factors, and reference prices that are not the archive's closes to the cent.
    expect(Math.abs((held * close) / raw.close[0]! / (total.close.at(-1)! / total.close[0]!) - 1)).toBeLessThan(1e-4)
  })
})
