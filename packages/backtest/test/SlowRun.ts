/** The vectorised run once more, bar by bar and as plainly as can be: what the engine is held equal to. */
import type { BarColumns } from "@outcry/signals/BarColumns"
import type { RunTerms } from "../src/vector/RunTerms.ts"

export interface SlowRun {
  readonly equity: ReadonlyArray<number>
  readonly metrics: Readonly<Record<string, number>>
}

/** Mean of the last `length` closes, each from scratch. */
export const averageAt = (close: Float64Array, row: number, length: number): number => {
  if (row < length - 1) return Number.NaN
  let sum = 0
  for (let at = row - length + 1; at <= row; at++) sum += close[at]!
  return sum / length
}

/** `targets[row]`: what is wanted after the close of that row. Fractions of equity only. */
export const slowRun = (bars: BarColumns, targets: ReadonlyArray<number>, terms: RunTerms): SlowRun => {
  const { close, open, timeOpen } = bars
  const fee = terms.feeBps / 10_000
  const slip = terms.slippageBps / 10_000
  const share = terms.sizing.kind === "fraction" ? terms.sizing.fraction : Number.NaN
  let cash = terms.cash
  let held = 0
  let asked = 0
  let tripCash = 0
  const profits: Array<number> = []
  const equity: Array<number> = []
  let barsHeld = 0
  let gone = false

  const trade = (amount: number, price: number) => {
    const paid = price * (amount > 0 ? 1 + slip : 1 - slip)
    cash = cash - amount * paid - Math.abs(amount) * paid * fee
  }
  const go = (target: number, price: number) => {
    if (held !== 0 && Math.sign(target) !== Math.sign(held)) {
      trade(-held, price)
      held = 0
      profits.push(cash - tripCash)
    }
    if (target === 0) return
    if (held === 0) tripCash = cash
    let wanted = (target * share * (cash + held * price)) / (price * (1 + slip) * (1 + fee))
    const most = (terms.grossMax * (cash + held * price)) / (price * (1 + slip) * (1 + fee))
    if (Math.abs(wanted) > most) wanted = Math.sign(wanted) * most
    trade(wanted - held, price)
    held = wanted
  }
  const charge = (row: number, us: number) => {
    const worth = held * close[row]!
    const years = us / (365.25 * 86_400_000_000)
    cash -= worth * terms.fundingPerYear * years
    if (worth < 0) cash -= -worth * terms.borrowPerYear * years
  }
  const elapsed = (row: number) => (row === 0 ? bars.intervalUs : timeOpen[row]! - timeOpen[row - 1]!)

  for (let row = 0; row < close.length; row++) {
    const wasFlat = held === 0
    if (terms.fillAt === "close") charge(row, elapsed(row))
    const wanted = terms.fillAt === "close" ? targets[row]! : row === 0 ? 0 : targets[row - 1]!
    if (wanted !== asked && !gone) {
      go(wanted, terms.fillAt === "close" ? close[row]! : open[row]!)
      asked = wanted
    }
    if (terms.fillAt === "nextOpen") charge(row, wasFlat ? bars.intervalUs : elapsed(row))
    if (cash + held * close[row]! <= 0 && !gone) {
      gone = true
      go(0, close[row]!)
    }
    if (held !== 0) barsHeld++
    equity.push(cash + held * close[row]!)
  }
  if (held !== 0) profits.push(cash + held * close.at(-1)! - tripCash)

  const returns = equity.slice(1).map((value, at) => (value === equity[at] ? 0 : value / equity[at]! - 1))
  const mean = returns.reduce((sum, each) => sum + each, 0) / returns.length
  const deviation = Math.sqrt(returns.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (returns.length - 1))
  const downside = Math.sqrt(returns.reduce((sum, each) => sum + Math.min(each, 0) ** 2, 0) / returns.length)
  let peak = terms.cash
  let maxDrawdown = 0
  for (const value of equity) {
    peak = Math.max(peak, value)
    maxDrawdown = Math.max(maxDrawdown, 1 - value / peak)
  }
  const growth = equity.at(-1)! / terms.cash
  const annualReturn = growth > 0 ? growth ** (terms.periodsPerYear / returns.length) - 1 : -1
  const yearly = Math.sqrt(terms.periodsPerYear)
  const gains = profits.filter((profit) => profit > 0)
  const losses = profits.filter((profit) => profit <= 0).reduce((sum, profit) => sum - profit, 0)
  const metrics = {
    totalReturn: growth - 1,
    annualReturn,
    volatility: deviation * yearly,
    sharpe: deviation > 0 ? (mean / deviation) * yearly : Number.NaN,
    sortino: downside > 0 ? (mean / downside) * yearly : Number.NaN,
    calmar: maxDrawdown > 0 ? annualReturn / maxDrawdown : Number.NaN,
    maxDrawdown,
    exposure: barsHeld / close.length,
    trades: profits.length,
    winRate: profits.length > 0 ? gains.length / profits.length : Number.NaN,
    profitFactor: losses > 0 ? gains.reduce((sum, profit) => sum + profit, 0) / losses : Number.NaN
  }
  return {
    equity,
    metrics: Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)))
  }
}
