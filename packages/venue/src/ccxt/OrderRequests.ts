/**
 * Placing and canceling: one request each, valid until its deadline at the venue as here, and every ending a value.
 * Requests of one session run side by side; cancels have connections of their own.
 */
import * as Amount from "@outcry/model/Amount"
import * as Instrument from "@outcry/model/Instrument"
import type { OrderTerms } from "@outcry/model/Order"
import { Effect } from "effect"
import { wireTypes } from "../binance/OrderRules.ts"
import { weights } from "../binance/SpotLimits.ts"
import type { CancelOrder, CancelOutcome, PlaceOrder, PlaceOutcome, VenueOrder } from "../Execution.ts"
import * as AccountReads from "./AccountReads.ts"
import * as Classify from "./Classify.ts"
import * as VenueCall from "./VenueCall.ts"
import { MalformedReport, orderReply } from "./VenueReport.ts"

const hasLimit = ({ type }: OrderTerms): boolean =>
  type === "limit" || type === "stopLimit" || type === "takeProfitLimit"

/** Decimal percent of basis points, exactly: 125 is "1.25". */
const percentText = (bps: number): string => `${Math.floor(bps / 100)}.${String(bps % 100).padStart(2, "0")}`

/** ccxt's parameters beyond type, side, quantity and price. Reduce-only and GTD are the account's own business. */
export const paramsOf = (
  instrument: Instrument.Instrument,
  terms: OrderTerms
): Readonly<Record<string, string | boolean>> => {
  const { displayLots, postOnly, timeInForce, trailBps, triggerTicks, type } = terms
  const trigger = type !== "trailingStop" && triggerTicks !== undefined && type !== "limit" && type !== "market"
  return {
    ...(hasLimit(terms) &&
      (postOnly && type === "limit"
        ? { postOnly: true }
        : { timeInForce: timeInForce === "GTD" ? "GTC" : timeInForce })),
    ...(trigger && { stopPrice: Instrument.priceText(instrument, triggerTicks) }),
    // ccxt turns it into trailingDelta, in basis points.
    ...(type === "trailingStop" && trailBps !== undefined && { trailingPercent: percentText(trailBps) }),
    ...(displayLots !== undefined && { icebergQty: Instrument.quantityText(instrument, displayLots) })
  }
}

interface OrderTexts {
  readonly price: string | undefined
  readonly trigger: string | undefined
  readonly quantity: string
  readonly displayQuantity: string | undefined
}

const textsOf = (
  instrument: Instrument.Instrument,
  terms: OrderTerms,
  { icebergQty, stopPrice }: ReturnType<typeof paramsOf>
): OrderTexts => ({
  price: hasLimit(terms) ? Instrument.priceText(instrument, terms.priceTicks) : undefined,
  trigger: typeof stopPrice === "string" ? stopPrice : undefined,
  quantity: Instrument.quantityText(instrument, terms.lots),
  displayQuantity: typeof icebergQty === "string" ? icebergQty : undefined
})

/**
 * ccxt rounds prices and cuts quantities to the venue's sizes of now without a word. Where that would send another
 * order than the one that was decided on: what would become of it.
 */
const alteration = ({ client }: VenueCall.Venue, { id, symbol }: Instrument.Instrument, texts: OrderTexts) => {
  const { displayQuantity, price, quantity, trigger } = texts
  const asPrice = (text: string): string => client.priceToPrecision(symbol, text)
  const asQuantity = (text: string): string => client.amountToPrecision(symbol, text)
  for (const [field, text, fitted] of [
    ["price", price, asPrice],
    ["trigger", trigger, asPrice],
    ["quantity", quantity, asQuantity],
    ["display quantity", displayQuantity, asQuantity]
  ] as const) {
    if (text === undefined) continue
    try {
      const sent = fitted(text)
      if (Amount.parse(sent) !== Amount.parse(text))
        return `the sizes of ${id} have changed at the venue: ${field} ${text} would be sent as ${sent}`
    } catch (error) {
      return `${field} ${text} of ${id} cannot be sent: ${Classify.redact(String(error))}`
    }
  }
  return undefined
}

