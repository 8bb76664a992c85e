/**
 * Executions that the venue took back. One look-up that shows less than was booked proves nothing, since lists lag: it
 * must show so again later, and the executions missing from its list must account for the difference to the lot.
 */
import type { AccountCommand } from "@outcry/model/AccountCommand"
import { type AccountEvent, fillKey, type OrderFilled, tradeKey } from "@outcry/model/AccountEvent"
import type { AccountState } from "@outcry/model/AccountState"
import type { Order } from "@outcry/model/Order"
import type { ExecutionSession, LookupOutcome } from "@outcry/venue/Execution"
import { Effect } from "effect"
import type { Ledger } from "./Ledger.ts"
import { nowUs, venueNowUs } from "./Wire.ts"

const apartUs = 2_000_000
const again = "2200 millis"
const listedWithinUs = 1_000_000
/** Executions that are compared with the venue's list for a while after they were booked. */
const recentMax = 500
const recentUs = 600_000_000
/** The venue may be this slow to list one. */
const settledUs = 10_000_000
const marginUs = 1_000_000

type Found = Extract<LookupOutcome, { readonly _tag: "Found" }>

interface Booked {
  readonly event: OrderFilled
  readonly bookedUs: number
}

export interface BustsHost {
  readonly state: AccountState
  readonly ledger: Ledger
  readonly session: ExecutionSession
  readonly look: (order: Order) => Effect.Effect<unknown>
  readonly find: (clientOrderId: string) => Order | undefined
  readonly report: (commands: ReadonlyArray<AccountCommand>) => Effect.Effect<void>
}

export const makeBusts = Effect.fnUntraced(function* (host: BustsHost) {
  const scope = yield* Effect.scope
  const suspects = new Map<string, number>()
  const recent = new Map<string, Booked>()

  const note = (event: AccountEvent, now: number): void => {
    if (event.type === "FillBusted") recent.delete(fillKey(event))
    if (event.type !== "OrderFilled") return
    recent.set(fillKey(event), { event, bookedUs: now })
    for (const [key, { bookedUs }] of recent) {
      if (recent.size <= recentMax && bookedUs > now - recentUs) break
      recent.delete(key)
    }
  }

  /** A look-up that shows an order filled less than it is booked. */
  const shrunk = Effect.fnUntraced(function* (order: Order, { fills, order: shown }: Found) {
    const id = order.clientOrderId
    // The clock by which bookings are timed.
    const now = yield* venueNowUs(host.session)
    const sinceUs = suspects.get(id)
    if (sinceUs === undefined || now - sinceUs < apartUs) {
      if (sinceUs !== undefined) return
      suspects.set(id, now)
      yield* Effect.forkIn(
        Effect.delay(
          Effect.suspend(() => host.look(order)),
          again
        ),
        scope
      )
      return
    }
    suspects.delete(id)
    const booked = yield* host.ledger
      .fillsOf(id)
      .pipe(
        Effect.catch((error) =>
          Effect.as(
            Effect.logWarning(`order ${id} may have a busted fill; its booked ones cannot be read: ${error.message}`),
            new Map<string, Booked>()
          )
        )
      )
    const listed = new Set(fills.map(tradeKey))
    const missing = Array.from(booked.values()).filter(({ event }) => !listed.has(tradeKey(event)))
    const lots = missing.reduce((sum, { event }) => sum + event.lots, 0)
    // What was booked since may only not be listed yet.
    if (missing.some(({ bookedUs }) => bookedUs > sinceUs - listedWithinUs)) return
    if (lots === 0 || lots !== (host.find(id)?.filledLots ?? 0) - shown.filledLots) return
    yield* Effect.logError(`the venue took back ${missing.length} executions of order ${id}`)
    yield* host.report(
      missing.map(({ event }) => ({
        type: "ReportBust",
        clientOrderId: event.clientOrderId,
        venueTradeId: event.venueTradeId,
        instrument: event.instrument,
        side: event.side,
        priceTicks: event.priceTicks,
        lots: event.lots,
        fee: event.fee,
        feeAsset: event.feeAsset,
        reason: "the venue lists it no more and counts it out of its order"
      }))
    )
  })

  /** Looks up the orders of what was booked lately and is not in the venue's list. */
  const check = Effect.gen(function* () {
    const now = yield* nowUs
    const { errorUs, offsetUs } = yield* host.session.clockOffset
    for (const instrument of host.state.instruments.values()) {
      const due = Array.from(recent.values()).filter(
        ({ bookedUs, event }) =>
          event.instrument === instrument.id && bookedUs < now - settledUs && bookedUs > now - recentUs
      )
      if (due.length === 0) continue
      const sinceUs = Math.min(...due.map(({ event }) => event.timeVenue)) - Math.abs(offsetUs) - errorUs - marginUs
      const answer = yield* host.session.fillsSince({ instrument, afterTradeId: "", sinceUs })
      if (answer._tag === "Unreachable") continue
      const listed = new Set(answer.value.map(tradeKey))
      const gone = due.filter(({ event }) => !listed.has(tradeKey(event)))
      for (const id of new Set(gone.map(({ event }) => event.clientOrderId))) {
        const order = host.find(id)
        if (order !== undefined) yield* host.look(order)
      }
    }
  })

  return { note, shrunk, check }
})

export type Busts = Effect.Success<ReturnType<typeof makeBusts>>
