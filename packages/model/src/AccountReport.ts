/**
 * What follows from a venue's report on one order or fill. Reports repeat, overtake one another and come late: each is
 * compared with what is known, and says nothing, a fact along the transition table, or a flagged difference.
 */
import type * as Command from "./AccountCommand.ts"
import { type AccountEvent, fillKey, tradeKey } from "./AccountEvent.ts"
import { type AccountState, findOrder, flagKey, instrumentAt } from "./AccountState.ts"
import { isOurs } from "./ClientOrderId.ts"
import { isClosed, isSleeping, type Order, type OrderInput, remainingLots, transition } from "./Order.ts"
import { findReported, requantise } from "./OrderLedger.ts"
import { isCount } from "./OrderTermsCheck.ts"
import { planted } from "./Planted.ts"

/** Takes one fact, and applies it before the next is decided. */
export type Take = (event: AccountEvent) => void

/** Flags a difference, once: a look-up that finds it again adds nothing to the journal. */
export const flag = (state: AccountState, clientOrderId: string, detail: string, take: Take): void => {
  if (!state.flagged.has(flagKey(clientOrderId, detail))) take({ type: "DifferenceFlagged", clientOrderId, detail })
}

/** Takes `event` where the table allows its input, and flags what it forbids. */
const step = (state: AccountState, order: Order, input: OrderInput, event: AccountEvent, take: Take): void => {
  if (transition(order.status, input) === undefined)
    flag(state, order.clientOrderId, `${input} while ${order.status}`, take)
  else take(event)
}

/** Whether what is left of an order can be counted in today's lots, should it come back to life. */
const fitsToday = (state: AccountState, order: Order, lots: number): boolean => {
  const today = state.instruments.get(order.instrument)!
  if (today.version === order.instrumentVersion) return true
  return requantise(lots, instrumentAt(state, order.instrument, order.instrumentVersion), today) !== undefined
}

/**
 * Our name of an order placed outside. Not every one has a client id; the venue's then stands in, which is unique within
 * its instrument only.
 */
export const externalIdOf = (state: AccountState, report: Command.ReportOrder): string => {
  if (report.clientOrderId !== "") return report.clientOrderId
  const taken = findOrder(state, report.venueOrderId) !== undefined
  return taken ? `${report.venueOrderId}@${report.instrument}` : report.venueOrderId
}

const adopt = (state: AccountState, report: Command.ReportOrder, take: Take): void => {
  const instrument = state.instruments.get(report.instrument)
  if (report.status !== "open" || instrument === undefined) return
  if (isOurs(report.clientOrderId))
    return flag(state, report.clientOrderId, "foreign writer: our form of id, in no journal", take)
  take({
    type: "ExternalOrderAdopted",
    clientOrderId: externalIdOf(state, report),
    venueOrderId: report.venueOrderId,
    instrument: report.instrument,
    instrumentVersion: instrument.version,
    terms: report.terms.type === "market" ? { ...report.terms, priceTicks: 0 } : report.terms,
    timeVenue: report.timeVenue
  })
}

const accept = (state: AccountState, order: Order, report: Command.ReportOrder, take: Take): void => {
  const known = order.status !== "intended" && order.status !== "unknown" && order.status !== "notPlaced"
  if (known && (order.venueOrderId !== "" || report.venueOrderId === "")) return
  if (order.status === "notPlaced" && !fitsToday(state, order, remainingLots(order)))
    return flag(state, order.clientOrderId, "came to light in lots that the instrument no longer has", take)
  step(
    state,
    order,
    "accepted",
    {
      type: "OrderAccepted",
      clientOrderId: order.clientOrderId,
      venueOrderId: report.venueOrderId === "" ? order.venueOrderId : report.venueOrderId,
      timeVenue: report.timeVenue
    },
    take
  )
}

