/** Orders, fills and positions of an account's state as rows of the API, with decimals as text. */
import type { FillRow, OrderRow, PositionRow } from "@outcry/client/Wire"
import type { Mark, OrderFilled } from "@outcry/model/AccountEvent"
import { type AccountState, instrumentAt } from "@outcry/model/AccountState"
import * as Amount from "@outcry/model/Amount"
import { type Instrument, priceText, quantityText } from "@outcry/model/Instrument"
import type { Order, OrderTerms } from "@outcry/model/Order"
import * as Position from "@outcry/model/Position"

const trailText = (instrument: Instrument, { trailBps, trailTicks }: OrderTerms): string => {
  if (trailTicks !== undefined) return priceText(instrument, trailTicks)
  return trailBps === undefined ? "" : `${trailBps / 100}%`
}

const priceOrNone = (instrument: Instrument, ticks: number | undefined): string =>
  ticks === undefined || ticks === 0 ? "" : priceText(instrument, ticks)

export const orderRow = (state: AccountState, order: Order): OrderRow => {
  const instrument = instrumentAt(state, order.instrument, order.instrumentVersion)
  const { contingency, terms } = order
  return {
    clientOrderId: order.clientOrderId,
    venueOrderId: order.venueOrderId,
    account: state.account,
    strategy: order.strategy,
    intentSeq: order.intentSeq,
    attempt: order.attempt,
    instrument: order.instrument,
    side: terms.side,
    type: terms.type,
    price: priceOrNone(instrument, terms.priceTicks),
    trigger: priceOrNone(instrument, terms.triggerTicks),
    trail: trailText(instrument, terms),
    quantity: quantityText(instrument, terms.lots),
    displayQuantity: terms.displayLots === undefined ? "" : quantityText(instrument, terms.displayLots),
    filled: quantityText(instrument, order.filledLots),
    inferred: quantityText(instrument, order.inferredLots),
    timeInForce: terms.timeInForce,
    expires: terms.expiresUs ?? 0,
    postOnly: terms.postOnly,
    reduceOnly: terms.reduceOnly === true,
    status: order.status,
    emulated: order.emulated,
    cancelRequested: order.cancelRequested,
    parent: contingency?.parent ?? "",
    group: contingency?.group ?? "",
    after: contingency?.after ?? [],
    reason: order.reason,
    timeIntent: order.timeIntent
  }
}

/** A fill as the row `at` of the journal says it. */
export const fillRow = (
  state: AccountState,
  order: Order,
  fill: OrderFilled,
  at: { readonly seq: number; readonly timeUs: number }
): FillRow => {
  const instrument = instrumentAt(state, fill.instrument, fill.instrumentVersion)
  return {
    seq: at.seq,
    time: at.timeUs,
    account: state.account,
    strategy: order.strategy,
    clientOrderId: fill.clientOrderId,
    venueTradeId: fill.venueTradeId,
    instrument: fill.instrument,
    side: fill.side,
    price: priceText(instrument, fill.priceTicks),
    quantity: quantityText(instrument, fill.lots),
    fee: Amount.format(fill.fee),
    feeAsset: fill.feeAsset,
    liquidity: fill.liquidity,
    timeVenue: fill.timeVenue
  }
}

/** The account's net positions; unrealised profit at the middle of the mark, empty where there is no mark. */
export const positionRows = (
  state: AccountState,
  markOf: (instrument: string) => Mark | undefined
): ReadonlyArray<PositionRow> =>
  Array.from(state.positions, ([id, position]) => {
    const instrument = state.instruments.get(id)!
    const mark = markOf(id)
    const middle = mark === undefined ? undefined : Math.round((mark.bidTicks + mark.askTicks) / 2)
    const held = BigInt(Math.abs(position.lots)) * instrument.lot
    return {
      account: state.account,
      instrument: id,
      quantity: quantityText(instrument, position.lots),
      averagePrice:
        held === 0n ? "" : Amount.format(Amount.mulDiv(Amount.abs(position.cost), 10n ** BigInt(Amount.scale), held)),
      mark: middle === undefined ? "" : priceText(instrument, middle),
      realised: Amount.format(position.realised),
      unrealised: middle === undefined ? "" : Amount.format(Position.unrealised(position, instrument, middle)),
      fills: position.fills
    }
  })
