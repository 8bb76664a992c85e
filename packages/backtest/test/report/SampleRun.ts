/** Results as runs leave them, made from a seed: their parts agree with each other, and nothing in them is real. */
import { createHash } from "node:crypto"
import { SeededRandom } from "@outcry/model/SeededRandom"
import type { BacktestFill, BacktestOrder, BacktestResult, RoundTrip } from "../../src/BacktestResult.ts"
import type { Metric } from "../../src/report/Figure.ts"

export interface SampleOptions {
  readonly seed: number
  readonly from: number
  readonly points: number
  readonly stepUs: number
  readonly trades: number
  readonly name?: string
  readonly instruments?: ReadonlyArray<string>
  /** Mean and spread of what a round trip moves, fractions of its price. */
  readonly edge?: number
  readonly spread?: number
}

const dayUs = 86_400e6
const start = Date.UTC(2014, 0, 2) * 1000

/** Round trips spread over the range; equity is the start and what they had gained by then, swinging on the way. */
export const sampleRun = (options: SampleOptions): BacktestResult => {
  const random = new SeededRandom(options.seed)
  const { from, points, stepUs } = options
  const name = options.name ?? "momentum"
  const instruments = options.instruments ?? ["sim:BTC/USDT", "sim:ETH/USDT", "sim:SOL/USDT"]
  const timeUs = Array.from({ length: points }, (_, at) => from + at * stepUs)
  const equity = new Array<number>(points).fill(100_000)
  const exposure = new Array<number>(points).fill(0)
  const trades: Array<RoundTrip> = []
  const fills: Array<BacktestFill> = []
  const orders: Array<BacktestOrder> = []
  const gains = new Array<number>(points).fill(0)
  const heldMost = Math.max(2, Math.round((points / Math.max(1, options.trades)) * 3))
  let realised = 100_000
  for (let at = 0; at < options.trades; at++) {
    const entry = Math.floor((at / options.trades) * (points - 2))
    const exit = Math.min(points - 1, entry + random.between(1, heldMost))
    const [timeEntry, timeExit] = [timeUs[entry]!, timeUs[exit]!]
    const instrument = random.pick(instruments)
    const side = random.chance(0.6) ? "buy" : "sell"
    const sign = side === "buy" ? 1 : -1
    const ticks = random.between(100_000, 6_000_000)
    const move = (options.edge ?? 0.005) + (options.spread ?? 0.04) * random.normal()
    const exitTicks = Math.round(ticks * (1 + sign * move))
    const lots = Math.max(1, Math.round((realised * 0.2 * 1000) / (ticks / 100)))
    const [quantity, price, exitPrice] = [lots / 1000, ticks / 100, exitTicks / 100]
    const open = at === options.trades - 1
    const fees = (price * 0.0002 + (open ? 0 : exitPrice * 0.0005)) * quantity
    const profit = (exitPrice - price) * quantity * sign - fees
    realised += profit
    for (let step = entry + 1; step <= exit; step++) {
      const way = (step - entry) / (exit - entry)
      const before = (step - 1 - entry) / (exit - entry)
      const bridge = (share: number): number => Math.sin(share * Math.PI * 3) * 0.3
      gains[step]! += profit * (way + bridge(way) - before - bridge(before))
      exposure[step]! += price * quantity
    }
    trades.push({
      strategy: name,
      instrument,
      side,
      timeEntry,
      timeExit,
      quantity,
      priceEntry: price,
      priceExit: exitPrice,
      profit,
      fees,
      open
    })
    for (const leg of open ? [0] : [0, 1]) {
      const legSide = (leg === 0) === (side === "buy") ? "buy" : "sell"
      const priceTicks = leg === 0 ? ticks : exitTicks
      const timeEnd = leg === 0 ? timeEntry : timeExit
      const orderSeq = orders.length + 1
      orders.push({
        strategy: name,
        orderSeq,
        instrument,
        side: legSide,
        type: leg === 0 ? "limit" : "market",
        priceTicks: leg === 0 ? ticks : 0,
        lots,
        filledLots: lots,
        status: "filled",
        reason: "",
        timeIntent: timeEnd - 250,
        timeEnd
      })
      fills.push({
        strategy: name,
        orderSeq,
        instrument,
        side: legSide,
        timeUs: timeEnd,
        priceTicks,
        lots,
        price: priceTicks / 100,
        quantity,
        fee: (priceTicks / 100) * quantity * (leg === 0 ? 0.0002 : 0.0005),
        liquidity: leg === 0 ? "maker" : "taker"
      })
    }
  }
  for (let at = 1; at < points; at++) equity[at] = equity[at - 1]! + gains[at]!
  const to = timeUs.at(-1)!
  const paid = fills.reduce((sum, { fee }) => sum + fee, 0)
  return {
    version: 1,
    kind: "event",
    strategies: [
      {
        id: name,
        name,
        version: 3,
        parameters: { fast: 12, slow: 48, size: "0.25", stop: { kind: "trailing", bps: 150 } }
      }
    ],
    instruments,
    from,
    to,
    seed: options.seed,
    asset: "USDT",
    equityStart: 100_000,
    equityEnd: equity.at(-1)!,
    curve: { timeUs, equity, exposure },
    orders,
    fills,
    trades,
    funnel: {
      events: points * instruments.length,
      signals: options.trades * 3,
      intents: options.trades * 2 + 40,
      refusals: options.trades === 0 ? {} : { PriceCollar: 12, InsufficientBalance: 28 },
      orders: orders.length,
      fills: fills.length
    },
    costs: { fees: 0 - paid, funding: 0, dividends: 0 },
    assumptions: {
      fees: { model: "proportional", makerBps: 2, takerBps: 5 },
      slippage: { model: "book", impactBps: 1.5 },
      latency: { model: "fixed", submitUs: 250_000, cancelUs: 250_000 },
      queue: "behind what was there",
      leverageMax: 1
    },
    warnings: [
      {
        code: "gapInData",
        detail:
          "No bars of sim:SOL/USDT from 2017-03-04 to 2017-03-06; positions were valued at the last price. Import the missing days.",
        count: 3
      }
    ],
    hash: createHash("sha256").update(`${options.seed} ${points} ${options.trades}`).digest("hex")
  }
}

