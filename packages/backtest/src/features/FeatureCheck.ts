/**
 * Checks computed features before anything is learnt from them: missing and infinite values, coverage, constant columns, and
 * whether a row changes when later bars are taken away, which would mean that it looks ahead.
 */
import { SeededRandom } from "@outcry/model/SeededRandom"
import type { BarColumns } from "@outcry/signals/BarColumns"
import { slice } from "../data/BarRows.ts"
import type { FeatureTable } from "./FeatureTable.ts"

export interface ColumnProfile {
  readonly name: string
  readonly rows: number
  /** Rows with a number. */
  readonly finite: number
  /** Rows that are NaN before the first value: the warm-up, which is no fault. */
  readonly warmup: number
  /** Rows that are NaN after it. */
  readonly missing: number
  readonly infinite: number
  /** Numbers ÷ rows after the warm-up, 0 to 1; 0 where there is none. */
  readonly coverage: number
  /** Of the numbers; NaN where there is none. */
  readonly min: number
  readonly max: number
  readonly mean: number
  /** Of the sample; NaN for fewer than two. */
  readonly deviation: number
}

export const featureFaults = ["empty", "infinite", "coverage", "constant", "lookAhead"] as const

export interface FeatureFinding {
  readonly code: (typeof featureFaults)[number]
  readonly column: string
  /** The first row it concerns, from 0. */
  readonly row: number
  readonly count: number
  readonly detail: string
  readonly remedy: string
}

export interface FeatureReport {
  readonly columns: ReadonlyArray<ColumnProfile>
  readonly findings: ReadonlyArray<FeatureFinding>
}

/** `coverageMin`: the least coverage without a finding; default 0.99. */
export const inspectFeatures = (table: FeatureTable, { coverageMin = 0.99 } = {}): FeatureReport => {
  const columns = Object.entries(table.columns).map(([name, values]) => profileOf(name, values))
  const findings = columns.flatMap((profile) => findingsOf(profile, table.columns[profile.name]!, coverageMin))
  return { columns, findings }
}

const profileOf = (name: string, values: Float64Array): ColumnProfile => {
  let warmup = 0
  while (warmup < values.length && Number.isNaN(values[warmup])) warmup++
  let [finite, missing, infinite, mean, squares] = [0, 0, 0, 0, 0]
  let [min, max] = [Number.NaN, Number.NaN]
  for (let row = warmup; row < values.length; row++) {
    const value = values[row]!
    if (Number.isNaN(value)) missing += 1
    else if (!Number.isFinite(value)) infinite += 1
    else {
      // Welford's recurrence (Technometrics 4, 1962), which large means do not spoil.
      finite += 1
      const distance = value - mean
      mean += distance / finite
      squares += distance * (value - mean)
      min = finite === 1 ? value : Math.min(min, value)
      max = finite === 1 ? value : Math.max(max, value)
    }
  }
  const rows = values.length
  return {
    name,
    rows,
    finite,
    warmup,
    missing,
    infinite,
    coverage: finite === 0 ? 0 : finite / (rows - warmup),
    min,
    max,
    mean: finite === 0 ? Number.NaN : mean,
    deviation: finite < 2 ? Number.NaN : Math.sqrt(squares / (finite - 1))
  }
}

const findingsOf = (
  { coverage, finite, infinite, max, min, missing, name, rows, warmup }: ColumnProfile,
  values: Float64Array,
  coverageMin: number
): ReadonlyArray<FeatureFinding> => {
  const found: Array<FeatureFinding> = []
  const add = (code: FeatureFinding["code"], row: number, count: number, detail: string, remedy: string) =>
    found.push({ code, column: name, row, count, detail, remedy })
  if (infinite > 0) {
    const row = values.findIndex((value) => !Number.isFinite(value) && !Number.isNaN(value))
    add("infinite", row, infinite, `${infinite} values are infinite`, "Divide by something that is never 0.")
  }
  if (finite === 0) {
    const remedy = "Give more bars than the longest window, or look at what it reads."
    add("empty", 0, rows, `none of ${rows} rows has a value`, remedy)
    return found
  }
  if (coverage < coverageMin) {
    const row = values.findIndex((value, at) => at >= warmup && !Number.isFinite(value))
    const detail = `${missing + infinite} of ${rows - warmup} rows after the warm-up have no number`
    add("coverage", row, missing + infinite, detail, "Look at gaps in the bars, or leave the feature out.")
  }
  if (min === max) {
    add("constant", warmup, finite, `every value is ${min}`, "Leave it out: it tells nothing.")
  }
  return found
}

export interface LookAheadOptions {
  /** Places at which the bars are cut; default 20. */
  readonly cuts?: number
  /** Where they are is drawn from this; default 1. */
  readonly seed?: number
}

/**
 * Computes over the first n bars, for several n, and compares every row with that of the whole: a feature that differs
 * knew what came later. Rows are compared to the bit; a finding names the first that differs.
 */
export const lookAheadOf = (
  compute: (bars: BarColumns) => FeatureTable,
  bars: BarColumns,
  { cuts = 20, seed = 1 }: LookAheadOptions = {}
): ReadonlyArray<FeatureFinding> => {
  const whole = compute(bars)
  const rows = bars.timeOpen.length
  const random = new SeededRandom(seed)
  const found = new Map<string, FeatureFinding>()
  for (let cut = 0; cut < cuts && rows > 1; cut++) {
    const kept = random.between(1, rows - 1)
    const part = compute(slice(bars, 0, kept))
    for (const [column, values] of Object.entries(part.columns)) {
      const all = whole.columns[column] ?? new Float64Array()
      const row = values.findIndex((value, at) => !Object.is(value, all[at]))
      const known = found.get(column)
      if (row < 0 || (known !== undefined && known.row <= row)) continue
      const detail = `row ${row} is ${values[row]} with ${kept} bars and ${all[row]} with ${rows}`
      const remedy = "Let a row read only its bar and earlier ones."
      found.set(column, { code: "lookAhead", column, row, count: 1, detail, remedy })
    }
  }
  return [...found.values()]
}
