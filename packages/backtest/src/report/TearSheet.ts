/**
 * A run as one self-contained HTML page: what was run, its figures, curves, returns, costs and round trips, what it assumed
 * and what to doubt; of a run that did not trade the stage where it ended. It loads nothing and reads without its script.
 */
import type { BacktestResult } from "../BacktestResult.ts"
import { sentencesOf, settingsOf } from "./Assumption.ts"
import { type Benchmark, curveSections } from "./CurveSection.ts"
import { decimalsOf, type Decimals, type FigureText, figureText, type Metric, moneyDecimals } from "./Figure.ts"
import { costTable, funnelList, partTable } from "./RunTables.ts"
import { headline, metricTable, type ReportTable, reportTable } from "./FigureTables.ts"
import { blockingStage } from "./Funnel.ts"
import { type Markup, markup } from "./Markup.ts"
import { page, themeButton } from "./Page.ts"
import { profitSection } from "./ProfitSection.ts"
import { tradeTable } from "./TradeTable.ts"

export interface TearSheetInput {
  readonly result: BacktestResult
  readonly metrics: ReadonlyArray<Metric>
  readonly benchmark?: Benchmark
  readonly tables?: ReadonlyArray<ReportTable>
  /** More for the head, such as the data set's name and content hash. */
  readonly facts?: ReadonlyArray<readonly [name: string, value: string]>
}

/** Some hundreds of the values spread over all of them, and the last of each instrument: a cheap one may be traded late. */
const sample = <A extends { readonly instrument: string }>(rows: ReadonlyArray<A>): ReadonlyArray<A> => {
  const every = Math.ceil(rows.length / 300)
  return [...rows.filter((_, at) => at % every === 0), ...new Map(rows.map((row) => [row.instrument, row])).values()]
}

/** Decimals that suit a result's prices, quantities and equity. */
export const decimalsFor = ({ equityEnd, equityStart, trades }: BacktestResult): Decimals => {
  const sampled = sample(trades)
  return {
    money: moneyDecimals(Math.max(Math.abs(equityStart), Math.abs(equityEnd))),
    price: decimalsOf(sampled.flatMap(({ priceEntry, priceExit }) => [priceEntry, priceExit])),
    quantity: decimalsOf(sampled.map(({ quantity }) => quantity))
  }
}

const some = (names: ReadonlyArray<string>, most: number): string =>
  names.length <= most ? names.join(", ") : `${names.slice(0, most).join(", ")} and ${names.length - most} more`

/** "moving-average, breakout": what a run is called. */
export const runName = ({ strategies }: BacktestResult): string =>
  some([...new Set(strategies.map(({ name }) => name))], 4) || "run without a strategy"

/** As many as fit on about three lines, and at least one. */
const instrumentsShown = (instruments: ReadonlyArray<string>): number => {
  let room = 300
  const fitting = instruments.findIndex((name) => (room -= name.length + 2) < 0)
  return fitting === -1 ? instruments.length : Math.max(1, fitting)
}

const warningsMost = 30
const strategiesMost = 30

const warningNotice = (result: BacktestResult): Markup | undefined =>
  result.warnings.length === 0
    ? undefined
    : markup`<section class="notice"><h2>What to doubt</h2><ul>${result.warnings
        .slice(0, warningsMost)
        .map(
          ({ code, count, detail }) => markup`<li><b>${code}</b>${count > 1 && markup` × ${count}`}: ${detail}</li>`
        )}${result.warnings.length > warningsMost && markup`<li>and ${result.warnings.length - warningsMost} more</li>`}</ul></section>`

