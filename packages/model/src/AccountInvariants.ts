/** What must hold of every account state, checked without trusting the indexes that the account keeps as it goes. */
import type { AccountState } from "./AccountState.ts"
import { signOf } from "./MarketData.ts"
import { isClosed, isSleeping, remainingLots } from "./Order.ts"
import { closedOrdersMax, instrumentAt, needOf, type OpenLots, requantise } from "./OrderLedger.ts"
import { fillKeysMax, flaggedMax } from "./AccountState.ts"

const none: OpenLots = { buy: 0, sell: 0, unknownOrders: 0 }

const openOrders = (state: AccountState, broken: Array<string>): void => {
  const needed = new Map<string, bigint>()
  const open = new Map<string, OpenLots>()
  for (const [id, order] of state.orders) {
    if (isClosed(order.status)) broken.push(`order ${id} is ${order.status} among the open ones`)
    if (remainingLots(order) <= 0) broken.push(`open order ${id} has nothing left to fill`)
    if (state.closed.has(id)) broken.push(`order ${id} is both open and closed`)
    if (order.inferredLots < 0 || order.inferredLots > remainingLots(order))
      broken.push(`order ${id} has ${order.inferredLots} provisional lots of ${remainingLots(order)} left`)
    // What sleeps holds no funds and is at work nowhere.
    if (isSleeping(order.status)) continue
    const quoted = instrumentAt(state, order.instrument, order.instrumentVersion)
    const asset = order.terms.side === "buy" ? quoted.quote : quoted.base
    needed.set(asset, (needed.get(asset) ?? 0n) + needOf(order, quoted, remainingLots(order)))
    const sum = { ...(open.get(order.instrument) ?? none) }
    sum[order.terms.side] += requantise(remainingLots(order), quoted, state.instruments.get(order.instrument)!) ?? NaN
    if (order.status === "unknown") sum.unknownOrders += 1
    open.set(order.instrument, sum)
  }
  for (const asset of new Set([...state.balances.keys(), ...needed.keys()]))
    if (state.balances.get(asset)?.reserved !== (needed.get(asset) ?? 0n))
      broken.push(`reserved ${asset} differs from what open orders need`)
  for (const id of new Set([...state.openLots.keys(), ...open.keys()])) {
    const [kept, summed] = [state.openLots.get(id) ?? none, open.get(id) ?? none]
    if (kept.buy !== summed.buy || kept.sell !== summed.sell)
      broken.push(`open lots of ${id} differ from its open orders`)
    if (kept.unknownOrders !== summed.unknownOrders) broken.push(`unknown orders of ${id} are miscounted`)
  }
}

const closedOrders = (state: AccountState, broken: Array<string>): void => {
  for (const [id, order] of state.closed) {
    if (!isClosed(order.status)) broken.push(`order ${id} is ${order.status} among the closed ones`)
    if (order.filledLots > order.terms.lots) broken.push(`order ${id} is filled beyond its quantity`)
    if ((order.status === "filled") !== (remainingLots(order) === 0))
      broken.push(`order ${id} is ${order.status} with ${remainingLots(order)} lots left`)
  }
}

const heldOrders = (state: AccountState, broken: Array<string>): void => {
  const open = new Map<string, number>()
  for (const [id, order] of state.orders) {
    const group = order.contingency?.group
    const watched = isSleeping(order.status) || group !== undefined || order.terms.expiresUs !== undefined
    if (watched !== state.watched.has(id)) broken.push(`order ${id} is ${watched ? "not " : ""}among the watched`)
    if (group !== undefined) open.set(group, (open.get(group) ?? 0) + 1)
  }
  for (const id of state.watched) if (!state.orders.has(id)) broken.push(`order ${id} is watched and not open`)
  for (const name of new Set([...open.keys(), ...state.groups.keys()]))
    if (state.groups.get(name)?.open !== open.get(name)) broken.push(`the open orders of group ${name} are miscounted`)
  for (const id of state.unprotected) {
    const order = state.closed.get(id)
    if (order === undefined) continue
    const held = state.positions.get(order.instrument)?.lots ?? 0
    if (!order.protective || held * signOf(order.terms.side) >= 0)
      broken.push(`order ${id} is to be made good and guards nothing`)
  }
}

const strategyShares = (state: AccountState, broken: Array<string>): void => {
  for (const [name, record] of state.strategies) {
    let [ended, open] = [0, 0]
    for (const count of record.outcomes.values()) ended += count
    for (const order of state.orders.values()) if (order.strategy === name) open += 1
    if (ended + open !== record.placed)
      broken.push(`strategy ${name} placed ${record.placed} orders, of which ${ended} ended and ${open} are open`)
  }
}

/** Each line is one violation in words. */
export const invariants = (state: AccountState): ReadonlyArray<string> => {
  const broken: Array<string> = []
  openOrders(state, broken)
  closedOrders(state, broken)
  heldOrders(state, broken)
  strategyShares(state, broken)
  for (const named of state.venueOrderIds.values())
    for (const clientOrderId of named.values())
      if (!state.orders.has(clientOrderId) && !state.closed.has(clientOrderId))
        broken.push(`the venue's id of ${clientOrderId} outlived the order`)
  if (
    state.closed.size > closedOrdersMax ||
    Array.from(state.fillKeys.values()).some((keys) => keys.size > fillKeysMax) ||
    state.flagged.size > flaggedMax ||
    state.recentIntents.length > state.limits.orderRateMax
  )
    broken.push("a memory that must be bounded is not")
  return broken
}
