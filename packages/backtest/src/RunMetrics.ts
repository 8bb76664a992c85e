/**
 * The figures every run has, in one pass over its equity: the fast subset of what a report shows. A figure that cannot be
 * given (no volatility, no loss) is NaN in `values` and absent from the record.
 *
 * Definitions, with eₜ the equity at a bar's close, rₜ = eₜ / eₜ₋₁ − 1 over the n steps between bars, e₀ the starting cash and
 * N = periodsPerYear; the risk-free rate is 0.
 * - totalReturn: e_end / e₀ − 1. annualReturn: (e_end / e₀)^(N / n) − 1.
 * - volatility: sample standard deviation of r × √N. sharpe: mean(r) / sd(r) × √N (Sharpe 1994).
 * - sortino: mean(r) / √(Σ min(r, 0)² / n) × √N (Sortino and Price 1994, target 0).
 * - maxDrawdown: largest 1 − eₜ / max(e₀ … eₜ). calmar: annualReturn / maxDrawdown (over the whole run).
 * Those are analytics' definitions (a test holds the two equal) but that a drawdown is a size here, above 0, since goals and
 * limits are written so.
 * - exposure: share of bars with a position. trades: round trips, one still open at the end valued at the last close.
 * - winRate: share of them with a profit. profitFactor: Σ profits / Σ losses.
 */
import type { PriceHistory } from "./vector/PriceHistory.ts"

export const metricNames = [
  "totalReturn",
  "annualReturn",
  "volatility",
  "sharpe",
  "sortino",
  "calmar",
  "maxDrawdown",
  "exposure",
  "trades",
  "winRate",
  "profitFactor"
] as const
export type MetricName = (typeof metricNames)[number]

/** What the run's account counted. */
export interface TripCounts {
  readonly trades: number
  readonly wins: number
  /** Sums of the profits and of the losses, both positive. */
  readonly gains: number
  readonly losses: number
}

export class RunMetrics {
  /** In the order of `metricNames`, of the run last finished. */
  readonly values = new Float64Array(metricNames.length)
  private start = 0
  private before = 0
  private peak = 0
  private deepest = 1
  private sum = 0
  private squares = 0
  private fallSquares = 0

  /** A run from `equityStart`, whose equity at the first close is `first`. */
  begin(equityStart: number, first: number): void {
    this.start = equityStart
    this.before = first
    this.peak = first > equityStart ? first : equityStart
    this.deepest = first / this.peak
    this.sum = this.squares = this.fallSquares = 0
  }

  /** The equity at the next close. Bars on which it does not move need not be told. */
  take(value: number): void {
    if (value === this.before) return
    const change = value / this.before - 1
    this.before = value
    this.sum += change
    this.squares += change * change
    if (change < 0) {
      this.fallSquares += change * change
      if (value < this.peak * this.deepest) this.deepest = value / this.peak
    } else if (value > this.peak) this.peak = value
  }

  /** Equity `cash + quantity × price` over the rows `from` up to `to`; answers the row at which it was gone, or −1. */
  takeHeld(cash: number, quantity: number, price: Float64Array, from: number, to: number): number {
    let { before, deepest, fallSquares, peak, squares, sum } = this
    let goneAt = -1
    for (let row = from; row < to; row++) {
      const value = cash + quantity * price[row]!
      const change = value / before - 1
      const square = change * change
      before = value
      sum += change
      squares += square
      if (change < 0) {
        fallSquares += square
        if (value < peak * deepest) {
          deepest = value / peak
          if (value > 0) continue
          goneAt = row
          break
        }
      } else if (value > peak) peak = value
    }
    this.before = before
    this.deepest = deepest
    this.fallSquares = fallSquares
    this.peak = peak
    this.squares = squares
    this.sum = sum
    return goneAt
  }

  /** The same for a position that is all of the equity (no cash beside it), without a loop over its bars. */
  takeWhole(quantity: number, price: Float64Array, history: PriceHistory, from: number, to: number): void {
    this.take(quantity * price[from]!)
    const last = to - 1
    if (last === from) return
    this.sum += history.sums[last]! - history.sums[from]!
    this.squares += history.squares[last]! - history.squares[from]!
    this.fallSquares += history.fallSquares[last]! - history.fallSquares[from]!
    history.stretch(from, to)
    // A low after a new high counts under that high, which `history.deepest` holds: this one never overstates.
    const under = (quantity * history.low) / this.peak
    const deepest = under < history.deepest ? under : history.deepest
    if (deepest < this.deepest) this.deepest = deepest
    const high = quantity * history.high
    if (high > this.peak) this.peak = high
    this.before = quantity * price[last]!
  }

  /** Fills `values` for a run over `rows` bars, `rowsHeld` of them with a position. */
  finish(rows: number, rowsHeld: number, periodsPerYear: number, counts: TripCounts): void {
    const { before, deepest, fallSquares, squares, start, sum, values } = this
    const steps = rows - 1
    const growth = before / start
    const mean = sum / steps
    const spread = squares - sum * mean
    // Below this the sum of squares holds nothing but rounding.
    const deviation = steps > 1 && spread > squares * 1e-14 ? Math.sqrt(spread / (steps - 1)) : 0
    const yearly = Math.sqrt(periodsPerYear)
    const annual = growth > 0 ? growth ** (periodsPerYear / steps) - 1 : -1
    const drawdown = 1 - deepest
    values[0] = growth - 1
    values[1] = annual
    values[2] = deviation * yearly
    values[3] = deviation > 0 ? (mean / deviation) * yearly : Number.NaN
    values[4] = fallSquares > 0 ? (mean / Math.sqrt(fallSquares / steps)) * yearly : Number.NaN
    values[5] = drawdown > 0 ? annual / drawdown : Number.NaN
    values[6] = drawdown
    values[7] = rowsHeld / rows
    values[8] = counts.trades
    values[9] = counts.trades > 0 ? counts.wins / counts.trades : Number.NaN
    values[10] = counts.losses > 0 ? counts.gains / counts.losses : Number.NaN
  }
}

/** By name, without what cannot be given. `values` in the order of `metricNames`, from `offset`. */
export const metricsRecord = (values: Float64Array, offset = 0): Readonly<Record<string, number>> => {
  const record: Record<string, number> = {}
  for (let at = 0; at < metricNames.length; at++) {
    const value = values[offset + at]!
    if (value - value === 0) record[metricNames[at]!] = value
  }
  return record
}
