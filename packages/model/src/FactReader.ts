/**
 * A strategy's side of its account's facts: its orders by their number, its fills, its positions, what was refused.
 * Facts come in order, each is read once; ended orders are remembered for a while, since fills may come after the end.
 * What it knows is kept with the strategy's snapshot, so that a later run reads on from there. Pure.
 */
import { type Instrument, quantityLotsOf, ticksOf } from "./Instrument.ts"
import { type OrderStatus, orderStatuses, orderTypes, type OrderTerms } from "./Order.ts"
import type { OpenOrder, StrategyFill, StrategyOrderEnd } from "./Strategy.ts"

const trackedMax = 4096
const endedKept = 256

/** A fact as the account hands it out: its payload in the journal's form. */
export interface ToldFact {
  readonly seq: number
  readonly type: string
  readonly payload: unknown
}

interface JoinedOrder {
  readonly clientOrderId: string
  readonly intentSeq: number
  readonly instrument: string
  readonly filledLots: number
}

/** What the account says of a strategy whose run joins it. */
export interface JoinedAccount {
  readonly seq: number
  readonly intentSeq: number
  readonly positions: ReadonlyArray<{ readonly instrument: string; readonly lots: number }>
  readonly openOrders: ReadonlyArray<
    JoinedOrder & {
      readonly status: string
      readonly cancelRequested: boolean
      readonly terms: OrderTerms
      readonly contingency?: { readonly parent?: string; readonly replaces?: string }
    }
  >
  readonly endedOrders: ReadonlyArray<JoinedOrder>
}

export type Told =
  /** `again`: a further attempt at an order that was placed before. */
  | { readonly kind: "placed"; readonly order: OpenOrder; readonly again: boolean }
  | { readonly kind: "moved"; readonly orderSeq: number; readonly now: Moved }
  /** A fill was taken back. */
  | {
      readonly kind: "busted"
      readonly order: OpenOrder | undefined
      readonly instrument: string
      readonly lots: number
    }
  | { readonly kind: "fill"; readonly fill: StrategyFill }
  | { readonly kind: "end"; readonly end: StrategyOrderEnd }
  | { readonly kind: "refused"; readonly end: StrategyOrderEnd; readonly detail: string }
  | { readonly kind: "cancelRefused"; readonly orderSeq: number }

/** What has become of an order that is open. */
export type Moved = Partial<Pick<OpenOrder, "status" | "triggerTicks" | "lots">>

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

const statuses: Readonly<Record<string, OrderStatus>> = {
  OrderTriggered: "triggered",
  OrderReleased: "intended",
  OrderAccepted: "working",
  OrderUnknown: "unknown"
}

const ends: Readonly<Record<string, OrderStatus>> = {
  OrderRejected: "rejected",
  OrderNotPlaced: "notPlaced",
  OrderCanceled: "canceled",
  OrderExpired: "expired"
}

const text = (value: unknown): string => (typeof value === "string" ? value : "")

const none = (): ReadonlyArray<ToldFact> => []

type Payload = Readonly<Record<string, unknown>>

/** What an operator settled an order as; one settled as filled has its fill as a fact of its own. */
const resolved = (payload: Payload): OrderStatus | undefined =>
  payload["as"] === "filled" ? undefined : orderStatuses.find((each) => each === payload["as"])

/** What the account says when a run joins it. */
export const knowledgeOf = (joined: JoinedAccount): AccountKnowledge => ({
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
    ...joined.openOrders.map((order) => openOrder(joined, order))
  ]
})

