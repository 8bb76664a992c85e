/**
 * The orders of an account and what they hold back: open ones by client id, a bounded memory of closed ones, an index by
 * the venue's id, and per instrument the lots at work.
 *
 * Every change of status goes through `move`, so funds are held exactly while an order is open and not asleep.
 */
import type * as Amount from "./Amount.ts"
import * as Instrument from "./Instrument.ts"
import {
  isClosed,
  isSleeping,
  type Order,
  type OrderInput,
  type OrderStatus,
  remainingLots,
  transition
} from "./Order.ts"

/** Closed orders kept for late fills, cancel replies and the screen. */
export const closedOrdersMax = 1000

export interface Balance {
  total: Amount.Amount
  /** Held back for open orders; never negative, never above the sum of their needs. */
  reserved: Amount.Amount
}

/** What is open on one instrument, in lots of its current version. */
export interface OpenLots {
  buy: number
  sell: number
  /** Orders whose fate is not known. */
  unknownOrders: number
}

export interface OrderLedger {
  readonly account: string
  readonly instruments: Map<Instrument.InstrumentId, Instrument.Instrument>
  /** Every version ever listed, by `id@version`. */
  readonly versions: Map<string, Instrument.Instrument>
  readonly balances: Map<string, Balance>
  readonly orders: Map<string, Order>
  readonly closed: Map<string, Order>
  /** Client id by the venue's, which is unique per instrument; of the orders above. */
  readonly venueOrderIds: Map<Instrument.InstrumentId, Map<string, string>>
  readonly openLots: Map<Instrument.InstrumentId, OpenLots>
  /** Open orders that time, prices or the fate of others concern: asleep, in a group, or good until a date. */
  readonly watched: Set<string>
  /** Protective orders that ended against our will and have no successor yet. */
  readonly unprotected: Set<string>
}

export const versionKey = (id: Instrument.InstrumentId, version: number): string => `${id}@${version}`

/** The listed version an order or fill was quoted in; decide never lets an unlisted one through. */
export const instrumentAt = (
  ledger: OrderLedger,
  id: Instrument.InstrumentId,
  version: number
): Instrument.Instrument => {
  const current = ledger.instruments.get(id)
  const instrument = current?.version === version ? current : ledger.versions.get(versionKey(id, version))
  if (instrument === undefined)
    throw new Error(`Account ${ledger.account}: ${versionKey(id, version)} was never listed`)
  return instrument
}

export const findOrder = (ledger: OrderLedger, clientOrderId: string): Order | undefined =>
  ledger.orders.get(clientOrderId) ?? ledger.closed.get(clientOrderId)

/** Joins by our id, and where that is missing or strange (a cancel may carry one of its own) by the venue's. */
export const findReported = (
  ledger: OrderLedger,
  report: {
    readonly clientOrderId: string
    readonly venueOrderId: string
    readonly instrument: Instrument.InstrumentId
  }
): Order | undefined => {
  const found = findOrder(ledger, report.clientOrderId)
  if (found !== undefined || report.venueOrderId === "") return found
  const clientOrderId = ledger.venueOrderIds.get(report.instrument)?.get(report.venueOrderId)
  return clientOrderId === undefined ? undefined : findOrder(ledger, clientOrderId)
}

export const balanceOf = (ledger: OrderLedger, asset: string): Balance => {
  const found = ledger.balances.get(asset)
  if (found !== undefined) return found
  const added = { total: 0n, reserved: 0n }
  ledger.balances.set(asset, added)
  return added
}

export const openLotsOf = (ledger: OrderLedger, id: Instrument.InstrumentId): OpenLots => {
  const found = ledger.openLots.get(id)
  if (found !== undefined) return found
  const added = { buy: 0, sell: 0, unknownOrders: 0 }
  ledger.openLots.set(id, added)
  return added
}

/** Lots counted in one version of an instrument, in another; undefined where they do not fit a whole number of lots. */
export const requantise = (
  lots: number,
  from: Instrument.Instrument,
  to: Instrument.Instrument
): number | undefined => {
  if (from.lot === to.lot) return lots
  const amount = BigInt(lots) * from.lot
  return amount % to.lot === 0n ? Number(amount / to.lot) : undefined
}

/** What an open order holds back for `lots`: quote asset at the reserve price for a buy, base asset for a sell. */
export const needOf = (order: Order, instrument: Instrument.Instrument, lots: number): Amount.Amount =>
  order.terms.side === "buy"
    ? Instrument.notional(instrument, order.reserveTicks, lots)
    : Instrument.baseAmount(instrument, lots)

