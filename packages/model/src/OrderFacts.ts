/**
 * How facts about orders change an account: intended, released, filled, taken back, ended. `evolve` calls these; they
 * trust the facts, since `decide` lets no other through.
 */
import {
  type FillBusted,
  fillKey,
  type OrderFilled,
  type OrderIntended,
  type OrderReleased,
  tradeKey
} from "./AccountEvent.ts"
import {
  accountStrategy,
  type AccountState,
  advance,
  fillKeysMax,
  getOrAdd,
  known,
  onceMax,
  remember,
  rememberIntent,
  strategyOf
} from "./AccountRecord.ts"
import type * as Amount from "./Amount.ts"
import * as Instrument from "./Instrument.ts"
import { opposite, type Side, signOf } from "./MarketData.ts"
import { isClosed, isStop, type Order, type OrderInput, remainingLots } from "./Order.ts"
import * as Group from "./OrderGroup.ts"
import { balanceOf, findOrder, hold, instrumentAt, move, open, requantise } from "./OrderLedger.ts"
import * as Position from "./Position.ts"
import { isVouched } from "./ResolveOrder.ts"

export const bump = <K>(map: Map<K, number>, key: K, by = 1): void => {
  map.set(key, (map.get(key) ?? 0) + by)
}

/** Moves an order, counts how its strategy's orders end (a late fill may change an end), and tells its group. */
export const step = (state: AccountState, order: Order, input: OrderInput): void => {
  const before = move(state, order, input)
  if (before === order.status) return
  if (order.contingency?.group !== undefined) Group.moved(state, order.contingency.group, order, before)
  if (state.unprotected.size > 0 && (!isClosed(order.status) || order.status === "filled"))
    state.unprotected.delete(order.clientOrderId)
  if (order.strategy === "") return
  const outcomes = strategyOf(state, order.strategy).outcomes
  if (isClosed(before)) bump(outcomes, before, -1)
  if (isClosed(order.status)) bump(outcomes, order.status)
}

const noKeys = (): Set<string> => new Set()

const isLater = (a: string, b: string): boolean => a.length > b.length || (a.length === b.length && a > b)

const payFee = (fees: Map<string, Amount.Amount>, asset: string, fee: Amount.Amount): void => {
  fees.set(asset, (fees.get(asset) ?? 0n) + fee)
}

/** Books an execution (1), or takes one back (−1) by the opposite entry: cash, quantity, fee and positions. */
const book = (state: AccountState, order: Order, event: OrderFilled | FillBusted, direction: 1 | -1): void => {
  const today = state.instruments.get(event.instrument)!
  const isToday = today.version === event.instrumentVersion
  const quoted = isToday ? today : instrumentAt(state, event.instrument, event.instrumentVersion)
  const value = Instrument.notional(quoted, event.priceTicks, event.lots)
  const base = Instrument.baseAmount(quoted, event.lots)
  const side: Side = direction === 1 ? event.side : opposite(event.side)
  const buys = signOf(side) === 1
  balanceOf(state, quoted.quote).total += buys ? -value : value
  balanceOf(state, quoted.base).total += buys ? base : -base
  const lots = isToday ? event.lots : requantise(event.lots, quoted, today)!
  const position = getOrAdd(state.positions, event.instrument, Position.empty)
  const before = position.lots
  Position.applyValue(position, side, lots, value)
  const record = order.strategy === "" ? undefined : strategyOf(state, order.strategy)
  const share = record === undefined ? undefined : getOrAdd(record.positions, event.instrument, Position.empty)
  if (share !== undefined) Position.applyValue(share, side, lots, value)
  if (direction === -1) {
    // The entry that takes back counts as one fill less, not as one more.
    position.fills -= 2
    if (share !== undefined) share.fills -= 2
  }
  // Through zero: what was to be protected is gone.
  if (state.unprotected.size > 0 && Math.sign(before) !== Math.sign(position.lots))
    forgetUnprotected(state, event.instrument)
  if (event.fee === 0n) return
  const fee = direction === 1 ? event.fee : -event.fee
  balanceOf(state, event.feeAsset).total -= fee
  payFee(state.fees, event.feeAsset, fee)
  if (record !== undefined) payFee(record.fees, event.feeAsset, fee)
}

/** Nothing is left that had to be protected. */
const forgetUnprotected = (state: AccountState, instrument: string): void => {
  for (const id of state.unprotected)
    if ((findOrder(state, id)?.instrument ?? instrument) === instrument) state.unprotected.delete(id)
}

