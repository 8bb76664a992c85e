/** Seeded bars for the tests: a walk with gaps in price, runs where nothing moves, and, where asked for, missing cells. */
import { SeededRandom } from "@outcry/model/SeededRandom"
import type { Indicator, Input } from "../src/Indicator.ts"

export type Bars = Readonly<Record<Input, Float64Array>>

export const randomBars = (seed: number, rows: number, missing = 0): Bars => {
  const random = new SeededRandom(seed)
  const uniform = () => random.bits() / 2 ** 32
  const cents = (price: number) => Math.round(price * 100) / 100
  const fields = ["open", "high", "low", "close", "volume", "value", "other"] as const
  const bars = Object.fromEntries(fields.map((field) => [field, new Float64Array(rows)])) as Record<Input, Float64Array>
  let close = 100
  let other = 50
  let still = 0
  for (let row = 0; row < rows; row++) {
    if (still > 0) still--
    else if (uniform() < 0.01) still = Math.floor(uniform() * 60)
    const move = still > 0 ? 0 : 1
    const open = cents(close + (uniform() < 0.3 ? move * (uniform() - 0.5) * 4 : 0))
    close = Math.max(1, cents(open + move * (uniform() - 0.5) * (uniform() < 0.2 ? 0.1 : 3)))
    other = Math.max(1, cents(other + move * (uniform() - 0.5)))
    bars.open[row] = open
    bars.close[row] = close
    bars.value[row] = close
    bars.other[row] = other
    bars.high[row] = cents(Math.max(open, close) + (uniform() < 0.6 ? move * uniform() : 0))
    bars.low[row] = cents(Math.min(open, close) - (uniform() < 0.6 ? move * uniform() * 0.9 : 0))
    bars.volume[row] = still > 10 ? 0 : Math.floor(uniform() * 10_000)
    for (const field of fields)
      if (uniform() < missing) bars[field][row] = uniform() < 0.8 ? Number.NaN : Number.POSITIVE_INFINITY
  }
  return bars
}

export const columnsOf = (indicator: Indicator, bars: Bars): ReadonlyArray<Float64Array> =>
  indicator.inputs.map((input) => bars[input])
