/**
 * What became of an order of ours: open orders, then the order by its id, then history, then its fills.
 *
 * A client id may have been used before by an order that has ended. What was created before the intent is not ours;
 * where the venue's own id is known, both must fit. `Absent` needs a clear "no" from every source; an answer about another
 * order than the one asked for is no answer.
 */
import type { Instrument } from "@outcry/model/Instrument"
import { planted } from "@outcry/model/Planted"
import { Effect } from "effect"
import { weights } from "../binance/SpotLimits.ts"
import type { LookupOutcome, LookupOrder, Read, VenueFill } from "../Execution.ts"
import * as AccountReads from "./AccountReads.ts"
import * as Classify from "./Classify.ts"
import * as VenueCall from "./VenueCall.ts"
import { MalformedReport, orderReply, type ReportedOrder } from "./VenueReport.ts"

/** The venue stamps an order on receipt; clocks may disagree by the estimate's error and this much. */
const slackUs = 1_000_000

type Source = Read<ReportedOrder | undefined>

const nothing: Source = { _tag: "Ok", value: undefined }

export const lookup = (venue: VenueCall.Venue, request: LookupOrder): Effect.Effect<LookupOutcome> =>
  Effect.gen(function* (): Effect.fn.Return<LookupOutcome> {
    const { instrument } = request
    const ready = yield* AccountReads.prepared(venue, "lookup")
    if (ready._tag === "Unreachable") return { _tag: "Unclear", reason: ready.reason }
    VenueCall.know(venue, instrument)
    const { errorUs, offsetUs } = yield* venue.clock.estimate
    const earliestUs = request.timeIntent === undefined ? 0 : request.timeIntent + offsetUs - errorUs - slackUs
    const isOurs = ({ order, timeCreated }: ReportedOrder): boolean =>
      order.instrument === instrument.id &&
      order.clientOrderId === request.clientOrderId &&
      (request.venueOrderId === undefined
        ? timeCreated === 0 || timeCreated >= earliestUs
        : order.venueOrderId === request.venueOrderId)
    for (const source of [fromOpenOrders, fromOrder, fromHistory]) {
      const read = yield* source(venue, request, isOurs, earliestUs)
      if (read._tag === "Unreachable") return { _tag: "Unclear", reason: read.reason }
      if (read.value !== undefined) return yield* withFills(venue, instrument, read.value)
    }
    return { _tag: "Absent" }
  })

type Ask = (
  venue: VenueCall.Venue,
  request: LookupOrder,
  isOurs: (order: ReportedOrder) => boolean,
  earliestUs: number
) => Effect.Effect<Source>

const first = (
  venue: VenueCall.Venue,
  answer: VenueCall.Answer<ReadonlyArray<{ readonly info: unknown }>>,
  isOurs: (order: ReportedOrder) => boolean
): Source => {
  const read = AccountReads.readAll(answer, orderReply, VenueCall.known(venue))
  if (read._tag !== "Ok") return read
  return { _tag: "Ok", value: planted("firstOfListTrusted") ? read.value[0] : read.value.find(isOurs) }
}

const fromOpenOrders: Ask = (venue, { instrument }, isOurs) =>
  VenueCall.ask(venue, { purpose: "lookup", weight: weights.openOrders }, (client, stamp) =>
    client.fetchOpenOrders(instrument.symbol, undefined, undefined, stamp)
  ).pipe(Effect.map((answer) => first(venue, answer, isOurs)))

const fromOrder: Ask = (venue, { clientOrderId, instrument, venueOrderId }, isOurs) =>
  VenueCall.ask(venue, { purpose: "lookup", weight: weights.order }, (client, stamp) =>
    venueOrderId === undefined
      ? client.fetchOrder("", instrument.symbol, { ...stamp, origClientOrderId: clientOrderId })
      : client.fetchOrder(venueOrderId, instrument.symbol, stamp)
  ).pipe(
    Effect.map((answer): Source => {
      if (answer._tag === "Refused" && Classify.isAbsent(answer.code)) return nothing
      if (answer._tag !== "Answered") return VenueCall.toRead(answer)
      const report = orderReply(answer.value.info, VenueCall.known(venue))
      if (report instanceof MalformedReport) return { _tag: "Unreachable", reason: report.message }
      const { order } = report
      const isAskedFor =
        order.instrument === instrument.id &&
        order.clientOrderId === clientOrderId &&
        (venueOrderId === undefined || order.venueOrderId === venueOrderId)
      if (!isAskedFor) return { _tag: "Unreachable", reason: "the venue's answer is about another order" }
      return isOurs(report) ? { _tag: "Ok", value: report } : nothing
    })
  )

/** The day after the intent: orders by time, newest last. Without a time there is nothing to search by. */
const fromHistory: Ask = (venue, request, isOurs, earliestUs) =>
  Effect.gen(function* (): Effect.fn.Return<Source> {
    if (request.timeIntent === undefined) return nothing
    const dayMs = 86_400_000
    const startTime = Math.max(0, Math.floor(earliestUs / 1_000))
    for (let from: Readonly<Record<string, number>> = { startTime, endTime: startTime + dayMs - 1 }; ;) {
      const answer = yield* VenueCall.ask(venue, { purpose: "lookup", weight: weights.allOrders }, (client, stamp) =>
        client.fetchOrders(request.instrument.symbol, undefined, AccountReads.pageSize, { ...from, ...stamp })
      )
      const read = AccountReads.readAll(answer, orderReply, VenueCall.known(venue))
      if (read._tag === "Unreachable") return read
      const found = read.value.find(isOurs)
      if (found !== undefined) return { _tag: "Ok", value: found }
      if (read.value.length < AccountReads.pageSize) return nothing
      const newest = Math.max(...read.value.map(({ order }) => Number(order.venueOrderId)))
      from = { orderId: newest + 1 }
    }
  })

/** The order together with all its fills; a sum that falls short means that the venue has not caught up. */
const withFills = (
  venue: VenueCall.Venue,
  instrument: Instrument,
  { order }: ReportedOrder
): Effect.Effect<LookupOutcome> =>
  Effect.gen(function* (): Effect.fn.Return<LookupOutcome> {
    if (order.filledLots === 0) return { _tag: "Found", order, fills: [] }
    const fills: Array<VenueFill> = []
    for (let filter: Readonly<Record<string, string>> = { orderId: order.venueOrderId }; ;) {
      const page = yield* AccountReads.fillsPage(venue, instrument, filter, "lookup")
      if (page._tag === "Unreachable") return { _tag: "Unclear", reason: page.reason }
      for (const fill of page.value) {
        if (fill.venueOrderId === order.venueOrderId) fills.push({ ...fill, clientOrderId: order.clientOrderId })
      }
      const last = page.value.at(-1)
      if (last === undefined || page.value.length < AccountReads.pageSize) break
      filter = { orderId: order.venueOrderId, fromId: (BigInt(last.venueTradeId) + 1n).toString() }
    }
    const lots = fills.reduce((sum, fill) => sum + fill.lots, 0)
    if (lots < order.filledLots) {
      return {
        _tag: "Unclear",
        reason: `the venue shows fills of ${lots} of the order's ${order.filledLots} filled lots`
      }
    }
    // Fills are read after the order: an open order may have traded on in between.
    const status = lots >= order.lots ? "filled" : order.status
    return { _tag: "Found", order: { ...order, status, filledLots: lots }, fills }
  })
