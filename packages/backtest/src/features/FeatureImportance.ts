/**
 * What a feature tells about what comes after: correlation with forward returns, mutual information, and what a model loses
 * when a feature is shuffled. Everything is a function of its arguments; chance comes from a seed.
 */
import { SeededRandom, seedFor } from "@outcry/model/SeededRandom"
import { FeatureSetRefused } from "./FeatureSetRefused.ts"

type Columns = Readonly<Record<string, Float64Array>>

/** x of `rows` later ÷ x − 1; NaN for the last `rows`. It looks ahead on purpose: a label, never a feature. */
export const forwardReturns = (values: Float64Array, rows: number): Float64Array => {
  requireWhole("rows", rows, 1)
  const result = new Float64Array(values.length).fill(Number.NaN)
  for (let row = 0; row + rows < values.length; row++) result[row] = values[row + rows]! / values[row]! - 1
  return result
}

export interface InformationCoefficient {
  /** −1 to 1; NaN where a column is constant or fewer than three rows are whole. */
  readonly coefficient: number
  /** Rows in which both are numbers. */
  readonly rows: number
  /** coefficient × √((n − 2) ÷ (1 − coefficient²)), n = rows ÷ overlap. */
  readonly tStatistic: number
}

/**
 * Correlation of a feature with forward returns, of ranks (Spearman, default) or values (Pearson). Source: Grinold and Kahn,
 * "Active Portfolio Management" (2000), ch. 6; the t-statistic is Student's. Forward returns over h rows overlap in h − 1:
 * `overlap` = h counts only rows ÷ h of them as independent, which is on the careful side.
 */
export const informationCoefficient = (
  feature: Float64Array,
  forward: Float64Array,
  { by = "rank", overlap = 1 }: { readonly by?: "rank" | "value"; readonly overlap?: number } = {}
): InformationCoefficient => {
  requireWhole("overlap", overlap, 1)
  const [x, y] = pairsOf(feature, forward)
  const coefficient = by === "rank" ? pearson(rankOf(x), rankOf(y)) : pearson(x, y)
  const independent = x.length / overlap
  const spread = (1 - coefficient * coefficient) / (independent - 2)
  return {
    coefficient,
    rows: x.length,
    tStatistic: independent > 2 ? coefficient / Math.sqrt(spread) : Number.NaN
  }
}

export interface MutualInformation {
  /** Plug-in estimate, nats, 0 or more: too large for few rows by about (a − 1)(b − 1) ÷ 2n. */
  readonly nats: number
  /** The same less that bias; may be below 0 where there is nothing. */
  readonly corrected: number
  readonly rows: number
}

/**
 * Σ p(a, b) ln(p(a, b) ÷ (p(a) p(b))) over bins of equal frequency; equal values share a bin. Source: Cover and Thomas,
 * "Elements of Information Theory" (2006), 2.3; the bias is Roulston's (Physica D 125, 1999), after Miller (1955).
 */
export const mutualInformation = (feature: Float64Array, label: Float64Array, bins = 10): MutualInformation => {
  requireWhole("bins", bins, 2)
  const [x, y] = pairsOf(feature, label)
  const [a, b] = [binsOf(x, bins), binsOf(y, bins)]
  const rows = x.length
  const joint = new Map<number, number>()
  const [ofA, ofB] = [new Float64Array(bins), new Float64Array(bins)]
  for (let row = 0; row < rows; row++) {
    const cell = a[row]! * bins + b[row]!
    joint.set(cell, (joint.get(cell) ?? 0) + 1)
    ofA[a[row]!]! += 1
    ofB[b[row]!]! += 1
  }
  let nats = 0
  for (const [cell, count] of joint) {
    const expected = ofA[Math.floor(cell / bins)]! * ofB[cell % bins]!
    nats += (count / rows) * Math.log((count * rows) / expected)
  }
  const filled = (counts: Float64Array): number => counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0)
  const bias = rows === 0 ? 0 : ((filled(ofA) - 1) * (filled(ofB) - 1)) / (2 * rows)
  return { nats: Math.max(0, nats), corrected: nats - bias, rows }
}

export interface PermutationImportance {
  readonly feature: string
  /** Score of the columns as they are − mean score with this one shuffled: above 0 where the feature helps. */
  readonly importance: number
  /** Of the loss over the repeats, of the sample; 0 for one. */
  readonly deviation: number
}

