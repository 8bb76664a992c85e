/**
 * Decides an order or a refusal anew from what the journal holds: the state before its row and the fact itself, which
 * carries the time, the marks and how the venue stood. Whoever asks `why` sees that the answer is the one that was given.
 */
import type { Circumstances } from "./AccountCommand.ts"
import type { AccountEvent, IntentRefused, Mark, OrderIntended } from "./AccountEvent.ts"
import { accountStrategy, type AccountState } from "./AccountState.ts"
import { isRepeatedCause, latenessOf, repeatedDetail } from "./Account.ts"
import { decideOrder, type Draft, intended, notOpen, refused } from "./OrderDecision.ts"

const circumstancesOf = (
  event: OrderIntended | IntentRefused,
  now: number,
  expiryUs: number,
  mark: Mark | undefined
): Circumstances => ({
  now,
  expiryUs,
  mark: (id) => (id === event.instrument ? mark : event.otherMarks.find(({ instrument }) => instrument === id)),
  // Of an order that is decided again the id is known.
  idOf: () => event.clientOrderId,
  native: () => event.emulated !== true
})

const isUnquoted = (mark: Mark): boolean => mark.bidTicks === 0 && mark.askTicks === 0 && mark.timeReceived === 0

const redecideOrder = (state: AccountState, event: OrderIntended): AccountEvent => {
  const mark = isUnquoted(event.mark) ? undefined : event.mark
  const circumstances = circumstancesOf(event, event.timeIntent, event.deadlineUs - event.timeIntent, mark)
  const draft: Draft = event
  const instrument = state.instruments.get(event.instrument)
  // What the account does to close or to protect a position is checked when it goes out, not before.
  const forced =
    event.strategy === accountStrategy ||
    (event.attempt > 1 && event.placement === "held" && event.terms.reduceOnly === true && event.resubmitUntilUs === 0)
  return forced && instrument !== undefined
    ? intended(state, draft, circumstances, instrument, { held: true, emulated: event.emulated, mark, otherMarks: [] })
    : decideOrder(state, draft, circumstances)
}

const redecideRefusal = (state: AccountState, event: IntentRefused, now: number): AccountEvent | undefined => {
  const { cause, clientOrderId, detail, reason, strategy, terms, timeDecided } = event
  if (reason === "CauseAlreadyActedOn")
    return isRepeatedCause(state, event) ? refused(event, reason, repeatedDetail(cause), now) : undefined
  if (reason === "IntentExpired") {
    const late = latenessOf(state, timeDecided, now)
    return late === undefined ? undefined : refused(event, reason, late, now)
  }
  if (terms !== undefined)
    return decideOrder(
      state,
      { ...event, terms, contingency: event.contingency, trace: undefined, attempt: 1, resubmitUntilUs: 0 },
      circumstancesOf(event, now, 0, event.mark)
    )
  // A cancel names the order itself; a change names the new one, and the old one in its detail.
  const id = detail.split(" ", 1)[0] ?? ""
  const order = state.orders.get(id)
  const isOpen = order?.strategy === strategy && (id === clientOrderId || !order.cancelRequested)
  return isOpen
    ? undefined
    : refused({ ...event, instrument: order?.instrument ?? "" }, "OrderNotOpen", notOpen(id), now)
}

/**
 * The fact as it would be decided now, on the state before its row; undefined where it would not be refused any more.
 * `rowTimeUs` stands in where a refusal of an old journal does not say when it was decided.
 */
export const redecide = (
  state: AccountState,
  event: OrderIntended | IntentRefused,
  rowTimeUs: number
): AccountEvent | undefined =>
  event.type === "OrderIntended"
    ? redecideOrder(state, event)
    : redecideRefusal(state, event, event.timeRefused ?? rowTimeUs)
