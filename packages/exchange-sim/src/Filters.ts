/**
 * Turns the decimals of a new order into ticks and lots and applies Binance's filters: PRICE_FILTER, LOT_SIZE,
 * NOTIONAL, PERCENT_PRICE_BY_SIDE, MAX_NUM_ORDERS. Also publishes them for `exchangeInfo`.
 */
import * as Amount from "@outcry/model/Amount"
import * as Instrument from "@outcry/model/Instrument"
import type { Side } from "@outcry/model/MarketData"
import type { TimeInForce } from "@outcry/matching/MatchingEngine"
import * as ApiError from "./ApiError.ts"
import type { OrderType } from "./ExchangeOrder.ts"
import type { MarketTop } from "./Market.ts"

/** A new order as it was sent; decimals are still text. */
export interface OrderRequest {
  readonly symbol: string
  readonly side: Side
  readonly type: OrderType
  readonly timeInForce: TimeInForce
  readonly price: string | undefined
  readonly quantity: string | undefined
  readonly quoteOrderQty: string | undefined
  readonly clientOrderId: string
}

export interface SizedOrder {
  readonly priceTicks: number
  readonly lots: number
  readonly quoteOrderQty: Amount.Amount
}

export const maxOpenOrders = 200
const places = 8
const maxPriceTicks = 1_000_000_000
/** A price may be at most this many times above, or this part below, the book's middle. */
const multiplierUp = 5
const multiplierDownInverse = 5
const decimal = /^[0-9]{1,20}(\.[0-9]{1,20})?$/

const amountOf = (name: string, text: string): Amount.Amount => {
  if (!decimal.test(text)) throw ApiError.illegalCharacters(name)
  const fraction = (text.split(".")[1] ?? "").replace(/0+$/, "")
  if (fraction.length > places) throw ApiError.badPrecision(name)
  return Amount.from(text)
}

const priceTicksOf = (instrument: Instrument.Instrument, text: string): number => {
  const price = amountOf("price", text)
  if (price === 0n) throw ApiError.invalidPrice()
  const ticks = Instrument.ticksOf(instrument, text)
  if (ticks === undefined || ticks > maxPriceTicks) throw ApiError.filterFailure("PRICE_FILTER")
  return ticks
}

const lotsOf = (instrument: Instrument.Instrument, text: string): number => {
  const quantity = amountOf("quantity", text)
  if (quantity === 0n) throw ApiError.invalidQuantity()
  const lots = Instrument.quantityLotsOf(instrument, text)
  if (lots === undefined || lots < instrument.minQuantityLots || lots > instrument.maxQuantityLots) {
    throw ApiError.filterFailure("LOT_SIZE")
  }
  return lots
}

const requireNotional = (instrument: Instrument.Instrument, notional: Amount.Amount): void => {
  if (notional < instrument.minNotionalAmount || notional > instrument.maxNotionalAmount) {
    throw ApiError.filterFailure("NOTIONAL")
  }
}

/** The best price of the other side, else of the own one, else undefined for an empty book. */
const referenceTicks = (side: Side, top: MarketTop): number | undefined => {
  const own = side === "buy" ? top.bidTicks : top.askTicks
  const other = side === "buy" ? top.askTicks : top.bidTicks
  return other > 0 ? other : own > 0 ? own : undefined
}

/** Throws the filter's -1013, or -1100/-1111 for text that is no decimal of at most eight places. */
export const size = (instrument: Instrument.Instrument, request: OrderRequest, top: MarketTop): SizedOrder => {
  const reference = referenceTicks(request.side, top)
  if (request.type === "MARKET") {
    if (request.quoteOrderQty !== undefined) {
      const quoteOrderQty = amountOf("quoteOrderQty", request.quoteOrderQty)
      if (quoteOrderQty === 0n) throw ApiError.invalidQuantity()
      requireNotional(instrument, quoteOrderQty)
      return { priceTicks: 0, lots: 0, quoteOrderQty }
    }
    const lots = lotsOf(instrument, request.quantity ?? "")
    if (reference !== undefined) requireNotional(instrument, Instrument.notional(instrument, reference, lots))
    return { priceTicks: 0, lots, quoteOrderQty: 0n }
  }
  const priceTicks = priceTicksOf(instrument, request.price ?? "")
  const lots = lotsOf(instrument, request.quantity ?? "")
  requireNotional(instrument, Instrument.notional(instrument, priceTicks, lots))
  if (
    reference !== undefined &&
    (priceTicks > reference * multiplierUp || priceTicks * multiplierDownInverse < reference)
  ) {
    throw ApiError.filterFailure("PERCENT_PRICE_BY_SIDE")
  }
  return { priceTicks, lots, quoteOrderQty: 0n }
}

const text = (amount: Amount.Amount): string => Amount.format(amount, places)

/** The filters of one instrument as `exchangeInfo` shows them. */
export const published = (instrument: Instrument.Instrument): ReadonlyArray<Record<string, unknown>> => [
  {
    filterType: "PRICE_FILTER",
    minPrice: text(instrument.tick),
    maxPrice: text(instrument.tick * BigInt(maxPriceTicks)),
    tickSize: text(instrument.tick)
  },
  {
    filterType: "LOT_SIZE",
    minQty: text(instrument.lot * BigInt(instrument.minQuantityLots)),
    maxQty: text(instrument.lot * BigInt(instrument.maxQuantityLots)),
    stepSize: text(instrument.lot)
  },
  {
    filterType: "PERCENT_PRICE_BY_SIDE",
    bidMultiplierUp: String(multiplierUp),
    bidMultiplierDown: String(1 / multiplierDownInverse),
    askMultiplierUp: String(multiplierUp),
    askMultiplierDown: String(1 / multiplierDownInverse),
    avgPriceMins: 0
  },
  {
    filterType: "NOTIONAL",
    minNotional: text(instrument.minNotionalAmount),
    applyMinToMarket: true,
    maxNotional: text(instrument.maxNotionalAmount),
    applyMaxToMarket: true,
    avgPriceMins: 0
  },
  { filterType: "MAX_NUM_ORDERS", maxNumOrders: maxOpenOrders }
]
