/** Figures of a run on its page: those at its head, all with their definitions, and tables that came from elsewhere. */
import type { BacktestResult } from "../BacktestResult.ts"
import { absent, type FigureText, type Metric, type Unit } from "./Figure.ts"
import { type Markup, markup } from "./Markup.ts"

/** A table from elsewhere, such as the ranks of a study or the windows of a walk-forward. */
export interface ReportTable {
  readonly title: string
  readonly note?: string
  /** Without a unit a column holds text. */
  readonly columns: ReadonlyArray<{ readonly title: string; readonly unit?: Unit }>
  readonly rows: ReadonlyArray<ReadonlyArray<string | number | undefined>>
}

const headlineKeys = [
  "totalReturn",
  "cagr",
  "sharpe",
  "sortino",
  "maxDrawdown",
  "calmar",
  "volatility",
  "alpha",
  "winRate",
  "profitFactor",
  "trades",
  "exposure"
]

const signed = (unit: Unit, key: string): Unit =>
  key === "totalReturn" || key === "cagr" || key === "alpha" ? "change" : unit

export const headline = (result: BacktestResult, metrics: ReadonlyArray<Metric>, figure: FigureText): Markup => {
  const profit = result.equityEnd - result.equityStart
  const own = [
    { title: `Net profit, ${result.asset}`, value: profit, unit: "profit" as const, why: "", tone: profit },
    { title: `Equity at the end, ${result.asset}`, value: result.equityEnd, unit: "money" as const, why: "", tone: 0 }
  ]
  const named = headlineKeys.flatMap((key) => {
    const found = metrics.find((metric) => metric.key === key)
    if (found === undefined) return []
    const unit = signed(found.unit, key)
    return [
      {
        title: found.title,
        value: found.value,
        unit,
        why: found.why ?? found.definition,
        tone: unit === "change" ? (found.value ?? 0) : 0
      }
    ]
  })
  const cells = [...own, ...named].map(
    ({ title, tone, unit, value, why }) =>
      markup`<div title="${why}"><span>${title}</span><b class="${tone > 0 ? "good" : tone < 0 ? "bad" : ""}${figure(value, unit).length > 13 && " long"}">${figure(value, unit)}</b></div>`
  )
  return markup`<div class="heads">${cells}</div>`
}

export const metricTable = (metrics: ReadonlyArray<Metric>, figure: FigureText): Markup => {
  if (metrics.length === 0) return markup``
  const table = (rows: ReadonlyArray<Metric>): Markup =>
    markup`<div class="scroll"><table><tbody>${rows.map(
      ({ definition, source, title, unit, value, why }) =>
        markup`<tr><td>${title}<br><small class="dim">${definition}${source !== undefined && ` (${source})`}</small></td>${
          value === undefined || !Number.isFinite(value)
            ? markup`<td class="n none" title="${why ?? "It could not be computed for this run."}">${absent}${why !== undefined && markup`<br><small>${why}</small>`}</td>`
            : markup`<td class="n">${figure(value, unit)}</td>`
        }</tr>`
    )}</tbody></table></div>`
  const half = Math.ceil(metrics.length / 2)
  return markup`<h2 id="figures">All figures</h2><div class="two">${table(metrics.slice(0, half))}${table(metrics.slice(half))}</div>`
}

const rowsMost = 500

export const reportTable = ({ columns, note, rows, title }: ReportTable, figure: FigureText): Markup =>
  markup`<h2>${title}</h2>${note !== undefined && markup`<p class="dim">${note}</p>`}<div class="scroll" tabindex="0" role="region" aria-label="${title}"><table><thead><tr>${columns.map(
    (column) => markup`<th scope="col" class="${column.unit === undefined ? "" : "n"}">${column.title}</th>`
  )}</tr></thead><tbody>${rows.slice(0, rowsMost).map(
    (row) =>
      markup`<tr>${columns.map(({ unit }, at) => {
        const value = row[at]
        if (typeof value === "string") return markup`<td class="${unit === undefined ? "" : "n"}">${value}</td>`
        if (value === undefined || !Number.isFinite(value))
          return markup`<td class="n none" title="There is no such figure.">${absent}</td>`
        return markup`<td class="n">${figure(value, unit ?? "ratio")}</td>`
      })}</tr>`
  )}</tbody></table></div>${rows.length > rowsMost && markup`<p class="dim">The first ${rowsMost} of ${rows.length} rows.</p>`}`
