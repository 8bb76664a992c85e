/**
 * Public market data as Binance writes it: REST replies and the payloads of the market streams.
 *
 * Source: developers.binance.com, spot "Market data endpoints" and "WebSocket Streams" (2026-11).
 */
import type { MarketTop } from "@outcry/matching/MarketListener"
import { selfTradePreventions } from "@outcry/matching/MatchingEngine"
import type * as Amount from "@outcry/model/Amount"
import * as Instrument from "@outcry/model/Instrument"
import * as Filters from "./Filters.ts"
import { orderTypes } from "./ExchangeOrder.ts"
import { type Candle, type Interval, intervals, type Print } from "./Klines.ts"
import type { AggregatePrint, DepthFrame, MarketTape } from "./MarketTape.ts"
import { amountText } from "./ProtocolOrder.ts"
import type { RateLimitSettings } from "./RateLimits.ts"

const dayMs = 86_400_000
const minutesOfDay = 1_440

export const priceText = (instrument: Instrument.Instrument, ticks: number): string =>
  amountText(BigInt(ticks) * instrument.tick)

const lotsText = (instrument: Instrument.Instrument, lots: number): string =>
  amountText(Instrument.baseAmount(instrument, lots))

type Levels = ReadonlyArray<readonly [string, string]>

const levelsOf = (instrument: Instrument.Instrument, flat: ReadonlyArray<number>): Levels => {
  const levels: Array<readonly [string, string]> = []
  for (let index = 0; index + 1 < flat.length; index += 2) {
    levels.push([priceText(instrument, flat[index]!), lotsText(instrument, flat[index + 1]!)])
  }
  return levels
}

const changesOf = (instrument: Instrument.Instrument, changes: ReadonlyMap<number, number>): Levels =>
  [...changes].map(([ticks, lots]) => [priceText(instrument, ticks), lotsText(instrument, lots)])

export const exchangeInfo = (
  tapes: ReadonlyArray<MarketTape>,
  limits: RateLimitSettings,
  nowMs: number,
  maintenance: boolean
): Record<string, unknown> => ({
  timezone: "UTC",
  serverTime: nowMs,
  rateLimits: rateLimits(limits).map(({ count: _, ...limit }) => limit),
  exchangeFilters: [],
  symbols: tapes.map(({ instrument, market, symbol }) => ({
    symbol,
    status: maintenance || market.closed() ? "BREAK" : "TRADING",
    baseAsset: instrument.base,
    baseAssetPrecision: 8,
    quoteAsset: instrument.quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes,
    icebergAllowed: true,
    ocoAllowed: true,
    otoAllowed: true,
    quoteOrderQtyMarketAllowed: true,
    allowTrailingStop: true,
    cancelReplaceAllowed: true,
    amendAllowed: true,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: Filters.published(instrument),
    permissions: [],
    permissionSets: [["SPOT"]],
    defaultSelfTradePreventionMode: Filters.selfTradeDefault,
    allowedSelfTradePreventionModes: selfTradePreventions
  }))
})

export const rateLimits = (
  limits: RateLimitSettings,
  counts: { readonly weight: number; readonly tenSeconds: number; readonly day: number } = {
    weight: 0,
    tenSeconds: 0,
    day: 0
  }
) => [
  {
    rateLimitType: "REQUEST_WEIGHT",
    interval: "MINUTE",
    intervalNum: 1,
    limit: limits.weightPerMinute,
    count: counts.weight
  },
  {
    rateLimitType: "ORDERS",
    interval: "SECOND",
    intervalNum: 10,
    limit: limits.ordersPerTenSeconds,
    count: counts.tenSeconds
  },
  { rateLimitType: "ORDERS", interval: "DAY", intervalNum: 1, limit: limits.ordersPerDay, count: counts.day }
]

export const depth = (tape: MarketTape, levels: number): Record<string, unknown> => {
  const { asks, bids } = tape.depth(levels)
  return {
    lastUpdateId: tape.updateId,
    bids: levelsOf(tape.instrument, bids),
    asks: levelsOf(tape.instrument, asks)
  }
}

