/**
 * The stored form of account events: plain JSON, prices and quantities as decimals of the instrument version they name,
 * so that a journal can be read without this program and a changed tick size never re-values history.
 *
 * `decode` upcasts older versions and refuses newer ones; `decode(encode(e))` equals `e`.
 */
import * as Amount from "./Amount.ts"
import { type AccountEvent, type AccountEventType, tradingStates } from "./AccountEvent.ts"
import * as Instrument from "./Instrument.ts"
import { Limits } from "./Limits.ts"
import { type FeedPosition, sides } from "./MarketData.ts"
import { liquidities, type OrderTerms, orderTypes, timesInForce, type TraceContext } from "./Order.ts"
import { refusalReasons } from "./Refusal.ts"
import { type Json, StoredPayload, UnreadableEvent } from "./StoredPayload.ts"
import { Schema } from "effect"

export { UnreadableEvent } from "./StoredPayload.ts"

/** Stored version of each type. Raising one needs an upcaster from the version before. */
export const versions: Record<AccountEventType, number> = {
  InstrumentListed: 1,
  LimitsSet: 1,
  BalancesAdopted: 1,
  OrderIntended: 1,
  IntentRefused: 1,
  CancelRequested: 1,
  OrderAccepted: 1,
  OrderRejected: 1,
  OrderUnknown: 1,
  OrderNotPlaced: 1,
  CancelRefused: 1,
  OrderCanceled: 1,
  OrderExpired: 1,
  OrderFilled: 1,
  ExternalOrderAdopted: 1,
  TradingStateChanged: 1,
  DifferenceFlagged: 1
}

/** From version n (the key) to n + 1. */
export const upcasters: Partial<Record<AccountEventType, Readonly<Record<number, (payload: Json) => Json>>>> = {}

export type InstrumentAt = (id: Instrument.InstrumentId, version: number) => Instrument.Instrument | undefined

const causeOf = (cause: FeedPosition): Json => ({
  instrument: cause.instrument,
  feedEpoch: cause.feedEpoch,
  seq: cause.seq
})

const encodeTerms = (instrument: Instrument.Instrument, terms: OrderTerms): Json => ({
  side: terms.side,
  orderType: terms.type,
  price: terms.type === "market" ? null : Instrument.priceText(instrument, terms.priceTicks),
  quantity: Instrument.quantityText(instrument, terms.lots),
  timeInForce: terms.timeInForce,
  postOnly: terms.postOnly
})

/** The JSON payload; `instrumentAt` must know the version the event names. */
export const encode = (event: AccountEvent, instrumentAt: InstrumentAt): Json => {
  const versioned = (id: string, version: number): Instrument.Instrument => {
    const instrument = instrumentAt(id, version)
    if (instrument === undefined)
      throw new UnreadableEvent(event.type, versions[event.type], `${id}@${version} is not listed`)
    return instrument
  }
  switch (event.type) {
    case "BalancesAdopted":
      return { balances: event.balances.map(({ amount, asset }) => ({ asset, amount: Amount.format(amount) })) }
    case "OrderIntended": {
      const { mark, reserveTicks, terms, type: _, ...fields } = event
      const instrument = versioned(event.instrument, event.instrumentVersion)
      return {
        ...fields,
        ...encodeTerms(instrument, terms),
        cause: causeOf(event.cause),
        trace: event.trace ?? null,
        reservePrice: Instrument.priceText(instrument, reserveTicks),
        mark: {
          bid: Instrument.priceText(instrument, mark.bidTicks),
          ask: Instrument.priceText(instrument, mark.askTicks),
          timeReceived: mark.timeReceived
        }
      }
    }
    case "ExternalOrderAdopted": {
      const { terms, type: _, ...fields } = event
      return { ...fields, ...encodeTerms(versioned(event.instrument, event.instrumentVersion), terms) }
    }
    case "OrderFilled": {
      const instrument = versioned(event.instrument, event.instrumentVersion)
      const { fee, lots, priceTicks, type: _, ...fields } = event
      return {
        ...fields,
        price: Instrument.priceText(instrument, priceTicks),
        quantity: Instrument.quantityText(instrument, lots),
        fee: Amount.format(fee)
      }
    }
    case "IntentRefused": {
      const { type: _, ...fields } = event
      return { ...fields, cause: causeOf(event.cause) }
    }
    case "CancelRequested": {
      const { type: _, ...fields } = event
      return { ...fields, cause: event.cause === undefined ? null : causeOf(event.cause) }
    }
    default: {
      const { type: _, ...fields } = event
      return fields
    }
  }
}

const decodeCause = (stored: StoredPayload): FeedPosition => ({
  instrument: stored.text("instrument"),
  feedEpoch: stored.whole("feedEpoch"),
  seq: stored.whole("seq")
})

const decodeTrace = (stored: StoredPayload): TraceContext => ({
  traceId: stored.text("traceId"),
  spanId: stored.text("spanId")
})

const decodeTerms = (instrument: Instrument.Instrument, stored: StoredPayload): OrderTerms => {
  const type = stored.oneOf("orderType", orderTypes)
  return {
    side: stored.oneOf("side", sides),
    type,
    priceTicks: type === "market" ? 0 : stored.ticks("price", instrument),
    lots: stored.lots("quantity", instrument),
    timeInForce: stored.oneOf("timeInForce", timesInForce),
    postOnly: stored.flag("postOnly")
  }
}

const upcast = (type: AccountEventType, version: number, payload: Json): Json => {
  let upcasted = payload
  for (let from = version; from < versions[type]; from++) {
    const step = upcasters[type]?.[from]
    if (step === undefined) throw new UnreadableEvent(type, version, `no upcaster from version ${from}`)
    upcasted = step(upcasted)
  }
  return upcasted
}

