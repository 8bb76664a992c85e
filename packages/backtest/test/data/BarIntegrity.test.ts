/** Each way in which bars go wrong is found where it is, told, and changed only where that was asked for. */
import type { BarColumns } from "@outcry/signals/BarColumns"
import { describe, expect, it } from "vitest"
import { inspectBars } from "../../src/data/BarIntegrity.ts"
import { checkBars } from "../../src/data/BarRepair.ts"
import { DataError } from "../../src/data/DataError.ts"
import { dayUs, timeOfDate } from "../../src/data/DateText.ts"
import { readLeanDaily } from "../../src/data/LeanDaily.ts"
import { robustSpread } from "../../src/data/RobustSpread.ts"
import { copyOf, minuteUs, seededBars } from "./SeededBars.ts"
import { archiveOf, equitiesMissing, whySkippedEquities } from "./SharedData.ts"

const swap = (bars: BarColumns, a: number, b: number): void => {
  for (const name of ["timeOpen", "open", "high", "low", "close", "volume"] as const) {
    const column = bars[name]
    ;[column[a], column[b]] = [column[b]!, column[a]!]
  }
}

const repeat = (bars: BarColumns, row: number): void => {
  for (const name of ["timeOpen", "open", "high", "low", "close", "volume"] as const)
    bars[name][row] = bars[name][row - 1]!
}

describe("bars", () => {
  it("that are sound have no findings, and stay as they are under every policy", () => {
    const bars = seededBars(1, 500)
    expect(inspectBars(bars)).toEqual([])
    for (const policy of ["refuse", "warn", "repair"] as const) {
      expect(checkBars(bars, policy)).toEqual({ bars, findings: [], changes: [], filled: new Uint8Array(500) })
    }
  })

  it.each<[string, (bars: BarColumns) => void, object]>([
    ["unsorted", (bars) => swap(bars, 10, 11), { code: "unsorted", severity: "error", row: 11, count: 1 }],
    ["duplicate", (bars) => repeat(bars, 20), { code: "duplicate", severity: "error", row: 20, count: 1 }],
    [
      "conflict",
      (bars) => {
        repeat(bars, 20)
        bars.volume[20]! += 1
      },
      { code: "conflict", severity: "error", row: 20, count: 1 }
    ],
    [
      "not a number",
      (bars) => {
        bars.close[30] = Number.NaN
        bars.volume[31] = Infinity
      },
      { code: "notFinite", severity: "error", row: 30, count: 2 }
    ],
    [
      "not a time",
      (bars) => {
        bars.timeOpen[30] = Number.NaN
      },
      { code: "notFinite", severity: "error", row: 30, count: 1 }
    ],
    [
      "a price of zero",
      (bars) => {
        bars.low[40] = 0
      },
      { code: "notPositive", severity: "error", row: 40, count: 1 }
    ],
    [
      "a negative volume",
      (bars) => {
        bars.volume[40] = -1
      },
      { code: "notPositive", severity: "error", row: 40, count: 1 }
    ],
    [
      "high below low",
      (bars) => {
        bars.high[50] = bars.low[50]! / 2
      },
      { code: "badRange", severity: "error", row: 50, count: 1 }
    ],
    [
      "open above high",
      (bars) => {
        bars.open[50] = bars.high[50]! + 0.01
      },
      { code: "badRange", severity: "error", row: 50, count: 1 }
    ],
    [
      "a jump",
      (bars) => {
        for (const name of ["open", "high", "low", "close"] as const)
          bars[name].subarray(60).forEach((price, at, column) => {
            column[at] = price / 2
          })
      },
      { code: "outlier", severity: "warning", row: 60, count: 1 }
    ],
    [
      "no volume",
      (bars) => {
        bars.volume[70] = 0
        bars.volume[72] = 0
      },
      { code: "zeroVolume", severity: "note", row: 70, count: 2 }
    ],
    [
      "stale prices",
      (bars) => {
        for (let row = 80; row < 86; row++)
          for (const name of ["open", "high", "low", "close"] as const) bars[name][row] = bars.close[79]!
      },
      { code: "stale", severity: "warning", row: 80, count: 6 }
    ],
    [
      "a gap",
      (bars) => {
        bars.timeOpen.subarray(90).forEach((time, at, column) => {
          column[at] = time + 3 * minuteUs
        })
      },
      { code: "gap", severity: "warning", row: 90, count: 3 }
    ],
    [
      "times off the grid",
      (bars) => {
        bars.timeOpen[99]! += 1
      },
      { code: "offGrid", severity: "warning", row: 99, count: 1 }
    ]
  ])("with %s are found out", (_, spoil, expected) => {
    const bars = copyOf(seededBars(2, 100))
    spoil(bars)
    const found = inspectBars(bars)
    expect(found).toContainEqual(
      expect.objectContaining({ ...expected, time: bars.timeOpen[(expected as { row: number }).row] })
    )
    for (const { detail, remedy } of found) expect(detail.length * remedy.length).toBeGreaterThan(0)
  })

  it("miss only what the calendar expects", () => {
    const bars = copyOf(seededBars(3, 10))
    const monday = timeOfDate("20200302")!
    const days = [0, 1, 2, 4, 7, 8, 9, 10, 11, 14]
    bars.timeOpen.set(days.map((day) => monday + day * dayUs))
    const daily = { ...bars, intervalUs: dayUs }
    const calendar = (time: number): boolean => ((Math.floor(time / dayUs) + 4) % 7) % 6 !== 0
    expect(inspectBars(daily, { calendar })).toMatchObject(
      [{ code: "gap", row: 3, count: 1, detail: /1 bars are missing between 2020-03-04.*2020-03-06/ }].map(
        ({ detail, ...rest }) => ({ ...rest, detail: expect.stringMatching(detail) })
      )
    )
    expect(inspectBars(daily)).toMatchObject([{ code: "gap", count: 5 }])
  })

  it("are refused with the place of the first error, or only warned of", () => {
    const bars = copyOf(seededBars(4, 50))
    bars.high[7] = 1
    expect(() => checkBars(bars, "refuse")).toThrow(DataError)
    expect(() => checkBars(bars, "refuse")).toThrow(
      /test:X\/USD, line 8: open, high, low, close are .*badRange, 1 in all/
    )
    const warned = checkBars(bars, "warn")
    expect(warned.bars).toBe(bars)
    expect(warned.findings[0]?.code).toBe("badRange")
  })

  it("are repaired as told: sorted, without duplicates and bad rows, gaps filled and marked, the originals untouched", () => {
    const sound = seededBars(5, 100)
    const bars = copyOf(sound)
    swap(bars, 10, 12)
    repeat(bars, 20)
    bars.close[30] = Number.NaN
    const before = copyOf(bars)
    const { bars: repaired, changes, filled, findings } = checkBars(bars, "repair")
    expect(bars).toEqual(before)
    expect(changes.map(({ change, count }) => [change, count])).toEqual([
      ["sorted", 2],
      ["dropped", 1],
      ["dropped", 1],
      ["filled", 2]
    ])
    expect(repaired.timeOpen).toEqual(sound.timeOpen)
    const marked = [...filled].flatMap((mark, row) => (mark === 1 ? [row] : []))
    expect(marked).toEqual([20, 30])
    for (const row of marked) {
      const close = sound.close[row - 1]
      expect([
        repaired.open[row],
        repaired.high[row],
        repaired.low[row],
        repaired.close[row],
        repaired.volume[row]
      ]).toEqual([close, close, close, close, 0])
    }
    for (let row = 0; row < 100; row++) if (filled[row] === 0) expect(repaired.close[row]).toBe(sound.close[row])
    expect(findings.map(({ code }) => code)).toEqual(["zeroVolume"])
    expect(checkBars(bars, "repair", { fillGaps: false }).bars.timeOpen.length).toBe(98)
    expect(checkBars(repaired, "repair").changes).toEqual([])
  })

  it("keep the later of two rows that differ, and are refused where nothing tells what is right", () => {
    const bars = copyOf(seededBars(6, 30))
    repeat(bars, 10)
    bars.volume[10] = 77
    const { bars: repaired, changes } = checkBars(bars, "repair")
    expect(changes[0]?.detail).toMatch(/contradicted/)
    expect(repaired.volume[9]).toBe(77)
    bars.high[3] = 1
    expect(() => checkBars(bars, "repair")).toThrow(/badRange/)
  })

  it("are not filled over a hole without end", () => {
    const bars = copyOf(seededBars(7, 10))
    bars.timeOpen.subarray(4).forEach((time, at, column) => {
      column[at] = time + 1_000_001 * minuteUs
    })
    bars.timeOpen.subarray(6).forEach((time, at, column) => {
      column[at] = time + 1_000_001 * minuteUs
    })
    expect(() => checkBars(bars, "repair")).toThrow(/more than 1000000 rows would have to be filled in/)
  })

  it("of no shape are refused at once", () => {
    const bars = seededBars(8, 10)
    expect(() => inspectBars({ ...bars, low: new Float64Array(9) })).toThrow(/low: it has 9 rows, timeOpen 10/)
    expect(() => inspectBars({ ...bars, intervalUs: 0 })).toThrow(/intervalUs: 0 is no interval/)
  })

  it("spread robustly by the published definition", () => {
    expect(robustSpread(Float64Array.of(1, 2, 3, 4, 1000))).toEqual({ median: 3, spread: 1.4826 })
    expect(robustSpread(Float64Array.of(0, 0, 0, 4))).toEqual({ median: 0, spread: 1.2533 })
    expect(robustSpread(new Float64Array())).toEqual({ median: 0, spread: 0 })
  })
})

