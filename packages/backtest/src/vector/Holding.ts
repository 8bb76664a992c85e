/**
 * A position and the cash it shares: how a target becomes a quantity and a fill, and what it cost. In floats; nothing is
 * allocated per bar or fill. The purse counts what the figures need: fees, financing, round trips and their results.
 */
import type { RunTerms } from "./RunTerms.ts"

/** Hears every fill and every return to flat; for runs that keep more than figures. */
export interface FillListener {
  /** `delta` is bought (> 0) or sold (< 0) at `price` on the row's open or close; `fee` is paid. */
  readonly filled: (instrument: number, row: number, delta: number, price: number, fee: number) => void
  /** The round trip that the last fill ended. */
  readonly flat: (instrument: number, row: number, profit: number) => void
  /** Equity is gone: what is filled from here on is closed out at the row's close. */
  readonly ruined: () => void
}

export class Purse {
  cash = 0
  fees = 0
  /** Borrowing and funding, paid (> 0) or received (< 0). */
  financing = 0
  fills = 0
  trades = 0
  wins = 0
  gains = 0
  losses = 0
  /** Positions cut to what the limit on gross value lets. */
  cut = 0
  /** The row at whose close equity was gone; −1 before. */
  ruinedAt = -1

  begin(cash: number): void {
    this.cash = cash
    this.fees = this.financing = this.fills = this.trades = this.wins = this.gains = this.losses = this.cut = 0
    this.ruinedAt = -1
  }

  count(profit: number): void {
    this.trades++
    if (profit > 0) {
      this.wins++
      this.gains += profit
    } else this.losses -= profit
  }
}

export class Holding {
  quantity = 0
  listener: FillListener | undefined
  private flow = 0
  private readonly instrument: number
  private readonly purse: Purse
  private readonly terms: RunTerms
  private readonly feeRate: number
  private readonly slip: number
  private readonly costFactor: number

  constructor(instrument: number, purse: Purse, terms: RunTerms) {
    this.instrument = instrument
    this.purse = purse
    this.terms = terms
    this.feeRate = terms.feeBps / 10_000
    this.slip = terms.slippageBps / 10_000
    this.costFactor = (1 + this.slip) * (1 + this.feeRate)
  }

  begin(): void {
    this.quantity = 0
    this.flow = 0
  }

  /**
   * Trades at `price` until the position is what `target` asks for; a change of side is a close and then an opening.
   * `othersNet` and `othersGross` are the value of the other positions of the purse at their last prices.
   */
  moveTo(target: number, price: number, row: number, othersNet: number, othersGross: number): void {
    if (this.quantity !== 0 && (target === 0 || target > 0 !== this.quantity > 0))
      this.trade(-this.quantity, price, row)
    if (target === 0) return
    const delta = this.sized(target, price, othersNet, othersGross) - this.quantity
    if (delta !== 0) this.trade(delta, price, row)
  }

  /** Charges (or credits) what the position's value costs for a time, in years. */
  finance(price: number, years: number): void {
    const value = this.quantity * price
    const { borrowPerYear, fundingPerYear } = this.terms
    const cost = (value * fundingPerYear + (value < 0 ? -value * borrowPerYear : 0)) * years
    this.purse.cash -= cost
    this.purse.financing += cost
    this.flow -= cost
  }

  /** Of the round trip still open, valued at `price`. */
  profit(price: number): number {
    return this.flow + this.quantity * price
  }

  /** Counts the round trip still open as one at `price`. */
  settle(price: number): void {
    this.purse.count(this.profit(price))
  }

  private sized(target: number, price: number, othersNet: number, othersGross: number): number {
    const { grossMax, sizing } = this.terms
    const equity = this.purse.cash + this.quantity * price + othersNet
    if (!(equity > 0)) return this.quantity
    const each = price * this.costFactor
    const wanted =
      sizing.kind === "fraction"
        ? (target * sizing.fraction * equity) / each
        : sizing.kind === "quantity"
          ? target * sizing.quantity
          : (target * sizing.notional) / price
    const most = Math.max(0, grossMax * equity - othersGross) / each
    if (Math.abs(wanted) <= most * (1 + 1e-12)) return wanted
    this.purse.cut++
    return wanted > 0 ? most : -most
  }

  private trade(delta: number, price: number, row: number): void {
    const { purse } = this
    const fillPrice = delta > 0 ? price * (1 + this.slip) : price * (1 - this.slip)
    const value = delta * fillPrice
    const fee = Math.abs(value) * this.feeRate
    purse.cash -= value + fee
    purse.fees += fee
    purse.fills++
    this.flow -= value + fee
    // A close takes exactly what there is: no crumb of rounding stays behind.
    this.quantity = delta === -this.quantity ? 0 : this.quantity + delta
    this.listener?.filled(this.instrument, row, delta, fillPrice, fee)
    if (this.quantity !== 0) return
    const profit = this.flow
    this.flow = 0
    purse.count(profit)
    this.listener?.flat(this.instrument, row, profit)
  }
}
