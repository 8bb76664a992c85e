/**
 * Computes a feature set over bars: a column a feature, a row a bar. A row uses its bar and bars before it, and is known
 * when its bar closes, at `timeOpen + intervalUs`. Smaller bars are first put together to the set's interval.
 */
import { indicatorNamed } from "@outcry/indicators/Registry"
import type { BarColumns } from "@outcry/signals/BarColumns"
import type { Dataset } from "../data/Dataset.ts"
import { resampled } from "../data/Resample.ts"
import { barFields, type calendarFields, type Feature, type FeatureSet } from "./FeatureSet.ts"
import { FeatureSetRefused } from "./FeatureSetRefused.ts"
import { differences, lagged, ranks, ratios, returns, zScores } from "./RollingColumn.ts"

export interface FeatureTable {
  readonly set: string
  readonly instrument: string
  readonly intervalUs: number
  /** Epoch µs of each row's bar. */
  readonly timeOpen: Float64Array
  /** By the features' names, without the hidden ones; NaN where there is no value. */
  readonly columns: Readonly<Record<string, Float64Array>>
}

/** Throws a FeatureSetRefused where the bars are of another instrument or of no interval that fits. */
export const featureTable = (set: FeatureSet, bars: BarColumns): FeatureTable => {
  const refuse = (field: string, reason: string, remedy: string): never => {
    throw new FeatureSetRefused({ set: set.name, feature: "", field, reason, remedy })
  }
  if (bars.instrument !== set.instrument) {
    refuse("instrument", `the bars are of ${bars.instrument}, the set of ${set.instrument}`, "Give the set's own bars.")
  }
  if (!(bars.intervalUs > 0) || set.intervalUs % bars.intervalUs !== 0) {
    const reason = `the bars last ${bars.intervalUs / 1e6} s, the set's ${set.intervalUs / 1e6} s`
    refuse("intervalUs", reason, "Give bars of the set's interval, or of a part of it.")
  }
  const own = bars.intervalUs === set.intervalUs ? bars : resampled(bars, set.intervalUs)
  const known = new Map<string, Float64Array>(barFields.map((field) => [field, own[field]]))
  const columns: Record<string, Float64Array> = {}
  for (const [name, feature] of Object.entries(set.features)) {
    const column = columnOf(feature, own, known)
    known.set(name, column)
    if (feature.hidden !== true) columns[name] = column
  }
  const { instrument, intervalUs, timeOpen } = own
  return { set: set.name, instrument, intervalUs, timeOpen, columns }
}

const columnOf = (feature: Feature, bars: BarColumns, known: ReadonlyMap<string, Float64Array>): Float64Array => {
  const source = (name: string): Float64Array => known.get(name)!
  switch (feature.kind) {
    case "indicator": {
      const { inputs, make, outputs } = indicatorNamed(feature.indicator)
      const sources = feature.of ?? inputs.map((input) => (input === "value" ? "close" : input))
      const results = make(feature.given).batch(sources.map(source))
      return results[feature.output === undefined ? 0 : outputs.indexOf(feature.output)]!
    }
    case "return":
      return returns(source(feature.of ?? "close"), feature.rows, feature.log === true)
    case "lag":
      return lagged(source(feature.of), feature.rows)
    case "zscore":
      return zScores(source(feature.of), feature.rows)
    case "rank":
      return ranks(source(feature.of), feature.rows)
    case "ratio":
      return ratios(source(feature.of), source(feature.by))
    case "difference":
      return differences(source(feature.of), source(feature.by))
    case "calendar":
      return bars.timeOpen.map((time) => calendarOf(feature.field, time))
  }
}

const minuteUs = 60_000_000

const calendarOf = (field: (typeof calendarFields)[number], time: number): number => {
  const date = new Date(Math.floor(time / 1_000))
  switch (field) {
    case "minuteOfDay":
      return Math.floor((time % (1_440 * minuteUs)) / minuteUs)
    case "hour":
      return date.getUTCHours()
    case "weekday":
      return date.getUTCDay() === 0 ? 7 : date.getUTCDay()
    case "dayOfMonth":
      return date.getUTCDate()
    case "month":
      return date.getUTCMonth() + 1
  }
}

/** As a data set, to be stored: the columns beside `timeOpen`. */
export const datasetOfFeatures = ({ columns, instrument, intervalUs, timeOpen }: FeatureTable): Dataset => ({
  kind: "features",
  instruments: [instrument],
  intervalUs,
  timeColumn: "timeOpen",
  columns: { timeOpen, ...columns }
})
