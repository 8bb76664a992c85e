/** What neither TA-Lib nor a published file holds, against formulas written out the slow and obvious way. */
import { describe, expect, it } from "vitest"
import { kernelOf } from "../src/Registry.ts"
import type { Given } from "../src/Parameter.ts"
import { randomBars } from "./RandomBars.ts"

const rows = 300
const bars = randomBars(42, rows)
const { close, high, low, open, volume } = bars
const typical = high.map((value, row) => (value + low[row]! + close[row]!) / 3)

const answered = (name: string, given: Given, columns: ReadonlyArray<Float64Array>) =>
  kernelOf(name, given).batch(columns)

const windowed = (length: number, formula: (rows: ReadonlyArray<number>) => number) =>
  Float64Array.from({ length: rows }, (_, row) =>
    row < length - 1 ? Number.NaN : formula(Array.from({ length }, (__, back) => row - length + 1 + back))
  )

const total = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0)

const near = (mine: Float64Array, reference: ArrayLike<number>) => {
  let compared = 0
  for (let row = 0; row < rows; row++) {
    const expected = reference[row]!
    expect(Number.isNaN(mine[row]!), `row ${row}: ${mine[row]} for ${expected}`).toBe(Number.isNaN(expected))
    if (Number.isNaN(expected)) continue
    compared++
    expect(Math.abs(mine[row]! - expected), `row ${row}`).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)))
  }
  expect(compared).toBeGreaterThan(rows / 2)
}

const wilder = (values: ArrayLike<number>, first: number, length: number) => {
  const smooth = new Float64Array(rows).fill(Number.NaN)
  for (let row = first + length - 1; row < rows; row++) {
    const seed = Array.from({ length }, (_, back) => values[row - back]!)
    smooth[row] =
      row === first + length - 1 ? total(seed) / length : (smooth[row - 1]! * (length - 1) + values[row]!) / length
  }
  return smooth
}

const ranges = Float64Array.from(high, (top, row) =>
  row === 0 ? Number.NaN : Math.max(top, close[row - 1]!) - Math.min(low[row]!, close[row - 1]!)
)

