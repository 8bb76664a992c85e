/** What could have come of a run's round trips in another order, or drawn anew. */
import { type ResampledTrips, resampleTrips, type Spread } from "@outcry/analytics/TripResampling"
import type { BacktestResult } from "@outcry/backtest/BacktestResult"
import type { ReportTable } from "@outcry/backtest/report/FigureTables"
import { figureText, moneyDecimals, type Unit } from "@outcry/backtest/report/Figure"
import { table } from "./Output.ts"

export interface Resampled {
  readonly asset: string
  readonly equityStart: number
  readonly trips: number
  /** The same trips in other orders, and drawn with replacement. */
  readonly permuted: ResampledTrips
  readonly drawn: ResampledTrips
}

export const resampledTrips = (result: BacktestResult, runs: number, seed: number): Resampled => {
  const results = Float64Array.from(result.trades, ({ profit }) => profit)
  const { asset, equityStart } = result
  const of = (method: "permute" | "bootstrap") => resampleTrips(results, { seed, runs, equityStart, method })
  return { asset, equityStart, trips: results.length, permuted: of("permute"), drawn: of("bootstrap") }
}

const points = ["p5", "p25", "p50", "p75", "p95"] as const
const titles = ["", "5 %", "25 %", "50 %", "75 %", "95 %", "mean"]

const lines = ({ asset, drawn, permuted }: Resampled): ReadonlyArray<readonly [string, Spread, Unit]> => [
  [`Equity at the end, ${asset}, drawn anew`, drawn.equityEnd, "money"],
  ["Maximum drawdown, drawn anew", drawn.maxDrawdown, "percent"],
  ["Maximum drawdown, in another order", permuted.maxDrawdown, "percent"]
]

const noteOf = ({ drawn, trips }: Resampled): string =>
  `${trips} round trips, drawn ${drawn.runs.toLocaleString("en-US")} times: ${(drawn.profitable * 100).toFixed(1)} % of the draws made money, ${(drawn.ruined * 100).toFixed(1)} % were ruined. Trips are taken as independent of one another.`

const valuesOf = (spread: Spread): ReadonlyArray<number> => [...points.map((point) => spread[point]), spread.mean]

export const tripsText = (resampled: Resampled): string => {
  const figure = figureText({ money: moneyDecimals(resampled.equityStart), price: 8, quantity: 8 })
  const rows = lines(resampled).map(([title, spread, unit]) => [
    title,
    ...valuesOf(spread).map((value) => figure(value, unit))
  ])
  return `${table(titles, rows, [1, 2, 3, 4, 5, 6])}\n${noteOf(resampled)}`
}

export const tripsTable = (resampled: Resampled): ReadonlyArray<ReportTable> => {
  const figure = figureText({ money: moneyDecimals(resampled.equityStart), price: 8, quantity: 8 })
  return [
    {
      title: "Round trips drawn anew",
      note: noteOf(resampled),
      columns: titles.map((title) => ({ title })),
      rows: lines(resampled).map(([title, spread, unit]) => [
        title,
        ...valuesOf(spread).map((value) => figure(value, unit))
      ])
    }
  ]
}
