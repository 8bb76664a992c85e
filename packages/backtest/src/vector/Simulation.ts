/**
 * One instrument through its target changes: fills at the next open (or the close), value at every close. Work is per change
 * where a position is all of the equity or none, and a few multiplications a bar elsewhere.
 */
import type { BarColumns } from "@outcry/signals/BarColumns"
import type { RunMetrics } from "../RunMetrics.ts"
import type { Holding, Purse } from "./Holding.ts"
import type { PriceHistory } from "./PriceHistory.ts"
import type { RunTerms } from "./RunTerms.ts"
import type { TargetChanges } from "./TargetChanges.ts"

/** A Julian year, the unit of yearly rates. */
export const yearUs = 365.25 * 86_400_000_000

/** Cash beside a position, as a share of it, that is nothing but rounding. */
const cashRounding = 1e-13

/** Value and position at each row's close, for runs that keep more than figures. */
export interface CurveColumns {
  readonly equity: Float64Array
  readonly quantity: Float64Array
}

export class Simulation {
  /** Rows at whose close there was a position. */
  rowsHeld = 0
  private readonly bars: BarColumns
  private readonly history: PriceHistory
  private readonly terms: RunTerms
  private readonly purse: Purse
  private readonly holding: Holding
  private readonly metrics: RunMetrics
  private readonly curve: CurveColumns | undefined
  private readonly financed: boolean
  private begun = false

  constructor(given: {
    readonly bars: BarColumns
    /** Of the closes. */
    readonly history: PriceHistory
    readonly terms: RunTerms
    readonly purse: Purse
    readonly holding: Holding
    readonly metrics: RunMetrics
    readonly curve: CurveColumns | undefined
  }) {
    this.bars = given.bars
    this.history = given.history
    this.terms = given.terms
    this.purse = given.purse
    this.holding = given.holding
    this.metrics = given.metrics
    this.curve = given.curve
    this.financed = given.terms.borrowPerYear !== 0 || given.terms.fundingPerYear !== 0
  }

  /** Flat at first; a position still open at the end stays and is counted as a round trip at the last close. */
  run(changes: TargetChanges, from: number, to: number): void {
    const { bars, holding, metrics, purse, terms } = this
    purse.begin(terms.cash)
    holding.begin()
    this.rowsHeld = 0
    this.begun = false
    const late = terms.fillAt === "nextOpen" ? 1 : 0
    const prices = late === 1 ? bars.open : bars.close
    let row = from
    let firstUs = 0
    for (let change = 0; change < changes.count && purse.ruinedAt < 0; change++) {
      const fillRow = changes.rows[change]! + late
      if (fillRow >= to) break
      this.value(row, fillRow, firstUs)
      row = fillRow
      if (purse.ruinedAt >= 0) break
      if (this.financed) firstUs = this.financeFill(row, late === 1)
      holding.moveTo(changes.targets[change]!, prices[row]!, row, 0, 0)
    }
    this.value(row, to, firstUs)
    if (holding.quantity !== 0) holding.settle(bars.close[to - 1]!)
    metrics.finish(to - from, this.rowsHeld, terms.periodsPerYear, purse)
  }

  /**
   * A position that ends at this close is charged for its last bar; answers the time, in µs, that the one from here on is
   * to be charged for this row: its length for one that begins at its open, all since the bar before for one that stays.
   */
  private financeFill(row: number, late: boolean): number {
    const { bars, holding } = this
    const sinceUs = row === 0 ? bars.intervalUs : bars.timeOpen[row]! - bars.timeOpen[row - 1]!
    if (late) return holding.quantity === 0 ? bars.intervalUs : sinceUs
    if (holding.quantity !== 0) holding.finance(bars.close[row]!, sinceUs / yearUs)
    return 0
  }

  /** `firstUs`: the time that financing charges for the first row. */
  private value(from: number, to: number, firstUs: number): void {
    if (from >= to) return
    const { bars, curve, holding, history, metrics, purse } = this
    const { close } = bars
    const { cash } = purse
    const { quantity } = holding
    if (!this.begun) {
      this.begun = true
      metrics.begin(this.terms.cash, cash + quantity * close[from]!)
    }
    if (quantity === 0) {
      metrics.take(cash)
      if (curve !== undefined) this.keep(curve, from, to)
      return
    }
    this.rowsHeld += to - from
    if (this.financed) return this.valueFinanced(from, to, firstUs)
    const whole = quantity > 0 && Math.abs(cash) <= cashRounding * quantity * close[from]!
    if (whole) metrics.takeWhole(quantity, close, history, from, to)
    const goneAt = whole ? -1 : metrics.takeHeld(cash, quantity, close, from, to)
    if (curve !== undefined) this.keep(curve, from, to)
    if (goneAt >= 0) this.ruin(goneAt, to)
  }

  private valueFinanced(from: number, to: number, firstUs: number): void {
    const { curve, holding, metrics, purse } = this
    const { close, timeOpen } = this.bars
    for (let row = from; row < to; row++) {
      const heldUs = row === from ? firstUs : timeOpen[row]! - timeOpen[row - 1]!
      holding.finance(close[row]!, heldUs / yearUs)
      metrics.take(purse.cash + holding.quantity * close[row]!)
      if (curve !== undefined) this.keep(curve, row, row + 1)
      if (!(purse.cash + holding.quantity * close[row]! > 0)) return this.ruin(row, to)
    }
  }

  private keep({ equity, quantity }: CurveColumns, from: number, to: number): void {
    const { cash } = this.purse
    const held = this.holding.quantity
    const { close } = this.bars
    quantity.fill(held, from, to)
    for (let row = from; row < to; row++) equity[row] = cash + held * close[row]!
  }

  /** Equity is gone: the position is closed at this close, and nothing more is traded. */
  private ruin(row: number, to: number): void {
    this.purse.ruinedAt = row
    this.holding.listener?.ruined()
    this.holding.moveTo(0, this.bars.close[row]!, row, 0, 0)
    this.metrics.take(this.purse.cash)
    this.rowsHeld -= to - row
    if (this.curve !== undefined) this.keep(this.curve, row, to)
  }
}
