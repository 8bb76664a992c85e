/** The parts of a tear sheet that are drawn from the equity curve. */
import type { BacktestResult } from "../BacktestResult.ts"
import { barChart, groupLabels, valueTicks } from "./BarChart.ts"
import {
  asOf,
  calendarReturns,
  drawdownsOf,
  histogramOf,
  periodOf,
  pictured,
  returnsOf,
  rollingFigures,
  sampled,
  worstDrawdowns
} from "./CurveFigures.ts"
import { dateText, type FigureText } from "./Figure.ts"
import { type Chart, lineChart } from "./LineChart.ts"
import { type Markup, markup } from "./Markup.ts"
import { drawdownTable, monthlyTable } from "./ReturnTables.ts"

/** What a run is held against, such as holding one instrument; it is scaled to begin with the run's equity. */
export interface Benchmark {
  readonly name: string
  readonly timeUs: ReadonlyArray<number>
  readonly value: ReadonlyArray<number>
}

export interface Section {
  readonly markup: Markup
  readonly charts: ReadonlyArray<readonly [id: string, chart: Chart]>
}

const columnsDrawn = 300
const secondsAYear = 31_557_600

/** The benchmark at the times of the curve, in equity. */
const scaled = (benchmark: Benchmark, result: BacktestResult): ReadonlyArray<number> => {
  const at = asOf(result.curve.timeUs, benchmark.timeUs, benchmark.value)
  const first = at.findIndex((value) => Number.isFinite(value) && value > 0)
  if (first === -1) return at
  const factor = result.curve.equity[first]! / at[first]!
  return at.map((value) => value * factor)
}

const few = (sentence: string): Markup => markup`<p class="dim">${sentence}</p>`

const equitySection = (
  result: BacktestResult,
  benchmark: { name: string; values: ReadonlyArray<number> } | undefined,
  figure: FigureText
): Section => {
  const { equity, exposure, timeUs } = result.curve
  const drawdown = drawdownsOf(equity)
  const others = benchmark === undefined ? [] : [benchmark.values]
  const kept = pictured(timeUs, [equity, drawdown, ...others], columnsDrawn)
  const at = (values: ReadonlyArray<number>): ReadonlyArray<number> => kept.map((place) => values[place]!)
  const [least, most] = [equity.reduce((a, b) => Math.min(a, b), Infinity), equity.reduce((a, b) => Math.max(a, b), 0)]
  const worst = worstDrawdowns(timeUs, equity, 10)
  const marks = worst.slice(0, 3).map(({ depth, from, until }) => ({
    from,
    to: until ?? timeUs.at(-1)!,
    title: `Drawdown of ${figure(depth, "change")} from ${dateText(from)}`
  }))
  const chart = lineChart(
    "equity",
    `Equity from ${figure(result.equityStart, "money")} to ${figure(result.equityEnd, "money")} ${result.asset}, with the drawdown beneath.`,
    at(timeUs),
    [
      {
        title: `Equity, ${result.asset}`,
        height: "tall",
        log: least > 0 && most / least > 6,
        marks,
        curves: [
          { title: "Equity", unit: "money", values: at(equity), filled: benchmark === undefined },
          ...(benchmark === undefined
            ? []
            : [
                {
                  title: `${benchmark.name}, from the same start`,
                  unit: "money" as const,
                  values: at(benchmark.values)
                }
              ])
        ]
      },
      {
        title: "Drawdown",
        height: "low",
        base: 0,
        curves: [{ title: "Drawdown", unit: "percent", values: at(drawdown), filled: true, colour: "bad" }]
      },
      {
        title: "Exposure, of equity",
        height: "low",
        base: 0,
        curves: [
          {
            title: "Exposure",
            unit: "percent",
            values: kept.map((place) => (equity[place]! > 0 ? exposure[place]! / equity[place]! : Number.NaN)),
            filled: true,
            colour: "third"
          }
        ]
      }
    ]
  )
  return {
    markup: markup`<h2 id="equity">Equity</h2>${chart.markup}<h2 id="drawdowns">Deepest drawdowns</h2>${drawdownTable(worst, timeUs.at(-1)!, figure)}`,
    charts: [["equity", chart]]
  }
}

