/**
 * Binance's replies and reports about orders and executions → the port's `VenueOrder` and `VenueFill`. Whatever does
 * not fit, down to a price between two ticks, is a `MalformedReport`, never a guess. Only the price of an execution, which
 * has happened whatever our ticks are, is rounded to a tick, against us.
 * Source: developers.binance.com, spot "Trading endpoints" and "User Data Stream", 2026-11.
 */
import * as Amount from "@outcry/model/Amount"
import * as Instrument from "@outcry/model/Instrument"
import type { Side } from "@outcry/model/MarketData"
import type { OrderType } from "@outcry/model/Order"
import { Option, Schema } from "effect"
import type { VenueFill, VenueOrder } from "../Execution.ts"

export class MalformedReport extends Schema.TaggedError<MalformedReport>()("MalformedReport", {
  report: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `The venue's ${this.report} cannot be read: ${this.reason}. Nothing is concluded from it; look the order up.`
  }
}

/** What reports are read with. */
export interface Known {
  /** By wire symbol. */
  readonly find: (symbol: string) => Instrument.Instrument | undefined
  /** Told of each execution whose price was rounded. */
  readonly rounded: (execution: RoundedExecution) => void
}

export interface RoundedExecution {
  readonly instrument: Instrument.Instrument
  readonly venueTradeId: string
  /** As the venue told it. */
  readonly price: string
  readonly priceTicks: number
}

const Id = Schema.Union([Schema.Int, Schema.String])
const WireSide = Schema.Literals(["BUY", "SELL"])

const OrderReply = Schema.Struct({
  symbol: Schema.String,
  orderId: Id,
  clientOrderId: Schema.String,
  /** Of a cancel's reply: there `clientOrderId` is the id of the cancel itself. */
  origClientOrderId: Schema.optionalKey(Schema.String),
  price: Schema.String,
  origQty: Schema.String,
  executedQty: Schema.String,
  status: Schema.String,
  type: Schema.String,
  side: WireSide,
  /** Of stops and take-profits; zero in others' replies where it is there at all. */
  stopPrice: Schema.optionalKey(Schema.String),
  /** Of a trailing stop: its distance in basis points. */
  trailingDelta: Schema.optionalKey(Schema.Number),
  /** In quote asset; its misspelling is the venue's. Negative where an old order's is not known. */
  cummulativeQuoteQty: Schema.optionalKey(Schema.String),
  time: Schema.optionalKey(Schema.Number),
  transactTime: Schema.optionalKey(Schema.Number),
  updateTime: Schema.optionalKey(Schema.Number),
  fills: Schema.optionalKey(
    Schema.Array(
      Schema.Struct({
        price: Schema.String,
        qty: Schema.String,
        commission: Schema.String,
        commissionAsset: Schema.String,
        tradeId: Id
      })
    )
  )
})

const AccountTrade = Schema.Struct({
  symbol: Schema.String,
  id: Id,
  orderId: Id,
  price: Schema.String,
  qty: Schema.String,
  commission: Schema.String,
  commissionAsset: Schema.String,
  time: Schema.Number,
  isBuyer: Schema.Boolean,
  isMaker: Schema.Boolean
})

const ExecutionReport = Schema.Struct({
  s: Schema.String,
  c: Schema.String,
  C: Schema.optionalKey(Schema.NullOr(Schema.String)),
  S: WireSide,
  q: Schema.String,
  p: Schema.String,
  o: Schema.String,
  /** Stop price, zero where there is none. */
  P: Schema.optionalKey(Schema.String),
  /** Trailing delta. */
  d: Schema.optionalKey(Schema.Number),
  /** Cumulative quote quantity. */
  Z: Schema.optionalKey(Schema.String),
  x: Schema.String,
  X: Schema.String,
  i: Id,
  l: Schema.String,
  z: Schema.String,
  L: Schema.String,
  n: Schema.NullOr(Schema.String),
  N: Schema.NullOr(Schema.String),
  T: Schema.Number,
  t: Id,
  m: Schema.Boolean
})

const statuses: Record<string, VenueOrder["status"]> = {
  NEW: "open",
  PENDING_NEW: "open",
  PARTIALLY_FILLED: "open",
  PENDING_CANCEL: "open",
  FILLED: "filled",
  CANCELED: "canceled",
  EXPIRED: "expired",
  EXPIRED_IN_MATCH: "expired",
  REJECTED: "rejected"
}

