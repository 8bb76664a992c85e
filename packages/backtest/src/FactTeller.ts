/**
 * What the facts of an account mean to the strategy that they concern: the same that a strategy is told live, read from
 * facts in memory instead of the journal's stored form.
 */
import type { AccountEvent } from "@outcry/model/AccountEvent"
import { type AccountState, findOrder } from "@outcry/model/AccountState"
import type { Order, OrderStatus } from "@outcry/model/Order"
import type { OpenOrder, StrategyFill, StrategyOrderEnd } from "@outcry/model/Strategy"
import type { StrategyRunner } from "@outcry/model/StrategyRunner"

type Moved = Partial<Pick<OpenOrder, "status" | "triggerTicks" | "lots">>

export type Told =
  /** `again`: a further attempt at an order that was placed before. */
  | { readonly kind: "placed"; readonly order: OpenOrder; readonly again: boolean }
  | { readonly kind: "moved"; readonly orderSeq: number; readonly now: Moved }
  | { readonly kind: "fill"; readonly fill: StrategyFill }
  | { readonly kind: "order"; readonly end: StrategyOrderEnd }
  | { readonly kind: "cancelRefused"; readonly orderSeq: number }

const ends: Partial<Record<AccountEvent["type"], OrderStatus>> = {
  OrderRejected: "rejected",
  OrderNotPlaced: "notPlaced",
  OrderCanceled: "canceled",
  OrderExpired: "expired"
}

/** An order as its strategy sees it. */
export const openOrderOf = (state: AccountState, order: Order): OpenOrder => {
  const { contingency, terms } = order
  const seqOf = (id: string | undefined): number | undefined =>
    id === undefined ? undefined : findOrder(state, id)?.intentSeq
  const [parent, replaces] = [seqOf(contingency?.parent), seqOf(contingency?.replaces)]
  const sleeps = order.status === "held" || order.status === "triggered"
  return {
    orderSeq: order.intentSeq,
    instrument: order.instrument,
    side: terms.side,
    type: terms.type,
    priceTicks: terms.priceTicks,
    // What its predecessor filled is counted in until it is released.
    lots: terms.lots - (sleeps ? order.replacedLots : 0),
    filledLots: order.filledLots,
    cancelRequested: order.cancelRequested,
    status: order.status,
    ...(terms.triggerTicks === undefined ? {} : { triggerTicks: terms.triggerTicks }),
    ...(terms.reduceOnly === undefined ? {} : { reduceOnly: terms.reduceOnly }),
    ...(parent === undefined ? {} : { parent }),
    ...(replaces === undefined ? {} : { replaces })
  }
}

const orderEnd = (order: Order, status: OrderStatus, reason: string): Told => {
  const { filledLots, instrument, intentSeq: orderSeq } = order
  return { kind: "order", end: { instrument, orderSeq, status, filledLots, reason } }
}

/** Of one fact, with the facts that came with it: an end that a further attempt follows is none. */
export const tell = (
  state: AccountState,
  event: AccountEvent,
  following: ReadonlyArray<AccountEvent>
): { readonly strategy: string; readonly told: Told } | undefined => {
  if (event.type === "IntentRefused") {
    const { instrument, intentSeq: orderSeq, reason, strategy } = event
    // Of a cancel: its order, if it is still there, may be canceled again.
    const order = findOrder(state, event.clientOrderId)
    if (order !== undefined) return { strategy, told: { kind: "cancelRefused", orderSeq: order.intentSeq } }
    return {
      strategy,
      told: { kind: "order", end: { instrument, orderSeq, status: "refused", filledLots: 0, reason } }
    }
  }
  if (!("clientOrderId" in event)) return undefined
  const order = findOrder(state, event.clientOrderId)
  if (order === undefined || order.strategy === "") return undefined
  const { intentSeq: orderSeq, strategy } = order
  const moved = (now: Moved) => ({ strategy, told: { kind: "moved" as const, orderSeq, now } })
  switch (event.type) {
    case "OrderIntended": {
      const status = event.placement === "held" ? "held" : "intended"
      return {
        strategy,
        told: { kind: "placed", order: { ...openOrderOf(state, order), status }, again: event.attempt > 1 }
      }
    }
    case "OrderTriggered":
      return moved({ status: "triggered" })
    case "OrderReleased":
      return moved({ status: "intended", lots: event.terms.lots })
    case "OrderAccepted":
      return moved({ status: "working" })
    case "OrderUnknown":
      return moved({ status: "unknown" })
    case "TrailMoved":
      return moved({ triggerTicks: event.triggerTicks })
    case "CancelRefused":
      return { strategy, told: { kind: "cancelRefused", orderSeq } }
    case "OrderFilled": {
      const { instrument, liquidity, lots, priceTicks, side, timeVenue } = event
      return {
        strategy,
        told: { kind: "fill", fill: { instrument, orderSeq, side, priceTicks, lots, liquidity, timeVenue } }
      }
    }
    default:
  }
  const status = ends[event.type]
  if (status === undefined) return undefined
  const isAttempt = (next: AccountEvent): boolean =>
    next.type === "OrderIntended" && next.strategy === strategy && next.intentSeq === orderSeq && next.attempt > 1
  if (following.some(isAttempt)) return undefined
  const reason =
    event.type === "OrderRejected" ? [event.code, event.reason].filter((part) => part !== "").join(" ") : ""
  return { strategy, told: orderEnd(order, status, event.type === "OrderNotPlaced" ? event.reason : reason) }
}

/** Hands it to the runner, as the strategy's live run does. */
export const hear = (runner: StrategyRunner<unknown, unknown>, told: Told, now: number): void => {
  switch (told.kind) {
    case "placed":
      if (told.again) runner.adopt({ intentSeq: told.order.orderSeq, positions: [], openOrders: [told.order] })
      else if (told.order.status !== undefined) runner.orderMoved(told.order.orderSeq, { status: told.order.status })
      return
    case "moved":
      return runner.orderMoved(told.orderSeq, told.now)
    case "fill":
      return runner.fill(told.fill, now)
    case "order":
      return runner.orderEnded(told.end, now)
    case "cancelRefused":
      return runner.cancelRefused(told.orderSeq)
  }
}
