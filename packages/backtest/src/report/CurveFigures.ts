/**
 * What a report draws from an equity curve: periods, returns, drawdowns, months and years, rolling figures, a histogram,
 * and fewer points for a picture. Figures that are judged by come from the metrics a report is given, not from here.
 */
const daySpanUs = 86_400e6

export interface Period {
  readonly name: "day" | "hour" | "minute" | "second"
  readonly us: number
}

const periods: ReadonlyArray<Period> = [
  { name: "day", us: daySpanUs },
  { name: "hour", us: 3_600e6 },
  { name: "minute", us: 60e6 },
  { name: "second", us: 1e6 }
]

const periodsLeast = 30

/** The longest period of which the range holds at least thirty; seconds where none does. */
export const periodOf = (from: number, to: number): Period =>
  periods.find(({ us }) => (to - from) / us >= periodsLeast) ?? periods.at(-1)!

export interface Sampled {
  readonly timeUs: ReadonlyArray<number>
  readonly value: ReadonlyArray<number>
}

/** The last value of each period in which there is one, in UTC, with the very first value before them. */
export const sampled = (timeUs: ReadonlyArray<number>, value: ReadonlyArray<number>, periodUs: number): Sampled => {
  const times: Array<number> = []
  const values: Array<number> = []
  for (let at = 0; at < timeUs.length; at++) {
    const last = at + 1 === timeUs.length
    const ends = last || Math.floor(timeUs[at]! / periodUs) !== Math.floor(timeUs[at + 1]! / periodUs)
    if (at !== 0 && !ends) continue
    times.push(timeUs[at]!)
    values.push(value[at]!)
  }
  return { timeUs: times, value: values }
}

/** Simple returns; one fewer than values. A return from nothing or less has no meaning and is NaN. */
export const returnsOf = (value: ReadonlyArray<number>): ReadonlyArray<number> =>
  value.slice(1).map((now, at) => (value[at]! > 0 ? now / value[at]! - 1 : Number.NaN))

/** What is missing to the highest value so far, as a fraction of it, ≤ 0. */
export const drawdownsOf = (value: ReadonlyArray<number>): ReadonlyArray<number> => {
  let peak = Number.NEGATIVE_INFINITY
  return value.map((now) => {
    peak = Math.max(peak, now)
    return peak > 0 ? now / peak - 1 : 0
  })
}

export interface DrawdownSpan {
  /** At the high before it, at its lowest, and back at the high; without an end it has not recovered. */
  readonly from: number
  readonly lowest: number
  readonly until: number | undefined
  /** Fraction of the high, < 0. */
  readonly depth: number
}

/** The deepest spans below a high, deepest first. */
export const worstDrawdowns = (
  timeUs: ReadonlyArray<number>,
  value: ReadonlyArray<number>,
  most: number
): ReadonlyArray<DrawdownSpan> => {
  const found: Array<DrawdownSpan> = []
  let peakAt = 0
  let lowestAt = 0
  const close = (until: number | undefined): void => {
    const peak = value[peakAt]!
    const depth = peak > 0 ? value[lowestAt]! / peak - 1 : 0
    if (depth < 0) found.push({ from: timeUs[peakAt]!, lowest: timeUs[lowestAt]!, until, depth })
  }
  for (let at = 1; at < value.length; at++) {
    if (value[at]! >= value[peakAt]!) {
      close(timeUs[at])
      peakAt = at
      lowestAt = at
    } else if (value[at]! < value[lowestAt]!) lowestAt = at
  }
  if (value.length > 0) close(undefined)
  return found.toSorted((one, other) => one.depth - other.depth).slice(0, most)
}

export interface YearReturns {
  readonly year: number
  readonly total: number
  /** By month from January; undefined where the curve has no value in it. */
  readonly months: ReadonlyArray<number | undefined>
}

/** Returns from the last value before a month (a year) to the last one in it, by UTC calendar. */
export const calendarReturns = (
  timeUs: ReadonlyArray<number>,
  value: ReadonlyArray<number>
): ReadonlyArray<YearReturns> => {
  const years = new Map<number, { first: number; last: number; months: Array<number | undefined> }>()
  let before = value[0] ?? 0
  for (let at = 0; at < timeUs.length; at++) {
    const date = new Date(timeUs[at]! / 1000)
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
    const next = at + 1 < timeUs.length ? new Date(timeUs[at + 1]! / 1000) : undefined
    if (next?.getUTCMonth() === month && next.getUTCFullYear() === year) continue
    const of = years.get(year) ?? {
      first: before,
      last: before,
      months: new Array<number | undefined>(12).fill(undefined)
    }
    of.months[month] = before > 0 ? value[at]! / before - 1 : undefined
    of.last = value[at]!
    years.set(year, of)
    before = value[at]!
  }
  return [...years].map(([year, { first, last, months }]) => ({
    year,
    total: first > 0 ? last / first - 1 : Number.NaN,
    months
  }))
}

