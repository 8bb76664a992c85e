/**
 * What the orders of one OCO group share: how much each has filled, and whether the group is over. Kept by `evolve` while
 * any of them is open, so that it outlives the memory of closed orders.
 */
import { isClosed, type Order, type OrderStatus } from "./Order.ts"
import type { OrderLedger } from "./OrderLedger.ts"

export interface Group {
  /** Orders of the group that are open. */
  open: number
  /** One was filled, or canceled by hand: the others end. */
  ended: boolean
  /** Filled lots by client order id, of those that filled any. */
  readonly filled: Map<string, number>
}

interface Grouped extends OrderLedger {
  readonly groups: Map<string, Group>
}

/** One more order of the group is open. */
export const joined = (state: Grouped, name: string): void => {
  const group = state.groups.get(name)
  if (group === undefined) state.groups.set(name, { open: 1, ended: false, filled: new Map() })
  else group.open += 1
}

/** The filled lots of one of its orders have changed. */
export const filled = (state: Grouped, name: string, order: Order): void => {
  const group = state.groups.get(name)
  if (group === undefined) return
  if (order.filledLots > 0) group.filled.set(order.clientOrderId, order.filledLots)
  else group.filled.delete(order.clientOrderId)
}

/** Canceled to make way for another of its group, or for the order that takes its place. */
const madeWay = (state: Grouped, name: string, order: Order): boolean => {
  for (const id of state.watched) {
    const other = state.orders.get(id)!
    if (other.contingency?.group !== name || other === order) continue
    const { after, replaces } = other.contingency
    // One that was itself held is not what its successor replaces, but what it waits for.
    if (other.status === "triggered" || (replaces !== undefined && after?.includes(order.clientOrderId) === true))
      return true
  }
  return false
}

/**
 * Whether a cancel ends the group. An exit that the venue canceled unasked ends nobody: the others guard the position
 * still.
 */
const endsOthers = (state: Grouped, name: string, order: Order): boolean =>
  (order.cancelRequested || order.terms.reduceOnly !== true) && !madeWay(state, name, order)

/** One of its orders has moved on. */
export const moved = (state: Grouped, name: string, order: Order, before: OrderStatus): void => {
  const closed = isClosed(order.status)
  if (closed === isClosed(before)) {
    // A late fill completes one that was canceled.
    const group = state.groups.get(name)
    if (group !== undefined && order.status === "filled") group.ended = true
    return
  }
  // Not placed, it seemed, and at the venue after all.
  if (!closed) return joined(state, name)
  const group = state.groups.get(name)
  if (group === undefined) return
  group.open -= 1
  if (order.status === "filled" || (order.status === "canceled" && endsOthers(state, name, order))) group.ended = true
  if (group.open === 0) state.groups.delete(name)
}

/** Lots that a group has filled, those of one order apart. */
export const filledBeside = (state: Grouped, name: string | undefined, besides?: string): number => {
  const group = name === undefined ? undefined : state.groups.get(name)
  if (group === undefined) return 0
  let lots = 0
  for (const [id, filledLots] of group.filled) if (id !== besides) lots += filledLots
  return lots
}

/** Lots that the others of its group have filled and that its quantity does not leave out yet. */
const filledByOthers = (state: Grouped, order: Order): number => {
  const { group, replaces } = order.contingency ?? {}
  if (group === undefined) return 0
  // Counted apart, whether it belongs to the group or not.
  const replaced = replaces === undefined ? 0 : (state.groups.get(group)?.filled.get(replaces) ?? 0)
  return Math.max(0, filledBeside(state, group, order.clientOrderId) - replaced - order.groupLots)
}

/** What is left of it to fill: at most what the parent filled, less what others have filled in its stead. */
export const lotsLeft = (state: Grouped, order: Order): number =>
  Math.min(order.terms.lots, order.contingency?.parent === undefined ? Infinity : order.parentLots) -
  order.filledLots -
  order.replacedLots -
  filledByOthers(state, order)

/** Whether its group is over while it is still open. */
export const isOver = (state: Grouped, order: Order): boolean =>
  order.contingency?.group !== undefined && state.groups.get(order.contingency.group)?.ended === true
