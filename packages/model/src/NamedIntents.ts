/**
 * A strategy numbers its orders; the account and the venue know them by client id. This is the way from one to the other.
 * Pure.
 */
import type { AccountState } from "./AccountState.ts"
import type { Intent } from "./Intent.ts"
import type { Contingency, Order } from "./Order.ts"
import type { RunnerIntent } from "./RunnerIntent.ts"

type IdOf = (strategy: string, intentSeq: number, attempt: number) => string

type Modify = Extract<RunnerIntent, { readonly kind: "modify" }>

/** An intent with the strategy's own numbers; whose instrument a change is of, its order says. */
type NumberedIntent = Exclude<RunnerIntent, Modify> | Omit<Modify, "instrument">

const latestOf = (orders: Iterable<Order>, strategy: string, intentSeq: number): Order | undefined => {
  let latest: Order | undefined
  for (const order of orders)
    if (order.strategy === strategy && order.intentSeq === intentSeq && order.attempt > (latest?.attempt ?? 0))
      latest = order
  return latest
}

/** The order that an intent's number stands for now: its latest attempt, as far as any is remembered. */
const latest = (state: AccountState, strategy: string, intentSeq: number, idOf: IdOf): string => {
  const first = idOf(strategy, intentSeq, 1)
  const isNew = intentSeq > (state.strategies.get(strategy)?.intentSeq ?? 0)
  if (isNew || state.orders.has(first)) return first
  const order =
    latestOf(state.orders.values(), strategy, intentSeq) ?? latestOf(state.closed.values(), strategy, intentSeq)
  return order?.clientOrderId ?? first
}

const contingencyOf = (
  strategy: string,
  { after, group, parent }: NonNullable<Extract<RunnerIntent, { kind: "place" }>["contingency"]>,
  orderOf: (orderSeq: number) => string
): Contingency => ({
  ...(parent === undefined ? {} : { parent: orderOf(parent) }),
  // Two strategies may well choose the same name.
  ...(group === undefined ? {} : { group: `${strategy}/${group}` }),
  ...(after === undefined ? {} : { after: after.map(orderOf) })
})

/** The intents of a batch with client ids in the place of numbers. */
export const named = (
  state: AccountState,
  strategy: string,
  intents: ReadonlyArray<NumberedIntent>,
  idOf: IdOf
): ReadonlyArray<Intent> => {
  const orderOf = (orderSeq: number): string => latest(state, strategy, orderSeq, idOf)
  return intents.map((intent): Intent => {
    switch (intent.kind) {
      case "cancel":
        return { kind: "cancel", intentSeq: intent.intentSeq, clientOrderId: orderOf(intent.orderSeq) }
      case "place": {
        const { contingency, ...rest } = intent
        const clientOrderId = idOf(strategy, intent.intentSeq, 1)
        if (contingency === undefined) return { ...rest, clientOrderId }
        return { ...rest, clientOrderId, contingency: contingencyOf(strategy, contingency, orderOf) }
      }
      case "modify": {
        const { orderSeq, ...rest } = intent
        return { ...rest, clientOrderId: idOf(strategy, intent.intentSeq, 1), replaces: orderOf(orderSeq) }
      }
    }
  })
}
