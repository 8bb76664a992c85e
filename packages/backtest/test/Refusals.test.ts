import type { BarColumns } from "@outcry/signals/BarColumns"
import type { ColumnSpec } from "@outcry/signals/Signal"
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { RunRefused } from "../src/RunRefused.ts"
import { checkedBars } from "../src/vector/BarCheck.ts"
import { planColumns } from "../src/vector/ColumnPlan.ts"
import { IndicatorColumns } from "../src/vector/IndicatorColumns.ts"
import { termsOf } from "../src/vector/RunTerms.ts"
import { runSignal } from "../src/vector/VectorRun.ts"
import { crossOf, walk } from "./CrossSignals.ts"

const refused = (run: () => unknown): RunRefused => {
  try {
    run()
  } catch (error) {
    if (error instanceof RunRefused) return error
    throw error
  }
  throw new Error("nothing was refused")
}

const changed = (field: Exclude<keyof BarColumns, "instrument" | "intervalUs">, row: number, value: number) => {
  const bars = walk(1, 100)
  const column = bars[field].slice()
  column[row] = value
  return { ...bars, [field]: column }
}

describe("bars", () => {
  const bars = walk(1, 100)

  it("that would give silently wrong figures are refused by field and row", () => {
    const cases: ReadonlyArray<readonly [BarColumns, string, string]> = [
      [changed("timeOpen", 7, bars.timeOpen[6]!), "bars.timeOpen", "twice, at row 7"],
      [changed("timeOpen", 7, bars.timeOpen[3]!), "bars.timeOpen", "goes back at row 7"],
      [changed("timeOpen", 7, Number.NaN), "bars.timeOpen", "no number at row 7"],
      [changed("close", 9, Number.NaN), "bars.close", "is NaN at row 9"],
      [changed("open", 9, 0), "bars.open", "is 0 at row 9"],
      [changed("low", 9, -1), "bars.low", "is -1 at row 9"],
      [changed("high", 9, Number.POSITIVE_INFINITY), "bars.high", "is Infinity at row 9"],
      [{ ...bars, close: bars.close.slice(1) }, "bars.close", "has 99 rows where timeOpen has 100"],
      [{ ...bars, intervalUs: 0 }, "bars.intervalUs", "is 0"],
      [walk(1, 1), "bars", "has 1 rows"]
    ]
    for (const [given, field, problem] of cases) {
      const { field: named, message } = refused(() => runSignal(crossOf(0), { fast: 2, slow: 5 }, given))
      expect(named).toBe(field)
      expect(message).toContain(problem)
    }
  })

  it("that make figures doubtful are named with the first place and the count", () => {
    const late = bars.timeOpen.map((time, row) => (row < 50 ? time : time + 9 * bars.intervalUs))
    expect(checkedBars({ ...bars, timeOpen: late })).toEqual([expect.objectContaining({ code: "gapInData", count: 1 })])
    expect(checkedBars({ ...bars, intervalUs: 2 * bars.intervalUs })).toEqual([
      expect.objectContaining({ code: "barsOverlap", count: 99 })
    ])
    expect(checkedBars(changed("high", 3, 1e-3))).toEqual([
      expect.objectContaining({ code: "barInconsistent", count: 1 })
    ])
    expect(checkedBars(changed("volume", 3, Number.NaN))).toEqual([
      expect.objectContaining({ code: "volumeMissing", count: 1 })
    ])
    expect(checkedBars(bars)).toEqual([])
  })

  it("fewer than the warm-up are named, and so is a rule that trades in it", () => {
    const few = runSignal(crossOf(0), { fast: 5, slow: 200 }, bars)
    expect(few.summary.warnings.map(({ code }) => code)).toEqual(["tooFewBars"])
    expect(few.summary.trades).toBe(0)
    const hasty = { ...crossOf(0), rule: () => () => 1 }
    expect(runSignal(hasty, { fast: 5, slow: 20 }, bars).summary.warnings.map(({ code }) => code)).toEqual([
      "tradedInWarmUp"
    ])
  })
})

