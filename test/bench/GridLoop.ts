/**
 * What bench `grid` is held against in this process: the cross of two averages, its fills and its figures, written by hand
 * as one loop over columns that are there already. No checks, no rule, no choice of sizes or costs; the same figures.
 */
export interface LoopColumns {
  readonly open: Float64Array
  readonly close: Float64Array
}

/** Total return of the run; the other figures are written to `out`, in the order of `metricNames`. */
export const crossLoop = (
  { close, open }: LoopColumns,
  fast: Float64Array,
  slow: Float64Array,
  feeRate: number,
  periodsPerYear: number,
  out: Float64Array
): number => {
  const rows = close.length
  let [cash, quantity, held, wanted] = [100_000, 0, 0, 0]
  let [before, peak, deepest] = [100_000, 100_000, 1]
  let [sum, squares, fallSquares] = [0, 0, 0]
  let [rowsHeld, trades, wins, gains, losses, entry] = [0, 0, 0, 0, 0, 0]
  const count = (profit: number): void => {
    trades++
    if (profit > 0) {
      wins++
      gains += profit
    } else losses -= profit
  }
  for (let row = 0; row < rows; row++) {
    if (wanted !== held) {
      held = wanted
      const price = open[row]!
      if (held === 0) {
        cash += quantity * price * (1 - feeRate)
        quantity = 0
        count(cash - entry)
      } else {
        entry = cash
        quantity = cash / (price * (1 + feeRate))
        cash -= quantity * price * (1 + feeRate)
      }
    }
    const value = cash + quantity * close[row]!
    if (value !== before) {
      const change = value / before - 1
      before = value
      sum += change
      squares += change * change
      if (change < 0) {
        fallSquares += change * change
        if (value < peak * deepest) deepest = value / peak
      } else if (value > peak) peak = value
    }
    if (quantity !== 0) rowsHeld++
    wanted = fast[row]! > slow[row]! ? 1 : 0
  }
  if (quantity !== 0) count(cash + quantity * close[rows - 1]! - entry)
  const steps = rows - 1
  const mean = sum / steps
  const deviation = Math.sqrt((squares - sum * mean) / (steps - 1))
  const growth = before / 100_000
  const annual = growth ** (periodsPerYear / steps) - 1
  const yearly = Math.sqrt(periodsPerYear)
  out[0] = growth - 1
  out[1] = annual
  out[2] = deviation * yearly
  out[3] = (mean / deviation) * yearly
  out[4] = (mean / Math.sqrt(fallSquares / steps)) * yearly
  out[5] = annual / (1 - deepest)
  out[6] = 1 - deepest
  out[7] = rowsHeld / rows
  out[8] = trades
  out[9] = wins / trades
  out[10] = gains / losses
  return growth - 1
}
