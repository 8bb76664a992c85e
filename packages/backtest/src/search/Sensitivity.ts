/**
 * How much each parameter matters in the runs of a search, and how a figure lies over two of them. For choosing what to look
 * at next, and for seeing whether the best run stands on a plateau or on a spike.
 */
import type { RunSummary } from "../BacktestResult.ts"
import type { Value } from "./ParameterSpace.ts"

export interface Importance {
  readonly parameter: string
  /**
   * Share of the figure's variance between the means of the parameter's values (η², one-way analysis of variance): 1 when it
   * alone decides, 0 when it does nothing on average. Shares need not add up to 1: what is left is interplay.
   */
  readonly share: number
}

/** Values are taken one by one up to here; more numbers than that go into as many bins of equal count. */
const levelsMax = 12

const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0) / values.length

const byValue = (a: Value, b: Value): number => {
  if (typeof a === "number" && typeof b === "number") return a - b
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0
}

/** Which group each run is in. */
const levelsOf = (values: ReadonlyArray<Value>): ReadonlyArray<number> => {
  const distinct = [...new Set(values)].toSorted(byValue)
  const place = new Map(distinct.map((value, at) => [value, at]))
  if (distinct.length <= levelsMax || !values.every((value) => typeof value === "number"))
    return values.map((value) => place.get(value)!)
  return values.map((value) => Math.floor((place.get(value)! * levelsMax) / distinct.length))
}

/** Of every parameter, largest first; runs without the figure are left out. */
export const importances = (summaries: ReadonlyArray<RunSummary>, metric: string): ReadonlyArray<Importance> => {
  const runs = summaries.filter(({ metrics }) => Number.isFinite(metrics[metric]))
  if (runs.length < 2) return []
  const figures = runs.map(({ metrics }) => metrics[metric]!)
  const centre = mean(figures)
  const total = figures.reduce((sum, figure) => sum + (figure - centre) ** 2, 0)
  return Object.keys(runs[0]!.parameters)
    .map((parameter) => {
      const levels = levelsOf(runs.map(({ parameters }) => parameters[parameter]!))
      const groups = Map.groupBy(figures.keys(), (at) => levels[at]!)
      let between = 0
      for (const members of groups.values())
        between += members.length * (mean(members.map((at) => figures[at]!)) - centre) ** 2
      return { parameter, share: total > 0 ? Math.min(1, between / total) : 0 }
    })
    .toSorted((a, b) => b.share - a.share || byValue(a.parameter, b.parameter))
}

export interface HeatMap {
  readonly x: ReadonlyArray<Value>
  readonly y: ReadonlyArray<Value>
  /** By row of `y` and column of `x`, over the runs that share both values; undefined where there is none. */
  readonly cells: ReadonlyArray<
    ReadonlyArray<
      { readonly mean: number; readonly low: number; readonly high: number; readonly count: number } | undefined
    >
  >
}

/** A figure over two parameters. */
export const heatMap = (summaries: ReadonlyArray<RunSummary>, metric: string, x: string, y: string): HeatMap => {
  const runs = summaries.filter(({ metrics }) => Number.isFinite(metrics[metric]))
  const axis = (name: string) => [...new Set(runs.map(({ parameters }) => parameters[name]!))].toSorted(byValue)
  const [xs, ys] = [axis(x), axis(y)]
  const cells = ys.map(() => xs.map((): Array<number> => []))
  const [column, row] = [new Map(xs.map((value, at) => [value, at])), new Map(ys.map((value, at) => [value, at]))]
  for (const { metrics, parameters } of runs)
    cells[row.get(parameters[y]!)!]![column.get(parameters[x]!)!]!.push(metrics[metric]!)
  const cell = (figures: ReadonlyArray<number>) =>
    figures.length === 0
      ? undefined
      : { mean: mean(figures), low: Math.min(...figures), high: Math.max(...figures), count: figures.length }
  return { x: xs, y: ys, cells: cells.map((line) => line.map(cell)) }
}
