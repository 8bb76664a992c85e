/** A comparison as one self-contained page: curves over each other, figures, settings, and the first difference of decisions. */
import type { BacktestFill, BacktestOrder } from "../BacktestResult.ts"
import { type ComparedRun, type Comparison, compareRuns } from "./Comparison.ts"
import { asOf, drawdownsOf, pictured } from "./CurveFigures.ts"
import { absent, type FigureText, figureText, moneyDecimals, wordsOf } from "./Figure.ts"
import { type Chart, type Curve, lineChart } from "./LineChart.ts"
import { type Markup, markup } from "./Markup.ts"
import { page, themeButton } from "./Page.ts"
import { strokes } from "./Palette.ts"
import type { FirstDifference, ListDifference } from "./RunDifference.ts"

/** Curves begin together at 1, so that runs with different equity can be laid over each other. */
const curves = (runs: ReadonlyArray<ComparedRun>, comparison: Comparison): Chart | undefined => {
  const all = [...new Set(runs.flatMap(({ result }) => result.curve.timeUs))].toSorted((one, other) => one - other)
  if (all.length < 2) return undefined
  const growth = runs.map(({ result: { curve } }) => {
    const first = curve.equity[0] ?? Number.NaN
    return asOf(all, curve.timeUs, curve.equity).map((value) => value / first)
  })
  // Of many runs the extremes of each are left out: the page would grow with their square.
  const kept = growth.length <= 4 ? pictured(all, growth, 300) : pictured(all, [], 400)
  const drawn = (series: ReadonlyArray<ReadonlyArray<number>>, unit: Curve["unit"]): ReadonlyArray<Curve> =>
    series.map((values, place) => ({
      title: comparison.runs[place]!.name,
      unit,
      values: kept.map((at) => values[at]!),
      colour: strokes[place % strokes.length]!
    }))
  const drawdowns = growth.map((values) => {
    const start = values.findIndex(Number.isFinite)
    return [...values.slice(0, Math.max(0, start)), ...drawdownsOf(values.slice(Math.max(0, start)))]
  })
  return lineChart(
    "growth",
    `Growth of one unit of equity in ${runs.length} runs, with their drawdowns beneath.`,
    kept.map((at) => all[at]!),
    [
      { title: "Growth of 1", height: "tall", curves: drawn(growth, "ratio") },
      { title: "Drawdown", height: "middle", base: 0, curves: drawn(drawdowns, "percent") }
    ]
  )
}

const heads = ({ runs }: Comparison, numeric: boolean): ReadonlyArray<Markup> =>
  runs.map(({ name }) => markup`<th scope="col" class="${numeric ? "n" : ""}">${name}</th>`)

const metricRows = (comparison: Comparison, figure: FigureText): Markup =>
  markup`<h2>Figures</h2><div class="scroll" tabindex="0" role="region" aria-label="Figures"><table><thead><tr><th scope="col">Figure</th>${heads(comparison, true)}</tr></thead><tbody>${comparison.metrics.map(
    ({ best, definition, title, unit, values }) =>
      markup`<tr><th scope="row" title="${definition}">${title}</th>${values.map((value, place) =>
        value === null
          ? markup`<td class="n none" title="This run has no such figure.">${absent}</td>`
          : markup`<td class="n${best.includes(place) ? " best" : ""}">${best.includes(place) && "★ "}${figure(value, unit)}</td>`
      )}</tr>`
  )}</tbody></table></div><p class="dim">★ best of the runs by that figure.</p>`

const settingRows = (comparison: Comparison): Markup =>
  comparison.settings.length === 0
    ? markup`<h2>Settings</h2><p class="dim">The runs were made with equal parameters and assumptions.</p>`
    : markup`<h2>Settings that differ</h2><div class="scroll" tabindex="0" role="region" aria-label="Settings that differ"><table><thead><tr><th scope="col">Setting</th>${heads(comparison, false)}</tr></thead><tbody>${comparison.settings.map(
        ({ name, values }) =>
          markup`<tr><th scope="row"><code>${name}</code></th>${values.map((value) => markup`<td>${value}</td>`)}</tr>`
      )}</tbody></table></div>`

const orderColumns = [
  "timeIntent",
  "strategy",
  "instrument",
  "side",
  "type",
  "priceTicks",
  "lots",
  "status",
  "reason",
  "filledLots"
] as const
const fillColumns = [
  "timeUs",
  "strategy",
  "instrument",
  "side",
  "price",
  "quantity",
  "fee",
  "liquidity",
  "priceTicks",
  "lots"
] as const

