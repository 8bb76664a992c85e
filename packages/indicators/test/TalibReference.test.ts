/**
 * Against TA-Lib itself, on bars that Lean's files do not have. `talib-reference.json` holds 400 seeded bars, what an
 * independent build of TA-Lib answered at some of them, and every candlestick pattern it saw; README.md says how it was
 * made.
 */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { indicatorNamed } from "../src/Registry.ts"

interface Reference {
  readonly indicator: string
  readonly function: string
  readonly parameters: Readonly<Record<string, number | string>>
  /** The first row where every output has a value. */
  readonly first?: number
  /** A row's number, then its outputs. */
  readonly samples?: ReadonlyArray<ReadonlyArray<number>>
  /** A candlestick pattern's rows and values; all others are 0. */
  readonly hits?: ReadonlyArray<readonly [number, number]>
}

const file = JSON.parse(readFileSync(new URL("talib-reference.json", import.meta.url), "utf8")) as {
  readonly bars: Readonly<Record<string, ReadonlyArray<number>>>
  readonly references: ReadonlyArray<Reference>
}

const bars: Readonly<Record<string, ReadonlyArray<number>>> = { ...file.bars, value: file.bars["close"]! }

const outputsOf = ({ indicator: name, parameters }: Reference) => {
  const indicator = indicatorNamed(name)
  return indicator.make(parameters).batch(indicator.inputs.map((input) => Float64Array.from(bars[input]!)))
}

const titled = (reference: Reference): [string, Reference] => [
  `${reference.indicator} equals ${reference.function}`,
  reference
]

const numeric = file.references.filter(({ hits }) => hits === undefined)
const candles = file.references.filter(({ hits }) => hits !== undefined)

describe("values of TA-Lib", () => {
  it.each(numeric.map(titled))("%s to 1e-9, from the same bar on", (_, reference) => {
    const outputs = outputsOf(reference)
    expect(reference.first).toBe(indicatorNamed(reference.indicator).warmup(reference.parameters))
    expect(reference.samples!.length).toBeGreaterThanOrEqual(8)
    for (const [row, ...values] of reference.samples!)
      values.forEach((value, k) => {
        const mine = outputs[k]![row!]!
        // Where large terms cancel to almost nothing, both libraries are left with rounding of their size.
        const scale = Math.max(Math.abs(value), 1e-3)
        expect(Math.abs(mine - value) / scale, `row ${row}, output ${k}: ${mine} for ${value}`).toBeLessThan(1e-9)
      })
  })

  it.each(candles.map(titled))("%s on every bar", (_, reference) => {
    const indicator = indicatorNamed(reference.indicator)
    const expected = new Float64Array(bars["close"]!.length)
    expected.fill(Number.NaN, 0, indicator.warmup())
    for (const [row, value] of reference.hits!) expected[row] = value
    expect(outputsOf(reference)[0]).toEqual(expected)
  })
})
