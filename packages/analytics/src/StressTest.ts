/**
 * What a portfolio would lose if prices moved as they once did, or as somebody fears. A scenario shocks instruments by name, then
 * groups (sector, asset class), then the market by beta; what none of them reaches is listed, never taken for unmoved.
 * Source: Basel Committee on Banking Supervision, Stress testing principles, 2018.
 */
import { type Numbers, refuse, requireCurve, requireSameLength, requireTimes, requireWithin } from "./Series.ts"

export interface Scenario {
  readonly name: string
  /** When it was and whose figures these are; or that it is made up. */
  readonly source: string
  /** By instrument: a fraction, −0.3 for a fall by 30 %. */
  readonly instruments?: Readonly<Record<string, number>>
  /** By group, for instruments that are not named. */
  readonly groups?: Readonly<Record<string, number>>
  /** Of the market, times the holding's beta, for holdings with a beta that neither of the others reaches. */
  readonly market?: number
}

export interface Holding {
  readonly instrument: string
  /** In money; below 0 for a short position. */
  readonly value: number
  readonly group?: string
  readonly beta?: number
}

export interface StressLine {
  readonly instrument: string
  readonly value: number
  /** Undefined where the scenario says nothing about it. */
  readonly shock: number | undefined
  readonly profit: number | undefined
}

export interface StressResult {
  readonly scenario: string
  readonly source: string
  /** Over the holdings that the scenario reaches. */
  readonly profit: number
  /** Of equity. */
  readonly return: number
  readonly lines: ReadonlyArray<StressLine>
  /** Instruments that the scenario does not reach. */
  readonly untouched: ReadonlyArray<string>
}

/** The S&P 500 without dividends, close to close; published index levels, rounded to a thousandth. */
export const indexScenarios: ReadonlyArray<Scenario> = [
  { name: "Black Monday", source: "S&P 500, 16 to 19 October 1987", market: -0.205 },
  { name: "Dot-com bust", source: "S&P 500, 24 March 2000 to 9 October 2002", market: -0.491 },
  { name: "Financial crisis", source: "S&P 500, 9 October 2007 to 9 March 2009", market: -0.568 },
  { name: "Pandemic", source: "S&P 500, 19 February to 23 March 2020", market: -0.339 }
]

/** A scenario that moves the market by a fraction, and every holding by its beta. */
export const marketScenario = (fraction: number): Scenario => {
  requireWithin("fraction", fraction, -1)
  const percent = Math.round(fraction * 1000) / 10
  return { name: `Market ${percent > 0 ? "+" : ""}${percent} %`, source: "hypothetical", market: fraction }
}

/** What prices did from the last value at or before `from` to the last at or before `to`, as a scenario of a portfolio's own history. */
export const historicalScenario = (
  name: string,
  times: Numbers,
  prices: Readonly<Record<string, Numbers>>,
  from: number,
  to: number
): Scenario => {
  requireTimes("times", times)
  if (!(from < to)) refuse("from", `${from} is not before to, ${to}`, "Give the start first")
  const lastUntil = (time: number): number => {
    let at = -1
    while (at + 1 < times.length && times[at + 1]! <= time) at++
    return at
  }
  const first = lastUntil(from)
  const last = lastUntil(to)
  if (first < 0) refuse("from", `${from} is before the first time, ${times[0]}`, "Give a date that the prices reach")
  const moved = Object.entries(prices).map(([instrument, series]): [string, number] => {
    requireCurve(`prices.${instrument}`, series, 1)
    requireSameLength(`prices.${instrument}`, series, "times", times.length)
    return [instrument, series[last]! / series[first]! - 1]
  })
  return {
    name,
    source: `prices from ${times[first]} to ${times[last]} (epoch µs)`,
    instruments: Object.fromEntries(moved)
  }
}

const shockOf = (scenario: Scenario, { beta, group, instrument }: Holding): number | undefined => {
  const named = scenario.instruments?.[instrument]
  if (named !== undefined) return named
  const grouped = group === undefined ? undefined : scenario.groups?.[group]
  if (grouped !== undefined) return grouped
  if (scenario.market === undefined || beta === undefined) return undefined
  // Nothing is worth less than nothing.
  return Math.max(scenario.market * beta, -1)
}

/** A row for each scenario, in their order. `equity`: what the result is a fraction of, above 0. */
export const stressTest = (
  holdings: ReadonlyArray<Holding>,
  equity: number,
  scenarios: ReadonlyArray<Scenario>
): ReadonlyArray<StressResult> => {
  requireWithin("equity", equity, Number.MIN_VALUE)
  for (const { instrument, value } of holdings)
    if (!Number.isFinite(value)) refuse(`holdings.${instrument}.value`, `is ${value}`, "Give a finite number")
  for (const scenario of scenarios)
    for (const [name, shock] of Object.entries({
      ...scenario.groups,
      ...scenario.instruments,
      market: scenario.market ?? 0
    }))
      requireWithin(`scenario "${scenario.name}", ${name}`, shock, -1)
  return scenarios.map((scenario) => {
    const lines = holdings.map((holding) => {
      const shock = shockOf(scenario, holding)
      const { instrument, value } = holding
      return { instrument, value, shock, profit: shock === undefined ? undefined : value * shock }
    })
    const profit = lines.reduce((sum, line) => sum + (line.profit ?? 0), 0)
    return {
      scenario: scenario.name,
      source: scenario.source,
      profit,
      return: profit / equity,
      lines,
      untouched: lines.filter((line) => line.shock === undefined).map((line) => line.instrument)
    }
  })
}
