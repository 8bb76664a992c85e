/**
 * The stored form of what an order asks for, of marks and of contingencies: decimals of the instrument version that is
 * named beside them. What a refused intent asked for may be no whole number of ticks; it is kept as it came.
 */
import type { Mark, OtherMark } from "./AccountEvent.ts"
import * as Instrument from "./Instrument.ts"
import { type FeedPosition, sides } from "./MarketData.ts"
import { type Contingency, hasLimit, type OrderTerms, orderTypes, timesInForce, type TraceContext } from "./Order.ts"
import type { Json, StoredPayload } from "./StoredPayload.ts"

export type InstrumentAt = (id: Instrument.InstrumentId, version: number) => Instrument.Instrument | undefined

export const encodeCause = (cause: FeedPosition): Json => ({
  instrument: cause.instrument,
  feedEpoch: cause.feedEpoch,
  seq: cause.seq
})

export const decodeCause = (stored: StoredPayload): FeedPosition => ({
  instrument: stored.text("instrument"),
  feedEpoch: stored.whole("feedEpoch"),
  seq: stored.whole("seq")
})

export const decodeTrace = (stored: StoredPayload): TraceContext => ({
  traceId: stored.text("traceId"),
  spanId: stored.text("spanId")
})

type Steps = (steps: number) => unknown

/** A number that no decimal of the instrument stands for. */
const raw = (steps: number): Json => ({ steps: String(steps) })

const encodeWith = (terms: OrderTerms, price: Steps, quantity: Steps): Json => ({
  side: terms.side,
  orderType: terms.type,
  price: hasLimit(terms.type) || terms.priceTicks !== 0 ? price(terms.priceTicks) : null,
  quantity: quantity(terms.lots),
  timeInForce: terms.timeInForce,
  postOnly: terms.postOnly,
  ...(terms.triggerTicks === undefined ? {} : { triggerPrice: price(terms.triggerTicks) }),
  ...(terms.trailTicks === undefined ? {} : { trail: price(terms.trailTicks) }),
  ...(terms.trailBps === undefined
    ? {}
    : { trailBps: Number.isSafeInteger(terms.trailBps) ? terms.trailBps : raw(terms.trailBps) }),
  ...(terms.reduceOnly === undefined ? {} : { reduceOnly: terms.reduceOnly }),
  ...(terms.displayLots === undefined ? {} : { displayQuantity: quantity(terms.displayLots) }),
  ...(terms.expiresUs === undefined
    ? {}
    : { expiresUs: Number.isFinite(terms.expiresUs) ? terms.expiresUs : raw(terms.expiresUs) })
})

export const encodeTerms = (instrument: Instrument.Instrument, terms: OrderTerms): Json =>
  encodeWith(
    terms,
    (ticks) => Instrument.priceText(instrument, ticks),
    (lots) => Instrument.quantityText(instrument, lots)
  )

/** Of a refused intent, which may have asked for anything. */
export const encodeAsked = (instrument: Instrument.Instrument | undefined, terms: OrderTerms): Json =>
  encodeWith(
    terms,
    (ticks) =>
      instrument !== undefined && Number.isSafeInteger(ticks) ? Instrument.priceText(instrument, ticks) : raw(ticks),
    (lots) =>
      instrument !== undefined && Number.isSafeInteger(lots) ? Instrument.quantityText(instrument, lots) : raw(lots)
  )

/** Reads a field as steps of its kind; the second says what an absent instrument makes of it. */
interface Reader {
  readonly ticks: (key: string) => number
  readonly lots: (key: string) => number
  readonly whole: (key: string) => number
  readonly time: (key: string) => number
}

const decodeWith = (stored: StoredPayload, read: Reader): OrderTerms => {
  const type = stored.oneOf("orderType", orderTypes)
  return {
    side: stored.oneOf("side", sides),
    type,
    priceTicks: !hasLimit(type) && !stored.has("price") ? 0 : read.ticks("price"),
    lots: read.lots("quantity"),
    timeInForce: stored.oneOf("timeInForce", timesInForce),
    postOnly: stored.flag("postOnly"),
    ...(stored.has("triggerPrice") ? { triggerTicks: read.ticks("triggerPrice") } : {}),
    ...(stored.has("trail") ? { trailTicks: read.ticks("trail") } : {}),
    ...(stored.has("trailBps") ? { trailBps: read.whole("trailBps") } : {}),
    ...(stored.has("reduceOnly") ? { reduceOnly: stored.flag("reduceOnly") } : {}),
    ...(stored.has("displayQuantity") ? { displayLots: read.lots("displayQuantity") } : {}),
    ...(stored.has("expiresUs") ? { expiresUs: read.time("expiresUs") } : {})
  }
}

export const decodeTerms = (instrument: Instrument.Instrument, stored: StoredPayload): OrderTerms =>
  decodeWith(stored, {
    ticks: (key) => stored.ticks(key, instrument),
    lots: (key) => stored.lots(key, instrument),
    whole: (key) => stored.whole(key),
    time: (key) => stored.time(key)
  })

export const decodeAsked = (instrument: Instrument.Instrument | undefined, stored: StoredPayload): OrderTerms => {
  const steps =
    (read: (key: string) => number) =>
    (key: string): number =>
      stored.isObject(key) ? Number(stored.object(key).text("steps")) : read(key)
  const listed = (key: string): Instrument.Instrument =>
    instrument ?? stored.fail(`${key} is a decimal though the instrument is not listed`)
  return decodeWith(stored, {
    ticks: steps((key) => stored.ticks(key, listed(key))),
    lots: steps((key) => stored.lots(key, listed(key))),
    whole: steps((key) => stored.whole(key)),
    time: steps((key) => stored.time(key))
  })
}

export const encodeMark = (instrument: Instrument.Instrument, mark: Mark): Json => ({
  bid: Instrument.priceText(instrument, mark.bidTicks),
  ask: Instrument.priceText(instrument, mark.askTicks),
  timeReceived: mark.timeReceived
})

export const decodeMark = (instrument: Instrument.Instrument, stored: StoredPayload): Mark => ({
  bidTicks: stored.ticks("bid", instrument),
  askTicks: stored.ticks("ask", instrument),
  timeReceived: stored.time("timeReceived")
})

export const encodeOtherMark = (instrument: Instrument.Instrument, mark: OtherMark): Json => ({
  instrument: mark.instrument,
  instrumentVersion: mark.instrumentVersion,
  ...encodeMark(instrument, mark)
})

export const decodeOtherMark = (stored: StoredPayload, instrumentAt: InstrumentAt): OtherMark => {
  const instrument = stored.quoted(instrumentAt)
  return { instrument: instrument.id, instrumentVersion: instrument.version, ...decodeMark(instrument, stored) }
}

export const decodeContingency = (stored: StoredPayload): Contingency => ({
  ...(stored.has("parent") ? { parent: stored.text("parent") } : {}),
  ...(stored.has("group") ? { group: stored.text("group") } : {}),
  ...(stored.has("after") ? { after: stored.texts("after") } : {}),
  ...(stored.has("replaces") ? { replaces: stored.text("replaces") } : {})
})