export const fill = (state: AccountState, event: OrderFilled): void => {
  const order = known(state, event.clientOrderId)
  if (!isClosed(order.status)) hold(state, order, event.lots, -1)
  order.filledLots += event.lots
  if (order.inferredLots > 0) order.inferredLots = Math.max(0, order.inferredLots - event.lots)
  if (order.contingency?.group !== undefined) Group.filled(state, order.contingency.group, order)
  if (state.watched.size > 0) tell(state, order, event.lots)
  step(state, order, remainingLots(order) === 0 ? "filled" : "partlyFilled")
  const key = tradeKey(event)
  if (order.tradeKeys === undefined) order.tradeKeys = new Set([key])
  else order.tradeKeys.add(key)
  remember(getOrAdd(state.fillKeys, event.instrument, noKeys), key, fillKeysMax)
  const last = state.lastTradeIds.get(event.instrument)
  // An operator's word has no place among the venue's trades.
  if ((last === undefined || isLater(event.venueTradeId, last)) && !isVouched(event))
    state.lastTradeIds.set(event.instrument, event.venueTradeId)
  book(state, order, event, 1)
}

export const bust = (state: AccountState, event: FillBusted): void => {
  const order = known(state, event.clientOrderId)
  if (!isClosed(order.status)) hold(state, order, event.lots, 1)
  order.filledLots -= event.lots
  if (order.contingency?.group !== undefined) Group.filled(state, order.contingency.group, order)
  if (state.watched.size > 0) tell(state, order, -event.lots)
  step(state, order, "busted")
  remember(state.bustedKeys, fillKey(event), onceMax)
  book(state, order, event, -1)
  if (isClosed(order.status)) leaveBare(state, order)
}

/**
 * Guards a position from its first attempt; one that carries on for it, or closes a position, is never given up at once.
 * One that only pauses before it is submitted again guards nothing.
 */
const isProtective = (event: OrderIntended): boolean =>
  event.terms.reduceOnly === true &&
  (isStop(event.terms.type) ||
    (event.placement === "held" &&
      event.releaseUs === undefined &&
      (event.attempt > 1 || event.strategy === accountStrategy)))

const filledLotsOf = (state: AccountState, clientOrderId: string | undefined): number =>
  clientOrderId === undefined ? 0 : (findOrder(state, clientOrderId)?.filledLots ?? 0)

/** Whether an order fills for a parent: the parent itself, the one that it is about to replace, another attempt at it. */
const fillsFor = (state: AccountState, order: Order, parentId: string): boolean => {
  if (parentId === order.clientOrderId) return true
  const parent = findOrder(state, parentId)
  if (parent === undefined) return false
  if (parent.contingency?.replaces === order.clientOrderId) return true
  return order.strategy !== "" && parent.strategy === order.strategy && parent.intentSeq === order.intentSeq
}

/** Whoever sleeps for an order's fills counts them, since the order itself may be forgotten before they wake. */
const tell = (state: AccountState, order: Order, lots: number): void => {
  for (const id of state.watched) {
    const other = state.orders.get(id)!
    const { parent, replaces } = other.contingency ?? {}
    if (parent !== undefined && fillsFor(state, order, parent)) other.parentLots += lots
    if (replaces === order.clientOrderId) other.replacedLots += lots
  }
}

/** The children of an order follow the one that takes its place. */
const lead = (state: AccountState, event: OrderIntended): void => {
  for (const id of state.watched) {
    const child = state.orders.get(id)!
    const parentId = child.contingency?.parent
    if (parentId === undefined) continue
    const parent = findOrder(state, parentId)
    const again = event.attempt > 1 && parent?.strategy === event.strategy && parent.intentSeq === event.intentSeq
    if (again || event.contingency?.replaces === parentId)
      child.contingency = { ...child.contingency, parent: event.clientOrderId }
  }
}

type Counts = Pick<Order, "parentLots" | "replacedLots" | "groupLots">

const noCounts: Counts = { parentLots: 0, replacedLots: 0, groupLots: 0 }