export const trade = (tape: MarketTape, print: Print): Record<string, unknown> => ({
  id: print.tradeId,
  price: priceText(tape.instrument, print.priceTicks),
  qty: lotsText(tape.instrument, print.lots),
  quoteQty: amountText(Instrument.notional(tape.instrument, print.priceTicks, print.lots)),
  time: print.timeMs,
  isBuyerMaker: print.buyerIsMaker,
  isBestMatch: true
})

const aggregate = (tape: MarketTape, print: AggregatePrint) => ({
  a: print.aggregateId,
  p: priceText(tape.instrument, print.priceTicks),
  q: lotsText(tape.instrument, print.lots),
  f: print.firstTradeId,
  l: print.lastTradeId,
  T: print.timeMs,
  m: print.buyerIsMaker,
  M: true
})

export const aggregateTrade = (tape: MarketTape, print: AggregatePrint): Record<string, unknown> =>
  aggregate(tape, print)

export const kline = (tape: MarketTape, interval: Interval, candle: Candle): ReadonlyArray<unknown> => [
  candle.openMs,
  priceText(tape.instrument, candle.openTicks),
  priceText(tape.instrument, candle.highTicks),
  priceText(tape.instrument, candle.lowTicks),
  priceText(tape.instrument, candle.closeTicks),
  lotsText(tape.instrument, candle.lots),
  candle.openMs + intervals[interval] - 1,
  amountText(candle.quote),
  candle.trades,
  lotsText(tape.instrument, candle.takerLots),
  amountText(candle.takerQuote),
  "0"
]

export const bookTicker = (tape: MarketTape): Record<string, unknown> => {
  const top = tape.market.top()
  return {
    symbol: tape.symbol,
    bidPrice: priceText(tape.instrument, top.bidTicks),
    bidQty: lotsText(tape.instrument, top.bidLots),
    askPrice: priceText(tape.instrument, top.askTicks),
    askQty: lotsText(tape.instrument, top.askLots)
  }
}

/** The last day, exact to the minute: the sum of its candles of one minute. */
export const dayOf = (tape: MarketTape, nowMs: number) => {
  const { instrument } = tape
  const candles = tape.klines.query("1m", minutesOfDay, nowMs - dayMs, undefined)
  let [high, low, lots, trades, quote] = [0, 0, 0, 0, 0n]
  let [firstId, lastId, open] = [-1, -1, 0]
  for (const candle of candles) {
    if (candle.trades === 0) continue
    if (open === 0) open = candle.openTicks
    high = Math.max(high, candle.highTicks)
    low = low === 0 ? candle.lowTicks : Math.min(low, candle.lowTicks)
    lots += candle.lots
    quote += candle.quote
    trades += candle.trades
    if (firstId < 0) firstId = candle.firstTradeId
    lastId = candle.lastTradeId
  }
  const last = tape.lastPrint()
  const close = last?.priceTicks ?? 0
  const average = lots === 0 ? 0n : quote / BigInt(lots)
  const changePercent = open === 0 ? "0.000" : (((close - open) / open) * 100).toFixed(3)
  const top = tape.market.top()
  const price = (ticks: number) => priceText(instrument, ticks)
  const change = BigInt(close - open) * instrument.tick
  return {
    priceChange: amountText(change),
    priceChangePercent: changePercent,
    // Quote of all trades over their lots, in ticks' amount: exact up to one unit of 10^-12.
    weightedAvgPrice: amountText(lots === 0 ? 0n : roundedToEight((average * instrument.tick) / instrument.tickLot)),
    prevClosePrice: price(open),
    lastPrice: price(close),
    lastQty: lotsText(instrument, last?.lots ?? 0),
    bidPrice: price(top.bidTicks),
    bidQty: lotsText(instrument, top.bidLots),
    askPrice: price(top.askTicks),
    askQty: lotsText(instrument, top.askLots),
    openPrice: price(open),
    highPrice: price(high),
    lowPrice: price(low),
    volume: lotsText(instrument, lots),
    quoteVolume: amountText(quote),
    openTime: nowMs - dayMs,
    closeTime: nowMs,
    firstId,
    lastId,
    count: trades
  }
}

