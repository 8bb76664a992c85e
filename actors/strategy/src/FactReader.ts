/**
 * Reads the account's facts as one strategy sees them: its orders by their number, its fills, its refusals. Facts come in
 * order, an order's intent before all else; ended orders are remembered for a while, since fills may come after the end.
 */
import type { Fact, Joined } from "@outcry/actor-account/Protocol"
import { type Instrument, quantityLotsOf, ticksOf } from "@outcry/model/Instrument"
import type { OrderStatus } from "@outcry/model/Order"
import type { StrategyFill, StrategyOrderEnd } from "@outcry/model/Strategy"

const trackedMax = 4096

export type Told =
  | { readonly kind: "placed" }
  | { readonly kind: "fill"; readonly fill: StrategyFill }
  | { readonly kind: "end"; readonly end: StrategyOrderEnd }
  | { readonly kind: "refused"; readonly end: StrategyOrderEnd; readonly detail: string }
  | { readonly kind: "cancelRefused"; readonly orderSeq: number }

interface Tracked {
  readonly orderSeq: number
  readonly instrument: string
  filledLots: number
}

const ends: Readonly<Record<string, OrderStatus>> = {
  OrderRejected: "rejected",
  OrderNotPlaced: "notPlaced",
  OrderCanceled: "canceled",
  OrderExpired: "expired"
}

const text = (value: unknown): string => (typeof value === "string" ? value : "")

export class FactReader {
  private readonly strategy: string
  private readonly instrumentOf: (id: string) => Instrument | undefined
  private readonly tracked = new Map<string, Tracked>()

  constructor(strategy: string, joined: typeof Joined.Type, instrumentOf: (id: string) => Instrument | undefined) {
    this.strategy = strategy
    this.instrumentOf = instrumentOf
    for (const order of joined.openOrders)
      this.track(order.clientOrderId, { orderSeq: order.intentSeq, instrument: order.instrument, filledLots: order.filledLots })
  }

  /** What a fact means to this strategy; undefined where it does not concern it. */
  read(fact: Fact): Told | undefined {
    const payload = fact.payload as Readonly<Record<string, unknown>>
    if (fact.type === "OrderIntended") {
      if (payload["strategy"] !== this.strategy) return undefined
      const instrument = text(payload["instrument"])
      this.track(text(payload["clientOrderId"]), { orderSeq: Number(payload["intentSeq"]), instrument, filledLots: 0 })
      return { kind: "placed" }
    }
    if (fact.type === "IntentRefused") return this.refusal(payload)
    const order = this.tracked.get(text(payload["clientOrderId"]))
    if (order === undefined) return undefined
    if (fact.type === "OrderFilled") return this.fill(order, payload)
    if (fact.type === "CancelRefused") return { kind: "cancelRefused", orderSeq: order.orderSeq }
    const status = ends[fact.type]
    if (status === undefined) return undefined
    const reason = [text(payload["code"]), text(payload["reason"])].filter((part) => part !== "").join(" ")
    return {
      kind: "end",
      end: { instrument: order.instrument, orderSeq: order.orderSeq, status, filledLots: order.filledLots, reason }
    }
  }

  private refusal(payload: Readonly<Record<string, unknown>>): Told | undefined {
    if (payload["strategy"] !== this.strategy) return undefined
    return {
      kind: "refused",
      detail: text(payload["detail"]),
      end: {
        instrument: text(payload["instrument"]),
        orderSeq: Number(payload["intentSeq"]),
        status: "refused",
        filledLots: 0,
        reason: text(payload["reason"])
      }
    }
  }

  private fill(order: Tracked, payload: Readonly<Record<string, unknown>>): Told | undefined {
    const instrument = this.instrumentOf(order.instrument)
    if (instrument === undefined) return undefined
    const lots = quantityLotsOf(instrument, text(payload["quantity"])) ?? 0
    order.filledLots += lots
    return {
      kind: "fill",
      fill: {
        instrument: order.instrument,
        orderSeq: order.orderSeq,
        side: payload["side"] === "buy" ? "buy" : "sell",
        priceTicks: ticksOf(instrument, text(payload["price"])) ?? 0,
        lots,
        liquidity: payload["liquidity"] === "maker" ? "maker" : "taker",
        timeVenue: Number(payload["timeVenue"])
      }
    }
  }

  private track(clientOrderId: string, order: Tracked): void {
    this.tracked.set(clientOrderId, order)
    if (this.tracked.size <= trackedMax) return
    for (const oldest of this.tracked.keys()) {
      this.tracked.delete(oldest)
      break
    }
  }
}
