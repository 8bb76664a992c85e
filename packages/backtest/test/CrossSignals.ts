/** Signals and seeded bars that the tests share. */
import { Schema } from "effect"
import { integer } from "@outcry/model/Parameter"
import { SeededRandom } from "@outcry/model/SeededRandom"
import type { BarColumns } from "@outcry/signals/BarColumns"
import { comparing } from "@outcry/signals/Comparison"
import { defineSignal, type SignalDefinition } from "@outcry/signals/Signal"

const Windows = Schema.Struct({ fast: integer(10, { min: 1 }), slow: integer(50, { min: 2 }) }).check(
  Schema.makeFilter(({ fast, slow }) => (fast < slow ? undefined : "fast must be shorter than slow"))
)
type Windows = typeof Windows.Type

const averages = ({ fast, slow }: Windows) => ({
  fast: { indicator: "sma", given: { period: fast } },
  slow: { indicator: "sma", given: { period: slow } }
})

/** Long while the fast average is above the slow one; else the other target. */
export const crossOf = (otherwise: number): SignalDefinition<Windows> =>
  defineSignal({
    name: "cross",
    version: 1,
    parameters: Windows,
    columns: averages,
    rule: (place) => {
      const [fast, slow] = [place("fast"), place("slow")]
      return (row) => {
        const [a, b] = [row.value(fast), row.value(slow)]
        return a > b ? 1 : a <= b ? otherwise : Number.NaN
      }
    }
  })

/** The same rule, declared as a comparison. */
export const declaredCrossOf = (otherwise: number): SignalDefinition<Windows> =>
  defineSignal({
    name: "cross",
    version: 1,
    parameters: Windows,
    columns: averages,
    rule: comparing({ over: "fast", under: "slow", above: 1, otherwise })
  })

/** Targets drawn from a seed, changing every few bars: whatever an engine can be asked for. */
export const randomSignal = (targets: ReadonlyArray<number>): SignalDefinition<{ readonly seed: number }> =>
  defineSignal({
    name: "random",
    version: 1,
    parameters: Schema.Struct({ seed: integer(1) }),
    columns: () => ({}),
    rule: (_place, { seed }) => {
      const random = new SeededRandom(seed)
      return () => (random.chance(0.15) ? random.pick(targets) : Number.NaN)
    }
  })

export const dayUs = 86_400_000_000

/** A seeded walk of bars, every one in order. `volatility`: of a bar's move. */
export const walk = (seed: number, rows: number, volatility = 0.02, instrument = "test:AAA/USD"): BarColumns => {
  const random = new SeededRandom(seed)
  const bars: BarColumns = {
    instrument,
    intervalUs: dayUs,
    timeOpen: Float64Array.from({ length: rows }, (_, row) => 1_600_000_000_000_000 + row * dayUs),
    open: new Float64Array(rows),
    high: new Float64Array(rows),
    low: new Float64Array(rows),
    close: new Float64Array(rows),
    volume: new Float64Array(rows).fill(1000)
  }
  let price = 100
  for (let row = 0; row < rows; row++) {
    const open = price * Math.exp(random.normal() * volatility * 0.3)
    const close = open * Math.exp(random.normal() * volatility)
    bars.open[row] = open
    bars.close[row] = close
    bars.high[row] = Math.max(open, close) * (1 + random.fraction() * volatility)
    bars.low[row] = Math.min(open, close) * (1 - random.fraction() * volatility)
    price = close
  }
  return bars
}