export const tenYears = (trades = 640): BacktestResult =>
  sampleRun({
    seed: 7,
    from: start,
    points: 3650,
    stepUs: dayUs,
    trades,
    ...(trades > 5000 ? { edge: 0.0006, spread: 0.004 } : {})
  })

export const oneDay = (): BacktestResult =>
  sampleRun({
    seed: 11,
    from: Date.UTC(2026, 2, 3, 8) * 1000,
    points: 8 * 3600,
    stepUs: 1e6,
    trades: 90,
    edge: 0.0003,
    spread: 0.004
  })

/** Every intent was refused, most of them by one check. */
export const withoutTrades = (): BacktestResult => {
  const run = sampleRun({ seed: 5, from: start, points: 900, stepUs: dayUs, trades: 0 })
  return {
    ...run,
    funnel: {
      ...run.funnel,
      signals: 214,
      intents: 214,
      refusals: { NotionalBelowMin: 198, StalePrice: 16 },
      orders: 0,
      fills: 0
    }
  }
}

/** The price of one instrument over the range of a run. */
export const sampleBenchmark = (
  run: BacktestResult
): { name: string; timeUs: ReadonlyArray<number>; value: ReadonlyArray<number> } => {
  const random = new SeededRandom(run.seed + 1)
  let price = 400
  return {
    name: "Holding sim:BTC/USDT",
    timeUs: run.curve.timeUs,
    value: run.curve.timeUs.map(() => (price *= 1 + 0.0002 + 0.012 * random.normal()))
  }
}