const decodeSpec = Schema.decodeUnknownSync(Instrument.InstrumentSpec)
const decodeLimits = Schema.decodeUnknownSync(Limits)

/** Instruments and limits are rare and have a schema; what it refuses is told as any other damage. */
const bySchema = <A>(decode: (stored: unknown) => A, stored: StoredPayload, key: string): A => {
  try {
    return decode(stored.raw(key))
  } catch (error) {
    return stored.fail(`${key}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Reads a stored event; throws UnreadableEvent. A newer version means an older program: the account must not be run here. */
export const decode = (type: string, version: number, payload: unknown, instrumentAt: InstrumentAt): AccountEvent => {
  const refuse = (reason: string): never => {
    throw new UnreadableEvent(type, version, reason)
  }
  if (!Object.hasOwn(versions, type))
    return refuse("the type is unknown; run the release that wrote it, or a later one")
  const known = type as AccountEventType
  if (version > versions[known]) return refuse("it was written by a newer release; run that one, or a later one")
  const written = new StoredPayload(type, version, payload)
  const stored =
    version === versions[known] ? written : new StoredPayload(type, version, upcast(known, version, payload as Json))
  const quoted = (): Instrument.Instrument => {
    const [id, at] = [stored.text("instrument"), stored.whole("instrumentVersion")]
    return instrumentAt(id, at) ?? stored.fail(`${id}@${at} is not listed before it`)
  }
  const clientOrderId = (): string => stored.text("clientOrderId")
  switch (known) {
    case "InstrumentListed":
      return { type: known, spec: bySchema(decodeSpec, stored, "spec") }
    case "LimitsSet":
      return { type: known, limits: bySchema(decodeLimits, stored, "limits") }
    case "BalancesAdopted":
      return {
        type: known,
        balances: stored.list("balances", (row) => ({ asset: row.text("asset"), amount: row.amount("amount") }))
      }
    case "OrderIntended": {
      const instrument = quoted()
      const mark = stored.object("mark")
      return {
        type: known,
        clientOrderId: clientOrderId(),
        instrument: instrument.id,
        instrumentVersion: instrument.version,
        strategy: stored.text("strategy"),
        intentSeq: stored.whole("intentSeq"),
        terms: decodeTerms(instrument, stored),
        cause: decodeCause(stored.object("cause")),
        trace: stored.optional("trace", decodeTrace),
        timeIntent: stored.time("timeIntent"),
        deadlineUs: stored.time("deadlineUs"),
        reserveTicks: stored.ticks("reservePrice", instrument),
        mark: {
          bidTicks: mark.ticks("bid", instrument),
          askTicks: mark.ticks("ask", instrument),
          timeReceived: mark.time("timeReceived")
        },
        limitsVersion: stored.whole("limitsVersion")
      }
    }
    case "IntentRefused":
      return {
        type: known,
        strategy: stored.text("strategy"),
        intentSeq: stored.whole("intentSeq"),
        instrument: stored.text("instrument"),
        clientOrderId: clientOrderId(),
        reason: stored.oneOf("reason", refusalReasons),
        detail: stored.text("detail"),
        cause: decodeCause(stored.object("cause"))
      }
    case "CancelRequested":
      return {
        type: known,
        clientOrderId: clientOrderId(),
        strategy: stored.text("strategy"),
        intentSeq: stored.whole("intentSeq"),
        cause: stored.optional("cause", decodeCause)
      }
    case "OrderAccepted":
      return {
        type: known,
        clientOrderId: clientOrderId(),
        venueOrderId: stored.text("venueOrderId"),
        timeVenue: stored.time("timeVenue")
      }
    case "OrderRejected":
      return { type: known, clientOrderId: clientOrderId(), code: stored.text("code"), reason: stored.text("reason") }
    case "OrderUnknown":
    case "OrderNotPlaced":
      return { type: known, clientOrderId: clientOrderId(), reason: stored.text("reason") }
    case "CancelRefused":
      return { type: known, clientOrderId: clientOrderId(), code: stored.text("code") }
    case "OrderCanceled":
    case "OrderExpired":
      return { type: known, clientOrderId: clientOrderId(), timeVenue: stored.time("timeVenue") }
    case "OrderFilled": {
      const instrument = quoted()
      return {
        type: known,
        clientOrderId: clientOrderId(),
        venueTradeId: stored.text("venueTradeId"),
        instrument: instrument.id,
        instrumentVersion: instrument.version,
        side: stored.oneOf("side", sides),
        priceTicks: stored.ticks("price", instrument),
        lots: stored.lots("quantity", instrument),
        fee: stored.amount("fee"),
        feeAsset: stored.text("feeAsset"),
        liquidity: stored.oneOf("liquidity", liquidities),
        timeVenue: stored.time("timeVenue")
      }
    }
    case "ExternalOrderAdopted": {
      const instrument = quoted()
      return {
        type: known,
        clientOrderId: clientOrderId(),
        venueOrderId: stored.text("venueOrderId"),
        instrument: instrument.id,
        instrumentVersion: instrument.version,
        terms: decodeTerms(instrument, stored),
        timeVenue: stored.time("timeVenue")
      }
    }
    case "TradingStateChanged":
      return {
        type: known,
        state: stored.oneOf("state", tradingStates),
        by: stored.text("by"),
        reason: stored.text("reason")
      }
    case "DifferenceFlagged":
      return { type: known, clientOrderId: clientOrderId(), detail: stored.text("detail") }
  }
}
