/**
 * Many parameters of one signal over the same bars: every distinct column is computed once, every run reuses the same
 * memory, and a run is exactly what it would be alone. Figures are kept in columns, one row a run.
 */
import type { BarColumns } from "@outcry/signals/BarColumns"
import type { SignalDefinition } from "@outcry/signals/Signal"
import type { RunSummary, RunWarning } from "../BacktestResult.ts"
import { type MetricName, metricNames, metricsRecord } from "../RunMetrics.ts"
import { RunRefused } from "../RunRefused.ts"
import { IndicatorColumns } from "./IndicatorColumns.ts"
import { type TermsGiven, termsOf } from "./RunTerms.ts"
import { type RowRange, SignalRunner } from "./SignalRunner.ts"

export type GridPoint = Readonly<Record<string, number | string | boolean>>

/** Parameters that the signal refuses, such as a fast average slower than the slow one: no run, and said. */
export interface GridRefusal {
  readonly index: number
  readonly parameters: GridPoint
  readonly reason: string
}

export interface GridGiven {
  readonly terms?: TermsGiven
  readonly range?: RowRange
  /** What the shared columns may take, in bytes. */
  readonly cacheBytesMax?: number
  /** A store over the same bars whose columns are to be used and added to. */
  readonly store?: IndicatorColumns
}

const width = metricNames.length
const noWarnings: ReadonlyArray<RunWarning> = []

export class GridResult {
  readonly points: ReadonlyArray<GridPoint>
  readonly refused: ReadonlyArray<GridRefusal>
  /** Of the bars and terms: they hold for every run. */
  readonly warnings: ReadonlyArray<RunWarning>
  /** Columns computed and reused. */
  readonly columns: { readonly computed: number; readonly reused: number; readonly bytes: number }
  private readonly values: Float64Array
  private readonly doubts: ReadonlyMap<number, ReadonlyArray<RunWarning>>

  constructor(
    points: ReadonlyArray<GridPoint>,
    values: Float64Array,
    refused: ReadonlyArray<GridRefusal>,
    warnings: ReadonlyArray<RunWarning>,
    doubts: ReadonlyMap<number, ReadonlyArray<RunWarning>>,
    columns: GridResult["columns"]
  ) {
    this.points = points
    this.values = values
    this.refused = refused
    this.warnings = warnings
    this.doubts = doubts
    this.columns = columns
  }

  /** One figure of every run, by index; NaN where it cannot be given or the run was refused. */
  metric(name: MetricName): Float64Array {
    const at = metricNames.indexOf(name)
    return Float64Array.from({ length: this.points.length }, (_, index) => this.values[index * width + at]!)
  }

  /** What a study keeps of a run; undefined where it was refused. */
  summary(index: number): RunSummary | undefined {
    const trades = this.values[index * width + metricNames.indexOf("trades")]!
    if (trades !== trades) return undefined
    const own = this.doubts.get(index) ?? noWarnings
    return {
      index,
      parameters: this.points[index]!,
      metrics: metricsRecord(this.values, index * width),
      trades,
      warnings: own.length === 0 ? this.warnings : [...this.warnings, ...own]
    }
  }

  /** Of every run that was not refused, in order. */
  summaries(): ReadonlyArray<RunSummary> {
    return this.points.flatMap((_, index) => this.summary(index) ?? [])
  }
}

/**
 * Runs the signal for every point. Parameters that it refuses are listed; throws RunRefused for bars, terms or a range that
 * nothing can run with, and what a rule throws.
 */
export const runGrid = <P>(
  definition: SignalDefinition<P>,
  points: ReadonlyArray<GridPoint>,
  bars: BarColumns,
  given: GridGiven = {}
): GridResult => {
  const store = given.store ?? new IndicatorColumns(bars, given.cacheBytesMax)
  const runner = new SignalRunner(definition, store, termsOf(given.terms))
  const values = new Float64Array(points.length * width).fill(Number.NaN)
  const refused: Array<GridRefusal> = []
  const doubts = new Map<number, ReadonlyArray<RunWarning>>()
  for (let index = 0; index < points.length; index++) {
    const parameters = points[index]!
    try {
      const own = runner.run(parameters, given.range)
      values.set(runner.metrics.values, index * width)
      if (own.length > 0) doubts.set(index, own)
    } catch (error) {
      if (!(error instanceof RunRefused) || !error.field.startsWith("parameters")) throw error
      refused.push({ index, parameters, reason: error.message })
    }
  }
  return new GridResult(points, values, refused, runner.warnings, doubts, store.stats())
}
