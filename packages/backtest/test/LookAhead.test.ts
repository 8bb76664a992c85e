import type { BarColumns } from "@outcry/signals/BarColumns"
import type { SignalDefinition } from "@outcry/signals/Signal"
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { checkLookAhead, checkSignalLookAhead, type DecisionRun, decisionsOf } from "../src/LookAhead.ts"
import { recursiveAnalysis, signalRecursion } from "../src/Recursive.ts"
import { equitiesMissing, whySkippedEquities } from "./data/SharedData.ts"
import { rawBarsOf } from "./Shares.ts"
import { crossOf, declaredCrossOf, randomSignal, walk } from "./CrossSignals.ts"

const bars = walk(31, 500)

/** A signal whose rule reads from a column it made itself, counting the rows. */
const smuggling =
  (column: (bars: BarColumns) => (row: number) => number): ((bars: BarColumns) => SignalDefinition<object>) =>
  (data) => ({
    name: "smuggler",
    version: 1,
    parameters: Schema.Struct({}),
    columns: () => ({}),
    rule: () => {
      const at = column(data)
      let row = -1
      return () => {
        row++
        return at(row)
      }
    }
  })

const checksOf = (signal: Parameters<typeof checkSignalLookAhead<object>>[0]) => {
  const { findings, passed } = checkSignalLookAhead(signal, {}, bars)
  expect(passed).toBe(findings.length === 0)
  return findings.map(({ check }) => check)
}

describe("the look-ahead check", () => {
  it("passes honest signals, coded and declared, and runs that say what they decided", () => {
    for (const signal of [crossOf(0), crossOf(-1), declaredCrossOf(0)]) {
      const report = checkSignalLookAhead(signal, { fast: 5, slow: 20 }, bars)
      expect(report.findings).toEqual([])
      expect(report.warnings).toEqual([])
      expect(report.passed).toBe(true)
      expect(report.checks).toBeGreaterThan(15)
      expect(report.decisions).toBeGreaterThan(5)
    }
  })

  it("flags a rule that closes over the whole column and reads the next close", () => {
    const cheat = smuggling(
      ({ close }) =>
        (row) =>
          row + 1 < close.length && close[row + 1]! > close[row]! ? 1 : 0
    )
    expect(checksOf(cheat)).toEqual(["truncated", "perturbed"])
    const report = checkSignalLookAhead(cheat, {}, bars)
    const first = report.findings.find(({ check }) => check === "truncated")!
    expect(first.timeUs).toBeLessThanOrEqual(first.knownUntil)
    expect(first.withFuture).not.toBe(first.withoutFuture)
    expect(report.warnings[0]).toMatchObject({ code: "lookAhead" })
  })

  it("flags a centred window", () => {
    const cheat = smuggling(({ close }) => (row) => {
      const window = close.subarray(Math.max(0, row - 5), row + 6)
      return close[row]! > window.reduce((sum, price) => sum + price, 0) / window.length ? 1 : 0
    })
    expect(checksOf(cheat)).toContain("truncated")
  })

  it("flags a normalisation by the whole sample", () => {
    const cheat = smuggling(({ close }) => {
      const mean = close.reduce((sum, price) => sum + price, 0) / close.length
      const deviation = Math.sqrt(close.reduce((sum, price) => sum + (price - mean) ** 2, 0) / close.length)
      return (row) => ((close[row]! - mean) / deviation < 0 ? 1 : -1)
    })
    expect(checksOf(cheat)).toContain("perturbed")
  })

  it("flags a rule that holds the real bars in its hand, whatever it is given", () => {
    const cheat = smuggling(
      () => (row) => (row + 1 < bars.close.length && bars.close[row + 1]! > bars.close[row]! ? 1 : 0)
    )
    expect(checksOf(cheat)).toEqual(["blind"])
  })

  it("flags decisions that come earlier or later in a run of another kind", () => {
    const run: DecisionRun = ({ close, intervalUs, timeOpen }) => {
      const highest = close.indexOf(close.reduce((a, b) => Math.max(a, b)))
      return [{ timeUs: timeOpen[highest]! + intervalUs, value: -1 }]
    }
    expect(checkLookAhead(run, bars).passed).toBe(false)
    const honest: DecisionRun = (data) => decisionsOf(crossOf(0), { fast: 3, slow: 9 }, data)
    expect(checkLookAhead(honest, bars).passed).toBe(true)
  })

  it("lets a signal be that trades once, and says of one that ignores prices that it does", () => {
    expect(checkSignalLookAhead(randomSignal([1]), { seed: 1 }, bars).passed).toBe(true)
    const dice = checkSignalLookAhead(randomSignal([0, 1]), { seed: 1 }, bars)
    expect(dice.findings.map(({ check }) => check)).toEqual(["blind"])
  })
})

describe("the recursive analysis", () => {
  it("shows which columns forget and how fast", () => {
    const table = signalRecursion(
      {
        ...crossOf(0),
        columns: () => ({
          sma: { indicator: "sma", given: { period: 20 } },
          ema: { indicator: "ema", given: { period: 20 } },
          obv: { indicator: "obv" }
        })
      },
      { fast: 5, slow: 20 },
      bars
    )
    const of = (name: string) => table.find(({ column }) => column === name)!
    // A window forgets at its end; an exponential average fades; a running total never does.
    expect(of("sma").barsNeeded).toBe(25)
    expect(of("ema").barsNeeded).toBeGreaterThan(25)
    expect(of("ema").effects[0]!.difference).toBeGreaterThan(1e-4)
    expect(of("ema").effects.at(-1)!.difference).toBeLessThan(1e-4)
    expect(of("obv").barsNeeded).toBeUndefined()
  })

  it.skipIf(equitiesMissing)(
    `finds the seed of an average as heavy as its formula says${whySkippedEquities}`,
    async () => {
      const spy = await rawBarsOf("spy")
      const date = 4000
      const length = 60
      const [row] = signalRecursion(
        { ...crossOf(0), columns: () => ({ ema: { indicator: "ema", given: { period: 20 } } }) },
        { fast: 5, slow: 20 },
        spy,
        { dates: [date], histories: [length] }
      )
      // (1 − α)^(60 − 20) of what the two averages were apart when the shorter one began.
      const apart = (1 - 2 / 21) ** (length - 20)
      const { close } = spy
      const seed = close.subarray(date + 1 - length, date + 21 - length).reduce((sum, price) => sum + price, 0) / 20
      let whole = close.subarray(0, 20).reduce((sum, price) => sum + price, 0) / 20
      for (let at = 20; at <= date + 20 - length; at++) whole += (2 / 21) * (close[at]! - whole)
      expect(Math.abs(row!.effects[0]!.value - row!.value)).toBeCloseTo(Math.abs(seed - whole) * apart, 8)
    }
  )

  it("counts a value that is missing as off", () => {
    const [column] = recursiveAnalysis(
      ({ close }) => ({ late: close.map((price, row) => (row < 60 ? Number.NaN : price)) }),
      bars,
      { histories: [30, 61, 100] }
    )
    expect(column!.effects[0]!.difference).toBeNaN()
    expect(column!.barsNeeded).toBe(61)
  })

  it("is refused for dates and histories that the bars do not have", () => {
    const run = ({ close }: BarColumns) => ({ close })
    expect(() => recursiveAnalysis(run, bars, { dates: [500] })).toThrow("dates must be rows from 1 to 499")
    expect(() => recursiveAnalysis(run, bars, { dates: [50], histories: [80] })).toThrow("asks for 80 bars")
    expect(() => recursiveAnalysis(run, bars, { histories: [1] })).toThrow("histories must be")
  })
})
