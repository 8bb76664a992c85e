/** What each instrument and each strategy brought, and what trading cost. */
import type { BacktestResult, RoundTrip } from "../BacktestResult.ts"

export interface Part {
  readonly name: string
  readonly trades: number
  /** Fraction of round trips with a profit; undefined where there are none. */
  readonly winRate: number | undefined
  readonly profit: number
  readonly fees: number
  /** Traded value: Σ price × quantity of fills; undefined of a run that keeps no fills. */
  readonly traded: number | undefined
  /** Mean µs from entry to exit. */
  readonly held: number | undefined
}

/** By profit, highest first. */
export const breakdown = (result: BacktestResult, by: "instrument" | "strategy"): ReadonlyArray<Part> => {
  const trades = new Map<string, Array<RoundTrip>>()
  for (const trade of result.trades) {
    const list = trades.get(trade[by])
    if (list === undefined) trades.set(trade[by], [trade])
    else list.push(trade)
  }
  const traded = new Map<string, number>()
  for (const fill of result.fills) traded.set(fill[by], (traded.get(fill[by]) ?? 0) + fill.price * fill.quantity)
  const named = by === "instrument" ? result.instruments : result.strategies.map(({ id }) => id)
  return [...new Set([...named, ...trades.keys(), ...traded.keys()])]
    .map((name) => {
      const own = trades.get(name) ?? []
      return {
        name,
        trades: own.length,
        winRate: own.length === 0 ? undefined : own.filter(({ profit }) => profit > 0).length / own.length,
        profit: own.reduce((sum, { profit }) => sum + profit, 0),
        fees: own.reduce((sum, { fees }) => sum + fees, 0),
        traded: result.fills.length === 0 ? undefined : (traded.get(name) ?? 0),
        held:
          own.length === 0
            ? undefined
            : own.reduce((sum, { timeEntry, timeExit }) => sum + timeExit - timeEntry, 0) / own.length
      }
    })
    .toSorted((one, other) => other.profit - one.profit || one.name.localeCompare(other.name))
}

export interface CostFigures {
  readonly fees: number
  readonly funding: number
  readonly dividends: number
  /** Change of equity before the three. */
  readonly gross: number
  readonly net: number
  /** Σ price × quantity of fills; undefined where there are none. */
  readonly traded: number | undefined
  /** Fees per traded value, fraction; undefined where nothing was traded. */
  readonly feeRate: number | undefined
  /** Fraction of fills that rested in the book; undefined where there are none. */
  readonly maker: number | undefined
}

export const costFigures = (result: BacktestResult): CostFigures => {
  const { dividends, fees, funding } = result.costs
  const net = result.equityEnd - result.equityStart
  const traded = result.fills.reduce((sum, { price, quantity }) => sum + price * quantity, 0)
  return {
    fees,
    funding,
    dividends,
    gross: net - fees - funding - dividends,
    net,
    traded: result.fills.length === 0 ? undefined : traded,
    feeRate: traded > 0 ? Math.abs(fees) / traded : undefined,
    maker:
      result.fills.length === 0
        ? undefined
        : result.fills.filter(({ liquidity }) => liquidity === "maker").length / result.fills.length
  }
}
