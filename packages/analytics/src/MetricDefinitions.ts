/** Every metric of a performance record, in the order in which a tear sheet shows them. */
import type { MetricDefinition } from "./Metric.ts"

type Row = readonly [
  title: string,
  unit: MetricDefinition["unit"],
  better: MetricDefinition["better"],
  definition: string,
  source: string,
  undefinedWhen: string
]

const rows = {
  periods: ["Periods", "count", "none", "Returns in the record: values of the curve less one", "arithmetic", "never"],
  timeStart: ["Start", "time", "none", "Time of the first value", "arithmetic", "never"],
  timeEnd: ["End", "time", "none", "Time of the last value", "arithmetic", "never"],
  years: ["Years", "ratio", "none", "Periods ÷ periods a year", "arithmetic", "never"],
  equityStart: ["Equity at the start", "money", "none", "First value of the curve", "arithmetic", "never"],
  equityEnd: ["Equity at the end", "money", "higher", "Last value of the curve", "arithmetic", "never"],
  totalReturn: ["Total return", "percent", "higher", "Last value ÷ first − 1", "arithmetic", "never"],
  cagr: [
    "Annual return (CAGR)",
    "percent",
    "higher",
    "(1 + total return)^(1 ÷ years) − 1",
    "GIPS Standards, 2020, on annualised returns",
    "it is beyond the range of numbers, in a very short record"
  ],
  volatility: [
    "Volatility",
    "percent",
    "lower",
    "Standard deviation of returns (n − 1) × √periods a year",
    "Hull, Options, Futures and Other Derivatives",
    "there are fewer than two returns"
  ],
  downsideDeviation: [
    "Downside deviation",
    "percent",
    "lower",
    "√(Σ min(r − risk-free, 0)² ÷ n) × √periods a year",
    "Sortino and Price, 1994",
    "never"
  ],
  sharpe: [
    "Sharpe ratio",
    "ratio",
    "higher",
    "Mean return above the risk-free ÷ standard deviation × √periods a year",
    "Sharpe, The Sharpe Ratio, 1994",
    "returns do not vary"
  ],
  sortino: [
    "Sortino ratio",
    "ratio",
    "higher",
    "Mean return above the risk-free ÷ downside deviation, a year",
    "Sortino and Price, 1994",
    "no return is below the risk-free"
  ],
  calmar: [
    "Calmar ratio",
    "ratio",
    "higher",
    "CAGR ÷ size of the maximum drawdown, over the whole record",
    "Young, Calmar Ratio: A Smoother Tool, Futures, 1991 (over 36 months)",
    "there is no drawdown"
  ],
  omega: [
    "Omega ratio",
    "ratio",
    "higher",
    "Sum of returns above the risk-free ÷ sum of those below it",
    "Keating and Shadwick, 2002",
    "no return is below the risk-free"
  ],
  martin: [
    "Martin ratio",
    "ratio",
    "higher",
    "(CAGR − risk-free) ÷ ulcer index",
    "Martin and McCann, 1989",
    "there is no drawdown"
  ],
  probabilisticSharpe: [
    "Probabilistic Sharpe ratio",
    "percent",
    "higher",
    "Probability that the true Sharpe ratio exceeds 0",
    "Bailey and López de Prado, 2012",
    "returns do not vary"
  ],
  skewness: [
    "Skewness",
    "ratio",
    "higher",
    "Third standardised moment of returns",
    "Joanes and Gill, 1998 (g₁)",
    "returns do not vary"
  ],
  kurtosis: [
    "Excess kurtosis",
    "ratio",
    "lower",
    "Fourth standardised moment of returns − 3",
    "Joanes and Gill, 1998 (g₂)",
    "returns do not vary"
  ],
  tailRatio: [
    "Tail ratio",
    "ratio",
    "higher",
    "Size of the 95th percentile of returns ÷ size of the 5th",
    "arithmetic",
    "the 5th percentile is 0"
  ],
  bestPeriod: ["Best period", "percent", "higher", "Highest return of a period", "arithmetic", "never"],
  worstPeriod: ["Worst period", "percent", "higher", "Lowest return of a period", "arithmetic", "never"],
  periodsPositive: ["Periods with a gain", "percent", "higher", "Share of returns above 0", "arithmetic", "never"],
  valueAtRisk: [
    "Value at risk",
    "percent",
    "lower",
    "Loss a period that the confidence level is not exceeded by: −quantile of returns",
    "Jorion, Value at Risk, historical simulation",
    "never"
  ],
  conditionalValueAtRisk: [
    "Conditional value at risk",
    "percent",
    "lower",
    "Mean loss of the periods that lose at least the value at risk",
    "Rockafellar and Uryasev, 2000",
    "never"
  ],
  maxDrawdown: [
    "Maximum drawdown",
    "percent",
    "higher",
    "Deepest fall below the highest value so far; 0 or below",
    "Magdon-Ismail and Atiya, 2004",
    "never"
  ],
  maxDrawdownStart: [
    "Its peak",
    "time",
    "none",
    "When the peak before the deepest fall was last reached",
    "Magdon-Ismail and Atiya, 2004",
    "there is no drawdown"
  ],
  maxDrawdownTrough: [
    "Its trough",
    "time",
    "none",
    "When the deepest fall was deepest",
    "Magdon-Ismail and Atiya, 2004",
    "there is no drawdown"
  ],
  maxDrawdownRecovery: [
    "Its recovery",
    "time",
    "none",
    "When that peak was reached again",
    "Magdon-Ismail and Atiya, 2004",
    "there is no drawdown or it lasts"
  ],
  maxDrawdownDuration: [
    "Its duration",
    "duration",
    "lower",
    "From that peak to the recovery, or to the end",
    "Magdon-Ismail and Atiya, 2004",
    "there is no drawdown"
  ],
  longestDrawdown: [
    "Longest drawdown",
    "duration",
    "lower",
    "Longest time from a peak to its recovery, or to the end",
    "arithmetic",
    "there is no drawdown"
  ],
  averageDrawdown: [
    "Average drawdown",
    "percent",
    "higher",
    "Mean depth of all falls",
    "arithmetic",
    "there is no drawdown"
  ],
  ulcerIndex: [
    "Ulcer index",
    "percent",
    "lower",
    "Root of the mean squared depth below the highest value so far",
    "Martin and McCann, 1989",
    "never"
  ],
  benchmarkReturn: [
    "Benchmark's return",
    "percent",
    "none",
    "Total return of the benchmark",
    "arithmetic",
    "no benchmark was given"
  ],
  alpha: [
    "Alpha",
    "percent",
    "higher",
    "Mean return above the risk-free − beta × the benchmark's, × periods a year",
    "Jensen, 1968",
    "no benchmark was given or it does not vary"
  ],
  beta: [
    "Beta",
    "ratio",
    "none",
    "Covariance with the benchmark ÷ its variance",
    "Sharpe, Capital Asset Prices, 1964",
    "no benchmark was given or it does not vary"
  ],
  correlation: [
    "Correlation with the benchmark",
    "ratio",
    "none",
    "Pearson's coefficient of the returns",
    "Pearson, 1896",
    "no benchmark was given or one of the two does not vary"
  ],
  trackingError: [
    "Tracking error",
    "percent",
    "lower",
    "Standard deviation of the differences from the benchmark × √periods a year",
    "Goodwin, The Information Ratio, 1998",
    "no benchmark was given"
  ],
  informationRatio: [
    "Information ratio",
    "ratio",
    "higher",
    "Mean difference from the benchmark, a year ÷ tracking error",
    "Goodwin, The Information Ratio, 1998",
    "no benchmark was given or the tracking error is 0"
  ],
  treynor: [
    "Treynor ratio",
    "ratio",
    "higher",
    "Mean return above the risk-free, a year ÷ beta",
    "Treynor, 1965",
    "no benchmark was given or beta is 0"
  ],
  upCapture: [
    "Upside capture",
    "percent",
    "higher",
    "Geometric mean return ÷ the benchmark's, of periods in which it rose",
    "Morningstar, Upside/Downside Capture Ratio",
    "no benchmark was given or it never rose"
  ],
  downCapture: [
    "Downside capture",
    "percent",
    "lower",
    "The same of periods in which it fell",
    "Morningstar, Upside/Downside Capture Ratio",
    "no benchmark was given or it never fell"
  ],
  trades: ["Round trips", "count", "none", "Positions opened and closed", "arithmetic", "no trades were given"],
  tradesLong: ["Long", "count", "none", "Those that bought first", "arithmetic", "no trades were given"],
  tradesShort: ["Short", "count", "none", "Those that sold first", "arithmetic", "no trades were given"],
  winRate: [
    "Win rate",
    "percent",
    "higher",
    "Share of round trips with a result above 0 after fees",
    "arithmetic",
    "there is no trade"
  ],
  netProfit: [
    "Net profit of round trips",
    "money",
    "higher",
    "Sum of profits less fees",
    "arithmetic",
    "no trades were given"
  ],
  fees: ["Fees", "money", "lower", "Sum of fees of round trips", "arithmetic", "no trades were given"],
  profitFactor: [
    "Profit factor",
    "ratio",
    "higher",
    "Sum of results above 0 ÷ size of the sum of those below, after fees",
    "Vince, Portfolio Management Formulas, 1990",
    "no trade lost"
  ],
  expectancy: [
    "Expectancy",
    "money",
    "higher",
    "Mean result of a round trip after fees",
    "Vince, Portfolio Management Formulas, 1990",
    "there is no trade"
  ],
  averageWin: ["Average win", "money", "higher", "Mean result of those above 0", "arithmetic", "no trade won"],
  averageLoss: ["Average loss", "money", "higher", "Mean result of those below 0", "arithmetic", "no trade lost"],
  payoff: [
    "Payoff ratio",
    "ratio",
    "higher",
    "Average win ÷ size of the average loss",
    "arithmetic",
    "no trade won or none lost"
  ],
  bestTrade: ["Best trade", "money", "higher", "Highest result after fees", "arithmetic", "there is no trade"],
  worstTrade: ["Worst trade", "money", "higher", "Lowest result after fees", "arithmetic", "there is no trade"],
  averageHolding: [
    "Average holding time",
    "duration",
    "none",
    "Mean time from entry to exit",
    "arithmetic",
    "there is no trade"
  ],
  averageBars: [
    "Average holding in bars",
    "count",
    "none",
    "Mean number of bars held",
    "arithmetic",
    "no trade counts bars"
  ],
  winsInRow: [
    "Most wins in a row",
    "count",
    "higher",
    "Longest run of results above 0, by time of exit",
    "arithmetic",
    "no trades were given"
  ],
  lossesInRow: [
    "Most losses in a row",
    "count",
    "lower",
    "Longest run of results below 0, by time of exit",
    "arithmetic",
    "no trades were given"
  ],
  exposure: [
    "Exposure",
    "percent",
    "none",
    "Share of the time with a position open",
    "arithmetic",
    "no trades were given"
  ],
  turnover: [
    "Turnover",
    "ratio",
    "lower",
    "Half of what was bought and sold ÷ mean equity, a year",
    "US SEC, Form N-1A, portfolio turnover (there the lesser of the two)",
    "no trades were given"
  ]
} as const satisfies Readonly<Record<string, Row>>

export type MetricKey = keyof typeof rows

/** A value for each metric; `undefined` where it has none, which its definition explains. */
export type PerformanceRecord = { readonly [K in MetricKey]: number | undefined }

export const metricDefinitions: ReadonlyArray<MetricDefinition & { readonly key: MetricKey }> = (
  Object.entries(rows) as ReadonlyArray<[MetricKey, Row]>
).map(([key, [title, unit, better, definition, source, undefinedWhen]]) => ({
  key,
  title,
  unit,
  definition,
  source,
  better,
  undefinedWhen
}))