/** An order as the venue shows it. Ours moves along the table; one we do not know is adopted as external. */
export const reportOrder = (state: AccountState, report: Command.ReportOrder, take: Take): void => {
  const order = findReported(state, report)
  if (order === undefined) return adopt(state, report, take)
  const id = order.clientOrderId
  if (order.instrument !== report.instrument)
    return flag(state, id, `is of ${order.instrument}, shown as ${report.instrument}`, take)
  if (order.venueOrderId !== "" && report.venueOrderId !== "" && order.venueOrderId !== report.venueOrderId)
    return flag(state, id, `shown twice by the venue: as ${order.venueOrderId} and as ${report.venueOrderId}`, take)
  if (report.status === "rejected") return reject(state, order, "", "rejected by the venue", take)
  if (order.status === "rejected") return flag(state, id, `shown as ${report.status} though rejected`, take)
  if (report.status === "open" || report.status === "filled") return accept(state, order, report, take)
  if (order.status === report.status || order.status === "filled") return
  // The fills that belong to it come first: a close before them would release what they still need.
  if (report.filledLots > order.filledLots && !isClosed(order.status) && !planted("cancelTakenForEnd")) return
  // Its id at the venue is known from now on, so that late fills find it.
  if (order.venueOrderId === "" && report.venueOrderId !== "") accept(state, order, report, take)
  step(
    state,
    order,
    report.status,
    {
      type: report.status === "canceled" ? "OrderCanceled" : "OrderExpired",
      clientOrderId: id,
      timeVenue: report.timeVenue
    },
    take
  )
}

const reject = (state: AccountState, order: Order, code: string, reason: string, take: Take): void => {
  if (order.status === "rejected") return
  step(state, order, "rejected", { type: "OrderRejected", clientOrderId: order.clientOrderId, code, reason }, take)
}

/** How the request for an order, or for its cancel, ended. Any evidence from the venue outweighs the lack of an answer. */
export const reportOutcome = (
  state: AccountState,
  report:
    | Command.ReportRejected
    | Command.ReportUnknown
    | Command.ReportForgotten
    | Command.ReportNotPlaced
    | Command.ReportCancelRefused,
  take: Take
): void => {
  const { clientOrderId } = report
  const order = findOrder(state, clientOrderId)
  if (order === undefined)
    return flag(state, clientOrderId, "a report on an order that this account does not know", take)
  switch (report.type) {
    case "ReportRejected":
      return reject(state, order, report.code, report.reason, take)
    case "ReportUnknown":
      if (order.status === "intended") take({ type: "OrderUnknown", clientOrderId, reason: report.reason })
      return
    case "ReportForgotten":
      if (order.status === "working" || order.status === "pendingCancel")
        take({ type: "OrderUnknown", clientOrderId, reason: report.reason })
      return
    case "ReportNotPlaced":
      if (order.status === "intended" || order.status === "unknown")
        take({ type: "OrderNotPlaced", clientOrderId, reason: report.reason })
      return
    case "ReportCancelRefused":
      // Whatever the order went through since: a refused cancel may be asked for again.
      if (order.cancelRequested && !isClosed(order.status))
        take({ type: "CancelRefused", clientOrderId, code: report.code })
  }
}

/** Whether an execution was booked: its order still knows it where others have pushed it out of the account's memory. */
const isBooked = (
  state: AccountState,
  order: Order | undefined,
  report: Command.ReportFill | Command.ReportBust
): boolean => {
  const key = tradeKey(report)
  if (state.fillKeys.get(report.instrument)?.has(key) === true) return true
  return order?.instrument === report.instrument && order.tradeKeys?.has(key) === true
}

const faultOf = (state: AccountState, order: Order, report: Command.ReportFill): string | undefined => {
  if (order.instrument !== report.instrument) return `is of ${report.instrument}, its order of ${order.instrument}`
  if (report.venueTradeId === "") return `of ${report.lots} lots at ${report.timeVenue} has no trade id`
  if (order.terms.side !== report.side) return "is on the other side"
  if (!isCount(report.lots) || !isCount(report.priceTicks)) return "is not of whole lots and ticks"
  if (report.lots > remainingLots(order)) return "exceeds the order's rest"
  if (!fitsToday(state, order, report.lots)) return "does not fit the instrument's new lots"
  if (order.status === "notPlaced" && !fitsToday(state, order, remainingLots(order)))
    return "brings an order to life in lots that the instrument no longer has"
  return undefined
}

/**
 * Our own execution. Each counts once; one that fits no order is flagged and not booked. What is booked under an id is in
 * its order's count: where it cannot be, the venue has given the id to another execution.
 */
