/**
 * What a bench is and gives: every figure beside a yardstick taken in the same run, with the
 * spread of its runs and its goal, and how cost grows with the work. Statistics only; nothing here judges a test.
 */
import { readFileSync } from "node:fs"
import { availableParallelism, cpus, release, totalmem } from "node:os"

export interface BenchRow {
  readonly case: string
  /** Median of the runs. */
  readonly value: number
  readonly unit: string
  /** Lowest and highest run. */
  readonly spread: readonly [number, number]
  readonly yardstick: string
  readonly yardstickValue: number
  /** Above 1 ours is better. */
  readonly ratio: number
  readonly goal: string
  readonly met: boolean
}

export interface BenchGrowth {
  readonly case: string
  readonly n: number
  readonly value: number
  /** Of `value` over `n`, fitted over all sizes on logarithmic axes. */
  readonly exponent: number
}

export interface BenchResult {
  readonly rows: ReadonlyArray<BenchRow>
  readonly growth: ReadonlyArray<BenchGrowth>
}

export interface Bench {
  readonly name: string
  readonly run: () => Promise<BenchResult>
}

/** A result as it is kept: with the machine and the versions it was taken on. */
export interface BenchRecord extends BenchResult {
  readonly bench: string
  readonly machine: Readonly<Record<string, string | number>>
  readonly versions: Readonly<Record<string, string>>
}

/** Work done in a run and how long it took. */
export interface Timed {
  readonly operations: number
  readonly elapsedMs: number
}

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export const spread = (values: ReadonlyArray<number>): readonly [number, number] => [
  Math.min(...values),
  Math.max(...values)
]

/** Of rates (`higher` is better) or times (`lower`), ours and the yardstick's. `met` takes the two medians. */
export const rowOf = ({
  better = "higher",
  met,
  ours,
  theirs,
  ...words
}: Pick<BenchRow, "case" | "unit" | "yardstick" | "goal"> & {
  readonly better?: "higher" | "lower"
  readonly ours: ReadonlyArray<number>
  readonly theirs: ReadonlyArray<number>
  readonly met: (value: number, yardstickValue: number) => boolean
}): BenchRow => {
  const [value, yardstickValue] = [median(ours), median(theirs)]
  return {
    case: words.case,
    value,
    unit: words.unit,
    spread: spread(ours),
    yardstick: words.yardstick,
    yardstickValue,
    ratio: better === "higher" ? value / yardstickValue : yardstickValue / value,
    goal: words.goal,
    met: met(value, yardstickValue)
  }
}

/** Slope of log(value) over log(n) by least squares: 0 = cost does not grow, 1 = grows in step. */
export const fittedExponent = (points: ReadonlyArray<{ readonly n: number; readonly value: number }>): number => {
  const xs = points.map((point) => Math.log(point.n))
  const ys = points.map((point) => Math.log(point.value))
  const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanX, meanY] = [mean(xs), mean(ys)]
  const above = xs.reduce((sum, x, at) => sum + (x - meanX) * (ys[at]! - meanY), 0)
  return above / xs.reduce((sum, x) => sum + (x - meanX) ** 2, 0)
}

/** Times `work` from the clock's side only: what it prepares before it calls `start` does not count. */
export type Work = (start: () => void) => number

const timed = (work: Work): Timed => {
  let begin = performance.now()
  const operations = work(() => {
    begin = performance.now()
  })
  return { operations, elapsedMs: performance.now() - begin }
}

const perSecond = (run: Timed): number => (run.operations / run.elapsedMs) * 1000

/** Rates of two ways to do the same, in alternating runs so that both meet the same machine; the first pair warms up. */
export const compared = (
  runs: number,
  ours: Work,
  yardstick: Work
): { readonly ours: ReadonlyArray<number>; readonly yardstick: ReadonlyArray<number> } => {
  const rates = { ours: new Array<number>(), yardstick: new Array<number>() }
  for (let run = -1; run < runs; run++) {
    const pair = [perSecond(timed(ours)), perSecond(timed(yardstick))] as const
    if (run < 0) continue
    rates.ours.push(pair[0])
    rates.yardstick.push(pair[1])
  }
  return rates
}

/** Median cost of one operation, in nanoseconds. */
export const nanosecondsEach = (runs: number, work: Work): number => {
  const rates = Array.from({ length: runs + 1 }, () => perSecond(timed(work)))
  return 1e9 / median(rates.slice(1))
}

/** The points of one growth table, each with the exponent of them all. */
export const grown = (
  name: string,
  points: ReadonlyArray<{ readonly n: number; readonly value: number }>
): ReadonlyArray<BenchGrowth> => {
  const exponent = fittedExponent(points)
  return points.map((point) => ({ case: name, ...point, exponent }))
}

export const machine = (): BenchRecord["machine"] => ({
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  os: `${process.platform} ${release()} ${process.arch}`
})

export const versions = (): BenchRecord["versions"] => {
  const own = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }
  const effect = import.meta.resolve("effect/package.json")
  const { version } = JSON.parse(readFileSync(new URL(effect), "utf8")) as { version: string }
  return { outcry: own.version, node: process.versions.node, v8: process.versions.v8, effect: version }
}
