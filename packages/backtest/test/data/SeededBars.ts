/** Seeded bars for the tests: a walk in hundredths with whole volumes, so that sums are exact. */
import { SeededRandom } from "@outcry/model/SeededRandom"
import type { BarColumns } from "@outcry/signals/BarColumns"
import { barColumnsOf } from "../../src/data/BarRows.ts"

export const minuteUs = 60_000_000

/** `holes`: the chance that a bar is missing. */
export const seededBars = (seed: number, rows: number, holes = 0, instrument = "test:X/USD"): BarColumns => {
  const random = new SeededRandom(seed)
  const bars = barColumnsOf(instrument, minuteUs, rows)
  let close = 10_000
  let time = 1_583_020_800_000_000
  for (let row = 0; row < rows; row++) {
    const open = close + random.between(-3, 3)
    close = Math.max(100, open + random.between(-20, 20))
    bars.timeOpen[row] = time
    bars.open[row] = open / 100
    bars.close[row] = close / 100
    bars.high[row] = (Math.max(open, close) + random.between(0, 9)) / 100
    bars.low[row] = (Math.min(open, close) - random.between(0, 9)) / 100
    bars.volume[row] = random.between(1, 1_000)
    time += minuteUs * (random.chance(holes) ? random.between(2, 9) : 1)
  }
  return bars
}

export const copyOf = (bars: BarColumns): BarColumns => ({
  ...bars,
  timeOpen: bars.timeOpen.slice(),
  open: bars.open.slice(),
  high: bars.high.slice(),
  low: bars.low.slice(),
  close: bars.close.slice(),
  volume: bars.volume.slice()
})
