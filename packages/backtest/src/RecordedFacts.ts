/**
 * Orders and fills out of an account's facts in the journal's form: of a recorded run as of a floor, so that the two can be
 * compared. Orders in the order of their intents, fills in the order in which they were booked.
 */
import type { ToldFact } from "@outcry/model/FactReader"
import { type Instrument, quantityLotsOf, ticksOf } from "@outcry/model/Instrument"
import type { OrderStatus } from "@outcry/model/Order"
import { createHash } from "node:crypto"
import type { BacktestFill, BacktestOrder } from "./BacktestResult.ts"

/** A fact with the time that it was decided at, epoch µs. */
export interface RecordedFact extends ToldFact {
  readonly timeUs: number
}

export interface OrdersAndFills {
  readonly orders: ReadonlyArray<BacktestOrder>
  readonly fills: ReadonlyArray<BacktestFill>
  /** SHA-256 (hex) over both: equal runs hash equally. */
  readonly hash: string
}

type Payload = Readonly<Record<string, unknown>>
type Open = { -readonly [K in keyof BacktestOrder]: BacktestOrder[K] }

const ends: Readonly<Record<string, OrderStatus>> = {
  OrderRejected: "rejected",
  OrderNotPlaced: "notPlaced",
  OrderCanceled: "canceled",
  OrderExpired: "expired"
}

const moves: Readonly<Record<string, OrderStatus>> = {
  OrderTriggered: "triggered",
  OrderReleased: "intended",
  OrderAccepted: "working",
  OrderUnknown: "unknown"
}

const text = (value: unknown): string => (typeof value === "string" ? value : "")

/** Code and text, with the strategy's own number in the place of a client id, since those are of one journal. */
const reasonOf = (payload: Payload, orders: ReadonlyMap<string, Open>): string =>
  `${text(payload["code"])} ${text(payload["reason"])}`
    .split(" ")
    .filter((word) => word !== "")
    .map((word) => {
      const named = orders.get(word)
      return named === undefined ? word : `${named.strategy}/${named.orderSeq}`
    })
    .join(" ")

/** `endUs`: when orders that are still open end. Facts of a book with an instrument that is not among these throw. */
export const ordersAndFillsOf = (
  facts: ReadonlyArray<RecordedFact>,
  instruments: ReadonlyArray<Instrument>,
  endUs: number
): OrdersAndFills => {
  const orders = new Map<string, Open>()
  const fills: Array<BacktestFill> = []
  const instrumentOf = (payload: Payload): Instrument => {
    const found = instruments.find(({ id }) => id === payload["instrument"])
    if (found === undefined) throw new RangeError(`The facts name ${text(payload["instrument"])}: give its instrument`)
    return found
  }
  for (const { payload: stored, timeUs, type } of facts) {
    const payload = stored as Payload
    const id = text(payload["clientOrderId"])
    if (type === "OrderIntended" || (type === "IntentRefused" && payload["orderType"] !== undefined)) {
      orders.set(id, intended(payload, instrumentOf(payload), type === "IntentRefused", timeUs, endUs))
      continue
    }
    if (type === "IntentRefused") {
      const terms = payload["terms"]
      if (typeof terms !== "object" || terms === null) continue
      const flat = { ...payload, ...terms }
      orders.set(id, intended(flat, instrumentOf(payload), true, timeUs, endUs))
      continue
    }
    const order = orders.get(id)
    if (order === undefined) continue
    if (type === "OrderFilled") {
      const fill = filled(payload, order, instrumentOf(payload))
      fills.push(fill)
      order.filledLots += fill.lots
      if (order.filledLots < order.lots) continue
      order.status = "filled"
      order.timeEnd = timeUs
      continue
    }
    const status = moves[type] ?? ends[type]
    if (status === undefined || order.status === "filled") continue
    order.status = status
    if (ends[type] === undefined) continue
    order.reason = reasonOf(payload, orders)
    order.timeEnd = timeUs
  }
  const made = { orders: Array.from(orders.values()), fills }
  return { ...made, hash: createHash("sha256").update(JSON.stringify(made)).digest("hex") }
}

const intended = (
  payload: Payload,
  instrument: Instrument,
  isRefused: boolean,
  timeUs: number,
  endUs: number
): Open => ({
  strategy: text(payload["strategy"]),
  orderSeq: Number(payload["intentSeq"]),
  instrument: instrument.id,
  side: payload["side"] === "buy" ? "buy" : "sell",
  type: text(payload["orderType"]),
  priceTicks: ticksOf(instrument, text(payload["price"])) ?? 0,
  lots: quantityLotsOf(instrument, text(payload["quantity"])) ?? 0,
  filledLots: 0,
  status: isRefused ? "refused" : payload["placement"] === "held" ? "held" : "intended",
  reason: isRefused ? text(payload["reason"]) : "",
  timeIntent: timeUs,
  timeEnd: isRefused ? timeUs : endUs
})

const filled = (payload: Payload, order: Open, instrument: Instrument): BacktestFill => {
  const price = Number(payload["price"])
  const quantity = Number(payload["quantity"])
  const fee = Number(payload["fee"])
  return {
    strategy: order.strategy,
    orderSeq: order.orderSeq,
    instrument: instrument.id,
    side: order.side,
    timeUs: Number(payload["timeVenue"]),
    priceTicks: ticksOf(instrument, text(payload["price"])) ?? 0,
    lots: quantityLotsOf(instrument, text(payload["quantity"])) ?? 0,
    price,
    quantity,
    fee: payload["feeAsset"] === instrument.base ? fee * price : fee,
    liquidity: payload["liquidity"] === "maker" ? "maker" : "taker"
  }
}