const types: Record<string, OrderType> = {
  LIMIT: "limit",
  LIMIT_MAKER: "limit",
  MARKET: "market",
  STOP_LOSS: "stop",
  STOP_LOSS_LIMIT: "stopLimit",
  TAKE_PROFIT: "takeProfit",
  TAKE_PROFIT_LIMIT: "takeProfitLimit"
}

const sideOf = (side: "BUY" | "SELL"): Side => (side === "BUY" ? "buy" : "sell")

/** Reads one kind of report; all that is wrong with it becomes the `MalformedReport`'s reason. */
const reader =
  <A, B>(report: string, decode: (input: unknown) => Option.Option<A>, read: (value: A, find: Finder) => B) =>
  (input: unknown, known: Known): B | MalformedReport => {
    const decoded = decode(input)
    if (Option.isNone(decoded))
      return new MalformedReport({ report, reason: "its fields are not those of the protocol" })
    try {
      return read(decoded.value, new Finder(report, known))
    } catch (error) {
      if (error instanceof MalformedReport) return error
      throw error
    }
  }

/** Exact conversions that refuse by throwing MalformedReport, caught in `reader`. */
class Finder {
  private readonly report: string
  private readonly known: Known
  constructor(report: string, known: Known) {
    this.report = report
    this.known = known
  }

  refuse(reason: string): never {
    throw new MalformedReport({ report: this.report, reason })
  }

  instrument(symbol: string): Instrument.Instrument {
    return this.known.find(symbol) ?? this.refuse(`${symbol} is not among the venue's instruments`)
  }

  ticks(instrument: Instrument.Instrument, price: string): number {
    return (
      Instrument.ticksOf(instrument, price) ?? this.refuse(`price ${price} is no multiple of ${instrument.tickSize}`)
    )
  }

  /** Of an execution: where the venue has made its tick finer than ours, a buy is rounded up and a sell down. */
  fillTicks(instrument: Instrument.Instrument, side: Side, price: string, venueTradeId: string): number {
    const exact = Instrument.ticksOf(instrument, price)
    if (exact !== undefined) return exact
    const amount = Amount.parse(price) ?? this.refuse(`price ${price} is no decimal`)
    const below = amount / instrument.tick
    const priceTicks = Number(side === "buy" ? below + 1n : below)
    if (priceTicks <= 0 || !Number.isSafeInteger(priceTicks)) return this.refuse(`price ${price} cannot be counted`)
    this.known.rounded({ instrument, venueTradeId, price, priceTicks })
    return priceTicks
  }

  lots(instrument: Instrument.Instrument, quantity: string): number {
    const lots = Instrument.quantityLotsOf(instrument, quantity)
    return lots ?? this.refuse(`quantity ${quantity} is no multiple of ${instrument.lotSize}`)
  }

  /** A stop with a distance trails. */
  type(type: string, trailingDelta: number | undefined): OrderType {
    const found = types[type] ?? this.refuse(`type ${type} is not known`)
    return trailingDelta !== undefined && trailingDelta > 0 && found === "stop" ? "trailingStop" : found
  }

  /** A stop's price; 0 where it is absent or zero. */
  trigger(instrument: Instrument.Instrument, price: string | undefined): number {
    return price === undefined ? 0 : this.ticks(instrument, price)
  }

  /** Average price to the nearest tick, from what was traded in all; 0 while nothing was, or where it is not told. */
  average(instrument: Instrument.Instrument, lots: number, quoteText: string | undefined): number {
    if (lots === 0 || quoteText === undefined || quoteText.startsWith("-")) return 0
    const quote = Amount.parse(quoteText) ?? this.refuse(`quote quantity ${quoteText} is no decimal`)
    const perTick = instrument.tickLot * BigInt(lots)
    return Number((quote * 2n + perTick) / (perTick * 2n))
  }

  status(status: string): VenueOrder["status"] {
    return statuses[status] ?? this.refuse(`status ${status} is not known`)
  }
}

/** An order with the fills its reply carried; `timeCreated` is 0 where the reply does not say. */
export interface ReportedOrder {
  readonly order: VenueOrder
  readonly fills: ReadonlyArray<VenueFill>
  readonly timeCreated: number
}

