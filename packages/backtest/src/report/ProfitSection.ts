/** How the profits of round trips are distributed, and how long and short ones did. */
import type { BacktestResult, RoundTrip } from "../BacktestResult.ts"
import { barChart, valueTicks } from "./BarChart.ts"
import { histogramOf } from "./CurveFigures.ts"
import type { Section } from "./CurveSection.ts"
import { absent, type FigureText } from "./Figure.ts"
import { type Markup, markup } from "./Markup.ts"

const sum = (trades: ReadonlyArray<RoundTrip>): number => trades.reduce((total, { profit }) => total + profit, 0)

const sideRow = (name: string, trades: ReadonlyArray<RoundTrip>, figure: FigureText): Markup => {
  const won = trades.filter(({ profit }) => profit > 0)
  const lost = trades.filter(({ profit }) => profit < 0)
  const cell = (value: number | undefined, unit: "percent" | "profit", why: string): Markup =>
    value === undefined
      ? markup`<td class="n none" title="${why}">${absent}</td>`
      : markup`<td class="n${unit === "profit" && value !== 0 && (value < 0 ? " bad" : " good")}">${figure(value, unit)}</td>`
  const mean = (of: ReadonlyArray<RoundTrip>): number | undefined => (of.length === 0 ? undefined : sum(of) / of.length)
  return markup`<tr><th scope="row">${name}</th><td class="n">${figure(trades.length, "count")}</td>${cell(trades.length === 0 ? undefined : won.length / trades.length, "percent", "There are none of them.")}${cell(mean(won), "profit", "None of them won.")}${cell(mean(lost), "profit", "None of them lost.")}${cell(sum(trades), "profit", "")}</tr>`
}

/** Empty where there are no round trips. */
export const profitSection = (result: BacktestResult, figure: FigureText): Section => {
  const { trades } = result
  if (trades.length === 0) return { markup: markup``, charts: [] }
  const [long, short] = [trades.filter(({ side }) => side === "buy"), trades.filter(({ side }) => side === "sell")]
  const table = markup`<div class="scroll" tabindex="0" role="region" aria-label="Long and short"><table><thead><tr><th></th><th class="n" scope="col">Round trips</th><th class="n" scope="col">Won</th><th class="n" scope="col">Mean win</th><th class="n" scope="col">Mean loss</th><th class="n" scope="col">Profit, ${result.asset}</th></tr></thead><tbody>${sideRow("Long", long, figure)}${sideRow("Short", short, figure)}${sideRow("All", trades, figure)}</tbody></table></div>`
  const histogram = histogramOf(
    trades.map(({ profit }) => profit),
    40
  )
  if (histogram === undefined) return { markup: table, charts: [] }
  const { counts, from, width } = histogram
  const edges = counts.map((_, bin) => from + bin * width)
  const chart = barChart({
    id: "profits",
    title: `Profit of round trips, ${result.asset}: how many`,
    summary: `Distribution of the profits of ${trades.length} round trips.`,
    unit: "count",
    heads: edges.map((edge) => `${figure(edge, "profit")} to ${figure(edge + width, "profit")}`),
    labels: valueTicks(from, from + counts.length * width, "money"),
    gap: 0.08,
    series: [
      {
        title: "Count",
        colour: "good",
        tones: edges.map((edge) => (edge + width / 2 < 0 ? "bad" : "good")),
        values: counts
      }
    ]
  })
  return {
    markup: markup`<div class="two"><div>${chart.markup}</div><div>${table}</div></div>`,
    charts: [["profits", chart]]
  }
}
