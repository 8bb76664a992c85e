/**
 * Turns the decimals of a new order into ticks and lots and applies Binance's filters: PRICE_FILTER, LOT_SIZE,
 * NOTIONAL, PERCENT_PRICE_BY_SIDE, TRAILING_DELTA, ICEBERG_PARTS, MAX_NUM_ORDERS and MAX_NUM_ALGO_ORDERS. Also publishes them for `exchangeInfo`.
 */
import type { MarketTop } from "@outcry/matching/MarketListener"
import * as Amount from "@outcry/model/Amount"
import * as Instrument from "@outcry/model/Instrument"
import type { Side } from "@outcry/model/MarketData"
import type { SelfTradePrevention, TimeInForce } from "@outcry/matching/MatchingEngine"
import * as ApiError from "./ApiError.ts"
import { isMarket, type OrderType } from "./ExchangeOrder.ts"

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
  /** Of conditional orders: where they fire or, where they trail, begin to follow. */
  readonly stopPrice?: string | undefined
  /** Basis points that a conditional order trails behind the best price. */
  readonly trailingDelta?: number | undefined
  readonly icebergQty?: string | undefined
  readonly selfTradePreventionMode?: SelfTradePrevention | undefined
}

export interface SizedOrder {
  readonly priceTicks: number
  readonly lots: number
  readonly quoteOrderQty: Amount.Amount
  readonly stopTicks: number
  readonly trailingDelta: number
  readonly displayLots: number
  readonly selfTrade: SelfTradePrevention
}

/** Of orders that name none. */
export const selfTradeDefault: SelfTradePrevention = "EXPIRE_MAKER"

export const maxOpenOrders = 200
/** Open conditional orders of an account in one symbol. */
export const maxAlgoOrders = 5
const icebergPartsMost = 10
const trailing = { least: 10, most: 2_000 }
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

const priceTicksOf = (instrument: Instrument.Instrument, text: string, name = "price"): number => {
  const price = amountOf(name, text)
  if (price === 0n) throw ApiError.invalidPrice()
  const ticks = Instrument.ticksOf(instrument, text)
  if (ticks === undefined || ticks > maxPriceTicks) throw ApiError.filterFailure("PRICE_FILTER")
  return ticks
}

export const lotsOf = (instrument: Instrument.Instrument, text: string, name = "quantity"): number => {
  const quantity = amountOf(name, text)
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

const displayLotsOf = (instrument: Instrument.Instrument, request: OrderRequest, lots: number): number => {
  if (request.icebergQty === undefined) return 0
  const shown = lotsOf(instrument, request.icebergQty, "icebergQty")
  if (shown > lots) throw ApiError.icebergTooLarge()
  if (Math.ceil(lots / shown) > icebergPartsMost) throw ApiError.filterFailure("ICEBERG_PARTS")
  return shown
}

const trailingDeltaOf = ({ trailingDelta }: OrderRequest): number => {
  if (trailingDelta === undefined) return 0
  if (trailingDelta < trailing.least || trailingDelta > trailing.most) throw ApiError.filterFailure("TRAILING_DELTA")
  return trailingDelta
}

/** Throws the filter's -1013, or -1100/-1111 for text that is no decimal of at most eight places. */
export const size = (instrument: Instrument.Instrument, request: OrderRequest, top: MarketTop): SizedOrder => {
  const { selfTradePreventionMode: selfTrade = selfTradeDefault, stopPrice } = request
  const trailingDelta = trailingDeltaOf(request)
  const stopTicks = stopPrice === undefined ? 0 : priceTicksOf(instrument, stopPrice, "stopPrice")
  const common = { trailingDelta, stopTicks, selfTrade }
  const reference = referenceTicks(request.side, top)
  if (isMarket(request.type)) {
    if (request.quoteOrderQty !== undefined) {
      const quoteOrderQty = amountOf("quoteOrderQty", request.quoteOrderQty)
      if (quoteOrderQty === 0n) throw ApiError.invalidQuantity()
      requireNotional(instrument, quoteOrderQty)
      return { ...common, priceTicks: 0, lots: 0, quoteOrderQty, displayLots: 0 }
    }
    const lots = lotsOf(instrument, request.quantity ?? "")
    const ticks = stopTicks > 0 ? stopTicks : reference
    if (ticks !== undefined) requireNotional(instrument, Instrument.notional(instrument, ticks, lots))
    return { ...common, priceTicks: 0, lots, quoteOrderQty: 0n, displayLots: 0 }
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
  return { ...common, priceTicks, lots, quoteOrderQty: 0n, displayLots: displayLotsOf(instrument, request, lots) }
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
  { filterType: "ICEBERG_PARTS", limit: icebergPartsMost },
  {
    filterType: "TRAILING_DELTA",
    minTrailingAboveDelta: trailing.least,
    maxTrailingAboveDelta: trailing.most,
    minTrailingBelowDelta: trailing.least,
    maxTrailingBelowDelta: trailing.most
  },
  { filterType: "MAX_NUM_ORDERS", maxNumOrders: maxOpenOrders },
  { filterType: "MAX_NUM_ALGO_ORDERS", maxNumAlgoOrders: maxAlgoOrders }
]
