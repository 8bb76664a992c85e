/**
 * From weights to orders in lots: what to buy and sell so that holdings come as near to the targets as lots allow, without spending
 * more than there is. Prices and money are approximate numbers in the quote asset; lots are whole. The rebalancer submits the lots.
 */
import { refuse, requireFinite, requireWhole, requireWithin } from "./Series.ts"

export interface TargetAsset {
  readonly instrument: string
  /** Fraction of equity; below 0 for a short position. */
  readonly weight: number
  /** In the quote asset a unit of base, above 0. */
  readonly price: number
  /** Base a lot, above 0. */
  readonly lotSize: number
  /** Held now, in lots; below 0 for a short position. */
  readonly lots: number
  /** Smallest value of an order; 0 unless given. */
  readonly minNotional?: number
}

export interface TargetOrder {
  readonly instrument: string
  readonly side: "buy" | "sell"
  readonly lots: number
  readonly quantity: number
  readonly value: number
}

export interface TargetOrders {
  /** Sales first: they pay for the purchases. */
  readonly orders: ReadonlyArray<TargetOrder>
  /** Instruments whose order would be below its smallest value, and which stay as they are. */
  readonly skipped: ReadonlyArray<string>
  /** Held after the orders, in lots and as fractions of equity, in the assets' order. */
  readonly lots: ReadonlyArray<number>
  readonly weights: ReadonlyArray<number>
  /** Equity less what is held, after the orders and the cost allowed for. Below 0 only where the weights sum to more than 1. */
  readonly cash: number
}

const requireAsset = ({ instrument, lotSize, lots, minNotional = 0, price, weight }: TargetAsset): void => {
  requireWithin(`${instrument}.price`, price, Number.MIN_VALUE)
  requireWithin(`${instrument}.lotSize`, lotSize, Number.MIN_VALUE)
  requireWithin(`${instrument}.minNotional`, minNotional, 0)
  requireFinite(`${instrument}.weight`, [weight])
  requireWhole(`${instrument}.lots`, lots, -Number.MAX_SAFE_INTEGER)
}

/** Rounding of a product of decimals may leave a whole number of lots just below it. */
const rounding = 1e-9

/**
 * Targets become the nearest whole lots; where that would spend more than equity (or than the weights, where they borrow), the
 * lots whose rounding up gains least stay out. `equity`: cash and holdings together. `costRate`: fees and slippage, as a fraction of traded
 * value, taken out of cash.
 */
export const targetOrders = (assets: ReadonlyArray<TargetAsset>, equity: number, costRate = 0): TargetOrders => {
  requireWithin("equity", equity, Number.MIN_VALUE)
  requireWithin("costRate", costRate, 0, 0.5)
  for (const asset of assets) requireAsset(asset)
  if (new Set(assets.map(({ instrument }) => instrument)).size < assets.length)
    refuse("assets", "names an instrument twice", "Name each once")
  const worth = assets.map(({ lotSize, price }) => lotSize * price)
  const exact = assets.map(({ weight }, at) => (weight * equity) / worth[at]!)
  const lots = exact.map((target) => Math.trunc(target + Math.sign(target) * rounding) + 0)
  const planned = equity * (1 - assets.reduce((sum, { weight }) => sum + weight, 0))
  const cost = (at: number): number => Math.abs(lots[at]! - assets[at]!.lots) * worth[at]! * costRate
  const small = (at: number): boolean => {
    const change = Math.abs(lots[at]! - assets[at]!.lots)
    return change > 0 && change * worth[at]! < (assets[at]!.minNotional ?? 0)
  }
  const skipped = assets.flatMap(({ instrument, lots: held }, at) => {
    if (!small(at)) return []
    lots[at] = held
    return [instrument]
  })
  const cash = (): number => equity - lots.reduce((sum, count, at) => sum + count * worth[at]! + cost(at), 0)
  /** What is missing to the target, in lots, below 0 for a short position. */
  const missing = (at: number): number => exact[at]! - lots[at]!
  const byValue = Array.from(assets.keys())
    .filter((at) => Math.abs(missing(at)) >= 0.5 && !skipped.includes(assets[at]!.instrument))
    .toSorted((a, b) => Math.abs(missing(b)) * worth[b]! - Math.abs(missing(a)) * worth[a]!)
  for (const at of byValue) {
    const step = Math.sign(missing(at))
    lots[at]! += step
    if (cash() < Math.min(planned, 0) || small(at)) lots[at]! -= step
  }
  const orders = assets.flatMap(({ instrument, lotSize, lots: held }, at): ReadonlyArray<TargetOrder> => {
    const change = lots[at]! - held
    if (change === 0) return []
    const count = Math.abs(change)
    const side = change > 0 ? "buy" : "sell"
    return [{ instrument, side, lots: count, quantity: count * lotSize, value: count * worth[at]! }]
  })
  return {
    orders: orders.toSorted((a, b) => (a.side === b.side ? 0 : a.side === "sell" ? -1 : 1)),
    skipped,
    lots,
    weights: lots.map((count, at) => (count * worth[at]!) / equity),
    cash: cash()
  }
}
