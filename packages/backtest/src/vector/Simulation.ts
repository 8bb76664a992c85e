/**
 * One instrument through its target changes: fills at the next open (or the close), value at every close. Between two
 * changes there is nothing but a multiplication a bar.
 */
import type { BarColumns } from "@outcry/signals/BarColumns"
import type { Holding, Purse } from "./Holding.ts"
import type { RunTerms } from "./RunTerms.ts"
import type { TargetChanges } from "./TargetChanges.ts"

/** A Julian year, the unit of yearly rates. */
export const yearUs = 365.25 * 86_400_000_000

export class Simulation {
  /** Value at each row's close; of the rows last run. */
  readonly equity: Float64Array
  /** Position after each row, where it is kept. */
  readonly quantities: Float64Array | undefined
  /** Rows at whose close there was a position. */
  rowsHeld = 0
  private readonly bars: BarColumns
  private readonly terms: RunTerms
  private readonly purse: Purse
  private readonly holding: Holding
  private readonly financed: boolean

  constructor(bars: BarColumns, terms: RunTerms, purse: Purse, holding: Holding, keep: boolean) {
    const rows = bars.timeOpen.length
    this.bars = bars
    this.terms = terms
    this.purse = purse
    this.holding = holding
    this.equity = new Float64Array(rows)
    this.quantities = keep ? new Float64Array(rows) : undefined
    this.financed = terms.borrowPerYear !== 0 || terms.fundingPerYear !== 0
  }

  /** Flat at first; a position still open at the end stays and is counted as a round trip at the last close. */
  run(changes: TargetChanges, from: number, to: number): void {
    const { bars, holding, purse, terms } = this
    purse.begin(terms.cash)
    holding.begin()
    this.rowsHeld = 0
    const late = terms.fillAt === "nextOpen" ? 1 : 0
    const prices = late === 1 ? bars.open : bars.close
    let row = from
    for (let change = 0; change < changes.count && purse.ruinedAt < 0; change++) {
      const fillRow = changes.rows[change]! + late
      if (fillRow >= to) break
      this.value(row, fillRow)
      row = fillRow
      if (purse.ruinedAt < 0) holding.moveTo(changes.targets[change]!, prices[row]!, row, 0, 0)
    }
    this.value(row, to)
    if (holding.quantity !== 0) holding.settle(bars.close[to - 1]!)
  }

  private value(from: number, to: number): void {
    const { equity, holding, purse, quantities } = this
    const { close } = this.bars
    const { cash } = purse
    const { quantity } = holding
    quantities?.fill(quantity, from, to)
    if (quantity === 0) {
      equity.fill(cash, from, to)
      return
    }
    this.rowsHeld += to - from
    if (this.financed) return this.valueFinanced(from, to)
    for (let row = from; row < to; row++) {
      const value = cash + quantity * close[row]!
      equity[row] = value
      if (value > 0) continue
      return this.ruin(row, to)
    }
  }

  private valueFinanced(from: number, to: number): void {
    const { equity, holding, purse } = this
    const { close, intervalUs, timeOpen } = this.bars
    for (let row = from; row < to; row++) {
      // A bar entered at its open costs its own length; a later one all the time since the bar before.
      const heldUs = row === from ? intervalUs : timeOpen[row]! - timeOpen[row - 1]!
      holding.finance(close[row]!, heldUs / yearUs)
      const value = purse.cash + holding.quantity * close[row]!
      equity[row] = value
      if (value > 0) continue
      return this.ruin(row, to)
    }
  }

  /** Equity is gone: the position is closed at this close, and nothing more is traded. */
  private ruin(row: number, to: number): void {
    this.purse.ruinedAt = row
    this.holding.moveTo(0, this.bars.close[row]!, row, 0, 0)
    this.rowsHeld -= to - row - 1
    this.equity.fill(this.purse.cash, row, to)
    this.quantities?.fill(0, row, to)
  }
}
