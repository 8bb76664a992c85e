/** The comparison of an intent that was sent again with what its number stood for the first time. Pure. */
import type { AccountEvent } from "@outcry/model/AccountEvent"
import { type AccountState, findOrder } from "@outcry/model/AccountState"
import type { Intent } from "@outcry/model/Intent"
import type { OrderTerms } from "@outcry/model/Order"

const differingTerm = (asked: OrderTerms, stood: OrderTerms): string | undefined => {
  const text = (value: string | number | boolean | undefined): string =>
    value === undefined || value === false ? "none" : String(value)
  // What only reduces is clipped to what is held, and a trail sets its own trigger.
  const clipped = asked.reduceOnly === true
  const keys: ReadonlyArray<keyof OrderTerms> = [
    "side",
    "type",
    "priceTicks",
    ...(clipped ? [] : (["lots"] as const)),
    "timeInForce",
    "postOnly",
    ...(asked.type === "trailingStop" ? [] : (["triggerTicks"] as const)),
    "trailTicks",
    "trailBps",
    "reduceOnly",
    "displayLots",
    "expiresUs"
  ]
  const key = keys.find((each) => text(asked[each]) !== text(stood[each]))
  return key === undefined ? undefined : `${key} ${text(stood[key])}, now ${text(asked[key])}`
}

/** Whether two ids are attempts of one intent. */
const isSameOrder = (state: AccountState, a: string, b: string): boolean => {
  if (a === b) return true
  const [one, other] = [findOrder(state, a), findOrder(state, b)]
  return one !== undefined && one.strategy === other?.strategy && one.intentSeq === other.intentSeq
}

/** In what an intent differs from the facts that its number stands for; undefined where it is the same. */
export const differing = (
  state: AccountState,
  intent: Intent,
  stood: ReadonlyArray<AccountEvent>
): string | undefined => {
  if (stood.length === 0) return undefined
  const canceled = stood.find((event) => event.type === "CancelRequested")
  const placed = stood.find((event) => event.type === "OrderIntended")
  const refused = stood.find((event) => event.type === "IntentRefused")
  if (refused !== undefined) {
    if (intent.kind !== "place") return undefined
    if (refused.instrument !== intent.instrument) return `instrument ${refused.instrument}, now ${intent.instrument}`
    return refused.terms === undefined ? undefined : differingTerm(intent.terms, refused.terms)
  }
  if (intent.kind === "cancel") {
    if (placed !== undefined) return "an order, now a cancel"
    const was = canceled?.clientOrderId ?? ""
    return isSameOrder(state, was, intent.clientOrderId)
      ? undefined
      : `a cancel of ${was}, now of ${intent.clientOrderId}`
  }
  if (placed === undefined) return "a cancel, now an order"
  if (intent.kind === "modify") {
    if (canceled !== undefined && !isSameOrder(state, canceled.clientOrderId, intent.replaces))
      return `replaces ${canceled.clientOrderId}, now ${intent.replaces}`
    for (const key of ["priceTicks", "triggerTicks", "lots"] as const)
      if (intent[key] !== undefined && intent[key] !== placed.terms[key])
        return `${key} ${placed.terms[key]}, now ${intent[key]}`
    return undefined
  }
  if (placed.instrument !== intent.instrument) return `instrument ${placed.instrument}, now ${intent.instrument}`
  return differingTerm(intent.terms, placed.terms)
}