const openOrder = (joined: JoinedAccount, order: JoinedAccount["openOrders"][number]): TrackedOrder => {
  const { cancelRequested, clientOrderId, contingency, filledLots, instrument, intentSeq, status, terms } = order
  const known = [...joined.openOrders, ...joined.endedOrders]
  const named = (id: string | undefined) =>
    id === undefined ? undefined : known.find((each) => each.clientOrderId === id)
  const [parent, replaced] = [named(contingency?.parent), named(contingency?.replaces)]
  const sleeps = status === "held" || status === "triggered"
  return {
    clientOrderId,
    orderSeq: intentSeq,
    instrument,
    side: terms.side,
    type: terms.type,
    priceTicks: terms.priceTicks,
    // What its predecessor filled is counted in until it is released.
    lots: terms.lots - (sleeps ? (replaced?.filledLots ?? 0) : 0),
    filledLots,
    cancelRequested,
    isOpen: true,
    status: orderStatuses.find((each) => each === status) ?? "intended",
    ...(terms.triggerTicks === undefined ? {} : { triggerTicks: terms.triggerTicks }),
    ...(terms.reduceOnly === undefined ? {} : { reduceOnly: terms.reduceOnly }),
    ...(parent === undefined ? {} : { parent: parent.intentSeq }),
    ...(replaced === undefined ? {} : { replaces: replaced.intentSeq })
  }
}

export class FactReader {
  seq: number
  /** Highest intent sequence that the account has answered. */
  intentSeq: number
  private readonly strategy: string
  private readonly instrumentOf: (id: string) => Instrument | undefined
  private readonly tracked = new Map<string, Tracked>()
  /** By the number of the order whose place they take. */
  private readonly replacing = new Map<number, Tracked>()
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

  /**
   * What a fact means to this strategy; undefined where it does not concern it, or was read before. `following` are the
   * facts that came with it: an end that is followed by a further attempt is none.
   */
  read(fact: ToldFact, following: () => ReadonlyArray<ToldFact> = none): Told | undefined {
    if (fact.seq <= this.seq) return undefined
    this.seq = fact.seq
    const payload = fact.payload as Payload
    if (payload["strategy"] === this.strategy && typeof payload["intentSeq"] === "number")
      this.intentSeq = Math.max(this.intentSeq, payload["intentSeq"])
    if (fact.type === "OrderIntended") return this.placed(payload)
    if (fact.type === "IntentRefused") return this.refusal(payload)
    const order = this.tracked.get(text(payload["clientOrderId"]))
    if (order === undefined) return undefined
    switch (fact.type) {
      case "OrderFilled":
        return this.fill(order, payload)
      case "FillBusted":
        return this.bust(order, payload)
      case "CancelRequested":
        order.cancelRequested = true
        return undefined
      case "CancelRefused":
        order.cancelRequested = false
        return { kind: "cancelRefused", orderSeq: order.orderSeq }
      case "OrderTriggered":
      case "OrderReleased":
      case "OrderAccepted":
      case "OrderUnknown":
      case "TrailMoved":
        return this.moved(order, fact.type, payload)
    }
    const status = fact.type === "OrderResolved" ? resolved(payload) : ends[fact.type]
    if (status === undefined) return undefined
    order.isOpen = false
    if (following().some((next) => this.isAttempt(next, order))) return undefined
    const reason = [text(payload["code"]), text(payload["reason"])].filter((part) => part !== "").join(" ")
    const { filledLots, instrument, orderSeq } = order
    return { kind: "end", end: { instrument, orderSeq, status, filledLots, reason } }
  }

  private isAttempt({ payload, type }: ToldFact, order: Tracked): boolean {
    const fields = payload as Payload
    return (
      type === "OrderIntended" &&
      fields["strategy"] === this.strategy &&
      fields["intentSeq"] === order.orderSeq &&
      Number(fields["attempt"]) > 1
    )
  }

  private ticks(id: string, price: unknown): number | undefined {
    const instrument = this.instrumentOf(id)
    return instrument === undefined ? undefined : ticksOf(instrument, text(price))
  }

  private lots(id: string, quantity: unknown): number | undefined {
    const instrument = this.instrumentOf(id)
    return instrument === undefined ? undefined : quantityLotsOf(instrument, text(quantity))
  }