/** Figures of a run by plain arithmetic, and two that cannot be given. */
export const sampleMetrics = (run: BacktestResult): ReadonlyArray<Metric> => {
  const profits = run.trades.map(({ profit }) => profit)
  const won = profits.filter((profit) => profit > 0)
  const lost = profits.filter((profit) => profit < 0)
  const sum = (values: ReadonlyArray<number>): number => values.reduce((total, value) => total + value, 0)
  let peak = 0
  const deepest = Math.min(...run.curve.equity.map((value) => value / (peak = Math.max(peak, value)) - 1))
  const none = run.trades.length === 0
  const returns = run.curve.equity.slice(1).map((value, at) => value / run.curve.equity[at]! - 1)
  const mean = sum(returns) / returns.length
  const stepsAYear = 31_557_600e6 / ((run.to - run.from) / returns.length)
  const sharpe =
    (mean / Math.sqrt(sum(returns.map((each) => (each - mean) ** 2)) / (returns.length - 1))) * Math.sqrt(stepsAYear)
  return [
    {
      key: "totalReturn",
      title: "Total return",
      value: run.equityEnd / run.equityStart - 1,
      unit: "percent",
      definition: "Last value ÷ first − 1",
      better: "higher"
    },
    {
      key: "sharpe",
      title: "Sharpe ratio",
      value: none ? undefined : sharpe,
      unit: "ratio",
      definition: "Mean return above the risk-free ÷ standard deviation × √periods a year",
      better: "higher",
      ...(none ? { why: "Returns do not vary." } : {})
    },
    {
      key: "maxDrawdown",
      title: "Maximum drawdown",
      value: deepest,
      unit: "percent",
      definition: "Deepest fall below the highest value so far; 0 or below",
      better: "higher"
    },
    {
      key: "winRate",
      title: "Win rate",
      value: none ? undefined : won.length / profits.length,
      unit: "percent",
      definition: "Share of round trips with a result above 0 after fees",
      better: "higher",
      ...(none ? { why: "There is no trade." } : {})
    },
    {
      key: "profitFactor",
      title: "Profit factor",
      value: lost.length === 0 ? undefined : sum(won) / -sum(lost),
      unit: "ratio",
      definition: "Sum of results above 0 ÷ size of the sum of those below, after fees",
      better: "higher",
      ...(lost.length === 0 ? { why: "No trade lost." } : {})
    },
    {
      key: "trades",
      title: "Round trips",
      value: run.trades.length,
      unit: "count",
      definition: "Positions opened and closed",
      better: "none"
    },
    {
      key: "averageHolding",
      title: "Average holding time",
      value: none ? undefined : sum(run.trades.map(({ timeEntry, timeExit }) => timeExit - timeEntry)) / profits.length,
      unit: "duration",
      definition: "Mean time from entry to exit",
      better: "none"
    },
    {
      key: "fees",
      title: "Fees",
      value: -run.costs.fees,
      unit: "money",
      definition: "Sum of fees of round trips",
      better: "lower"
    },
    {
      key: "beta",
      title: "Beta",
      value: undefined,
      unit: "ratio",
      definition: "Covariance with the benchmark ÷ its variance",
      why: "No benchmark was given or it does not vary.",
      better: "none"
    }
  ]
}

/** Vectorised, of two strategies with long names, without orders and fills, growing more than tenfold. */
export const portfolio = (): BacktestResult => {
  const run = sampleRun({
    seed: 23,
    from: start,
    points: 3000,
    stepUs: dayUs,
    trades: 400,
    edge: 0.035,
    instruments: Array.from({ length: 30 }, (_, at) => `exchange-with-a-long-name:TOKEN${at}PERPETUALCONTRACT/USDT`)
  })
  const names = ["cross-sectional-momentum-over-thirty-perpetuals", "mean-reversion"] as const
  return {
    ...run,
    kind: "vectorised",
    strategies: names.map((name) => ({ id: `${name}-1`, name, version: 1, parameters: { lookback: 90, top: 5 } })),
    trades: run.trades.map((trade, at) => ({ ...trade, strategy: `${names[at % 2]!}-1` })),
    orders: [],
    fills: [],
    warnings: []
  }
}
