/**
 * Whether returns differ by month of the year or day of the week, with a t-statistic for each against the rest of the days.
 * Source: French, "Stock Returns and the Weekend Effect", 1980; Welch's test, "The Generalization of Student's Problem", 1947.
 */
import { dateOf, returnsByPeriod, weekdayOf } from "./Calendar.ts"
import { studentTwoSided } from "./Distribution.ts"
import { isFlat, mean, median, variance } from "./Moments.ts"
import { type Numbers, requireFinite, requireSameLength, requireTimes } from "./Series.ts"

export interface CalendarEffect {
  /** 1 to 12: January to December; 1 to 7: Monday to Sunday. */
  readonly bucket: number
  readonly count: number
  readonly mean: number
  readonly median: number
  /** Sample's; undefined for a single return. */
  readonly deviation: number | undefined
  /** Share of returns above 0. */
  readonly positive: number
  /** Mean less the mean of all other returns ÷ its standard error; undefined where either side has fewer than two or none varies. */
  readonly tStatistic: number | undefined
  /** How likely one as far from 0 is by chance, both sides. With twelve months, expect one in twelve below 0.08. */
  readonly probability: number | undefined
}

const welch = (own: Numbers, rest: Numbers): { readonly t: number; readonly probability: number } | undefined => {
  if (own.length < 2 || rest.length < 2) return undefined
  const a = variance(own) / own.length
  const b = variance(rest) / rest.length
  if (isFlat(Math.sqrt(a + b), 1)) return undefined
  const t = (mean(own) - mean(rest)) / Math.sqrt(a + b)
  const degrees = (a + b) ** 2 / (a ** 2 / (own.length - 1) + b ** 2 / (rest.length - 1))
  return { t, probability: studentTwoSided(t, degrees) }
}

const effectsOf = (buckets: ReadonlyArray<number>, returns: ReadonlyArray<number>): ReadonlyArray<CalendarEffect> =>
  Array.from(new Set(buckets))
    .toSorted((a, b) => a - b)
    .map((bucket) => {
      const own = returns.filter((_, at) => buckets[at] === bucket)
      const rest = returns.filter((_, at) => buckets[at] !== bucket)
      const test = welch(own, rest)
      return {
        bucket,
        count: own.length,
        mean: mean(own),
        median: median(own),
        deviation: own.length === 1 ? undefined : Math.sqrt(variance(own)),
        positive: own.filter((value) => value > 0).length / own.length,
        tStatistic: test?.t,
        probability: test?.probability
      }
    })

/** Of returns at the times at which their periods end, epoch µs UTC. Buckets without a return have no row. */
export const calendarEffects = (
  times: Numbers,
  returns: Numbers,
  by: "month" | "weekday"
): ReadonlyArray<CalendarEffect> => {
  requireTimes("times", times)
  requireFinite("returns", returns)
  requireSameLength("returns", returns, "times", times.length)
  const bucketOf = by === "month" ? (time: number) => dateOf(time).month : weekdayOf
  return effectsOf(Array.from(times, bucketOf), Array.from(returns))
}

/** Of a curve: of its monthly returns by month of the year, of its daily returns by day of the week. */
export const calendarEffectsOf = (
  times: Numbers,
  equity: Numbers,
  by: "month" | "weekday"
): ReadonlyArray<CalendarEffect> => {
  // The first period has no value before it: its return is not a whole period's.
  const rows = returnsByPeriod(times, equity, by === "month" ? "month" : "day").slice(1)
  return effectsOf(
    rows.map(({ index }) => (by === "month" ? (index % 12) + 1 : weekdayOf(index * 86_400_000_000))),
    rows.map((row) => row.return)
  )
}
