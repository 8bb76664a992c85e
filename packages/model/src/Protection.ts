/**
 * A position is not left without the stop that guarded it: where the venue rejects the stop, or never had it, a further
 * attempt is watched here; where the market order that was to get out fails, it is tried again after growing pauses.
 *
 * When that does not help either, the account says so, once, and only reduces from then on. It goes on trying after long
 * pauses for as long as there is a position to protect: the venue may be back at any time.
 */
import type * as Command from "./AccountCommand.ts"
import type { AccountEvent } from "./AccountEvent.ts"
import { type AccountState, findOrder } from "./AccountState.ts"
import { priceText, ticksOf } from "./Instrument.ts"
import { hasTrigger, type Order, type OrderTerms, remainingLots } from "./Order.ts"
import { again, intended } from "./OrderDecision.ts"
import * as Group from "./OrderGroup.ts"
import { instrumentAt, requantise } from "./OrderLedger.ts"

/** Further attempts at protecting one position before it is said to stand bare. */
const attemptsMax = 5
const pauseUs = 200_000
/** Between the attempts after that. */
const longPauseUs = 10_000_000

type Take = (event: AccountEvent) => void

const reduceOnly = (state: AccountState, instrument: string, detail: string, take: Take): void => {
  if (state.tradingState === "active")
    take({
      type: "TradingStateChanged",
      state: "reducing",
      by: "account",
      reason: `the position in ${instrument} has lost its protection: ${detail}`
    })
}

/** Says so, once; it is tried on all the same. */
const tellLoss = (state: AccountState, order: Order, detail: string, take: Take): void => {
  if (order.lossTold === true) return
  const { clientOrderId, instrument } = order
  take({ type: "ProtectionLost", clientOrderId, instrument, detail, trying: true })
  reduceOnly(state, instrument, detail, take)
}

/** Nobody knows any more what is to be tried. */
const giveUp = (state: AccountState, clientOrderId: string, take: Take): void => {
  const detail = "the order that guarded it is out of memory"
  take({ type: "ProtectionLost", clientOrderId, instrument: "", detail })
  reduceOnly(state, "", detail, take)
}

/** What is left to do, in the sizes that the instrument has now; undefined where they do not fit. */
const termsToday = (state: AccountState, order: Order): OrderTerms | undefined => {
  const lotsLeft = Group.lotsLeft(state, order)
  const terms = { ...order.terms, lots: lotsLeft > 0 ? lotsLeft : remainingLots(order) }
  const instrument = state.instruments.get(order.instrument)!
  if (instrument.version === order.instrumentVersion) return terms
  const quoted = instrumentAt(state, order.instrument, order.instrumentVersion)
  const ticks = (count: number): number | undefined => ticksOf(instrument, priceText(quoted, count))
  const lots = requantise(terms.lots, quoted, instrument)
  const priceTicks = terms.priceTicks === 0 ? 0 : ticks(terms.priceTicks)
  const triggerTicks = terms.triggerTicks === undefined ? 0 : ticks(terms.triggerTicks)
  const trailTicks = terms.trailTicks === undefined ? 0 : ticks(terms.trailTicks)
  if (lots === undefined || priceTicks === undefined || triggerTicks === undefined || trailTicks === undefined)
    return undefined
  return {
    ...terms,
    lots,
    priceTicks,
    ...(terms.triggerTicks === undefined ? {} : { triggerTicks }),
    ...(terms.trailTicks === undefined ? {} : { trailTicks })
  }
}

/** Of the attempts that are remembered, the last; an order that came to life late may have been followed already. */
const lastAttempt = (state: AccountState, order: Order, { idOf }: Command.Circumstances): number => {
  let { attempt } = order
  while (findOrder(state, idOf(order.strategy, order.intentSeq, attempt + 1)) !== undefined) attempt += 1
  return attempt
}

const retry = (
  state: AccountState,
  order: Order,
  attempt: number,
  circumstances: Command.Circumstances,
  take: Take
): void => {
  const instrument = state.instruments.get(order.instrument)!
  const terms = termsToday(state, order)
  if (terms === undefined) return tellLoss(state, order, "its terms do not fit the instrument's new sizes", take)
  const draft = again({ ...order, attempt }, circumstances)
  const { group } = order.contingency ?? {}
  const grouped = group !== undefined && !Group.isOver(state, order) && state.groups.has(group)
  take(
    intended(
      state,
      {
        ...draft,
        terms,
        contingency: grouped ? { group } : undefined,
        resubmitUntilUs: 0
      },
      circumstances,
      instrument,
      {
        held: true,
        emulated: hasTrigger(order.terms.type),
        mark: circumstances.mark(order.instrument),
        otherMarks: []
      }
    )
  )
}

const pauseOf = (order: Order, attempt: number): number => {
  if (order.lossTold === true) return longPauseUs
  // A stop that the venue did not take is watched here at once; what was to trade has just failed to.
  return hasTrigger(order.terms.type) && !order.emulated ? 0 : pauseUs * 2 ** attempt
}

/** Sees to every protective order that ended against our will. */
export const protect = (state: AccountState, circumstances: Command.Circumstances, take: Take): void => {
  for (const id of Array.from(state.unprotected)) {
    const order = findOrder(state, id)
    if (order === undefined) {
      giveUp(state, id, take)
      continue
    }
    const attempt = lastAttempt(state, order, circumstances)
    if (attempt > attemptsMax)
      tellLoss(state, order, `${attemptsMax} further attempts failed, the last: ${order.reason}`, take)
    if (circumstances.now >= order.timeIntent + pauseOf(order, attempt))
      retry(state, order, attempt, circumstances, take)
  }
}
