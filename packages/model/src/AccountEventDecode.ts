/**
 * From the stored form of an account event to the fact. Whatever is missing, of another kind or from a newer release is
 * refused by name: a damaged journal must stop an account, not bend its state.
 */
import { type AccountEvent, type AccountEventType, adjustments, resolutions, tradingStates } from "./AccountEvent.ts"
import { upcast, versions } from "./AccountEventVersions.ts"
import * as Instrument from "./Instrument.ts"
import { Limits } from "./Limits.ts"
import { sides } from "./MarketData.ts"
import { liquidities } from "./Order.ts"
import { refusalReasons } from "./Refusal.ts"
import { type Json, StoredPayload, UnreadableEvent } from "./StoredPayload.ts"
import * as Terms from "./TermsCodec.ts"
import type { InstrumentAt } from "./TermsCodec.ts"
import { Schema } from "effect"

const placements = ["venue", "held"] as const

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
  const quoted = (): Instrument.Instrument => stored.quoted(instrumentAt)
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
      return {
        type: known,
        clientOrderId: clientOrderId(),
        instrument: instrument.id,
        instrumentVersion: instrument.version,
        strategy: stored.text("strategy"),
        intentSeq: stored.whole("intentSeq"),
        terms: Terms.decodeTerms(instrument, stored),
        cause: Terms.decodeCause(stored.object("cause")),
        trace: stored.optional("trace", Terms.decodeTrace),
        timeIntent: stored.time("timeIntent"),
        deadlineUs: stored.time("deadlineUs"),
        reserveTicks: stored.ticks("reservePrice", instrument),
        mark: Terms.decodeMark(instrument, stored.object("mark")),
        limitsVersion: stored.whole("limitsVersion"),
        placement: stored.oneOf("placement", placements),
        emulated: stored.flag("emulated"),
        contingency: stored.optional("contingency", Terms.decodeContingency),
        attempt: stored.whole("attempt"),
        resubmitUntilUs: stored.time("resubmitUntilUs"),
        timeDecided: stored.time("timeDecided"),
        otherMarks: stored.list("otherMarks", (row) => Terms.decodeOtherMark(row, instrumentAt)),
        ...(stored.has("releaseUs") ? { releaseUs: stored.time("releaseUs") } : {})
      }
    }
    case "OrderTriggered": {
      const instrument = quoted()
      return {
        type: known,
        clientOrderId: clientOrderId(),
        instrument: instrument.id,
        instrumentVersion: instrument.version,
        mark: Terms.decodeMark(instrument, stored.object("mark"))
      }
    }
    case "TrailMoved": {
      const instrument = quoted()
      return {
        type: known,
        clientOrderId: clientOrderId(),
        instrument: instrument.id,
        instrumentVersion: instrument.version,
        triggerTicks: stored.ticks("triggerPrice", instrument)
      }
    }
    case "OrderReleased": {
      const instrument = quoted()
      return {
        type: known,
        clientOrderId: clientOrderId(),
        instrument: instrument.id,
        instrumentVersion: instrument.version,
        terms: Terms.decodeTerms(instrument, stored),
        timeIntent: stored.time("timeIntent"),
        deadlineUs: stored.time("deadlineUs"),
        reserveTicks: stored.ticks("reservePrice", instrument),
        mark: Terms.decodeMark(instrument, stored.object("mark"))
      }
    }
    case "IntentRefused": {
      const instrument = stored.has("instrumentVersion") ? quoted() : undefined
      const mark =
        instrument === undefined ? undefined : stored.optional("mark", (at) => Terms.decodeMark(instrument, at))
      const contingency = stored.optional("contingency", Terms.decodeContingency)
      return {
        type: known,
        strategy: stored.text("strategy"),
        intentSeq: stored.whole("intentSeq"),
        instrument: stored.text("instrument"),
        clientOrderId: clientOrderId(),
        reason: stored.oneOf("reason", refusalReasons),
        detail: stored.text("detail"),
        cause: Terms.decodeCause(stored.object("cause")),
        terms: stored.optional("terms", (asked) => Terms.decodeAsked(instrument, asked)),
        mark,
        otherMarks: stored.list("otherMarks", (row) => Terms.decodeOtherMark(row, instrumentAt)),
        timeDecided: stored.time("timeDecided"),
        ...(stored.has("timeRefused") ? { timeRefused: stored.time("timeRefused") } : {}),
        ...(instrument === undefined ? {} : { instrumentVersion: instrument.version }),
        ...(contingency === undefined ? {} : { contingency }),
        ...(stored.has("emulated") ? { emulated: stored.flag("emulated") } : {})
      }
    }
    case "CancelRequested":
      return {
        type: known,
        clientOrderId: clientOrderId(),
        strategy: stored.text("strategy"),
        intentSeq: stored.whole("intentSeq"),
        cause: stored.optional("cause", Terms.decodeCause),
        by: stored.text("by"),
        reason: stored.text("reason")
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
    case "OrderResolved":
      return {
        type: known,
        clientOrderId: clientOrderId(),
        as: stored.oneOf("as", resolutions),
        by: stored.text("by"),
        reason: stored.text("reason")
      }
    case "FillInferred": {
      const instrument = quoted()
      return {
        type: known,
        clientOrderId: clientOrderId(),
        instrument: instrument.id,
        instrumentVersion: instrument.version,
        lots: stored.lots("quantity", instrument),
        priceTicks: stored.ticks("price", instrument),
        timeVenue: stored.time("timeVenue")
      }
    }
    case "FillBusted": {
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
        reason: stored.text("reason")
      }
    }
    case "ProtectionLost":
      return {
        type: known,
        clientOrderId: clientOrderId(),
        instrument: stored.text("instrument"),
        detail: stored.text("detail"),
        ...(stored.has("trying") && stored.flag("trying") ? { trying: true } : {})
      }
    case "FundingPaid":
      return {
        type: known,
        instrument: stored.text("instrument"),
        asset: stored.text("asset"),
        amount: stored.amount("amount"),
        venueFundingId: stored.text("venueFundingId"),
        timeVenue: stored.time("timeVenue")
      }
    case "BalanceAdjusted":
      return {
        type: known,
        asset: stored.text("asset"),
        amount: stored.amount("amount"),
        adjustment: stored.oneOf("adjustment", adjustments),
        by: stored.text("by"),
        reason: stored.text("reason")
      }
    case "ExternalOrderAdopted": {
      const instrument = quoted()
      return {
        type: known,
        clientOrderId: clientOrderId(),
        venueOrderId: stored.text("venueOrderId"),
        instrument: instrument.id,
        instrumentVersion: instrument.version,
        terms: Terms.decodeTerms(instrument, stored),
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
