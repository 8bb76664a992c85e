/**
 * Placing and canceling: one request each, valid until its deadline at the venue as here, and every ending a value.
 * Requests of one session run side by side; cancels have connections of their own.
 */
import * as Instrument from "@outcry/model/Instrument"
import { Effect } from "effect"
import type { CancelOrder, CancelOutcome, PlaceOrder, PlaceOutcome } from "../Execution.ts"
import * as AccountReads from "./AccountReads.ts"
import * as Classify from "./Classify.ts"
import * as VenueCall from "./VenueCall.ts"
import { MalformedReport, orderReply } from "./VenueReport.ts"

export const place = (venue: VenueCall.Venue, request: PlaceOrder): Effect.Effect<PlaceOutcome> =>
  Effect.gen(function* (): Effect.fn.Return<PlaceOutcome> {
    const { clientOrderId, instrument, terms } = request
    const ready = yield* AccountReads.prepared(venue)
    if (ready._tag === "Unreachable") return { _tag: "NotSent", reason: `no markets from the venue: ${ready.reason}` }
    VenueCall.know(venue, instrument)
    const limit = terms.type === "limit"
    const price = limit ? Instrument.priceText(instrument, terms.priceTicks) : undefined
    const quantity = Instrument.quantityText(instrument, terms.lots)
    const validity = { timeUs: request.timeIntent, deadlineUs: request.deadlineUs }
    const answer = yield* VenueCall.call(venue, validity, (client, stamp) =>
      client.createOrder(instrument.symbol, terms.type, terms.side, quantity, price, {
        ...stamp,
        newClientOrderId: clientOrderId,
        ...(limit && (terms.postOnly ? { postOnly: true } : { timeInForce: terms.timeInForce }))
      })
    )
    switch (answer._tag) {
      case "NotSent":
      case "Unknown":
        return answer
      case "Refused": {
        const { code, reason } = answer
        return Classify.isDuplicate(code, reason) ? { _tag: "Duplicate", code } : { _tag: "Rejected", code, reason }
      }
      case "Answered": {
        const report = orderReply(answer.value.info, VenueCall.finder(venue))
        if (report instanceof MalformedReport) return { _tag: "Unknown", reason: report.message }
        if (report.order.clientOrderId !== clientOrderId || report.order.instrument !== instrument.id) {
          return { _tag: "Unknown", reason: "the venue's reply is about another order" }
        }
        return { _tag: "Accepted", order: report.order, fills: report.fills }
      }
    }
  })

/** Asked for again it does no harm, so whatever is not a clear answer is `Unknown`. */
export const cancel = (venue: VenueCall.Venue, request: CancelOrder): Effect.Effect<CancelOutcome> =>
  Effect.gen(function* (): Effect.fn.Return<CancelOutcome> {
    const { clientOrderId, instrument } = request
    const ready = yield* AccountReads.prepared(venue)
    if (ready._tag === "Unreachable") return { _tag: "Unknown", reason: `not sent: ${ready.reason}` }
    VenueCall.know(venue, instrument)
    const answer = yield* VenueCall.call(venue, VenueCall.validNow(venue), (client, stamp) =>
      client.cancelOrder("", instrument.symbol, { ...stamp, origClientOrderId: clientOrderId })
    )
    if (answer._tag === "Refused" && Classify.isNotOpen(answer.code)) return { _tag: "NotOpen", code: answer.code }
    if (answer._tag !== "Answered") return { _tag: "Unknown", reason: VenueCall.reasonOf(answer) }
    const report = orderReply(answer.value.info, VenueCall.finder(venue))
    if (report instanceof MalformedReport) return { _tag: "Unknown", reason: report.message }
    return { _tag: "Canceled", order: report.order }
  })
