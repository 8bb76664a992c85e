/**
 * From what a strategy writes to what an order asks for: decimals become ticks and lots, the fields given decide the type.
 * What makes no sense throws, naming the field; whether the account lets it pass is the account's to say.
 */
import { type Instrument, quantityLotsOf, ticksOf } from "./Instrument.ts"
import type { Side } from "./MarketData.ts"
import type { OrderTerms, OrderType } from "./Order.ts"
import type { Exit, OrderRequest, Price, Quantity, Trigger } from "./Strategy.ts"

/** What a strategy asked for that makes no sense; the message names the field. */
export class InvalidOrderRequest extends Error {
  readonly _tag = "InvalidOrderRequest"
}

/** Reads the fields of one request; `what` begins every complaint. */
export interface RequestReader {
  readonly what: string
  readonly instrument: Instrument
  /** Epoch µs. */
  readonly now: number
}

const refuse = ({ what }: RequestReader, reason: string): never => {
  throw new InvalidOrderRequest(`${what}: ${reason}`)
}

export const ticksIn = (reader: RequestReader, field: string, price: Price): number => {
  const ticks = typeof price === "number" ? price : ticksOf(reader.instrument, price)
  return ticks !== undefined && Number.isSafeInteger(ticks)
    ? ticks
    : refuse(reader, `${field} ${price} is not a whole number of ticks of ${reader.instrument.tickSize}`)
}

export const lotsIn = (reader: RequestReader, field: string, quantity: Quantity): number => {
  const lots = typeof quantity === "number" ? quantity : quantityLotsOf(reader.instrument, quantity)
  return lots !== undefined && Number.isSafeInteger(lots)
    ? lots
    : refuse(reader, `${field} ${quantity} is not a whole number of lots of ${reader.instrument.lotSize}`)
}

const triggers = ["stop", "touch", "trailBy", "trailPercent"] as const

const triggerOf = (
  reader: RequestReader,
  request: Trigger
): Pick<OrderTerms, "type" | "priceTicks" | "triggerTicks" | "trailTicks" | "trailBps"> => {
  const given = triggers.filter((field) => request[field] !== undefined)
  if (given.length > 1) return refuse(reader, `${given.join(" and ")} exclude each other; give one`)
  const { price, stop, touch, trailBy, trailPercent } = request
  const limited = price !== undefined
  const priceTicks = limited ? ticksIn(reader, "price", price) : 0
  const typed = (plain: OrderType, withLimit: OrderType): OrderType => (limited ? withLimit : plain)
  if (stop !== undefined)
    return { type: typed("stop", "stopLimit"), priceTicks, triggerTicks: ticksIn(reader, "stop", stop) }
  if (touch !== undefined)
    return { type: typed("takeProfit", "takeProfitLimit"), priceTicks, triggerTicks: ticksIn(reader, "touch", touch) }
  if (trailBy === undefined && trailPercent === undefined) return { type: typed("market", "limit"), priceTicks }
  if (limited) return refuse(reader, "price does not go with a trailing stop; leave it out")
  if (trailBy !== undefined)
    return { type: "trailingStop", priceTicks, trailTicks: ticksIn(reader, "trailBy", trailBy) }
  const trailBps = Math.round((trailPercent ?? 0) * 100)
  return Math.abs(trailBps - (trailPercent ?? 0) * 100) < 1e-6
    ? { type: "trailingStop", priceTicks, trailBps }
    : refuse(reader, `trailPercent ${trailPercent} is finer than a hundredth of one per cent`)
}

const expiryOf = (reader: RequestReader, { expiresAt, goodForMs, timeInForce }: OrderRequest): number | undefined => {
  if (expiresAt !== undefined && goodForMs !== undefined)
    return refuse(reader, "expiresAt and goodForMs exclude each other; give one")
  if ((expiresAt !== undefined || goodForMs !== undefined) && timeInForce !== undefined && timeInForce !== "GTD")
    return refuse(reader, `${expiresAt === undefined ? "goodForMs" : "expiresAt"} needs GTD, not ${timeInForce}`)
  return expiresAt ?? (goodForMs === undefined ? undefined : reader.now + Math.round(goodForMs * 1000))
}

/** The terms of one request. */
export const termsOf = (reader: RequestReader, side: Side, request: OrderRequest): OrderTerms => {
  const expiresUs = expiryOf(reader, request)
  const trigger = triggerOf(reader, request)
  return {
    side,
    type: trigger.type,
    priceTicks: trigger.priceTicks,
    lots: lotsIn(reader, "quantity", request.quantity),
    timeInForce: expiresUs === undefined ? (request.timeInForce ?? "GTC") : "GTD",
    postOnly: request.postOnly ?? false,
    ...(trigger.triggerTicks === undefined ? {} : { triggerTicks: trigger.triggerTicks }),
    ...(trigger.trailTicks === undefined ? {} : { trailTicks: trigger.trailTicks }),
    ...(trigger.trailBps === undefined ? {} : { trailBps: trigger.trailBps }),
    ...(request.reduceOnly === undefined ? {} : { reduceOnly: request.reduceOnly }),
    ...(request.display === undefined ? {} : { displayLots: lotsIn(reader, "display", request.display) }),
    ...(expiresUs === undefined ? {} : { expiresUs })
  }
}

/** An exit as a request of its own: a price alone is a limit for a profit and a stop for a loss. */
export const exitRequest = (exit: Exit, quantity: number, kind: "takeProfit" | "stopLoss"): OrderRequest => ({
  ...(typeof exit === "object" ? exit : kind === "takeProfit" ? { price: exit } : { stop: exit }),
  quantity,
  reduceOnly: true
})