describe("columns", () => {
  const store = new IndicatorColumns(walk(2, 60))
  const sma = (of: ReadonlyArray<string>): ColumnSpec => ({ indicator: "sma", given: { period: 3 }, of })

  it("may be declared in any order and made of one another", () => {
    const plan = planColumns({ twice: sma(["once"]), once: sma(["high"]) }, store)
    const once = plan.columns[plan.place("once")]!
    const { high } = store.bars
    expect(once[10]).toBeCloseTo((high[8]! + high[9]! + high[10]!) / 3, 10)
    expect(plan.columns[plan.place("twice")]![10]).toBeCloseTo((once[8]! + once[9]! + once[10]!) / 3, 10)
    expect(plan.warmUp).toBe(4)
    expect(["twice", "once", "open", "high", "low", "close", "volume"].map(plan.place)).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  it("take the output they name", () => {
    const spec = (output: string): ColumnSpec => ({ indicator: "bbands", given: { period: 5 }, output })
    const plan = planColumns({ upper: spec("upper"), lower: spec("lower") }, store)
    expect(plan.columns[0]![20]!).toBeGreaterThan(plan.columns[1]![20]!)
  })

  it("that cannot be are refused by the field that holds the fault", () => {
    const cases: ReadonlyArray<readonly [Record<string, ColumnSpec>, string, string]> = [
      [{ a: sma(["b"]), b: sma(["c"]), c: sma(["a"]) }, "columns.c.of", "a → b → c → a"],
      [{ a: sma(["a"]) }, "columns.a.of", "closes a circle"],
      [{ a: sma(["ema"]) }, "columns.a.of", 'names "ema"'],
      [{ a: sma(["open", "close"]) }, "columns.a.of", "names 2 sources where sma takes 1"],
      [{ a: { indicator: "smaa" } }, "columns.a.indicator", "sma"],
      [{ a: { indicator: "sma", given: { period: 0 } } }, "columns.a.given.period", "whole number"],
      [{ a: { indicator: "sma", output: "signal" } }, "columns.a.output", "Choose from sma"],
      [{ close: sma(["open"]) }, "columns.close", "name of a bar field"],
      [{ a: { indicator: "correl" } }, "columns.a.of", "compares two series"]
    ]
    for (const [specs, field, problem] of cases) {
      const { field: named, message } = refused(() => planColumns(specs, store))
      expect(named).toBe(field)
      expect(message).toContain(problem)
    }
    expect(refused(() => planColumns({}, store).place("gone")).message).toContain('asks for "gone"')
  })
})

describe("a rule", () => {
  const bars = walk(4, 60)
  const ruled = (rule: ReturnType<ReturnType<typeof crossOf>["rule"]>, reach = 3) => ({
    name: "ruled",
    version: 1,
    parameters: Schema.Struct({}),
    columns: () => ({}),
    reach: () => reach,
    rule: () => rule
  })

  it("cannot look ahead, between rows, or further back than it says", () => {
    const asking = (ago: number) => () =>
      runSignal(
        ruled((row) => row.value(0, ago)),
        {},
        bars
      )
    expect(asking(-1)).toThrow("later rows are unknown")
    expect(asking(0.5)).toThrow("give a whole number")
    expect(asking(Number.NaN)).toThrow("later rows are unknown")
    expect(asking(4)).toThrow("declare `reach: () => 4`")
  })

  it("sees NaN before the first row, what it holds and for how long, and the close's time", () => {
    const seen: Array<ReadonlyArray<number>> = []
    const plan = [Number.NaN, 1, 1, Number.NaN, -1, 0]
    runSignal(
      ruled((row) => {
        seen.push([row.held, row.heldRows, row.value(3, 2), row.now])
        return plan[seen.length - 1] ?? Number.NaN
      }),
      {},
      bars
    )
    expect(seen.slice(0, 7).map(([held, rows]) => [held, rows])).toEqual([
      [0, 0],
      [0, 1],
      [1, 1],
      [1, 2],
      [1, 3],
      [-1, 1],
      [0, 1]
    ])
    expect(seen.map(([, , before]) => before)).toEqual([Number.NaN, Number.NaN, ...bars.close.slice(0, 58)])
    expect(seen.map(([, , , now]) => now)).toEqual(Array.from(bars.timeOpen, (time) => time + bars.intervalUs))
  })

  it("may name no target beyond −1 to 1", () => {
    expect(
      refused(() =>
        runSignal(
          ruled(() => 1.5),
          {},
          bars
        )
      ).message
    ).toContain("gave the target 1.5 at row 0")
  })

  it("has its parameters checked by their schema", () => {
    const { field, message } = refused(() => runSignal(crossOf(0), { fast: 50, slow: 20 }, bars))
    expect(field).toBe("parameters of cross")
    expect(message).toContain("fast must be shorter than slow")
  })
})

describe("terms", () => {
  it("out of range or unknown are refused by name", () => {
    expect(refused(() => termsOf({ feeBps: Number.NaN })).field).toBe("terms.feeBps")
    expect(refused(() => termsOf({ cash: 0 })).field).toBe("terms.cash")
    expect(refused(() => termsOf({ sizing: { kind: "quantity", quantity: -1 } })).field).toBe("terms.sizing.quantity")
    const misspelt = { feesBps: 3 } as unknown as Parameters<typeof termsOf>[0]
    expect(refused(() => termsOf(misspelt)).message).toContain("terms.feesBps is not a term of a run")
  })
})
