/**
 * The stored form of account events: plain JSON, prices and quantities as decimals of the instrument version they name,
 * so that a journal can be read without this program and a changed tick size never re-values history.
 *
 * `decode` upcasts older versions and refuses newer ones; `decode(encode(e))` equals `e`.
 */
import * as Amount from "./Amount.ts"
import type { AccountEvent, OtherMark } from "./AccountEvent.ts"
import { versions } from "./AccountEventVersions.ts"
import * as Instrument from "./Instrument.ts"
import { type Json, UnreadableEvent } from "./StoredPayload.ts"
import * as Terms from "./TermsCodec.ts"
import type { InstrumentAt } from "./TermsCodec.ts"

export { decode } from "./AccountEventDecode.ts"
export { versions } from "./AccountEventVersions.ts"
export { UnreadableEvent } from "./StoredPayload.ts"
export type { InstrumentAt } from "./TermsCodec.ts"

/** The JSON payload; `instrumentAt` must know the version the event names. */
export const encode = (event: AccountEvent, instrumentAt: InstrumentAt): Json => {
  const versioned = (id: string, version: number): Instrument.Instrument => {
    const instrument = instrumentAt(id, version)
    if (instrument === undefined)
      throw new UnreadableEvent(event.type, versions[event.type], `${id}@${version} is not listed`)
    return instrument
  }
  const others = (marks: ReadonlyArray<OtherMark>): ReadonlyArray<Json> =>
    marks.map((mark) => Terms.encodeOtherMark(versioned(mark.instrument, mark.instrumentVersion), mark))
  switch (event.type) {
    case "BalancesAdopted":
      return { balances: event.balances.map(({ amount, asset }) => ({ asset, amount: Amount.format(amount) })) }
    case "OrderIntended": {
      const { mark, otherMarks, reserveTicks, terms, type: _, ...fields } = event
      const instrument = versioned(event.instrument, event.instrumentVersion)
      return {
        ...fields,
        ...Terms.encodeTerms(instrument, terms),
        cause: Terms.encodeCause(event.cause),
        trace: event.trace ?? null,
        contingency: event.contingency ?? null,
        reservePrice: Instrument.priceText(instrument, reserveTicks),
        mark: Terms.encodeMark(instrument, mark),
        otherMarks: others(otherMarks)
      }
    }
    case "OrderTriggered": {
      const instrument = versioned(event.instrument, event.instrumentVersion)
      const { mark, type: _, ...fields } = event
      return { ...fields, mark: Terms.encodeMark(instrument, mark) }
    }
    case "TrailMoved": {
      const { triggerTicks, type: _, ...fields } = event
      const instrument = versioned(event.instrument, event.instrumentVersion)
      return { ...fields, triggerPrice: Instrument.priceText(instrument, triggerTicks) }
    }
    case "OrderReleased": {
      const { mark, reserveTicks, terms, type: _, ...fields } = event
      const instrument = versioned(event.instrument, event.instrumentVersion)
      return {
        ...fields,
        ...Terms.encodeTerms(instrument, terms),
        reservePrice: Instrument.priceText(instrument, reserveTicks),
        mark: Terms.encodeMark(instrument, mark)
      }
    }
    case "ExternalOrderAdopted": {
      const { terms, type: _, ...fields } = event
      return { ...fields, ...Terms.encodeTerms(versioned(event.instrument, event.instrumentVersion), terms) }
    }
    case "OrderFilled":
    case "FillBusted": {
      const instrument = versioned(event.instrument, event.instrumentVersion)
      const { fee, lots, priceTicks, type: _, ...fields } = event
      return {
        ...fields,
        price: Instrument.priceText(instrument, priceTicks),
        quantity: Instrument.quantityText(instrument, lots),
        fee: Amount.format(fee)
      }
    }
    case "FillInferred": {
      const instrument = versioned(event.instrument, event.instrumentVersion)
      const { lots, priceTicks, type: _, ...fields } = event
      return {
        ...fields,
        price: Instrument.priceText(instrument, priceTicks),
        quantity: Instrument.quantityText(instrument, lots)
      }
    }
    case "FundingPaid":
    case "BalanceAdjusted": {
      const { amount, type: _, ...fields } = event
      return { ...fields, amount: Amount.format(amount) }
    }
    case "IntentRefused": {
      const { contingency, mark, otherMarks, terms, type: _, ...fields } = event
      const instrument =
        event.instrumentVersion === undefined ? undefined : versioned(event.instrument, event.instrumentVersion)
      return {
        ...fields,
        cause: Terms.encodeCause(event.cause),
        terms: terms === undefined ? null : Terms.encodeAsked(instrument, terms),
        mark: mark === undefined || instrument === undefined ? null : Terms.encodeMark(instrument, mark),
        otherMarks: others(otherMarks),
        ...(contingency === undefined ? {} : { contingency })
      }
    }
    case "CancelRequested": {
      const { type: _, ...fields } = event
      return { ...fields, cause: event.cause === undefined ? null : Terms.encodeCause(event.cause) }
    }
    default: {
      const { type: _, ...fields } = event
      return fields
    }
  }
}
