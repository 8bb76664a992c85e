/**
 * An account's session at the simulated venue, as a node holds it: the execution port over a faulty wire. It stamps
 * requests with the time of their intent by its estimate of the venue's clock, and checks the deadline right before it sends.
 */
import type { Execution as VenueExecution, ExchangeOrder } from "@outcry/exchange-sim/ExchangeOrder"
import type { OrderRequest } from "@outcry/exchange-sim/Filters"
import { wireSymbol } from "@outcry/exchange-sim/Listings"
import * as Amount from "@outcry/model/Amount"
import * as Instrument from "@outcry/model/Instrument"
import { planted } from "@outcry/model/Planted"
import { ClockOffset } from "@outcry/venue/ClockOffset"
import { EventBuffer } from "@outcry/venue/EventBuffer"
import type {
  ExecutionEvent,
  ExecutionSession,
  LookupOutcome,
  PlaceOrder,
  PlaceOutcome,
  Read,
  VenueFill,
  VenueOrder
} from "@outcry/venue/Execution"
import { Effect, Stream } from "effect"
import type { Machine } from "./Machine.ts"
import { isUnanswered, type Network, type Unanswered } from "./Network.ts"
import type { Served, SimulatedVenue, Stamp, Worked } from "./Venue.ts"

/** Longer than requests are valid at the venue. */
const replyUs = 4_000_000
const windowMs = 2_500
const lagMax = 4_096
/** Orders are stamped by the venue; clocks may disagree by the estimate's error and this much. */
const slackUs = 1_000_000
const resampleUs = 5_000_000

const statuses: Readonly<Record<string, VenueOrder["status"]>> = {
  NEW: "open",
  PARTIALLY_FILLED: "open",
  FILLED: "filled",
  CANCELED: "canceled",
  EXPIRED: "expired",
  EXPIRED_IN_MATCH: "expired",
  REJECTED: "rejected"
}

const venueOrder = (order: ExchangeOrder): VenueOrder => ({
  clientOrderId: order.clientOrderId,
  venueOrderId: String(order.venueOrderId),
  instrument: order.instrument.id,
  side: order.side,
  status: statuses[order.status] ?? "open",
  type: order.type === "MARKET" ? "market" : "limit",
  priceTicks: order.priceTicks,
  triggerTicks: 0,
  lots: order.lots,
  filledLots: order.executedLots,
  averageTicks:
    order.executedLots === 0
      ? 0
      : Number(Amount.mulDiv(order.executedQuote, 1n, BigInt(order.executedLots) * order.instrument.tickLot)),
  timeVenue: order.updateTimeMs * 1000
})

const venueFill = (fill: VenueExecution, clientOrderId: string): VenueFill => ({
  venueTradeId: String(fill.venueTradeId),
  venueOrderId: String(fill.order.venueOrderId),
  clientOrderId,
  instrument: fill.order.instrument.id,
  side: fill.order.side,
  priceTicks: fill.priceTicks,
  lots: fill.lots,
  fee: Amount.format(fill.commission),
  feeAsset: fill.commissionAsset,
  liquidity: fill.maker ? "maker" : "taker",
  timeVenue: fill.timeMs * 1000
})

const requestOf = ({ clientOrderId, instrument, terms }: PlaceOrder): OrderRequest => ({
  symbol: wireSymbol(instrument),
  side: terms.side,
  type: terms.type === "market" ? "MARKET" : terms.postOnly ? "LIMIT_MAKER" : "LIMIT",
  timeInForce: terms.timeInForce === "GTD" ? "GTC" : terms.timeInForce,
  price: terms.type === "market" ? undefined : Instrument.priceText(instrument, terms.priceTicks),
  quantity: Instrument.quantityText(instrument, terms.lots),
  quoteOrderQty: undefined,
  clientOrderId
})

const reasonOf = (answer: Unanswered | Exclude<Served<unknown>, { readonly _tag: "Ok" }>): string =>
  answer._tag === "Refused" ? `refused with ${answer.code} ${answer.reason}` : answer.reason

