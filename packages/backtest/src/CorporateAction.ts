/**
 * What a split does to an account: positions, balances and open orders are multiplied, prices divided. The live account
 * core has no such fact, since the venues it trades on split nothing; a run keeps it among its facts, and replays it.
 */
import type { AccountEvent } from "@outcry/model/AccountEvent"
import { type AccountState, evolve } from "@outcry/model/AccountState"
import * as Amount from "@outcry/model/Amount"
import { baseAmount, type Instrument } from "@outcry/model/Instrument"
import { isSleeping, type Order, type OrderTerms, remainingLots } from "@outcry/model/Order"
import { balanceOf, hold } from "@outcry/model/OrderLedger"
import type { Position } from "@outcry/model/Position"

export interface SplitApplied {
  readonly type: "SplitApplied"
  readonly instrument: string
  /** New lots for one old lot. */
  readonly ratio: number
}

/** What happened to an account in a run. */
export type RunFact = AccountEvent | SplitApplied

const slack = 1e-9

/** Whole lots after a split, towards zero: what is left over is paid in cash. */
export const splitLots = (lots: number, ratio: number): number =>
  Math.sign(lots) * Math.floor(Math.abs(lots) * ratio + slack)

/** Whether an order can follow: its lots stay whole. One that cannot is canceled before the split. */
export const canFollow = (order: Order, ratio: number): boolean =>
  [order.terms.lots, order.filledLots, order.parentLots, order.replacedLots, order.groupLots].every(
    (lots) => Math.abs(lots * ratio - Math.round(lots * ratio)) < slack * Math.max(1, lots)
  ) && order.terms.lots * ratio >= 1

/** A price after a split, to the order's disadvantage where it falls between two ticks. */
export const splitPrice = (ticks: number, side: "buy" | "sell", ratio: number): number =>
  ticks === 0 ? 0 : Math.max(1, side === "buy" ? Math.floor(ticks / ratio + slack) : Math.ceil(ticks / ratio - slack))

const near = (ticks: number, ratio: number): number => Math.max(1, Math.round(ticks / ratio))

const splitTerms = (terms: OrderTerms, ratio: number): OrderTerms => ({
  ...terms,
  lots: Math.round(terms.lots * ratio),
  priceTicks: splitPrice(terms.priceTicks, terms.side, ratio),
  ...(terms.triggerTicks === undefined ? {} : { triggerTicks: near(terms.triggerTicks, ratio) }),
  ...(terms.trailTicks === undefined ? {} : { trailTicks: near(terms.trailTicks, ratio) }),
  ...(terms.displayLots === undefined ? {} : { displayLots: Math.max(1, Math.round(terms.displayLots * ratio)) })
})

const follow = (state: AccountState, order: Order, ratio: number): void => {
  const holds = !isSleeping(order.status)
  if (holds) hold(state, order, remainingLots(order), -1)
  order.terms = splitTerms(order.terms, ratio)
  order.filledLots = Math.round(order.filledLots * ratio)
  order.parentLots = Math.round(order.parentLots * ratio)
  order.replacedLots = Math.round(order.replacedLots * ratio)
  order.groupLots = Math.round(order.groupLots * ratio)
  order.reserveTicks = Math.ceil(order.reserveTicks / ratio - slack)
  if (holds) hold(state, order, remainingLots(order), 1)
}

/** An amount times a ratio, down to whole lots. */
const splitAmount = (amount: Amount.Amount, ratio: number, lot: Amount.Amount): Amount.Amount => {
  const scaled = Amount.mulDiv(amount, BigInt(Math.round(ratio * 1e9)), 1_000_000_000n)
  return scaled - (scaled % lot)
}

/** Applies a split in place. Each strategy's share is rounded by itself; the account holds their sum. */
export const applySplit = (state: AccountState, instrument: Instrument, ratio: number): void => {
  const { id } = instrument
  const held = state.positions.get(id)
  const base = balanceOf(state, instrument.base)
  const besides = base.total - baseAmount(instrument, held?.lots ?? 0)
  let lots = 0
  const share = (position: Position): void => {
    position.lots = splitLots(position.lots, ratio)
    lots += position.lots
  }
  for (const record of state.strategies.values()) {
    const position = record.positions.get(id)
    if (position !== undefined) share(position)
  }
  if (held !== undefined) held.lots = lots
  base.total = splitAmount(besides, ratio, instrument.lot) + baseAmount(instrument, lots)
  const groups = new Set<string>()
  for (const order of state.orders.values()) {
    if (order.instrument !== id) continue
    follow(state, order, ratio)
    if (order.contingency?.group !== undefined) groups.add(order.contingency.group)
  }
  for (const name of groups) {
    const group = state.groups.get(name)
    for (const [clientOrderId, lots] of group?.filled ?? []) group!.filled.set(clientOrderId, Math.round(lots * ratio))
  }
}

/** Applies one fact of a run to a state: what replay does. */
export const evolveRun = (state: AccountState, fact: RunFact): AccountState => {
  if (fact.type !== "SplitApplied") return evolve(state, fact)
  const instrument = state.instruments.get(fact.instrument)
  if (instrument !== undefined) applySplit(state, instrument, fact.ratio)
  return state
}
