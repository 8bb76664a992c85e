/**
 * What could have come of the same round trips in another order or drawn anew: the spread of final equity and of the maximum
 * drawdown. The same seed gives the same answer. Source: Efron, "Bootstrap Methods", 1979; Aronson, Evidence-Based Technical Analysis, 2006.
 */
import { SeededRandom } from "@outcry/model/SeededRandom"
import { quantileSorted } from "./Moments.ts"
import { type Numbers, refuse, requireFinite, requireWhole, requireWithin } from "./Series.ts"

export interface Resampling {
  readonly seed: number
  /** 1,000 unless given. */
  readonly runs?: number
  readonly equityStart: number
  /**
   * `permute`: each result once, in another order, so that the final equity stays and the drawdown varies. `bootstrap`: as many,
   * each drawn from all.
   */
  readonly method: "permute" | "bootstrap"
  /** Equity at or below this part of the start counts as ruin; 0 unless given. */
  readonly ruinAt?: number
}

export interface Spread {
  readonly mean: number
  readonly p5: number
  readonly p25: number
  readonly p50: number
  readonly p75: number
  readonly p95: number
}

export interface ResampledTrips {
  readonly runs: number
  /** Money. */
  readonly equityEnd: Spread
  /** Fractions, 0 or below: `p5` is the bad end. */
  readonly maxDrawdown: Spread
  /** Share of runs whose equity came to ruin, which ends them. */
  readonly ruined: number
  /** Share of runs that ended above where they started. */
  readonly profitable: number
}

const spreadOf = (values: Float64Array): Spread => {
  values.sort()
  const at = (probability: number): number => quantileSorted(values, probability)
  return {
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    p5: at(0.05),
    p25: at(0.25),
    p50: at(0.5),
    p75: at(0.75),
    p95: at(0.95)
  }
}

/** `results`: net profits of round trips, in money, in any order. */
export const resampleTrips = (results: Numbers, resampling: Resampling): ResampledTrips => {
  const { equityStart, method, ruinAt = 0, runs = 1000, seed } = resampling
  requireFinite("results", results)
  requireWithin("equityStart", equityStart, Number.MIN_VALUE)
  requireWithin("ruinAt", ruinAt, 0, 1)
  requireWhole("runs", runs, 1, 1_000_000)
  if (ruinAt === 1) refuse("ruinAt", "is 1, which every run starts at", "Give a fraction below 1")
  const random = new SeededRandom(seed)
  const order = Float64Array.from(results)
  const ends = new Float64Array(runs)
  const falls = new Float64Array(runs)
  const floor = equityStart * ruinAt
  let ruined = 0
  let profitable = 0
  for (let run = 0; run < runs; run++) {
    if (method === "permute") shuffle(order, random)
    let equity = equityStart
    let peak = equityStart
    let deepest = 0
    for (let at = 0; at < order.length && equity > floor; at++) {
      equity += method === "permute" ? order[at]! : results[random.between(0, results.length - 1)]!
      if (equity > peak) peak = equity
      else deepest = Math.min(deepest, Math.max(equity, 0) / peak - 1)
    }
    if (equity <= floor) ruined++
    if (equity > equityStart) profitable++
    ends[run] = equity
    falls[run] = deepest
  }
  return {
    runs,
    equityEnd: spreadOf(ends),
    maxDrawdown: spreadOf(falls),
    ruined: ruined / runs,
    profitable: profitable / runs
  }
}

/** Fisher and Yates, 1938, as Durstenfeld wrote it in 1964. */
const shuffle = (values: Float64Array, random: SeededRandom): void => {
  for (let last = values.length - 1; last > 0; last--) {
    const other = random.between(0, last)
    const kept = values[last]!
    values[last] = values[other]!
    values[other] = kept
  }
}
