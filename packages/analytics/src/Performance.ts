/**
 * Everything that is said about a run or an account, from its equity curve: one flat record, whose keys MetricDefinitions
 * explains. A metric without a value is `undefined`; NaN and infinities never appear.
 */
import { compareWith } from "./Benchmark.ts"
import { drawdownSeries, drawdownsOf, ulcerIndex } from "./Drawdown.ts"
import type { PerformanceRecord } from "./MetricDefinitions.ts"
import { momentsOf, sorted } from "./Moments.ts"
import { ratePerPeriod, simpleReturns } from "./Returns.ts"
import { downsideDeviation, omegaRatio, sharpeRatio, sortinoRatio, tailRatio } from "./RiskAdjusted.ts"
import { type RoundTrip, timeInMarket, tripStatistics, yearlyTurnover } from "./RoundTrip.ts"
import {
  type Numbers,
  requireCurve,
  requireProbability,
  requireSameLength,
  requireTimes,
  requireWithin
} from "./Series.ts"
import { evidenceOf, probabilisticSharpe } from "./SharpeInference.ts"
import { historicalSorted } from "./ValueAtRisk.ts"

export interface PerformanceInput {
  /** Epoch µs, rising, one for each value of the curve. */
  readonly times: Numbers
  /** In money, above 0; only the last value may be 0 (see `untilRuin`). At least two values. */
  readonly equity: Numbers
  /** Prices or equity of what the run is compared with, at the same times. */
  readonly benchmark?: Numbers
  readonly trades?: ReadonlyArray<RoundTrip>
  /** Such as 252, 365 or 365 × 24; `periodsPerYearOf(times)` infers it. */
  readonly periodsPerYear: number
  /** A yearly rate as a fraction; 0 unless given. */
  readonly riskFree?: number
  /** Of the value at risk; 0.95 unless given. */
  readonly confidence?: number
}

const tradesMissing = {
  trades: undefined,
  tradesLong: undefined,
  tradesShort: undefined,
  winRate: undefined,
  netProfit: undefined,
  fees: undefined,
  profitFactor: undefined,
  expectancy: undefined,
  averageWin: undefined,
  averageLoss: undefined,
  payoff: undefined,
  bestTrade: undefined,
  worstTrade: undefined,
  averageHolding: undefined,
  averageBars: undefined,
  winsInRow: undefined,
  lossesInRow: undefined
}

const comparisonMissing = {
  alpha: undefined,
  beta: undefined,
  correlation: undefined,
  trackingError: undefined,
  informationRatio: undefined,
  treynor: undefined,
  upCapture: undefined,
  downCapture: undefined
}

const falls = (times: Numbers, equity: Numbers) => {
  const all = drawdownsOf(times, equity)
  const deepest = all.reduce<(typeof all)[number] | undefined>(
    (deep, each) => (deep === undefined || each.depth < deep.depth ? each : deep),
    undefined
  )
  return {
    maxDrawdown: deepest?.depth ?? 0,
    maxDrawdownStart: deepest?.timeStart,
    maxDrawdownTrough: deepest?.timeTrough,
    maxDrawdownRecovery: deepest?.timeRecovery,
    maxDrawdownDuration: deepest?.duration,
    longestDrawdown:
      deepest === undefined ? undefined : all.reduce((most, { duration }) => Math.max(most, duration), 0),
    averageDrawdown: deepest === undefined ? undefined : all.reduce((sum, { depth }) => sum + depth, 0) / all.length,
    ulcerIndex: ulcerIndex(drawdownSeries(equity))
  }
}

const compared = (returns: Float64Array, benchmark: Numbers | undefined, periodsPerYear: number, free: number) => {
  if (benchmark === undefined) return { benchmarkReturn: undefined, ...comparisonMissing }
  const others = simpleReturns(benchmark)
  const benchmarkReturn = benchmark[benchmark.length - 1]! / benchmark[0]! - 1
  if (returns.length < 2) return { benchmarkReturn, ...comparisonMissing }
  return { benchmarkReturn, ...compareWith(returns, others, periodsPerYear, free) }
}

const traded = (trades: ReadonlyArray<RoundTrip> | undefined, times: Numbers, equity: Numbers, years: number) =>
  trades === undefined
    ? { ...tradesMissing, exposure: undefined, turnover: undefined }
    : {
        ...tripStatistics(trades),
        exposure: timeInMarket(trades, times[0]!, times[times.length - 1]!),
        turnover: yearlyTurnover(trades, equity, years)
      }

/** Throws InvalidInput, naming the field, for a curve too short, with a gap, out of order or not above 0. */
export const performanceOf = (input: PerformanceInput): PerformanceRecord => {
  const { benchmark, confidence = 0.95, equity, periodsPerYear, riskFree = 0, times, trades } = input
  requireTimes("times", times, 2)
  requireSameLength("equity", equity, "times", times.length)
  requireCurve("equity", equity)
  requireWithin("periodsPerYear", periodsPerYear, Number.MIN_VALUE)
  requireProbability("confidence", confidence)
  if (benchmark !== undefined) {
    requireSameLength("benchmark", benchmark, "times", times.length)
    requireCurve("benchmark", benchmark)
  }
  const returns = simpleReturns(equity)
  const rising = sorted(returns)
  const free = ratePerPeriod(riskFree, periodsPerYear)
  const yearly = Math.sqrt(periodsPerYear)
  const moments = momentsOf(returns)
  const years = returns.length / periodsPerYear
  const totalReturn = equity[equity.length - 1]! / equity[0]! - 1
  const cagr = (1 + totalReturn) ** (1 / years) - 1
  const drawdowns = falls(times, equity)
  const evidence = returns.length > 1 ? evidenceOf(returns, free) : undefined
  const tail = historicalSorted(rising, confidence)
  return {
    periods: returns.length,
    timeStart: times[0],
    timeEnd: times[times.length - 1],
    years,
    equityStart: equity[0],
    equityEnd: equity[equity.length - 1],
    totalReturn,
    cagr: Number.isFinite(cagr) ? cagr : undefined,
    volatility: returns.length > 1 ? moments.deviation * yearly : undefined,
    downsideDeviation: downsideDeviation(returns, free) * yearly,
    sharpe: sharpeRatio(returns, free, periodsPerYear),
    sortino: sortinoRatio(returns, free, periodsPerYear),
    calmar: drawdowns.maxDrawdown === 0 ? undefined : finite(cagr / -drawdowns.maxDrawdown),
    omega: omegaRatio(returns, free),
    martin: drawdowns.ulcerIndex === 0 ? undefined : finite((cagr - riskFree) / drawdowns.ulcerIndex),
    probabilisticSharpe: evidence === undefined ? undefined : probabilisticSharpe(evidence),
    skewness: moments.skewness,
    kurtosis: moments.kurtosis,
    tailRatio: tailRatio(rising),
    bestPeriod: rising[rising.length - 1],
    worstPeriod: rising[0],
    periodsPositive: returns.reduce((count, value) => count + (value > 0 ? 1 : 0), 0) / returns.length,
    valueAtRisk: tail.valueAtRisk,
    conditionalValueAtRisk: tail.conditional,
    ...drawdowns,
    ...compared(returns, benchmark, periodsPerYear, free),
    ...traded(trades, times, equity, years)
  }
}

/** A short record can compound to more in a year than a number holds. */
const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined)
