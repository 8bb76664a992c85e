/**
 * The account's behaviour: `decide` says which facts follow from a command and changes nothing itself; `execute` applies
 * each fact as it is decided. What a venue reports is judged in AccountReport.
 *
 * The live actor, the back-tester, replay and the property tests all run this code.
 */
import type * as Command from "./AccountCommand.ts"
import type { AccountEvent } from "./AccountEvent.ts"
import {
  flag,
  reportBust,
  reportExecuted,
  reportFill,
  reportFunding,
  reportOrder,
  reportOutcome,
  type Take
} from "./AccountReport.ts"
import { type AccountState, evolve, findOrder, holdersOf, isAfter, versionKey } from "./AccountState.ts"
import { closePositions } from "./ClosePositions.ts"
import { attend } from "./HeldOrders.ts"
import * as Instrument from "./Instrument.ts"
import type { CancelIntent, ModifyIntent, PlaceIntent } from "./Intent.ts"
import { defaults as limitDefaults, same as sameLimits } from "./Limits.ts"
import type { FeedPosition } from "./MarketData.ts"
import { modify } from "./ModifyOrder.ts"
import { isEnding, type Order } from "./Order.ts"
import { again, decideOrder, notOpen, refused } from "./OrderDecision.ts"
import * as Group from "./OrderGroup.ts"
import { requantise } from "./OrderLedger.ts"
import type { RefusalReason } from "./Refusal.ts"
import { resolveOrder } from "./ResolveOrder.ts"

export { invariants } from "./AccountInvariants.ts"

export { isFrozen } from "./OrderDecision.ts"

/** One intent to place: the order's intent, or why not. */
const decidePlace = (
  state: AccountState,
  batch: Command.SubmitIntents,
  intent: PlaceIntent,
  circumstances: Command.Circumstances
): AccountEvent =>
  decideOrder(
    state,
    {
      strategy: batch.strategy,
      intentSeq: intent.intentSeq,
      clientOrderId: intent.clientOrderId,
      instrument: intent.instrument,
      terms: intent.terms,
      contingency: intent.contingency,
      cause: batch.cause,
      trace: batch.trace,
      timeDecided: batch.timeDecided ?? 0,
      attempt: 1,
      // What is no time can be neither compared nor stored.
      resubmitUntilUs: Number.isFinite(intent.resubmitUntilUs) ? (intent.resubmitUntilUs ?? 0) : 0
    },
    circumstances
  )

/** What an intent to place or modify is refused with before its order is looked at. */
const refusal = (
  state: AccountState,
  batch: Command.SubmitIntents,
  intent: PlaceIntent | ModifyIntent,
  reason: RefusalReason,
  detail: string,
  now: number
): AccountEvent =>
  refused(
    {
      strategy: batch.strategy,
      intentSeq: intent.intentSeq,
      instrument: intent.kind === "place" ? intent.instrument : (findOrder(state, intent.replaces)?.instrument ?? ""),
      clientOrderId: intent.clientOrderId,
      cause: batch.cause,
      timeDecided: batch.timeDecided ?? 0
    },
    reason,
    detail,
    now
  )

const decideCancel = (
  state: AccountState,
  batch: Command.SubmitIntents,
  intent: CancelIntent,
  now: number
): AccountEvent => {
  const order = state.orders.get(intent.clientOrderId)
  if (order === undefined || order.strategy !== batch.strategy)
    return refused(
      {
        strategy: batch.strategy,
        intentSeq: intent.intentSeq,
        instrument: order?.instrument ?? "",
        clientOrderId: intent.clientOrderId,
        cause: batch.cause,
        timeDecided: batch.timeDecided ?? 0
      },
      "OrderNotOpen",
      notOpen(intent.clientOrderId),
      now
    )
  return {
    type: "CancelRequested",
    clientOrderId: order.clientOrderId,
    strategy: batch.strategy,
    intentSeq: intent.intentSeq,
    cause: batch.cause,
    by: "",
    reason: ""
  }
}

/** A cause at or before the last one acted upon, from the same strategy: it must not be acted on again. */
export const isRepeatedCause = (
  state: AccountState,
  { cause, strategy }: { readonly strategy: string; readonly cause: FeedPosition }
): boolean => {
  const last = state.strategies.get(strategy)?.causes.get(cause.instrument)
  return last !== undefined && !isAfter(cause, last)
}

export const repeatedDetail = ({ feedEpoch, instrument, seq }: FeedPosition): string =>
  `event ${feedEpoch}/${seq} of ${instrument}`

/** How long an intent may have waited on its way here, and how long it did, where that is too long. */
export const latenessOf = (state: AccountState, timeDecided: number, now: number): string | undefined => {
  const ageMs = Math.floor((now - timeDecided) / 1000)
  const ageMsMax = state.limits.intentAgeMsMax ?? limitDefaults.intentAgeMsMax
  return ageMs > ageMsMax ? `decided ${ageMs} ms ago, at most ${ageMsMax}` : undefined
}

const submit = (
  state: AccountState,
  batch: Command.SubmitIntents,
  circumstances: Command.Circumstances,
  take: Take
): void => {
  const { now } = circumstances
  const repeated = isRepeatedCause(state, batch)
  const late = batch.timeDecided === undefined ? undefined : latenessOf(state, batch.timeDecided, now)
  for (const intent of batch.intents) {
    // A lower sequence is the same batch sent again: its facts stand already.
    if (intent.intentSeq <= (state.strategies.get(batch.strategy)?.intentSeq ?? 0)) continue
    // A cancel does no harm twice or late; not canceling may.
    if (intent.kind === "cancel") take(decideCancel(state, batch, intent, now))
    else if (repeated) take(refusal(state, batch, intent, "CauseAlreadyActedOn", repeatedDetail(batch.cause), now))
    else if (late !== undefined) take(refusal(state, batch, intent, "IntentExpired", late, now))
    else if (intent.kind === "modify") modify(state, batch, intent, circumstances, take)
    else take(decidePlace(state, batch, intent, circumstances))
  }
}

