/**
 * The account's behaviour: `decide` says which facts follow from a command and changes nothing itself; `execute` applies
 * each fact as it is decided. What a venue reports is judged in AccountReport.
 *
 * The live actor, the back-tester, replay and the property tests all run this code.
 */
import type * as Command from "./AccountCommand.ts"
import type { AccountEvent } from "./AccountEvent.ts"
import { flag, reportFill, reportOrder, reportOutcome, type Take } from "./AccountReport.ts"
import { type AccountState, evolve, findOrder, holdersOf, isAfter } from "./AccountState.ts"
import * as Instrument from "./Instrument.ts"
import type { CancelIntent, PlaceIntent } from "./Intent.ts"
import { defaults as limitDefaults, same as sameLimits } from "./Limits.ts"
import { requantise } from "./OrderLedger.ts"
import { refuse, reserveTicks } from "./PreTrade.ts"
import type { RefusalReason } from "./Refusal.ts"

export { invariants } from "./AccountInvariants.ts"

/** Whether an order's fate on this instrument is open: nothing new is sent there until it is settled. */
export const isFrozen = (state: AccountState, instrument: Instrument.InstrumentId): boolean =>
  (state.openLots.get(instrument)?.unknownOrders ?? 0) > 0

const refused = (
  batch: Command.SubmitIntents,
  intent: PlaceIntent | CancelIntent,
  instrument: string,
  reason: RefusalReason,
  detail: string
): AccountEvent => ({
  type: "IntentRefused",
  strategy: batch.strategy,
  intentSeq: intent.intentSeq,
  instrument,
  clientOrderId: intent.clientOrderId,
  reason,
  detail,
  cause: batch.cause
})

/** One intent to place: the order's intent, or why not. */
export const decidePlace = (
  state: AccountState,
  batch: Command.SubmitIntents,
  intent: PlaceIntent,
  circumstances: Command.Circumstances
): AccountEvent => {
  const no = (reason: RefusalReason, detail: string): AccountEvent =>
    refused(batch, intent, intent.instrument, reason, detail)
  const instrument = state.instruments.get(intent.instrument)
  if (instrument === undefined) return no("UnknownInstrument", `${intent.instrument} is not listed for this account`)
  if (findOrder(state, intent.clientOrderId) !== undefined)
    return no("DuplicateOrder", `${intent.clientOrderId} exists already`)
  const mark = circumstances.mark(intent.instrument)
  const refusal = refuse({
    state,
    instrument,
    terms: intent.terms,
    mark,
    markOf: circumstances.mark,
    now: circumstances.now,
    frozen: (id) => isFrozen(state, id)
  })
  if (refusal !== undefined) return no(refusal.reason, refusal.detail)
  return {
    type: "OrderIntended",
    clientOrderId: intent.clientOrderId,
    instrument: intent.instrument,
    instrumentVersion: instrument.version,
    strategy: batch.strategy,
    intentSeq: intent.intentSeq,
    terms: intent.terms,
    cause: batch.cause,
    trace: batch.trace,
    timeIntent: circumstances.now,
    deadlineUs: circumstances.now + circumstances.expiryUs,
    reserveTicks: reserveTicks(state, intent.terms, mark!),
    mark: { bidTicks: mark!.bidTicks, askTicks: mark!.askTicks, timeReceived: mark!.timeReceived },
    limitsVersion: state.limits.version
  }
}

const decideCancel = (state: AccountState, batch: Command.SubmitIntents, intent: CancelIntent): AccountEvent => {
  const order = state.orders.get(intent.clientOrderId)
  if (order === undefined || order.strategy !== batch.strategy)
    return refused(batch, intent, order?.instrument ?? "", "OrderNotOpen", `${intent.clientOrderId} is not open`)
  return {
    type: "CancelRequested",
    clientOrderId: order.clientOrderId,
    strategy: batch.strategy,
    intentSeq: intent.intentSeq,
    cause: batch.cause
  }
}

/** A cause at or before the last one acted upon, from the same strategy: it must not be acted on again. */
const isRepeatedCause = (state: AccountState, batch: Command.SubmitIntents): boolean => {
  const last = state.strategies.get(batch.strategy)?.causes.get(batch.cause.instrument)
  return last !== undefined && !isAfter(batch.cause, last)
}

/** How long an intent may have waited on its way here, and how long it did, where that is too long. */
const lateness = (
  state: AccountState,
  batch: Command.SubmitIntents,
  circumstances: Command.Circumstances
): string | undefined => {
  if (batch.timeDecided === undefined) return undefined
  const ageMs = Math.floor((circumstances.now - batch.timeDecided) / 1000)
  const ageMsMax = state.limits.intentAgeMsMax ?? limitDefaults.intentAgeMsMax
  return ageMs > ageMsMax ? `decided ${ageMs} ms ago, at most ${ageMsMax}` : undefined
}