const roundedToEight = (amount: Amount.Amount): Amount.Amount => amount - (amount % 10_000n)

export const depthUpdate = (tape: MarketTape, frame: DepthFrame, eventMs: number): Record<string, unknown> => ({
  e: "depthUpdate",
  E: eventMs,
  s: tape.symbol,
  U: frame.firstUpdateId,
  u: frame.lastUpdateId,
  b: changesOf(tape.instrument, frame.bids),
  a: changesOf(tape.instrument, frame.asks)
})

export const topUpdate = (tape: MarketTape, top: MarketTop, updateId: number): Record<string, unknown> => ({
  u: updateId,
  s: tape.symbol,
  b: priceText(tape.instrument, top.bidTicks),
  B: lotsText(tape.instrument, top.bidLots),
  a: priceText(tape.instrument, top.askTicks),
  A: lotsText(tape.instrument, top.askLots)
})

export const tradeUpdate = (tape: MarketTape, print: Print, eventMs: number): Record<string, unknown> => ({
  e: "trade",
  E: eventMs,
  s: tape.symbol,
  t: print.tradeId,
  p: priceText(tape.instrument, print.priceTicks),
  q: lotsText(tape.instrument, print.lots),
  T: print.timeMs,
  m: print.buyerIsMaker,
  M: true
})

export const aggregateUpdate = (tape: MarketTape, print: AggregatePrint, eventMs: number): Record<string, unknown> => ({
  e: "aggTrade",
  E: eventMs,
  s: tape.symbol,
  ...aggregate(tape, print)
})

export const klineUpdate = (
  tape: MarketTape,
  interval: Interval,
  candle: Candle,
  closed: boolean,
  eventMs: number
): Record<string, unknown> => ({
  e: "kline",
  E: eventMs,
  s: tape.symbol,
  k: {
    t: candle.openMs,
    T: candle.openMs + intervals[interval] - 1,
    s: tape.symbol,
    i: interval,
    f: candle.firstTradeId,
    L: candle.lastTradeId,
    o: priceText(tape.instrument, candle.openTicks),
    c: priceText(tape.instrument, candle.closeTicks),
    h: priceText(tape.instrument, candle.highTicks),
    l: priceText(tape.instrument, candle.lowTicks),
    v: lotsText(tape.instrument, candle.lots),
    n: candle.trades,
    x: closed,
    q: amountText(candle.quote),
    V: lotsText(tape.instrument, candle.takerLots),
    Q: amountText(candle.takerQuote),
    B: "0"
  }
})

export const tickerUpdate = (tape: MarketTape, eventMs: number): Record<string, unknown> => {
  const day = dayOf(tape, eventMs)
  return {
    e: "24hrTicker",
    E: eventMs,
    s: tape.symbol,
    p: day.priceChange,
    P: day.priceChangePercent,
    w: day.weightedAvgPrice,
    x: day.prevClosePrice,
    c: day.lastPrice,
    Q: day.lastQty,
    b: day.bidPrice,
    B: day.bidQty,
    a: day.askPrice,
    A: day.askQty,
    o: day.openPrice,
    h: day.highPrice,
    l: day.lowPrice,
    v: day.volume,
    q: day.quoteVolume,
    O: day.openTime,
    C: day.closeTime,
    F: day.firstId,
    L: day.lastId,
    n: day.count
  }
}

export const miniTickerUpdate = (tape: MarketTape, eventMs: number): Record<string, unknown> => {
  const day = dayOf(tape, eventMs)
  return {
    e: "24hrMiniTicker",
    E: eventMs,
    s: tape.symbol,
    c: day.lastPrice,
    o: day.openPrice,
    h: day.highPrice,
    l: day.lowPrice,
    v: day.volume,
    q: day.quoteVolume
  }
}