export interface PermutationOptions {
  readonly seed: number
  /** Shuffles a feature; default 10. */
  readonly repeats?: number
  /** Rows that stay together when shuffled, so that a slow feature stays slow; default 1. */
  readonly blockRows?: number
}

/**
 * What the scorer loses when one feature's rows are shuffled, features in falling order of it. Source: Breiman, "Random
 * Forests" (2001), on any score: Fisher, Rudin and Dominici (2019). `score` is larger for better and must not be refitted.
 */
export const permutationImportance = (
  columns: Columns,
  score: (columns: Columns) => number,
  { blockRows = 1, repeats = 10, seed }: PermutationOptions
): ReadonlyArray<PermutationImportance> => {
  requireWhole("repeats", repeats, 1)
  requireWhole("blockRows", blockRows, 1)
  const whole = score(columns)
  const results = Object.entries(columns).map(([feature, values]): PermutationImportance => {
    const random = new SeededRandom(seedFor(seed, feature))
    const losses = Float64Array.from(
      { length: repeats },
      () => whole - score({ ...columns, [feature]: shuffled(values, blockRows, random) })
    )
    const importance = losses.reduce((sum, loss) => sum + loss, 0) / repeats
    const squares = losses.reduce((sum, loss) => sum + (loss - importance) ** 2, 0)
    return { feature, importance, deviation: repeats === 1 ? 0 : Math.sqrt(squares / (repeats - 1)) }
  })
  return results.toSorted((a, b) => b.importance - a.importance)
}

/** Fisher and Yates, over blocks; the last may be shorter. */
const shuffled = (values: Float64Array, blockRows: number, random: SeededRandom): Float64Array => {
  const blocks = Array.from({ length: Math.ceil(values.length / blockRows) }, (_, block) => block)
  for (let at = blocks.length - 1; at > 0; at--) {
    const other = random.between(0, at)
    ;[blocks[at], blocks[other]] = [blocks[other]!, blocks[at]!]
  }
  const result = new Float64Array(values.length)
  let row = 0
  for (const block of blocks) {
    const part = values.subarray(block * blockRows, (block + 1) * blockRows)
    result.set(part, row)
    row += part.length
  }
  return result
}

const requireWhole = (field: string, value: number, least: number): void => {
  if (Number.isInteger(value) && value >= least) return
  const [reason, remedy] = [`${value} is no whole number of ${least} or more`, "Correct it."]
  throw new FeatureSetRefused({ set: "(importance)", feature: "", field, reason, remedy })
}

/** The rows in which both are numbers. */
const pairsOf = (x: Float64Array, y: Float64Array): readonly [Float64Array, Float64Array] => {
  if (x.length !== y.length) {
    const [reason, remedy] = [`they have ${x.length} and ${y.length} rows`, "Give columns of equal length."]
    throw new FeatureSetRefused({ set: "(importance)", feature: "", field: "columns", reason, remedy })
  }
  const both = (_: number, row: number): boolean => Number.isFinite(x[row]!) && Number.isFinite(y[row]!)
  return [x.filter(both), y.filter(both)]
}

const pearson = (x: Float64Array, y: Float64Array): number => {
  // Rounding in the mean could make a constant vary.
  const constant = (values: Float64Array): boolean => values.every((value) => value === values[0])
  if (x.length < 3 || constant(x) || constant(y)) return Number.NaN
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanX, meanY] = [mean(x), mean(y)]
  let [xy, xx, yy] = [0, 0, 0]
  for (let row = 0; row < x.length; row++) {
    const [dx, dy] = [x[row]! - meanX, y[row]! - meanY]
    xy += dx * dy
    xx += dx * dx
    yy += dy * dy
  }
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)))
}

/** Ranks from 1, equal values the mean of theirs. */
const rankOf = (values: Float64Array): Float64Array => {
  const order = Uint32Array.from(values.keys()).toSorted((a, b) => values[a]! - values[b]! || a - b)
  const ranks = new Float64Array(values.length)
  for (let from = 0; from < order.length;) {
    let to = from + 1
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++
    for (let at = from; at < to; at++) ranks[order[at]!] = (from + to + 1) / 2
    from = to
  }
  return ranks
}

/** A bin by the mean rank of a value: equal values fall into one. */
const binsOf = (values: Float64Array, bins: number): Uint32Array =>
  Uint32Array.from(rankOf(values), (rank) => Math.min(bins - 1, Math.floor(((rank - 0.5) / values.length) * bins)))