const header = ({ facts = [], result }: TearSheetInput, figure: FigureText): Markup => {
  const rows: Array<readonly [string, string | Markup]> = [
    ...result.strategies
      .slice(0, strategiesMost)
      .map(({ id, name, parameters, version }): readonly [string, string] => {
        const given = settingsOf(parameters).map(({ key, value }) => `${key} = ${value}`)
        return [
          result.strategies.length === 1 ? "Parameters" : `${id} (${name} v${version})`,
          given.length === 0 ? "none" : given.join(", ")
        ]
      }),
    ...(result.strategies.length > strategiesMost
      ? [["…", `and ${result.strategies.length - strategiesMost} more strategies`] as const]
      : []),
    ["Instruments", some(result.instruments, instrumentsShown(result.instruments))],
    [
      "Range",
      `${figure(result.from, "time")} to ${figure(result.to, "time")} UTC, ${figure(result.to - result.from, "duration")}`
    ],
    [
      "Events",
      `${figure(result.funnel.events, "count")}, ${figure(result.curve.timeUs.length, "count")} points of equity`
    ],
    ...facts,
    ["Seed", String(result.seed)],
    ["Hash", markup`<code>${result.hash}</code>`]
  ]
  const versions =
    result.strategies.length === 1 ? markup` <span class="dim">v${result.strategies[0]!.version}</span>` : ""
  const badge = result.kind === "event" ? "event-driven" : "vectorised"
  return markup`<header><div class="top"><h1>${runName(result)}${versions} <span class="badge${result.kind === "event" ? "" : " warn"}">${badge}</span></h1>${themeButton}</div>
<dl class="facts">${rows.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl></header>`
}

const assumptions = (result: BacktestResult): Markup => {
  const settings = settingsOf(result.assumptions)
  return markup`<h2 id="assumptions">Assumptions</h2><ul>${sentencesOf(result).map((sentence) => markup`<li>${sentence}</li>`)}</ul>${
    settings.length > 0 &&
    markup`<dl class="facts">${settings.map(({ name, value }) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`
  }`
}

/** The page as text; its size is bounded by what a report holds: at most 5 MB, whatever the length of the run. */
export const tearSheet = (input: TearSheetInput): string => {
  const { benchmark, metrics, result, tables = [] } = input
  const decimals = decimalsFor(result)
  const figure = figureText(decimals)
  const blocking = blockingStage(result)
  const sections = curveSections(result, benchmark, figure)
  const trades = tradeTable(result, figure, `${runName(result).replace(/[^\w.-]+/g, "-")}-trades.csv`)
  const profits = profitSection(result, figure)
  const places = [
    ["equity", "Equity"],
    ["returns", "Returns"],
    ["costs", "Costs"],
    ["trades", "Round trips"],
    ...(metrics.length > 0 ? [["figures", "All figures"]] : []),
    ["assumptions", "Assumptions"]
  ].filter(([id]) => id !== "returns" || sections.length > 1)
  const contents = markup`<nav aria-label="Contents">${places.map(([id, name]) => markup`<a href="#${id}">${name}</a>`)}</nav>`
  const body = markup`${header(input, figure)}
${
  blocking !== undefined &&
  markup`<section class="blocked" id="blocked"><h2>Why it did not trade: ${blocking.title}</h2><p>${blocking.cause}</p><p><b>What to do:</b> ${blocking.remedy}</p>${funnelList(result, figure)}</section>`
}${warningNotice(result)}${headline(result, metrics, figure)}${contents}
${sections.map((section) => section.markup)}
${tables.map((table) => reportTable(table, figure))}
<div class="two"><div>${costTable(result, figure)}</div>${blocking === undefined && markup`<div><h2 id="funnel">From event to fill</h2>${funnelList(result, figure)}</div>`}</div>
${partTable(result, "instrument", figure)}${result.strategies.length > 1 && partTable(result, "strategy", figure)}
<h2 id="trades">Round trips</h2>${result.trades.length === 0 ? markup`<p class="dim">There are none${blocking === undefined ? "" : ": see above"}.</p>` : [profits.markup, trades.markup]}
${metricTable(metrics, figure)}${assumptions(result)}
<footer>Outcry back-test report. Times are UTC. — marks a figure that cannot be given; its title says why.</footer>`
  return page({
    title: `${runName(result)}: Outcry back-test`,
    body,
    decimals,
    charts: Object.fromEntries(
      [...sections, profits].flatMap(({ charts }) => charts.map(([id, { data }]) => [id, data]))
    ),
    tables: result.trades.length === 0 ? {} : { trades: trades.data }
  })
}