  private placed(payload: Payload): Told | undefined {
    if (payload["strategy"] !== this.strategy) return undefined
    const id = text(payload["instrument"])
    const contingency = (payload["contingency"] ?? {}) as Payload
    const [parent, replaced] = ["parent", "replaces"].map((key) => this.tracked.get(text(contingency[key])))
    const type = orderTypes.find((each) => each === payload["orderType"])
    const triggerTicks = this.ticks(id, payload["triggerPrice"])
    const order: Tracked = {
      clientOrderId: text(payload["clientOrderId"]),
      orderSeq: Number(payload["intentSeq"]),
      instrument: id,
      side: payload["side"] === "buy" ? "buy" : "sell",
      priceTicks: this.ticks(id, payload["price"]) ?? 0,
      lots: (this.lots(id, payload["quantity"]) ?? 0) - (replaced?.filledLots ?? 0),
      filledLots: 0,
      cancelRequested: false,
      isOpen: true,
      status: payload["placement"] === "held" ? "held" : "intended",
      ...(type === undefined ? {} : { type }),
      ...(triggerTicks === undefined ? {} : { triggerTicks }),
      ...(payload["reduceOnly"] === true ? { reduceOnly: true } : {}),
      ...(parent === undefined ? {} : { parent: parent.orderSeq }),
      ...(replaced === undefined ? {} : { replaces: replaced.orderSeq })
    }
    this.track(order)
    return { kind: "placed", order: { ...order }, again: Number(payload["attempt"]) > 1 }
  }

  /** Asleep or at the venue, smaller than asked for, or with another trigger. */
  private moved(order: Tracked, type: string, payload: Payload): Told {
    const status = statuses[type]
    const triggerTicks = type === "TrailMoved" ? this.ticks(order.instrument, payload["triggerPrice"]) : undefined
    const lots = type === "OrderReleased" ? this.lots(order.instrument, payload["quantity"]) : undefined
    const now: Moved = {
      ...(status === undefined ? {} : { status }),
      ...(triggerTicks === undefined ? {} : { triggerTicks }),
      ...(lots === undefined ? {} : { lots })
    }
    Object.assign(order, now)
    // An order that came to light after all, or was taken for lost.
    if (type === "OrderAccepted" && order.filledLots < order.lots) order.isOpen = true
    return { kind: "moved", orderSeq: order.orderSeq, now }
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
    const lots = this.lots(order.instrument, payload["quantity"]) ?? 0
    const side = payload["side"] === "buy" ? "buy" : "sell"
    order.filledLots += lots
    if (order.filledLots >= order.lots) order.isOpen = false
    // What an order still fills is taken from the one that waits for its place.
    const next = this.replacing.get(order.orderSeq)
    if (next?.isOpen === true && next.status === "held") next.lots -= lots
    this.hold(order.instrument, side === "buy" ? lots : -lots)
    return {
      kind: "fill",
      fill: {
        instrument: order.instrument,
        orderSeq: order.orderSeq,
        side,
        priceTicks: this.ticks(order.instrument, payload["price"]) ?? 0,
        lots,
        liquidity: payload["liquidity"] === "maker" ? "maker" : "taker",
        timeVenue: Number(payload["timeVenue"])
      }
    }
  }

  private bust(order: Tracked, payload: Payload): Told {
    const { instrument } = order
    const lots = this.lots(instrument, payload["quantity"]) ?? 0
    order.filledLots -= lots
    const held = this.hold(instrument, payload["side"] === "buy" ? -lots : lots)
    return { kind: "busted", order: order.isOpen ? { ...order } : undefined, instrument, lots: held }
  }

  private hold(instrument: string, change: number): number {
    const lots = (this.positions.get(instrument) ?? 0) + change
    this.positions.set(instrument, lots)
    return lots
  }

  private track(order: Tracked): void {
    this.tracked.set(order.clientOrderId, order)
    if (order.replaces !== undefined && order.isOpen) this.replacing.set(order.replaces, order)
    if (this.tracked.size <= trackedMax) return
    for (const [id, oldest] of this.tracked) {
      if (oldest.isOpen) continue
      this.tracked.delete(id)
      this.replacing.delete(oldest.orderSeq)
      break
    }
  }
}
