/** The stored version of each type of event, and how older ones are read. */
import type { AccountEventType } from "./AccountEvent.ts"
import { type Json, UnreadableEvent } from "./StoredPayload.ts"

/** Stored version of each type. Raising one needs an upcaster from the version before. */
export const versions: Record<AccountEventType, number> = {
  InstrumentListed: 1,
  LimitsSet: 1,
  BalancesAdopted: 1,
  OrderIntended: 2,
  OrderTriggered: 1,
  TrailMoved: 1,
  OrderReleased: 1,
  IntentRefused: 2,
  CancelRequested: 2,
  OrderAccepted: 1,
  OrderRejected: 1,
  OrderUnknown: 1,
  OrderNotPlaced: 1,
  CancelRefused: 1,
  OrderCanceled: 1,
  OrderExpired: 1,
  OrderFilled: 1,
  OrderResolved: 1,
  FillInferred: 1,
  FillBusted: 1,
  ProtectionLost: 1,
  FundingPaid: 1,
  BalanceAdjusted: 1,
  ExternalOrderAdopted: 1,
  TradingStateChanged: 1,
  DifferenceFlagged: 1
}

/** From version n (the key) to n + 1. */
export const upcasters: Partial<Record<AccountEventType, Readonly<Record<number, (payload: Json) => Json>>>> = {
  OrderIntended: {
    1: (payload) => ({
      ...payload,
      placement: "venue",
      emulated: false,
      contingency: null,
      attempt: 1,
      resubmitUntilUs: 0,
      timeDecided: 0,
      otherMarks: []
    })
  },
  IntentRefused: { 1: (payload) => ({ ...payload, terms: null, mark: null, otherMarks: [], timeDecided: 0 }) },
  CancelRequested: { 1: (payload) => ({ ...payload, by: "", reason: "" }) }
}

/** A stored payload as the present version has it; throws where there is no way there. */
export const upcast = (type: AccountEventType, version: number, payload: Json): Json => {
  let upcasted = payload
  for (let from = version; from < versions[type]; from++) {
    const step = upcasters[type]?.[from]
    if (step === undefined) throw new UnreadableEvent(type, version, `no upcaster from version ${from}`)
    upcasted = step(upcasted)
  }
  return upcasted
}
