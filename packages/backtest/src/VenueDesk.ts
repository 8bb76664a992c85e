/**
 * Orders on their way to the venues of a run and reports on their way back: what the wire does live. Messages of one way
 * keep their order, whatever their delays. Within a bar nothing takes time: a bar cannot tell shorter times apart.
 */
import type { LatencyModel, LatencyWay } from "@outcry/matching/models/LatencyModel"
import type { AccountCommand } from "@outcry/model/AccountCommand"
import type { AccountEvent } from "@outcry/model/AccountEvent"
import type * as Amount from "@outcry/model/Amount"
import { baseAmount, type Instrument, notional } from "@outcry/model/Instrument"
import type { Liquidity, OrderTerms } from "@outcry/model/Order"
import type { Agenda } from "./Agenda.ts"
import { canFollow, splitPrice } from "./CorporateAction.ts"
import type { RunAccount } from "./RunAccount.ts"
import type { SimulatedVenue, VenueListener, VenueOrder } from "./SimulatedVenue.ts"

/** An order that has not ended, and what it has filled. */
interface Sent {
  readonly order: VenueOrder
  readonly instrument: Instrument
  readonly venue: SimulatedVenue
  readonly terms: OrderTerms
  value: Amount.Amount
  quantity: Amount.Amount
  filledLots: number
}

export interface VenueDeskHost {
  readonly now: () => number
  /** Runs a command on an account and sees to what follows. */
  readonly run: (account: RunAccount, command: AccountCommand) => void
  readonly accounts: ReadonlyArray<RunAccount>
  readonly agenda: Agenda
  readonly latency: LatencyModel
}

export class VenueDesk {
  private readonly host: VenueDeskHost
  private readonly venues = new Map<string, SimulatedVenue>()
  private readonly sent = new Map<string, Sent>()
  private readonly byOrderId = new Map<number, Sent>()
  private readonly instant: boolean
  private orderIds = 0
  private tradeIds = 0
  private readonly lastUs = { order: 0, report: 0 }

  constructor(host: VenueDeskHost) {
    this.host = host
    this.instant = host.latency.latency.kind === "none"
  }

  open(instrument: string, venue: SimulatedVenue): void {
    this.venues.set(instrument, venue)
  }

  /** What a fact asks of the venue: an order goes out, or a cancel does. */
  follow(account: RunAccount, event: AccountEvent): void {
    switch (event.type) {
      case "OrderIntended":
        if (event.placement === "venue") this.send(account, event.instrument, event.clientOrderId, event.terms)
        return
      case "OrderReleased":
        return this.send(account, event.instrument, event.clientOrderId, event.terms)
      case "CancelRequested":
      case "OrderAccepted":
        if (account.state.orders.get(event.clientOrderId)?.status === "pendingCancel") this.cancel(event.clientOrderId)
        return
      default:
    }
  }

  /** Reports what a venue did; what concerns prices is the run's. */
  listener(rest: Pick<VenueListener, "watches" | "priced" | "nextTrigger">): VenueListener {
    return {
      ...rest,
      accepted: (order, timeUs) => this.report(order, (sent) => this.shown(sent, "open", timeUs)),
      filled: (order, priceTicks, lots, liquidity, timeUs) =>
        this.report(order, (sent) => this.fill(sent, priceTicks, lots, liquidity, timeUs)),
      ended: (order, how, timeUs) =>
        this.report(order, (sent) => {
          this.forget(sent)
          return this.shown(sent, how, timeUs)
        }),
      rejected: (order, reason) =>
        this.report(order, (sent) => {
          this.forget(sent)
          return { type: "ReportRejected", clientOrderId: order.clientOrderId, code: "", reason }
        })
    }
  }

  /** The orders of an instrument follow its split; those that cannot are canceled here and now. */
  split(instrument: Instrument, ratio: number): void {
    const venue = this.venues.get(instrument.id)
    this.host.agenda.hearReports(this.host.now())
    for (const account of this.host.accounts)
      for (const order of Array.from(account.state.orders.values())) {
        if (order.instrument !== instrument.id || canFollow(order, ratio)) continue
        const { clientOrderId } = order
        const reason = `its lots do not divide by the split of ${ratio}`
        this.host.run(account, { type: "CancelOrders", clientOrderIds: [clientOrderId], by: "split", reason })
        this.drop(account, clientOrderId)
      }
    for (const { instrument: each, order } of this.sent.values()) {
      if (each.id !== instrument.id) continue
      order.priceTicks = splitPrice(order.priceTicks, order.side, ratio)
      order.lots = Math.round(order.lots * ratio)
      order.restLots = Math.round(order.restLots * ratio)
      order.aheadLots = Number.NaN
    }
    for (const sent of this.sent.values())
      if (sent.instrument.id === instrument.id) sent.filledLots = Math.round(sent.filledLots * ratio)
    venue?.split()
  }

