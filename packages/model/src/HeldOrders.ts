/**
 * Looks after the orders that time, prices or the fate of others concern: wakes what slept, lets trailing stops follow,
 * ends what has lost its reason, and cancels what is past its date. Works until nothing more follows.
 *
 * Costs nothing while no such order is open.
 */
import type * as Command from "./AccountCommand.ts"
import type { AccountEvent, Mark } from "./AccountEvent.ts"
import { accountStrategy, type AccountState, findOrder, instrumentAt } from "./AccountState.ts"
import { type Instrument, quantityText } from "./Instrument.ts"
import { opposite, type Side } from "./MarketData.ts"
import { hasLimit, hasTrigger, isSleeping, type Order, type OrderTerms } from "./Order.ts"
import { endOrder, isFrozen, isLive, isPlaceTaken } from "./OrderDecision.ts"
import * as Group from "./OrderGroup.ts"
import { holds, lotsAtOnce, reducibleLots, refuse, reserveTicks } from "./PreTrade.ts"
import { protect } from "./Protection.ts"
import { touches, trailed } from "./Trigger.ts"

type Take = (event: AccountEvent) => void

/** A fact that follows from the account's own keeping carries this name where it says who asked. */
const self = "account"

/** What goes on the wire once the price is there. */
const wireTerms = (order: Order, lots: number): OrderTerms => {
  const { terms } = order
  // A stop that was touched while it slept has nothing left to wait for.
  const isFired = order.status === "triggered" && hasTrigger(terms.type)
  if (!order.emulated && !isFired) return { ...terms, lots }
  const { displayLots: _d, expiresUs, trailBps: _b, trailTicks: _t, triggerTicks: _g, ...rest } = terms
  return hasLimit(terms.type)
    ? { ...rest, type: "limit", lots, ...(expiresUs === undefined ? {} : { expiresUs }) }
    : { ...rest, type: "market", priceTicks: 0, lots, timeInForce: "IOC", postOnly: false }
}

/** A two-sided quote that is fresh enough to act on. */
const freshMark = (state: AccountState, order: Order, circumstances: Command.Circumstances): Mark | undefined => {
  const mark = circumstances.mark(order.instrument)
  if (mark === undefined || mark.bidTicks <= 0 || mark.askTicks <= 0) return undefined
  return circumstances.now - mark.timeReceived > state.limits.markAgeMsMax * 1000 ? undefined : mark
}

/** Too small for the venue: nothing can be done about it, and no difference with it. */
const isDust = (reason: string): boolean => reason === "QuantityBelowMin" || reason === "NotionalBelowMin"

export const dustDetail = (instrument: Instrument, lots: number): string =>
  `dust: ${quantityText(instrument, lots)} ${instrument.base} is too small to be traded and stays`

/** Whether another order that guards the same position is at the venue: one that was given up too early. */
const isGuarded = (state: AccountState, order: Order, side: Side): boolean => {
  for (const other of state.orders.values())
    if (
      other.protective &&
      other.instrument === order.instrument &&
      other.terms.side === side &&
      !isSleeping(other.status)
    )
      return true
  return false
}

const release = (state: AccountState, order: Order, circumstances: Command.Circumstances, take: Take): void => {
  const { clientOrderId } = order
  const instrument = instrumentAt(state, order.instrument, order.instrumentVersion)
  const finish = (reason: string): void => endOrder(order, self, reason, circumstances, take)
  const reject = (code: string, reason: string): void => take({ type: "OrderRejected", clientOrderId, code, reason })
  const mark = freshMark(state, order, circumstances)
  // Both pass: it goes out when they have.
  if (mark === undefined || isFrozen(state, order.instrument)) return
  const closes = order.strategy === accountStrategy
  const asked = order.terms.side
  // What filled before its cancel may have turned the position that is to be closed.
  const side = closes && holds(state, order.instrument, opposite(asked)) ? opposite(asked) : asked
  let lots = Group.lotsLeft(state, order)
  if (order.terms.reduceOnly === true) {
    if (!holds(state, order.instrument, side)) return finish("there is no position to reduce")
    const free = reducibleLots(state, instrument, side)
    lots = Math.min(closes ? lotsAtOnce(state, instrument, side, mark) : lots, free)
    if (free === 0)
      return isGuarded(state, order, side)
        ? finish("another order guards the whole position")
        : reject("NothingToReduce", "other open orders hold the whole position")
  }
  if (lots <= 0) return finish("nothing is left of it to fill")
  const terms = { ...wireTerms(order, lots), side }
  const refusal = refuse({
    state,
    instrument,
    terms,
    // What only paused is checked as if it were placed now.
    stage: order.releaseUs === undefined ? "release" : "place",
    contingency: undefined,
    mark,
    markOf: circumstances.mark,
    now: circumstances.now,
    frozen: () => false
  })
  if (refusal !== undefined) {
    const stays = terms.reduceOnly === true && isDust(refusal.reason)
    return stays ? finish(dustDetail(instrument, lots)) : reject(refusal.reason, refusal.detail)
  }
  take({
    type: "OrderReleased",
    clientOrderId,
    instrument: order.instrument,
    instrumentVersion: order.instrumentVersion,
    terms,
    timeIntent: circumstances.now,
    deadlineUs: circumstances.now + circumstances.expiryUs,
    reserveTicks: reserveTicks(state, terms, mark),
    mark: { bidTicks: mark.bidTicks, askTicks: mark.askTicks, timeReceived: mark.timeReceived }
  })
}

/** A stop guards from the first fill of its parent. The trail of one is not followed on behalf of a venue that does it. */
const guardsAlready = ({ emulated, parentLots, protective, terms }: Order): boolean =>
  protective && parentLots > 0 && (emulated || terms.type !== "trailingStop")