const returnSection = (
  result: BacktestResult,
  benchmark: { name: string; values: ReadonlyArray<number> } | undefined,
  figure: FigureText
): Section => {
  const { equity, timeUs } = result.curve
  const years = calendarReturns(timeUs, equity)
  const parts: Array<Markup> = [markup`<h2 id="returns">Returns</h2>`]
  const charts: Array<readonly [string, Chart]> = []
  const months = years.flatMap(({ months: of }) => of).filter((value) => value !== undefined).length
  if (months > 1) parts.push(monthlyTable(years, figure))
  else parts.push(few("Returns by month are left out: the run lies within one month."))
  const side: Array<Markup> = []
  if (years.length > 1) {
    const other =
      benchmark === undefined
        ? undefined
        : new Map(calendarReturns(timeUs, benchmark.values).map((each) => [each.year, each.total]))
    const labels = years.map(({ year }) => String(year))
    const chart = barChart({
      id: "years",
      title: "Return by year",
      summary: `Returns of ${years.length} years.`,
      unit: "change",
      heads: labels,
      labels: groupLabels(labels, 10),
      gap: 0.3,
      series: [
        { title: "Run", colour: other === undefined ? "signed" : "accent", values: years.map(({ total }) => total) },
        ...(other === undefined || benchmark === undefined
          ? []
          : [{ title: benchmark.name, colour: "second", values: years.map(({ year }) => other.get(year)) }])
      ]
    })
    charts.push(["years", chart])
    side.push(chart.markup)
  }
  const period = periodOf(result.from, result.to)
  const daily = sampled(timeUs, equity, period.us)
  const returns = returnsOf(daily.value)
  const histogram = histogramOf(returns, 40)
  if (histogram === undefined)
    parts.push(few(`Their distribution is left out: equity did not change from ${period.name} to ${period.name}.`))
  else {
    const edges = histogram.counts.map((_, bin) => histogram.from + bin * histogram.width)
    const chart = barChart({
      id: "distribution",
      title: `Returns by ${period.name}, how many of ${figure(returns.length, "count")}`,
      summary: `Distribution of the returns of ${returns.length} ${period.name}s.`,
      unit: "count",
      heads: edges.map((edge) => `${figure(edge, "change")} to ${figure(edge + histogram.width, "change")}`),
      labels: valueTicks(histogram.from, histogram.from + histogram.counts.length * histogram.width, "percent"),
      gap: 0.08,
      series: [{ title: "Count", colour: "accent", values: histogram.counts }]
    })
    charts.push(["distribution", chart])
    const ranked = returns.filter(Number.isFinite).toSorted((one, other) => one - other)
    const at = (share: number): string => figure(ranked[Math.floor((ranked.length - 1) * share)], "change")
    side.push(
      markup`<div>${chart.markup}<p class="dim">Half of them below ${at(0.5)}, one in twenty below ${at(0.05)}, one in twenty above ${at(0.95)}; from ${at(0)} to ${at(1)}.</p></div>`
    )
  }
  parts.push(markup`<div class="two">${side}</div>`)
  const rolling = rollingSection(daily, period.name, figure)
  return { markup: markup`${parts}${rolling.markup}`, charts: [...charts, ...rolling.charts] }
}

const rollingSection = (
  daily: { timeUs: ReadonlyArray<number>; value: ReadonlyArray<number> },
  period: string,
  figure: FigureText
): Section => {
  const count = daily.value.length - 1
  const window = Math.min(126, Math.floor(count / 4))
  if (window < 10) {
    return {
      markup: few(
        `Rolling figures are left out: they need at least 40 returns, and this run has ${Math.max(0, count)} by ${period}.`
      ),
      charts: []
    }
  }
  const yearly = period === "day"
  const years = (daily.timeUs.at(-1)! - daily.timeUs[0]!) / 1e6 / secondsAYear
  const rolling = rollingFigures(daily, window, yearly ? count / years : 1)
  const kept = pictured(rolling.timeUs, [rolling.sharpe, rolling.volatility], columnsDrawn)
  const at = (values: ReadonlyArray<number>): ReadonlyArray<number> => kept.map((place) => values[place]!)
  const scope = yearly ? "annualised" : `per ${period}, not annualised`
  const chart = lineChart(
    "rolling",
    `Sharpe ratio and volatility over windows of ${window} ${period}s.`,
    at(rolling.timeUs),
    [
      {
        title: `Sharpe ratio of the last ${figure(window, "count")} ${period}s, ${scope}, risk-free rate 0`,
        height: "low",
        base: 0,
        curves: [{ title: "Sharpe ratio", unit: "ratio", values: at(rolling.sharpe) }]
      },
      {
        title: `Volatility, ${scope}`,
        height: "low",
        base: 0,
        curves: [{ title: "Volatility", unit: "percent", values: at(rolling.volatility), colour: "second" }]
      }
    ]
  )
  return { markup: markup`<h2 id="rolling">Rolling figures</h2>${chart.markup}`, charts: [["rolling", chart]] }
}

export const curveSections = (
  result: BacktestResult,
  benchmark: Benchmark | undefined,
  figure: FigureText
): ReadonlyArray<Section> => {
  const { equity, timeUs } = result.curve
  const why =
    timeUs.length < 2
      ? "the run left fewer than two points of it."
      : equity.every((value) => value === equity[0])
        ? `equity never changed from ${figure(equity[0], "money")} ${result.asset}.`
        : undefined
  if (why !== undefined)
    return [
      {
        markup: markup`<h2 id="equity">Equity</h2>${few(`There is no curve to draw: ${why}`)}`,
        charts: []
      }
    ]
  const other = benchmark === undefined ? undefined : { name: benchmark.name, values: scaled(benchmark, result) }
  return [equitySection(result, other, figure), returnSection(result, other, figure)]
}
