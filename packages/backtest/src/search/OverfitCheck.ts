/**
 * Whether the best of many runs is more than the luckiest of them. The verdict weighs the deflated Sharpe ratio (D. Bailey and
 * M. López de Prado, 2014), what walk-forward left of it, how its neighbours did, and how much there was to judge by.
 */
import type { RunSummary } from "../BacktestResult.ts"
import type { Value } from "./ParameterSpace.ts"

/** The deflated Sharpe ratio: the probability that the true one is above what the best of so many tries has by luck. */
export type DeflatedSharpe = (given: {
  /** Of the best run, per period, as are those of the trials. */
  readonly sharpe: number
  readonly trialSharpes: ReadonlyArray<number>
  /** Periods of the best run. */
  readonly observations: number
  readonly skewness: number
  /** 3 for normal returns. */
  readonly kurtosis: number
}) => number

export interface OverfitGiven {
  /** All runs of the search, the best among them; figures with `sharpe` a year. */
  readonly trials: ReadonlyArray<RunSummary>
  /** Index of the best run in its study. */
  readonly best: number
  readonly periodsPerYear: number
  readonly observations: number
  readonly skewness: number
  readonly kurtosis: number
  readonly deflatedSharpe: DeflatedSharpe
  /** Of the walk-forward, where there was one. */
  readonly efficiency?: number | undefined
}

export type OverfitFlag =
  | "deflatedSharpeLow"
  | "walkForwardFails"
  | "isolatedPeak"
  | "fewTrades"
  | "fewObservations"
  | "notProfitable"

export interface OverfitCheck {
  readonly verdict: "sound" | "doubtful" | "overfit"
  /** Probability that the best run's Sharpe ratio is more than luck among so many trials. */
  readonly probability: number
  readonly flags: ReadonlyArray<{ readonly flag: OverfitFlag; readonly detail: string }>
  /** Mean Sharpe ratio, a year, of the runs one step away from the best in one parameter; undefined without such. */
  readonly neighbours: number | undefined
}

const probabilityMin = 0.95
const efficiencyMin = 0.5
const tradesMin = 30
const observationsMin = 100

/** Runs that differ from the best in one parameter only, by one step of the values that were tried. */
const neighboursOf = (trials: ReadonlyArray<RunSummary>, best: RunSummary): ReadonlyArray<RunSummary> => {
  const names = Object.keys(best.parameters)
  const tried = new Map(
    names.map((name) => {
      const values = [...new Set(trials.map(({ parameters }) => parameters[name]!))]
      const numbers = values.every((value) => typeof value === "number")
      return [name, { values: numbers ? values.toSorted((a, b) => a - b) : values, numbers }]
    })
  )
  const isNext = (name: string, value: Value): boolean => {
    const { numbers, values } = tried.get(name)!
    return !numbers || Math.abs(values.indexOf(value) - values.indexOf(best.parameters[name]!)) === 1
  }
  return trials.filter(({ parameters }) => {
    const other = names.filter((name) => parameters[name] !== best.parameters[name])
    return other.length === 1 && isNext(other[0]!, parameters[other[0]!]!)
  })
}

const mean = (values: ReadonlyArray<number>): number | undefined =>
  values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length

/** Throws a RangeError when the best run is not among the trials or has no Sharpe ratio. */
export const overfitCheck = (given: OverfitGiven): OverfitCheck => {
  const best = given.trials.find(({ index }) => index === given.best)
  const sharpe = best?.metrics["sharpe"]
  if (best === undefined || sharpe === undefined)
    throw new RangeError(`Run ${given.best} is not among the trials with a Sharpe ratio: give all runs of the search`)
  const sharpes = given.trials.flatMap(({ metrics }) => metrics["sharpe"] ?? [])
  const perPeriod = Math.sqrt(given.periodsPerYear)
  const { kurtosis, observations, skewness } = given
  const probability = given.deflatedSharpe({
    sharpe: sharpe / perPeriod,
    trialSharpes: sharpes.map((each) => each / perPeriod),
    observations,
    skewness,
    kurtosis
  })
  const neighbours = mean(neighboursOf(given.trials, best).flatMap(({ metrics }) => metrics["sharpe"] ?? []))
  const flags: Array<OverfitCheck["flags"][number]> = []
  const flag = (raised: boolean, name: OverfitFlag, detail: string): void => {
    if (raised) flags.push({ flag: name, detail })
  }
  flag(sharpe <= 0, "notProfitable", `The best Sharpe ratio is ${sharpe.toFixed(2)}`)
  flag(
    !(probability >= probabilityMin),
    "deflatedSharpeLow",
    `With ${sharpes.length} trials the best would look this good by luck with a probability of ${(1 - probability).toFixed(2)}`
  )
  flag(
    given.efficiency !== undefined && given.efficiency < efficiencyMin,
    "walkForwardFails",
    `Walk-forward kept ${((given.efficiency ?? 0) * 100).toFixed(0)} % of the return, less than ${efficiencyMin * 100} %`
  )
  flag(
    neighbours !== undefined && sharpe > 0 && neighbours < sharpe / 2,
    "isolatedPeak",
    `Runs one step away reach ${(neighbours ?? 0).toFixed(2)} on average, less than half of the best`
  )
  flag(best.trades < tradesMin, "fewTrades", `${best.trades} trades are too few to tell skill from luck`)
  flag(observations < observationsMin, "fewObservations", `${observations} periods are too few for a Sharpe ratio`)
  const grave = flags.filter(({ flag: name }) => name === "deflatedSharpeLow" || name === "walkForwardFails").length
  const verdict = flags.length === 0 ? "sound" : grave > 0 || sharpe <= 0 ? "overfit" : "doubtful"
  return { verdict, probability, flags, neighbours }
}
