/** Pure views of an account's state: what its status, a joining strategy and `explain` show. */
import type { Mark } from "@outcry/model/AccountEvent"
import { stateHash } from "@outcry/model/AccountHash"
import { type AccountState, instrumentAt } from "@outcry/model/AccountState"
import * as Amount from "@outcry/model/Amount"
import { priceText, quantityText } from "@outcry/model/Instrument"
import type { Contingency, Order } from "@outcry/model/Order"
import { isFrozen } from "@outcry/model/Account"
import { averageTicks, type Position, unrealised } from "@outcry/model/Position"
import { AccountStatus, type Joined, type OpenOrder, type PositionRow } from "./Protocol.ts"

/** What helps an order whose fate the venue does not tell. */
const remedyOf = ({ clientOrderId, instrument, venueOrderId }: Order): string =>
  `Look for ${clientOrderId}${venueOrderId === "" ? "" : ` (${venueOrderId} there)`} on the venue's own screen, then ` +
  `resolve it as what it shows. Until then nothing new is placed on ${instrument}.`

const openOrder = (
  state: AccountState,
  order: Order,
  unknownSince: (order: Order) => number = (unknown) => unknown.timeIntent
): typeof OpenOrder.Type => {
  const instrument = instrumentAt(state, order.instrument, order.instrumentVersion)
  const { attempt, contingency, emulated, inferredLots, status } = order
  const { triggerTicks } = order.terms
  return {
    clientOrderId: order.clientOrderId,
    strategy: order.strategy,
    intentSeq: order.intentSeq,
    instrument: order.instrument,
    terms: order.terms,
    price: order.terms.priceTicks === 0 ? "" : priceText(instrument, order.terms.priceTicks),
    quantity: quantityText(instrument, order.terms.lots),
    filledLots: order.filledLots,
    status: order.status,
    cancelRequested: order.cancelRequested,
    timeIntent: order.timeIntent,
    attempt,
    emulated,
    ...(triggerTicks === undefined ? {} : { trigger: priceText(instrument, triggerTicks) }),
    ...(contingency === undefined ? {} : { contingency: contingencyOf(contingency) }),
    ...(inferredLots === 0 ? {} : { inferredLots }),
    ...(status === "unknown"
      ? { unknown: { reason: order.reason, sinceUs: unknownSince(order), remedy: remedyOf(order) } }
      : {})
  }
}

const contingencyOf = ({ after, group, parent, replaces }: Contingency) => ({
  ...(parent === undefined ? {} : { parent }),
  ...(group === undefined ? {} : { group }),
  ...(after === undefined ? {} : { after }),
  ...(replaces === undefined ? {} : { replaces })
})

/** Ended orders that a joining strategy is told of. */
const endedMax = 256

/** Everything a strategy needs to go on: how far it got, what it holds and what is open. */
export const joined = (state: AccountState, strategy: string): typeof Joined.Type => {
  const record = state.strategies.get(strategy)
  return {
    intentSeq: record?.intentSeq ?? 0,
    placed: record?.placed ?? 0,
    fills: Array.from(record?.positions.values() ?? []).reduce((total, position) => total + position.fills, 0),
    seq: state.seq,
    causes: Array.from(record?.causes ?? [], ([instrument, at]) => ({
      instrument,
      feedEpoch: at.feedEpoch,
      seq: at.seq
    })),
    positions: Array.from(record?.positions ?? [], ([instrument, position]) => ({ instrument, lots: position.lots })),
    openOrders: Array.from(state.orders.values())
      .filter((order) => order.strategy === strategy)
      .map((order) => openOrder(state, order)),
    endedOrders: Array.from(state.closed.values())
      .filter((order) => order.strategy === strategy)
      .slice(-endedMax)
      .map(({ clientOrderId, filledLots, instrument, intentSeq }) => ({
        clientOrderId,
        filledLots,
        instrument,
        intentSeq
      }))
  }
}

const positionRow = (
  state: AccountState,
  strategy: string,
  id: string,
  position: Position,
  mark: Mark | undefined
): typeof PositionRow.Type => {
  const instrument = state.instruments.get(id)!
  // What would be got for it now: the bid for a long position, the ask for a short one.
  const markTicks = mark === undefined ? 0 : position.lots >= 0 ? mark.bidTicks : mark.askTicks
  return {
    strategy,
    instrument: id,
    quantity: quantityText(instrument, position.lots),
    averagePrice: position.lots === 0 ? "" : priceText(instrument, averageTicks(position, instrument)),
    mark: markTicks === 0 ? "" : priceText(instrument, markTicks),
    realised: Amount.format(position.realised, 2),
    unrealised: markTicks === 0 ? "" : Amount.format(unrealised(position, instrument, markTicks), 2),
    fills: position.fills
  }
}

export interface Whereabouts {
  readonly venue: string
  readonly node: string
  readonly epoch: number
  readonly condition: AccountStatus["condition"]
  readonly reason?: string
  readonly remedy?: string
}

export const status = (
  state: AccountState,
  where: Whereabouts,
  mark: (instrument: string) => Mark | undefined,
  unknownSince: (order: Order) => number,
  hashed: boolean
): AccountStatus => {
  const rows = (strategy: string, positions: ReadonlyMap<string, Position>) =>
    Array.from(positions, ([id, position]) => positionRow(state, strategy, id, position, mark(id)))
  const orders = Array.from(state.orders.values())
  return new AccountStatus({
    account: state.account,
    ...where,
    seq: state.seq,
    tradingState: state.tradingState,
    balances: Array.from(state.balances, ([asset, held]) => ({
      asset,
      total: Amount.format(held.total),
      reserved: Amount.format(held.reserved)
    })),
    positions: [
      ...rows("", state.positions),
      ...Array.from(state.strategies, ([name, record]) => rows(name, record.positions)).flat()
    ],
    fees: Array.from(state.fees, ([asset, amount]) => ({ asset, amount: Amount.format(amount) })),
    openOrders: orders.map((order) => openOrder(state, order, unknownSince)),
    strategies: Array.from(state.strategies, ([strategy, record]) => ({
      strategy,
      intentSeq: record.intentSeq,
      placed: record.placed,
      refused: Array.from(record.refused, ([reason, count]) => ({ reason, count })),
      outcomes: Array.from(record.outcomes, ([outcome, count]) => ({ status: outcome, count }))
    })),
    unknownOrders: orders.filter((order) => order.status === "unknown").length,
    frozenInstruments: [...state.instruments.keys()].filter((id) => isFrozen(state, id)),
    differences: state.differences,
    stateHash: hashed ? stateHash(state) : ""
  })
}
