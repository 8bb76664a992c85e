/** A fact of an order's life in the words of the trade. Pure. */
import type { AccountEvent, Mark } from "@outcry/model/AccountEvent"
import * as Amount from "@outcry/model/Amount"
import { type Instrument, priceText, quantityText } from "@outcry/model/Instrument"
import type { OrderTerms } from "@outcry/model/Order"

const withReason = (text: string, reason: string): string => (reason === "" ? text : `${text}: ${reason}`)

export const markText = (instrument: Instrument, mark: Mark): string =>
  `${priceText(instrument, mark.bidTicks)} / ${priceText(instrument, mark.askTicks)}`

/** `buy 0.01000 sim:BTC/USDT limit 60000.00 GTC post-only`. */
export const termsText = (instrument: Instrument, terms: OrderTerms): string =>
  [
    terms.side,
    quantityText(instrument, terms.lots),
    instrument.id,
    terms.type,
    ...(terms.priceTicks === 0 ? [] : [priceText(instrument, terms.priceTicks)]),
    ...(terms.triggerTicks === undefined ? [] : [`trigger ${priceText(instrument, terms.triggerTicks)}`]),
    ...(terms.trailTicks === undefined ? [] : [`trail ${priceText(instrument, terms.trailTicks)}`]),
    ...(terms.trailBps === undefined ? [] : [`trail ${terms.trailBps / 100}%`]),
    terms.timeInForce,
    ...(terms.expiresUs === undefined ? [] : [`until ${new Date(terms.expiresUs / 1_000).toISOString()}`]),
    ...(terms.postOnly ? ["post-only"] : []),
    ...(terms.reduceOnly === true ? ["reduce-only"] : []),
    ...(terms.displayLots === undefined ? [] : [`showing ${quantityText(instrument, terms.displayLots)}`])
  ].join(" ")

const byText = (by: string, reason: string): string => withReason(by === "" ? "by its strategy" : `by ${by}`, reason)

/** What a fact says beside its name; empty where the name says it all. */
export const factText = (instrument: Instrument, event: AccountEvent): string => {
  switch (event.type) {
    case "OrderIntended":
      return event.placement === "held"
        ? "kept here until its time comes"
        : `may reach the venue within ${Math.round((event.deadlineUs - event.timeIntent) / 1_000)} ms`
    case "OrderTriggered":
      return `its trigger was touched at ${markText(instrument, event.mark)}`
    case "TrailMoved":
      return `trigger now ${priceText(instrument, event.triggerTicks)}`
    case "OrderReleased":
      return `goes out as ${termsText(instrument, event.terms)} at ${markText(instrument, event.mark)}`
    case "IntentRefused":
      return withReason(event.reason, event.detail)
    case "CancelRequested":
      return byText(event.by, event.reason)
    case "OrderAccepted":
      return `venue id ${event.venueOrderId}`
    case "OrderRejected":
      return withReason(event.code, event.reason)
    case "OrderUnknown":
    case "OrderNotPlaced":
      return event.reason
    case "CancelRefused":
      return event.code
    case "OrderFilled":
      return `${quantityText(instrument, event.lots)} at ${priceText(instrument, event.priceTicks)}, ${event.liquidity}, fee ${Amount.format(event.fee)} ${event.feeAsset}, trade ${event.venueTradeId}`
    case "FillInferred":
      return `${quantityText(instrument, event.lots)} by the venue's count, the executions still to come`
    case "FillBusted":
      return withReason(
        `trade ${event.venueTradeId} of ${quantityText(instrument, event.lots)} at ${priceText(instrument, event.priceTicks)} taken back`,
        event.reason
      )
    case "OrderResolved":
      return `as ${event.as} by ${withReason(event.by, event.reason)}`
    case "ProtectionLost":
    case "DifferenceFlagged":
      return event.detail
    case "ExternalOrderAdopted":
      return "found at the venue, not ours"
    default:
      return ""
  }
}
