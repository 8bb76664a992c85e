/**
 * The public calls: clock, instruments, book, prints, candles, tickers.
 */
import * as Amount from "@outcry/model/Amount"
import * as ApiError from "./ApiError.ts"
import { type PublicRoute, tapeOf, type Venue } from "./Api.ts"
import { isInterval } from "./Klines.ts"
import type { MarketTape } from "./MarketTape.ts"
import type { Params } from "./Params.ts"
import { amountText } from "./ProtocolOrder.ts"
import * as Protocol from "./ProtocolMarket.ts"

const depthWeight = (params: Params): number => {
  const limit = Number(params.text("limit") ?? 100)
  return limit <= 100 ? 5 : limit <= 500 ? 25 : limit <= 1_000 ? 50 : 250
}

const symbolsPattern = /^\[("[A-Z0-9\-_.]{1,20}"(,"[A-Z0-9\-_.]{1,20}"){0,})?\]$/

/** The tapes asked for by `symbol` or `symbols`; all where neither is given. `one` says that a single one was named. */
const chosen = (venue: Venue, params: Params): { readonly tapes: ReadonlyArray<MarketTape>; readonly one: boolean } => {
  if (params.has("symbol") && params.has("symbols")) throw ApiError.combinationInvalid()
  if (params.has("symbol")) return { tapes: [tapeOf(venue, params)], one: true }
  const list = params.matching("symbols", symbolsPattern)
  if (list === undefined) return { tapes: [...venue.tapes.values()], one: false }
  const names: ReadonlyArray<string> = list
    .slice(1, -1)
    .split(",")
    .filter((name) => name !== "")
    .map((name) => name.slice(1, -1))
  if (names.length === 0) throw ApiError.emptyParameter("symbols")
  const tapes = names.map((name) => {
    const tape = venue.tapes.get(name)
    if (tape === undefined) throw ApiError.invalidSymbol()
    return tape
  })
  return { tapes, one: false }
}

/** One object where one symbol was named, else a list. */
const perSymbol = (venue: Venue, params: Params, show: (tape: MarketTape) => unknown): unknown => {
  const { one, tapes } = chosen(venue, params)
  return one ? show(tapes[0]!) : tapes.map(show)
}

const exchangeInfo = (venue: Venue, params: Params): unknown => {
  params.text("permissions")
  params.text("showPermissionSets")
  params.text("symbolStatus")
  const maintenance = venue.faults?.active("maintenance") === true
  return Protocol.exchangeInfo(chosen(venue, params).tapes, venue.limits.settings, venue.nowMs(), maintenance)
}

const trades = (venue: Venue, params: Params): unknown => {
  const tape = tapeOf(venue, params)
  return tape
    .prints()
    .slice(-params.limit("limit", 500, 1_000))
    .map((print) => Protocol.trade(tape, print))
}

const historicalTrades = (venue: Venue, params: Params): unknown => {
  const tape = tapeOf(venue, params)
  const limit = params.limit("limit", 500, 1_000)
  const fromId = params.integer("fromId")
  const prints =
    fromId === undefined
      ? tape.prints().slice(-limit)
      : tape
          .prints()
          .filter((print) => print.tradeId >= fromId)
          .slice(0, limit)
  return prints.map((print) => Protocol.trade(tape, print))
}

const aggregateTrades = (venue: Venue, params: Params): unknown => {
  const tape = tapeOf(venue, params)
  const limit = params.limit("limit", 500, 1_000)
  const fromId = params.integer("fromId")
  const startMs = params.integer("startTime")
  const endMs = params.integer("endTime")
  const within = tape
    .aggregates()
    .filter(
      (print) =>
        (fromId === undefined || print.aggregateId >= fromId) &&
        (startMs === undefined || print.timeMs >= startMs) &&
        (endMs === undefined || print.timeMs <= endMs)
    )
  const latest = fromId === undefined && startMs === undefined
  return (latest ? within.slice(-limit) : within.slice(0, limit)).map((print) => Protocol.aggregateTrade(tape, print))
}

const klines = (venue: Venue, params: Params): unknown => {
  const tape = tapeOf(venue, params)
  const interval = params.requiredText("interval")
  if (!isInterval(interval)) throw ApiError.invalidInterval()
  const limit = params.limit("limit", 500, 1_000)
  const candles = tape.klines.query(interval, limit, params.integer("startTime"), params.integer("endTime"))
  return candles.map((candle) => Protocol.kline(tape, interval, candle))
}

const averageMinutes = 5

const averagePrice = (venue: Venue, params: Params): unknown => {
  const tape = tapeOf(venue, params)
  const sinceMs = venue.nowMs() - averageMinutes * 60_000
  let [lots, ticksLots] = [0n, 0n]
  for (const print of tape.prints()) {
    if (print.timeMs < sinceMs) continue
    lots += BigInt(print.lots)
    ticksLots += BigInt(print.priceTicks) * BigInt(print.lots)
  }
  const last = tape.lastPrint()
  const price =
    lots > 0n
      ? Amount.mulDiv(tape.instrument.tick, ticksLots, lots)
      : BigInt(last?.priceTicks ?? 0) * tape.instrument.tick
  return {
    mins: averageMinutes,
    price: amountText(price - (price % 10_000n)),
    closeTime: last?.timeMs ?? venue.nowMs()
  }
}

const lastPrice = (tape: MarketTape): unknown => ({
  symbol: tape.symbol,
  price: Protocol.priceText(tape.instrument, tape.lastPrint()?.priceTicks ?? 0)
})

const dayTicker = (venue: Venue, params: Params): unknown => {
  params.text("type")
  return perSymbol(venue, params, (tape) => ({ symbol: tape.symbol, ...Protocol.dayOf(tape, venue.nowMs()) }))
}

const get = (
  path: string,
  wsMethod: string,
  weight: PublicRoute["weight"],
  handle: PublicRoute["handle"]
): PublicRoute => ({ method: "GET", path: `/api/v3/${path}`, wsMethod, weight, access: "public", handle })

export const marketRoutes: ReadonlyArray<PublicRoute> = [
  get("ping", "ping", 1, () => ({})),
  get("time", "time", 1, (venue) => ({ serverTime: venue.nowMs() })),
  get("exchangeInfo", "exchangeInfo", 20, exchangeInfo),
  get("depth", "depth", depthWeight, (venue, params) =>
    Protocol.depth(tapeOf(venue, params), params.limit("limit", 100, 5_000))
  ),
  get("trades", "trades.recent", 25, trades),
  get("historicalTrades", "trades.historical", 25, historicalTrades),
  get("aggTrades", "trades.aggregate", 4, aggregateTrades),
  get("klines", "klines", 2, klines),
  get("uiKlines", "uiKlines", 2, klines),
  get("avgPrice", "avgPrice", 2, averagePrice),
  get("ticker/24hr", "ticker.24hr", 2, dayTicker),
  get("ticker/price", "ticker.price", 2, (venue, params) => perSymbol(venue, params, lastPrice)),
  get("ticker/bookTicker", "ticker.book", 2, (venue, params) => perSymbol(venue, params, Protocol.bookTicker))
]
