/** The figures of a run as reports show them: analytics over its curve and round trips, with what each of them means. */
import type { BacktestResult, RoundTrip } from "@outcry/backtest/BacktestResult"
import { asOf } from "@outcry/backtest/report/CurveFigures"
import type { Benchmark } from "@outcry/backtest/report/CurveSection"
import type { Metric } from "@outcry/backtest/report/Figure"
import { metricsOf } from "@outcry/backtest/report/MetricList"
import { metricDefinitions } from "@outcry/analytics/MetricDefinitions"
import { performanceOf } from "@outcry/analytics/Performance"
import { periodsPerYearOf, untilRuin } from "@outcry/analytics/Returns"

/** A result's trips are net of fees; those of analytics are gross, with the fees beside them. */
const grossTrip = (trip: RoundTrip) => ({
  instrument: trip.instrument,
  side: trip.side === "buy" ? ("long" as const) : ("short" as const),
  timeEntry: trip.timeEntry,
  timeExit: trip.timeExit,
  quantity: trip.quantity,
  priceEntry: trip.priceEntry,
  priceExit: trip.priceExit,
  profit: trip.profit + trip.fees,
  fees: trip.fees
})

/** The benchmark at the curve's times; undefined where it has no value at one of them. */
const aligned = (benchmark: Benchmark | undefined, times: ReadonlyArray<number>): ReadonlyArray<number> | undefined => {
  if (benchmark === undefined) return undefined
  const values = asOf(times, benchmark.timeUs, benchmark.value)
  return values.every((value) => Number.isFinite(value) && value > 0) ? values : undefined
}

/** Every figure there is a definition of; what cannot be given says why. A curve of fewer than two points has none. */
export const figuresOf = (result: BacktestResult, benchmark?: Benchmark): ReadonlyArray<Metric> => {
  const equity = untilRuin(result.curve.equity)
  const times = result.curve.timeUs.slice(0, equity.length)
  if (times.length < 2 || !(equity[0]! > 0)) return metricsOf(metricDefinitions, {})
  const values = aligned(benchmark, times)
  const record = performanceOf({
    times,
    equity,
    periodsPerYear: periodsPerYearOf(times),
    trades: result.trades.map(grossTrip),
    ...(values === undefined ? {} : { benchmark: values })
  })
  return metricsOf(metricDefinitions, record)
}

/** By name, those that have a value. */
export const figureRecord = (metrics: ReadonlyArray<Metric>): Readonly<Record<string, number>> =>
  Object.fromEntries(metrics.flatMap(({ key, value }) => (value === undefined ? [] : [[key, value]])))
