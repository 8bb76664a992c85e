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
 * - exposure: share of bars with a position. trades: round trips, one still open at the end valued at the last close.
 * - winRate: share of them with a profit. profitFactor: Σ profits / Σ losses.
 */
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
  /** In the order of `metricNames`, of the run last measured. */
  readonly values = new Float64Array(metricNames.length)

  /** `equity` at the closes of the rows `from` up to `to`; `rowsHeld` of them with a position. */
  measure(
    equity: Float64Array,
    from: number,
    to: number,
    equityStart: number,
    periodsPerYear: number,
    rowsHeld: number,
    counts: TripCounts
  ): void {
    let before = equity[from]!
    let peak = before > equityStart ? before : equityStart
    let deepest = before / peak
    let sum = 0
    let squares = 0
    let fallSquares = 0
    for (let row = from + 1; row < to; row++) {
      const value = equity[row]!
      if (value === before) continue
      const change = value / before - 1
      before = value
      sum += change
      const square = change * change
      squares += square
      if (change < 0) {
        fallSquares += square
        if (value < peak * deepest) deepest = value / peak
      } else if (value > peak) peak = value
    }
    const steps = to - from - 1
    const { values } = this
    const growth = before / equityStart
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
    values[7] = rowsHeld / (to - from)
    values[8] = counts.trades
    values[9] = counts.trades > 0 ? counts.wins / counts.trades : Number.NaN
    values[10] = counts.losses > 0 ? counts.gains / counts.losses : Number.NaN
  }
}

/** By name, without what cannot be given. `values` in the order of `metricNames`, from `offset`. */
export const metricsRecord = (values: Float64Array, offset = 0): Readonly<Partial<Record<MetricName, number>>> => {
  const record: Partial<Record<MetricName, number>> = {}
  for (let at = 0; at < metricNames.length; at++) {
    const value = values[offset + at]!
    if (value - value === 0) record[metricNames[at]!] = value
  }
  return record
}