/** Holds back (1) or releases (−1) what `lots` of an order need. */
export const hold = (ledger: OrderLedger, order: Order, lots: number, direction: 1 | -1): void => {
  if (lots === 0) return
  const today = ledger.instruments.get(order.instrument)!
  const isToday = today.version === order.instrumentVersion
  const instrument = isToday ? today : instrumentAt(ledger, order.instrument, order.instrumentVersion)
  const buy = order.terms.side === "buy"
  const balance = balanceOf(ledger, buy ? instrument.quote : instrument.base)
  const need = needOf(order, instrument, lots)
  balance.reserved += direction === 1 ? need : -need
  const open = openLotsOf(ledger, order.instrument)
  const counted = (isToday ? lots : requantise(lots, instrument, today)!) * direction
  if (buy) open.buy += counted
  else open.sell += counted
}

const isWatched = (order: Order): boolean =>
  isSleeping(order.status) || order.contingency?.group !== undefined || order.terms.expiresUs !== undefined

/** Takes an open order in and holds its funds, unless it sleeps. */
export const open = (ledger: OrderLedger, order: Order): void => {
  ledger.orders.set(order.clientOrderId, order)
  if (isWatched(order)) ledger.watched.add(order.clientOrderId)
  if (!isSleeping(order.status)) hold(ledger, order, remainingLots(order), 1)
}

/** Records the id the venue gave an order. */
export const nameAtVenue = (ledger: OrderLedger, order: Order, venueOrderId: string): void => {
  order.venueOrderId = venueOrderId
  if (venueOrderId === "") return
  const named = ledger.venueOrderIds.get(order.instrument)
  if (named === undefined) ledger.venueOrderIds.set(order.instrument, new Map([[venueOrderId, order.clientOrderId]]))
  else named.set(venueOrderId, order.clientOrderId)
}

const none: ReadonlyArray<string> = []

/**
 * What to drop to make room: the oldest eighth at once. Dropping one per insertion leaves holes in the table that every
 * next pass must step over, which made an insertion cost microseconds.
 */
export const oldestOf = (
  kept: ReadonlyMap<string, unknown> | ReadonlySet<string>,
  max: number
): ReadonlyArray<string> => {
  if (kept.size <= max) return none
  const oldest: Array<string> = []
  const surplus = kept.size - max + (max >> 3)
  for (const key of kept.keys()) {
    oldest.push(key)
    if (oldest.length >= surplus) break
  }
  return oldest
}

const close = (ledger: OrderLedger, order: Order, before: OrderStatus): void => {
  if (!isSleeping(before)) hold(ledger, order, remainingLots(order), -1)
  ledger.orders.delete(order.clientOrderId)
  if (ledger.watched.size > 0) ledger.watched.delete(order.clientOrderId)
  ledger.closed.set(order.clientOrderId, order)
  for (const id of oldestOf(ledger.closed, closedOrdersMax)) {
    // What it asked for is still to be done.
    if (ledger.unprotected.has(id)) continue
    const dropped = ledger.closed.get(id)!
    ledger.closed.delete(id)
    ledger.venueOrderIds.get(dropped.instrument)?.delete(dropped.venueOrderId)
  }
}

/** What slept holds its funds from now on. */
const wake = (ledger: OrderLedger, order: Order): void => {
  hold(ledger, order, remainingLots(order), 1)
  if (!isWatched(order)) ledger.watched.delete(order.clientOrderId)
}

/** Moves an order along the table and returns the status it leaves; throws where the table has no such step. */
export const move = (ledger: OrderLedger, order: Order, input: OrderInput): OrderStatus => {
  const before = order.status
  const next = transition(before, input)
  if (next === undefined) throw new Error(`Order ${order.clientOrderId}: ${input} while ${before}`)
  if (next === before) return before
  order.status = next
  if (before === "unknown") openLotsOf(ledger, order.instrument).unknownOrders -= 1
  else if (next === "unknown") openLotsOf(ledger, order.instrument).unknownOrders += 1
  const wasClosed = isClosed(before)
  if (wasClosed === isClosed(next)) {
    if (isSleeping(before) && !isSleeping(next)) wake(ledger, order)
    return before
  }
  if (!wasClosed) close(ledger, order, before)
  else {
    ledger.closed.delete(order.clientOrderId)
    open(ledger, order)
  }
  return before
}
