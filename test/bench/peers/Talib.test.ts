/**
 * Every indicator that TA-Lib has, against TA-Lib itself, on every bar of daily histories and of seeded walks. Runs where
 * `OUTCRY_BENCH_PYTHON` names a Python with TA-Lib; `packages/indicators/test/talib-reference.json` serves everywhere.
 */
import type { Input } from "@outcry/indicators/Indicator"
import { indicatorNamed, indicators } from "@outcry/indicators/Registry"
import { beforeAll, describe, expect, it } from "vitest"
import { type Bars, dailyBars, dailySymbols, dataMissing, goldenBars, walkBars } from "./PeerBars.ts"
import { type TalibAnswers, talibAbsent, talibAnswers, talibPython } from "./Talib.ts"
import { type TalibCall, talibCalls, talibCandle } from "./TalibCalls.ts"

const candles = indicators
  .filter(({ unit }) => unit.startsWith("100, 80"))
  .map(({ name, parameters }) => {
    const penetration = parameters["penetration"]
    return talibCandle(name, penetration?.kind === "number" ? penetration.byDefault : undefined)
  })

const calls = [...talibCalls, ...candles]

/** Read only where they are used: without a Python nothing here needs the data. */
const sets: Readonly<Record<string, () => Bars>> = {
  "a walk, seed 1": () => walkBars(1, 5_000),
  "a walk, seed 2": () => walkBars(2, 5_000),
  "a walk that stands still at times, seed 4": () => walkBars(4, 5_000, 0.01),
  ...(dataMissing
    ? {}
    : {
        "SPY of the reference values": goldenBars,
        ...Object.fromEntries(dailySymbols.map((symbol) => [symbol, () => dailyBars(symbol)]))
      })
}

const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)

const answered = ({ indicator: name, parameters }: TalibCall, bars: Bars): ReadonlyArray<Float64Array> => {
  const indicator = indicatorNamed(name)
  return indicator.make(parameters).batch(indicator.inputs.map((input: Input) => bars[input]))
}

/** How large the numbers are that a function subtracts from one another: what is left of them is rounding of that size. */
const termsOf = (call: TalibCall, bars: Bars): number => {
  switch (call.function) {
    case "LINEARREG_SLOPE":
      return largest(bars.value)
    case "LINEARREG_ANGLE":
      return (largest(bars.value) * 180) / Math.PI
    case "ADOSC":
      return largest(answered({ ...call, indicator: "ad", parameters: {} }, bars)[0]!)
    default:
      return 100
  }
}

/** Pearson's correlation of the `length` pairs up to a row, in two passes: what neither way of sliding can spoil. */
const correlationAt = ({ other, value }: Bars, length: number, row: number): number => {
  const [xs, ys] = [value, other].map((each) => [...each.subarray(row - length + 1, row + 1)]) as [number[], number[]]
  const mean = (values: ReadonlyArray<number>) => values.reduce((sum, one) => sum + one, 0) / length
  const [meanX, meanY] = [mean(xs), mean(ys)]
  const sum = (of: (at: number) => number) => xs.reduce((total, _, at) => total + of(at), 0)
  const xy = sum((at) => (xs[at]! - meanX) * (ys[at]! - meanY))
  return xy / Math.sqrt(sum((at) => (xs[at]! - meanX) ** 2) * sum((at) => (ys[at]! - meanY) ** 2))
}

describe.skipIf(talibPython === undefined)(
  talibPython === undefined ? `TA-Lib (skipped: ${talibAbsent})` : "TA-Lib",
  () => {
    describe.each(Object.entries(sets))("on %s", (_, read) => {
      let bars: Bars
      let theirs: TalibAnswers
      beforeAll(() => {
        bars = read()
        theirs = talibAnswers(bars, calls)
      })

      it("answers the same to 1e-9, from the same bar on, on every bar", () => {
        let compared = 0
        talibCalls.forEach((call, at) => {
          const indicator = indicatorNamed(call.indicator)
          const mine = answered(call, bars)
          const rounding = 1e-12 * termsOf(call, bars)
          theirs.outputs[at]!.forEach((reference, k) => {
            const first = reference.findIndex((value) => !Number.isNaN(value))
            expect(first, `${call.function} begins`).toBe(indicator.warmup(call.parameters))
            for (let row = first; row < reference.length; row++) {
              const [expected, value] = [reference[row]!, mine[k]![row]!]
              compared++
              if (Math.abs(value - expected) <= 1e-9 * Math.abs(expected) + rounding) continue
              // TA-Lib slides sums of squares, and loses as many digits as the mean's square outweighs the variance.
              const exact = call.function === "CORREL" ? correlationAt(bars, call.options[0]!, row) : Number.NaN
              expect(
                Math.abs(value - exact) <= 1e-9 && Math.abs(expected - exact) <= 1e-7,
                `${call.function}, output ${k}, row ${row}: ${value} for ${expected}`
              ).toBe(true)
            }
          })
        })
        const outputs = theirs.outputs.slice(0, talibCalls.length).map((each) => each.length)
        expect([talibCalls.length, outputs.reduce((sum, each) => sum + each, 0)]).toEqual([61, 69])
        // Each output lacks its warm-up and nothing else.
        const rows = talibCalls.map(
          ({ indicator, parameters }, at) =>
            outputs[at]! * (bars.close.length - indicatorNamed(indicator).warmup(parameters))
        )
        expect(compared).toBe(rows.reduce((sum, each) => sum + each, 0))
        console.log(`${compared} values of ${outputs.length} functions equal to TA-Lib ${theirs.version}`)
      })

      it("sees the same candlestick patterns on every bar", () => {
        const rows = bars.close.length
        const seen = candles.map((call, at) => {
          const reference = theirs.outputs[talibCalls.length + at]![0]!
          const mine = answered(call, bars)[0]!
          const warmup = indicatorNamed(call.indicator).warmup()
          expect(mine.subarray(warmup), call.function).toEqual(reference.subarray(warmup))
          expect(largest(reference.subarray(0, warmup)), `${call.function} before its first bar`).toBe(0)
          return reference.filter((value) => value !== 0).length
        })
        const hits = seen.reduce((sum, one) => sum + one, 0)
        expect(hits).toBeGreaterThan(rows)
        console.log(`${hits} hits of ${candles.length} patterns, all of ${candles.length * rows} answers equal`)
      })
    })
  }
)