  /** Takes an order from the venue, or from the way there, at once. */
  private drop(account: RunAccount, clientOrderId: string): void {
    const sent = this.sent.get(clientOrderId)
    if (sent === undefined) return
    if (sent.venue.cancel(sent.order.orderId, this.host.now())) return this.host.agenda.hearReports(this.host.now())
    this.forget(sent)
    this.host.run(account, this.shown(sent, "canceled", this.host.now()))
  }

  private send(account: RunAccount, instrument: string, clientOrderId: string, terms: OrderTerms): void {
    const venue = this.venues.get(instrument)!
    const now = this.host.now()
    const order: VenueOrder = {
      orderId: ++this.orderIds,
      clientOrderId,
      account: account.place,
      side: terms.side,
      type: terms.type === "limit" ? "limit" : "market",
      priceTicks: terms.priceTicks,
      lots: terms.lots,
      timeInForce: terms.timeInForce,
      postOnly: terms.postOnly,
      stamp: venue.stamp,
      timeDecided: now,
      restLots: terms.lots,
      aheadLots: Number.NaN
    }
    const sent: Sent = {
      order,
      instrument: account.state.instruments.get(instrument)!,
      venue,
      terms,
      value: 0n,
      quantity: 0n,
      filledLots: 0
    }
    this.sent.set(clientOrderId, sent)
    this.byOrderId.set(order.orderId, sent)
    this.later("order", venue.walking, (timeUs) => {
      if (this.byOrderId.has(order.orderId)) venue.submit(order, timeUs)
    })
  }

  private cancel(clientOrderId: string): void {
    const sent = this.sent.get(clientOrderId)
    if (sent === undefined) return
    this.later("cancel", sent.venue.walking, (timeUs) => {
      if (!this.byOrderId.has(sent.order.orderId) || sent.venue.cancel(sent.order.orderId, timeUs)) return
      // It is filled or over: its own report is on the way, or has come.
      this.report(sent.order, () => ({ type: "ReportCancelRefused", clientOrderId, code: "NotOpen" }))
    })
  }

  private report(order: VenueOrder, commandOf: (sent: Sent) => AccountCommand): void {
    const sent = this.byOrderId.get(order.orderId)
    if (sent === undefined) return
    const command = commandOf(sent)
    const account = this.host.accounts[order.account]!
    this.later("report", sent.venue.walking, () => this.host.run(account, command))
  }

  private shown(sent: Sent, status: "open" | "canceled" | "expired", timeVenue: number): AccountCommand {
    const { clientOrderId, orderId } = sent.order
    return {
      type: "ReportOrder",
      clientOrderId,
      venueOrderId: String(orderId),
      instrument: sent.instrument.id,
      status,
      terms: sent.terms,
      filledLots: sent.filledLots,
      timeVenue
    }
  }

  private fill(sent: Sent, priceTicks: number, lots: number, liquidity: Liquidity, timeVenue: number): AccountCommand {
    const { instrument, order } = sent
    const { clientOrderId, orderId, side } = order
    const value = notional(instrument, priceTicks, lots)
    const quantity = baseAmount(instrument, lots)
    const { quantity: quantityBefore, value: valueBefore } = sent
    const { fees } = this.host.accounts[order.account]!
    const timeUs = this.host.now()
    const fee = fees.feeOf({ value, quantity, valueBefore, quantityBefore, liquidity, timeUs })
    sent.value += value
    sent.quantity += quantity
    sent.filledLots += lots
    if (order.restLots === 0) this.forget(sent)
    return {
      type: "ReportFill",
      clientOrderId,
      venueOrderId: String(orderId),
      venueTradeId: String(++this.tradeIds),
      instrument: instrument.id,
      side,
      priceTicks,
      lots,
      fee,
      feeAsset: instrument.quote,
      liquidity,
      timeVenue
    }
  }

  private forget({ order }: Sent): void {
    this.sent.delete(order.clientOrderId)
    this.byOrderId.delete(order.orderId)
  }

  private later(way: LatencyWay, walking: boolean, act: (timeUs: number) => void): void {
    const now = this.host.now()
    if (walking || this.instant) return act(now)
    const line = way === "report" ? "report" : "order"
    const timeUs = Math.max(this.lastUs[line], now + this.host.latency.delayUs(way))
    this.lastUs[line] = timeUs
    this.host.agenda.put(timeUs, way === "report", act)
  }
}
