/**
 * A strategy's side of its account's facts: its orders by their number, its fills, its positions, what was refused.
 * Facts come in order, each is read once; ended orders are remembered for a while, since fills may come after the end.
 * What it knows is kept with the strategy's snapshot, so that a later run reads on from there. Pure.
 */
import type { Fact, Joined } from "@outcry/actor-account/Protocol"
import { type Instrument, quantityLotsOf, ticksOf } from "@outcry/model/Instrument"
import type { OrderStatus } from "@outcry/model/Order"
import type { OpenOrder, StrategyFill, StrategyOrderEnd } from "@outcry/model/Strategy"

const trackedMax = 4096
const endedKept = 256

export type Told =
  | { readonly kind: "placed"; readonly order: OpenOrder }
  | { readonly kind: "fill"; readonly fill: StrategyFill }
  | { readonly kind: "end"; readonly end: StrategyOrderEnd }
  | { readonly kind: "refused"; readonly end: StrategyOrderEnd; readonly detail: string }
  | { readonly kind: "cancelRefused"; readonly orderSeq: number }

export interface TrackedOrder extends OpenOrder {
  readonly clientOrderId: string
  readonly isOpen: boolean
}

/** Everything the facts up to `seq` say about one strategy. */
export interface AccountKnowledge {
  readonly seq: number
  readonly intentSeq: number
  readonly positions: ReadonlyArray<{ readonly instrument: string; readonly lots: number }>
  /** Open ones and the latest ended ones, oldest first. */
  readonly orders: ReadonlyArray<TrackedOrder>
}

type Tracked = { -readonly [K in keyof TrackedOrder]: TrackedOrder[K] }

const ends: Readonly<Record<string, OrderStatus>> = {
  OrderRejected: "rejected",
  OrderNotPlaced: "notPlaced",
  OrderCanceled: "canceled",
  OrderExpired: "expired"
}

const text = (value: unknown): string => (typeof value === "string" ? value : "")

type Payload = Readonly<Record<string, unknown>>

/** What the account says when a run joins it. */
export const knowledgeOf = (joined: typeof Joined.Type): AccountKnowledge => ({
  seq: joined.seq,
  intentSeq: joined.intentSeq,
  positions: joined.positions,
  orders: [
    ...joined.endedOrders.map(({ clientOrderId, filledLots, instrument, intentSeq }) => ({
      clientOrderId,
      orderSeq: intentSeq,
      instrument,
      side: "buy" as const,
      priceTicks: 0,
      lots: filledLots,
      filledLots,
      cancelRequested: false,
      isOpen: false
    })),
    ...joined.openOrders.map(({ cancelRequested, clientOrderId, filledLots, instrument, intentSeq, terms }) => ({
      clientOrderId,
      orderSeq: intentSeq,
      instrument,
      side: terms.side,
      priceTicks: terms.priceTicks,
      lots: terms.lots,
      filledLots,
      cancelRequested,
      isOpen: true
    }))
  ]
})

export class FactReader {
  seq: number
  /** Highest intent sequence that the account has answered. */
  intentSeq: number
  private readonly strategy: string
  private readonly instrumentOf: (id: string) => Instrument | undefined
  private readonly tracked = new Map<string, Tracked>()
  private readonly positions = new Map<string, number>()

  constructor(strategy: string, known: AccountKnowledge, instrumentOf: (id: string) => Instrument | undefined) {
    this.strategy = strategy
    this.instrumentOf = instrumentOf
    this.seq = known.seq
    this.intentSeq = known.intentSeq
    for (const { instrument, lots } of known.positions) this.positions.set(instrument, lots)
    for (const order of known.orders) this.track({ ...order })
  }

  get knowledge(): AccountKnowledge {
    const orders = Array.from(this.tracked.values())
    const ended = orders.filter((order) => !order.isOpen).slice(-endedKept)
    return {
      seq: this.seq,
      intentSeq: this.intentSeq,
      positions: Array.from(this.positions, ([instrument, lots]) => ({ instrument, lots })),
      orders: [...ended, ...orders.filter((order) => order.isOpen)]
    }
  }