export const reportFill = (state: AccountState, report: Command.ReportFill, take: Take): void => {
  const order = findReported(state, report)
  if (isBooked(state, order, report) && !planted("fillCountedTwice")) {
    if (order !== undefined && order.filledLots === 0 && !state.bustedKeys.has(fillKey(report)))
      flag(state, order.clientOrderId, `fill ${fillKey(report)} bears the id of another: not booked`, take)
    return
  }
  if (order === undefined)
    return flag(
      state,
      report.clientOrderId,
      `fill ${fillKey(report)} belongs to no order that this account knows`,
      take
    )
  if (isClosed(order.status) && planted("cancelTakenForEnd")) return
  const fault = faultOf(state, order, report)
  if (fault !== undefined) return flag(state, order.clientOrderId, `fill ${fillKey(report)} ${fault}`, take)
  const input = report.lots === remainingLots(order) ? "filled" : "partlyFilled"
  if (transition(order.status, input) === undefined)
    return flag(state, order.clientOrderId, `fill ${fillKey(report)} while ${order.status}`, take)
  if (order.status === "rejected")
    flag(state, order.clientOrderId, "filled by the venue though it had rejected it: booked", take)
  take({
    type: "OrderFilled",
    clientOrderId: order.clientOrderId,
    venueTradeId: report.venueTradeId,
    instrument: order.instrument,
    instrumentVersion: order.instrumentVersion,
    side: report.side,
    priceTicks: report.priceTicks,
    lots: report.lots,
    fee: report.fee,
    feeAsset: report.feeAsset,
    liquidity: report.liquidity,
    timeVenue: report.timeVenue
  })
  // Lost from sight and alive: the cancel that it was asked for goes out now.
  if (order.cancelRequested && order.status === "working")
    take({
      type: "CancelRequested",
      clientOrderId: order.clientOrderId,
      strategy: "",
      intentSeq: 0,
      cause: undefined,
      by: "account",
      reason: "it fills though its cancel was asked for"
    })
}

/** More is filled than executions are listed for: known provisionally, until they come. */
export const reportExecuted = (state: AccountState, report: Command.ReportExecuted, take: Take): void => {
  const { clientOrderId } = report
  const order = findOrder(state, clientOrderId)
  if (order === undefined) return flag(state, clientOrderId, "executed, though this account does not know it", take)
  const lots = Math.min(report.filledLots, order.terms.lots) - order.filledLots
  const priceTicks = report.averageTicks
  if (priceTicks !== 0 && !isCount(priceTicks))
    return flag(state, clientOrderId, `executed at ${priceTicks} ticks, which is no price`, take)
  if (!Number.isSafeInteger(lots) || lots < 0 || lots === order.inferredLots || isSleeping(order.status)) return
  take({
    type: "FillInferred",
    clientOrderId,
    instrument: order.instrument,
    instrumentVersion: order.instrumentVersion,
    lots,
    priceTicks,
    timeVenue: report.timeVenue
  })
}

/** An execution that was booked and that the venue has taken back. One that was never booked says nothing. */
export const reportBust = (state: AccountState, report: Command.ReportBust, take: Take): void => {
  const key = fillKey(report)
  const order = findOrder(state, report.clientOrderId)
  if (state.bustedKeys.has(key) || !isBooked(state, order, report)) return
  if (order === undefined)
    return flag(state, report.clientOrderId, `bust ${key} of an order that is out of memory: correct its balance`, take)
  if (order.instrument !== report.instrument || order.terms.side !== report.side || report.lots > order.filledLots)
    return flag(state, order.clientOrderId, `bust ${key} does not fit what was booked`, take)
  if (!isCount(report.lots) || !isCount(report.priceTicks) || !fitsToday(state, order, report.lots))
    return flag(state, order.clientOrderId, `bust ${key} is not of whole lots and ticks`, take)
  take({
    type: "FillBusted",
    clientOrderId: order.clientOrderId,
    venueTradeId: report.venueTradeId,
    instrument: order.instrument,
    instrumentVersion: order.instrumentVersion,
    side: report.side,
    priceTicks: report.priceTicks,
    lots: report.lots,
    fee: report.fee,
    feeAsset: report.feeAsset,
    reason: report.reason
  })
}

export const reportFunding = (state: AccountState, report: Command.ReportFunding, take: Take): void => {
  if (state.fundingIds.has(report.venueFundingId)) return
  const { amount, asset, instrument, timeVenue, venueFundingId } = report
  take({ type: "FundingPaid", instrument, asset, amount, venueFundingId, timeVenue })
}
