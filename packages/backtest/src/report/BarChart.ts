/** Bars as inline SVG, stretched as the curves are: of years side by side, or of a distribution. */
import { linearScale } from "./Axis.ts"
import { roundStep } from "./CurveFigures.ts"
import { axisText, type Unit } from "./Figure.ts"
import { type Chart, gridLines, placedLabels, round, valueLabels } from "./LineChart.ts"
import { markup } from "./Markup.ts"

export interface BarSeries {
  readonly title: string
  /** Class of its bars: a colour, or "signed" for good above 0 and bad below. */
  readonly colour: string
  readonly values: ReadonlyArray<number | undefined>
  /** Classes of single bars, in place of `colour`. */
  readonly tones?: ReadonlyArray<string>
}

export interface Bars {
  readonly id: string
  readonly title: string
  readonly summary: string
  readonly unit: Unit
  /** What each group of bars is headed with in its tooltip. */
  readonly heads: ReadonlyArray<string>
  /** Labels beneath, at fractions of the width. */
  readonly labels: ReadonlyArray<{ readonly at: number; readonly label: string }>
  readonly series: ReadonlyArray<BarSeries>
  /** Share of a group's width that is left free. */
  readonly gap: number
}

const colourAt = (series: BarSeries, value: number): string =>
  series.colour === "signed" ? (value < 0 ? "bad" : "good") : series.colour

export const barChart = (bars: Bars): Chart => {
  const { heads, series } = bars
  const values = series.flatMap((each) => each.values.filter((value) => value !== undefined))
  const scale = linearScale(values, bars.unit, [0])
  const zero = round(scale.placeOf(0) * 100, 2)
  const group = 1000 / heads.length
  const width = (group * (1 - bars.gap)) / series.length
  const drawn = series.flatMap((each, inGroup) =>
    each.values.map((value, at) => {
      if (value === undefined || !Number.isFinite(value) || value === 0) return ""
      const top = round(scale.placeOf(value) * 100, 2)
      const left = round(group * at + (group * bars.gap) / 2 + width * inGroup, 1)
      return markup`<rect class="bar ${each.tones?.[at] ?? colourAt(each, value)}" x="${left}" y="${Math.min(top, zero)}" width="${round(width, 1)}" height="${round(Math.max(0.4, Math.abs(top - zero)), 2)}"/>`
    })
  )
  const legend = series.map(
    (each) => markup`<span class="key"><i class="${colourAt(each, 1)}"></i>${each.title}</span>`
  )
  return {
    markup: markup`<figure class="chart" data-chart="${bars.id}" tabindex="0" role="group" aria-label="${`${bars.summary} Arrow keys move along it.`}"><div class="plot"><div class="legend"><b>${bars.title}</b>${series.length > 1 && legend}</div><div class="panel middle"><svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">${gridLines(scale)}${drawn}<line class="base" x1="0" x2="1000" y1="${zero}" y2="${zero}"/></svg>${valueLabels(scale)}</div><div class="cross" hidden></div></div>${placedLabels(bars.labels)}<div class="tip" role="status" hidden></div></figure>`,
    data: {
      x: heads.map((_, at) => round((at + 0.5) / heads.length, 4)),
      heads,
      series: series.map((each) => ({
        title: each.title,
        unit: bars.unit,
        colour: each.colour === "signed" ? "text" : each.colour,
        values: each.values.map((value) => (value === undefined || !Number.isFinite(value) ? null : value))
      }))
    }
  }
}

/** Round values beneath a distribution that begins at `from` and ends at `to`. */
export const valueTicks = (from: number, to: number, unit: Unit): Bars["labels"] => {
  const step = roundStep((to - from) / 8)
  const first = Math.ceil(from / step)
  return Array.from({ length: Math.max(0, Math.floor(to / step) - first + 1) }, (_, at) => ({
    at: ((first + at) * step - from) / (to - from),
    label: axisText((first + at) * step, unit)
  }))
}

/** Places of the middles of groups, for labels beneath them; at most `most` of them. */
export const groupLabels = (labels: ReadonlyArray<string>, most: number): Bars["labels"] => {
  const every = Math.ceil(labels.length / most)
  return labels.flatMap((label, at) => (at % every === 0 ? [{ at: (at + 0.5) / labels.length, label }] : []))
}
