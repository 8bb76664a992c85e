/** What a run leaves of orders, fills and refusals, gathered from the facts as they come. */
import type { AccountEvent, OrderFilled } from "@outcry/model/AccountEvent"
import { type AccountState, findOrder } from "@outcry/model/AccountState"
import * as Amount from "@outcry/model/Amount"
import type { Instrument } from "@outcry/model/Instrument"
import type { BacktestFill, BacktestOrder } from "./BacktestResult.ts"
import { RoundTrips } from "./RoundTrips.ts"

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const ends: Partial<Record<AccountEvent["type"], BacktestOrder["status"]>> = {
  OrderRejected: "rejected",
  OrderNotPlaced: "notPlaced",
  OrderCanceled: "canceled",
  OrderExpired: "expired"
}

export class RunRecord {
  readonly orders: Array<Mutable<BacktestOrder>> = []
  readonly fills: Array<BacktestFill> = []
  readonly trips = new RoundTrips()
  readonly refusals: Record<string, number> = {}
  /** A refusal in words, by reason: the first one. */
  readonly details: Record<string, string> = {}
  /** In quote asset, negative where paid. */
  readonly costs = { fees: 0, funding: 0, dividends: 0 }
  placed = 0
  private readonly byId = new Map<string, Mutable<BacktestOrder>>()

  take(state: AccountState, event: AccountEvent, now: number): void {
    switch (event.type) {
      case "OrderIntended": {
        if (event.attempt > 1) return
        this.placed += 1
        const { clientOrderId, instrument, intentSeq: orderSeq, strategy, terms } = event
        const order: Mutable<BacktestOrder> = {
          strategy,
          orderSeq,
          instrument,
          side: terms.side,
          type: terms.type,
          priceTicks: terms.priceTicks,
          lots: terms.lots,
          filledLots: 0,
          status: event.placement === "held" ? "held" : "intended",
          reason: "",
          timeIntent: now,
          timeEnd: 0
        }
        this.orders.push(order)
        this.byId.set(clientOrderId, order)
        return
      }
      case "IntentRefused":
        return this.refused(state, event, now)
      case "OrderFilled":
        return this.filled(state, event)
      default:
    }
    const status = ends[event.type]
    if (status === undefined || !("clientOrderId" in event)) return
    const order = this.byId.get(event.clientOrderId)
    if (order === undefined) return
    order.status = status
    order.timeEnd = now
    if ("reason" in event && typeof event.reason === "string") order.reason = event.reason
  }

  /** Orders that have not ended say how far they got. */
  finish(states: ReadonlyArray<AccountState>, now: number): number {
    let open = 0
    for (const state of states)
      for (const [id, { status }] of state.orders) {
        const order = this.byId.get(id)
        if (order === undefined) continue
        open += 1
        order.status = status
        order.timeEnd = now
      }
    return open
  }

  private refused(state: AccountState, event: Extract<AccountEvent, { type: "IntentRefused" }>, now: number): void {
    const { detail, instrument, intentSeq: orderSeq, reason, strategy, terms } = event
    this.refusals[reason] = (this.refusals[reason] ?? 0) + 1
    this.details[reason] ??= detail
    // Of a cancel: its order is recorded already.
    if (findOrder(state, event.clientOrderId) !== undefined || terms === undefined) return
    const { lots, priceTicks, side, type } = terms
    const ended = { filledLots: 0, status: "refused", reason, timeIntent: now, timeEnd: now } as const
    this.orders.push({ strategy, orderSeq, instrument, side, type, priceTicks, lots, ...ended })
  }

  private filled(state: AccountState, event: OrderFilled): void {
    const { instrument: id, liquidity, lots, priceTicks, side, timeVenue: timeUs } = event
    const order = findOrder(state, event.clientOrderId)
    const known = this.byId.get(event.clientOrderId)
    if (known !== undefined) {
      known.filledLots += lots
      if (known.filledLots >= known.lots || order?.status === "filled") {
        known.status = "filled"
        known.timeEnd = timeUs
      }
    }
    const instrument = state.instruments.get(id)!
    const price = priceTicks * tickOf(instrument)
    const quantity = lots * lotOf(instrument)
    const fee = Amount.toNumber(event.fee)
    const strategy = order?.strategy ?? ""
    this.costs.fees -= fee
    const orderSeq = order?.intentSeq ?? 0
    this.fills.push({
      strategy,
      orderSeq,
      instrument: id,
      side,
      timeUs,
      priceTicks,
      lots,
      price,
      quantity,
      fee,
      liquidity
    })
    this.trips.fill(strategy, id, side, quantity, price, fee, timeUs)
  }
}

export const tickOf = (instrument: Instrument): number => Amount.toNumber(instrument.tick)
export const lotOf = (instrument: Instrument): number => Amount.toNumber(instrument.lot)
