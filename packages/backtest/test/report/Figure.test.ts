import { describe, expect, it } from "vitest"
import {
  absent,
  axisText,
  decimalsOf,
  durationText,
  figureText,
  moneyDecimals,
  timeText,
  units,
  wordsOf
} from "../../src/report/Figure.ts"

const figure = figureText({ money: 2, price: 2, quantity: 3 })
const [second, minute, hour, day] = [1e6, 60e6, 3_600e6, 86_400e6]

describe("a figure", () => {
  it.each(units)("in %s is a dash where it cannot be given", (unit) => {
    for (const value of [undefined, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      expect(figure(value, unit)).toBe(absent)
  })

  it.each([
    [1.234, "ratio", "1.23"],
    [-0.12345, "percent", "−12.35%"],
    [0.5, "change", "+50.00%"],
    [-0.00001, "percent", "0.00%"],
    [0, "change", "0.00%"],
    [1234567, "count", "1,234,567"],
    [2.46, "count", "2.5"],
    [-1234.5, "money", "−1,234.50"],
    [1234.5, "profit", "+1,234.50"],
    [0.125, "quantity", "0.125"],
    [Date.UTC(2024, 1, 29) * 1000, "date", "2024-02-29"]
  ] as const)("of %d in %s is %s", (value, unit, text) => {
    expect(figure(value, unit)).toBe(text)
  })

  it.each([
    [0, "0 s"],
    [0.5, "0.5 µs"],
    [1500, "1.5 ms"],
    [5.25 * second, "5.3 s"],
    [90 * second, "1 min"],
    [2 * hour, "2 h"],
    [-(2 * hour + 5 * minute), "−2 h 5 min"],
    [3 * day + 4 * hour + minute, "3 d 4 h"],
    [400 * day, "1 y 34 d"],
    [Number.NaN, absent]
  ])("of %d µs is %s", (us, text) => {
    expect(durationText(us)).toBe(text)
  })

  it("has times in UTC, with milliseconds only where there are some, and none beyond the calendar", () => {
    expect(timeText(Date.UTC(2024, 2, 1, 14, 3, 7) * 1000)).toBe("2024-03-01 14:03:07")
    expect(timeText(Date.UTC(2024, 2, 1, 14, 3, 7, 250) * 1000)).toBe("2024-03-01 14:03:07.250")
    expect(timeText(Date.UTC(2024, 2, 1, 14, 3, 7) * 1000 - 250)).toBe("2024-03-01 14:03:06.999750")
    expect(timeText(-1)).toBe("1969-12-31 23:59:59.999999")
    expect(timeText(9e18)).toBe(absent)
  })
})

it("gives amounts the decimals that their size asks for", () => {
  expect([100_000, 1000, 10, 0.05, 0, Number.NaN].map(moneyDecimals)).toEqual([2, 2, 4, 6, 2, 2])
  expect(decimalsOf([100, 0.25, 3.125, Number.NaN])).toBe(3)
  expect(decimalsOf([1 / 3])).toBe(8)
})

it("labels axes briefly", () => {
  expect([1_250_000, 0.25, -3].map((value) => axisText(value, "money"))).toEqual(["1.25M", "0.25", "−3"])
  expect(axisText(-0.1 - 0.2, "percent")).toBe("−30%")
})

it("writes names in words", () => {
  expect(["maxDrawdown", "NotionalBelowMin", "low_pass"].map(wordsOf)).toEqual([
    "max drawdown",
    "notional below min",
    "low pass"
  ])
})
