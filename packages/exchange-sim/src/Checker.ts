/**
 * The independent verdict on lost, doubled and mis-filled orders: joins what the exchange's log says it accepted with
 * the plain facts of an account's journal. Pure; knows neither the exchange's code nor the journal's fold.
 *
 * A conditional order is an order from its acceptance on; one that the journal holds back must not be at the exchange
 * before the journal has released it. A fill that the exchange took back may be in the journal only as taken back there.
 *
 * Orders are joined by client id. An id that the exchange accepted twice is a doubled order, even where the first was
 * already closed. Quantities are compared exactly, as decimals.
 */
import * as Amount from "@outcry/model/Amount"
import type { LogLine } from "./AcceptLog.ts"

/** A row of the journal. `payload` holds decimals as text; what is not an order's fact is passed over. */
export interface JournalOrderFact {
  readonly entityId: string
  readonly seq: number
  readonly type: string
  readonly payload: Readonly<Record<string, unknown>>
}

export interface Finding {
  readonly clientOrderId: string
  /** What was found, in a sentence. */
  readonly reason: string
}

export interface Verdict {
  /** Orders that both sides know and agree on. */
  readonly ordersJoined: number
  /** Accepted by the exchange and unknown to the journal or given up for good; or accepted only by the journal. */
  readonly ordersLost: ReadonlyArray<Finding>
  readonly ordersDuplicated: ReadonlyArray<Finding>
  /** Fills missing, doubled or different; a closed order counts as open or the reverse. */
  readonly misfilled: ReadonlyArray<Finding>
  /** Accepted with our prefix but intended by nobody. Each of them is also lost. */
  readonly foreign: ReadonlyArray<string>
  /** In flight at the end: open at the exchange, or accepted there with the answer not yet in the journal. */
  readonly open: ReadonlyArray<string>
  /** What the journal cannot tell the fate of, whether the exchange knows it or not. */
  readonly unknown: ReadonlyArray<string>
  /** Orders that the exchange never accepted, by how the journal says they ended. */
  readonly notPlaced: ReadonlyArray<string>
  readonly rejected: ReadonlyArray<string>
  /** Kept back by the journal for a trigger or another order, and not released: nothing to look for at the exchange. */
  readonly held: ReadonlyArray<string>
  /** Intents of which neither an end nor an acceptance is in the journal, and which the exchange never saw. */
  readonly pending: ReadonlyArray<string>
}

interface Fill {
  readonly price: Amount.Amount
  readonly quantity: Amount.Amount
}

interface Accepted {
  readonly venueOrderIds: Array<string>
  readonly fills: Map<string, Fill>
  readonly busted: Set<string>
  quantity: Amount.Amount
  /** What was ever traded: a bust opens no order again. */
  filled: Amount.Amount
  closed: boolean
}

type Fate = "intended" | "accepted" | "rejected" | "notPlaced" | "unknown"

interface Journalled {
  readonly entities: Set<string>
  readonly fills: Map<string, Array<Fill>>
  readonly busted: Set<string>
  /** Filled on an operator's word: the trade has no id. */
  vouched: Amount.Amount
  /** Kept back, and not yet released to the exchange. */
  held: boolean
  readonly venueOrderIds: Set<string>
  intents: number
  fate: Fate
  closed: boolean
}

const amountOf = (value: unknown): Amount.Amount => Amount.parse(String(value)) ?? -1n

/** Of the trade ids that stand for an operator's word. */
const vouchedPrefix = "operator:"

const fatesByType: Readonly<Record<string, Fate>> = {
  OrderAccepted: "accepted",
  OrderRejected: "rejected",
  OrderNotPlaced: "notPlaced",
  OrderUnknown: "unknown"
}

