/** Turns what the venue says into commands of the account. Pure. Fills come before the close that they belong to. */
import type { AccountCommand, ReportFill, ReportOrder } from "@outcry/model/AccountCommand"
import { from } from "@outcry/model/Amount"
import type { VenueFill, VenueOrder } from "@outcry/venue/Execution"

export const reportOrder = (order: VenueOrder): ReportOrder => ({
  type: "ReportOrder",
  clientOrderId: order.clientOrderId,
  venueOrderId: order.venueOrderId,
  instrument: order.instrument,
  status: order.status,
  terms: {
    side: order.side,
    type: order.type,
    priceTicks: order.priceTicks,
    lots: order.lots,
    timeInForce: "GTC",
    postOnly: false,
    ...(order.triggerTicks === 0 ? {} : { triggerTicks: order.triggerTicks })
  },
  filledLots: order.filledLots,
  timeVenue: order.timeVenue
})

export const reportFill = (fill: VenueFill): ReportFill => ({
  type: "ReportFill",
  clientOrderId: fill.clientOrderId,
  venueOrderId: fill.venueOrderId,
  venueTradeId: fill.venueTradeId,
  instrument: fill.instrument,
  side: fill.side,
  priceTicks: fill.priceTicks,
  lots: fill.lots,
  fee: from(fill.fee),
  feeAsset: fill.feeAsset,
  liquidity: fill.liquidity,
  timeVenue: fill.timeVenue
})

/** An order found at the venue with its fills: first that it is there, then what it traded, then how it ended. */
export const reportsOf = (order: VenueOrder, fills: ReadonlyArray<VenueFill>): ReadonlyArray<AccountCommand> => {
  const mine = fills.map((fill) => reportFill({ ...fill, clientOrderId: order.clientOrderId }))
  if (order.status === "rejected") return [reportOrder(order)]
  const accepted: AccountCommand = { ...reportOrder(order), status: "open" }
  const ended = order.status === "canceled" || order.status === "expired"
  return ended ? [accepted, ...mine, reportOrder(order)] : [accepted, ...mine]
}