const firstTable = <R extends BacktestOrder | BacktestFill>(
  first: FirstDifference<R>,
  columns: ReadonlyArray<keyof R & string>,
  names: readonly [string, string],
  figure: FigureText
): Markup => {
  const shown = (value: unknown, column: string): string =>
    typeof value === "number" ? (column.startsWith("time") ? figure(value, "time") : String(value)) : String(value)
  const row = (who: string, of: R | undefined, marked: boolean): Markup =>
    of === undefined
      ? markup`<tr><th scope="row">${who}</th><td class="other" colspan="${columns.length}">has no more</td></tr>`
      : markup`<tr><th scope="row">${who}</th>${columns.map((column) => markup`<td class="${marked && first.fields.includes(column) ? "w other" : "w"}">${shown(of[column], column)}</td>`)}</tr>`
  const after = [
    ...first.leftAfter.map((each) => row(`${names[0]}, next`, each, false)),
    ...first.rightAfter.map((each) => row(`${names[1]}, next`, each, false))
  ]
  return markup`<div class="scroll diff" tabindex="0" role="region" aria-label="First difference"><table><thead><tr><th></th>${columns.map((column) => markup`<th scope="col">${wordsOf(column)}</th>`)}</tr></thead><tbody>${first.before.map((each) => row("both", each, false))}${row(names[0], first.left, true)}${row(names[1], first.right, true)}${after}</tbody></table></div>`
}

const counted = <R extends BacktestOrder | BacktestFill>(
  of: ListDifference<R>,
  what: string,
  names: readonly [string, string]
): string =>
  `${of.common} ${what} are in both, ${of.leftOnly} only in ${names[0]}, ${of.rightOnly} only in ${names[1]}.`

const differenceSections = (comparison: Comparison, figure: FigureText): ReadonlyArray<Markup> =>
  comparison.differences.map(({ decisions, equal, fills, left, outcome, right }) => {
    const names = [left, right] as const
    if (equal)
      return markup`<h2>${left} and ${right}, decision by decision</h2><p class="good">All ${decisions.left} orders and ${fills.left} fills are equal.</p>`
    const part = (title: string, note: string, body: Markup | undefined): Markup =>
      markup`<h3>${title}</h3><p>${note}</p>${body}`
    return markup`<h2>${left} and ${right}, decision by decision</h2>${part(
      "Orders",
      counted(decisions, "orders", names) +
        (decisions.first === undefined
          ? " Every decision is the same."
          : ` The first difference is order ${decisions.first.at + 1}.`),
      decisions.first && firstTable(decisions.first, orderColumns, names, figure)
    )}${outcome !== undefined && part("What became of them", `Before that, order ${outcome.at + 1} was decided alike and ended otherwise.`, firstTable(outcome, orderColumns, names, figure))}${part(
      "Fills",
      counted(fills, "fills", names) +
        (fills.first === undefined ? " They are equal." : ` The first difference is fill ${fills.first.at + 1}.`),
      fills.first && firstTable(fills.first, fillColumns, names, figure)
    )}`
  })

/** Of two runs or more; a RangeError otherwise. */
export const comparisonPage = (runs: ReadonlyArray<ComparedRun>): string => {
  const comparison = compareRuns(runs)
  const decimals = { money: moneyDecimals(runs[0]!.result.equityStart), price: 8, quantity: 8 }
  const figure = figureText(decimals)
  const chart = curves(runs, comparison)
  const title = `Comparison of ${comparison.runs.map(({ name }) => name).join(", ")}`
  const list = comparison.runs.map(
    ({ from, hash, kind, name, title: strategy, to, warnings }) =>
      markup`<tr><th scope="row">${name}</th><td>${strategy}</td><td>${kind === "event" ? "event-driven" : "vectorised"}</td><td class="w">${figure(from, "date")} to ${figure(to, "date")}</td><td class="n${warnings > 0 ? " warn" : ""}">${warnings}</td><td><code>${hash.slice(0, 12)}</code></td></tr>`
  )
  const body = markup`<header><div class="top"><h1>${title}</h1>${themeButton}</div></header>${
    comparison.cautions.length > 0 &&
    markup`<section class="notice"><h2>What to doubt</h2><ul>${comparison.cautions.map((caution) => markup`<li>${caution}</li>`)}</ul></section>`
  }<h2>Runs</h2><div class="scroll" tabindex="0" role="region" aria-label="Runs"><table><thead><tr><th></th><th scope="col">Strategy</th><th scope="col">Kind</th><th scope="col">Range</th><th class="n" scope="col">Warnings</th><th scope="col">Hash</th></tr></thead><tbody>${list}</tbody></table></div>
${chart !== undefined && markup`<h2>Curves</h2>${chart.markup}`}${metricRows(comparison, figure)}${settingRows(comparison)}${differenceSections(comparison, figure)}
<footer>Outcry comparison of back-tests. Times are UTC. — marks a figure that a run does not have.</footer>`
  return page({ title, body, decimals, charts: chart === undefined ? {} : { growth: chart.data }, tables: {} })
}