/** What the order whose place it takes has counted is counted on, since those that it counted may be forgotten. */
const countsOf = (state: AccountState, { attempt, contingency }: OrderIntended): Counts => {
  if (contingency === undefined) return noCounts
  const { after, group, parent, replaces } = contingency
  const before = replaces === undefined ? undefined : state.orders.get(after?.at(-1) ?? replaces)
  const counted = before?.contingency
  // A further attempt asks for what is left.
  let groupLots = attempt > 1 ? Group.filledBeside(state, group) : 0
  if (before !== undefined && group !== undefined && counted?.group === group) groupLots = before.groupLots
  return {
    parentLots: before !== undefined && counted?.parent === parent ? before.parentLots : filledLotsOf(state, parent),
    replacedLots:
      before !== undefined && counted?.replaces === replaces ? before.replacedLots : filledLotsOf(state, replaces),
    groupLots
  }
}

export const intend = (state: AccountState, event: OrderIntended): void => {
  const record = strategyOf(state, event.strategy)
  advance(record, event.intentSeq, event.cause)
  record.placed += 1
  const counts = countsOf(state, event)
  const order: Order = {
    clientOrderId: event.clientOrderId,
    instrument: event.instrument,
    instrumentVersion: event.instrumentVersion,
    strategy: event.strategy,
    intentSeq: event.intentSeq,
    attempt: event.attempt,
    terms: event.terms,
    contingency: event.contingency,
    parentLots: counts.parentLots,
    replacedLots: counts.replacedLots,
    groupLots: counts.groupLots,
    emulated: event.emulated,
    protective: isProtective(event),
    cause: event.cause,
    trace: event.trace,
    timeIntent: event.timeIntent,
    deadlineUs: event.deadlineUs,
    resubmitUntilUs: event.resubmitUntilUs,
    ...(event.releaseUs === undefined ? {} : { releaseUs: event.releaseUs }),
    reserveTicks: event.reserveTicks,
    venueOrderId: "",
    status: event.placement === "held" ? "held" : "intended",
    filledLots: 0,
    inferredLots: 0,
    cancelRequested: false,
    reason: ""
  }
  if (state.watched.size > 0) lead(state, event)
  open(state, order)
  if (event.contingency?.group !== undefined) Group.joined(state, event.contingency.group)
  if (event.attempt > 1 && state.unprotected.size > 0) succeed(state, order)
  rememberIntent(state, event.timeIntent)
}

/** A further attempt takes the place of the one before it. */
const succeed = (state: AccountState, order: Order): void => {
  for (const id of state.unprotected) {
    const before = findOrder(state, id)
    if (before?.strategy !== order.strategy || before.intentSeq !== order.intentSeq) continue
    state.unprotected.delete(id)
    if (before.lossTold === true) order.lossTold = true
  }
}

export const release = (state: AccountState, event: OrderReleased): void => {
  const order = known(state, event.clientOrderId)
  order.terms = event.terms
  order.timeIntent = event.timeIntent
  order.deadlineUs = event.deadlineUs
  order.reserveTicks = event.reserveTicks
  if (order.contingency !== undefined) {
    // Its quantity leaves out what they filled.
    const { replaces: _, ...contingency } = order.contingency
    order.contingency = contingency
    order.replacedLots = 0
    order.groupLots = Group.filledBeside(state, contingency.group, order.clientOrderId)
  }
  step(state, order, "released")
}

/** It seemed never to have been placed, came to life, and has ended once more: another may guard in its stead by now. */
const isCarriedOn = (state: AccountState, order: Order): boolean => {
  for (const other of state.orders.values())
    if (other.strategy === order.strategy && other.intentSeq === order.intentSeq && other.attempt > order.attempt)
      return true
  return false
}

/** What an order guarded is to be made good, if it is still there. */
const leaveBare = (state: AccountState, order: Order): void => {
  const held = state.positions.get(order.instrument)?.lots ?? 0
  if (!order.protective || order.cancelRequested || held * signOf(order.terms.side) >= 0) return
  if (!isCarriedOn(state, order)) state.unprotected.add(order.clientOrderId)
}

/** An order's end. One that guarded a position and was not asked to end leaves it bare. */
export const end = (state: AccountState, order: Order, input: "rejected" | "absent" | "canceled" | "expired"): void => {
  step(state, order, input)
  if (!order.protective || !isClosed(order.status)) return
  // Canceled or expired by the venue: of a resting order somebody's will, of one that was to fill at once a failure.
  const failed = input === "rejected" || input === "absent" || order.terms.type === "market"
  if (failed) leaveBare(state, order)
}