export const venueSession = (
  venue: SimulatedVenue,
  network: Network,
  machine: Machine,
  account: string
): ExecutionSession => {
  const { world } = machine
  const offset = new ClockOffset()
  const clock = () => ({ epochUs: machine.clockUs, monotonicUs: world.nowUs })
  const readers = new Set<EventBuffer<ExecutionEvent>>()
  let isCut = network.isCut("venue", machine.name)
  let sampledUs = -resampleUs

  const publish = (events: ReadonlyArray<ExecutionEvent>): void => {
    for (const reader of readers) reader.push(events)
  }

  /** The stamp is put on as it is sent. */
  const ask = <A>(work: (stamp: Stamp) => Served<A>): Effect.Effect<Served<A> | Unanswered> =>
    Effect.suspend(() => {
      const sentUs = world.nowUs
      const stamp = stamped(machine.clockUs, windowMs)
      const arrive = () => work(stamp)
      return Effect.tap(network.call(machine, "venue", replyUs, arrive), (answer) =>
        Effect.sync(() => {
          if (isUnanswered(answer) || answer._tag === "Unclear" || world.nowUs - sampledUs < resampleUs) return
          sampledUs = world.nowUs
          offset.add(sentUs, world.nowUs, answer.venueUs, 1000)
        })
      )
    })

  const stamped = (timeUs: number, validMs: number): Stamp => ({
    timestampMs: Math.floor((timeUs + offset.estimate(clock()).offsetUs) / 1000),
    recvWindowMs: Math.max(1, Math.min(60_000, validMs))
  })

  /** Every session asks for the venue's time before its first request. */
  const known = Effect.suspend(() =>
    offset.isKnown
      ? Effect.void
      : ask<undefined>(() => ({ _tag: "Ok", value: undefined, venueUs: world.nowUs })).pipe(Effect.asVoid)
  )

  const read = <A, B>(work: (stamp: Stamp) => Served<A>, convert: (value: A) => B): Effect.Effect<Read<B>> =>
    known.pipe(
      Effect.andThen(ask(work)),
      Effect.map((answer): Read<B> =>
        answer._tag === "Ok"
          ? { _tag: "Ok", value: convert(answer.value) }
          : { _tag: "Unreachable", reason: reasonOf(answer) }
      )
    )

  const place = (request: PlaceOrder): Effect.Effect<PlaceOutcome> =>
    Effect.andThen(
      known,
      Effect.suspend(() => {
        if (!offset.isKnown) return Effect.succeed<PlaceOutcome>({ _tag: "NotSent", reason: "no time from the venue" })
        const { clientOrderId, deadlineUs, timeIntent } = request
        if (machine.clockUs > deadlineUs)
          return Effect.succeed<PlaceOutcome>({ _tag: "NotSent", reason: "its deadline has passed" })
        const stamp = stamped(timeIntent, Math.floor((deadlineUs - timeIntent) / 1000))
        world.note(machine.name, `sends ${clientOrderId}`)
        return Effect.map(
          ask(() => venue.place(account, requestOf(request), stamp)),
          (answer): PlaceOutcome => {
            if (answer._tag === "Ok")
              return {
                _tag: "Accepted",
                order: venueOrder(answer.value.order),
                fills: answer.value.fills.map((fill) => venueFill(fill, clientOrderId))
              }
            if (answer._tag !== "Refused") return { _tag: "Unknown", reason: answer.reason }
            const { code, reason } = answer
            return code === "-2010" && /duplicate order/i.test(reason)
              ? { _tag: "Duplicate", code }
              : { _tag: "Rejected", code, reason }
          }
        )
      })
    )

  const found = ({ fills, order }: Worked): LookupOutcome => {
    const mine = fills.map((fill) => venueFill(fill, order.clientOrderId))
    const lots = mine.reduce((sum, fill) => sum + fill.lots, 0)
    return lots < order.executedLots
      ? { _tag: "Unclear", reason: `fills of ${lots} of ${order.executedLots} filled lots are listed` }
      : { _tag: "Found", order: venueOrder(order), fills: mine }
  }

  // Reports come over one connection; while it is down they are lost, and the account is told so.
  const off = venue.listen(account, (report) => {
    if (network.isCut("venue", machine.name)) {
      isCut = true
      return
    }
    machine.post(() => {
      if (isCut) {
        isCut = false
        publish([{ _tag: "Disconnected", reason: "the connection was lost" }, { _tag: "Connected" }])
      }
      for (const fill of report.fills) publish([{ _tag: "Filled", fill: venueFill(fill, report.order.clientOrderId) }])
      publish([{ _tag: "OrderChanged", order: venueOrder(report.order) }])
    })
  })
  machine.onKilled(off)

  return {
    native: (_instrument, terms) => terms.type === "limit" || terms.type === "market",
    place,
    cancel: ({ clientOrderId, instrument }) =>
      Effect.map(
        Effect.andThen(
          known,
          ask((stamp) => venue.cancel(account, { symbol: wireSymbol(instrument), clientOrderId }, stamp))
        ),
        (answer) => {
          if (answer._tag === "Ok") return { _tag: "Canceled", order: venueOrder(answer.value) }
          if (answer._tag === "Refused" && (answer.code === "-2011" || answer.code === "-2013"))
            return { _tag: "NotOpen", code: answer.code }
          return { _tag: "Unknown", reason: reasonOf(answer) }
        }
      ),
    lookup: ({ clientOrderId, instrument, timeIntent, venueOrderId }) => {
      const name =
        venueOrderId === undefined
          ? { symbol: wireSymbol(instrument), clientOrderId }
          : { symbol: wireSymbol(instrument), venueOrderId: Number(venueOrderId) }
      return Effect.map(
        Effect.andThen(
          known,
          ask((stamp) => venue.lookup(account, name, stamp))
        ),
        (answer): LookupOutcome => {
          if (answer._tag !== "Ok") return { _tag: "Unclear", reason: reasonOf(answer) }
          const { errorUs, offsetUs } = offset.estimate(clock())
          const earliestUs = timeIntent === undefined ? 0 : timeIntent + offsetUs - errorUs - slackUs
          const isOurs = ({ order }: Worked): boolean =>
            venueOrderId === undefined
              ? order.clientOrderId === clientOrderId && order.timeMs * 1000 >= earliestUs
              : String(order.venueOrderId) === venueOrderId
          const ours = answer.value.find(planted("firstOfListTrusted") ? () => true : isOurs)
          return ours === undefined ? { _tag: "Absent" } : found(ours)
        }
      )
    },
    openOrders: () =>
      read(
        (stamp) => venue.openOrders(account, stamp),
        (orders) => orders.map(venueOrder)
      ),
    fillsSince: ({ afterTradeId, instrument, sinceUs }) =>
      read(
        (stamp) =>
          venue.fills(account, wireSymbol(instrument), afterTradeId === "" ? 0 : Number(afterTradeId) + 1, stamp),
        (fills) => {
          const { errorUs, offsetUs } = offset.estimate(clock())
          const fromUs = afterTradeId === "" ? sinceUs + offsetUs - errorUs : 0
          return fills.filter((fill) => fill.timeMs * 1000 >= fromUs).map((fill) => venueFill(fill, ""))
        }
      ),
    balances: read(
      (stamp) => venue.balances(account, stamp),
      (balances) =>
        balances.map(({ asset, free, locked }) => ({
          asset,
          free: Amount.format(free),
          locked: Amount.format(locked)
        }))
    ),
    instruments: read(
      () => ({ _tag: "Ok", value: venue.instruments, venueUs: world.nowUs }) as const,
      (instruments) => instruments
    ),
    events: Stream.unwrap(
      Effect.acquireRelease(
        Effect.sync(() => {
          const reader = new EventBuffer<ExecutionEvent>(lagMax, () => [
            { _tag: "Disconnected", reason: "reports overran the reader" },
            { _tag: "Connected" }
          ])
          reader.push([{ _tag: "Connected" }])
          readers.add(reader)
          return reader
        }),
        (reader) => Effect.sync(() => readers.delete(reader))
      ).pipe(Effect.map((reader) => reader.chunks.pipe(Stream.flatMap(Stream.fromIterable))))
    ),
    clockOffset: Effect.sync(() => offset.estimate(clock()))
  }
}