const submit = (
  state: AccountState,
  batch: Command.SubmitIntents,
  circumstances: Command.Circumstances,
  take: Take
): void => {
  const repeated = isRepeatedCause(state, batch)
  const late = lateness(state, batch, circumstances)
  const { feedEpoch, instrument: feed, seq } = batch.cause
  for (const intent of batch.intents) {
    // A lower sequence is the same batch sent again: its facts stand already.
    if (intent.intentSeq <= (state.strategies.get(batch.strategy)?.intentSeq ?? 0)) continue
    // A cancel does no harm twice or late; not canceling may.
    if (intent.kind === "cancel") take(decideCancel(state, batch, intent))
    else if (repeated)
      take(refused(batch, intent, intent.instrument, "CauseAlreadyActedOn", `event ${feedEpoch}/${seq} of ${feed}`))
    else if (late !== undefined) take(refused(batch, intent, intent.instrument, "IntentExpired", late))
    else take(decidePlace(state, batch, intent, circumstances))
  }
}

const listInstrument = (state: AccountState, spec: Instrument.InstrumentSpec, take: Take): void => {
  const next = Instrument.make(spec)
  const current = state.instruments.get(next.id)
  if (current === undefined) return take({ type: "InstrumentListed", spec: Instrument.specOf(next) })
  if (next.version < current.version) return
  if (next.version === current.version) {
    if (!Instrument.sameSpec(current, next))
      flag(state, "", `${next.id} has other sizes under the same version ${next.version}`, take)
    return
  }
  for (const order of state.orders.values())
    if (order.instrument === next.id)
      return flag(state, order.clientOrderId, `open while ${next.id} changes to version ${next.version}`, take)
  // A strategy's share may be finer than the account's net position.
  for (const position of holdersOf(state, next.id))
    if (requantise(position.lots, current, next) === undefined)
      return flag(state, "", `a position in ${next.id} does not fit the lots of version ${next.version}`, take)
  take({ type: "InstrumentListed", spec: Instrument.specOf(next) })
}

const cancel = (state: AccountState, command: Command.CancelOrders, take: Take): void => {
  const ids = command.clientOrderIds === "all" ? Array.from(state.orders.keys()) : command.clientOrderIds
  for (const clientOrderId of ids) {
    const order = state.orders.get(clientOrderId)
    if (order === undefined || order.cancelRequested) continue
    take({ type: "CancelRequested", clientOrderId, strategy: "", intentSeq: 0, cause: undefined })
  }
}

const setLimits = (state: AccountState, { limits }: Command.SetLimits, take: Take): void => {
  if (limits.version < state.limits.version) return
  // Edited in a configuration without a new version: the edit counts, and the journal shows it.
  if (limits.version === state.limits.version && sameLimits(limits, state.limits)) return
  take({ type: "LimitsSet", limits })
}

/**
 * Which facts follow from a command. Each is handed to `take`, which must apply it at once: the next intent of a batch
 * is checked against what the ones before it used up. No fact means that the command says nothing new.
 */
export const decide = (
  state: AccountState,
  command: Command.AccountCommand,
  circumstances: Command.Circumstances,
  take: Take
): void => {
  switch (command.type) {
    case "SubmitIntents":
      return submit(state, command, circumstances, take)
    case "CancelOrders":
      return cancel(state, command, take)
    case "ListInstruments":
      for (const spec of command.specs) listInstrument(state, spec, take)
      return
    case "SetLimits":
      return setLimits(state, command, take)
    case "AdoptBalances":
      if (!state.balancesAdopted && command.balances.length > 0)
        take({ type: "BalancesAdopted", balances: command.balances })
      return
    case "SetTradingState":
      if (command.state !== state.tradingState)
        take({ type: "TradingStateChanged", state: command.state, by: command.by, reason: command.reason })
      return
    case "ReportOrder":
      return reportOrder(state, command, take)
    case "ReportRejected":
    case "ReportUnknown":
    case "ReportNotPlaced":
    case "ReportCancelRefused":
      return reportOutcome(state, command, take)
    case "ReportFill":
      return reportFill(state, command, take)
  }
}

/**
 * Runs a command: every fact that follows is applied to `state` and returned in order. An empty result means that the
 * command says nothing new.
 */
export const execute = (
  state: AccountState,
  command: Command.AccountCommand,
  circumstances: Command.Circumstances
): ReadonlyArray<AccountEvent> => {
  const events: Array<AccountEvent> = []
  decide(state, command, circumstances, (event) => {
    evolve(state, event)
    events.push(event)
  })
  return events
}
