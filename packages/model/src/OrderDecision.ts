/**
 * From what is asked for to the fact: one order, checked and intended, or why not. Whether it goes to the venue or is held
 * here is decided here, for intents of strategies and for orders that the account derives itself.
 */
import type * as Command from "./AccountCommand.ts"
import type { AccountEvent, IntentRefused, Mark, OrderIntended, OtherMark } from "./AccountEvent.ts"
import { type AccountState, findOrder } from "./AccountState.ts"
import type { Instrument, InstrumentId } from "./Instrument.ts"
import type { FeedPosition } from "./MarketData.ts"
import {
  type Contingency,
  hasTrigger,
  isEnding,
  isSleeping,
  type Order,
  type OrderTerms,
  type TraceContext
} from "./Order.ts"
import { type CheckInput, reducibleLots, refuse, reserveTicks, type Stage } from "./PreTrade.ts"
import type { RefusalReason } from "./Refusal.ts"

/** An order as it is asked for, by a strategy or by the account itself. */
export interface Draft {
  readonly strategy: string
  readonly intentSeq: number
  readonly clientOrderId: string
  readonly instrument: InstrumentId
  readonly terms: OrderTerms
  readonly contingency: Contingency | undefined
  readonly cause: FeedPosition
  readonly trace: TraceContext | undefined
  readonly timeDecided: number
  readonly attempt: number
  readonly resubmitUntilUs: number
  /** Held until then; absent: it need not wait for any time. */
  readonly releaseUs?: number
}

/** Whether an order's fate on this instrument is open: nothing new is sent there until it is settled. */
export const isFrozen = (state: AccountState, instrument: InstrumentId): boolean =>
  (state.openLots.get(instrument)?.unknownOrders ?? 0) > 0

const nothing: ReadonlyArray<OtherMark> = []
const noMark: Mark = { bidTicks: 0, askTicks: 0, timeReceived: 0 }

const copyOf = (mark: Mark): Mark => ({
  bidTicks: mark.bidTicks,
  askTicks: mark.askTicks,
  timeReceived: mark.timeReceived
})

/** Whether an order may still fill: itself, or one whose end it had waited for in order to take its place. */
export const isLive = (state: AccountState, clientOrderId: string): boolean => {
  if (state.orders.has(clientOrderId)) return true
  const { after, replaces } = state.closed.get(clientOrderId)?.contingency ?? {}
  return replaces !== undefined && after?.some((id) => state.orders.has(id)) === true
}

/** Whether an order of the group is at the venue, on its way there, or about to go. */
export const isPlaceTaken = (state: AccountState, group: string, besides?: Order): boolean => {
  for (const id of state.watched) {
    const other = state.orders.get(id)!
    if (other !== besides && other.contingency?.group === group && other.status !== "held") return true
  }
  return false
}

/** A group's orders share one place at the venue, since each by itself would tie up the same funds. */
const waits = (state: AccountState, contingency: Contingency | undefined): boolean =>
  contingency !== undefined &&
  (contingency.parent !== undefined ||
    contingency.after !== undefined ||
    (contingency.group !== undefined && isPlaceTaken(state, contingency.group)))

/** Whether a trigger is watched here: the venue cannot, or the order shares the fate of others. */
export const isEmulated = (draft: Draft, circumstances: Command.Circumstances): boolean =>
  hasTrigger(draft.terms.type) &&
  (draft.contingency?.group !== undefined || !circumstances.native(draft.instrument, draft.terms))

export const refused = (
  draft: Pick<Draft, "strategy" | "intentSeq" | "instrument" | "clientOrderId" | "cause" | "timeDecided">,
  reason: RefusalReason,
  detail: string,
  now: number,
  terms?: OrderTerms
): IntentRefused => ({
  type: "IntentRefused",
  strategy: draft.strategy,
  intentSeq: draft.intentSeq,
  instrument: draft.instrument,
  clientOrderId: draft.clientOrderId,
  reason,
  detail,
  cause: draft.cause,
  terms,
  mark: undefined,
  otherMarks: nothing,
  timeDecided: draft.timeDecided,
  timeRefused: now
})

/** Said of an order that is to be canceled or replaced; it begins with the order's id. */
export const notOpen = (clientOrderId: string): string => `${clientOrderId} is not open`

/** The fact of an order that passes. */
export const intended = (
  state: AccountState,
  draft: Draft,
  circumstances: Command.Circumstances,
  instrument: Instrument,
  placed: {
    readonly held: boolean
    readonly emulated: boolean
    readonly mark: Mark | undefined
    readonly otherMarks: ReadonlyArray<OtherMark>
  }
): OrderIntended => {
  const mark = placed.mark ?? noMark
  return {
    type: "OrderIntended",
    clientOrderId: draft.clientOrderId,
    instrument: draft.instrument,
    instrumentVersion: instrument.version,
    strategy: draft.strategy,
    intentSeq: draft.intentSeq,
    terms: draft.terms,
    cause: draft.cause,
    trace: draft.trace,
    timeIntent: circumstances.now,
    deadlineUs: circumstances.now + circumstances.expiryUs,
    reserveTicks: reserveTicks(state, draft.terms, mark),
    mark: copyOf(mark),
    limitsVersion: state.limits.version,
    placement: placed.held ? "held" : "venue",
    emulated: placed.emulated,
    contingency: draft.contingency,
    attempt: draft.attempt,
    resubmitUntilUs: draft.resubmitUntilUs,
    timeDecided: draft.timeDecided,
    otherMarks: placed.otherMarks,
    ...(draft.releaseUs === undefined ? {} : { releaseUs: draft.releaseUs })
  }
}

