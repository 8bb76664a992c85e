/** Larger bars from smaller ones, and several series on one clock. */
import { describe, expect, it } from "vitest"
import { dayUs } from "../../src/data/DateText.ts"
import { readLeanDaily } from "../../src/data/LeanDaily.ts"
import { aligned, knownRows, resampled } from "../../src/data/Resample.ts"
import { copyOf, minuteUs, seededBars } from "./SeededBars.ts"
import { archiveOf, equitiesMissing, whySkippedEquities } from "./SharedData.ts"

describe("resampled bars", () => {
  it("hold what a plain reading of each interval gives", () => {
    const bars = seededBars(11, 400, 0.2)
    const larger = resampled(bars, 7 * minuteUs)
    expect(larger.timeOpen.length).toBeGreaterThan(50)
    for (const [at, start] of larger.timeOpen.entries()) {
      const rows = [...bars.timeOpen.keys()].filter(
        (row) => bars.timeOpen[row]! >= start && bars.timeOpen[row]! < start + 7 * minuteUs
      )
      expect(start % (7 * minuteUs)).toBe(0)
      expect(larger.open[at]).toBe(bars.open[rows[0]!])
      expect(larger.close[at]).toBe(bars.close[rows.at(-1)!])
      expect(larger.high[at]).toBe(Math.max(...rows.map((row) => bars.high[row]!)))
      expect(larger.low[at]).toBe(Math.min(...rows.map((row) => bars.low[row]!)))
      expect(larger.volume[at]).toBe(rows.reduce((sum, row) => sum + bars.volume[row]!, 0))
    }
  })

  it("are the same in two steps as in one, whatever the holes", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const bars = seededBars(seed, 50 + seed * 7, seed % 3 === 0 ? 0 : 0.3)
      for (const [first, second] of [
        [2, 10],
        [3, 15],
        [5, 60]
      ] as const) {
        const once = resampled(bars, second * minuteUs)
        // A bar that stands alone after a hole proves that time has passed, and is lost with its own interval's end.
        if (seed % 3 === 0) expect(resampled(resampled(bars, first * minuteUs), second * minuteUs)).toEqual(once)
        const keep = { keepPartial: true }
        const whole = resampled(bars, second * minuteUs, keep)
        expect(resampled(resampled(bars, first * minuteUs, keep), second * minuteUs, keep)).toEqual(whole)
        expect(resampled(once, second * minuteUs)).toEqual(once)
      }
    }
  })

  it("have no row that is known before its interval has ended", () => {
    const bars = seededBars(12, 64)
    const larger = resampled(bars, 5 * minuteUs)
    const known = bars.timeOpen.at(-1)! + minuteUs
    expect(larger.timeOpen.at(-1)! + larger.intervalUs).toBeLessThanOrEqual(known)
    expect(larger.timeOpen.length).toBe(12)
    expect(resampled(bars, 5 * minuteUs, { keepPartial: true }).timeOpen.length).toBe(13)
  })

  it("are refused where they make no sense", () => {
    const bars = copyOf(seededBars(13, 20))
    expect(() => resampled(bars, 1.5 * minuteUs)).toThrow(/90 s is no multiple of the bars' 60 s\. Choose a multiple/)
    bars.timeOpen[5] = bars.timeOpen[4]!
    expect(() => resampled(bars, 5 * minuteUs)).toThrow(/row 6 does not come after/)
    bars.timeOpen[5] = Number.NaN
    expect(() => resampled(bars, 5 * minuteUs)).toThrow(/row 6 is no time/)
    expect(resampled(seededBars(14, 0), 5 * minuteUs).timeOpen.length).toBe(0)
  })

  it.skipIf(equitiesMissing)(`are weeks from Monday with an offset${whySkippedEquities}`, async () => {
    const daily = await readLeanDaily(archiveOf("spy"), { instrument: "lean:SPY/USD" })
    const weekly = resampled(daily, 7 * dayUs, { offsetUs: 4 * dayUs })
    expect([...weekly.timeOpen].every((time) => (Math.floor(time / dayUs) + 4) % 7 === 1)).toBe(true)
    // The week of 2020-03-16: its Monday's open and its Friday's close.
    const at = weekly.timeOpen.indexOf(Date.UTC(2020, 2, 16) * 1_000)
    const monday = daily.timeOpen.indexOf(weekly.timeOpen[at]!)
    expect([weekly.open[at], weekly.close[at]]).toEqual([daily.open[monday], daily.close[monday + 4]])
  })
})

describe("aligned series", () => {
  it("keep exactly the times that all have", () => {
    const series = [1, 2, 3].map((seed) => seededBars(seed, 300, 0.2, `test:${seed}/USD`))
    const common = [...series[0]!.timeOpen].filter((time) => series.every((bars) => bars.timeOpen.includes(time)))
    expect(common.length).toBeGreaterThan(20)
    for (const [at, bars] of aligned(series).entries()) {
      expect([...bars.timeOpen]).toEqual(common)
      expect(bars.instrument).toBe(series[at]!.instrument)
      expect([...bars.close]).toEqual(common.map((time) => series[at]!.close[series[at]!.timeOpen.indexOf(time)]))
    }
    expect(aligned([])).toEqual([])
    expect(aligned([series[0]!, seededBars(1, 0)])[0]?.timeOpen.length).toBe(0)
    expect(() => aligned([series[0]!, resampled(series[1]!, 5 * minuteUs)])).toThrow(/Resample them to one interval/)
  })

  it("of other intervals are read only as far as they are known", () => {
    const bars = seededBars(21, 200, 0.1)
    const larger = resampled(bars, 5 * minuteUs)
    const rows = knownRows(bars, larger)
    for (const [row, known] of rows.entries()) {
      const now = bars.timeOpen[row]! + minuteUs
      const latest = [...larger.timeOpen].filter((time) => time + larger.intervalUs <= now).length - 1
      expect(known).toBe(latest)
    }
  })
})
