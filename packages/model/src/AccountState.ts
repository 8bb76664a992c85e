/**
 * The state of an account and how facts change it. `evolve` is total over the facts that `decide` emits, mutates the
 * state it is given (one owner, no sharing) and depends on nothing else: replaying a journal gives the live state.
 */
import type { AccountEvent } from "./AccountEvent.ts"
import {
  type AccountState,
  advance,
  flaggedMax,
  flagKey,
  holdersOf,
  known,
  onceMax,
  remember,
  strategyOf
} from "./AccountRecord.ts"
import * as Instrument from "./Instrument.ts"
import type { Order } from "./Order.ts"
import { bump, bust, end, fill, intend, release, step } from "./OrderFacts.ts"
import { balanceOf, findOrder, instrumentAt, nameAtVenue, open, requantise, versionKey } from "./OrderLedger.ts"

export {
  accountStrategy,
  type AccountState,
  fillKeysMax,
  flaggedMax,
  flagKey,
  holdersOf,
  initial,
  isAfter
} from "./AccountRecord.ts"
export { findOrder, instrumentAt, versionKey }

const inputOf = { notPlaced: "absent", rejected: "rejected", canceled: "canceled", expired: "expired" } as const

const list = (state: AccountState, spec: Instrument.InstrumentSpec): void => {
  const next = Instrument.make(spec)
  const previous = state.instruments.get(next.id)
  state.instruments.set(next.id, next)
  state.versions.set(versionKey(next.id, next.version), next)
  if (previous === undefined) return
  for (const position of holdersOf(state, next.id)) position.lots = requantise(position.lots, previous, next)!
}

/** Applies one fact, in place, and returns the same state. Throws only on a fact that decide cannot have emitted. */
export const evolve = (state: AccountState, event: AccountEvent): AccountState => {
  state.seq += 1
  switch (event.type) {
    case "InstrumentListed":
      list(state, event.spec)
      break
    case "LimitsSet":
      state.limits = event.limits
      state.recentIntents.splice(0, state.recentIntents.length - event.limits.orderRateMax)
      break
    case "BalancesAdopted":
      state.balancesAdopted = true
      for (const { asset, amount } of event.balances) balanceOf(state, asset).total = amount
      break
    case "OrderIntended":
      intend(state, event)
      break
    case "IntentRefused": {
      const record = strategyOf(state, event.strategy)
      advance(record, event.intentSeq, event.cause)
      bump(record.refused, event.reason)
      break
    }
    case "CancelRequested": {
      if (event.strategy !== "") advance(strategyOf(state, event.strategy), event.intentSeq, event.cause)
      const order = known(state, event.clientOrderId)
      order.cancelRequested = true
      step(state, order, "cancelRequested")
      break
    }
    case "OrderAccepted": {
      const order = known(state, event.clientOrderId)
      nameAtVenue(state, order, event.venueOrderId)
      step(state, order, "accepted")
      // A cancel asked for before the venue had answered goes out now.
      if (order.cancelRequested && order.status === "working") step(state, order, "cancelRequested")
      break
    }
    case "OrderRejected": {
      const order = known(state, event.clientOrderId)
      order.reason = `${event.code} ${event.reason}`.trim()
      end(state, order, "rejected")
      break
    }
    case "OrderUnknown": {
      const order = known(state, event.clientOrderId)
      order.reason = event.reason
      step(state, order, "lost")
      break
    }
    case "OrderNotPlaced": {
      const order = known(state, event.clientOrderId)
      order.reason = event.reason
      end(state, order, "absent")
      break
    }
    case "OrderResolved": {
      const order = known(state, event.clientOrderId)
      order.reason = `${event.by}: ${event.reason}`
      if (event.as !== "filled") end(state, order, inputOf[event.as])
      break
    }
    case "CancelRefused": {
      const order = known(state, event.clientOrderId)
      order.cancelRequested = false
      step(state, order, "cancelRefused")
      break
    }
    case "OrderCanceled":
      end(state, known(state, event.clientOrderId), "canceled")
      break
    case "OrderExpired":
      end(state, known(state, event.clientOrderId), "expired")
      break
    case "OrderTriggered":
      step(state, known(state, event.clientOrderId), "triggered")
      break
    case "TrailMoved": {
      const order = known(state, event.clientOrderId)
      order.terms = { ...order.terms, triggerTicks: event.triggerTicks }
      break
    }
    case "OrderReleased":
      release(state, event)
      break
    case "FillInferred":
      known(state, event.clientOrderId).inferredLots = event.lots
      break
    case "FillBusted":
      bust(state, event)
      break
    case "ProtectionLost":
      if (event.trying === true) known(state, event.clientOrderId).lossTold = true
      else state.unprotected.delete(event.clientOrderId)
      break
    case "FundingPaid":
      balanceOf(state, event.asset).total += event.amount
      remember(state.fundingIds, event.venueFundingId, onceMax)
      break
    case "BalanceAdjusted":
      balanceOf(state, event.asset).total += event.amount
      break
    case "OrderFilled":
      fill(state, event)
      break
    case "ExternalOrderAdopted": {
      const order: Order = {
        clientOrderId: event.clientOrderId,
        instrument: event.instrument,
        instrumentVersion: event.instrumentVersion,
        strategy: "",
        intentSeq: 0,
        attempt: 1,
        terms: event.terms,
        contingency: undefined,
        parentLots: 0,
        replacedLots: 0,
        groupLots: 0,
        emulated: false,
        protective: false,
        cause: undefined,
        trace: undefined,
        timeIntent: event.timeVenue,
        deadlineUs: event.timeVenue,
        resubmitUntilUs: 0,
        // A stop placed by hand: what its trigger would cost.
        reserveTicks: event.terms.priceTicks === 0 ? (event.terms.triggerTicks ?? 0) : event.terms.priceTicks,
        venueOrderId: "",
        status: "working",
        filledLots: 0,
        inferredLots: 0,
        cancelRequested: false,
        reason: "placed outside Outcry"
      }
      open(state, order)
      nameAtVenue(state, order, event.venueOrderId)
      break
    }
    case "TradingStateChanged":
      state.tradingState = event.state
      break
    case "DifferenceFlagged":
      state.differences += 1
      remember(state.flagged, flagKey(event.clientOrderId, event.detail), flaggedMax)
      break
  }
  return state
}