/** References of a contingency to orders that the account does not know, or of another strategy. */
const danglingOf = (state: AccountState, draft: Draft, contingency: Contingency): string | undefined => {
  for (const id of [contingency.parent, ...(contingency.after ?? [])]) {
    if (id === undefined) continue
    const order = findOrder(state, id)
    if (order === undefined) return `contingency: ${id} is no order of this account; place it first`
    if (order.strategy !== draft.strategy) return `contingency: ${id} belongs to another strategy`
  }
  if (contingency.group === "") return "contingency: group is empty; name it or leave it out"
  return undefined
}

/** Only what brings the position nearer to zero, and no more than there is. */
const clipped = (state: AccountState, instrument: Instrument, terms: OrderTerms): OrderTerms => {
  if (terms.reduceOnly !== true) return terms
  const lots = reducibleLots(state, instrument, terms.side)
  return lots === 0 || lots >= terms.lots ? terms : { ...terms, lots }
}

/** One order to place: its intent, or why not. */
export const decideOrder = (
  state: AccountState,
  draft: Draft,
  circumstances: Command.Circumstances
): OrderIntended | IntentRefused => {
  const instrument = state.instruments.get(draft.instrument)
  if (instrument === undefined)
    return refused(
      draft,
      "UnknownInstrument",
      `${draft.instrument} is not listed for this account`,
      circumstances.now,
      draft.terms
    )
  if (findOrder(state, draft.clientOrderId) !== undefined)
    return refused(draft, "DuplicateOrder", `${draft.clientOrderId} exists already`, circumstances.now, draft.terms)
  const emulated = isEmulated(draft, circumstances)
  const held = emulated || draft.releaseUs !== undefined || waits(state, draft.contingency)
  const stage: Stage = held ? "hold" : "place"
  const terms = held ? draft.terms : clipped(state, instrument, draft.terms)
  const mark = circumstances.mark(draft.instrument)
  const input: CheckInput = {
    state,
    instrument,
    terms,
    stage,
    contingency: draft.contingency,
    mark,
    markOf: circumstances.mark,
    now: circumstances.now,
    frozen: (id) => isFrozen(state, id),
    seen: undefined,
    value: undefined,
    worst: undefined
  }
  const dangling = draft.contingency === undefined ? undefined : danglingOf(state, draft, draft.contingency)
  const refusal = dangling === undefined ? refuse(input) : { reason: "InvalidTerms" as const, detail: dangling }
  const otherMarks = input.seen === undefined ? nothing : Array.from(input.seen.values())
  if (refusal === undefined)
    return intended(state, terms === draft.terms ? draft : { ...draft, terms }, circumstances, instrument, {
      held,
      emulated,
      mark,
      otherMarks
    })
  return {
    ...refused(draft, refusal.reason, refusal.detail, circumstances.now, draft.terms),
    mark: mark === undefined ? undefined : copyOf(mark),
    otherMarks,
    instrumentVersion: instrument.version,
    ...(draft.contingency === undefined ? {} : { contingency: draft.contingency }),
    ...(emulated ? { emulated } : {})
  }
}

/** The same order once more, under an id of its own. */
export const again = (order: Order, circumstances: Command.Circumstances): Draft => ({
  strategy: order.strategy,
  intentSeq: order.intentSeq,
  clientOrderId: circumstances.idOf(order.strategy, order.intentSeq, order.attempt + 1),
  instrument: order.instrument,
  terms: order.terms,
  contingency: undefined,
  cause: order.cause ?? { instrument: order.instrument, feedEpoch: 0, seq: 0 },
  trace: order.trace,
  timeDecided: 0,
  attempt: order.attempt + 1,
  resubmitUntilUs: order.resubmitUntilUs
})

/** Asks for the end of an order on behalf of another fact, once; one that sleeps has ended with it. */
export const endOrder = (
  order: Order,
  by: string,
  reason: string,
  circumstances: Command.Circumstances,
  take: (event: AccountEvent) => void
): void => {
  const { clientOrderId } = order
  if (!isEnding(order))
    take({ type: "CancelRequested", clientOrderId, strategy: "", intentSeq: 0, cause: undefined, by, reason })
  if (isSleeping(order.status)) take({ type: "OrderCanceled", clientOrderId, timeVenue: circumstances.now })
}
