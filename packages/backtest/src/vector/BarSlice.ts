/** Parts of bars and changed copies of them. */
import type { SeededRandom } from "@outcry/model/SeededRandom"
import type { BarColumns } from "@outcry/signals/BarColumns"

/** Rows `from` up to, not including, `to`; shares the memory. */
export const barsBetween = (bars: BarColumns, from: number, to: number): BarColumns => ({
  ...bars,
  timeOpen: bars.timeOpen.subarray(from, to),
  open: bars.open.subarray(from, to),
  high: bars.high.subarray(from, to),
  low: bars.low.subarray(from, to),
  close: bars.close.subarray(from, to),
  volume: bars.volume.subarray(from, to)
})

/**
 * The same times and, up to `row`, the same bars; from there on another, wilder walk that begins at the price there and at
 * another volume. Bars stay sound: positive prices, highs above lows.
 */
export const perturbedFrom = (bars: BarColumns, row: number, random: SeededRandom): BarColumns => {
  const copy = {
    ...bars,
    open: bars.open.slice(),
    high: bars.high.slice(),
    low: bars.low.slice(),
    close: bars.close.slice(),
    volume: bars.volume.slice()
  }
  let price = bars.close[Math.max(0, row - 1)]!
  const move = () => Math.exp(random.normal() * 0.08)
  for (let at = row; at < bars.close.length; at++) {
    const open = price * move()
    const close = Math.min(1e12, Math.max(1e-9, open * move()))
    copy.open[at] = open
    copy.close[at] = close
    copy.high[at] = Math.max(open, close) * (1 + random.fraction() * 0.05)
    copy.low[at] = Math.min(open, close) * (1 - random.fraction() * 0.05)
    copy.volume[at] = Math.abs(bars.volume[at]! * (0.1 + 3 * random.fraction())) + 1
    price = close
  }
  return copy
}