describe("formulas written out", () => {
  it("rma", () => near(answered("rma", { period: 9 }, [close])[0]!, wilder(close, 0, 9)))

  it("vwma, movingvwap and cmf weigh by volume, and are NaN where none traded", () => {
    const weighed = (weight: (row: number) => number) =>
      windowed(12, (at) => total(at.map((row) => weight(row) * volume[row]!)) / total(at.map((row) => volume[row]!)))
    const share = (row: number) =>
      high[row]! > low[row]! ? (2 * close[row]! - low[row]! - high[row]!) / (high[row]! - low[row]!) : 0
    near(
      answered("vwma", { period: 12 }, [close, volume])[0]!,
      weighed((row) => close[row]!)
    )
    near(
      answered("movingvwap", { period: 12 }, [high, low, close, volume])[0]!,
      weighed((row) => typical[row]!)
    )
    near(answered("cmf", { period: 12 }, [high, low, close, volume])[0]!, weighed(share))
    expect(volume.filter((value) => value === 0).length).toBeGreaterThan(12)
  })

  it("vwap since the start", () => {
    const upTo = (row: number, value: (at: number) => number) =>
      total(Array.from({ length: row + 1 }, (_, at) => value(at)))
    const expected = Array.from(
      close,
      (_, row) => upTo(row, (at) => typical[at]! * volume[at]!) / upTo(row, (at) => volume[at]!)
    )
    near(answered("vwap", {}, [high, low, close, volume])[0]!, expected)
  })

  it("efi", () => {
    const force = Array.from(close, (value, row) => (row === 0 ? Number.NaN : (value - close[row - 1]!) * volume[row]!))
    const expected = new Float64Array(rows).fill(Number.NaN)
    for (let row = 13; row < rows; row++)
      expected[row] =
        row === 13 ? total(force.slice(1, 14)) / 13 : expected[row - 1]! + (2 / 14) * (force[row]! - expected[row - 1]!)
    near(answered("efi", { period: 13 }, [close, volume])[0]!, expected)
  })

  it("logreturn and volatility", () => {
    const returns = Array.from(close, (value, row) => (row < 3 ? Number.NaN : Math.log(value / close[row - 3]!)))
    near(answered("logreturn", { period: 3 }, [close])[0]!, returns)
    const daily = Array.from(close, (value, row) => (row === 0 ? Number.NaN : Math.log(value / close[row - 1]!)))
    const expected = windowed(10, (at) => {
      const mean = total(at.map((row) => daily[row]!)) / 10
      return Math.sqrt((252 * total(at.map((row) => (daily[row]! - mean) ** 2))) / 9)
    })
    near(answered("volatility", { period: 10 }, [close])[0]!, expected)
  })

  it("supertrend", () => {
    const range = wilder(ranges, 1, 10)
    const band = new Float64Array(rows).fill(Number.NaN)
    const direction = new Float64Array(rows).fill(Number.NaN)
    const bounds: Array<{ readonly upper: number; readonly lower: number }> = []
    for (let row = 10; row < rows; row++) {
      const middle = (high[row]! + low[row]!) / 2
      const wide = { upper: middle + 3 * range[row]!, lower: middle - 3 * range[row]! }
      const before = row === 10 ? wide : bounds[row - 1]!
      const beyond = row === 10 ? Number.NaN : close[row - 1]!
      const upper = wide.upper < before.upper || beyond > before.upper ? wide.upper : before.upper
      const lower = wide.lower > before.lower || beyond < before.lower ? wide.lower : before.lower
      bounds[row] = { upper, lower }
      const was = row === 10 ? 1 : direction[row - 1]!
      direction[row] = was === 1 ? (close[row]! < lower ? -1 : 1) : close[row]! > upper ? 1 : -1
      band[row] = direction[row] === 1 ? lower : upper
    }
    const mine = answered("supertrend", {}, [high, low, close])
    near(mine[0]!, band)
    expect(mine[1]).toEqual(direction)
    expect(new Set(direction)).toEqual(new Set([Number.NaN, 1, -1]))
  })

  it("keltner with exponential averages", () => {
    const mine = answered("keltner", { period: 15, multiplier: 2 }, [high, low, close])
    const middle = answered("ema", { period: 15 }, [typical])[0]!
    const reach = answered("ema", { period: 15 }, [ranges])[0]!
    near(mine[1]!, middle)
    near(
      mine[0]!,
      middle.map((value, row) => value + 2 * reach[row]!)
    )
    near(
      mine[2]!,
      middle.map((value, row) => value - 2 * reach[row]!)
    )
  })

  it("pivots of each kind for a bar of 110, 100, 107", () => {
    const levels = (kind: string) => {
      const kernel = kernelOf("pivots", { kind })
      kernel.update(110, 100, 107)
      return Array.from(kernel.values, (value) => Number(value.toFixed(6)))
    }
    expect(levels("classic")).toEqual([
      105.666667, 111.333333, 115.666667, 121.333333, 101.333333, 95.666667, 91.333333
    ])
    expect(levels("fibonacci")).toEqual([
      105.666667, 109.486667, 111.846667, 115.666667, 101.846667, 99.486667, 95.666667
    ])
    expect(levels("woodie")).toEqual([106, 112, 116, 122, 102, 96, 92])
    expect(levels("camarilla")).toEqual([105.666667, 107.916667, 108.833333, 109.75, 106.083333, 105.166667, 104.25])
  })

  it("three black crows: three long black candles after a white one, each opening in the body before", () => {
    type Candle = readonly [number, number, number, number]
    const flat = Array.from({ length: 12 }, (): Candle => [100, 102, 98, 101])
    const crows: ReadonlyArray<Candle> = [
      ...flat,
      [101, 104, 101, 104],
      [103.5, 104, 100, 100.1],
      [102, 103, 97, 97.1],
      [99, 100, 94, 94.1]
    ]
    const kernel = kernelOf("threeblackcrows")
    expect(crows.map((bar) => kernel.update(...bar)).slice(13)).toEqual([0, 0, -100])
    // The last one opens above the body before it.
    expect(kernel.update(99.5, 100, 90, 90.1)).toBe(0)
  })
})

describe("numbers that a moving sum could spoil", () => {
  const length = 20
  const spiked = (name: string, columns: ReadonlyArray<Float64Array>) => {
    const at = 100
    const wild = columns.map((each) => each.map((value, row) => (row === at ? value * 1e13 : value)))
    const parameters = { period: length }
    const [clean, after] = [answered(name, parameters, columns)[0]!, answered(name, parameters, wild)[0]!]
    for (let row = at + length + 1; row < rows; row++)
      expect(Math.abs(after[row]! - clean[row]!), `${name}, row ${row}`).toBeLessThanOrEqual(
        1e-7 * Math.max(1, Math.abs(clean[row]!))
      )
  }

  it("forget a spike once it has left the window", () => {
    for (const name of ["sma", "sum", "wma", "var", "linearreg", "linearregslope", "bbands", "trima"])
      spiked(name, [open.map((value, row) => value + Math.sin(row))])
  })

  it("are exact while nothing moves and nothing trades", () => {
    const still = Float64Array.from({ length: 120 }, (_, row) => (row < 60 ? 100 + Math.sin(row) : 101.3))
    const traded = Float64Array.from({ length: 120 }, (_, row) => (row < 60 ? 0.1 * row : 0))
    const last = (name: string, columns: ReadonlyArray<Float64Array>) =>
      answered(name, { period: length }, columns)[0]!.slice(90)
    const all = (value: number) => new Float64Array(30).fill(value)
    expect(last("var", [still])).toEqual(all(0))
    expect(last("sma", [traded])).toEqual(all(0))
    expect(last("mfi", [still, still, still, traded])).toEqual(all(0))
    expect(last("vwma", [still, traded])).toEqual(all(Number.NaN))
    expect(last("cmf", [still, still, still, traded])).toEqual(all(Number.NaN))
    expect(last("correl", [still, traded])).toEqual(all(0))
    expect(last("cutlerrsi", [still])).toEqual(all(0))
  })
})