const readLog = (lines: Iterable<LogLine>, prefix: string): Map<string, Accepted> => {
  const orders = new Map<string, Accepted>()
  for (const line of lines) {
    if (line.type === "start") {
      // What stood open died with the exchange.
      for (const order of orders.values()) order.closed = true
      continue
    }
    if (!line.clientOrderId.startsWith(prefix)) continue
    const order = orders.get(line.clientOrderId)
    if (line.type === "order") {
      const fresh = {
        venueOrderIds: [line.venueOrderId],
        fills: new Map(),
        busted: new Set<string>(),
        quantity: amountOf(line.quantity),
        filled: 0n,
        closed: false
      }
      if (order === undefined) orders.set(line.clientOrderId, fresh)
      else {
        order.venueOrderIds.push(line.venueOrderId)
        order.quantity += amountOf(line.quantity)
        order.closed = false
      }
      continue
    }
    if (order === undefined) continue
    if (line.type === "amend") {
      order.quantity = amountOf(line.quantity)
    } else if (line.type === "bust") {
      const key = `${line.symbol} ${line.tradeId}`
      order.busted.add(key)
      order.fills.delete(key)
    } else if (line.type === "fill") {
      order.fills.set(`${line.symbol} ${line.tradeId}`, {
        price: amountOf(line.price),
        quantity: amountOf(line.quantity)
      })
      order.filled += amountOf(line.quantity)
      if (order.quantity > 0n && order.filled >= order.quantity) order.closed = true
    } else order.closed = true
  }
  return orders
}

/** `symbol tradeId`, the exchange's name of a fill; an instrument `sim:BTC/USDT` is its symbol `BTCUSDT`. */
const fillKey = (payload: JournalOrderFact["payload"], instrument: string): string =>
  `${(instrument.split(":").at(-1) ?? "").replace("/", "")} ${String(payload["venueTradeId"])}`

const readJournal = (facts: Iterable<JournalOrderFact>, prefix: string): Map<string, Journalled> => {
  const orders = new Map<string, Journalled>()
  const instruments = new Map<string, string>()
  for (const { entityId, payload, type } of facts) {
    const clientOrderId = payload["clientOrderId"]
    if (typeof clientOrderId !== "string" || !clientOrderId.startsWith(prefix)) continue
    // It names the order that it did not become.
    if (type === "IntentRefused") continue
    let order = orders.get(clientOrderId)
    if (order === undefined) {
      order = {
        entities: new Set(),
        fills: new Map(),
        busted: new Set<string>(),
        vouched: 0n,
        held: false,
        venueOrderIds: new Set(),
        intents: 0,
        fate: "intended",
        closed: false
      }
      orders.set(clientOrderId, order)
    }
    order.entities.add(entityId)
    if (typeof payload["instrument"] === "string") instruments.set(clientOrderId, payload["instrument"])
    if (type === "OrderIntended") {
      order.intents++
      order.held = payload["placement"] === "held"
    }
    if (type === "OrderReleased") order.held = false
    const fate = fatesByType[type]
    // An acceptance found later settles an unknown or given-up order; nothing un-accepts one.
    if (fate !== undefined && order.fate !== "accepted") order.fate = fate
    const { venueOrderId } = payload
    if (type === "OrderAccepted" && typeof venueOrderId === "string") order.venueOrderIds.add(venueOrderId)
    if (type === "OrderFilled" && String(payload["venueTradeId"]).startsWith(vouchedPrefix)) {
      order.fate = "accepted"
      order.vouched += amountOf(payload["quantity"])
    } else if (type === "OrderFilled") {
      order.fate = "accepted"
      const key = fillKey(payload, instruments.get(clientOrderId) ?? "")
      const fills = order.fills.get(key) ?? []
      fills.push({ price: amountOf(payload["price"]), quantity: amountOf(payload["quantity"]) })
      order.fills.set(key, fills)
    }
    if (type === "FillBusted") order.busted.add(fillKey(payload, instruments.get(clientOrderId) ?? ""))
    if (type === "OrderCanceled" || type === "OrderExpired") order.closed = true
  }
  return orders
}

const fillFindings = (accepted: Accepted, journalled: Journalled): ReadonlyArray<string> => {
  const reasons: Array<string> = []
  let missing = 0n
  for (const [key, fill] of accepted.fills) {
    const ours = journalled.fills.get(key) ?? []
    if (ours.length === 0) missing += fill.quantity
    if (ours.length > 0 && journalled.busted.has(key)) reasons.push(`fill ${key} was taken back only by the journal`)
    if (ours.length === 0 && accepted.closed && journalled.vouched === 0n)
      reasons.push(`fill ${key} is missing from the journal`)
    if (ours.length > 1) reasons.push(`fill ${key} is in the journal ${ours.length} times`)
    for (const { price, quantity } of ours) {
      if (quantity !== fill.quantity)
        reasons.push(`fill ${key} has quantity ${Amount.format(quantity)}, not ${Amount.format(fill.quantity)}`)
      if (price !== fill.price)
        reasons.push(`fill ${key} has price ${Amount.format(price)}, not ${Amount.format(fill.price)}`)
    }
  }
  for (const key of journalled.fills.keys()) {
    if (accepted.fills.has(key)) continue
    if (!accepted.busted.has(key)) reasons.push(`fill ${key} never happened at the exchange`)
    else if (!journalled.busted.has(key))
      reasons.push(`fill ${key} was taken back by the exchange and stands in the journal`)
  }
  if (journalled.vouched > 0n && journalled.vouched !== missing) {
    const [said, found] = [journalled.vouched, missing].map((amount) => Amount.format(amount))
    reasons.push(`an operator says that ${said} was filled, and at the exchange it is ${found}`)
  }
  return reasons
}

