/**
 * What an order locks of its account's funds: its whole price where it has one; a conditional order that will trade at
 * any price what its trigger says; a market order exactly what it is going to cost on the book.
 */
import type * as Amount from "@outcry/model/Amount"
import * as Instrument from "@outcry/model/Instrument"
import type { Market, MarketOrder } from "./Market.ts"

/** Of an order that goes to the book now. */
export const atOnce = (market: Market, order: MarketOrder): Amount.Amount => {
  const { instrument } = market
  if (order.side === "sell" && order.lots > 0) return Instrument.baseAmount(instrument, order.lots)
  if (order.type === "limit") return Instrument.notional(instrument, order.priceTicks, order.lots)
  if (order.side === "buy" && order.quoteTickLots > 0) return BigInt(order.quoteTickLots) * instrument.tickLot
  const { lots, tickLots } = market.rehearse(order)
  return order.side === "buy" ? BigInt(tickLots) * instrument.tickLot : Instrument.baseAmount(instrument, lots)
}

/** Of an order that waits for its trigger; the last price stands in for a trigger not known yet. */
export const waiting = (market: Market, order: MarketOrder, stopTicks: number, lastTicks: number): Amount.Amount => {
  const { instrument } = market
  if (order.side === "sell") return Instrument.baseAmount(instrument, order.lots)
  const ticks = order.type === "limit" ? order.priceTicks : stopTicks > 0 ? stopTicks : lastTicks
  return ticks > 0 ? Instrument.notional(instrument, ticks, order.lots) : atOnce(market, order)
}
