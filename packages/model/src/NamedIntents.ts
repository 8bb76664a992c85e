/**
 * A strategy numbers its orders; the account and the venue know them by client id. This is the way from one to the other.
 * Pure.
 */
import { type AccountState, findOrder } from "./AccountState.ts"
import type { Intent } from "./Intent.ts"
import type { Contingency } from "./Order.ts"
import type { RunnerIntent } from "./RunnerIntent.ts"

type IdOf = (strategy: string, intentSeq: number, attempt: number) => string

type Modify = Extract<RunnerIntent, { readonly kind: "modify" }>

/** An intent with the strategy's own numbers; whose instrument a change is of, its order says. */
type NumberedIntent = Exclude<RunnerIntent, Modify> | Omit<Modify, "instrument">

/** Attempts of one intent that are looked for. */
const attemptsMax = 64

/** The order that an intent's number stands for now: its latest attempt. */
const latest = (state: AccountState, strategy: string, intentSeq: number, idOf: IdOf): string => {
  let id = idOf(strategy, intentSeq, 1)
  // Only an order that has ended can have a further attempt.
  if (!state.closed.has(id)) return id
  for (let attempt = 2; attempt <= attemptsMax; attempt++) {
    const next = idOf(strategy, intentSeq, attempt)
    if (findOrder(state, next) === undefined) break
    id = next
  }
  return id
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