  /** What a fact means to this strategy; undefined where it does not concern it, or was read before. */
  read(fact: Fact): Told | undefined {
    if (fact.seq <= this.seq) return undefined
    this.seq = fact.seq
    const payload = fact.payload as Payload
    if (payload["strategy"] === this.strategy && typeof payload["intentSeq"] === "number")
      this.intentSeq = Math.max(this.intentSeq, payload["intentSeq"])
    if (fact.type === "OrderIntended") return this.placed(payload)
    if (fact.type === "IntentRefused") return this.refusal(payload)
    const order = this.tracked.get(text(payload["clientOrderId"]))
    if (order === undefined) return undefined
    if (fact.type === "OrderFilled") return this.fill(order, payload)
    if (fact.type === "CancelRequested") order.cancelRequested = true
    if (fact.type === "CancelRefused") {
      order.cancelRequested = false
      return { kind: "cancelRefused", orderSeq: order.orderSeq }
    }
    const status = ends[fact.type]
    if (status === undefined) return undefined
    order.isOpen = false
    const reason = [text(payload["code"]), text(payload["reason"])].filter((part) => part !== "").join(" ")
    const { filledLots, instrument, orderSeq } = order
    return { kind: "end", end: { instrument, orderSeq, status, filledLots, reason } }
  }

  private placed(payload: Payload): Told | undefined {
    if (payload["strategy"] !== this.strategy) return undefined
    const id = text(payload["instrument"])
    const instrument = this.instrumentOf(id)
    const order: Tracked = {
      clientOrderId: text(payload["clientOrderId"]),
      orderSeq: Number(payload["intentSeq"]),
      instrument: id,
      side: payload["side"] === "buy" ? "buy" : "sell",
      priceTicks: instrument === undefined ? 0 : (ticksOf(instrument, text(payload["price"])) ?? 0),
      lots: instrument === undefined ? 0 : (quantityLotsOf(instrument, text(payload["quantity"])) ?? 0),
      filledLots: 0,
      cancelRequested: false,
      isOpen: true
    }
    this.track(order)
    return { kind: "placed", order: { ...order } }
  }

  private refusal(payload: Payload): Told | undefined {
    if (payload["strategy"] !== this.strategy) return undefined
    // Of a cancel: its order, if it is still there, may be canceled again.
    const order = this.tracked.get(text(payload["clientOrderId"]))
    if (order !== undefined) return { kind: "cancelRefused", orderSeq: order.orderSeq }
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

  private fill(order: Tracked, payload: Payload): Told | undefined {
    const instrument = this.instrumentOf(order.instrument)
    if (instrument === undefined) return undefined
    const lots = quantityLotsOf(instrument, text(payload["quantity"])) ?? 0
    const side = payload["side"] === "buy" ? "buy" : "sell"
    order.filledLots += lots
    if (order.filledLots >= order.lots) order.isOpen = false
    this.positions.set(order.instrument, (this.positions.get(order.instrument) ?? 0) + (side === "buy" ? lots : -lots))
    return {
      kind: "fill",
      fill: {
        instrument: order.instrument,
        orderSeq: order.orderSeq,
        side,
        priceTicks: ticksOf(instrument, text(payload["price"])) ?? 0,
        lots,
        liquidity: payload["liquidity"] === "maker" ? "maker" : "taker",
        timeVenue: Number(payload["timeVenue"])
      }
    }
  }

  private track(order: Tracked): void {
    this.tracked.set(order.clientOrderId, order)
    if (this.tracked.size <= trackedMax) return
    for (const [id, oldest] of this.tracked) {
      if (oldest.isOpen) continue
      this.tracked.delete(id)
      break
    }
  }
}
