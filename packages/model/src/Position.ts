/**
 * A net position in one instrument by average cost, and its exact profit and loss.
 *
 * Lots are signed (positive = long). `cost` is the signed quote amount paid for the open lots; realised P&L is gross
 * of fees, which are kept apart in their own assets. Identity kept by every fill: Σ(−sign × notional) = realised − cost.
 */
import * as Amount from "./Amount.ts"
import { type Instrument, notional } from "./Instrument.ts"
import { type Side, signOf } from "./MarketData.ts"

export interface Position {
  lots: number
  cost: Amount.Amount
  realised: Amount.Amount
  /** Fills applied, for the report. */
  fills: number
}

export const empty = (): Position => ({ lots: 0, cost: 0n, realised: 0n, fills: 0 })

/**
 * Applies one fill of `lots` worth `value` in place. What closes takes its share of the cost, rounded half to even; the
 * rest stays exact.
 */
export const applyValue = (position: Position, side: Side, lots: number, value: Amount.Amount): void => {
  position.fills += 1
  const sign = signOf(side)
  const held = Math.abs(position.lots)
  const closing = position.lots !== 0 && Math.sign(position.lots) !== sign ? Math.min(held, lots) : 0
  let opened = value
  if (closing > 0) {
    const share = closing === held ? position.cost : Amount.mulDiv(position.cost, BigInt(closing), BigInt(held))
    const closed = closing === lots ? value : Amount.mulDiv(value, BigInt(closing), BigInt(lots))
    position.realised += (sign === 1 ? -closed : closed) - share
    position.cost -= share
    opened = value - closed
  }
  if (lots > closing) position.cost += sign === 1 ? opened : -opened
  position.lots += sign * lots
}

/** Applies one fill at a price in ticks of `instrument`. */
export const applyFill = (
  position: Position,
  instrument: Instrument,
  side: Side,
  priceTicks: number,
  lots: number
): void => applyValue(position, side, lots, notional(instrument, priceTicks, lots))

/** Average price of what is held, in ticks, rounded half to even; 0 where nothing is. */
export const averageTicks = ({ cost, lots }: Position, instrument: Instrument): number =>
  lots === 0 ? 0 : Number(Amount.mulDiv(lots < 0 ? -cost : cost, 1n, BigInt(Math.abs(lots)) * instrument.tickLot || 1n))

/** Unrealised P&L at a mark price, in quote asset. */
export const unrealised = (position: Position, instrument: Instrument, markTicks: number): Amount.Amount =>
  BigInt(markTicks) * BigInt(position.lots) * instrument.tickLot - position.cost