/** Whether it waits for another order still; a parent that ended without a fill ends it. */
const isWaiting = (state: AccountState, order: Order, circumstances: Command.Circumstances, take: Take): boolean => {
  const { after, parent } = order.contingency ?? {}
  if (after?.some((id) => state.orders.has(id)) === true) return true
  if (parent === undefined) return false
  if (isLive(state, parent)) return !guardsAlready(order)
  if (order.parentLots > 0) return false
  endOrder(order, self, `its parent ${parent} ended without a fill`, circumstances, take)
  return true
}

/** Whether a further attempt has to wait still; one that is no longer wanted by then ends. */
const isPausing = (state: AccountState, order: Order, circumstances: Command.Circumstances, take: Take): boolean => {
  const { attempt, clientOrderId, intentSeq, releaseUs, resubmitUntilUs, strategy } = order
  if (releaseUs === undefined) return false
  const before = findOrder(state, circumstances.idOf(strategy, intentSeq, attempt - 1))
  if (before !== undefined && before.status !== "notPlaced") {
    endOrder(order, self, `${before.clientOrderId}, whose place it was to take, came to light`, circumstances, take)
    return true
  }
  if (circumstances.now < releaseUs) return true
  // In a group, or where its trigger is watched here, it may wait for its price from then on.
  const waits = order.emulated || order.contingency?.group !== undefined
  if (circumstances.now < resubmitUntilUs || waits) return false
  take({ type: "OrderExpired", clientOrderId, timeVenue: circumstances.now })
  return true
}

/** Whether its price is there; lets a trailing stop follow on the way. */
const isTouched = (state: AccountState, order: Order, circumstances: Command.Circumstances, take: Take): boolean => {
  const mark = freshMark(state, order, circumstances)
  if (mark === undefined) return false
  if (order.terms.type === "trailingStop") {
    const triggerTicks = trailed(order.terms, mark)
    const { clientOrderId, instrument, instrumentVersion } = order
    if (triggerTicks !== undefined)
      take({ type: "TrailMoved", clientOrderId, instrument, instrumentVersion, triggerTicks })
  }
  if (!touches(order.terms, mark)) return false
  take({
    type: "OrderTriggered",
    clientOrderId: order.clientOrderId,
    instrument: order.instrument,
    instrumentVersion: order.instrumentVersion,
    mark: { bidTicks: mark.bidTicks, askTicks: mark.askTicks, timeReceived: mark.timeReceived }
  })
  return true
}

/**
 * The others of its group that are at the venue are asked to end, and a parent that still fills: it would open what this
 * one is to close. True once none is there.
 */
const isClear = (state: AccountState, order: Order, circumstances: Command.Circumstances, take: Take): boolean => {
  const { group, parent } = order.contingency ?? {}
  let clear = true
  if (parent !== undefined) {
    const opening = state.orders.get(parent)
    if (opening !== undefined)
      endOrder(opening, self, `${order.clientOrderId}, which guards it, was triggered`, circumstances, take)
    clear = !isLive(state, parent)
  }
  if (group === undefined) return clear
  for (const id of Array.from(state.watched)) {
    const other = state.orders.get(id)
    if (other === undefined || other === order || other.contingency?.group !== group || isSleeping(other.status))
      continue
    clear = false
    endOrder(other, self, `${order.clientOrderId} of its group was triggered`, circumstances, take)
  }
  return clear
}

/** One of its group is on its way at whatever price: the others wait for what it fills. */
const isOutrun = (state: AccountState, group: string, order: Order): boolean => {
  for (const id of state.watched) {
    const other = state.orders.get(id)!
    if (other === order || other.contingency?.group !== group || other.status === "held") continue
    if (other.status === "triggered" || other.terms.type === "market") return true
  }
  return false
}

const wake = (state: AccountState, order: Order, circumstances: Command.Circumstances, take: Take): void => {
  if (order.status === "held") {
    if (isPausing(state, order, circumstances, take) || isWaiting(state, order, circumstances, take)) return
    const group = order.contingency?.group
    if (group !== undefined && isOutrun(state, group, order)) return
    const taken = group !== undefined && isPlaceTaken(state, group, order)
    const parent = order.contingency?.parent
    const early = parent !== undefined && isLive(state, parent)
    const watches = (order.emulated && hasTrigger(order.terms.type)) || taken || early
    if (watches && !isTouched(state, order, circumstances, take)) return
  }
  if (isClear(state, order, circumstances, take)) release(state, order, circumstances, take)
}

const look = (state: AccountState, order: Order, circumstances: Command.Circumstances, take: Take): void => {
  const sleeps = isSleeping(order.status)
  if (sleeps && order.cancelRequested) return endOrder(order, self, "", circumstances, take)
  if (Group.isOver(state, order)) return endOrder(order, self, "its group has ended", circumstances, take)
  const { expiresUs } = order.terms
  if (expiresUs !== undefined && circumstances.now >= expiresUs) {
    if (sleeps) return take({ type: "OrderExpired", clientOrderId: order.clientOrderId, timeVenue: circumstances.now })
    return endOrder(order, self, "the time until which it was good has passed", circumstances, take)
  }
  if (sleeps) wake(state, order, circumstances, take)
}

/** All that follows from time and prices as they are now; nothing before the venue's books are known. */
export const attend = (state: AccountState, circumstances: Command.Circumstances, take: Take): void => {
  if (circumstances.recovering === true) return
  for (let before = -1; before !== state.seq;) {
    if (state.watched.size === 0 && state.unprotected.size === 0) return
    before = state.seq
    for (const id of Array.from(state.watched)) {
      const order = state.orders.get(id)
      if (order !== undefined) look(state, order, circumstances, take)
    }
    if (state.unprotected.size > 0) protect(state, circumstances, take)
  }
}