export interface Rolling {
  readonly timeUs: ReadonlyArray<number>
  /** Mean over standard deviation of the window's returns; NaN where they do not vary. */
  readonly sharpe: ReadonlyArray<number>
  /** Sample standard deviation (n − 1) of the window's returns. */
  readonly volatility: ReadonlyArray<number>
}

/**
 * Over windows of `window` returns; both are scaled by √`perYear` (1 leaves them per period). No risk-free rate is taken
 * off. Sharpe, "The Sharpe Ratio", 1994.
 */
export const rollingFigures = (of: Sampled, window: number, perYear: number): Rolling => {
  const returns = returnsOf(of.value)
  const scale = Math.sqrt(perYear)
  const sharpe: Array<number> = []
  const volatility: Array<number> = []
  for (let end = window; end <= returns.length; end++) {
    let sum = 0
    for (let at = end - window; at < end; at++) sum += returns[at]!
    const mean = sum / window
    let squares = 0
    for (let at = end - window; at < end; at++) squares += (returns[at]! - mean) ** 2
    const deviation = Math.sqrt(squares / (window - 1))
    volatility.push(deviation * scale)
    sharpe.push(deviation > 1e-12 ? (mean / deviation) * scale : Number.NaN)
  }
  return { timeUs: of.timeUs.slice(window), sharpe, volatility }
}

export interface Histogram {
  readonly from: number
  readonly width: number
  readonly counts: ReadonlyArray<number>
}

/** Bins of a round width, about `bins` over the middle 99.8 %; what lies outside is counted in the outermost. */
export const histogramOf = (values: ReadonlyArray<number>, bins: number): Histogram | undefined => {
  const sorted = values.filter(Number.isFinite).toSorted((one, other) => one - other)
  if (sorted.length < 2) return undefined
  const cut = Math.floor(sorted.length * 0.001)
  const [least, most] = [sorted[cut]!, sorted[sorted.length - 1 - cut]!]
  if (!(most > least)) return undefined
  const width = roundStep((most - least) / bins)
  const from = Math.floor(least / width) * width
  const counts = new Array<number>(Math.max(1, Math.floor((most - from) / width) + 1)).fill(0)
  for (const value of sorted) {
    const bin = Math.min(counts.length - 1, Math.max(0, Math.floor((value - from) / width)))
    counts[bin]!++
  }
  return { from, width, counts }
}

/** The least of 1, 2, 5 × 10ⁿ that is not below `size`. */
export const roundStep = (size: number): number => {
  const power = 10 ** Math.floor(Math.log10(size))
  const lead = size / power
  return (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10) * power
}

/**
 * Places of the points that make the same picture in `buckets` columns: of each the first, the lowest, the highest and the
 * last of every series (M4: Jugel, Jerzak, Hackenbroich, Markl, 2014).
 */
export const pictured = (
  timeUs: ReadonlyArray<number>,
  series: ReadonlyArray<ReadonlyArray<number>>,
  buckets: number
): ReadonlyArray<number> => {
  if (timeUs.length <= buckets * 4) return timeUs.map((_, at) => at)
  const [from, to] = [timeUs[0]!, timeUs.at(-1)!]
  const bucketOf = (at: number): number =>
    Math.min(buckets - 1, Math.floor(((timeUs[at]! - from) / (to - from)) * buckets))
  const kept = new Set<number>()
  for (let start = 0; start < timeUs.length;) {
    let end = start
    while (end + 1 < timeUs.length && bucketOf(end + 1) === bucketOf(start)) end++
    kept.add(start).add(end)
    for (const values of series) {
      let [low, high] = [start, start]
      for (let at = start; at <= end; at++) {
        if (values[at]! < values[low]!) low = at
        if (values[at]! > values[high]!) high = at
      }
      kept.add(low).add(high)
    }
    start = end + 1
  }
  return [...kept].toSorted((one, other) => one - other)
}

/** Of another curve the last value at or before each time; NaN before its first. */
export const asOf = (
  times: ReadonlyArray<number>,
  timeUs: ReadonlyArray<number>,
  value: ReadonlyArray<number>
): ReadonlyArray<number> => {
  let at = -1
  return times.map((time) => {
    while (at + 1 < timeUs.length && timeUs[at + 1]! <= time) at++
    return at < 0 ? Number.NaN : value[at]!
  })
}
