/** The investment universe: what is held at today's prices, what it is part of, and how each asset has done. */
import { compareWith } from "./Benchmark.ts"
import type { Objectives } from "./Objective.ts"
import { objectivesOf } from "./Objective.ts"
import { momentsOf } from "./Moments.ts"
import { simpleReturns } from "./Returns.ts"
import {
  type Numbers,
  refuse,
  requireCurve,
  requireFinite,
  requireSameLength,
  requireTimes,
  requireWithin
} from "./Series.ts"

export interface Listed {
  readonly instrument: string
  readonly sector?: string
  /** Held, in base; 0 for an asset that is only watched, below 0 for a short position. */
  readonly quantity: number
  /** Of the whole asset, in the quote asset, where it is known. */
  readonly marketCap?: number
  /** One price a time, oldest first, above 0. */
  readonly prices: Numbers
}

export interface UniverseRow extends Objectives {
  readonly instrument: string
  readonly sector: string | undefined
  readonly quantity: number
  readonly price: number
  /** Quantity × price. */
  readonly value: number
  /** Of equity. */
  readonly weight: number
  readonly marketCap: number | undefined
  /** Of the market caps that are known. */
  readonly marketWeight: number | undefined
  /** Return of the last period. */
  readonly lastReturn: number
  /** A year. */
  readonly volatility: number
  /** Against all that is held together, at present quantities; undefined where nothing is held. */
  readonly beta: number | undefined
  readonly correlation: number | undefined
}

export interface UniverseTable {
  readonly rows: ReadonlyArray<UniverseRow>
  readonly cash: number
  readonly equity: number
  /** Σ of values, and of their sizes, as fractions of equity. */
  readonly net: number
  readonly gross: number
  /** Σ of weights by sector; `""` for assets without one. */
  readonly sectors: Readonly<Record<string, number>>
}

/** Value of all that is held at each time; undefined where it is not above 0 throughout. */
const heldCurve = (listed: ReadonlyArray<Listed>, cash: number, periods: number): Float64Array | undefined => {
  const curve = new Float64Array(periods).fill(cash)
  for (const { prices, quantity } of listed) for (let at = 0; at < periods; at++) curve[at]! += quantity * prices[at]!
  return listed.some(({ quantity }) => quantity !== 0) && curve.every((value) => value > 0) ? curve : undefined
}

/** `times`: of the prices, epoch µs. `cash`: beside the holdings; equity, with it, must be above 0. `riskFree`: yearly. */
export const universeTable = (
  listed: ReadonlyArray<Listed>,
  times: Numbers,
  cash: number,
  periodsPerYear: number,
  riskFree = 0
): UniverseTable => {
  requireTimes("times", times, 2)
  requireFinite("cash", [cash])
  requireWithin("periodsPerYear", periodsPerYear, Number.MIN_VALUE)
  const last = times.length - 1
  for (const { instrument, marketCap, prices, quantity } of listed) {
    requireCurve(`${instrument}.prices`, prices)
    requireSameLength(`${instrument}.prices`, prices, "times", times.length)
    requireFinite(`${instrument}.quantity`, [quantity])
    if (marketCap !== undefined) requireWithin(`${instrument}.marketCap`, marketCap, 0)
  }
  const values = listed.map(({ prices, quantity }) => quantity * prices[last]!)
  const net = values.reduce((sum, value) => sum + value, 0)
  const equity = cash + net
  if (!(equity > 0))
    refuse("cash", `leaves an equity of ${equity}`, "Give cash and holdings that are worth more than 0")
  const capped = listed.reduce((sum, { marketCap = 0 }) => sum + marketCap, 0)
  const whole = heldCurve(listed, cash, times.length)
  const wholeReturns = whole === undefined ? undefined : simpleReturns(whole)
  const sectors: Record<string, number> = {}
  const rows = listed.map(({ instrument, marketCap, prices, quantity, sector }, at): UniverseRow => {
    const returns = simpleReturns(prices)
    const against =
      wholeReturns === undefined || returns.length < 2 ? undefined : compareWith(returns, wholeReturns, periodsPerYear)
    const weight = values[at]! / equity
    sectors[sector ?? ""] = (sectors[sector ?? ""] ?? 0) + weight
    return {
      instrument,
      sector,
      quantity,
      price: prices[last]!,
      value: values[at]!,
      weight,
      marketCap,
      marketWeight: marketCap === undefined || capped === 0 ? undefined : marketCap / capped,
      lastReturn: returns.at(-1)!,
      volatility: momentsOf(returns).deviation * Math.sqrt(periodsPerYear),
      beta: against?.beta,
      correlation: against?.correlation,
      ...objectivesOf(prices, periodsPerYear, riskFree)
    }
  })
  const gross = values.reduce((sum, value) => sum + Math.abs(value), 0)
  return { rows, cash, equity, net: net / equity, gross: gross / equity, sectors }
}