describe.skipIf(equitiesMissing)(`published daily bars${whySkippedEquities}`, () => {
  const weekdays = (time: number): boolean => ((Math.floor(time / dayUs) + 4) % 7) % 6 !== 0
  const inspect = async (name: string, outlierZ = 20) => {
    const bars = await readLeanDaily(archiveOf(name), { instrument: `lean:${name}/USD` })
    return inspectBars(bars, { calendar: weekdays, outlierZ })
  }

  it("of SPY are whole but for holidays", async () => {
    const found = await inspect("spy")
    expect(found.map(({ code }) => code)).toEqual(["gap"])
    // Weekdays on which the exchange was shut, 1998 to March 2021.
    expect(found[0]?.count).toBe(215)
  })

  it("of GOOG have a split that its factors do not know", async () => {
    expect(await inspect("goog", 40)).toContainEqual(
      expect.objectContaining({ code: "outlier", time: timeOfDate("20140403"), count: 1 })
    )
  })

  it("of GOOG have the wrong close of 2008-09-30, and the way back", async () => {
    expect((await inspect("goog")).find(({ code }) => code === "outlier")).toMatchObject({
      time: timeOfDate("20080930"),
      count: 3,
      detail: expect.stringMatching(/from 390.08 to 294.57/) as string
    })
  })

  it("of EEM begin with prices a tenth of what follows, and of QQQ lack six years", async () => {
    expect((await inspect("eem")).find(({ code }) => code === "outlier")?.detail).toMatch(/from 9.98 to 99.7/)
    const gap = (await inspect("qqq")).find(({ code }) => code === "gap")
    expect(gap?.count).toBeGreaterThan(1_600)
  })
})
