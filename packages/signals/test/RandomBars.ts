/** Seeded bars in whole ticks and lots, with gaps in price and runs where nothing moves, and the columns made of them. */
import type { Instrument } from "@outcry/model/Instrument"
import { SeededRandom } from "@outcry/model/SeededRandom"
import type { BarColumns } from "../src/BarColumns.ts"
import { barValuesOf } from "../src/BarValues.ts"

export interface TickBar {
  readonly openTicks: number
  readonly highTicks: number
  readonly lowTicks: number
  readonly closeTicks: number
  readonly lots: number
}

export const randomBars = (seed: number, rows: number): ReadonlyArray<TickBar> => {
  const random = new SeededRandom(seed)
  const bars: Array<TickBar> = []
  let closeTicks = 100_000
  let still = 0
  for (let row = 0; row < rows; row++) {
    still = still > 0 ? still - 1 : random.chance(0.02) ? random.between(5, 40) : 0
    const reach = still > 0 ? 0 : random.chance(0.1) ? 3000 : 300
    const openTicks = Math.max(1000, closeTicks + (random.chance(0.3) ? random.between(-reach, reach) : 0))
    closeTicks = Math.max(1000, openTicks + random.between(-reach, reach))
    const highTicks = Math.max(openTicks, closeTicks) + random.between(0, reach)
    const lowTicks = Math.max(1, Math.min(openTicks, closeTicks) - random.between(0, reach))
    bars.push({ openTicks, highTicks, lowTicks, closeTicks, lots: still > 0 ? 0 : random.between(0, 100_000) })
  }
  return bars
}

export const secondUs = 1_000_000

/** Columns of ticks that come one interval after the other, from one interval on. */
export const columnsOf = (bars: ReadonlyArray<TickBar>, instrument: Instrument, intervalUs = secondUs): BarColumns => {
  const { price, quantity } = barValuesOf(instrument)
  const column = (value: (bar: TickBar, row: number) => number) => Float64Array.from(bars, value)
  return {
    instrument: instrument.id,
    intervalUs,
    timeOpen: column((_, row) => (row + 1) * intervalUs),
    open: column(({ openTicks }) => price(openTicks)),
    high: column(({ highTicks }) => price(highTicks)),
    low: column(({ lowTicks }) => price(lowTicks)),
    close: column(({ closeTicks }) => price(closeTicks)),
    volume: column(({ lots }) => quantity(lots))
  }
}