export const orderReply = reader("order", Schema.decodeUnknownOption(OrderReply), (value, find): ReportedOrder => {
  const instrument = find.instrument(value.symbol)
  const side = sideOf(value.side)
  const clientOrderId = value.origClientOrderId ?? value.clientOrderId
  const venueOrderId = String(value.orderId)
  const timeVenue = (value.transactTime ?? value.updateTime ?? value.time ?? 0) * 1_000
  const filledLots = find.lots(instrument, value.executedQty)
  const order: VenueOrder = {
    clientOrderId,
    venueOrderId,
    instrument: instrument.id,
    side,
    status: find.status(value.status),
    type: find.type(value.type, value.trailingDelta),
    priceTicks: find.ticks(instrument, value.price),
    triggerTicks: find.trigger(instrument, value.stopPrice),
    lots: find.lots(instrument, value.origQty),
    filledLots,
    averageTicks: find.average(instrument, filledLots, value.cummulativeQuoteQty),
    timeVenue
  }
  const fills = (value.fills ?? []).map((fill): VenueFill => ({
    venueTradeId: String(fill.tradeId),
    venueOrderId,
    clientOrderId,
    instrument: instrument.id,
    side,
    priceTicks: find.fillTicks(instrument, side, fill.price, String(fill.tradeId)),
    lots: find.lots(instrument, fill.qty),
    fee: fill.commission,
    feeAsset: fill.commissionAsset,
    // What fills within the reply to its own placement took liquidity.
    liquidity: "taker",
    timeVenue
  }))
  return { order, fills, timeCreated: (value.time ?? 0) * 1_000 }
})

const OrderIds = Schema.Struct({ orderId: Id, clientOrderId: Schema.String })

/** Whose an order is, whatever its price. */
export const orderIds = reader("order", Schema.decodeUnknownOption(OrderIds), ({ clientOrderId, orderId }) => ({
  venueOrderId: String(orderId),
  clientOrderId
}))

export const accountTrade = reader("trade", Schema.decodeUnknownOption(AccountTrade), (value, find): VenueFill => {
  const instrument = find.instrument(value.symbol)
  const venueTradeId = String(value.id)
  const side = value.isBuyer ? "buy" : "sell"
  return {
    venueTradeId,
    venueOrderId: String(value.orderId),
    clientOrderId: "",
    instrument: instrument.id,
    side,
    priceTicks: find.fillTicks(instrument, side, value.price, venueTradeId),
    lots: find.lots(instrument, value.qty),
    fee: value.commission,
    feeAsset: value.commissionAsset,
    liquidity: value.isMaker ? "maker" : "taker",
    timeVenue: value.time * 1_000
  }
})

/** A report of the user stream: the order as it stands now, and the execution it reports, if any. */
export interface PushedReport {
  readonly order: VenueOrder
  readonly fill: VenueFill | undefined
}

export const executionReport = reader(
  "execution report",
  Schema.decodeUnknownOption(ExecutionReport),
  (value, find): PushedReport => {
    const instrument = find.instrument(value.s)
    const side = sideOf(value.S)
    const clientOrderId = value.x === "CANCELED" && value.C ? value.C : value.c
    const venueOrderId = String(value.i)
    const timeVenue = value.T * 1_000
    const common = { clientOrderId, venueOrderId, instrument: instrument.id, side, timeVenue }
    const filledLots = find.lots(instrument, value.z)
    const order: VenueOrder = {
      ...common,
      status: find.status(value.X),
      type: find.type(value.o, value.d),
      priceTicks: find.ticks(instrument, value.p),
      triggerTicks: find.trigger(instrument, value.P),
      lots: find.lots(instrument, value.q),
      filledLots,
      averageTicks: find.average(instrument, filledLots, value.Z)
    }
    // NEW, also when a stop is triggered; CANCELED, EXPIRED, REJECTED, REPLACED; TRADE_PREVENTION: kept from trading with
    // ourselves, which ends it as EXPIRED_IN_MATCH or leaves it open for less.
    if (value.x !== "TRADE") return { order, fill: undefined }
    const venueTradeId = String(value.t)
    const fill: VenueFill = {
      ...common,
      venueTradeId,
      priceTicks: find.fillTicks(instrument, side, value.L, venueTradeId),
      lots: find.lots(instrument, value.l),
      fee: value.n ?? "0",
      feeAsset: value.N ?? "",
      liquidity: value.m ? "maker" : "taker"
    }
    return { order, fill }
  }
)