/** In what the venue's order differs from the one it was sent. */
const difference = (instrument: Instrument.Instrument, terms: OrderTerms, order: VenueOrder): string | undefined => {
  if (order.lots !== terms.lots)
    return `the venue's order is of ${Instrument.quantityText(instrument, order.lots)}, not of ${Instrument.quantityText(instrument, terms.lots)}`
  if (hasLimit(terms) && order.priceTicks !== terms.priceTicks)
    return `the venue's order is at ${Instrument.priceText(instrument, order.priceTicks)}, not at ${Instrument.priceText(instrument, terms.priceTicks)}`
  return undefined
}

export const place = (venue: VenueCall.Venue, request: PlaceOrder): Effect.Effect<PlaceOutcome> =>
  Effect.gen(function* (): Effect.fn.Return<PlaceOutcome> {
    const { clientOrderId, instrument, terms } = request
    const ready = yield* AccountReads.prepared(venue, "place")
    if (ready._tag === "Unreachable") return { _tag: "NotSent", reason: `no markets from the venue: ${ready.reason}` }
    VenueCall.know(venue, instrument)
    if (terms.type === "trailingStop" && terms.trailBps === undefined)
      return { _tag: "NotSent", reason: "the venue trails by percent only: emulate a trail by amount" }
    const params = paramsOf(instrument, terms)
    const texts = textsOf(instrument, terms, params)
    const altered = alteration(venue, instrument, texts)
    if (altered !== undefined) return { _tag: "NotSent", reason: altered }
    const { price, quantity } = texts
    const type = terms.type === "limit" || terms.type === "market" ? terms.type : wireTypes[terms.type]
    const validity = { timeUs: request.timeIntent, deadlineUs: request.deadlineUs }
    const answer = yield* VenueCall.call(
      venue,
      { purpose: "place", weight: weights.placeOrder, validity },
      (client, stamp) =>
        client.createOrder(instrument.symbol, type, terms.side, quantity, price, {
          ...stamp,
          newClientOrderId: clientOrderId,
          ...params
        })
    )
    const wire = answer.wire === undefined ? {} : { wire: answer.wire }
    switch (answer._tag) {
      case "NotSent":
      case "Unknown":
        return { _tag: answer._tag, reason: answer.reason, ...wire }
      case "Refused": {
        const { code, reason } = answer
        const duplicate = Classify.isDuplicate(code, reason)
        return duplicate ? { _tag: "Duplicate", code, ...wire } : { _tag: "Rejected", code, reason, ...wire }
      }
      case "Answered": {
        const report = orderReply(answer.value.info, VenueCall.known(venue))
        if (report instanceof MalformedReport) return { _tag: "Unknown", reason: report.message, ...wire }
        if (report.order.clientOrderId !== clientOrderId || report.order.instrument !== instrument.id) {
          return { _tag: "Unknown", reason: "the venue's reply is about another order", ...wire }
        }
        const differs = difference(instrument, terms, report.order)
        if (differs !== undefined) return { _tag: "Unknown", reason: differs, ...wire }
        return { _tag: "Accepted", order: report.order, fills: report.fills, ...wire }
      }
    }
  })

/** Asked for again it does no harm, so whatever is not a clear answer is `Unknown`. */
export const cancel = (venue: VenueCall.Venue, request: CancelOrder): Effect.Effect<CancelOutcome> =>
  Effect.gen(function* (): Effect.fn.Return<CancelOutcome> {
    const { clientOrderId, instrument } = request
    const ready = yield* AccountReads.prepared(venue, "cancel")
    if (ready._tag === "Unreachable") return { _tag: "Unknown", reason: `not sent: ${ready.reason}` }
    VenueCall.know(venue, instrument)
    const answer = yield* VenueCall.call(venue, { purpose: "cancel", weight: weights.cancelOrder }, (client, stamp) =>
      client.cancelOrder("", instrument.symbol, { ...stamp, origClientOrderId: clientOrderId })
    )
    if (answer._tag === "Refused" && Classify.isNotOpen(answer.code)) return { _tag: "NotOpen", code: answer.code }
    if (answer._tag !== "Answered") return { _tag: "Unknown", reason: VenueCall.reasonOf(answer) }
    const report = orderReply(answer.value.info, VenueCall.known(venue))
    if (report instanceof MalformedReport) return { _tag: "Unknown", reason: report.message }
    if (report.order.clientOrderId !== clientOrderId || report.order.instrument !== instrument.id) {
      return { _tag: "Unknown", reason: "the venue's reply is about another order" }
    }
    return { _tag: "Canceled", order: report.order }
  })
