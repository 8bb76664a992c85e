/**
 * Replaces an open order by one with other terms. Venues differ in what they call an amendment and in what it costs the
 * order's place in the queue, so it is always the same here: the new order is intended and waits, the old one is canceled,
 * and what the old one had filled is taken from the new.
 */
import type * as Command from "./AccountCommand.ts"
import type { AccountEvent } from "./AccountEvent.ts"
import type { AccountState } from "./AccountState.ts"
import type { ModifyIntent } from "./Intent.ts"
import { type Contingency, isSleeping, type Order, type OrderTerms } from "./Order.ts"
import { decideOrder, type Draft, endOrder, isLive, notOpen, refused } from "./OrderDecision.ts"

type Take = (event: AccountEvent) => void

/**
 * What the new order waits for; one that itself still waits hands its waiting on. What has ended is left out: it may be
 * forgotten by now.
 */
const contingencyOf = (state: AccountState, order: Order): Contingency => {
  const sleeps = isSleeping(order.status)
  const { after, group, parent, replaces } = order.contingency ?? {}
  const awaited = sleeps && after !== undefined ? after.filter((id) => state.orders.has(id)) : []
  return {
    ...(sleeps && parent !== undefined && isLive(state, parent) ? { parent } : {}),
    ...(group === undefined ? {} : { group }),
    after: [...awaited, order.clientOrderId],
    replaces: sleeps && replaces !== undefined ? replaces : order.clientOrderId
  }
}

const termsOf = (order: Order, intent: ModifyIntent, contingency: Contingency): OrderTerms => {
  const lots = intent.lots ?? order.terms.lots
  // Of a parent that has ended, what it filled is the most there is to do.
  const orphaned = isSleeping(order.status) && order.contingency?.parent !== contingency.parent
  return {
    ...order.terms,
    ...(intent.priceTicks === undefined ? {} : { priceTicks: intent.priceTicks }),
    ...(intent.triggerTicks === undefined ? {} : { triggerTicks: intent.triggerTicks }),
    lots: orphaned ? Math.min(lots, order.parentLots) : lots
  }
}

export const modify = (
  state: AccountState,
  batch: Command.SubmitIntents,
  intent: ModifyIntent,
  circumstances: Command.Circumstances,
  take: Take
): void => {
  const order = state.orders.get(intent.replaces)
  const asked = {
    strategy: batch.strategy,
    intentSeq: intent.intentSeq,
    cause: batch.cause,
    timeDecided: batch.timeDecided ?? 0
  }
  if (order === undefined || order.strategy !== batch.strategy || order.cancelRequested)
    return take(
      refused(
        { ...asked, instrument: order?.instrument ?? "", clientOrderId: intent.clientOrderId },
        "OrderNotOpen",
        notOpen(intent.replaces),
        circumstances.now
      )
    )
  const contingency = contingencyOf(state, order)
  const draft: Draft = {
    ...asked,
    clientOrderId: intent.clientOrderId,
    instrument: order.instrument,
    terms: termsOf(order, intent, contingency),
    contingency,
    trace: batch.trace,
    attempt: 1,
    resubmitUntilUs: order.resubmitUntilUs
  }
  const event = decideOrder(state, draft, circumstances)
  take(event)
  if (event.type === "OrderIntended")
    endOrder(order, "account", `replaced by ${intent.clientOrderId}`, circumstances, take)
}
