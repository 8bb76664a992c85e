/** Returns by month and year as a table shaded by size, and the deepest drawdowns. */
import { monthName } from "./Axis.ts"
import type { DrawdownSpan, YearReturns } from "./CurveFigures.ts"
import { absent, type FigureText } from "./Figure.ts"
import { type Markup, markup } from "./Markup.ts"

/** Share of good or bad that is mixed into a cell's ground, at most; a test holds the text on it readable. */
export const heatMost = 40

const cell = (value: number | undefined, scale: number, why: string, figure: FigureText, kind: string): Markup => {
  if (value === undefined || !Number.isFinite(value))
    return markup`<td class="none${kind}" title="${why}">${absent}</td>`
  const share = Math.round(Math.min(1, Math.abs(value) / scale) * heatMost)
  const tone = value < 0 ? "bad" : "good"
  return markup`<td class="${kind.trim()}" style="background:color-mix(in srgb,var(--${tone}) ${share}%,transparent)">${figure(value, "change")}</td>`
}

export const monthlyTable = (years: ReadonlyArray<YearReturns>, figure: FigureText): Markup => {
  const sizes = years
    .flatMap(({ months }) => months.map((value) => Math.abs(value ?? Number.NaN)))
    .filter(Number.isFinite)
    .toSorted((one, other) => one - other)
  const scale = sizes[Math.floor((sizes.length - 1) * 0.95)] || 1
  const heads = Array.from({ length: 12 }, (_, month) => markup`<th class="n" scope="col">${monthName(month)}</th>`)
  const rows = years.map(
    ({ months, total, year }) =>
      markup`<tr><th scope="row">${year}</th>${months.map((value) => cell(value, scale, "The run has no value in this month.", figure, ""))}${cell(total, scale * 3, "The year began with no equity.", figure, " total")}</tr>`
  )
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="Returns by month"><table class="heat"><thead><tr><th scope="col">Year</th>${heads}<th class="n" scope="col">Year</th></tr></thead><tbody>${rows}</tbody></table></div>`
}

export const drawdownTable = (spans: ReadonlyArray<DrawdownSpan>, end: number, figure: FigureText): Markup => {
  if (spans.length === 0) return markup`<p class="dim">Equity never fell below an earlier high.</p>`
  const withTimes = spans.every(({ from, lowest }) => lowest - from < 86_400e6 * 2)
  const unit = withTimes ? "time" : "date"
  const rows = spans.map(({ depth, from, lowest, until }, place) => {
    const back =
      until === undefined
        ? markup`<td class="w warn" title="It had not recovered when the run ended.">not yet</td>`
        : markup`<td class="w">${figure(until, unit)}</td>`
    return markup`<tr><td class="n dim">${place + 1}</td><td class="n bad">${figure(depth, "change")}</td><td class="w">${figure(from, unit)}</td><td class="w">${figure(lowest, unit)}</td>${back}<td class="n">${figure(lowest - from, "duration")}</td><td class="n">${figure((until ?? end) - from, "duration")}${until === undefined && "+"}</td></tr>`
  })
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="Deepest drawdowns"><table><thead><tr><th></th><th class="n" scope="col">Depth</th><th scope="col">High</th><th scope="col">Lowest</th><th scope="col">Recovered</th><th class="n" scope="col">Fell for</th><th class="n" scope="col">Under water</th></tr></thead><tbody>${rows}</tbody></table></div>`
}
