/** Statistics of round trips: positions opened and closed again. A result is net: profit less fees, in money. */
import { type Numbers, refuse } from "./Series.ts"

/** A position from its entry to its exit. Prices and money in the quote asset, times epoch µs. */
export interface RoundTrip {
  readonly instrument: string
  readonly side: "long" | "short"
  readonly timeEntry: number
  readonly timeExit: number
  readonly quantity: number
  readonly priceEntry: number
  readonly priceExit: number
  /** Gross of fees. */
  readonly profit: number
  /** Paid for entry and exit together; below 0 where the venue paid. */
  readonly fees: number
  /** How many bars it was held, where the run counts bars. */
  readonly bars?: number
}

/** Undefined: shares and means without a trip of their kind; profitFactor and payoff without a loss. */
export interface TripStatistics {
  readonly trades: number
  readonly tradesLong: number
  readonly tradesShort: number
  readonly winRate: number | undefined
  readonly netProfit: number
  readonly fees: number
  readonly profitFactor: number | undefined
  readonly expectancy: number | undefined
  readonly averageWin: number | undefined
  readonly averageLoss: number | undefined
  readonly payoff: number | undefined
  readonly bestTrade: number | undefined
  readonly worstTrade: number | undefined
  readonly averageHolding: number | undefined
  readonly averageBars: number | undefined
  readonly winsInRow: number
  readonly lossesInRow: number
}

const numeric = ["timeEntry", "timeExit", "quantity", "priceEntry", "priceExit", "profit", "fees"] as const

export const requireTrips = (trips: ReadonlyArray<RoundTrip>): void => {
  for (const [index, trip] of trips.entries()) {
    for (const field of numeric)
      if (!Number.isFinite(trip[field]))
        refuse(`trades[${index}].${field}`, `is ${trip[field]}`, "Give a finite number")
    if (trip.timeExit < trip.timeEntry)
      refuse(`trades[${index}].timeExit`, "is before its timeEntry", "Give the exit of a closed position")
  }
}

const ratio = (part: number, whole: number): number | undefined => (whole === 0 ? undefined : part / whole)

/** Trips are taken in the order of their exits for what counts in a row. */
export const tripStatistics = (trips: ReadonlyArray<RoundTrip>): TripStatistics => {
  requireTrips(trips)
  let won = 0
  let lost = 0
  let wins = 0
  let losses = 0
  let fees = 0
  let held = 0
  let bars = 0
  let barred = 0
  let best = -Infinity
  let worst = Infinity
  let row = 0
  let winsInRow = 0
  let lossesInRow = 0
  let long = 0
  for (const trip of trips.toSorted((a, b) => a.timeExit - b.timeExit)) {
    const net = trip.profit - trip.fees
    if (trip.side === "long") long++
    fees += trip.fees
    held += trip.timeExit - trip.timeEntry
    if (trip.bars !== undefined) {
      bars += trip.bars
      barred++
    }
    best = Math.max(best, net)
    worst = Math.min(worst, net)
    if (net > 0) {
      won += net
      wins++
      row = row > 0 ? row + 1 : 1
    } else if (net < 0) {
      lost -= net
      losses++
      row = row < 0 ? row - 1 : -1
    } else row = 0
    winsInRow = Math.max(winsInRow, row)
    lossesInRow = Math.max(lossesInRow, -row)
  }
  const count = trips.length
  const averageWin = ratio(won, wins)
  const averageLoss = ratio(-lost, losses)
  return {
    trades: count,
    tradesLong: long,
    tradesShort: count - long,
    winRate: ratio(wins, count),
    netProfit: won - lost,
    fees,
    profitFactor: ratio(won, lost),
    expectancy: ratio(won - lost, count),
    averageWin,
    averageLoss,
    payoff: averageWin === undefined || averageLoss === undefined ? undefined : averageWin / -averageLoss,
    bestTrade: count === 0 ? undefined : best,
    worstTrade: count === 0 ? undefined : worst,
    averageHolding: ratio(held, count),
    averageBars: ratio(bars, barred),
    winsInRow,
    lossesInRow
  }
}

/** The part of the time from `from` to `to` in which at least one position was open. */
export const timeInMarket = (trips: ReadonlyArray<RoundTrip>, from: number, to: number): number => {
  let covered = 0
  let until = from
  for (const { timeEntry, timeExit } of trips.toSorted((a, b) => a.timeEntry - b.timeEntry)) {
    const start = Math.max(timeEntry, until)
    const end = Math.min(timeExit, to)
    if (end <= start) continue
    covered += end - start
    until = end
  }
  return to > from ? covered / (to - from) : 0
}

/** Half of what was bought and sold, ÷ mean equity, a year: 1 means that the portfolio was replaced once a year. */
export const yearlyTurnover = (trips: ReadonlyArray<RoundTrip>, equity: Numbers, years: number): number => {
  let traded = 0
  for (const { priceEntry, priceExit, quantity } of trips) traded += Math.abs(quantity) * (priceEntry + priceExit)
  let sum = 0
  for (let index = 0; index < equity.length; index++) sum += equity[index]!
  return traded / 2 / (sum / equity.length) / years
}
