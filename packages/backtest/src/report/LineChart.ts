/**
 * Curves over time as inline SVG: panels above each other that share their times. The drawing is stretched to the width
 * there is, strokes and labels are not; labels are HTML beside it, so that they stay readable on a phone.
 *
 * `ChartData` goes into the page: its script reads from it what stands under the pointer.
 */
import { linearScale, logScale, type Scale, timeTicks } from "./Axis.ts"
import type { Unit } from "./Figure.ts"
import { type Markup, markup, Markup as Raw } from "./Markup.ts"
import { strokes } from "./Palette.ts"

export interface Curve {
  readonly title: string
  readonly unit: Unit
  readonly values: ReadonlyArray<number>
  readonly filled?: boolean
  /** Colour; by its place among the curves of its panel otherwise. */
  readonly colour?: string
}

export interface Panel {
  readonly title: string
  readonly height: "tall" | "middle" | "low"
  readonly curves: ReadonlyArray<Curve>
  /** A line across at this value, which the panel then shows. */
  readonly base?: number
  /** Equal factors as equal distances; taken only where all values are above 0. */
  readonly log?: boolean
  readonly marks?: ReadonlyArray<Mark>
}

/** A span of time that is shaded, and what to call it. */
export interface Mark {
  readonly from: number
  readonly to: number
  readonly title: string
}

export interface ChartData {
  /** Fractions of the width, to four decimals. */
  readonly x: ReadonlyArray<number>
  /** What the tooltip is headed with: epoch µs, or texts. */
  readonly heads: ReadonlyArray<number | string>
  readonly series: ReadonlyArray<{
    readonly title: string
    readonly unit: Unit
    readonly colour: string
    readonly values: ReadonlyArray<number | null>
  }>
}

export interface Chart {
  readonly markup: Markup
  readonly data: ChartData
}

export const round = (value: number, decimals: number): number => Number(value.toFixed(decimals))
export const percent = (place: number): string => `${round(place * 100, 2)}%`

const path = (x: ReadonlyArray<number>, values: ReadonlyArray<number>, scale: Scale): string => {
  let text = ""
  let drawing = false
  values.forEach((value, at) => {
    if (!Number.isFinite(value)) {
      drawing = false
      return
    }
    text += `${drawing ? "L" : "M"}${round(x[at]! * 1000, 1)} ${round(scale.placeOf(value) * 100, 2)}`
    drawing = true
  })
  return text
}

const colourOf = (curve: Curve, at: number): string => curve.colour ?? strokes[at % strokes.length]!

export const valueLabels = (scale: Scale): ReadonlyArray<Markup> =>
  scale.ticks.map(({ at, label }) => markup`<span class="y" style="top:${percent(at)}">${label}</span>`)

export const gridLines = (scale: Scale): ReadonlyArray<Markup> =>
  scale.ticks.map(
    ({ at }) => markup`<line class="grid" x1="0" x2="1000" y1="${round(at * 100, 2)}" y2="${round(at * 100, 2)}"/>`
  )

const panelMarkup = (panel: Panel, x: ReadonlyArray<number>, from: number, to: number): Markup => {
  const values = panel.curves.flatMap((curve) => curve.values)
  const unit = panel.curves[0]!.unit
  const positive = values.every((value) => !Number.isFinite(value) || value > 0)
  const scale =
    panel.log === true && positive
      ? logScale(values, unit)
      : linearScale(values, unit, panel.base === undefined ? [] : [panel.base])
  const shaded = (panel.marks ?? []).map(({ from: start, title, to: end }) => {
    const left = round(((start - from) / (to - from)) * 1000, 1)
    return markup`<rect class="mark" x="${left}" y="0" width="${round(((end - start) / (to - from)) * 1000, 1)}" height="100"><title>${title}</title></rect>`
  })
  const drawn = panel.curves.map((curve, at) => {
    const line = path(x, curve.values, scale)
    const colour = colourOf(curve, at)
    const foot = round((panel.base === undefined ? 1 : scale.placeOf(panel.base)) * 100, 2)
    const area =
      curve.filled === true && line !== "" && !line.slice(1).includes("M")
        ? markup`<path class="area ${colour}" d="${line}L${round(x.at(-1)! * 1000, 1)} ${foot}L${round(x[0]! * 1000, 1)} ${foot}Z"/>`
        : ""
    return [area, markup`<path class="curve ${colour}" d="${line}"/>`]
  })
  const base =
    panel.base === undefined
      ? ""
      : markup`<line class="base" x1="0" x2="1000" y1="${round(scale.placeOf(panel.base) * 100, 2)}" y2="${round(scale.placeOf(panel.base) * 100, 2)}"/>`
  const legend = panel.curves.map(
    (curve, at) => markup`<span class="key"><i class="${colourOf(curve, at)}"></i>${curve.title}</span>`
  )
  return markup`<div class="legend"><b>${panel.title}</b>${panel.curves.length > 1 && legend}${panel.log === true && positive && markup`<span class="dim">logarithmic</span>`}</div><div class="panel ${panel.height}"><svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">${gridLines(scale)}${shaded}${base}${drawn}</svg>${valueLabels(scale)}</div>`
}

/** Of every four labels of times a narrow screen shows two. */
export const placedLabels = (ticks: ReadonlyArray<{ readonly at: number; readonly label: string }>): Markup => {
  const thin = ticks.length > 5
  const shown = ticks.filter(({ at }) => at > 0.015 && at < 0.985)
  return markup`<div class="times" aria-hidden="true">${shown.map(({ at, label }, place) => markup`<span${new Raw(thin && place % 2 === 1 ? ' class="minor"' : "")} style="left:${percent(at)}">${label}</span>`)}</div>`
}

/** `summary` is what a reader who does not see it is told. */
export const lineChart = (
  id: string,
  summary: string,
  timeUs: ReadonlyArray<number>,
  panels: ReadonlyArray<Panel>
): Chart => {
  const [from, to] = [timeUs[0] ?? 0, timeUs.at(-1) ?? 0]
  const span = to > from ? to - from : 1
  const x = timeUs.map((time) => round((time - from) / span, 4))
  const plotted = panels.filter(({ curves }) => curves.length > 0)
  return {
    markup: markup`<figure class="chart" data-chart="${id}" tabindex="0" role="group" aria-label="${`${summary} Arrow keys move along it.`}"><div class="plot">${plotted.map((panel) => panelMarkup(panel, x, from, from + span))}<div class="cross" hidden></div></div>${placedLabels(timeTicks(from, to, 10))}<div class="tip" role="status" hidden></div></figure>`,
    data: {
      x,
      heads: timeUs,
      series: plotted.flatMap(({ curves }) =>
        curves.map((curve, at) => ({
          title: curve.title,
          unit: curve.unit,
          colour: colourOf(curve, at),
          values: curve.values.map((value) => (Number.isFinite(value) ? Number(value.toPrecision(8)) : null))
        }))
      )
    }
  }
}