const resubmitPauseUs = 50_000
const resubmitPauseUsMax = 5_000_000

/**
 * From when an order may be sent again: the second attempt at once, those after it after growing pauses, or they would
 * follow one another as fast as a venue that is out of reach says so.
 */
const nextAttemptUs = ({ attempt, timeIntent }: Order): number =>
  attempt === 1 ? timeIntent : timeIntent + Math.min(resubmitPauseUsMax, resubmitPauseUs * 2 ** (attempt - 2))

/**
 * The venue never had it: it is sent again as another order, while it still makes sense and passes the checks. One that
 * is to pause first is held until then.
 */
const resubmit = (
  state: AccountState,
  clientOrderId: string,
  circumstances: Command.Circumstances,
  take: Take
): void => {
  const order = state.closed.get(clientOrderId)
  if (order?.status !== "notPlaced" || order.cancelRequested || circumstances.now >= order.resubmitUntilUs) return
  // What guards a position is looked after by Protection.
  if (state.unprotected.has(clientOrderId) || Group.isOver(state, order)) return
  const releaseUs = nextAttemptUs(order)
  if (releaseUs >= order.resubmitUntilUs) return
  const group = order.contingency?.group
  const draft = {
    ...again(order, circumstances),
    contingency: group === undefined ? undefined : { group },
    ...(releaseUs > circumstances.now ? { releaseUs } : {})
  }
  if (findOrder(state, draft.clientOrderId) !== undefined) return
  const event = decideOrder(state, draft, circumstances)
  if (event.type === "OrderIntended") take(event)
}

/** Venues need not count versions: sizes other than those listed under the version given are a version of their own. */
const listInstrument = (state: AccountState, spec: Instrument.InstrumentSpec, take: Take): void => {
  const given = Instrument.make(spec)
  const current = state.instruments.get(given.id)
  if (current === undefined) return take({ type: "InstrumentListed", spec: Instrument.specOf(given) })
  const isNewer = given.version > current.version
  if (!isNewer) {
    const listed = state.versions.get(versionKey(given.id, given.version))
    if (listed === undefined || Instrument.sameSpec(listed, given)) return
    if (Instrument.sameSpec({ ...given, version: current.version }, current)) return
  }
  const next = isNewer ? given : Instrument.make({ ...given, version: current.version + 1 })
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
    if (order === undefined || isEnding(order)) continue
    take({
      type: "CancelRequested",
      clientOrderId,
      strategy: "",
      intentSeq: 0,
      cause: undefined,
      by: command.by ?? "",
      reason: command.reason ?? ""
    })
  }
}

const setLimits = (state: AccountState, { limits }: Command.SetLimits, take: Take): void => {
  if (limits.version < state.limits.version) return
  // Edited in a configuration without a new version: the edit counts, and the journal shows it.
  if (limits.version === state.limits.version && sameLimits(limits, state.limits)) return
  take({ type: "LimitsSet", limits })
}

const decideCommand = (
  state: AccountState,
  command: Command.AccountCommand,
  circumstances: Command.Circumstances,
  take: Take
): void => {
  switch (command.type) {
    case "SubmitIntents":
      return submit(state, command, circumstances, take)
    case "CancelOrders":
      // What is due to be intended now is canceled with the rest.
      attend(state, circumstances, take)
      return cancel(state, command, take)
    case "ClosePositions":
      attend(state, circumstances, take)
      return closePositions(state, command, circumstances, take)
    case "Tick":
      return
    case "ResolveOrder":
      return resolveOrder(state, command, take)
    case "AdjustBalance": {
      const { type: _, ...adjusted } = command
      return command.amount === 0n ? undefined : take({ type: "BalanceAdjusted", ...adjusted })
    }
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
    case "ReportForgotten":
    case "ReportCancelRefused":
      return reportOutcome(state, command, take)
    case "ReportNotPlaced": {
      const open = state.orders.has(command.clientOrderId)
      reportOutcome(state, command, take)
      return open ? resubmit(state, command.clientOrderId, circumstances, take) : undefined
    }
    case "ReportFill":
      return reportFill(state, command, take)
    case "ReportExecuted":
      return reportExecuted(state, command, take)
    case "ReportBust":
      return reportBust(state, command, take)
    case "ReportFunding":
      return reportFunding(state, command, take)
    case "ReportDifference":
      return flag(state, command.clientOrderId, command.detail, take)
  }
}

/**
 * Which facts follow from a command. Each is handed to `take`, which must apply it at once: the next intent of a batch
 * is checked against what the ones before it used up. No fact means that the command says nothing new.
 *
 * Whatever the command, what sleeps is looked at afterwards: any fact may be the one that it waits for. Only after a
 * refused cancel it is not, or the account would ask for the same cancel again at once and for ever.
 */
export const decide = (
  state: AccountState,
  command: Command.AccountCommand,
  circumstances: Command.Circumstances,
  take: Take
): void => {
  decideCommand(state, command, circumstances, take)
  if ((state.watched.size > 0 || state.unprotected.size > 0) && command.type !== "ReportCancelRefused")
    attend(state, circumstances, take)
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