/** Joins both sides; only orders whose client id begins with `prefix` are ours. */
export const check = (input: {
  readonly acceptLog: Iterable<LogLine>
  readonly journal: Iterable<JournalOrderFact>
  readonly prefix: string
}): Verdict => {
  const accepted = readLog(input.acceptLog, input.prefix)
  const journalled = readJournal(input.journal, input.prefix)
  const lost: Array<Finding> = []
  const duplicated: Array<Finding> = []
  const misfilled: Array<Finding> = []
  const foreign: Array<string> = []
  const open: Array<string> = []
  const ended: Record<"unknown" | "notPlaced" | "rejected" | "intended", Array<string>> = {
    unknown: [],
    notPlaced: [],
    rejected: [],
    intended: []
  }
  const held: Array<string> = []
  let joined = 0

  for (const [clientOrderId, order] of accepted) {
    const ours = journalled.get(clientOrderId)
    if (order.venueOrderIds.length > 1) {
      const ids = order.venueOrderIds.join(", ")
      duplicated.push({ clientOrderId, reason: `the exchange accepted it ${order.venueOrderIds.length} times: ${ids}` })
    }
    if (ours === undefined || ours.intents === 0) {
      foreign.push(clientOrderId)
      lost.push({ clientOrderId, reason: "the exchange accepted it, and no intent of it is in the journal" })
      continue
    }
    if (ours.held) {
      lost.push({ clientOrderId, reason: "the exchange accepted it, and the journal has not released it" })
      continue
    }
    if (ours.fate === "rejected" || ours.fate === "notPlaced") {
      lost.push({ clientOrderId, reason: `the exchange accepted it, and the journal says ${ours.fate}` })
      continue
    }
    if (ours.fate === "unknown" || ours.fate === "intended") {
      // The journal has not had its answer yet, and says so: in flight, whatever has become of it at the exchange.
      const list = ours.fate === "unknown" ? ended.unknown : open
      list.push(clientOrderId)
      continue
    }
    const strange = [...ours.venueOrderIds].filter((id) => !order.venueOrderIds.includes(id))
    if (strange.length > 0) {
      lost.push({
        clientOrderId,
        reason: `the journal says the exchange's id is ${strange.join(", ")}, which it never gave`
      })
      continue
    }
    const reasons = [...fillFindings(order, ours)]
    if (ours.closed && !order.closed) reasons.push("the journal says that it is closed, and it is open at the exchange")
    if (order.closed && !ours.closed && order.filled < order.quantity) {
      reasons.push("it is closed at the exchange, and the journal has no end of it")
    }
    for (const reason of reasons) misfilled.push({ clientOrderId, reason })
    if (!order.closed) open.push(clientOrderId)
    if (reasons.length === 0) joined++
  }

  for (const [clientOrderId, order] of journalled) {
    if (order.intents > 1) {
      duplicated.push({ clientOrderId, reason: `the journal intended it ${order.intents} times` })
    }
    if (order.entities.size > 1) {
      duplicated.push({ clientOrderId, reason: `several accounts use it: ${[...order.entities].join(", ")}` })
    }
    if (accepted.has(clientOrderId)) continue
    if (order.fate === "accepted") {
      lost.push({ clientOrderId, reason: "the journal says it was accepted, and the exchange never saw it" })
    } else if (order.held && order.fate === "intended") held.push(clientOrderId)
    else ended[order.fate].push(clientOrderId)
  }

  return {
    ordersJoined: joined,
    ordersLost: lost,
    ordersDuplicated: duplicated,
    misfilled,
    foreign,
    open,
    unknown: ended.unknown,
    notPlaced: ended.notPlaced,
    rejected: ended.rejected,
    held,
    pending: ended.intended
  }
}
